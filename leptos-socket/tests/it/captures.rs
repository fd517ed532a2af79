//! What a callback captured may itself use the socket when it is dropped: nothing may be borrowed at that moment.

use crate::support::Start as _;
use std::cell::Cell;
use std::rc::Rc;

use leptos::prelude::*;
use leptos_socket::{NotSent, Sent, Socket, SocketState, Sockets};

use crate::support::{Page, config, message, outcome, secs};

/// Uses everything as it is dropped.
struct Meddler {
    socket: Socket,
    sockets: Sockets,
    drops: Rc<Cell<usize>>,
}

impl Drop for Meddler {
    fn drop(&mut self) {
        self.drops.set(self.drops.get() + 1);
        let _ = self.socket.send(message("last words"));
        drop(self.socket.send_and_wait(message("last question")).start());
        let _ = self.socket.on_response(message("another"), |_| ());
        let _ = (self.socket.state().get_untracked(), self.socket.retry_in());
        let _ = (self.sockets.get_socket("app").get_untracked(), self.sockets.names().get_untracked());
        self.socket.reconnect();
        self.socket.close();
        self.sockets.remove_socket("other");
    }
}

struct Meddling {
    page: Page,
    socket: Socket,
    drops: Rc<Cell<usize>>,
}

impl Meddling {
    fn new() -> Self {
        let page = Page::new();
        page.add("other");
        let socket = page.open("app");
        Self { page, socket, drops: Rc::default() }
    }

    fn meddler(&self) -> Meddler {
        Meddler { socket: self.socket, sockets: self.page.sockets, drops: Rc::clone(&self.drops) }
    }

    fn ask(&self) -> Result<leptos_socket::CallId, NotSent> {
        let meddler = self.meddler();
        self.socket.on_response(message("slow"), move |_| drop(meddler))
    }

    fn assert_dropped(&self, times: usize) {
        assert_eq!(self.drops.get(), times);
        assert!(!self.page.sockets.names().get_untracked().contains(&"other".to_owned()));
    }
}

#[test]
fn when_the_message_is_refused() {
    let test = Meddling::new();
    test.socket.close();
    assert!(test.ask().is_err());
    test.assert_dropped(1);
}

#[test]
fn when_the_call_settles_or_is_cancelled() {
    for how in 0..5 {
        let test = Meddling::new();
        let id = test.ask().unwrap();
        match how {
            0 => drop(test.page.world.reply_to("slow", 200, "1")),
            1 => test.socket.cancel(id),
            2 => test.page.world.advance(secs(30)),
            3 => test.page.world.close(1006),
            _ => test.socket.close(),
        }
        test.assert_dropped(1);
    }
}

#[test]
fn when_the_owner_is_cleaned_up() {
    for drop_owner in [false, true] {
        let test = Meddling::new();
        let component = test.page.component();
        let meddler = test.meddler();
        component.with(|| {
            test.ask().unwrap();
            let options = test.page.options().force(true).on_message(move |_| drop(meddler.drops.clone()));
            test.page.add_with("listening", options);
        });
        if drop_owner {
            drop(component);
        } else {
            component.cleanup();
        }
        test.assert_dropped(2);
    }
}

#[test]
fn when_the_socket_is_removed_replaced_or_its_provider_left() {
    for how in 0..3 {
        let test = Meddling::new();
        let meddler = test.meddler();
        let options = test.page.options().on_message(move |_| drop(meddler.drops.clone()));
        test.page.open_with("listening", options);
        match how {
            0 => drop(test.page.sockets.remove_socket("listening")),
            1 => drop(test.page.add_with("listening", test.page.options().force(true))),
            _ => test.page.leave(),
        }
        test.assert_dropped(1);
    }
}

#[test]
fn when_a_second_listener_is_refused() {
    let test = Meddling::new();
    let meddler = test.meddler();
    let options = test.page.options().on_message(move |_| drop(meddler.drops.clone()));
    assert!(test.page.sockets.add_socket("app", "ws://server/", options).is_err());
    test.assert_dropped(1);
}

#[test]
fn when_a_call_is_dropped_with_the_owner_that_stores_it() {
    let page = Page::new();
    let socket = page.open("app");
    let component = page.component();
    component.with(|| StoredValue::new_local(socket.send_and_wait(message("slow")).start()));
    assert_eq!(socket.in_flight().get_untracked(), 1);
    component.cleanup();
    assert_eq!(socket.in_flight().get_untracked(), 0);
}

#[test]
fn when_a_call_is_dropped_while_its_outcome_is_on_the_way() {
    let page = Page::new();
    let socket = page.open("app");
    let call = Rc::new(Cell::new(None));
    let dropper = Rc::clone(&call);
    socket.on_response(message("first"), move |_| drop(dropper.take())).unwrap();
    call.set(Some(socket.send_and_wait(message("second")).start()));
    // Both end at once, and the first takes the second with it.
    page.world.close(1006);
    assert!(call.take().is_none());
    assert!(matches!(socket.state().get_untracked(), SocketState::Backoff { .. }));
}

#[test]
fn when_the_queue_is_full_of_what_ends() {
    let page = Page::new();
    let options = page.options().config(config(|config| config.queue_capacity(3)));
    let socket = page.add_with("app", options);
    let mut calls: Vec<_> = (0..3).map(|_| socket.send_and_wait(message("queued")).start()).collect();
    let mut refused = socket.send_and_wait(message("too much")).start();
    assert!(matches!(outcome(&mut refused), Some(Err(error)) if error.is_safe_to_retry()));
    drop(calls.pop());
    assert!(matches!(socket.send(message("fits")), Ok(Sent::Queued(_))));
}
