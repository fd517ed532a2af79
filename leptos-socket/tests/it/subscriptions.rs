//! Pushes by route: callbacks, streams and signals.

use crate::support::Start as _;
use std::rc::Rc;

use futures::{FutureExt, StreamExt};
use leptos::prelude::*;
use leptos_socket::{Incoming, Lagged, Notice, Push, PushStream};
use serde::Deserialize;

use crate::support::{Log, Page, Runs, secs, with_effects};

const MANY: u64 = 10_000;

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
struct Tick(u64);

impl Push for Tick {
    const ROUTE: &'static str = "tick";
}

fn tick(page: &Page, from: u64, to: u64) {
    for n in from..to {
        page.world.push("tick", &n.to_string());
    }
}

/// What waits in a stream.
fn drain<T>(stream: &mut PushStream<T>) -> Vec<Result<T, Lagged>> {
    std::iter::from_fn(|| stream.next().now_or_never().flatten()).collect()
}

#[test]
fn ten_thousand_pushes_in_one_task_are_all_seen_or_counted() {
    let page = Page::new();
    let socket = page.open("app");
    let mut stream = socket.pushes::<Tick>();
    let latest = socket.latest::<Tick>();
    let sum = socket.fold((0, 0), |(count, sum), Tick(n)| {
        *count += 1;
        *sum += n;
    });
    let log = Log::new();
    let heard = log.clone();
    socket.on_push(move |Tick(n)| heard.add(n));

    tick(&page, 0, MANY);

    assert_eq!(sum.value().get_untracked(), (MANY, MANY * (MANY - 1) / 2));
    assert_eq!(latest.coalesced().get_untracked(), MANY - 1);
    assert_eq!(latest.value().get_untracked(), Some(Tick(MANY - 1)));
    assert_eq!(drain(&mut stream), (0..MANY).map(|n| Ok(Tick(n))).collect::<Vec<_>>());
    assert_eq!(log.take(), (0..MANY).collect::<Vec<_>>());
}

