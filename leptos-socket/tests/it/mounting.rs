//! Providers that come and go: who finds which socket, and what a name means.

use std::sync::{Arc, Mutex};

use leptos::prelude::*;
use leptos_socket::{
    Socket, SocketOptions, SocketProvider, SocketState, Sockets, provide_sockets, try_use_socket, use_socket,
    use_sockets,
};

use crate::identity::{person, token};
use crate::network::Network;
use crate::places::{ROOM_1, ROOM_2, network, provide_with};
use crate::support::{Page, Start as _, message, outcome, with_effects};

type Found = Arc<Mutex<Vec<Option<Socket>>>>;

#[component]
fn Probe(found: Found) -> impl IntoView {
    found.lock().unwrap().push(try_use_socket());
}

fn options(network: &Network) -> SocketOptions {
    SocketOptions::new().transport(network.clone())
}

/// A page of a router, with a socket of that name.
fn view_of(page: &Page, network: &Network, name: &'static str, url: &'static str) -> impl IntoView + use<> {
    let options = options(network);
    page.owner.with(|| view! { <SocketProvider name url options>"a page"</SocketProvider> })
}

fn room(page: &Page) -> Option<Socket> {
    page.sockets.get_socket("room").get_untracked()
}

/// The router builds the next view before it drops the previous one.
#[test]
fn the_next_view_keeps_its_name_when_the_previous_one_is_unmounted() {
    let (page, network) = network();
    let first = view_of(&page, &network, "room", ROOM_1);
    network.accept("/1");
    let in_first = room(&page).unwrap();
    let second = view_of(&page, &network, "room", ROOM_2);
    let in_second = room(&page).unwrap();
    assert_ne!(in_first, in_second, "the one that was mounted last wins");
    network.accept("/2");
    drop(first);
    network.close("/1", 1000);
    assert_eq!(room(&page), Some(in_second));
    assert!(in_second.connected().get_untracked());
    assert!(in_first.state().get_untracked().is_closed());
    assert_eq!(network.held(), [ROOM_2]);
    drop(second);
    network.close("/2", 1000);
    assert_eq!(room(&page), None);
    page.assert_silent();
}

#[test]
fn a_name_falls_back_to_the_provider_that_was_mounted_before() {
    let (page, network) = network();
    let outer = view_of(&page, &network, "room", ROOM_1);
    let in_outer = room(&page);
    let watched = page.sockets.get_socket("room");
    for _ in 0..3 {
        let inner = view_of(&page, &network, "room", ROOM_2);
        assert_ne!(watched.get_untracked(), in_outer);
        drop(inner);
        assert_eq!(watched.get_untracked(), in_outer);
        assert!(in_outer.unwrap().state().get_untracked() != SocketState::Idle);
    }
    assert_eq!(page.sockets.names().get_untracked(), ["room"]);
    drop(outer);
    assert_eq!((watched.get_untracked(), page.sockets.names().get_untracked().len()), (None, 0));
}

#[test]
fn the_registry_s_own_verbs_see_the_sockets_of_providers() {
    let (page, network) = network();
    let view = view_of(&page, &network, "room", ROOM_1);
    let provided = room(&page).unwrap();
    let refused = page.sockets.add_socket("room", ROOM_2, options(&network)).unwrap_err();
    assert_eq!(refused, leptos_socket::AddSocketError::Exists(provided));
    let added = page.sockets.add_socket("room", ROOM_2, options(&network).force(true)).unwrap();
    assert_eq!(room(&page), Some(added));
    assert!(provided.state().get_untracked().is_closed());
    drop(view);
    assert_eq!(room(&page), Some(added), "unmounting removes only its own");
    assert!(page.sockets.remove_socket("room"));
    assert_eq!(room(&page), None);
}

