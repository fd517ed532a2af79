//! `use_query`: shared, kept, and fetched again when it has to be.

use crate::support::Start as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use leptos::prelude::*;
use leptos::reactive::effect::ImmediateEffect;
use leptos_socket::{
    CallError, NotSent, Query, Replied, Route, Socket, SocketState, UseQueryOptions, use_query, use_query_with_options,
};
use leptos_socket_core::Input;
use serde::Serialize;

use crate::support::{Page, Runs, bytes_kept, config, message, millis, routes, secs, settle, with_effects};

#[derive(Serialize)]
struct GetText {
    id: u32,
}

impl Route for GetText {
    const ROUTE: &'static str = "get";
    type Response = String;
}

const GET_1: fn() -> GetText = || GetText { id: 1 };

fn options() -> UseQueryOptions<GetText> {
    UseQueryOptions::new().invalidate_on("changed", |get: &GetText, push| push.payload().decode() == Ok(get.id))
}

/// A component that uses a query.
fn mount(page: &Page, socket: Socket) -> (Owner, Query<GetText>) {
    let component = page.component();
    let query = component.with(|| use_query_with_options(socket, GET_1, options()));
    (component, query)
}

/// What is fetched.
fn fetched(page: &Page) -> Vec<u64> {
    let sent = page.world.take_sent();
    assert!(routes(&sent).iter().all(|route| *route == "get"));
    sent.iter().filter_map(|frame| frame["payload"]["id"].as_u64()).collect()
}

/// Data, whether it is loading, whether it is stale, whether there is an error.
fn shown(query: Query<GetText>) -> (Option<String>, bool, bool, bool) {
    (
        query.data().get_untracked(),
        query.loading().get_untracked(),
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
    let socket = page.open("app");
    let mounts: Vec<_> = (0..3).map(|_| mount(&page, socket)).collect();
    assert!(mounts.iter().all(|(_, query)| shown(*query) == (None, true, false, false)));
    reply(&page, "a");
    assert!(mounts.iter().all(|(_, query)| shown(*query) == (data("a"), false, false, false)));
    let (_late, query) = mount(&page, socket);
    assert_eq!(shown(query), (data("a"), false, false, false));
    assert!(fetched(&page).is_empty());
}

#[test]
fn other_arguments_are_another_query_and_the_old_fetch_is_cancelled() {
    let page = Page::new();
    let socket = page.open("app");
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
    let socket = page.open("app");
    let id = RwSignal::new(1_u32);
    let query = use_query(socket, move || GetText { id: id.get() });
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
    let query = use_query(page.open("app"), move || id.get().map(|id| GetText { id }));
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
    let socket = page.open("app");
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
    let (_one, query) = mount(&page, page.open("app"));
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
    let (_one, query) = mount(&page, page.open("app"));
    reply(&page, "old");
    for other in ["2", r#""odd""#] {
        page.world.push("changed", other);
    }
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
    let socket = page.open("app");
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
    let socket = page.open("app");
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
    let (_one, query) = mount(&page, page.open("app"));
    reply(&page, "old");
    query.refetch();
    query.refetch();
    soon(&page);
    assert_eq!(fetched(&page), [1]);
}

#[test]
fn an_error_keeps_the_data_and_goes_with_the_next_success() {
    let page = Page::new();
    let (_one, query) = mount(&page, page.open("app"));
    assert!(page.world.reply_to("get", 500, "null"));
    assert_eq!(shown(query), (None, false, false, true));
    query.refetch();
    soon(&page);
    reply(&page, "a");
    assert_eq!(shown(query), (data("a"), false, false, false));
    query.refetch();
    soon(&page);
    assert!(page.world.reply_to("get", 404, "null"));
    assert_eq!(shown(query), (data("a"), false, true, true));
    assert!(matches!(query.error().get_untracked(), Some(CallError::Replied(Replied::Status(_)))));
}

#[test]
fn a_fetch_that_times_out_without_a_link_is_made_again_when_there_is_one() {
    let page = Page::new();
    let socket = page.open("app");
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
    let socket = page.open("app");
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
    let socket = page.open("app");
    let mount = |n: usize| {
        let part = page.owner.child();
        for _ in 0..n {
            let component = part.child();
            component.with(|| drop(use_query_with_options(socket, GET_1, options().keep_for(secs(0))).ready()));
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
        let (_one, query) = mount(&page, page.open("app"));
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
        let (_one, query) = mount(&page, page.open("app"));
        let resource = LocalResource::new(move || query.ready());
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
        let socket = page.open("app");
        let (_one, query) = mount(&page, socket);
        let other = page.component();
        let held = Arc::new(());
        other.with(|| {
            let (query, held) = (use_query(socket, GET_1), Arc::clone(&held));
            LocalResource::new(move || {
                let (ready, held) = (query.ready(), Arc::clone(&held));
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
    let socket = page.open("app");
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
    let socket = page.open("app");
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
    let socket = page.open("app");
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
    let socket = page.open("app");
    let (_one, query) = mount(&page, socket);
    reply(&page, "a");
    let _effect = once(socket.in_flight(), 1, move || query.refetch());
    query.refetch();
    soon(&page);
    soon(&page);
    assert_eq!(fetched(&page), [1]);
    let _another = once(query.data(), data("b"), move || query.refetch());
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
    let socket = page.open("app");
    let component = page.component();
    let gone = component.clone();
    let _effect = once(socket.in_flight(), 1, move || gone.cleanup());
    let id = RwSignal::new(None);
    component.with(|| use_query::<GetText, _>(socket, move || id.get().map(|id| GetText { id })));
    id.set(Some(1));
    assert_eq!(socket.in_flight().get_untracked(), 0);
}

#[test]
fn a_fetch_whose_last_user_is_replaced_because_of_it_is_one_fetch() {
    for when_it_left in [false, true] {
        let page = Page::new();
        let socket = page.open("app");
        let (one, query) = mount(&page, socket);
        reply(&page, "a");
        let part = page.component();
        let replace = move || {
            one.cleanup();
            part.with(|| use_query(socket, GET_1));
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
