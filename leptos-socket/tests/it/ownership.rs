//! Who outlives whom, and what is left.

use crate::support::Start as _;
use std::rc::{Rc, Weak};
use std::time::Duration;

use leptos::prelude::*;
use leptos_socket::{CallError, CloseReason, NotSent, Socket, SocketState};

use crate::support::{Log, Page, Runs, SayHello, message, outcome, with_effects};

/// A callback of no owner runs under no owner, whoever is further up the stack: what it starts does not end with that.
#[test]
fn what_a_callback_of_no_owner_starts_belongs_to_nobody() {
    let page = Page::new();
    let socket = page.open("app");
    let heard = Log::new();
    let log = heard.clone();
    page.owner.clone().unset();
    let listen = move |_| socket.on_push_raw("tick", move |push| log.add(push.payload().to_string()));
    socket.on_response(message("slow"), listen).unwrap();
    let closes = ArcRwSignal::new(true);
    let read = closes.clone();
    let effect = ImmediateEffect::new_isomorphic(move || {
        if read.get() {
            socket.close();
        }
    });
    closes.set(false);
    drop(effect);
    page.owner.set();
    socket.reconnect();
    page.world.accept();
    page.world.push("tick", "1");
    assert_eq!(heard.take(), ["1"]);
}

#[test]
fn a_socket_and_its_signals_live_on_when_the_component_that_added_it_is_unmounted() {
    let page = Page::new();
    let component = page.component();
    let socket = component.with(|| page.open("app"));
    let state = socket.state();
    component.cleanup();
    drop(component);
    assert_eq!(state.get_untracked(), SocketState::Open);
    page.world.close(1006);
    assert!(matches!(state.get_untracked(), SocketState::Backoff { .. }));
    let mut call = socket.send_and_wait(message("hi")).start();
    socket.reconnect();
    page.world.accept();
    page.world.reply_to("hi", 200, "1");
    assert!(outcome(&mut call).unwrap().is_ok());
}

/// Everything that one can do with a handle.
fn assert_closed(socket: Socket) {
    assert_eq!(socket.state().get_untracked(), SocketState::Closed(CloseReason::ByApp));
    assert!(!socket.connected().get_untracked());
    assert_eq!(socket.latency().get_untracked(), None);
    assert_eq!((socket.in_flight().get_untracked(), socket.queued().get_untracked()), (0, 0));
    assert_eq!(socket.retry_in(), None);

    let closed = NotSent::Closed(CloseReason::ByApp);
    assert_eq!(socket.send(message("hi")), Err(closed.clone()));
    assert_eq!(socket.on_response(message("hi"), |_| panic!("dropped, not called")), Err(closed.clone()));
    let is_closed = |error: CallError| matches!(error, CallError::NotSent(error) if error == closed);
    assert!(is_closed(outcome(&mut socket.send_and_wait(message("hi")).start()).unwrap().unwrap_err()));
    assert!(is_closed(outcome(&mut socket.call(SayHello { name: "World" }).start()).unwrap().unwrap_err()));
    socket.close();
    socket.reconnect();
    assert_eq!(socket.state().get_untracked(), SocketState::Closed(CloseReason::ByApp));
    assert_eq!(socket, { socket });
    assert!(format!("{socket:?}").starts_with("Socket"));
}

#[test]
fn a_handle_outlives_its_socket_harmlessly() {
    let page = Page::new();
    let socket = page.open("app");
    let id = socket.on_response(message("hi"), |_| ()).unwrap();
    page.sockets.remove_socket("app");
    assert_closed(socket);
    socket.cancel(id);
    page.assert_silent();
}

#[test]
fn a_handle_of_a_replaced_socket_is_closed_for_good() {
    let page = Page::new();
    let socket = page.open("app");
    page.open_with("app", page.options().force(true));
    assert_closed(socket);
    assert_eq!((page.world.link_count(), page.world.alive_count()), (2, 1));
}

#[test]
fn a_handle_outlives_the_provider_harmlessly() {
    let outside = Owner::new();
    outside.set();
    let page = Page::new();
    let socket = page.open("app");
    page.leave();
    assert_closed(socket);
    page.assert_silent();
    outside.set();
    assert_closed(socket);
}

