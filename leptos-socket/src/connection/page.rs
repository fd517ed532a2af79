//! What the page learns about the world, handed to every driver as a hint.

use std::rc::Rc;

use leptos_socket_core::Hint;

use super::Driver;

/// There is no page.
#[cfg(not(all(target_arch = "wasm32", not(feature = "ssr"))))]
pub(super) const fn watch(_: &Rc<Driver>) -> Option<Hint> {
    None
}

#[cfg(all(target_arch = "wasm32", not(feature = "ssr")))]
pub(super) use in_browser::watch;

#[cfg(all(target_arch = "wasm32", not(feature = "ssr")))]
mod in_browser {
    use std::cell::RefCell;
    use std::rc::Weak;

    use leptos::prelude::{document, window};
    use wasm_bindgen::{JsCast, JsValue};
    use web_sys::{Event, PageTransitionEvent};

    use super::{Driver, Hint, Rc};
    use crate::transport::listener::Listener;

    thread_local! {
        static PAGE: RefCell<Option<Page>> = const { RefCell::new(None) };
    }

    /// What listens to all that the window and the document say, as long as there are drivers.
    struct Page {
        drivers: Vec<Weak<Driver>>,
        _listeners: [Listener; 2],
    }

    /// Tells this driver too. Returns what the page knows before anything happens.
    pub(in super::super) fn watch(driver: &Rc<Driver>) -> Option<Hint> {
        PAGE.with_borrow_mut(|page| {
            let page = page.get_or_insert_with(Page::new);
            page.drivers.retain(|driver| driver.strong_count() > 0);
            page.drivers.push(Rc::downgrade(driver));
        });
        (!window().navigator().on_line()).then_some(Hint::Offline)
    }

    fn tell(event: JsValue) {
        let Some(hint) = hint_of(event.unchecked_ref()) else { return };
        let drivers = PAGE.with_borrow(|page| page.as_ref().map(|page| page.drivers.clone()).unwrap_or_default());
        drivers.iter().filter_map(Weak::upgrade).for_each(|driver| driver.on_hint(hint));
    }

    impl Drop for Driver {
        fn drop(&mut self) {
            let is_last = |page: &Page| page.drivers.iter().all(|driver| driver.strong_count() == 0);
            // A page that is being unloaded may have no such cell any more.
            let _ = PAGE.try_with(|page| page.borrow_mut().take_if(|page| is_last(page)));
        }
    }

    impl Page {
        fn new() -> Self {
            let of_window = &["online", "offline", "pagehide", "pageshow"];
            let of_document = &["visibilitychange", "freeze", "resume"];
            let listeners = [
                Listener::new(window().into(), of_window, Box::new(tell)),
                Listener::new(document().into(), of_document, Box::new(tell)),
            ];
            Self { drivers: Vec::new(), _listeners: listeners }
        }
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
