//! `use_query`: shared, kept, and fetched again when it has to be.

use crate::support::Start as _;
use std::future::IntoFuture;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::FutureExt;
use leptos::prelude::*;
use leptos::reactive::effect::ImmediateEffect;
use leptos_socket::{
    CallError, NotSent, OutcomeUnknown, Push, Query, Replied, Route, Socket, SocketOptions, SocketState,
    UseQueryOptions, use_query, use_query_with_options,
};
use leptos_socket_core::Input;
use serde::{Deserialize, Serialize};

use crate::support::{Page, Runs, bytes_kept, config, message, millis, routes, secs, settle, with_effects};

#[derive(Serialize, Route)]
#[route("get", response = String)]
struct GetText {
    id: u32,
}

#[derive(Deserialize, Push)]
#[push("changed")]
struct Changed(u32);

const GET_1: fn() -> GetText = || GetText { id: 1 };

fn options(page: &Page) -> SocketOptions {
    page.options().invalidate_on(|get: &GetText, changed: &Changed| get.id == changed.0)
}

fn open(page: &Page) -> Socket {
    page.open_with("app", options(page))
}

/// Fetches whenever a component comes.
fn fickle() -> UseQueryOptions<GetText> {
    UseQueryOptions::new().fresh_for(secs(0))
}

/// A component that uses a query.
fn mount(page: &Page, socket: Socket) -> (Owner, Query<GetText>) {
    let component = page.component();
    let query = component.with(|| use_query_with_options(socket, GET_1, fickle()));
    (component, query)
}

/// What is fetched.
fn fetched(page: &Page) -> Vec<u64> {
    let sent = page.world.take_sent();
    assert!(routes(&sent).iter().all(|route| *route == "get"));
    sent.iter().filter_map(|frame| frame["payload"]["id"].as_u64()).collect()
}

/// Data, whether it is being fetched, whether it is stale, whether there is an error.
fn shown(query: Query<GetText>) -> (Option<String>, bool, bool, bool) {
    (
        query.data().get_untracked(),
        query.fetching().get_untracked(),
        query.stale().get_untracked(),
        query.error().get_untracked().is_some(),
    )
}

fn data(data: &str) -> Option<String> {
    Some(data.to_owned())
}

fn reply(page: &Page, text: &str) {
    assert!(page.world.reply_to("get", 200, &format!("{text:?}")));
}

/// Timers that are due now.
fn soon(page: &Page) {
    page.world.advance(millis(0));
}

#[test]
fn three_mounts_make_one_frame_and_share_what_comes() {
    let page = Page::new();
    let socket = open(&page);
    let mounts = [(); 3].map(|()| use_query(socket, GET_1));
    assert!(mounts.iter().all(|query| shown(*query) == (None, true, false, false)));
    reply(&page, "a");
    assert!(mounts.iter().all(|query| shown(*query) == (data("a"), false, false, false)));
    let late = use_query(socket, GET_1);
    assert_eq!(shown(late), (data("a"), false, false, false));
    assert!(fetched(&page).is_empty());
}

#[test]
fn other_arguments_are_another_query_and_the_old_fetch_is_cancelled() {
    let page = Page::new();
    let socket = open(&page);
    let id = RwSignal::new(1_u32);
    let query = use_query(socket, move || GetText { id: id.get() });
    id.set(2);
    assert_eq!(socket.in_flight().get_untracked(), 1);
    reply(&page, "late answer to 1");
    assert_eq!(shown(query), (None, true, false, false));
    reply(&page, "2");
    assert_eq!(shown(query), (data("2"), false, false, false));
    id.set(2);
    assert!(fetched(&page).is_empty());
}

