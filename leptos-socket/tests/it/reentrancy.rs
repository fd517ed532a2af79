//! A callback may do anything that an app can do.

use crate::support::Start as _;
use leptos::prelude::*;
use leptos_socket::{
    CallError, Endpoint, Incoming, NotSent, Sent, Socket, SocketOptions, SocketState, SocketUrl, Sockets,
};

use crate::support::{Log, Page, URL, message, outcome, routes, secs, with_effects};

/// What a callback does.
type Deed = fn(&Hands);

/// What a callback has at hand.
#[derive(Clone)]
struct Hands {
    owner: Owner,
    sockets: Sockets,
    world: leptos_socket::transport::scripted::Scripted,
}

impl Hands {
    fn of(page: &Page) -> Self {
        Self { owner: page.owner.clone(), sockets: page.sockets, world: page.world.clone() }
    }

    fn socket(&self) -> Socket {
        self.sockets.get_socket("app").get_untracked().unwrap()
    }
}

const DEEDS: &[(&str, Deed)] = &[
    ("send", |hands| assert_eq!(hands.socket().send(message("sent")), Ok(Sent::Now))),
    ("call", |hands| drop(hands.socket().on_response(message("called"), |_| ()))),
    ("drop a call", |hands| drop(hands.socket().send_and_wait(message("dropped")).start())),
    ("close", |hands| hands.socket().close()),
    ("reconnect", |hands| hands.socket().reconnect()),
    ("close and reconnect", |hands| {
        hands.socket().close();
        hands.socket().reconnect();
    }),
    ("remove", |hands| assert!(hands.sockets.remove_socket("app"))),
    ("replace", |hands| _ = replace(hands)),
    ("replace, and use the new one", |hands| {
        let socket = replace(hands);
        hands.world.accept();
        assert_eq!(socket.send(message("from the new one")), Ok(Sent::Now));
    }),
    ("remove and add again", |hands| {
        assert!(hands.sockets.remove_socket("app"));
        replace(hands);
    }),
    ("leave the provider", |hands| hands.owner.cleanup()),
    ("lose the link", |hands| hands.world.close(1006)),
    ("be refused", |hands| hands.world.close(1008)),
    ("reconnect until nothing is left", |hands| hands.world.advance(secs(3600))),
];

fn replace(hands: &Hands) -> Socket {
    let options = SocketOptions::new().transport(hands.world.clone()).force(true);
    hands.sockets.add_socket("app", URL, options).unwrap()
}

/// Leaves nothing behind that works or waits, whatever was done before.
fn assert_sound(page: &Page, socket: Socket, deed: &str) {
    let agreed = (socket.state().get_untracked().is_open(), socket.connected().get_untracked());
    assert_eq!(agreed.0, agreed.1, "{deed}");
    assert!(page.world.alive_count() <= 1, "{deed}");
    page.leave_for_good();
    assert!(socket.state().get_untracked().is_closed(), "{deed}");
}

#[test]
fn from_within_on_message() {
    for (deed, act) in DEEDS {
        let page = Page::new();
        let (hands, log) = (Hands::of(&page), Log::new());
        let entries = log.clone();
        let options = page.options().on_message(move |push: Incoming| {
            act(&hands);
            entries.add(push.route().unwrap_or_default().to_owned());
        });
        let socket = page.open_with("app", options);
        page.world.push("first", "1");
        assert_eq!(log.take(), ["first"], "{deed}");
        assert_sound(&page, socket, deed);
    }
}

#[test]
fn from_within_on_response() {
    for (deed, act) in DEEDS {
        let page = Page::new();
        let (hands, log) = (Hands::of(&page), Log::new());
        let socket = page.open("app");
        let entries = log.clone();
        socket
            .on_response(message("hi"), move |outcome| {
                act(&hands);
                entries.add(outcome.is_ok());
            })
            .unwrap();
        page.world.reply_to("hi", 200, "1");
        assert_eq!(log.take(), [true], "{deed}");
        assert_sound(&page, socket, deed);
    }
}

/// Three calls reach their deadline at once; the callback of the first interferes. All three hear of it, once, in their order.
#[test]
fn from_within_on_response_while_others_wait_for_theirs() {
    for (deed, act) in DEEDS {
        let page = Page::new();
        let (hands, log) = (Hands::of(&page), Log::new());
        let socket = page.open("app");
        // Without an owner, so that they hear of it even if the provider goes.
        page.owner.clone().unset();
        for i in 0..3 {
            let (hands, entries) = (hands.clone(), log.clone());
            socket
                .on_response(message("slow"), move |_| {
                    entries.add(i);
                    if i == 0 && hands.sockets.get_socket("app").get_untracked() == Some(socket) {
                        act(&hands);
                    }
                })
                .unwrap();
        }
        page.owner.set();
        page.world.advance(secs(30));
        assert_eq!(log.take(), [0, 1, 2], "{deed}");
        assert_sound(&page, socket, deed);
    }
}

#[test]
fn calls_in_flight_settle_once_when_a_callback_ends_them() {
    for (deed, act) in DEEDS {
        let page = Page::new();
        let hands = Hands::of(&page);
        let socket = page.open_with("app", page.options().on_message(move |_| act(&hands)));
        let mut call = socket.send_and_wait(message("slow")).start();
        page.world.push("tick", "1");
        page.leave_for_good();
        assert!(matches!(outcome(&mut call), Some(Err(CallError::OutcomeUnknown(_)))), "{deed}");
    }
}

