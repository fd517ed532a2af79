//! An open client, and the shortest driver that there can be.

use leptos_socket_core::{Client, Endpoint, Event, Incoming, Input, Instant, LinkId, Message, SocketConfig, Transmit};

use crate::payloads::{Body, ROUTE};

pub(crate) const NOW: Instant = Instant::from_millis(1_000);

/// A client whose link is open and whose first ping has left.
pub(crate) fn open() -> (Client, LinkId) {
    let endpoint = Endpoint::parse("ws://localhost/").expect("a URL");
    let mut client = Client::new(SocketConfig::default(), 7);
    client.connect(NOW);
    let Some(Transmit::Resolve { link }) = client.poll_transmit(NOW, 0) else { panic!("a new link is resolved") };
    client.handle_input(NOW, link, Input::Resolved(endpoint));
    while client.poll_transmit(NOW, 0).is_some() {}
    client.handle_input(NOW, link, Input::Opened);
    while client.poll_transmit(NOW, 0).is_some() {}
    while client.poll_event().is_some() {}
    (client, link)
}

/// Makes a call. Returns the frame that leaves on a link that is never full.
pub(crate) fn call<P: Body>(client: &mut Client, payload: P) -> String {
    client.call(NOW, &Message::new(ROUTE, payload)).expect("a call");
    let Some(Transmit::Send { text, .. }) = client.poll_transmit(NOW, 0) else { panic!("a call leaves at once") };
    // A driver polls until there is nothing more.
    assert!(client.poll_transmit(NOW, 0).is_none());
    text
}

/// Hands over an answer. Returns the reply of the call that it settles.
pub(crate) fn settle(client: &mut Client, link: LinkId, answer: String) -> Incoming {
    client.handle_input(NOW, link, Input::Text(answer));
    let Some(Event::Settled { outcome, .. }) = client.poll_event() else { panic!("an answer settles its call") };
    outcome.expect("a reply")
}

/// The uuid of a frame that left, which is its first value.
pub(crate) fn uuid(frame: &str) -> &str {
    &frame[r#"{"uuid":""#.len()..][..36]
}