#[test]
fn what_was_shown_before_is_shown_again_while_it_is_fetched_again() {
    let page = Page::new();
    let socket = open(&page);
    let id = RwSignal::new(1_u32);
    let query = use_query_with_options(socket, move || GetText { id: id.get() }, fickle());
    reply(&page, "1");
    id.set(2);
    reply(&page, "2");
    id.set(1);
    assert_eq!(shown(query), (data("1"), true, true, false));
    reply(&page, "1 again");
    assert_eq!(shown(query), (data("1 again"), false, false, false));
}

#[test]
fn there_may_be_nothing_to_ask_for_yet() {
    let page = Page::new();
    let id = RwSignal::new(None::<u32>);
    let query = use_query(open(&page), move || id.get().map(|id| GetText { id }));
    assert_eq!(shown(query), (None, false, false, false));
    id.set(Some(1));
    assert_eq!(shown(query), (None, true, false, false));
    reply(&page, "1");
    id.set(None);
    assert_eq!(shown(query), (None, false, false, false));
}

#[test]
fn after_a_gap_it_is_fetched_again_once_and_the_data_stays() {
    let page = Page::new();
    let socket = open(&page);
    let (_one, query) = mount(&page, socket);
    let (_other, _) = mount(&page, socket);
    reply(&page, "before");
    page.world.close(1006);
    page.world.advance(secs(1));
    page.world.accept();
    soon(&page);
    assert_eq!(shown(query), (data("before"), true, true, false));
    reply(&page, "after");
    assert_eq!(shown(query), (data("after"), false, false, false));
    assert!(fetched(&page).is_empty());
}

#[test]
fn a_fetch_that_the_gap_interrupts_is_sent_on_the_next_link_and_not_twice() {
    let page = Page::new();
    let (_one, query) = mount(&page, open(&page));
    page.world.close(1006);
    page.world.advance(secs(1));
    page.world.accept();
    soon(&page);
    reply(&page, "a");
    soon(&page);
    assert_eq!(shown(query), (data("a"), false, false, false));
    assert!(fetched(&page).is_empty());
}

#[test]
fn a_push_that_is_meant_invalidates_and_another_does_not() {
    let page = Page::new();
    let (_one, query) = mount(&page, open(&page));
    reply(&page, "old");
    page.world.push("changed", "2");
    page.world.push("other", "1");
    soon(&page);
    assert_eq!((shown(query), fetched(&page)), ((data("old"), false, false, false), vec![]));
    page.world.push("changed", "1");
    assert_eq!(shown(query), (data("old"), false, true, false));
    soon(&page);
    reply(&page, "new");
    assert_eq!(shown(query), (data("new"), false, false, false));
}

#[test]
fn a_burst_of_pushes_and_many_listeners_are_one_fetch() {
    let page = Page::new();
    let socket = open(&page);
    let _mounts: Vec<_> = (0..3).map(|_| mount(&page, socket)).collect();
    reply(&page, "old");
    for _ in 0..10 {
        page.world.push("changed", "1");
    }
    soon(&page);
    assert_eq!(fetched(&page), [1]);
}

#[test]
fn a_push_during_a_fetch_makes_another_one_after_it() {
    let page = Page::new();
    let socket = open(&page);
    let (_one, query) = mount(&page, socket);
    let (_other, _) = mount(&page, socket);
    page.world.push("changed", "1");
    page.world.push("changed", "1");
    soon(&page);
    reply(&page, "perhaps old");
    assert_eq!(shown(query), (data("perhaps old"), false, true, false));
    soon(&page);
    assert_eq!(fetched(&page), [1]);
}

#[test]
fn the_app_may_fetch_again() {
    let page = Page::new();
    let (_one, query) = mount(&page, open(&page));
    reply(&page, "old");
    query.refetch();
    query.refetch();
    soon(&page);
    assert_eq!(fetched(&page), [1]);
}

