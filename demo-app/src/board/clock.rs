//! The time, where the user is.

use std::time::Duration;

use leptos::prelude::window;

/// Since the page was opened: for how long something took.
pub fn now() -> Duration {
    let now = window().performance().map_or(0.0, |performance| performance.now());
    Duration::from_secs_f64(now / 1_000.0)
}

/// `10:02:03`.
pub fn time_of_day() -> String {
    let date = js_sys::Date::new_0();
    format!("{:02}:{:02}:{:02}", date.get_hours(), date.get_minutes(), date.get_seconds())
}

/// `10:02`, of a moment in ISO 8601.
pub fn hour_and_minute(moment: &str) -> String {
    let date = js_sys::Date::new(&moment.into());
    format!("{:02}:{:02}", date.get_hours(), date.get_minutes())
}
