//! The browser's events.

use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::EventTarget;

/// Hears events of a target until it is dropped.
pub(crate) struct Listener {
    target: EventTarget,
    events: &'static [&'static str],
    closure: Closure<dyn FnMut(JsValue)>,
}

impl Listener {
    /// `hear` takes what those of leptos take, to share the code around it.
    pub(crate) fn new(target: EventTarget, events: &'static [&'static str], hear: Box<dyn FnMut(JsValue)>) -> Self {
        let listener = Self { target, events, closure: Closure::wrap(hear) };
        let callback = listener.closure.as_ref().unchecked_ref();
        for event in events {
            // It never fails.
            let _ = listener.target.add_event_listener_with_callback(event, callback);
        }
        listener
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let callback = self.closure.as_ref().unchecked_ref();
        for event in self.events {
            let _ = self.target.remove_event_listener_with_callback(event, callback);
        }
    }
}
