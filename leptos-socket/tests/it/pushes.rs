//! `on_message`: every push, in order, under its owner.

use crate::support::Start as _;
use std::rc::Rc;

use leptos::prelude::*;
use leptos_socket::{CloseReason, NotSent, Sent, SocketOptions};
use leptos_socket_core::Input;

use crate::support::{Log, Page, Runs, URL, message, millis, outcome, routes, secs, with_effects};

#[test]
fn every_push_arrives_in_order_and_no_reply_is_among_them() {
    let page = Page::new();
    let pushes = Log::new();
    let socket = page.open_with("app", page.options().on_message(pushes.of_routes()));
    page.world.push("a", "1");
    let mut call = socket.send_and_wait(message("hi")).start();
    page.world.push("b", "2");
    page.world.reply_to("hi", 200, "3");
    page.world.push("c", "4");
    assert_eq!(pushes.take(), ["a", "b", "c"]);
    assert!(outcome(&mut call).unwrap().is_ok());
}

#[test]
fn a_push_comes_with_all_that_the_server_sent() {
    let page = Page::new();
    let pushes = Log::new();
    let log = pushes.clone();
    page.open_with("app", page.options().on_message(move |push| log.add(push)));
    page.world.receive(r#"{"uuid": 7, "route": "news", "headers": {"a": 1}, "payload": {"n": [1]}, "status": 404}"#);
    let push = pushes.take().remove(0);
    assert_eq!((push.uuid(), push.route()), (Some("7"), Some("news")));
    assert_eq!(push.headers().get("a"), Some(&1.into()));
    assert_eq!(push.payload().as_str(), r#"{"n": [1]}"#);
    assert_eq!(push.status().map(|status| status.as_u16()), Some(404));
}

#[test]
fn ten_thousand_pushes_in_one_task_all_arrive() {
    let page = Page::new();
    let pushes = Log::new();
    let log = pushes.clone();
    let callback = move |push: leptos_socket::Incoming| log.add(push.payload().decode::<u32>().unwrap());
    page.open_with("app", page.options().on_message(callback));
    for i in 0..10_000 {
        page.world.push("tick", &i.to_string());
    }
    assert!(pushes.take().into_iter().eq(0..10_000));
}

#[test]
fn what_is_no_push_stays_away() {
    let page = Page::new();
    let pushes = Log::new();
    page.open_with("app", page.options().on_message(pushes.of_routes()));
    page.world.advance(millis(0));
    for frame in [r#"{"route":"PONG"}"#, r#"{"route":"PING","payload":{}}"#, "nonsense", "[]", r#"{"uuid":"0"#] {
        page.world.receive(frame);
    }
    page.world.report(Input::Binary(100));
    assert_eq!(pushes.len(), 0);
    page.world.push("still here", "null");
    assert_eq!(pushes.take(), ["still here"]);
}

#[derive(Clone, Debug, PartialEq)]
struct Theme(&'static str);

#[test]
fn callbacks_run_under_the_owner_that_registered_them() {
    let page = Page::new();
    let themes = Log::new();
    let component = page.component();
    let socket = component.with(|| {
        provide_context(Theme("dark"));
        let log = themes.clone();
        let socket = page.open_with("app", page.options().on_message(move |_| log.add(use_context::<Theme>())));
        let log = themes.clone();
        socket.on_response(message("hi"), move |_| log.add(use_context())).unwrap();
        socket
    });
    assert_eq!(use_context::<Theme>(), None);
    page.world.push("tick", "1");
    page.world.reply_to("hi", 200, "1");
    assert_eq!(themes.take(), [Some(Theme("dark")), Some(Theme("dark"))]);
    assert!(socket.connected().get_untracked());
}

#[test]
fn a_callback_stops_with_the_component_that_registered_it() {
    let page = Page::new();
    let pushes = Log::new();
    let component = page.component();
    component.with(|| page.open_with("app", page.options().on_message(pushes.of_routes())));
    page.world.push("mounted", "1");
    component.cleanup();
    page.world.push("unmounted", "1");
    drop(component);
    page.world.push("gone", "1");
    assert_eq!(pushes.take(), ["mounted"]);
    assert!(page.sockets.get_socket("app").get_untracked().unwrap().connected().get_untracked());
}

#[test]
fn a_callback_of_an_effect_stops_when_the_effect_runs_again() {
    with_effects(async || {
        let page = Page::new();
        let pushes = Log::new();
        let again = RwSignal::new(0);
        let (sockets, log) = (page.sockets, pushes.clone());
        let options = StoredValue::new_local((page.world.clone(), log));
        let runs = Runs::of(move || {
            let run = again.get();
            let (world, log) = options.get_value();
            let options = SocketOptions::new().transport(world).force(run < 2);
            sockets.add_socket("app", URL, options.on_message(move |_| log.add(run))).is_ok()
        });
        for run in 0..3 {
            again.set(run);
            assert_eq!(runs.take().await, 1);
            page.world.accept();
            page.world.push("tick", "1");
        }
        // The third run forced nothing: so the socket of the second is there, and its callback gone.
        assert_eq!(pushes.take(), [0, 1]);
        assert_eq!(page.world.alive_count(), 1);
    });
}

#[test]
fn a_callback_that_was_registered_without_an_owner_runs_as_long_as_the_socket_lives() {
    let page = Page::new();
    let pushes = Log::new();
    page.owner.clone().unset();
    page.open_with("app", page.options().on_message(pushes.of_routes()));
    page.world.push("a", "1");
    page.owner.set();
    page.world.push("b", "1");
    page.sockets.remove_socket("app");
    page.world.push("c", "1");
    assert_eq!(pushes.take(), ["a", "b"]);
}

#[test]
fn what_a_callback_reads_wakes_no_effect_that_happens_to_run_it() {
    with_effects(async || {
        let page = Page::new();
        let socket = page.open("app");
        let read = RwSignal::new(0);
        let register = move || drop(socket.on_response(message("slow"), move |_| _ = read.get()));
        register();
        page.owner.clone().unset();
        register();
        page.owner.set();
        // Closing settles both calls within the effect.
        let runs = Runs::of(move || socket.close());
        assert_eq!(runs.take().await, 1);
        read.set(1);
        assert_eq!(runs.take().await, 0);
    });
}

#[test]
fn pushes_that_come_while_a_callback_runs_wait_for_it() {
    let page = Page::new();
    let log = Log::new();
    let (entries, world) = (log.clone(), page.world.clone());
    page.open_with(
        "app",
        page.options().on_message(move |push| {
            let route = push.route().unwrap_or_default().to_owned();
            entries.add(format!("{route} begins"));
            if route == "first" {
                world.push("second", "1");
                world.push("third", "1");
            }
            entries.add(format!("{route} ends"));
        }),
    );
    page.world.push("first", "1");
    let expected = ["first", "second", "third"].map(|route| [format!("{route} begins"), format!("{route} ends")]);
    assert_eq!(log.take(), expected.concat());
}

#[test]
fn oddities_and_lost_messages_are_told_to_who_asks() {
    let page = Page::new();
    let (notices, unsent) = (Log::new(), Log::new());
    let component = page.component();
    let socket = component.with(|| {
        provide_context(Theme("dark"));
        let (noted, lost) = (notices.clone(), unsent.clone());
        let options = page.options().on_notice(move |notice, count| {
            noted.add((notice.to_string(), count, use_context::<Theme>()));
        });
        page.open_with("app", options.on_dropped(move |id, error| lost.add((id, error, use_context::<Theme>()))))
    });
    let theme = Some(Theme("dark"));
    for count in 1..=2 {
        page.world.report(Input::Binary(7));
        assert_eq!(notices.take(), [("a binary frame of 7 bytes".to_owned(), count, theme.clone())]);
    }

    page.world.close(1006);
    let Ok(Sent::Queued(late)) = socket.send(message("late")) else { panic!("it is queued") };
    page.world.advance(secs(30));
    assert_eq!(unsent.take(), [(late, NotSent::TimedOut { waited: secs(30) }, theme.clone())]);
    let Ok(Sent::Queued(closed)) = socket.send(message("closed")) else { panic!("it is queued") };
    socket.close();
    assert_eq!(unsent.take(), [(closed, NotSent::Closed(CloseReason::ByApp), theme)]);

    socket.reconnect();
    socket.send(message("unmounted")).unwrap();
    component.cleanup();
    socket.close();
    assert_eq!((notices.len(), unsent.len()), (0, 0));
}

#[test]
fn pushes_continue_after_a_reconnect() {
    let page = Page::new();
    let pushes = Log::new();
    let socket = page.open_with("app", page.options().on_message(pushes.of_routes()));
    page.world.push("before", "1");
    page.world.close(1006);
    socket.reconnect();
    page.world.accept();
    page.world.push("after", "1");
    assert_eq!(pushes.take(), ["before", "after"]);
    assert!(routes(&page.world.take_sent()).is_empty());
}

#[test]
fn what_a_callback_captured_is_dropped_with_its_owner_while_the_socket_lives_on() {
    let page = Page::new();
    let component = page.component();
    let captured = Rc::new(());
    let (in_message, in_response) = (Rc::clone(&captured), Rc::clone(&captured));
    component.with(|| {
        let socket = page.open_with("app", page.options().on_message(move |_| drop(Rc::clone(&in_message))));
        socket.on_response(message("slow"), move |_| drop(in_response)).unwrap();
    });
    assert_eq!(Rc::strong_count(&captured), 3);
    component.cleanup();
    assert_eq!(Rc::strong_count(&captured), 1);
    assert_eq!(page.world.alive_count(), 1);
}
