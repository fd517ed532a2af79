//! What a socket says of itself, and whom it wakes.

use crate::support::Start as _;
use leptos::prelude::*;
use leptos::reactive::effect::ImmediateEffect;
use leptos_socket::transport::scripted::Scripted;
use leptos_socket::{CloseReason, Socket, SocketOptions, SocketState};

use crate::support::{Log, Page, Runs, URL, config, message, millis, secs, with_effects};

/// Answers the ping that leaves now after `latency`.
fn beat(world: &Scripted, latency: u64) {
    world.advance(millis(0));
    world.advance(millis(latency));
    assert!(world.reply_to("PING", 200, "{}"));
}

#[test]
fn the_state_tells_the_life_of_a_socket() {
    let page = Page::new();
    let states = Log::new();
    let socket = page.add_with("app", page.options().config(config(|config| config.max_reconnect_attempts(Some(1)))));
    let state = socket.state();
    let note = || states.add(state.get_untracked().to_string());
    note();
    page.world.accept();
    note();
    page.world.close(1006);
    note();
    page.world.advance(secs(1));
    note();
    page.world.close(1006);
    note();
    socket.reconnect();
    note();
    socket.close();
    note();
    assert_eq!(
        states.take(),
        [
            "connecting",
            "open",
            "backoff (attempt 1)",
            "connecting (attempt 1)",
            "closed: gave up after 1 attempt to reconnect",
            "connecting",
            "closed: closed by the app",
        ]
    );
}

#[test]
fn connected_is_true_only_while_a_link_is_open() {
    let page = Page::new();
    let socket = page.add("app");
    let connected = socket.connected();
    assert!(!connected.get_untracked());
    page.world.accept();
    assert!(connected.get_untracked());
    page.world.close(1006);
    assert!(!connected.get_untracked());
}

#[test]
fn in_flight_and_queued_count_what_waits() {
    let page = Page::new();
    let socket = page.add("app");
    let counts = || (socket.queued().get_untracked(), socket.in_flight().get_untracked());
    let calls = [0; 3].map(|_| socket.send_and_wait(message("slow")).start());
    socket.send(message("hi")).unwrap();
    assert_eq!(counts(), (4, 0));
    page.world.accept();
    assert_eq!(counts(), (0, 3));
    page.world.reply_to("slow", 200, "1");
    assert_eq!(counts(), (0, 2));
    drop(calls);
    assert_eq!(counts(), (0, 0));
}

#[test]
fn the_latency_is_that_of_the_last_ping_and_gone_with_the_link() {
    let page = Page::new();
    let socket = page.open("app");
    let latency = socket.latency();
    assert_eq!(latency.get_untracked(), None);
    beat(&page.world, 40);
    assert_eq!(latency.get_untracked(), Some(millis(40)));
    page.world.advance(secs(60) - millis(40));
    beat(&page.world, 25);
    assert_eq!(latency.get_untracked(), Some(millis(25)));
    page.world.close(1006);
    assert_eq!(latency.get_untracked(), None);
}

#[test]
fn retry_in_counts_down_to_the_next_attempt() {
    let page = Page::new();
    let socket = page.open("app");
    assert_eq!(socket.retry_in(), None);
    page.world.close(1006);
    let delay = socket.retry_in().unwrap();
    assert!(delay <= secs(1));
    page.world.advance(delay / 2);
    assert_eq!(socket.retry_in(), Some(delay - delay / 2));
    page.world.advance(delay);
    assert_eq!(socket.retry_in(), None);
    assert_eq!(socket.state().get_untracked(), SocketState::Connecting { attempt: 1 });
}

#[test]
fn a_new_latency_wakes_only_who_reads_the_latency() {
    with_effects(async || {
        let page = Page::new();
        let socket = page.open("app");
        let state = Runs::of(move || socket.state().get());
        let connected = Runs::of(move || socket.connected().get());
        let in_flight = Runs::of(move || socket.in_flight().get());
        let latency = Runs::of(move || socket.latency().get());
        for runs in [&state, &connected, &in_flight, &latency] {
            assert_eq!(runs.take().await, 1);
        }
        beat(&page.world, 40);
        assert_eq!(latency.take().await, 1);
        for runs in [&state, &connected, &in_flight] {
            assert_eq!(runs.take().await, 0);
        }
    });
}

