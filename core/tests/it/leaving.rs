//! A client that leaves its address delivers what it has, and nothing new.

use leptos_socket_core::sim::{Answer, Handshake, Sim};
use leptos_socket_core::{CallOptions, CloseCode, CloseReason, NotSent, SocketState};

use crate::support::{
    call, config, connected, connected_with, defaults, error, idle_with, message, reply, routes, secs,
};

const LEFT: SocketState = SocketState::Closed(CloseReason::Left);

fn leave(sim: &mut Sim) {
    sim.with_client(|client, now| client.leave(now));
}

#[test]
fn what_is_in_flight_is_awaited_and_then_the_socket_closes_by_itself() {
    let mut sim = connected();
    sim.server.on("save", Answer::ok(1.into()).after(secs(5)));
    let save = call(&mut sim, "save");
    leave(&mut sim);
    assert!(sim.state().is_open());
    assert_eq!(sim.call(&message("echo")), Err(NotSent::Closed(CloseReason::Left)));
    assert_eq!(sim.send(&message("echo")), Err(NotSent::Closed(CloseReason::Left)));
    sim.advance(secs(6));
    assert!(reply(&sim, save).is_success());
    assert_eq!(sim.state(), LEFT);
    assert_eq!(sim.client().poll_timeout(), None);
}

#[test]
fn what_is_queued_is_delivered_to_its_own_address_also_if_the_link_has_to_come_back_first() {
    let mut sim = connected_with(config(|c| c.max_reconnect_attempts(None)));
    sim.network.handshake = Handshake::Refused;
    sim.server_close(CloseCode::ABNORMAL);
    sim.drive();
    sim.send(&message("line")).unwrap();
    let save = call(&mut sim, "echo");
    leave(&mut sim);
    sim.advance(secs(10));
    sim.network.handshake = Handshake::Accepted;
    sim.advance(secs(20));
    assert!(reply(&sim, save).is_success());
    assert_eq!(routes(&sim), ["line", "echo"]);
    assert_eq!(sim.state(), LEFT);
}

#[test]
fn what_is_overdue_is_not_waited_for() {
    let mut sim = idle_with(defaults());
    sim.network.handshake = Handshake::Hanging;
    sim.connect();
    let late = call(&mut sim, "echo");
    leave(&mut sim);
    sim.advance(secs(29));
    assert!(!sim.state().is_closed());
    sim.advance(secs(1));
    assert!(error(&sim, late).is_timeout());
    assert_eq!(sim.state(), LEFT);
}

#[test]
fn without_deadlines_it_ends_all_the_same() {
    let mut sim = connected_with(config(|c| c.request_timeout(None)));
    let never = call(&mut sim, "never");
    leave(&mut sim);
    sim.advance(secs(120));
    assert!(error(&sim, never).is_timeout());
    assert_eq!(sim.state(), LEFT);
}

#[test]
fn with_nothing_under_way_it_closes_at_once_and_never_opens_again() {
    for connects in [true, false] {
        let mut sim = if connects { connected() } else { idle_with(defaults()) };
        leave(&mut sim);
        assert_eq!(sim.state(), LEFT);
        sim.connect();
        sim.reconnect();
        sim.advance(secs(100));
        assert_eq!(sim.state(), LEFT);
        assert_eq!(sim.client().poll_timeout(), None);
    }
}

#[test]
fn a_message_without_a_reply_leaves_first() {
    let mut sim = connected();
    sim.network.buffered = 2 << 20;
    sim.send(&message("line")).unwrap();
    leave(&mut sim);
    assert!(sim.state().is_open());
    sim.network.buffered = 0;
    sim.advance(secs(1));
    assert_eq!(routes(&sim), ["line"]);
    assert_eq!(sim.state(), LEFT);
}

#[test]
fn the_app_may_still_cancel_or_close() {
    for closes in [true, false] {
        let mut sim = connected();
        let never = sim.call(&message("never").with_options(CallOptions::new().timeout(secs(600)))).unwrap();
        leave(&mut sim);
        if closes {
            sim.close();
            assert_eq!(sim.state(), SocketState::Closed(CloseReason::ByApp));
        } else {
            assert!(sim.cancel(never));
            assert_eq!(sim.state(), LEFT);
        }
    }
}
