//! `add_socket`, `get_socket`, `remove_socket`, `names`: the tables and the race-safety notes of the original.

use crate::support::Start as _;
use leptos::prelude::*;
use leptos_socket::{
    AddSocketError, CloseCode, CloseReason, InvalidUrl, OutcomeUnknown, SocketOptions, SocketState,
    transport::scripted::Scripted,
};
use leptos_socket_core::Input;

use crate::support::{Log, Page, URL, message, outcome, routes, secs};

#[test]
fn a_socket_that_is_added_connects_to_its_url() {
    let page = Page::new();
    let socket = page.add("app");
    assert_eq!(page.world.url().as_deref(), Some(URL));
    assert_eq!(socket.state().get_untracked(), SocketState::Connecting { attempt: 0 });
    page.world.accept();
    assert_eq!(socket.state().get_untracked(), SocketState::Open);
}

#[test]
fn a_name_that_is_taken_hands_back_the_socket_untouched() {
    let page = Page::new();
    let pushes = Log::new();
    let socket = page.open_with("app", page.options().on_message(pushes.of_routes()));
    let mut call = socket.send_and_wait(message("slow")).start();

    let elsewhere = Scripted::new();
    let options = SocketOptions::new().transport(elsewhere.clone()).on_message(|_| panic!("never registered"));
    let again = page.sockets.add_socket("app", "ws://elsewhere/", options);

    assert_eq!(again, Err(AddSocketError::Exists(socket)));
    assert_eq!((page.world.link_count(), elsewhere.link_count()), (1, 0));
    assert!(socket.connected().get_untracked());
    page.world.push("tick", "1");
    assert_eq!(pushes.take(), ["tick"]);
    assert!(page.world.reply_to("slow", 200, "1"));
    assert!(outcome(&mut call).unwrap().is_ok());
}

#[test]
fn force_closes_the_socket_and_puts_another_in_its_place() {
    let page = Page::new();
    let old = page.open("app");
    let mut call = old.send_and_wait(message("slow")).start();

    let elsewhere = Scripted::new();
    let options = SocketOptions::new().transport(elsewhere.clone()).force(true);
    let new = page.sockets.add_socket("app", "ws://elsewhere/", options).unwrap();

    assert_ne!(new, old);
    assert_eq!(page.sockets.get_socket("app").get_untracked(), Some(new));
    assert_eq!(page.world.asked_to_close(), Some(CloseCode::NORMAL));
    page.assert_silent();
    assert_eq!(old.state().get_untracked(), SocketState::Closed(CloseReason::ByApp));
    assert!(matches!(outcome(&mut call), Some(Err(error)) if !error.is_safe_to_retry()));
    elsewhere.accept();
    assert!(new.connected().get_untracked());
    assert_eq!(elsewhere.url().as_deref(), Some("ws://elsewhere/"));
}

#[test]
fn force_is_harmless_where_there_is_nothing_to_replace() {
    let page = Page::new();
    let socket = page.open_with("app", page.options().force(true));
    assert_eq!(page.sockets.get_socket("app").get_untracked(), Some(socket));
    assert_eq!(page.world.link_count(), 1);
}

#[test]
fn an_invalid_url_is_an_error_that_adds_nothing_and_closes_nothing() {
    let page = Page::new();
    let socket = page.open("app");
    for (url, why) in [
        ("", InvalidUrl::Scheme),
        ("http://server/?token=s3cret", InvalidUrl::Scheme),
        ("ws://", InvalidUrl::Host),
        ("ws://server/#s3cret", InvalidUrl::Fragment),
    ] {
        for name in ["app", "other"] {
            let error = page.sockets.add_socket(name, url, page.options().force(true)).unwrap_err();
            assert_eq!(error, AddSocketError::InvalidUrl(why), "{url}");
            assert!(!format!("{error} {error:?}").contains("s3cret"));
        }
    }
    assert_eq!(page.sockets.names().get_untracked(), ["app"]);
    assert!(socket.connected().get_untracked());
    assert_eq!(page.world.link_count(), 1);
}

