//! A dispatch board: what an app with leptos-socket looks like. Its second page is a console for any route of any server.

mod board;
mod console;
mod inspector;
mod place;

use leptos::prelude::*;

use crate::board::Board;
use crate::console::Console;
use crate::place::{Place, use_place};

fn main() {
    console_error_panic_hook::set_once();
    mount_to_body(App);
}

#[component]
fn App() -> impl IntoView {
    let place = use_place();
    let is_console = Memo::new(move |_| place.get() == Place::Console);
    let job = Memo::new(move |_| place.get().job());

    move || match is_console.get() {
        true => view! { <Console /> }.into_any(),
        false => view! { <Board job /> }.into_any(),
    }
}
