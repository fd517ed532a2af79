//! An open client, and the shortest driver that there can be.

use leptos_socket_core::{Client, Endpoint, Event, Incoming, Input, Instant, LinkId, Message, SocketConfig, Transmit};

use crate::payloads::{Body, ROUTE};

pub(crate) const NOW: Instant = Instant::from_millis(1_000);

/// A client whose link is open and whose first ping has left.
pub(crate) fn open() -> (Client, LinkId) {
    let endpoint = Endpoint::parse("ws://localhost/").expect("a URL");
    let mut client = Client::new(SocketConfig::default(), 7);
    client.connect(NOW);
    let Some(Transmit::Resolve { link }) = client.poll_transmit() else { panic!("a new link is resolved") };
    client.handle_input(NOW, link, Input::Resolved(endpoint));
    client.handle_input(NOW, link, Input::Opened);
    client.handle_timeout(NOW);
    while client.poll_transmit().is_some() {}
    while client.poll_event().is_some() {}
    (client, link)
}

/// Makes a call. Returns the frame that leaves.
pub(crate) fn call<P: Body>(client: &mut Client, payload: P) -> String {
    client.call(NOW, &Message::new(ROUTE, payload)).expect("a call");
    loop {
        match client.poll_transmit() {
            Some(Transmit::Send { text, .. }) => return text,
            // A link that is never full.
            Some(Transmit::Measure { link }) => client.handle_input(NOW, link, Input::Buffered(0)),
            other => panic!("a call leaves at once, and not {other:?}"),
        }
    }
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
