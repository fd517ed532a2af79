//! How a socket is, for people.

use crate::support::Start as _;
use std::time::Duration;

use leptos::prelude::*;
use leptos::reactive::effect::ImmediateEffect;
use leptos_socket::{CloseCode, Socket, SocketState, Status};
use leptos_socket_core::Input;

use crate::support::{Page, Runs, config, message, millis, secs, with_effects};

fn status(socket: Socket) -> Status {
    socket.status().get_untracked()
}

/// A socket whose attempts come after 2 s each, at most.
fn socket(page: &Page) -> Socket {
    let config = config(|config| config.backoff_base(secs(2)).backoff_max(secs(2)));
    page.add_with("app", page.options().config(config))
}

fn lose(page: &Page) {
    page.world.close(1006);
}

#[test]
fn a_loss_that_is_soon_repaired_is_not_shown() {
    let page = Page::new();
    let socket = page.open("app");
    assert_eq!(status(socket), Status::Online);
    socket.reconnect();
    assert_eq!(status(socket), Status::Online);
    page.world.advance(millis(999));
    page.world.accept();
    page.world.advance(secs(5));
    assert_eq!(status(socket), Status::Online);
}

#[test]
fn a_loss_that_lasts_is_shown_after_a_second_and_its_end_at_once() {
    let page = Page::new();
    let socket = page.open("app");
    assert_eq!(status(socket), Status::Online);
    lose(&page);
    page.world.advance(millis(999));
    assert_eq!(status(socket), Status::Online);
    page.world.advance(millis(1));
    assert_eq!(status(socket), Status::Reconnecting);
    page.world.advance(secs(2));
    page.world.accept();
    assert_eq!(status(socket), Status::Online);
}

#[test]
fn attempts_one_after_another_are_one_reconnecting() {
    with_effects(async || {
        let page = Page::new();
        let socket = socket(&page);
        page.world.accept();
        let runs = Runs::of(move || socket.status().get());
        assert_eq!(runs.take().await, 1);
        lose(&page);
        let mut woken = 0;
        for _ in 0..30 {
            page.world.advance(millis(500));
            lose(&page);
            woken += runs.take().await;
        }
        assert!(page.world.link_count() > 5, "{} links", page.world.link_count());
        assert_eq!((woken, status(socket)), (1, Status::Reconnecting));
    });
}

#[test]
fn what_is_final_is_shown_at_once() {
    let page = Page::new();
    let refused = page.open("refused");
    assert_eq!(status(refused), Status::Online);
    page.world.close(1008);
    assert_eq!(status(refused), Status::Refused(CloseCode::POLICY));
    let config = config(|config| config.max_reconnect_attempts(Some(0)));
    let spent = page.open_with("spent", page.options().config(config));
    lose(&page);
    assert_eq!(status(spent), Status::GaveUp);
    let closed = page.open("closed");
    closed.close();
    assert_eq!(status(closed), Status::Closed);
    assert!(page.sockets.remove_socket("closed"));
    assert_eq!(status(closed), Status::Closed);
}

#[test]
fn the_first_connection_is_connecting_until_it_fails() {
    let page = Page::new();
    let socket = socket(&page);
    assert_eq!(status(socket), Status::Connecting);
    lose(&page);
    assert_eq!(status(socket), Status::Reconnecting);
}

#[test]
fn a_server_that_is_slow_is_told_from_one_that_is_gone() {
    let page = Page::new();
    let config = config(|config| {
        config.heartbeat_timeout_duration(secs(2)).heartbeat_rate(secs(5)).request_timeout(Some(secs(100)))
    });
    let socket = page.open_with("app", page.options().config(config));
    assert!(page.world.reply_to("PING", 200, "null"));
    // A ping leaves behind it.
    let _call = socket.send_and_wait(message("slow")).start();
    page.world.advance(secs(8));
    assert_eq!(status(socket), Status::Slow);
    page.world.report(Input::Binary(1));
    assert_eq!(status(socket), Status::Online);
}

