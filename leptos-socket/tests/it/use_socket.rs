//! `use_socket`: one socket for all who ask.

use std::any::Any;
use std::cell::Cell;
use std::rc::Rc;

use leptos::prelude::*;
use leptos::reactive::effect::ImmediateEffect;
use leptos_socket::transport::{Link, LinkInputs, Transport, TransportError};
use leptos_socket::{CloseCode, Endpoint, Headers, InvalidUrl, Socket, SocketOptions, UseSocketError, use_socket};
use leptos_socket_core::Instant;

use crate::support::{Log, Page, URL, bytes_kept, config, message, millis, secs};

/// How long a socket lingers.
const LINGER: std::time::Duration = secs(3);

fn uses(page: &Page, options: SocketOptions) -> (Owner, Result<Socket, UseSocketError>) {
    let component = page.component();
    let socket = component.with(|| use_socket("app", URL, options));
    (component, socket)
}

#[test]
fn many_components_share_one_link() {
    let page = Page::new();
    let users: Vec<_> = (0..5).map(|_| uses(&page, page.options())).collect();
    assert_eq!(page.world.link_count(), 1);
    let first = users[0].1.unwrap();
    assert!(users.iter().all(|(_, socket)| *socket == Ok(first)));
    assert_eq!(page.sockets.get_socket("app").get_untracked(), Some(first));
}

#[test]
fn the_socket_goes_after_a_linger_when_its_last_user_is_gone() {
    let page = Page::new();
    let (one, socket) = uses(&page, page.options());
    let (other, _) = uses(&page, page.options());
    page.world.accept();
    one.cleanup();
    page.world.advance(LINGER * 2);
    assert!(socket.unwrap().connected().get_untracked());
    other.cleanup();
    page.world.advance(LINGER - millis(1));
    assert!(socket.unwrap().connected().get_untracked());
    page.world.advance(millis(1));
    assert_eq!(page.world.asked_to_close(), Some(CloseCode::NORMAL));
    assert_eq!(page.sockets.get_socket("app").get_untracked(), None);
    page.world.advance(secs(10));
    page.assert_silent();
}

#[test]
fn who_comes_while_it_lingers_finds_it_open() {
    let page = Page::new();
    let (one, socket) = uses(&page, page.options());
    page.world.accept();
    one.cleanup();
    page.world.advance(LINGER - millis(1));
    let (_other, again) = uses(&page, page.options());
    assert_eq!(again, socket);
    page.world.advance(LINGER * 2);
    assert!(socket.unwrap().connected().get_untracked());
    assert_eq!(page.world.link_count(), 1);
}

#[test]
fn who_comes_while_a_closed_one_lingers_opens_it_and_who_joins_others_does_not() {
    let page = Page::new();
    let (one, socket) = uses(&page, page.options());
    let socket = socket.unwrap();
    page.world.accept();
    // Logged out, and in again.
    socket.close();
    one.cleanup();
    let (_other, again) = uses(&page, page.options());
    assert_eq!(again, Ok(socket));
    page.world.accept();
    assert!(socket.connected().get_untracked());
    socket.close();
    let (_third, _) = uses(&page, page.options());
    assert!(socket.state().get_untracked().is_closed());
}

#[test]
fn each_user_hears_pushes_for_as_long_as_it_is_there() {
    let page = Page::new();
    let (first, second) = (Log::new(), Log::new());
    let (one, _) = uses(&page, page.options().on_message(first.of_routes()));
    let (_other, _) = uses(&page, page.options().on_message(second.of_routes()));
    page.world.accept();
    page.world.push("a", "1");
    one.cleanup();
    page.world.push("b", "2");
    assert_eq!(first.take(), ["a"]);
    assert_eq!(second.take(), ["a", "b"]);
}

