//! The route of the pages with leptos-socket.

use leptos_socket::Route;

use crate::view::{Greeting, SayHello};

impl Route for SayHello {
    const ROUTE: &'static str = "sayHello";
    type Response = Greeting;
}
