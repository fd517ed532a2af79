//! Asking before a page is closed.

use std::any::Any;

/// The browser asks as long as what is returned is kept.
#[cfg(not(target_arch = "wasm32"))]
pub(super) fn warn() -> Box<dyn Any> {
    Box::new(())
}

/// The browser asks as long as what is returned is kept.
#[cfg(target_arch = "wasm32")]
pub(super) fn warn() -> Box<dyn Any> {
    use leptos::ev::beforeunload;
    use leptos::prelude::window_event_listener;

    struct Listening(Option<leptos::prelude::WindowListenerHandle>);

    impl Drop for Listening {
        fn drop(&mut self) {
            if let Some(handle) = self.0.take() {
                handle.remove();
            }
        }
    }

    Box::new(Listening(Some(window_event_listener(beforeunload, |event| event.prevent_default()))))
}