/// A component that makes its own signals, of state that it shares with the others.
fn derives(page: &Page, room: RwSignal<u32>, token: RwSignal<&'static str>) -> (Owner, Result<Socket, UseSocketError>) {
    let component = page.component();
    let socket = component.with(|| {
        let url = Signal::derive(move || format!("ws://server/{}", room.get()));
        let headers = Signal::derive(move || Headers::new().with("token", token.get()));
        let log = StoredValue::new(token);
        let options = page.options().global_headers(headers).on_request(move |message| {
            // Gone with its component.
            message.headers_mut().insert("intercepted", log.with_value(|token| token.get_untracked()));
        });
        use_socket("app", url, options)
    });
    (component, socket)
}

#[test]
fn what_one_component_made_for_a_shared_socket_is_replaced_by_that_of_the_next_when_it_is_gone() {
    let page = Page::new();
    let (room, token) = (RwSignal::new(1), RwSignal::new("old"));
    let (one, socket) = derives(&page, room, token);
    let socket = socket.unwrap();
    page.world.accept();
    let (other, shared) = derives(&page, room, token);
    assert_eq!(shared, Ok(socket));
    one.cleanup();
    token.set("new");
    assert!(socket.send_message(message("a")).is_ok());
    let sent = page.world.take_sent();
    assert_eq!((&sent[0]["headers"]["token"], &sent[0]["headers"]["intercepted"]), (&"new".into(), &"new".into()));
    room.set(2);
    assert_eq!(page.world.url().as_deref(), Some("ws://server/2"));
    page.world.accept();
    // Nobody is there, and the next one finds it.
    other.cleanup();
    let (_third, shared) = derives(&page, room, token);
    assert_eq!(shared, Ok(socket));
    room.set(3);
    assert_eq!(page.world.url().as_deref(), Some("ws://server/3"));
    page.world.accept();
    token.set("newer");
    assert!(socket.send_message(message("a")).is_ok());
    assert_eq!(page.world.take_sent()[0]["headers"]["token"], "newer");
}

#[test]
fn what_the_last_component_made_is_what_it_was_while_the_socket_lingers() {
    let page = Page::new();
    let (room, token) = (RwSignal::new(1), RwSignal::new("old"));
    let (one, _) = derives(&page, room, token);
    page.world.accept();
    one.cleanup();
    page.world.close(1006);
    page.world.advance(secs(1));
    assert_eq!(page.world.url().as_deref(), Some("ws://server/1"));
}

#[test]
fn who_comes_for_another_url_while_it_lingers_is_connected_there() {
    let page = Page::new();
    let (room, token) = (RwSignal::new(1), RwSignal::new("old"));
    let (one, socket) = derives(&page, room, token);
    page.world.accept();
    one.cleanup();
    room.set(2);
    let (_other, shared) = derives(&page, room, token);
    assert_eq!(shared, socket);
    assert_eq!(page.world.url().as_deref(), Some("ws://server/2"));
    assert_eq!(page.world.link_count(), 2);
}

#[test]
fn the_url_is_that_of_the_next_component_when_the_first_is_gone() {
    let page = Page::new();
    let uses = |room: RwSignal<u32>| derives(&page, room, RwSignal::new("token"));
    let (of_one, of_other) = (RwSignal::new(1), RwSignal::new(1));
    let ((one, _), (_other, socket)) = (uses(of_one), uses(of_other));
    page.world.accept();
    of_one.set(2);
    page.world.accept();
    one.cleanup();
    assert_eq!(page.world.url().as_deref(), Some("ws://server/1"));
    page.world.accept();
    assert!(socket.unwrap().connected().get_untracked());
}