#[test]
fn the_countdown_ticks_in_whole_seconds_until_the_attempt() {
    with_effects(async || {
        let page = Page::new();
        let socket = page.open_with("app", page.options().config(config(|config| config.backoff_base(secs(30)))));
        let countdown = socket.countdown();
        let runs = Runs::of(move || countdown.get());
        assert_eq!((countdown.get_untracked(), runs.take().await), (None, 1));
        lose(&page);
        // Not while the loss is not shown.
        assert_eq!((socket.status().get_untracked(), countdown.get_untracked()), (Status::Online, None));
        page.world.advance(secs(1));
        assert_eq!(socket.status().get_untracked(), Status::Reconnecting);
        let first = countdown.get_untracked().unwrap();
        assert_eq!(first.subsec_nanos(), 0);
        assert_eq!(runs.take().await, 1);
        for ticks in 1..=first.as_secs() {
            let left = socket.retry_in().unwrap();
            assert_eq!(countdown.get_untracked(), Some(Duration::from_secs(left.as_millis().div_ceil(1_000) as u64)));
            page.world.advance(secs(1));
            assert_eq!(runs.take().await, 1, "tick {ticks}");
        }
        assert_eq!(countdown.get_untracked(), None);
    });
}

#[test]
fn disconnected_for_says_so_after_that_time_to_each_who_asks_for_another() {
    let page = Page::new();
    let socket = page.open("app");
    let (five, ten) = (socket.disconnected_for(secs(5)), socket.disconnected_for(secs(10)));
    lose(&page);
    for (at, is_lost) in [(4_999, [false, false]), (1, [true, false]), (4_999, [true, false]), (1, [true, true])] {
        page.world.advance(millis(at));
        assert_eq!([five.get_untracked(), ten.get_untracked()], is_lost);
    }
    page.world.accept();
    assert!(!five.get_untracked() && !ten.get_untracked());
}

#[test]
fn a_socket_that_never_connected_is_lost_too_and_one_that_the_app_closed_is_not() {
    let page = Page::new();
    let socket = socket(&page);
    let lost = socket.disconnected_for(secs(5));
    page.world.advance(secs(5));
    assert!(lost.get_untracked());
    socket.close();
    assert!(!lost.get_untracked());
}

#[test]
fn what_changes_by_the_clock_costs_a_timer_as_long_as_a_component_that_asked_is_there() {
    let page = Page::new();
    let patient = config(|config| config.backoff_base(secs(600)).backoff_max(secs(600)));
    let socket = page.open_with("app", page.options().config(patient));
    let asks: [fn(Socket); 3] = [
        |socket| _ = socket.status(),
        |socket| _ = socket.countdown(),
        |socket| _ = socket.disconnected_for(Duration::from_secs(5)),
    ];
    lose(&page);
    let timers = page.world.timer_count();
    for ask in asks {
        for _ in 0..2 {
            let component = page.component();
            component.with(|| ask(socket));
            assert!(page.world.timer_count() <= timers + 1);
            component.cleanup();
        }
        // The one that was set last fires for nobody.
        page.world.advance(secs(5));
        assert_eq!(page.world.timer_count(), timers);
    }
}

#[test]
fn each_sets_the_timer_that_it_needs_and_no_other() {
    let page = Page::new();
    let patient = config(|config| config.backoff_base(secs(600)).backoff_max(secs(600)));
    let socket = page.open_with("app", page.options().config(patient));
    let (lost, status) = (socket.disconnected_for(secs(5)), socket.status());
    let timers = page.world.timer_count();
    lose(&page);
    assert_eq!(page.world.timer_count(), timers + 1);
    page.world.advance(secs(5));
    assert!(lost.get_untracked());
    assert_eq!(status.get_untracked(), Status::Reconnecting);
    // Nobody counts down.
    assert_eq!(page.world.timer_count(), timers);
}

