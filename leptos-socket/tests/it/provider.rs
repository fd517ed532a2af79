//! Who gets which sockets, and what leaving means.

use crate::support::Start as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use leptos::prelude::*;
use leptos_socket::transport::scripted::Scripted;
use leptos_socket::{
    AddSocketError, CallError, NotSent, OutcomeUnknown, SocketOptions, SocketProvider, Sockets, provide_sockets,
    try_use_sockets, use_sockets,
};

use crate::support::{Log, Page, URL, message, outcome};

/// What components find, by their names.
type Found = Arc<Mutex<Vec<(&'static str, Option<Sockets>)>>>;

#[component]
fn Probe(name: &'static str, found: Found) -> impl IntoView {
    found.lock().unwrap().push((name, try_use_sockets()));
}

fn found(found: &Found, name: &str) -> Option<Sockets> {
    let found = found.lock().unwrap();
    let (_, sockets) = found.iter().find(|(of, _)| *of == name).unwrap();
    *sockets
}

fn root() -> Owner {
    let owner = Owner::new();
    owner.set();
    owner
}

#[test]
fn use_sockets_outside_of_a_provider_panics_with_what_to_do() {
    let _owner = root();
    let panic = catch_unwind(AssertUnwindSafe(use_sockets)).unwrap_err();
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap();
    for part in ["use_sockets()", "<SocketProvider>", "provide_sockets()"] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn try_use_sockets_outside_of_a_provider_is_none() {
    let _owner = root();
    assert_eq!(try_use_sockets(), None);
}

#[test]
fn provide_sockets_provides_to_the_owner_and_its_descendants() {
    let page = Page::new();
    assert_eq!(use_sockets(), page.sockets);
    assert_eq!(page.component().with(use_sockets), page.sockets);
}

#[test]
fn a_provider_provides_only_to_its_children() {
    let _owner = root();
    let all = Found::default();
    let [outside, inside] = [all.clone(), all.clone()];
    let _view = view! {
        <SocketProvider>
            <Probe name="inside" found=inside />
        </SocketProvider>
        <Probe name="sibling" found=outside />
    };
    assert!(found(&all, "inside").is_some());
    assert_eq!(found(&all, "sibling"), None);
    assert_eq!(try_use_sockets(), None);
}

#[test]
fn nested_providers_are_separate() {
    let _owner = root();
    let all = Found::default();
    let [outer, inner] = [all.clone(), all.clone()];
    let _view = view! {
        <SocketProvider>
            <Probe name="outer" found=outer />
            <SocketProvider>
                <Probe name="inner" found=inner />
            </SocketProvider>
        </SocketProvider>
    };
    let [outer, inner] = ["outer", "inner"].map(|name| found(&all, name).unwrap());
    assert_ne!(outer, inner);

    let world = Scripted::new();
    let add = |sockets: Sockets| sockets.add_socket("app", URL, SocketOptions::new().transport(world.clone()));
    let [in_outer, in_inner] = [outer, inner].map(|sockets| add(sockets).unwrap());
    assert_ne!(in_outer, in_inner);
    inner.remove_socket("app");
    assert_eq!(outer.get_socket("app").get_untracked(), Some(in_outer));
    assert_eq!(world.alive_count(), 1);
}

#[test]
fn unmounting_a_provider_closes_its_sockets_and_no_others() {
    let page = Page::new();
    let outer = page.open("app");
    let all = Found::default();
    let inside = all.clone();
    let view = view! {
        <SocketProvider>
            <Probe name="inside" found=inside />
        </SocketProvider>
    };
    let inner = found(&all, "inside").unwrap();
    for name in ["a", "b"] {
        inner.add_socket(name, URL, page.options()).unwrap();
    }
    assert_eq!(page.world.alive_count(), 3);
    drop(view);
    assert_eq!(page.world.alive_count(), 1);
    assert!(outer.connected().get_untracked());
}

#[test]
fn what_was_submitted_is_delivered_after_its_provider_is_gone() {
    let page = Page::new();
    let socket = page.add("app");
    let mut queued = socket.send_and_wait(message("save")).start();
    page.leave();
    assert!(socket.state().get_untracked().is_closed());
    assert!(matches!(socket.send(message("more")), Err(NotSent::Closed(_))));
    page.world.accept();
    assert!(page.world.reply_to("save", 200, "1"));
    assert!(outcome(&mut queued).unwrap().is_ok());
    page.world.close(1000);
    page.assert_silent();
}

#[test]
fn leaving_ends_what_nobody_answers_and_leaves_nothing() {
    let page = Page::new();
    let open = page.open("open");
    let connecting = page.add("connecting");
    let mut in_flight = open.send_and_wait(message("slow")).start();
    let mut queued = connecting.send_and_wait(message("hi")).start();
    page.add("backoff");
    page.world.close(1006);
    page.open("closing").close();

    page.leave_for_good();

    let error = outcome(&mut in_flight).unwrap().unwrap_err();
    assert!(matches!(error, CallError::OutcomeUnknown(OutcomeUnknown::TimedOut { .. })), "{error}");
    let error = outcome(&mut queued).unwrap().unwrap_err();
    assert!(matches!(error, CallError::NotSent(NotSent::TimedOut { .. })), "{error}");
}

#[test]
fn a_provider_that_is_gone_has_no_sockets_and_takes_none() {
    let page = Page::new();
    page.open("app");
    page.leave();
    assert_eq!(page.sockets.add_socket("app", URL, page.options()), Err(AddSocketError::Disposed));
    assert_eq!(page.sockets.add_socket("new", URL, page.options().force(true)), Err(AddSocketError::Disposed));
    assert_eq!(page.sockets.get_socket("app").get_untracked(), None);
    assert!(page.sockets.names().get_untracked().is_empty());
    assert!(!page.sockets.remove_socket("app"));
    assert_eq!(page.world.link_count(), 1);
}

#[test]
fn signals_that_outlive_the_provider_say_that_its_sockets_are_gone() {
    let outside = root();
    let provider = outside.child();
    let world = Scripted::new();
    let sockets = provider.with(provide_sockets);
    let (names, app) = outside.with(|| (sockets.names(), sockets.get_socket("app")));
    sockets.add_socket("app", URL, SocketOptions::new().transport(world)).unwrap();
    assert!(app.get_untracked().is_some());
    provider.cleanup();
    assert_eq!(app.get_untracked(), None);
    assert!(names.get_untracked().is_empty());
}

#[test]
fn what_is_added_while_the_provider_goes_is_refused() {
    let page = Page::new();
    let socket = page.open("app");
    let results = Log::new();
    let (sockets, options) = (page.sockets, page.options());

    let log = results.clone();
    let add = move || log.add(sockets.add_socket("from a callback", URL, options));
    // Without an owner, so that it runs while everything is cleaned up.
    page.owner.clone().unset();
    socket.on_response(message("slow"), move |_| add()).unwrap();
    page.owner.set();

    let world = StoredValue::new_local(page.world.clone());
    let late = Arc::new(Mutex::new(None));
    let result = Arc::clone(&late);
    on_cleanup(move || {
        let options = SocketOptions::new().transport(world.get_value());
        *result.lock().unwrap() = Some(sockets.add_socket("from a cleanup", URL, options));
    });

    page.leave();
    assert!(page.world.reply_to("slow", 200, "1"));
    assert_eq!(results.take(), [Err(AddSocketError::Disposed)]);
    assert_eq!(*late.lock().unwrap(), Some(Err(AddSocketError::Disposed)));
    page.assert_silent();
}

#[test]
fn without_an_owner_sockets_belong_to_nobody_and_live_until_they_are_removed() {
    let sockets = provide_sockets();
    let world = Scripted::new();
    let component = root();
    let socket = sockets.add_socket("app", URL, SocketOptions::new().transport(world.clone())).unwrap();
    world.accept();
    component.cleanup();
    assert!(socket.connected().get_untracked());
    assert!(sockets.remove_socket("app"));
    assert_eq!((world.alive_count(), world.timer_count()), (0, 0));
}