#[test]
fn signals_that_were_taken_before_still_say_what_became_of_the_socket() {
    let outside = Owner::new();
    let page = Page::new();
    for leave in [false, true] {
        let socket = page.open("app");
        let _call = socket.send_and_wait(message("slow")).start();
        let (state, connected, in_flight) = outside.with(|| (socket.state(), socket.connected(), socket.in_flight()));
        if leave {
            page.leave();
        } else {
            page.sockets.remove_socket("app");
        }
        assert_eq!(state.get_untracked(), SocketState::Closed(CloseReason::ByApp));
        assert!(!connected.get_untracked());
        assert_eq!(in_flight.get_untracked(), 0);
    }
}

#[test]
fn an_effect_that_reads_a_socket_sees_its_removal() {
    with_effects(async || {
        let page = Page::new();
        let socket = page.open("app");
        let runs = Runs::of(move || socket.state().get());
        assert_eq!(runs.take().await, 1);
        page.sockets.remove_socket("app");
        assert_eq!(runs.take().await, 1);
    });
}

#[test]
fn what_a_callback_captured_is_dropped_when_the_socket_is_removed_or_replaced() {
    let page = Page::new();
    let add = |force| {
        let captured = Rc::new(());
        let gone = Rc::downgrade(&captured);
        let options = page.options().force(force).on_message(move |_| drop(Rc::clone(&captured)));
        page.open_with("app", options);
        gone
    };
    let first = add(false);
    let second = add(true);
    assert_eq!((first.strong_count(), second.strong_count()), (0, 1));
    page.sockets.remove_socket("app");
    assert_eq!(second.strong_count(), 0);
}

#[test]
fn what_the_callback_of_a_call_captured_is_dropped_when_the_call_settles() {
    let page = Page::new();
    let socket = page.open("app");
    let ask = || {
        let captured = Rc::new(());
        let gone = Rc::downgrade(&captured);
        let id = socket.on_response(message("hi"), move |_| drop(captured)).unwrap();
        (id, gone)
    };
    let (_, replied) = ask();
    page.world.reply_to("hi", 200, "1");
    let (id, cancelled) = ask();
    socket.cancel(id);
    let (_, timed_out) = ask();
    page.world.advance(Duration::from_secs(30));
    let (_, closed) = ask();
    socket.close();
    for gone in [replied, cancelled, timed_out, closed] {
        assert_eq!(gone.strong_count(), 0);
    }
}

/// The number of cycles is that of a public report of leaking closures.
#[test]
fn adding_and_removing_1500_times_leaves_nothing() {
    let page = Page::new();
    let mut captured: Vec<Weak<()>> = Vec::new();
    for i in 0..1_500 {
        let value = Rc::new(());
        captured.push(Rc::downgrade(&value));
        let in_response = Rc::clone(&value);
        let component = page.component();
        let call = component.with(|| {
            let socket = page.add_with("app", page.options().on_message(move |_| drop(Rc::clone(&value))));
            if i % 3 > 0 {
                page.world.accept();
                page.world.push("tick", "1");
            }
            socket.on_response(message("slow"), move |_| drop(in_response)).unwrap();
            if i % 3 > 1 {
                page.world.close(1006);
            }
            socket.send_and_wait(message("slow")).start()
        });
        match i % 4 {
            0 => drop(component),
            1 => component.cleanup(),
            _ => {}
        }
        assert!(page.sockets.remove_socket("app"));
        drop(call);
        page.assert_silent();
    }
    assert_eq!(page.world.link_count(), 1_500);
    assert_eq!(captured.iter().filter(|captured| captured.strong_count() > 0).count(), 0);
    assert!(page.sockets.names().get_untracked().is_empty());
}

#[test]
fn a_provider_forgets_what_was_removed() {
    let page = Page::new();
    let stored = || format!("{:?}", page.owner).matches("NodeId").count();
    let before = stored();
    for _ in 0..100 {
        page.add("app");
        page.sockets.remove_socket("app");
    }
    // The callbacks belong to who adds, which is the same owner here.
    assert!(stored() - before <= 100, "{}", stored() - before);
}

#[test]
fn callbacks_of_a_component_that_stays_do_not_pile_up() {
    let page = Page::new();
    let socket = page.open("app");
    let captured = Rc::new(());
    for _ in 0..1_000 {
        let captured = Rc::clone(&captured);
        socket.on_response(message("hi"), move |_| drop(captured)).unwrap();
        page.world.reply_to("hi", 200, "1");
    }
    assert_eq!(Rc::strong_count(&captured), 1);
    let _ = page.world.take_sent();
}