#[test]
fn only_the_first_link_since_the_app_opened_the_socket_is_connecting() {
    let page = Page::new();
    let limited = config(|config| config.max_reconnect_attempts(Some(0)));
    let socket = page.add_with("app", page.options().config(limited));
    assert_eq!(status(socket), Status::Connecting);
    lose(&page);
    assert_eq!(status(socket), Status::GaveUp);
    // "Try now": what says so, and the button, stay.
    socket.reconnect();
    assert_eq!(status(socket), Status::Reconnecting);
    page.world.accept();
    assert_eq!(status(socket), Status::Online);
    socket.reconnect();
    page.world.advance(secs(1));
    assert_eq!(status(socket), Status::Reconnecting);
    socket.close();
    assert_eq!(status(socket), Status::Closed);
    socket.reconnect();
    assert_eq!(status(socket), Status::Connecting);
}

#[test]
fn the_time_in_which_the_app_wanted_no_link_is_not_lost() {
    let page = Page::new();
    let socket = page.open("app");
    let lost = socket.disconnected_for(secs(5));
    socket.close();
    page.world.advance(secs(3_600));
    socket.reconnect();
    assert!(!lost.get_untracked());
    page.world.advance(millis(4_999));
    assert!(!lost.get_untracked());
    page.world.advance(millis(1));
    assert!(lost.get_untracked());
}

#[test]
fn an_effect_that_closes_the_socket_when_it_is_lost_leaves_no_stale_value() {
    let page = Page::new();
    let socket = page.open("app");
    let (shown, countdown, lost) = (socket.status(), socket.countdown(), socket.disconnected_for(secs(1)));
    let _closes = ImmediateEffect::new(move || {
        if shown.get() == Status::Reconnecting {
            untrack(|| socket.close());
        }
    });
    lose(&page);
    page.world.advance(secs(1));
    assert_eq!(shown.get_untracked(), Status::Closed);
    assert_eq!((countdown.get_untracked(), lost.get_untracked()), (None, false));
    page.world.close(1000);
    page.assert_silent();
}

#[test]
fn nobody_who_asks_means_no_timer_and_one_who_does_sees_what_was_before() {
    let page = Page::new();
    let socket = page.open("app");
    let timers = page.world.timer_count();
    lose(&page);
    assert_eq!(page.world.timer_count(), timers);
    page.world.advance(millis(500));
    assert_eq!(status(socket), Status::Online);
    assert_eq!(page.world.timer_count(), timers + 1);
    page.sockets.remove_socket("app");
    page.world.close(1000);
    page.assert_silent();
}

#[test]
fn what_is_said_at_once_never_contradicts_itself() {
    for seed in 0..200 {
        let dice = crate::server::Dice::new(seed);
        let page = Page::new();
        let socket = socket(&page);
        let (status, countdown) = (socket.status(), socket.countdown());
        for _ in 0..60 {
            match dice.below(6) {
                0 => page.world.accept(),
                1 => lose(&page),
                2 => drop(page.world.reply_to("PING", 200, "null")),
                3 => socket.reconnect(),
                _ => page.world.advance(millis(dice.below(2_500) as u64)),
            }
            let (said, left) = (status.get_untracked(), countdown.get_untracked());
            let contradicts = left.is_some() && (said.is_online() || said.is_final());
            assert!(!contradicts, "{said} (next attempt in {left:?})");
            assert!(!said.is_final() || socket.state().get_untracked().is_closed());
            assert_eq!(
                left.is_some(),
                matches!(socket.state().get_untracked(), SocketState::Backoff { .. }) && !said.is_online()
            );
        }
    }
}

#[test]
fn a_socket_without_an_address_does_not_say_that_it_connects() {
    let page = Page::new();
    let url = RwSignal::new(None::<String>);
    let socket = page.sockets.add_socket("app", url, page.options()).unwrap();
    assert_eq!((status(socket), status(socket).to_string().as_str()), (Status::Closed, "not connected"));
    url.set(Some(crate::support::URL.to_owned()));
    assert_eq!(status(socket), Status::Connecting);
    page.world.accept();
    assert_eq!(status(socket), Status::Online);
    url.set(None);
    assert_eq!(status(socket), Status::Closed);
}
