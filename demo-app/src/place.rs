//! Which page the address of the window means.

use leptos::prelude::*;
use leptos::{ev, leptos_dom::helpers::location};
use web_sys::UrlSearchParams;

const BOARD: &str = "#/";
const JOBS: &str = "#/jobs/";
const CONSOLE: &str = "#/console";

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// With the job that is open.
    Board(Option<u32>),
    Console,
}

impl Place {
    pub fn href(self) -> String {
        match self {
            Self::Board(None) => BOARD.to_owned(),
            Self::Board(Some(job)) => format!("{JOBS}{job}"),
            Self::Console => CONSOLE.to_owned(),
        }
    }

    pub const fn job(self) -> Option<u32> {
        match self {
            Self::Board(job) => job,
            Self::Console => None,
        }
    }

    fn current() -> Self {
        let hash = location().hash().unwrap_or_default();
        match hash.strip_prefix(JOBS) {
            Some(job) => Self::Board(job.parse().ok()),
            None if hash == CONSOLE => Self::Console,
            // An address that names a server or a config is one of the console's.
            None if hash.is_empty() && ["url", "config"].into_iter().any(|name| parameter(name).is_some()) => {
                Self::Console
            }
            None => Self::Board(None),
        }
    }
}

/// Where the user is. It ends with the current owner.
pub fn use_place() -> Signal<Place> {
    let place = RwSignal::new(Place::current());
    let moved = window_event_listener(ev::hashchange, move |_| place.set(Place::current()));
    on_cleanup(move || moved.remove());
    place.into()
}

/// A parameter of the page's address.
pub fn parameter(name: &str) -> Option<String> {
    let query = location().search().ok()?;
    UrlSearchParams::new_with_str(&query).ok()?.get(name)
}

/// Whether the page was served by the machine that it runs on.
pub fn is_on_this_machine() -> bool {
    location().hostname().is_ok_and(|host| host == "127.0.0.1" || host == "localhost")
}