#[test]
fn an_error_keeps_the_data_and_goes_with_the_next_success() {
    let page = Page::new();
    let (_one, query) = mount(&page, open(&page));
    assert!(page.world.reply_to("get", 500, "null"));
    assert_eq!(shown(query), (None, false, false, true));
    query.refetch();
    soon(&page);
    reply(&page, "a");
    assert_eq!(shown(query), (data("a"), false, false, false));
    query.refetch();
    soon(&page);
    assert!(page.world.reply_to("get", 500, "null"));
    assert_eq!(shown(query), (data("a"), false, true, true));
    assert!(matches!(query.error().get_untracked(), Some(CallError::Replied(Replied::Status(_)))));
}

#[test]
fn a_fetch_that_times_out_without_a_link_is_made_again_when_there_is_one() {
    let page = Page::new();
    let socket = open(&page);
    page.world.close(1006);
    let (_one, query) = mount(&page, socket);
    page.world.advance(secs(31));
    assert!(matches!(query.error().get_untracked(), Some(CallError::NotSent(NotSent::TimedOut { .. }))));
    // By now an attempt is under way, or waits for its turn.
    socket.reconnect();
    page.world.accept();
    soon(&page);
    assert_eq!(fetched(&page), [1]);
}

/// A first link is no gap: there were no pushes to miss.
#[test]
fn a_fetch_that_fails_before_there_ever_was_a_link_is_made_again_when_there_is_one() {
    for gives_up in [false, true] {
        let page = Page::new();
        let attempts = config(|config| config.max_reconnect_attempts(gives_up.then_some(0)));
        let socket = page.add_with("app", page.options().config(attempts));
        let (_one, query) = mount(&page, socket);
        page.world.close(1006);
        page.world.advance(secs(31));
        assert!(query.error().get_untracked().is_some());
        socket.reconnect();
        page.world.accept();
        soon(&page);
        reply(&page, "a");
        assert_eq!(shown(query), (data("a"), false, false, false));
    }
}

#[test]
fn what_the_server_refused_is_not_asked_for_again_with_the_next_sign_of_life() {
    let page = Page::new();
    let patient = config(|config| config.heartbeat_timeout_duration(secs(2)).heartbeat_rate(secs(5)));
    let socket = page.open_with("app", page.options().config(patient));
    let (_one, query) = mount(&page, socket);
    assert!(page.world.reply_to("get", 404, "null"));
    assert!(page.world.reply_to("PING", 200, "null"));
    // A ping leaves behind it.
    let _call = socket.send_and_wait(message("slow")).start();
    page.world.advance(secs(8));
    assert_eq!(socket.state().get_untracked(), SocketState::Slow);
    page.world.report(Input::Binary(1));
    soon(&page);
    assert_eq!(socket.state().get_untracked(), SocketState::Open);
    assert_eq!(shown(query), (None, false, false, true));
}

#[test]
fn when_the_last_user_goes_a_fetch_that_waits_never_leaves() {
    let page = Page::new();
    let socket = page.add("app");
    let (one, _) = mount(&page, socket);
    let (other, _) = mount(&page, socket);
    one.cleanup();
    assert_eq!(socket.queued().get_untracked(), 1);
    other.cleanup();
    assert_eq!(socket.queued().get_untracked(), 0);
    page.world.accept();
    assert!(fetched(&page).is_empty());
}

#[test]
fn what_a_push_asked_for_before_everybody_left_is_not_fetched_twice_for_who_comes_next() {
    let page = Page::new();
    let socket = open(&page);
    let (one, _) = mount(&page, socket);
    reply(&page, "a");
    page.world.push("changed", "1");
    soon(&page);
    // Fetched, and out of date before it is there.
    page.world.push("changed", "1");
    one.cleanup();
    let _ = fetched(&page);
    let (_two, query) = mount(&page, socket);
    reply(&page, "b");
    soon(&page);
    assert!(fetched(&page).is_empty());
    assert_eq!(shown(query), (data("b"), false, false, false));
}