#[test]
fn get_socket_follows_its_name() {
    let page = Page::new();
    let app = page.sockets.get_socket("app");
    assert_eq!(app.get_untracked(), None);
    let first = page.add("app");
    assert_eq!(app.get_untracked(), Some(first));
    let second = page.add_with("app", page.options().force(true));
    assert_eq!(app.get_untracked(), Some(second));
    page.sockets.remove_socket("app");
    assert_eq!(app.get_untracked(), None);
}

#[test]
fn remove_socket_closes_and_removes_and_says_whether_there_was_one() {
    let page = Page::new();
    let socket = page.open("app");
    let mut call = socket.send_and_wait(message("slow")).start();

    assert!(page.sockets.remove_socket("app"));

    assert_eq!(page.world.asked_to_close(), Some(CloseCode::NORMAL));
    page.assert_silent();
    assert_eq!(page.sockets.get_socket("app").get_untracked(), None);
    assert_eq!(socket.state().get_untracked(), SocketState::Closed(CloseReason::ByApp));
    assert!(outcome(&mut call).unwrap().is_err());
    assert!(!page.sockets.remove_socket("app"));
    assert!(!page.sockets.remove_socket("unknown"));
}

#[test]
fn remove_socket_stops_one_that_still_connects_or_waits_to() {
    let page = Page::new();
    page.add("connecting");
    assert!(page.sockets.remove_socket("connecting"));
    page.assert_silent();

    page.add("backoff");
    page.world.close(1006);
    assert_eq!((page.world.alive_count(), page.world.timer_count()), (0, 1));
    assert!(page.sockets.remove_socket("backoff"));
    page.assert_silent();
    page.world.advance(secs(3600));
    assert_eq!(page.world.link_count(), 2);
}

#[test]
fn a_name_can_be_used_again_after_it_was_removed() {
    let page = Page::new();
    let first = page.open("app");
    page.sockets.remove_socket("app");
    let second = page.open("app");
    assert_ne!(first, second);
    assert!(second.connected().get_untracked() && !first.connected().get_untracked());
}

#[test]
fn names_are_those_of_all_sockets_in_alphabetical_order() {
    let page = Page::new();
    let names = page.sockets.names();
    assert!(names.get_untracked().is_empty());
    for name in ["b", "c", "a"] {
        page.add(name);
    }
    assert_eq!(names.get_untracked(), ["a", "b", "c"]);
    page.add_with("c", page.options().force(true));
    page.sockets.remove_socket("b");
    assert_eq!(names.get_untracked(), ["a", "c"]);
}

#[test]
fn several_sockets_at_once_keep_to_themselves() {
    let page = Page::new();
    let pushes = Log::new();
    let worlds: Vec<_> = (0..5).map(|_| Scripted::new()).collect();
    let add = |i: usize| {
        let log = pushes.clone();
        let options = SocketOptions::new().transport(worlds[i].clone()).on_message(move |push| {
            log.add((i, push.payload().as_str().to_owned()));
        });
        page.sockets.add_socket(format!("socket {i}"), format!("ws://server-{i}/"), options).unwrap()
    };
    let sockets: Vec<_> = (0..5).map(add).collect();
    worlds.iter().for_each(Scripted::accept);

    let calls = sockets.iter().map(|socket| socket.send_and_wait(message("who")).start());
    let mut calls: Vec<_> = calls.collect();
    for (i, world) in worlds.iter().enumerate().rev() {
        world.push("tick", &i.to_string());
        assert!(world.reply_to("who", 200, &i.to_string()));
    }
    for (i, call) in calls.iter_mut().enumerate() {
        assert_eq!(outcome(call).unwrap().unwrap().payload().as_str(), i.to_string());
    }
    assert_eq!(pushes.take(), [4, 3, 2, 1, 0].map(|i| (i, i.to_string())));

    worlds[2].close(1006);
    page.sockets.remove_socket("socket 3");
    let open: Vec<_> = sockets.iter().map(|socket| socket.connected().get_untracked()).collect();
    assert_eq!(open, [true, true, false, false, true]);
}