#[test]
fn a_route_hears_its_own_pushes_only_and_no_reply() {
    let page = Page::new();
    let socket = page.open("app");
    let log = Log::new();
    let (heard, heard_all) = (log.clone(), log.clone());
    socket.on_push_raw("tick", move |push: Incoming| heard.add(format!("tick {}", push.payload())));
    socket.on_push_raw("tock", move |push: Incoming| heard_all.add(format!("tock {}", push.payload())));
    page.world.push("tick", "1");
    page.world.push("tock", "2");
    page.world.push("other", "3");
    page.world.receive(r#"{"payload":4}"#);
    let _call = socket.send_and_wait(leptos_socket::Message::new("tick", ())).start();
    page.world.reply_to("tick", 200, "5");
    assert_eq!(log.take(), ["tick 1", "tock 2"]);
}

#[test]
fn a_stream_that_falls_behind_says_how_much_it_lost_where_it_lost_it() {
    let page = Page::new();
    let socket = page.open("app");
    let mut stream = socket.pushes::<Tick>().capacity(3);
    tick(&page, 0, 5);
    assert_eq!(drain(&mut stream), [Err(Lagged(2)), Ok(Tick(2)), Ok(Tick(3)), Ok(Tick(4))]);
    tick(&page, 5, 7);
    assert_eq!(drain(&mut stream), [Ok(Tick(5)), Ok(Tick(6))]);
}

#[test]
fn a_stream_goes_on_over_the_next_link() {
    let page = Page::new();
    let socket = page.open("app");
    let mut stream = socket.pushes::<Tick>();
    tick(&page, 0, 1);
    page.world.close(1006);
    page.world.advance(secs(2));
    page.world.accept();
    tick(&page, 1, 2);
    assert_eq!(drain(&mut stream), [Ok(Tick(0)), Ok(Tick(1))]);
}

#[test]
fn a_stream_wakes_its_reader_and_ends_with_the_socket() {
    let page = Page::new();
    let socket = page.open("app");
    let mut stream = socket.pushes::<Tick>();
    let (waker, woken) = futures_test_waker();
    let mut context = std::task::Context::from_waker(&waker);
    assert!(stream.poll_next_unpin(&mut context).is_pending());
    tick(&page, 0, 1);
    assert_eq!(woken(), 1);
    assert_eq!(drain(&mut stream), [Ok(Tick(0))]);
    assert!(stream.poll_next_unpin(&mut context).is_pending());
    assert!(page.sockets.remove_socket("app"));
    assert_eq!(woken(), 2);
    assert_eq!(stream.next().now_or_never(), Some(None));
}

#[test]
fn a_stream_ends_with_its_owner_and_what_waits_can_still_be_taken() {
    let page = Page::new();
    let socket = page.open("app");
    let component = page.component();
    let mut stream = component.with(|| socket.pushes::<Tick>());
    tick(&page, 0, 1);
    component.cleanup();
    tick(&page, 1, 2);
    assert_eq!(stream.next().now_or_never(), Some(Some(Ok(Tick(0)))));
    assert_eq!(stream.next().now_or_never(), Some(None));
}

#[test]
fn whatever_listened_is_let_go_of_with_its_component() {
    let page = Page::new();
    let socket = page.open("app");
    let held = Rc::new(());
    let log = Log::new();
    let component = page.component();
    component.with(|| {
        let (captured, heard) = (Rc::clone(&held), log.clone());
        socket.on_push_raw("tick", move |_| heard.add(Rc::strong_count(&captured)));
        let captured = Rc::clone(&held);
        socket.fold(0, move |_, _: Tick| drop(Rc::clone(&captured)));
        let _ = socket.latest::<Tick>();
        drop(socket.pushes::<Tick>());
    });
    tick(&page, 0, 1);
    assert_eq!(log.take(), [3]);
    component.cleanup();
    tick(&page, 1, 2);
    assert_eq!(log.len(), 0);
    assert_eq!(Rc::strong_count(&held), 1);
}

#[test]
fn a_push_of_another_type_is_a_notice_and_the_next_one_is_heard() {
    let page = Page::new();
    let log = Log::new();
    let noticed = log.clone();
    let options = page.options().on_notice(move |notice, count| noticed.add((notice, count)));
    let socket = page.open_with("app", options);
    let mut stream = socket.pushes::<Tick>();
    page.world.push("tick", r#""a secret""#);
    tick(&page, 1, 2);
    assert_eq!(drain(&mut stream), [Ok(Tick(1))]);
    let notices = log.take();
    assert!(matches!(&notices[..], [(Notice::UnreadablePush { route, .. }, 1)] if route == "tick"), "{notices:?}");
}

#[test]
fn who_comes_while_a_push_is_handed_out_hears_the_next_one() {
    let page = Page::new();
    let socket = page.open("app");
    let log = Log::new();
    let (heard, owner) = (log.clone(), page.owner.clone());
    socket.on_push(move |Tick(n)| {
        let heard = heard.clone();
        owner.with(|| socket.on_push(move |Tick(later)| heard.add((n, later))));
    });
    tick(&page, 0, 3);
    assert_eq!(log.take(), [(0, 1), (0, 2), (1, 2)]);
}

#[test]
fn who_goes_while_a_push_is_handed_out_hears_it_no_more() {
    let page = Page::new();
    let socket = page.open("app");
    let log = Log::new();
    let (first, second) = (page.component(), page.component());
    let gone = second.clone();
    first.with(|| socket.on_push_raw("tick", move |_| gone.cleanup()));
    let heard = log.clone();
    second.with(|| socket.on_push_raw("tick", move |push| heard.add(push)));
    tick(&page, 0, 2);
    assert_eq!(log.len(), 0);
}

#[test]
fn a_burst_wakes_the_readers_of_a_fold_once() {
    with_effects(async || {
        let page = Page::new();
        let socket = page.open("app");
        let sum = socket.fold(0, |sum, Tick(n)| *sum += n);
        let runs = Runs::of(move || sum.value().get());
        assert_eq!(runs.take().await, 1);
        tick(&page, 0, 100);
        assert_eq!(runs.take().await, 1);
    });
}

#[test]
fn what_somebody_has_read_is_not_counted_as_coalesced() {
    with_effects(async || {
        let page = Page::new();
        let socket = page.open("app");
        let latest = socket.latest::<Tick>();
        let runs = Runs::of(move || latest.value().get());
        for n in 0..5 {
            tick(&page, n, n + 1);
            assert_eq!(runs.take().await, 1);
        }
        assert_eq!(latest.coalesced().get_untracked(), 0);
        tick(&page, 5, 8);
        assert_eq!(runs.take().await, 1);
        assert_eq!(latest.coalesced().get_untracked(), 2);
    });
}

/// A waker that counts how often it is woken.
fn futures_test_waker() -> (std::task::Waker, impl Fn() -> usize) {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    struct Count(AtomicUsize);

    impl std::task::Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    let count = Arc::new(Count(AtomicUsize::new(0)));
    (Arc::clone(&count).into(), move || count.0.load(Ordering::Relaxed))
}