#[test]
fn data_that_nobody_uses_is_kept_for_a_while_and_then_gone() {
    let page = Page::new();
    let patient = config(|config| config.heartbeat_timeout_duration(secs(3_600)).busy_timeout(secs(3_600)));
    let socket = page.open_with("app", page.options().config(patient));
    let (one, _) = mount(&page, socket);
    reply(&page, "a");
    one.cleanup();
    page.world.push("changed", "1");
    page.world.advance(secs(299));
    assert!(fetched(&page).is_empty());
    let (two, query) = mount(&page, socket);
    assert_eq!(shown(query), (data("a"), true, true, false));
    reply(&page, "b");
    two.cleanup();
    page.world.advance(secs(300));
    let (_three, query) = mount(&page, socket);
    assert_eq!(shown(query), (None, true, false, false));
}

#[test]
fn many_mounts_leave_nothing_behind() {
    let page = Page::new();
    let socket = open(&page);
    let mount = |n: usize| {
        let part = page.owner.child();
        for _ in 0..n {
            let component = part.child();
            component.with(|| {
                let query = use_query_with_options(socket, GET_1, fickle().keep_for(secs(0)));
                _ = query.into_future().now_or_never();
            });
            component.cleanup();
        }
        let _ = page.world.take_sent();
    };
    mount(100);
    let timers = page.world.timer_count();
    let kept = bytes_kept(|| mount(1_500));
    assert_eq!((page.world.timer_count(), socket.in_flight().get_untracked()), (timers, 0));
    assert!(kept < 1_500, "{kept} bytes are kept");
}

#[test]
fn what_wakes_a_reader_is_what_it_reads() {
    with_effects(async || {
        let page = Page::new();
        let (_one, query) = mount(&page, open(&page));
        let runs = Runs::of(move || query.data().get());
        assert_eq!(runs.take().await, 1);
        reply(&page, "a");
        assert_eq!(runs.take().await, 1);
        query.refetch();
        soon(&page);
        assert_eq!(runs.take().await, 0);
    });
}

#[test]
fn ready_is_there_once_the_data_or_the_error_is() {
    with_effects(async || {
        let page = Page::new();
        let (_one, query) = mount(&page, open(&page));
        let resource = LocalResource::new(move || query.into_future());
        settle().await;
        assert!(resource.get_untracked().is_none());
        reply(&page, "a");
        settle().await;
        assert!(matches!(resource.get_untracked(), Some(Ok(text)) if text == "a"));
        query.refetch();
        soon(&page);
        reply(&page, "b");
        settle().await;
        assert!(matches!(resource.get_untracked(), Some(Ok(text)) if text == "b"));
    });
}

#[test]
fn who_waited_until_it_is_ready_and_is_gone_by_then_does_no_harm() {
    with_effects(async || {
        let page = Page::new();
        let socket = open(&page);
        let (_one, query) = mount(&page, socket);
        let other = page.component();
        let held = Arc::new(());
        other.with(|| {
            let (query, held) = (use_query(socket, GET_1), Arc::clone(&held));
            LocalResource::new(move || {
                let (ready, held) = (query.into_future(), Arc::clone(&held));
                async move { (ready.await.is_ok(), drop(held)) }
            })
        });
        settle().await;
        other.cleanup();
        settle().await;
        assert_eq!(Arc::strong_count(&held), 1);
        reply(&page, "a");
        settle().await;
        assert_eq!(shown(query), (data("a"), false, false, false));
    });
}

#[test]
fn arguments_that_change_while_they_are_followed_are_the_ones_that_count() {
    let page = Page::new();
    let socket = open(&page);
    let id = RwSignal::new(1_u32);
    let queries = socket.in_flight();
    // Whoever sees the first fetch leave asks for something else.
    let _effect = ImmediateEffect::new(move || {
        if queries.get() == 1 && id.get_untracked() == 1 {
            id.set(2);
        }
    });
    let query = use_query(socket, move || GetText { id: id.get() });
    reply(&page, "cancelled");
    reply(&page, "2");
    assert_eq!(shown(query), (data("2"), false, false, false));
}