#[test]
fn the_component_whose_url_changes_may_leave_because_the_socket_reconnects() {
    for removes in [false, true] {
        let page = Page::new();
        let uses = |room: RwSignal<u32>| derives(&page, room, RwSignal::new("token"));
        let (of_one, of_other) = (RwSignal::new(1), RwSignal::new(1));
        let ((one, socket), (_other, _)) = (uses(of_one), uses(of_other));
        page.world.accept();
        let (connected, sockets) = (socket.unwrap().connected(), page.sockets);
        let _leaves = ImmediateEffect::new(move || {
            if !connected.get() {
                untrack(|| one.cleanup());
                if removes {
                    sockets.remove_socket("app");
                }
            }
        });
        of_one.set(2);
        if removes {
            page.assert_silent();
        } else {
            assert_eq!(page.world.url().as_deref(), Some("ws://server/1"));
            page.world.accept();
            assert!(socket.unwrap().connected().get_untracked());
            of_one.set(3);
            assert!(socket.unwrap().connected().get_untracked());
            of_other.set(4);
            assert_eq!(page.world.url().as_deref(), Some("ws://server/4"));
            assert_eq!(page.world.alive_count(), 1);
        }
    }
}

#[test]
fn a_signal_that_many_users_bring_is_kept_once() {
    let page = Page::new();
    let url = RwSignal::new(URL.to_owned());
    let mount = |times: usize| {
        // An owner remembers all children that it had.
        let part = page.component();
        for _ in 0..times {
            let component = part.child();
            component.with(|| use_socket("app", url, page.options())).unwrap();
            component.cleanup();
        }
    };
    mount(100);
    let kept = bytes_kept(|| mount(1_500));
    assert!(kept < 1_500, "{kept} bytes are kept");
}

#[test]
fn a_socket_that_was_added_keeps_what_it_was_added_with() {
    let page = Page::new();
    let added = RwSignal::new(Headers::new().with("token", "added"));
    let socket = page.open_with("app", page.options().global_headers(added));
    let used = page.component();
    let headers = used.with(|| RwSignal::new(Headers::new().with("token", "added")));
    let options = page.options().global_headers(headers);
    assert_eq!(used.with(|| use_socket("app", URL, options)), Ok(socket));
    headers.set(Headers::new());
    assert!(socket.send_message(message("a")).is_ok());
    assert_eq!(page.world.take_sent()[0]["headers"]["token"], "added");
}

#[test]
fn who_wants_it_otherwise_is_told_what_differs() {
    let page = Page::new();
    let token = RwSignal::new(Headers::new());
    let (_user, socket) = uses(&page, page.options().global_headers(token));
    let differing = [
        ("another config", page.options().config(config(|c| c.request_timeout(Some(secs(1))))).global_headers(token)),
        ("other global headers", page.options()),
        ("other global headers", page.options().global_headers(RwSignal::new(Headers::new().with("token", 1)))),
        ("other global headers", page.options().global_headers(Headers::new())),
        ("another `refresh`", page.options().global_headers(token).refresh(async || Ok::<_, ()>(Headers::new()))),
        ("another `linger`", page.options().global_headers(token).linger(secs(1))),
        ("another `reconnect_on_change`", page.options().global_headers(token).reconnect_on_change(false)),
        ("other interceptors", page.options().global_headers(token).on_request(|_| {})),
    ];
    for (what, options) in differing {
        assert_eq!(uses(&page, options).1, Err(UseSocketError::Differs { what }));
    }
    let component = page.component();
    let elsewhere = component.with(|| use_socket("app", "ws://elsewhere/", page.options().global_headers(token)));
    assert_eq!(elsewhere, Err(UseSocketError::Differs { what: "another URL" }));
    assert_eq!(uses(&page, page.options().global_headers(token)).1, socket);
    assert_eq!(page.world.link_count(), 1);
}

#[test]
fn who_was_refused_does_not_count() {
    let page = Page::new();
    let (user, _) = uses(&page, page.options());
    let (refused, error) = uses(&page, page.options().linger(secs(1)));
    assert!(error.is_err());
    user.cleanup();
    page.world.advance(secs(10));
    page.assert_silent();
    refused.cleanup();
}

#[test]
fn a_socket_that_was_added_is_shared_and_stays() {
    let page = Page::new();
    let added = page.open("app");
    let (user, socket) = uses(&page, page.options());
    assert_eq!(socket, Ok(added));
    user.cleanup();
    page.world.advance(secs(10));
    assert!(added.connected().get_untracked());
}