#[test]
fn calls_and_pushes_wake_only_who_counts_calls() {
    with_effects(async || {
        let page = Page::new();
        let socket = page.open("app");
        let state = Runs::of(move || (socket.state().get(), socket.connected().get(), socket.latency().get()));
        let in_flight = Runs::of(move || socket.in_flight().get());
        assert_eq!((state.take().await, in_flight.take().await), (1, 1));
        page.world.push("tick", "1");
        assert_eq!((state.take().await, in_flight.take().await), (0, 0));
        let _call = socket.send_and_wait(message("hi")).start();
        assert_eq!((state.take().await, in_flight.take().await), (0, 1));
        page.world.reply_to("hi", 200, "1");
        assert_eq!((state.take().await, in_flight.take().await), (0, 1));
    });
}

#[test]
fn a_socket_wakes_only_who_reads_that_socket() {
    with_effects(async || {
        let page = Page::new();
        let worlds = [Scripted::new(), Scripted::new()];
        let read_all = |socket: Socket| {
            let reads = move || (socket.state().get(), socket.connected().get(), socket.in_flight().get());
            Runs::of(reads)
        };
        let [a, b] = ["a", "b"].map(|name| {
            let world = worlds[usize::from(name == "b")].clone();
            page.sockets.add_socket(name, URL, SocketOptions::new().transport(world)).unwrap()
        });
        let (a_runs, b_runs) = (read_all(a), read_all(b));
        assert_eq!((a_runs.take().await, b_runs.take().await), (1, 1));
        worlds[0].accept();
        let _call = a.send_and_wait(message("hi")).start();
        assert_eq!((a_runs.take().await, b_runs.take().await), (1, 0));
        page.sockets.remove_socket("a");
        assert_eq!((a_runs.take().await, b_runs.take().await), (1, 0));
    });
}

#[test]
fn get_socket_wakes_only_for_its_name_and_names_only_when_they_change() {
    with_effects(async || {
        let page = Page::new();
        let sockets = page.sockets;
        let app = Runs::of(move || sockets.get_socket("app").get());
        let names = Runs::of(move || sockets.names().get());
        let runs = async || (app.take().await, names.take().await);
        assert_eq!(runs().await, (1, 1));
        page.add("other");
        assert_eq!(runs().await, (0, 1));
        page.add("app");
        assert_eq!(runs().await, (1, 1));
        page.world.accept();
        assert_eq!(runs().await, (0, 0));
        page.add_with("other", page.options().force(true));
        assert_eq!(runs().await, (0, 0));
        page.add_with("app", page.options().force(true));
        assert_eq!(runs().await, (1, 0));
        page.sockets.remove_socket("other");
        assert_eq!(runs().await, (0, 1));
        page.sockets.remove_socket("app");
        assert_eq!(runs().await, (1, 1));
    });
}

/// An effect that runs within the change it reacts to sees, and leaves, signals that agree.
#[test]
fn signals_agree_with_each_other_even_for_an_effect_that_interferes() {
    let page = Page::new();
    let socket = page.add("app");
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let log = std::sync::Arc::clone(&seen);
    let _effect = ImmediateEffect::new(move || {
        if socket.state().get().is_open() {
            socket.close();
        }
        log.lock().unwrap().push(socket.connected().get_untracked());
    });
    page.world.accept();
    assert_eq!(socket.state().get_untracked(), SocketState::Closed(CloseReason::ByApp));
    assert!(!socket.connected().get_untracked());
    assert!(!*seen.lock().unwrap().last().unwrap());
}

/// What is stored under an owner.
fn stored(owner: &Owner) -> usize {
    format!("{owner:?}").matches("NodeId").count()
}

#[test]
fn asking_for_a_signal_again_and_again_stores_nothing_new() {
    let page = Page::new();
    let sockets = page.sockets;
    let component = page.component();
    let socket = component.with(|| {
        // A callback runs under the component, for as long as that is mounted.
        page.open_with(
            "app",
            page.options().on_message(move |_| {
                let Some(socket) = sockets.get_socket("app").get_untracked() else { return };
                let _ = (socket.state(), socket.connected(), socket.latency(), socket.in_flight(), socket.queued());
                let _ = sockets.names();
            }),
        )
    });
    page.world.push("tick", "0");
    let before = stored(&component);
    for i in 0..100 {
        page.world.push("tick", &i.to_string());
    }
    assert_eq!(stored(&component), before);
    assert!(socket.connected().get_untracked());
}
