//! What the page learns about the world, handed to every socket as a hint.

use leptos_socket_core::Hint;

use crate::Sockets;

/// Listens until the current owner is cleaned up.
#[cfg(all(target_arch = "wasm32", not(feature = "ssr")))]
pub(crate) fn watch(sockets: Sockets) {
    use leptos::ev;
    use leptos_use_document::use_document;
    use leptos_use_event_listener::use_event_listener;
    use leptos_use_window::use_window;
    use web_sys::Event;

    let tell = move |hint| sockets.all().iter().for_each(|socket| socket.hint(hint));
    let _ = use_event_listener(use_window(), ev::online, move |_| tell(Hint::Online));
    let _ = use_event_listener(use_window(), ev::offline, move |_| tell(Hint::Offline));
    let _ = use_event_listener(use_document(), ev::visibilitychange, move |_| {
        if !leptos::prelude::document().hidden() {
            tell(Hint::Resumed);
        }
    });
    let _ = use_event_listener(use_document(), ev::Custom::<Event>::new("freeze"), move |_| tell(Hint::Frozen));
    let _ = use_event_listener(use_document(), ev::Custom::<Event>::new("resume"), move |_| tell(Hint::Resumed));
    // Into the back-forward cache, and out of it. A page that goes for good takes its links with it.
    let _ = use_event_listener(use_window(), ev::pagehide, move |event| {
        if event.persisted() {
            tell(Hint::Suspended);
        }
    });
    let _ = use_event_listener(use_window(), ev::pageshow, move |event| {
        if event.persisted() {
            tell(Hint::Resumed);
        }
    });
}

/// What it knows before anything happens.
#[cfg(all(target_arch = "wasm32", not(feature = "ssr")))]
pub(crate) fn now() -> Option<Hint> {
    (!leptos::prelude::window().navigator().on_line()).then_some(Hint::Offline)
}

/// There is no page.
#[cfg(not(all(target_arch = "wasm32", not(feature = "ssr"))))]
pub(crate) const fn now() -> Option<Hint> {
    None
}

/// There is no page.
#[cfg(not(all(target_arch = "wasm32", not(feature = "ssr"))))]
pub(crate) const fn watch(_: Sockets) {}
