//! What the driver makes of links, timers and the clock.

use crate::support::Start as _;
use leptos::prelude::*;
use leptos::reactive::effect::ImmediateEffect;
use leptos_socket::{CloseCode, CloseReason, SocketState};
use leptos_socket_core::Input;

use crate::support::{Log, Page, config, message, millis, outcome, routes, secs};

#[test]
fn on_response_returns_before_its_callback_runs_even_if_an_effect_ends_the_call_at_once() {
    let page = Page::new();
    let socket = page.open("app");
    let _effect = ImmediateEffect::new(move || {
        if socket.in_flight().get() > 0 {
            socket.close();
        }
    });
    let outcomes = Log::new();
    socket.on_response(message("hi"), outcomes.of_outcomes()).unwrap();
    assert_eq!(outcomes.len(), 0);
    page.world.advance(millis(0));
    assert!(outcomes.take().remove(0).is_err());
}

#[test]
fn one_timer_is_enough() {
    let page = Page::new();
    let socket = page.open("app");
    let calls: Vec<_> = (0..100).map(|_| socket.send_and_wait(message("slow")).start()).collect();
    for _ in 0..100 {
        page.world.advance(millis(100));
        page.world.push("tick", "1");
        assert_eq!(page.world.timer_count(), 1);
    }
    drop(calls);
    socket.close();
    page.world.close(1000);
    page.assert_silent();
}

#[test]
fn a_close_that_is_not_answered_ends_by_itself() {
    let page = Page::new();
    let socket = page.open("app");
    socket.close();
    assert_eq!(page.world.asked_to_close(), Some(CloseCode::NORMAL));
    assert_eq!(socket.state().get_untracked(), SocketState::Closed(CloseReason::ByApp));
    assert_eq!(page.world.alive_count(), 1);
    page.world.advance(secs(3));
    page.assert_silent();
    page.world.advance(secs(3600));
    assert_eq!(page.world.link_count(), 1);
}

#[test]
fn close_during_the_delay_before_an_attempt_cancels_it() {
    let page = Page::new();
    let socket = page.open("app");
    page.world.close(1006);
    socket.close();
    page.assert_silent();
    page.world.advance(secs(3600));
    assert_eq!(page.world.link_count(), 1);
}

#[test]
fn a_reconnect_lets_go_of_the_old_link_at_once() {
    let page = Page::new();
    let socket = page.open("app");
    socket.reconnect();
    assert_eq!((page.world.link_count(), page.world.alive_count()), (2, 1));
}

#[test]
fn a_policy_close_is_final_and_an_internal_error_is_not() {
    let page = Page::new();
    let socket = page.open("app");
    page.world.close(1011);
    assert!(matches!(socket.state().get_untracked(), SocketState::Backoff { .. }));
    page.world.advance(secs(1));
    page.world.accept();
    page.world.close(1008);
    let refused = SocketState::Closed(CloseReason::Refused(CloseCode::POLICY));
    assert_eq!(socket.state().get_untracked(), refused);
    page.assert_silent();
}

#[test]
fn the_heartbeat_keeps_a_link_for_many_beats_and_gives_up_a_silent_one() {
    let page = Page::new();
    let config = config(|config| config.heartbeat_rate(millis(300)).heartbeat_timeout_duration(millis(250)));
    let socket = page.open_with("app", page.options().config(config));
    page.world.advance(millis(0));
    for _ in 0..100 {
        assert!(page.world.reply_to("PING", 200, "{}"));
        page.world.advance(millis(300));
    }
    assert_eq!((socket.state().get_untracked(), page.world.link_count()), (SocketState::Open, 1));
    page.world.advance(millis(250));
    assert!(matches!(socket.state().get_untracked(), SocketState::Backoff { attempt: 1, .. }));
}

#[test]
fn a_machine_that_slept_probes_the_link_before_it_judges() {
    let page = Page::new();
    let socket = page.open("app");
    page.world.advance(millis(0));
    page.world.sleep(secs(8 * 3600));
    assert!(socket.connected().get_untracked());
    assert!(page.world.reply_to("PING", 200, "{}"));
    page.world.advance(secs(10));
    assert!(socket.connected().get_untracked());
}

#[test]
fn a_transport_is_asked_for_nothing_once_the_socket_is_gone() {
    let page = Page::new();
    page.add("app");
    page.sockets.remove_socket("app");
    for input in [Input::Opened, Input::Text("{}".to_owned()), Input::Closed(CloseCode::NORMAL)] {
        page.world.report(input);
    }
    page.world.advance(secs(3600));
    assert_eq!((page.world.link_count(), page.world.timer_count()), (1, 0));
    assert!(page.world.take_sent().is_empty());
}

#[test]
fn a_bad_frame_harms_neither_call_nor_link() {
    let page = Page::new();
    let socket = page.open("app");
    let mut call = socket.send_and_wait(message("hi")).start();
    for frame in ["", "{", "null", r#"{"uuid":[],"status":"x"}"#, "\u{0}"] {
        page.world.receive(frame);
    }
    page.world.report(Input::Binary(1 << 20));
    assert!(outcome(&mut call).is_none());
    assert_eq!(routes(&page.world.take_sent()), ["hi"]);
    assert!(socket.connected().get_untracked());
}
