//! While a page takes over the markup of the server.

use std::sync::Arc;

use hydration_context::{HydrateSharedContext, SharedContext};
use leptos::prelude::*;
use leptos_socket::SocketState;

use crate::support::{Page, millis, settle, with_effects};

/// A page that is being hydrated, or consists of islands that are.
fn page(context: HydrateSharedContext) -> (Arc<HydrateSharedContext>, Owner, Page) {
    let context = Arc::new(context);
    let root = Owner::new_root(Some(Arc::clone(&context) as Arc<_>));
    (context, root, Page::new())
}

async fn look_again(page: &Page) {
    settle().await;
    page.world.advance(millis(10));
    settle().await;
}

#[test]
fn a_socket_connects_when_the_page_is_hydrated() {
    with_effects(async || {
        let (context, _root, page) = page(HydrateSharedContext::new());
        let socket = page.add("app");
        look_again(&page).await;
        assert_eq!(socket.state().get_untracked(), SocketState::Idle);
        context.hydration_complete();
        look_again(&page).await;
        page.world.accept();
        assert!(socket.connected().get_untracked());
    });
}

#[test]
fn a_socket_that_the_app_closes_before_that_stays_closed() {
    with_effects(async || {
        let (context, _root, page) = page(HydrateSharedContext::new());
        let socket = page.add("app");
        socket.close();
        context.hydration_complete();
        look_again(&page).await;
        assert!(socket.state().get_untracked().is_closed());
        assert_eq!(page.world.link_count(), 0);
    });
}

#[test]
fn a_socket_of_an_island_connects_when_that_is_hydrated() {
    with_effects(async || {
        let (context, _root, page) = page(HydrateSharedContext::new_islands());
        context.set_is_hydrating(true);
        let socket = page.add("app");
        context.set_is_hydrating(false);
        assert_eq!(socket.state().get_untracked(), SocketState::Idle);
        look_again(&page).await;
        page.world.accept();
        assert!(socket.connected().get_untracked());
    });
}