/// An effect that does something, once, within the change that it reacts to.
fn once<T: PartialEq + Clone + Send + Sync + 'static>(
    watched: Signal<T>,
    when: T,
    act: impl Fn() + Send + Sync + 'static,
) -> ImmediateEffect {
    let done = AtomicBool::new(false);
    ImmediateEffect::new(move || {
        if watched.get() == when && !done.swap(true, Ordering::Relaxed) {
            untrack(&act);
        }
    })
}

#[test]
fn arguments_that_change_because_of_what_is_shown_are_the_ones_that_count() {
    let page = Page::new();
    let socket = open(&page);
    let id = RwSignal::new(1_u32);
    let query = use_query(socket, move || GetText { id: id.get() });
    reply(&page, "1");
    let _effect = once(query.data(), None, move || id.set(3));
    id.set(2);
    reply(&page, "2, which is cancelled");
    reply(&page, "3");
    assert_eq!(shown(query), (data("3"), false, false, false));
}

#[test]
fn who_comes_because_the_last_one_leaves_shares_what_it_uses() {
    let page = Page::new();
    let socket = open(&page);
    let (one, query) = mount(&page, socket);
    let part = page.component();
    let _effect = once(query.loading(), false, move || _ = part.with(|| use_query(socket, GET_1)));
    one.cleanup();
    let (_two, _) = mount(&page, socket);
    assert_eq!(socket.in_flight().get_untracked(), 1);
}

#[test]
fn what_is_refetched_while_it_is_being_fetched_is_fetched_after_that() {
    let page = Page::new();
    let socket = open(&page);
    let (_one, query) = mount(&page, socket);
    reply(&page, "a");
    let _effect = once(socket.in_flight(), 1, move || {
        query.refetch();
    });
    query.refetch();
    soon(&page);
    soon(&page);
    assert_eq!(fetched(&page), [1]);
    let _another = once(query.data(), data("b"), move || {
        query.refetch();
    });
    query.refetch();
    page.world.close(1006);
    socket.reconnect();
    page.world.accept();
    reply(&page, "b");
    assert_eq!(shown(query), (data("b"), false, true, false));
    soon(&page);
    reply(&page, "c");
    assert_eq!(shown(query), (data("c"), false, false, false));
}

#[test]
fn a_fetch_whose_last_user_leaves_because_of_it_is_cancelled() {
    let page = Page::new();
    let socket = open(&page);
    let component = page.component();
    let gone = component.clone();
    let _effect = once(socket.in_flight(), 1, move || gone.cleanup());
    let id = RwSignal::new(None);
    component.with(|| use_query(socket, move || id.get().map(|id| GetText { id })));
    id.set(Some(1));
    assert_eq!(socket.in_flight().get_untracked(), 0);
}

#[test]
fn a_fetch_whose_last_user_is_replaced_because_of_it_is_one_fetch() {
    for when_it_left in [false, true] {
        let page = Page::new();
        let socket = open(&page);
        let (one, query) = mount(&page, socket);
        reply(&page, "a");
        let part = page.component();
        let replace = move || {
            one.cleanup();
            part.with(|| use_query_with_options(socket, GET_1, fickle()));
        };
        let _effect = match when_it_left {
            // It is gone once it did.
            false => {
                let (loading, done) = (query.loading(), AtomicBool::new(false));
                ImmediateEffect::new(move || {
                    if !done.load(Ordering::Relaxed) && loading.get() && !done.swap(true, Ordering::Relaxed) {
                        untrack(&replace);
                    }
                })
            }
            true => once(socket.in_flight(), 1, replace),
        };
        query.refetch();
        soon(&page);
        assert_eq!(socket.in_flight().get_untracked(), 1);
        assert_eq!(fetched(&page).len(), 1 + usize::from(when_it_left));
    }
}

