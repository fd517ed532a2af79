//! `use_subscription`: asked for once, on each link, and stopped.

use leptos::prelude::*;
use leptos_socket::{
    CallError, Message, NotSent, Push, Route, Socket, Subscription, SubscriptionState, use_query, use_subscription,
};
use serde::{Deserialize, Serialize};

use crate::support::{Log, Page, config, routes, secs};

#[derive(Serialize, Route)]
#[route("watch", response = ())]
struct Watch {
    room: u32,
}

#[derive(Serialize, Route)]
#[route("unwatch", response = ())]
struct Unwatch {
    room: u32,
}

#[derive(Deserialize, Push)]
#[push("said")]
struct Said {
    room: u32,
    text: String,
}

impl Subscription for Watch {
    type Push = Said;
    type Stop = Unwatch;

    fn stop(&self) -> Unwatch {
        Unwatch { room: self.room }
    }

    fn matches(&self, said: &Said) -> bool {
        said.room == self.room
    }
}

#[derive(Serialize, Route)]
#[route("list", response = Vec<u32>)]
struct GetList {}

type Heard = Log<String>;

fn watch(socket: Socket, room: u32) -> (Signal<SubscriptionState>, Heard) {
    let heard = Log::new();
    let log = heard.clone();
    (use_subscription(socket, move || Watch { room }, move |said: Said| log.add(said.text)), heard)
}

fn state(state: Signal<SubscriptionState>) -> &'static str {
    match state.get_untracked() {
        SubscriptionState::Idle => "idle",
        SubscriptionState::Pending => "pending",
        SubscriptionState::Active => "active",
        SubscriptionState::Failed(_) | _ => "failed",
    }
}

fn say(page: &Page, room: u32, text: &str) {
    page.world.push("said", &serde_json::json!({ "room": room, "text": text }).to_string());
}

fn confirm(page: &Page) {
    assert!(page.world.reply_to("watch", 200, "null"));
}

/// The frames since this was asked last: their routes and rooms.
fn sent(page: &Page) -> Vec<String> {
    let sent = page.world.take_sent();
    sent.iter().map(|frame| format!("{} {}", frame["route"].as_str().unwrap(), frame["payload"]["room"])).collect()
}

fn lose_link(page: &Page) {
    page.world.close(1006);
    page.world.advance(secs(1));
    page.world.accept();
}

#[test]
fn it_is_asked_for_on_mount_and_stopped_on_cleanup() {
    let page = Page::new();
    let socket = page.open("app");
    let part = page.component();
    let (feed, heard) = part.with(|| watch(socket, 1));
    assert_eq!(state(feed), "pending");
    say(&page, 1, "early");
    confirm(&page);
    assert_eq!(state(feed), "active");
    say(&page, 1, "hello");
    say(&page, 2, "for somebody else");
    assert_eq!(heard.take(), ["early", "hello"]);
    part.cleanup();
    say(&page, 1, "late");
    assert_eq!((heard.len(), sent(&page)), (0, vec!["unwatch 1".to_owned()]));
}

#[test]
fn equal_ones_are_shared_and_counted() {
    let page = Page::new();
    let socket = page.open("app");
    let parts = [(); 3].map(|()| page.component());
    let watches = parts.each_ref().map(|part| part.with(|| watch(socket, 1)));
    assert_eq!(page.world.take_sent().len(), 1);
    say(&page, 1, "hello");
    assert!(watches.iter().all(|(feed, heard)| state(*feed) == "pending" && heard.len() == 1));
    parts[0].cleanup();
    parts[1].cleanup();
    assert!(sent(&page).is_empty());
    parts[2].cleanup();
    assert_eq!(sent(&page), ["unwatch 1"]);
}

#[test]
fn other_arguments_are_another_one_and_the_old_one_is_stopped() {
    let page = Page::new();
    let socket = page.open("app");
    let room = RwSignal::new(Some(1));
    let feed = use_subscription(socket, move || room.get().map(|room| Watch { room }), |_: Said| {});
    confirm(&page);
    room.set(Some(1));
    assert!(sent(&page).is_empty());
    room.set(Some(2));
    assert_eq!((sent(&page), state(feed)), (vec!["watch 2".to_owned(), "unwatch 1".to_owned()], "pending"));
    room.set(None);
    assert_eq!((sent(&page), state(feed)), (vec!["unwatch 2".to_owned()], "idle"));
}

#[test]
fn on_each_link_it_is_asked_for_before_anything_else() {
    for is_confirmed in [true, false] {
        let page = Page::new();
        let socket = page.open("app");
        let _query = use_query(socket, || GetList {});
        let (feed, heard) = watch(socket, 1);
        if is_confirmed {
            confirm(&page);
        }
        let _ = page.world.take_sent();
        page.world.close(1006);
        assert_eq!(state(feed), "pending");
        socket.send(Message::new("note", ())).unwrap();
        page.world.advance(secs(1));
        page.world.accept();
        assert_eq!(routes(&page.world.take_sent()), ["watch", "list", "note"]);
        say(&page, 1, "hello");
        assert_eq!(heard.len(), 1);
    }
}

