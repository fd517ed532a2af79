//! What the page learns about the world, handed to each driver as a hint.

#[cfg(all(target_arch = "wasm32", not(feature = "ssr")))]
pub(super) use in_browser::{Watch, is_offline, watch};
#[cfg(not(all(target_arch = "wasm32", not(feature = "ssr"))))]
pub(super) use nowhere::{Watch, is_offline, watch};

/// There is no page.
#[cfg(not(all(target_arch = "wasm32", not(feature = "ssr"))))]
mod nowhere {
    use std::rc::Weak;

    use super::super::Driver;

    pub(in super::super) struct Watch;

    pub(in super::super) const fn watch(_: &Weak<Driver>) -> Watch {
        Watch
    }

    pub(in super::super) const fn is_offline() -> bool {
        false
    }
}

#[cfg(all(target_arch = "wasm32", not(feature = "ssr")))]
mod in_browser {
    use std::rc::Weak;

    use leptos::prelude::{document, window};
    use leptos_socket_core::Hint;
    use wasm_bindgen::{JsCast, JsValue};
    use web_sys::{Event, EventTarget, PageTransitionEvent};

    use super::super::Driver;
    use crate::transport::listener::Listener;

    /// What listens to the window and to the document.
    pub(in super::super) type Watch = [Listener; 2];

    /// Tells the driver all that the page says about the world.
    pub(in super::super) fn watch(driver: &Weak<Driver>) -> Watch {
        let listen = |target: EventTarget, events| {
            let driver = Weak::clone(driver);
            let tell = move |event: JsValue| {
                if let (Some(driver), Some(hint)) = (driver.upgrade(), hint_of(event.unchecked_ref())) {
                    driver.on_hint(hint);
                }
            };
            Listener::new(target, events, Box::new(tell))
        };
        [
            listen(window().into(), &["online", "offline", "pagehide", "pageshow"]),
            listen(document().into(), &["visibilitychange", "freeze", "resume"]),
        ]
    }

    /// What the page knows before anything happens.
    pub(in super::super) fn is_offline() -> bool {
        !window().navigator().on_line()
    }

    fn hint_of(event: &Event) -> Option<Hint> {
        // Into the back-forward cache, and out of it. A page that goes for good takes its links with it.
        let is_kept = || event.unchecked_ref::<PageTransitionEvent>().persisted();
        match &*event.type_() {
            "online" => Some(Hint::Online),
            "offline" => Some(Hint::Offline),
            "freeze" => Some(Hint::Frozen),
            "resume" => Some(Hint::Resumed),
            "pagehide" => is_kept().then_some(Hint::Suspended),
            "pageshow" => is_kept().then_some(Hint::Resumed),
            _ => (!document().hidden()).then_some(Hint::Resumed),
        }
    }
}
