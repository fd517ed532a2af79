//! `use_call`, and the owners of calls.

use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};

use leptos::prelude::*;
use leptos::reactive::effect::ImmediateEffect;
use leptos_socket::{CallError, CallOptions, NotSent, Replied, Socket, UseCall, use_call, use_call_with_options};

use crate::support::{Page, Runs, SayHello, message, outcome, routes, secs, settle, with_effects};

fn hello(name: &'static str) -> SayHello {
    SayHello { name }
}

fn shown(call: UseCall<SayHello>) -> (bool, Option<String>, Option<String>) {
    let error = call.error().get_untracked().map(|error| error.to_string());
    (call.pending().get_untracked(), call.value().get_untracked(), error)
}

#[test]
fn a_call_shows_that_it_is_under_way_and_then_what_came_back() {
    let page = Page::new();
    let call = use_call::<SayHello>(page.open("app"));
    assert_eq!(shown(call), (false, None, None));
    call.call(hello("World"));
    assert_eq!(shown(call), (true, None, None));
    page.world.reply_to("sayHello", 200, r#""Hello, World!""#);
    assert_eq!(shown(call), (false, Some("Hello, World!".to_owned()), None));
}

#[test]
fn a_failure_is_shown_and_the_last_value_kept_until_the_next_success() {
    let page = Page::new();
    let call = use_call::<SayHello>(page.open("app"));
    call.call(hello("a"));
    page.world.reply_to("sayHello", 200, r#""a""#);
    call.call(hello("b"));
    page.world.reply_to("sayHello", 404, "null");
    assert!(matches!(call.error().get_untracked(), Some(CallError::Replied(Replied::Status(_)))));
    assert_eq!(call.value().get_untracked().as_deref(), Some("a"));
    call.call(hello("c"));
    assert_eq!(shown(call), (true, Some("a".to_owned()), None));
    page.world.reply_to("sayHello", 200, r#""c""#);
    assert_eq!(shown(call), (false, Some("c".to_owned()), None));
}

#[test]
fn the_next_call_cancels_the_one_that_is_under_way() {
    let page = Page::new();
    let call = use_call::<SayHello>(page.open("app"));
    call.call(hello("first"));
    call.call(hello("second"));
    page.world.reply_to("sayHello", 200, r#""first""#);
    assert_eq!(shown(call), (true, None, None));
    page.world.reply_to("sayHello", 200, r#""second""#);
    assert_eq!(shown(call), (false, Some("second".to_owned()), None));
}

#[test]
fn a_call_that_is_cancelled_is_under_way_no_more() {
    let page = Page::new();
    let socket = page.open("app");
    let call = use_call::<SayHello>(socket);
    call.call(hello("World"));
    call.cancel();
    assert_eq!(shown(call), (false, None, None));
    assert_eq!(socket.in_flight().get_untracked(), 0);
    page.world.reply_to("sayHello", 200, r#""late""#);
    assert_eq!(shown(call), (false, None, None));
}

#[test]
fn a_call_ends_with_the_component_of_use_call() {
    let page = Page::new();
    let socket = page.open("app");
    let component = page.component();
    let call = component.with(|| use_call::<SayHello>(socket));
    // Somewhere inside, which goes first: an event handler of a row, say.
    let row = component.child();
    row.with(|| call.call(hello("World")));
    row.cleanup();
    assert_eq!(socket.in_flight().get_untracked(), 1);
    component.cleanup();
    assert_eq!(socket.in_flight().get_untracked(), 0);
    page.world.reply_to("sayHello", 200, r#""late""#);
}

#[test]
fn a_call_that_is_made_when_its_component_is_gone_is_none() {
    let page = Page::new();
    let socket = page.open("app");
    let component = page.component();
    let call = component.with(|| use_call::<SayHello>(socket));
    component.cleanup();
    call.call(hello("World"));
    call.cancel();
    assert!(page.world.take_sent().is_empty());
}

/// An effect that calls again, once, within the change that it reacts to.
fn calls_again<T: Clone + PartialEq + Send + Sync + 'static>(
    call: UseCall<SayHello>,
    watched: Signal<T>,
    when: T,
) -> ImmediateEffect {
    let done = AtomicBool::new(false);
    ImmediateEffect::new(move || {
        if watched.get() == when && !done.swap(true, Ordering::Relaxed) {
            untrack(|| call.call(hello("second")));
        }
    })
}

#[test]
fn a_call_that_the_call_itself_makes_is_the_last_one() {
    let page = Page::new();
    let socket = page.open("app");
    let call = use_call::<SayHello>(socket);
    let _effect = calls_again(call, socket.in_flight(), 1);
    call.call(hello("first"));
    assert_eq!(socket.in_flight().get_untracked(), 1);
    page.world.reply_to("sayHello", 200, r#""first""#);
    assert_eq!(shown(call), (true, None, None));
    page.world.reply_to("sayHello", 200, r#""second""#);
    assert_eq!(shown(call), (false, Some("second".to_owned()), None));
}

#[test]
fn a_call_that_the_outcome_of_one_makes_is_under_way() {
    let page = Page::new();
    let call = use_call::<SayHello>(page.open("app"));
    let failed = Signal::derive(move || call.error().read().is_some());
    let _effect = calls_again(call, failed, true);
    call.call(hello("first"));
    page.world.reply_to("sayHello", 500, "null");
    assert_eq!(shown(call), (true, None, None));
    let _another = calls_again(call, call.value(), Some("second".to_owned()));
    page.world.reply_to("sayHello", 200, r#""second""#);
    assert_eq!(shown(call), (true, Some("second".to_owned()), None));
}

#[test]
fn a_call_without_a_socket_fails_and_finds_it_once_it_is_there() {
    let page = Page::new();
    let call = use_call::<SayHello>(page.sockets.get_socket("app"));
    call.call(hello("World"));
    assert!(matches!(call.error().get_untracked(), Some(CallError::NotSent(NotSent::NoSocket))));
    page.open("app");
    call.call(hello("World"));
    page.world.reply_to("sayHello", 200, r#""hi""#);
    assert_eq!(shown(call), (false, Some("hi".to_owned()), None));
}

#[test]
fn a_call_that_fails_at_once_leaves_none_under_way() {
    let page = Page::new();
    let socket = RwSignal::new(Some(page.open("app")));
    let call = use_call::<SayHello>(socket);
    call.call(hello("first"));
    socket.set(None);
    call.call(hello("second"));
    assert!(matches!(call.error().get_untracked(), Some(CallError::NotSent(NotSent::NoSocket))));
    assert!(!call.pending().get_untracked());
}

#[test]
fn a_call_may_fail_at_once_where_there_is_no_link() {
    let page = Page::new();
    let options = CallOptions::new().wait_for_link(false);
    let call = use_call_with_options::<SayHello>(page.add("app"), options);
    call.call(hello("World"));
    assert!(matches!(call.error().get_untracked(), Some(CallError::NotSent(NotSent::NotConnected))));
}

#[test]
fn the_signals_wake_their_own_readers_only() {
    with_effects(async || {
        let page = Page::new();
        let call = use_call::<SayHello>(page.open("app"));
        let values = Runs::of(move || call.value().get());
        assert_eq!(values.take().await, 1);
        call.call(hello("World"));
        assert_eq!(values.take().await, 0);
        page.world.reply_to("sayHello", 500, "null");
        assert_eq!(values.take().await, 0);
    });
}

fn component_that_calls(page: &Page, socket: Socket) -> (Owner, leptos_socket::Call<leptos_socket::Incoming>) {
    let component = page.component();
    let call = component.with(|| socket.send_and_wait(message("hi")));
    (component, call)
}

#[test]
fn a_call_lives_as_long_as_its_future_whatever_becomes_of_its_owner() {
    let page = Page::new();
    let socket = page.add("app");
    let (component, mut call) = component_that_calls(&page, socket);
    let (other, dropped) = component_that_calls(&page, socket);
    component.cleanup();
    drop(dropped);
    page.world.accept();
    assert_eq!(socket.in_flight().get_untracked(), 1);
    assert!(page.world.reply_to("hi", 200, "1"));
    assert!(outcome(&mut call).unwrap().is_ok());
    other.cleanup();
}

#[test]
fn the_end_of_an_owner_may_end_the_socket_too() {
    let page = Page::new();
    let socket = page.open("app");
    let (component, call) = component_that_calls(&page, socket);
    let sockets = page.sockets;
    let held = Rc::new(call);
    component.with(|| on_cleanup(move || assert!(sockets.remove_socket("app"))));
    component.cleanup();
    drop(held);
    page.world.advance(secs(10));
    page.assert_silent();
}

#[test]
fn a_call_that_an_owner_makes_while_it_is_cleaned_up_lives_on() {
    let page = Page::new();
    let socket = page.open("app");
    let component = page.component();
    let saved = StoredValue::new(None);
    component.with(|| {
        on_cleanup(move || saved.set_value(Some(socket.send_message(message("save")))));
    });
    component.cleanup();
    assert_eq!(routes(&page.world.take_sent()), ["save"]);
}

#[test]
fn a_call_works_in_an_action() {
    with_effects(async || {
        let page = Page::new();
        let socket = page.open("app");
        let action = Action::new(move |name: &&'static str| {
            let call = socket.call(hello(name));
            async move { call.await.unwrap_or_else(|error| error.to_string()) }
        });
        action.dispatch("World");
        settle().await;
        assert!(action.pending().get_untracked());
        page.world.reply_to("sayHello", 200, r#""hi""#);
        settle().await;
        assert_eq!(action.value().get_untracked().as_deref(), Some("hi"));
    });
}

#[test]
fn a_call_works_in_a_resource() {
    with_effects(async || {
        let page = Page::new();
        let socket = page.open("app");
        let resource = LocalResource::new(move || socket.call(hello("first")));
        settle().await;
        page.world.reply_to("sayHello", 200, r#""hi""#);
        settle().await;
        assert!(matches!(resource.get_untracked(), Some(Ok(text)) if text == "hi"));
    });
}
