//! What the page learns about the world, handed to every socket as a hint.

use leptos_socket_core::Hint;

use crate::Sockets;

/// Listens until the current owner is cleaned up.
#[cfg(all(target_arch = "wasm32", not(feature = "ssr")))]
pub(crate) fn watch(sockets: Sockets) {
    crate::owned::keep(Watch::new(sockets));
}

/// What it knows before anything happens.
#[cfg(all(target_arch = "wasm32", not(feature = "ssr")))]
pub(crate) fn now() -> Option<Hint> {
    (!leptos::prelude::window().navigator().on_line()).then_some(Hint::Offline)
}

/// One listener for all that the window and the document say.
#[cfg(all(target_arch = "wasm32", not(feature = "ssr")))]
struct Watch {
    targets: [web_sys::EventTarget; 2],
    listener: wasm_bindgen::closure::Closure<dyn FnMut(web_sys::Event)>,
}

/// Of the window, and of the document.
#[cfg(all(target_arch = "wasm32", not(feature = "ssr")))]
const EVENTS: [&[&str]; 2] =
    [&["online", "offline", "pagehide", "pageshow"], &["visibilitychange", "freeze", "resume"]];

#[cfg(all(target_arch = "wasm32", not(feature = "ssr")))]
impl Watch {
    fn new(sockets: Sockets) -> Self {
        let tell = move |event: web_sys::Event| {
            if let Some(hint) = hint_of(&event) {
                sockets.all().iter().for_each(|socket| socket.hint(hint));
            }
        };
        let targets = [leptos::prelude::window().into(), leptos::prelude::document().into()];
        let watch = Self { targets, listener: wasm_bindgen::closure::Closure::new(tell) };
        watch.each(web_sys::EventTarget::add_event_listener_with_callback);
        watch
    }

    fn each(&self, change: fn(&web_sys::EventTarget, &str, &js_sys::Function) -> Result<(), wasm_bindgen::JsValue>) {
        let listener = wasm_bindgen::JsCast::unchecked_ref(self.listener.as_ref());
        for (target, events) in self.targets.iter().zip(EVENTS) {
            // Neither fails.
            events.iter().for_each(|event| drop(change(target, event, listener)));
        }
    }
}

#[cfg(all(target_arch = "wasm32", not(feature = "ssr")))]
impl Drop for Watch {
    fn drop(&mut self) {
        self.each(web_sys::EventTarget::remove_event_listener_with_callback);
    }
}

#[cfg(all(target_arch = "wasm32", not(feature = "ssr")))]
fn hint_of(event: &web_sys::Event) -> Option<Hint> {
    // Into the back-forward cache, and out of it. A page that goes for good takes its links with it.
    let is_kept = || wasm_bindgen::JsCast::unchecked_ref::<web_sys::PageTransitionEvent>(event).persisted();
    match &*event.type_() {
        "online" => Some(Hint::Online),
        "offline" => Some(Hint::Offline),
        "freeze" => Some(Hint::Frozen),
        "resume" => Some(Hint::Resumed),
        "pagehide" => is_kept().then_some(Hint::Suspended),
        "pageshow" => is_kept().then_some(Hint::Resumed),
        _ => (!leptos::prelude::document().hidden()).then_some(Hint::Resumed),
    }
}

/// There is no page.
#[cfg(not(all(target_arch = "wasm32", not(feature = "ssr"))))]
pub(crate) const fn now() -> Option<Hint> {
    None
}

/// There is no page.
#[cfg(not(all(target_arch = "wasm32", not(feature = "ssr"))))]
pub(crate) const fn watch(_: Sockets) {}
