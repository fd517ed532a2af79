//! Messages that appear for a while.

use std::time::Duration;

use leptos::prelude::*;
use leptos_socket::CallError;
use serde::Deserialize;

const SHOWN_FOR: Duration = Duration::from_secs(10);

#[derive(Clone, Copy)]
pub struct Toasts {
    shown: RwSignal<Vec<Toast>>,
    last: StoredValue<u32>,
}

#[derive(Clone)]
struct Toast {
    number: u32,
    text: String,
}

impl Toasts {
    pub fn new() -> Self {
        Self { shown: RwSignal::default(), last: StoredValue::new(0) }
    }

    pub fn show(self, text: String) {
        let number = self.last.get_value() + 1;
        self.last.set_value(number);
        self.shown.write().push(Toast { number, text });
        set_timeout(move || self.dismiss(number), SHOWN_FOR);
    }

    fn dismiss(self, number: u32) {
        // The page may have gone to the console meanwhile.
        let _ = self.shown.try_update(|shown| shown.retain(|toast| toast.number != number));
    }
}

/// What went wrong, in words for the user: the server's own, where it has some.
pub fn explain(error: &CallError) -> String {
    #[derive(Deserialize)]
    struct Refusal {
        message: String,
    }
    error.payload::<Refusal>().map_or_else(|| format!("{error}."), |refusal| refusal.message)
}

#[component]
pub fn ShowToasts(toasts: Toasts) -> impl IntoView {
    view! {
        <div class="toasts" role="alert">
            <For each=move || toasts.shown.get() key=|toast| toast.number let:toast>
                <p class="toast">
                    <span>{toast.text}</span>
                    <button type="button" class="icon" aria-label="Dismiss" on:click=move |_| toasts.dismiss(toast.number)>
                        "×"
                    </button>
                </p>
            </For>
        </div>
    }
}