#[test]
fn what_a_callback_sends_keeps_its_order() {
    let page = Page::new();
    let sockets = page.sockets;
    let options = page.options().on_message(move |push| {
        let socket = sockets.get_socket("app").get_untracked().unwrap();
        for i in 0..3 {
            let route = format!("{} {i}", push.route().unwrap_or_default());
            socket.send(message(&route)).unwrap();
        }
    });
    let socket = page.open_with("app", options);
    socket.send(message("before")).unwrap();
    page.world.push("a", "1");
    page.world.push("b", "1");
    socket.send(message("after")).unwrap();
    assert_eq!(routes(&page.world.take_sent()), ["before", "a 0", "a 1", "a 2", "b 0", "b 1", "b 2", "after"]);
}

#[test]
fn a_callback_may_call_again_and_again() {
    let page = Page::new();
    let socket = page.open("app");
    let rounds = Log::new();
    ask_again(socket, rounds.clone());
    for _ in 0..1_000 {
        assert!(page.world.reply_to("again", 200, "1"));
    }
    assert_eq!(rounds.len(), 1_000);
    page.leave_for_good();
}

fn ask_again(socket: Socket, rounds: Log<()>) {
    let callback = move |_| {
        rounds.add(());
        ask_again(socket, rounds);
    };
    let _ = socket.on_response(message("again"), callback);
}

#[test]
fn a_callback_that_removes_its_socket_finds_it_closed() {
    let page = Page::new();
    let (sockets, log) = (page.sockets, Log::new());
    let entries = log.clone();
    let options = page.options().on_message(move |_| {
        let socket = sockets.get_socket("app").get_untracked().unwrap();
        sockets.remove_socket("app");
        entries.add((socket.state().get_untracked(), socket.send(message("hi"))));
    });
    page.open_with("app", options);
    page.world.push("tick", "1");
    let (state, sent) = log.take().remove(0);
    assert!(matches!(state, SocketState::Closed(_)));
    assert!(matches!(sent, Err(NotSent::Closed(_))));
}

#[test]
fn a_callback_cannot_open_a_socket_that_is_being_removed() {
    for how in 0..2 {
        let page = Page::new();
        let socket = page.open("app");
        let (log, entries) = (Log::new(), Log::new());
        let state = socket.state();
        let again = log.clone();
        let callback = move |_| {
            socket.reconnect();
            again.add(socket.on_response(message("again"), entries.of_outcomes()).is_err());
            again.add(outcome(&mut socket.send_and_wait(message("again")).start()).is_some());
        };
        socket.on_response(message("slow"), callback).unwrap();
        match how {
            0 => assert!(page.sockets.remove_socket("app")),
            _ => assert_ne!(page.add_with("app", page.options().force(true)), socket),
        }
        assert_eq!(log.take(), [true, true]);
        assert_eq!(page.world.link_count(), if how == 1 { 2 } else { 1 });
        assert!(state.get_untracked().is_closed());
    }
}

#[test]
fn a_socket_that_is_closed_in_a_callback_ends_its_calls_before_the_next_push() {
    let page = Page::new();
    let (sockets, log) = (page.sockets, Log::new());
    let entries = log.clone();
    let options = page.options().on_message(move |push| {
        let socket = sockets.get_socket("app").get_untracked().unwrap();
        entries.add(push.route().unwrap_or_default().to_owned());
        if push.route() == Some("first") {
            socket.close();
            entries.add("closed".to_owned());
            socket.reconnect();
        }
    });
    let socket = page.open_with("app", options);
    let entries = log.clone();
    socket.on_response(message("slow"), move |_| entries.add("settled".to_owned())).unwrap();
    page.world.push("first", "1");
    page.world.accept();
    page.world.push("second", "1");
    assert_eq!(log.take(), ["first", "closed", "settled", "second"]);
}

/// The places of calls that ended are free before their callbacks have run.
#[test]
fn a_call_that_a_callback_makes_takes_the_place_of_no_call_that_was_not_told_yet() {
    let page = Page::new();
    let socket = page.open("app");
    let (log, world) = (Log::new(), page.world.clone());
    for name in ["a", "b", "c"] {
        let (log, world) = (log.clone(), world.clone());
        let asked = socket.on_response(message(name), move |outcome| {
            log.add((name, outcome.is_err()));
            if name == "a" {
                socket.reconnect();
                world.accept();
                for name in ["d", "e", "f"] {
                    let log = log.clone();
                    socket.on_response(message(name), move |outcome| log.add((name, outcome.is_err()))).unwrap();
                }
            }
        });
        assert!(asked.is_ok());
    }
    socket.close();
    for name in ["d", "e", "f"] {
        assert!(page.world.reply_to(name, 200, "1"));
    }
    assert_eq!(log.take(), [("a", true), ("b", true), ("c", true), ("d", false), ("e", false), ("f", false)]);
}

#[test]
fn a_socket_that_the_app_adds_while_it_is_asked_for_the_url_of_one_of_that_name_is_replaced_and_closed() {
    with_effects(async || {
        let page = Page::new();
        let (sockets, world, inner) = (page.sockets, page.world.clone(), StoredValue::new(None));
        let url = SocketUrl::from_fn(move || {
            if inner.get_value().is_none() {
                let options = SocketOptions::new().transport(world.clone());
                inner.set_value(Some(sockets.add_socket("app", URL, options).unwrap()));
            }
            async { Endpoint::parse(URL) }
        });
        let socket = sockets.add_socket("app", url, page.options()).unwrap();
        assert_eq!(sockets.get_socket("app").get_untracked(), Some(socket));
        assert!(inner.get_value().unwrap().state().get_untracked().is_closed());
    });
}