#[test]
fn a_socket_that_was_replaced_is_not_removed_by_the_users_of_the_old_one() {
    let page = Page::new();
    let (user, _) = uses(&page, page.options());
    let new = page.add_with("app", page.options().force(true));
    user.cleanup();
    page.world.advance(secs(10));
    assert_eq!(page.sockets.get_socket("app").get_untracked(), Some(new));
}

#[test]
fn without_a_provider_or_with_a_bad_url_there_is_an_error() {
    let owner = Owner::new();
    owner.set();
    assert_eq!(use_socket("app", URL, SocketOptions::new()), Err(UseSocketError::NoProvider));
    let page = Page::new();
    let bad = use_socket("app", "http://server/", page.options());
    assert_eq!(bad, Err(UseSocketError::InvalidUrl(InvalidUrl::Scheme)));
}

/// A world that counts, and keeps nothing of what is over.
#[derive(Clone, Default)]
struct Counting(Rc<Counts>);

#[derive(Default)]
struct Counts {
    opened: Cell<usize>,
    links: Cell<isize>,
    timers: Cell<isize>,
    now: Cell<Instant>,
}

/// One that is there.
struct Counted(Counting, fn(&Counts) -> &Cell<isize>);

impl Counted {
    fn new(world: &Counting, which: fn(&Counts) -> &Cell<isize>) -> Self {
        let count = which(&world.0);
        count.set(count.get() + 1);
        Self(world.clone(), which)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let count = (self.1)(&self.0.0);
        count.set(count.get() - 1);
    }
}

impl Transport for Counting {
    fn open(&self, _: &Endpoint, _: LinkInputs) -> Result<Box<dyn Link>, TransportError> {
        self.0.opened.set(self.0.opened.get() + 1);
        Ok(Box::new(Counted::new(self, |counts| &counts.links)))
    }

    fn now(&self) -> Instant {
        self.0.now.get()
    }

    fn wake_at(&self, _: Instant, wake: Box<dyn FnOnce()>) -> Box<dyn Any> {
        Box::new((Counted::new(self, |counts| &counts.timers), wake))
    }
}

impl Link for Counted {
    fn send(&self, _: &str) -> Result<(), TransportError> {
        Ok(())
    }

    fn close(&self, _: CloseCode) {}
}

#[test]
fn fifteen_hundred_mounts_and_unmounts_leave_nothing_behind() {
    let page = Page::new();
    let world = Counting::default();
    let mount = |page: &Owner| {
        let component = page.child();
        component.with(|| {
            let options = SocketOptions::new().transport(world.clone()).on_message(|_| {}).on_gap(|_| {});
            let socket = use_socket("app", URL, options).unwrap();
            socket.on_push("tick", |_| {});
            let _ = socket.latest("tick");
            let _ = socket.fold("tick", 0, |sum, _| *sum += 1);
            let _ = (socket.state(), socket.connected(), socket.pushes("tick"), socket.send_and_wait(message("hi")));
        });
        component
    };
    // With another user the socket stays; without, it goes each time.
    for stays in [true, false] {
        let _user = stays.then(|| mount(&page.owner));
        let many = |times: usize| {
            // An owner remembers all children that it had.
            let part = page.owner.child();
            for _ in 0..times {
                mount(&part).cleanup();
                if !stays {
                    page.sockets.remove_socket("app");
                }
            }
        };
        many(100);
        let (links, timers) = (world.0.links.get(), world.0.timers.get());
        let kept = bytes_kept(|| {
            let opened = world.0.opened.get();
            many(1_500);
            assert_eq!(world.0.opened.get() - opened, if stays { 0 } else { 1_500 });
        });
        assert_eq!((world.0.links.get(), world.0.timers.get()), (links, timers));
        assert!(kept < 1_500, "{kept} bytes are kept");
    }
}
