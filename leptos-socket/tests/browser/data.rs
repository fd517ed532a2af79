//! Data and changes, in a real page.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use leptos::mount::mount_to;
use leptos::prelude::*;
use leptos::reactive::effect::ImmediateEffect;
use leptos_socket::{
    Message, Push, Query, Route, Socket, SocketOptions, UseMutationOptions, use_mutation_with_options, use_query,
};
use serde::{Deserialize, Serialize};
use wasm_bindgen::closure::Closure;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::{Page, impatient, root, shows, until};

#[derive(Serialize, Route)]
#[route("notes", response = Vec<u32>)]
struct GetNotes {}

#[derive(Serialize, Route)]
#[route("add", response = ())]
struct Add(u32);

/// The server does not answer to this.
#[derive(Serialize, Route)]
#[route("note", response = ())]
struct Note(u32);

#[derive(Clone, Deserialize, Push)]
#[push("added")]
struct Added(u32);

fn upsert(_: &GetNotes, notes: &mut Vec<u32>, Added(note): &Added) {
    if !notes.contains(note) {
        notes.push(*note);
    }
}

#[component]
fn Notes(notes: Query<GetNotes>) -> impl IntoView {
    view! {
        <Suspense fallback=|| view! { <p>"loading"</p> }>
            {move || Suspend::new(async move { view! { <p>{format!("{:?}", notes.await.unwrap_or_default())}</p> } })}
        </Suspense>
    }
}

#[wasm_bindgen_test]
async fn a_query_in_a_suspense_shows_its_fallback_then_its_data_and_then_what_is_pushed() {
    let page = Page::new();
    let socket = page.add("suspense", SocketOptions::new().live(upsert));
    let root = root();
    let mounted = mount_to(root.clone(), move || view! { <Notes notes=use_query(socket, || GetNotes {}) /> });
    shows(&root, "loading").await;
    shows(&root, "[]").await;
    for (note, shown) in [(1, "[1]"), (2, "[1, 2]")] {
        socket.call(Add(note)).await.unwrap();
        shows(&root, shown).await;
    }
    drop(mounted);
    root.remove();
}

#[wasm_bindgen_test]
async fn a_change_is_shown_before_the_server_has_it_and_stays() {
    let page = Page::new();
    let socket = page.open("optimistic", SocketOptions::new()).await;
    let notes = use_query(socket, || GetNotes {});
    until("the notes are there", move || notes.data().get().is_some()).await;
    let options =
        UseMutationOptions::new().optimistic(|Add(note): &Add, asked, notes| upsert(asked, notes, &Added(*note)));
    let add = use_mutation_with_options(socket, options);
    let shown = Arc::<Mutex<Vec<_>>>::default();
    let log = Arc::clone(&shown);
    let _effect = ImmediateEffect::new(move || log.lock().unwrap().push(notes.data().get()));
    add.dispatch(Add(1));
    assert_eq!(notes.data().get_untracked(), Some(vec![1]));
    until("it is confirmed", move || add.pending().get() == 0 && !notes.stale().get()).await;
    assert_eq!(*shown.lock().unwrap(), [Some(vec![]), Some(vec![1])]);
}

/// Whether the browser would ask before it closes the page.
fn asks_before_unload() -> bool {
    let init = web_sys::EventInit::new();
    init.set_cancelable(true);
    let event = web_sys::Event::new_with_event_init_dict("beforeunload", &init).unwrap();
    !window().dispatch_event(&event).unwrap()
}

#[wasm_bindgen_test]
async fn the_browser_asks_before_it_closes_a_page_on_which_a_change_is_under_way() {
    let page = Page::new();
    let socket = page.open("unload", impatient()).await;
    let mutation = use_mutation_with_options(socket, UseMutationOptions::new().warn_before_unload(true));
    assert!(!asks_before_unload());
    mutation.dispatch(Note(1));
    assert!(asks_before_unload());
    mutation.dispatch(Note(2));
    mutation.cancel();
    assert!(!asks_before_unload());
    let part = page.owner.child();
    let lost = part.with(|| use_mutation_with_options(socket, UseMutationOptions::new().warn_before_unload(true)));
    lost.dispatch(Note(3));
    // Its component is gone, and it is still under way.
    part.cleanup();
    assert!(asks_before_unload());
    socket.close();
    assert!(!asks_before_unload());
}

/// In WebAssembly a panic unwinds nothing: what it interrupted stays as it was.
#[wasm_bindgen_test]
async fn a_callback_that_panics_stops_neither_the_socket_nor_its_data() {
    // Its panic ends the task in which gloo-net reads, and the link is given up when it misses its heartbeat.
    if option_env!("BROWSER_TEST_TRANSPORT") == Some("gloo") {
        return;
    }
    let page = Page::new();
    let options = SocketOptions::new().live(|asked: &GetNotes, notes: &mut Vec<u32>, added: &Added| {
        if added.0 == 13 {
            wasm_bindgen::throw_str("it panics");
        }
        upsert(asked, notes, added);
    });
    let socket = page.open("panic", options).await;
    let notes = use_query(socket, || GetNotes {});
    until("the notes are there", move || notes.data().get().is_some()).await;
    let add = move |note| socket.send(Message::new("add", note)).unwrap();
    let errors = uncaught_errors();
    for note in [1, 13, 2] {
        add(note);
    }
    until("the next push is put in", move || notes.data().get() == Some(vec![1, 2])).await;
    assert_eq!(errors.get(), 1);
    assert_works(socket).await;
}

async fn assert_works(socket: Socket) {
    socket.call(Add(3)).await.unwrap();
}

/// Counts them, and keeps them from the test runner.
fn uncaught_errors() -> Rc<Cell<u32>> {
    let count = Rc::<Cell<u32>>::default();
    let counter = Rc::clone(&count);
    let listener = Closure::<dyn Fn(web_sys::Event)>::new(move |event: web_sys::Event| {
        event.prevent_default();
        counter.set(counter.get() + 1);
    });
    let listener = wasm_bindgen::JsCast::unchecked_into(listener.into_js_value());
    window().add_event_listener_with_callback("error", &listener).unwrap();
    count
}
