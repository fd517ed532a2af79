//! A page without a socket: its reply is there at once.

mod view;

use std::future::ready;

use leptos::prelude::*;

use view::{Greeting, SayHello, page};

fn main() {
    mount_to_body(App);
}

#[component]
fn App() -> impl IntoView {
    let connected = RwSignal::new(true);
    let hello =
        Action::new(|SayHello { name }: &SayHello| ready(Ok(Greeting { text: format!("Hello, {name}!"), visits: 1 })));
    page(connected.into(), hello)
}