#[test]
fn use_socket_is_the_nearest_one_with_a_url() {
    let (page, network) = network();
    let found = Found::default();
    let [outer, inner, between, after] = [(); 4].map(|()| found.clone());
    // `SocketOptions` are not `Send`, as children have to be.
    let network = StoredValue::new_local(network);
    let _view = page.owner.with(|| {
        view! {
            <SocketProvider url=ROOM_1 options=network.with_value(options)>
                <Probe found=outer />
                <SocketProvider>
                    <Probe found=between />
                    <SocketProvider url=ROOM_2 options=network.with_value(options)>
                        <Probe found=inner />
                    </SocketProvider>
                </SocketProvider>
                <Probe found=after />
            </SocketProvider>
        }
    });
    let found = found.lock().unwrap().clone();
    let [Some(outer), Some(between), Some(inner), Some(after)] = found[..] else { panic!("each finds one: {found:?}") };
    assert_eq!((outer, between), (between, after));
    assert_ne!(outer, inner);
    assert_eq!(page.owner.with(try_use_socket), None, "a provider provides only to its children");
}

/// What `use_socket` and `use_sockets` find.
#[component]
fn Names(found: Arc<Mutex<Vec<(Socket, Sockets)>>>) -> impl IntoView {
    found.lock().unwrap().push((use_socket(), use_sockets()));
}

#[test]
fn a_provider_without_url_has_a_registry_of_its_own_and_the_outer_socket() {
    let (page, network) = network();
    let found = Arc::new(Mutex::new(Vec::new()));
    let (outer, inner) = (found.clone(), found.clone());
    let options = options(&network);
    let _view = page.owner.with(|| {
        view! {
            <SocketProvider name="app" url=ROOM_1 options>
                <Names found=outer />
                <SocketProvider>
                    <Names found=inner />
                </SocketProvider>
            </SocketProvider>
        }
    });
    let found = found.lock().unwrap().clone();
    assert_eq!(found[0].0, found[1].0);
    assert_ne!(found[0].1, found[1].1);
    assert_eq!(found[0].1.get_socket("app").get_untracked(), Some(found[0].0));
    assert_eq!(found[1].1.get_socket("app").get_untracked(), None);
}

#[test]
fn a_name_makes_a_registry_where_there_is_none() {
    let owner = Owner::new();
    owner.set();
    let world = leptos_socket::transport::scripted::Scripted::new();
    let found = Arc::new(Mutex::new(Vec::new()));
    let (inside, options) = (found.clone(), SocketOptions::new().transport(world.clone()));
    let view = view! { <SocketProvider name="app" url=ROOM_1 options><Names found=inside /></SocketProvider> };
    let (socket, sockets) = found.lock().unwrap()[0];
    assert_eq!(sockets.get_socket("app").get_untracked(), Some(socket));
    let mut save = socket.send_and_wait(message("save")).start();
    drop(view);
    world.accept();
    assert!(world.reply_to("save", 200, "1"), "it leaves, and is not closed");
    assert!(outcome(&mut save).unwrap().is_ok());
    world.close(1000);
    assert_eq!((world.alive_count(), world.timer_count()), (0, 0));
}

/// Saved, unmounted, logged out: the next person must not save it.
#[test]
fn what_a_provider_left_behind_ends_when_another_person_comes() {
    with_effects(async || {
        for is_asked in [false, true] {
            let (page, network) = network();
            let who = RwSignal::new(person("alice", "a0"));
            let (asked, refresh) = crate::sources::Asked::new();
            let options = options(&network).identity(who).refresh(refresh);
            let (mounted, socket) = provide_with(&page, ROOM_1, options);
            network.accept("");
            let mut save = socket.send_and_wait(message("save")).start();
            drop(mounted);
            if is_asked {
                assert!(network.answer("save", 401, "null"));
                assert_eq!(asked.count(), 1);
            }
            who.set(person("bob", "b0"));
            assert!(outcome(&mut save).is_some());
            if is_asked {
                asked.answer(Ok(token("b1"))).await;
            }
            page.assert_silent();
            let left = usize::from(!is_asked);
            assert_eq!(network.take("").len(), left, "no more than what left before");
        }
    });
}

#[test]
fn use_socket_outside_of_a_provider_says_what_to_write() {
    let owner = Owner::new();
    owner.set();
    provide_sockets();
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(use_socket)).unwrap_err();
    let text = panic.downcast_ref::<&str>().copied().unwrap_or_default();
    assert!(text.contains("<SocketProvider url=\"/ws/app/\">"), "{text}");
}