#[test]
fn data_that_was_fetched_a_moment_ago_is_not_fetched_for_who_comes() {
    let page = Page::new();
    let socket = open(&page);
    let (part, _) = mount(&page, socket);
    reply(&page, "a");
    part.cleanup();
    // A toggled `<Show>`.
    for _ in 0..5 {
        let part = page.component();
        let query = part.with(|| use_query(socket, GET_1));
        assert_eq!(shown(query), (data("a"), false, false, false));
        part.cleanup();
    }
    assert!(fetched(&page).is_empty());
    page.world.advance(secs(10));
    let _query = use_query(socket, GET_1);
    assert_eq!(fetched(&page), [1]);
}

#[test]
fn data_that_is_known_to_be_out_of_date_is_fetched_however_fresh_it_is() {
    for how in 0..4 {
        let page = Page::new();
        let socket = open(&page);
        let forever = || UseQueryOptions::new().fresh_for(secs(3_600));
        let part = page.component();
        part.with(|| use_query_with_options(socket, GET_1, forever()));
        reply(&page, "a");
        part.cleanup();
        match how {
            0 => page.world.push("changed", "1"),
            1 => socket.queries().invalidate::<GetText>(),
            2 => {
                page.world.close(1006);
                page.world.advance(secs(1));
                page.world.accept();
            }
            // It is of no type that anybody knows, and something changed.
            _ => page.world.push("changed", r#""odd""#),
        }
        let query = use_query_with_options(socket, GET_1, forever());
        assert_eq!((shown(query), fetched(&page)), ((data("a"), true, true, false), vec![1]), "{how}");
    }
}

#[test]
fn the_shortest_times_win() {
    let page = Page::new();
    let socket = open(&page);
    let every = |n| UseQueryOptions::new().refetch_every(secs(n)).keep_for(secs(n));
    let part = page.component();
    part.with(|| {
        use_query_with_options(socket, GET_1, every(20));
        use_query_with_options(socket, GET_1, every(7));
    });
    reply(&page, "a");
    page.world.advance(millis(6_900));
    assert!(fetched(&page).is_empty());
    page.world.advance(millis(200));
    reply(&page, "a");
    part.cleanup();
    page.world.advance(millis(7_100));
    assert_eq!(socket.queries().get(GET_1()), None);
}

#[test]
fn a_refusal_removes_the_data_and_another_error_keeps_it() {
    for (status, kept) in
        [(401, false), (403, false), (404, false), (410, false), (400, true), (500, true), (503, true)]
    {
        let page = Page::new();
        let (_one, query) = mount(&page, open(&page));
        reply(&page, "secret");
        query.refetch();
        soon(&page);
        assert!(page.world.reply_to("get", status, "null"));
        assert_eq!(shown(query), (kept.then(|| "secret".to_owned()), false, kept, true), "{status}");
    }
}

#[test]
fn a_fetch_that_times_out_while_the_server_owes_the_answer_is_not_sent_again_and_its_answer_is_used() {
    let page = Page::new();
    let (_one, query) = mount(&page, open(&page));
    assert!(page.world.reply_to("PING", 200, "null"));
    page.world.advance(secs(31));
    assert!(matches!(query.error().get_untracked(), Some(CallError::OutcomeUnknown(OutcomeUnknown::TimedOut { .. }))));
    query.refetch();
    soon(&page);
    reply(&page, "late");
    assert!(fetched(&page).is_empty());
    assert_eq!(shown(query), (data("late"), false, true, false));
    // It was asked for since.
    soon(&page);
    reply(&page, "new");
    assert_eq!(shown(query), (data("new"), false, false, false));
}

#[test]
fn the_answer_that_a_lost_link_owed_is_asked_for_on_the_next_one() {
    let page = Page::new();
    let (_one, query) = mount(&page, open(&page));
    page.world.advance(secs(31));
    assert!(query.error().get_untracked().is_some());
    page.world.close(1006);
    assert!(!query.fetching().get_untracked());
    page.world.advance(secs(1));
    page.world.accept();
    soon(&page);
    reply(&page, "a");
    assert_eq!(shown(query), (data("a"), false, false, false));
}

#[test]
fn what_may_pass_is_tried_again_a_few_times_before_it_is_an_error() {
    let page = Page::new();
    let query = use_query_with_options(open(&page), GET_1, UseQueryOptions::new().retry(2));
    for after in [0, 1_000, 2_000] {
        assert!(query.error().get_untracked().is_none() && query.loading().get_untracked());
        page.world.advance(millis(after));
        assert!(page.world.reply_to("get", 503, "null"));
    }
    assert_eq!(shown(query), (None, false, false, true));
    query.refetch();
    soon(&page);
    assert!(page.world.reply_to("get", 404, "null"));
    page.world.advance(secs(9));
    assert_eq!((shown(query), fetched(&page)), ((None, false, false, true), vec![]));
}

#[test]
fn previous_data_stays_until_there_is_other_data_or_none() {
    let page = Page::new();
    let socket = open(&page);
    let id = RwSignal::new(1_u32);
    let query =
        use_query_with_options(socket, move || GetText { id: id.get() }, UseQueryOptions::new().keep_previous(true));
    reply(&page, "1");
    id.set(2);
    assert_eq!((shown(query), query.loading().get_untracked()), ((data("1"), true, true, false), false));
    reply(&page, "2");
    assert_eq!(shown(query), (data("2"), false, false, false));
    id.set(3);
    assert!(page.world.reply_to("get", 404, "null"));
    assert_eq!(shown(query), (None, false, false, true));
}

#[test]
fn initial_data_is_that_of_the_first_arguments_and_counts_as_fetched_now() {
    let page = Page::new();
    let socket = open(&page);
    let id = RwSignal::new(1_u32);
    let initial = UseQueryOptions::new().initial("rendered".to_owned());
    let query = use_query_with_options(socket, move || GetText { id: id.get() }, initial);
    assert_eq!(shown(query), (data("rendered"), false, false, false));
    assert!(fetched(&page).is_empty());
    id.set(2);
    assert_eq!((shown(query), fetched(&page)), ((None, true, false, false), vec![2]));
}

#[test]
fn a_refetch_is_over_when_a_fetch_that_was_sent_after_it_is() {
    let page = Page::new();
    let (part, query) = mount(&page, open(&page));
    let mut refetch = query.refetch().into_future().start();
    reply(&page, "old");
    assert!((&mut refetch).now_or_never().is_none());
    soon(&page);
    reply(&page, "new");
    assert!(matches!((&mut refetch).now_or_never(), Some(Ok(text)) if text == "new"));
    let refused = query.refetch().into_future().start();
    soon(&page);
    assert!(page.world.reply_to("get", 500, "null"));
    assert!(refused.now_or_never().unwrap().is_err());
    let orphan = query.refetch().into_future().start();
    part.cleanup();
    assert!(matches!(orphan.now_or_never().unwrap(), Err(CallError::OutcomeUnknown(OutcomeUnknown::Cancelled))));
}

#[test]
fn asking_for_a_signal_again_and_again_makes_none() {
    let page = Page::new();
    let (_one, query) = mount(&page, open(&page));
    let all = |query: Query<GetText>| (query.data(), query.error(), query.loading(), query.fetching(), query.stale());
    assert!(all(query) == all(query));
    assert!(bytes_kept(|| (0..1_000).for_each(|_| _ = all(query))) < 100);
}

#[test]
fn equal_data_wakes_nobody() {
    with_effects(async || {
        let page = Page::new();
        let (_one, query) = mount(&page, open(&page));
        let runs = Runs::of(move || (query.data().get(), query.error().get()));
        reply(&page, "a");
        assert_eq!(runs.take().await, 1);
        for _ in 0..3 {
            query.refetch();
            soon(&page);
            reply(&page, "a");
        }
        assert_eq!(runs.take().await, 0);
    });
}

#[test]
fn data_is_there_for_whoever_has_the_socket() {
    let page = Page::new();
    let socket = open(&page);
    let (_one, query) = mount(&page, socket);
    let queries = socket.queries();
    queries.set(GetText { id: 2 }, "two".to_owned());
    queries.update(|asked: &GetText, text: &mut String| *text = format!("{text}, changed {}", asked.id));
    assert_eq!(queries.get(GetText { id: 2 }).as_deref(), Some("two, changed 2"));
    assert_eq!(queries.get(GET_1()), None);
    // The answer may be older than what the app says.
    queries.set(GET_1(), "one".to_owned());
    reply(&page, "perhaps old");
    assert_eq!(shown(query), (data("one"), false, false, false));
    queries.invalidate_where(|asked: &GetText| asked.id == 2);
    soon(&page);
    assert!(fetched(&page).is_empty());
    let other = use_query(socket, || GetText { id: 2 });
    assert_eq!((shown(other), fetched(&page)), ((data("two, changed 2"), true, true, false), vec![2]));
    queries.clear();
    assert_eq!((shown(query), shown(other)), ((None, true, false, false), (None, true, false, false)));
    assert_eq!(fetched(&page), [1, 2]);
}

#[test]
fn leaving_leaves_nothing() {
    let page = Page::new();
    let socket = open(&page);
    use_query_with_options(socket, GET_1, UseQueryOptions::new().refetch_every(secs(5)).retry(3));
    use_query(socket, || GetText { id: 2 });
    reply(&page, "1");
    socket.queries().set(GetText { id: 3 }, "kept".to_owned());
    page.leave();
    // What was asked for needs no answer any more.
    page.world.close(1000);
    page.assert_silent();
}

#[test]
fn what_is_fetched_every_so_often_waits_for_a_link_without_an_error() {
    let page = Page::new();
    let patient = config(|config| config.backoff_base(secs(900)).backoff_max(secs(900)));
    let socket = page.open_with("app", page.options().config(patient));
    let query = use_query_with_options(socket, GET_1, UseQueryOptions::new().refetch_every(secs(5)));
    reply(&page, "a");
    page.world.close(1006);
    page.world.advance(secs(120));
    assert_eq!((shown(query).3, socket.queued().get_untracked()), (false, 0));
    socket.reconnect();
    page.world.accept();
    soon(&page);
    assert_eq!(fetched(&page), [1]);
}

#[test]
fn previous_data_is_never_that_of_another_person_or_place() {
    for moves in [true, false] {
        let page = Page::new();
        let url = RwSignal::new("ws://server/one".to_owned());
        let who = RwSignal::new(Some(leptos_socket::Identity::new("alice", leptos_socket::Headers::new())));
        let socket = page.sockets.add_socket("app", url, page.options().identity(who)).unwrap();
        page.world.accept();
        let query = use_query_with_options(socket, GET_1, UseQueryOptions::new().keep_previous(true));
        reply(&page, "of alice");
        if moves {
            url.set("ws://server/two".to_owned());
        } else {
            who.set(None);
        }
        assert_eq!(shown(query), (None, true, false, false));
    }
}

#[test]
fn data_is_stale_from_the_loss_of_its_link_until_it_is_fetched_again() {
    let page = Page::new();
    let socket = open(&page);
    let query = use_query(socket, GET_1);
    reply(&page, "a");
    page.world.close(1006);
    assert_eq!(shown(query), (data("a"), false, true, false));
    page.world.advance(secs(1));
    page.world.accept();
    soon(&page);
    reply(&page, "a");
    assert_eq!(shown(query), (data("a"), false, false, false));
}