// The original's "Multi-Socket & Race-Safety Notes", one by one.

#[test]
fn functional_set_state_avoids_stale_closures_handles_taken_early_see_what_comes_later() {
    let page = Page::new();
    let sockets = page.sockets;
    let app = sockets.get_socket("app");
    let send = move || app.get_untracked().map(|socket| socket.send(message("hi")).is_ok());
    assert_eq!(send(), None);
    page.open("app");
    assert_eq!(send(), Some(true));
    let replacement = page.open_with("app", page.options().force(true));
    assert_eq!(send(), Some(true));
    assert_eq!(routes(&page.world.take_sent()), ["hi"], "on the newest link");
    assert_eq!(app.get_untracked(), Some(replacement));
}

#[test]
fn old_sockets_cannot_overwrite_new_states() {
    let page = Page::new();
    let (old_pushes, new_pushes) = (Log::new(), Log::new());
    page.open_with("app", page.options().on_message(old_pushes.of_routes()));
    let new = page.open_with("app", page.options().force(true).on_message(new_pushes.of_routes()));
    let mut call = new.send_and_wait(message("slow")).start();
    let uuid = page.world.take_sent()[0]["uuid"].clone();

    page.world.report_on(0, Input::Text(r#"{"route":"late","payload":1}"#.to_owned()));
    page.world.report_on(0, Input::Text(format!(r#"{{"uuid":{uuid},"payload":1,"status":200}}"#)));
    page.world.report_on(0, Input::Closed(CloseCode::POLICY));
    page.world.report_on(0, Input::Opened);

    assert_eq!(new.state().get_untracked(), SocketState::Open);
    assert_eq!(page.sockets.get_socket("app").get_untracked(), Some(new));
    assert_eq!((old_pushes.len(), new_pushes.len()), (0, 0));
    assert!(outcome(&mut call).is_none());
    assert_eq!(new.in_flight().get_untracked(), 1);
}

#[test]
fn old_links_cannot_overwrite_new_states() {
    let page = Page::new();
    let socket = page.open("app");
    socket.reconnect();
    page.world.report_on(0, Input::Closed(CloseCode::POLICY));
    page.world.report_on(0, Input::Opened);
    assert_eq!(socket.state().get_untracked(), SocketState::Connecting { attempt: 0 });
    page.world.accept();
    page.world.report_on(0, Input::Closed(CloseCode::ABNORMAL));
    assert_eq!(socket.state().get_untracked(), SocketState::Open);
}

#[test]
fn prevents_duplicate_connections_unless_force_is_true() {
    let page = Page::new();
    page.add("app");
    for _ in 0..10 {
        assert!(page.sockets.add_socket("app", URL, page.options()).is_err());
    }
    assert_eq!(page.world.link_count(), 1);
    for _ in 0..10 {
        assert!(page.sockets.add_socket("app", URL, page.options().force(true)).is_ok());
        assert_eq!(page.world.alive_count(), 1);
    }
    assert_eq!(page.world.link_count(), 11);
}

#[test]
fn includes_remove_socket_for_safe_cleanup_used_internally_on_unmount() {
    let page = Page::new();
    let (kept, removed) = (page.open("kept"), page.open("removed"));
    let mut calls = [kept, removed].map(|socket| socket.send_and_wait(message("slow")).start());
    page.sockets.remove_socket("removed");
    assert!(outcome(&mut calls[0]).is_none() && outcome(&mut calls[1]).is_some());
    page.leave_for_good();
    let error = outcome(&mut calls[0]).unwrap().unwrap_err();
    assert!(matches!(error, leptos_socket::CallError::OutcomeUnknown(OutcomeUnknown::TimedOut { .. })), "{error}");
}
