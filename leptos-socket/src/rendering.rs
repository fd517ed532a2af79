//! While a page takes over the markup of the server, a socket has to look as it did there.

use std::rc::Rc;
#[cfg(feature = "hydrate")]
use std::time::Duration;

use crate::socket::Inner;

#[cfg(feature = "hydrate")]
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Acts once the page is hydrated.
#[cfg(not(feature = "hydrate"))]
pub(crate) fn once_hydrated(socket: &Rc<Inner>, act: fn(&Rc<Inner>)) {
    act(socket);
}

/// Acts once the page is hydrated. Until then the socket is idle, and what is called waits.
#[cfg(feature = "hydrate")]
pub(crate) fn once_hydrated(socket: &Rc<Inner>, act: fn(&Rc<Inner>)) {
    use leptos::prelude::Owner;
    use leptos::task::spawn_local;

    let Some(page) = Owner::current_shared_context() else {
        return act(socket);
    };
    // A page of islands never says that all of it is hydrated, only while one of them is.
    let hydrates = move || page.during_hydration() && page.get_is_hydrating();
    if !hydrates() {
        return act(socket);
    }
    let socket = Rc::downgrade(socket);
    spawn_local(async move {
        // Over by now, except for a page that loads parts of itself first.
        while hydrates() {
            let Some(pause) = socket.upgrade().map(|socket| pause(&socket, LOOK_AGAIN)) else { return };
            pause.await;
        }
        if let Some(socket) = socket.upgrade().filter(|socket| !socket.is_gone()) {
            act(&socket);
        }
    });
}

/// A time by the clock of the transport.
#[cfg(feature = "hydrate")]
fn pause(socket: &Rc<Inner>, duration: Duration) -> impl Future<Output = ()> + use<> {
    let (over, paused) = futures::channel::oneshot::channel::<()>();
    let timer = socket.wake_after(duration, Box::new(|| drop(over)));
    async move {
        // It is over when the other end is dropped.
        let _ = paused.await;
        drop(timer);
    }
}
