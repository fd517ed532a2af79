//! While a page takes over the markup of the server, a socket has to look as it did there.

use std::rc::Rc;
#[cfg(feature = "hydrate")]
use std::time::Duration;

use crate::driver::Driver;

#[cfg(feature = "hydrate")]
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Connects, once the page is hydrated.
#[cfg(not(feature = "hydrate"))]
pub(crate) fn connect(driver: &Rc<Driver>) {
    driver.connect();
}

/// Connects, once the page is hydrated. Until then the socket is idle, and what is called waits.
#[cfg(feature = "hydrate")]
pub(crate) fn connect(driver: &Rc<Driver>) {
    use leptos::prelude::Owner;
    use leptos::task::spawn_local;

    let Some(page) = Owner::current_shared_context() else {
        return driver.connect();
    };
    // A page of islands never says that all of it is hydrated, only while one of them is.
    let hydrates = move || page.during_hydration() && page.get_is_hydrating();
    if !hydrates() {
        return driver.connect();
    }
    let driver = Rc::downgrade(driver);
    spawn_local(async move {
        // Over by now, but for a page that loads parts of itself first.
        while hydrates() {
            let Some(pause) = driver.upgrade().map(|driver| driver.pause(LOOK_AGAIN)) else { return };
            pause.await;
        }
        // The app may have closed it meanwhile.
        if let Some(driver) = driver.upgrade().filter(|driver| driver.state() == leptos_socket_core::SocketState::Idle)
        {
            driver.connect();
        }
    });
}
