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

    use js_sys::Function;
    use leptos::prelude::{document, window};
    use wasm_bindgen::closure::Closure;
    use wasm_bindgen::{JsCast, JsValue};
    use web_sys::{Event, EventTarget, PageTransitionEvent};

    use super::{Driver, Hint, Rc};

    thread_local! {
        static PAGE: RefCell<Option<Page>> = const { RefCell::new(None) };
    }

    /// One listener for all that the window and the document say, as long as there are drivers.
    struct Page {
        drivers: Vec<Weak<Driver>>,
        targets: [EventTarget; 2],
        listener: Closure<dyn FnMut(Event)>,
    }

    /// Of the window, and of the document.
    const EVENTS: [&[&str]; 2] =
        [&["online", "offline", "pagehide", "pageshow"], &["visibilitychange", "freeze", "resume"]];

    /// Tells this driver too. Returns what the page knows before anything happens.
    pub(in super::super) fn watch(driver: &Rc<Driver>) -> Option<Hint> {
        PAGE.with_borrow_mut(|page| {
            let page = page.get_or_insert_with(Page::new);
            page.drivers.retain(|driver| driver.strong_count() > 0);
            page.drivers.push(Rc::downgrade(driver));
        });
        (!window().navigator().on_line()).then_some(Hint::Offline)
    }

    fn tell(event: &Event) {
        let Some(hint) = hint_of(event) else { return };
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
            let targets = [window().into(), document().into()];
            let page = Self { drivers: Vec::new(), targets, listener: Closure::new(|event: Event| tell(&event)) };
            page.each(EventTarget::add_event_listener_with_callback);
            page
        }

        fn each(&self, change: fn(&EventTarget, &str, &Function) -> Result<(), JsValue>) {
            let listener = self.listener.as_ref().unchecked_ref();
            for (target, events) in self.targets.iter().zip(EVENTS) {
                // Neither fails.
                events.iter().for_each(|event| drop(change(target, event, listener)));
            }
        }
    }

    impl Drop for Page {
        fn drop(&mut self) {
            self.each(EventTarget::remove_event_listener_with_callback);
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