#[test]
fn without_a_link_it_waits_for_one_however_long_that_takes() {
    let page = Page::new();
    let patient = config(|config| config.max_reconnect_attempts(None));
    let socket = page.add_with("app", page.options().config(patient));
    let (feed, _) = watch(socket, 1);
    page.world.close(1006);
    for _ in 0..20 {
        page.world.advance(secs(30));
        page.world.close(1006);
        assert_eq!(state(feed), "pending");
    }
    socket.reconnect();
    page.world.accept();
    confirm(&page);
    assert_eq!(state(feed), "active");
}

#[test]
fn one_that_never_left_or_has_no_link_needs_no_stop() {
    let page = Page::new();
    let socket = page.add("app");
    let part = page.component();
    part.with(|| watch(socket, 1));
    part.cleanup();
    page.world.accept();
    assert!(sent(&page).is_empty());
    let part = page.component();
    part.with(|| watch(socket, 1));
    confirm(&page);
    page.world.close(1006);
    part.cleanup();
    page.world.advance(secs(1));
    page.world.accept();
    assert!(sent(&page).is_empty());
}

#[test]
fn one_that_waits_for_room_is_taken_back() {
    let page = Page::new();
    let socket = page.open("app");
    page.world.set_buffered(1 << 20);
    let part = page.component();
    part.with(|| watch(socket, 1));
    part.cleanup();
    page.world.set_buffered(0);
    page.world.advance(secs(1));
    assert!(sent(&page).is_empty());
}

#[test]
fn a_refusal_is_told_and_the_next_link_tries_again() {
    let page = Page::new();
    let (feed, _) = watch(page.open("app"), 1);
    assert!(page.world.reply_to("watch", 403, "null"));
    let SubscriptionState::Failed(error) = feed.get_untracked() else { panic!("{:?}", feed.get_untracked()) };
    assert_eq!(error.to_string(), "the server answered 403");
    lose_link(&page);
    assert_eq!(state(feed), "pending");
    confirm(&page);
    assert_eq!(state(feed), "active");
}

#[test]
fn a_confirmation_that_comes_late_counts() {
    let page = Page::new();
    let (feed, _) = watch(page.open("app"), 1);
    assert!(page.world.reply_to("PING", 200, "null"));
    page.world.advance(secs(31));
    assert_eq!(state(feed), "failed");
    confirm(&page);
    assert_eq!(state(feed), "active");
}

#[test]
fn of_a_socket_that_is_closed_it_fails_and_a_reconnect_brings_it_back() {
    let page = Page::new();
    let socket = page.open("app");
    let (feed, _) = watch(socket, 1);
    confirm(&page);
    socket.close();
    assert!(matches!(feed.get_untracked(), SubscriptionState::Failed(CallError::NotSent(NotSent::Closed(_)))));
    socket.reconnect();
    page.world.accept();
    confirm(&page);
    assert_eq!(state(feed), "active");
}

#[test]
fn at_another_place_it_is_asked_for_there() {
    let page = Page::new();
    let url = RwSignal::new("ws://server/one".to_owned());
    let socket = page.sockets.add_socket("app", url, page.options()).unwrap();
    page.world.accept();
    let (feed, heard) = watch(socket, 1);
    confirm(&page);
    url.set("ws://server/two".to_owned());
    assert_eq!(state(feed), "pending");
    // What the old place still says is no news.
    page.world.report_on(
        0,
        leptos_socket_core::Input::Text(r#"{"route": "said", "payload": {"room": 1, "text": "old"}}"#.into()),
    );
    assert_eq!(heard.len(), 0);
    page.world.accept();
    assert_eq!(sent(&page), ["watch 1"]);
}

#[test]
fn its_function_may_leave() {
    let page = Page::new();
    let socket = page.open("app");
    let part = page.component();
    let gone = part.clone();
    part.with(|| use_subscription(socket, || Watch { room: 1 }, move |_: Said| gone.cleanup()));
    confirm(&page);
    say(&page, 1, "bye");
    assert_eq!(sent(&page), ["unwatch 1"]);
}

/// A call that a link had, and that found no other one, may have been seen by the server: so it does not end as *not sent*.
#[test]
fn one_that_was_sent_on_a_lost_link_and_found_no_other_in_time_is_asked_for_on_the_next_one() {
    let page = Page::new();
    let socket = page.open("app");
    let (feed, _) = watch(socket, 1);
    page.world.close(1006);
    for _ in 0..40 {
        page.world.advance(secs(1));
        page.world.close(1006);
    }
    assert_eq!(state(feed), "pending");
    socket.reconnect();
    page.world.accept();
    confirm(&page);
    assert_eq!(state(feed), "active");
}
