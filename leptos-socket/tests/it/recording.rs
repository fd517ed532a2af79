//! The flight recorder of a socket: all its clients, present and retired, without secrets.

use leptos::prelude::*;
use leptos_socket::record::{Event, Output, Step, Transmit, replay};
use leptos_socket::{Message, Socket, SocketOptions};

use crate::identity::{alice_at, person};
use crate::places::{ROOM_1, ROOM_2, network, provide_with};
use crate::support::{Page, Start as _, message, secs};

/// What was recorded, which is played with the same outputs.
#[track_caller]
fn recorded(socket: Socket) -> (String, Vec<Step>) {
    let json = socket.recording().unwrap().to_string();
    let steps: Vec<_> = replay(&json).unwrap().collect();
    for step in &steps {
        assert!(step.is_same(), "at {} the replay differs: {step}", step.at());
    }
    (json, steps)
}

fn places(json: &str) -> Vec<String> {
    let replay = replay(json).unwrap();
    (0..replay.clients()).map(|nth| replay.place(nth).unwrap_or_default().to_owned()).collect()
}

fn sent(steps: &[Step]) -> usize {
    let is_sent = |output: &&Output| matches!(output, Output::Transmit(Transmit::Send { message: Some(_), .. }));
    steps.iter().flat_map(Step::outputs).filter(is_sent).count()
}

#[test]
fn what_happened_to_a_socket_is_played_again() {
    let page = Page::new();
    let socket = page.open_with("app", page.options().record(secs(60)));
    let calls = ["a", "b"].map(|route| socket.send_and_wait(message(route)).start());
    page.world.reply_to("a", 200, "\"s3cret\"");
    page.world.push("news", "\"s3cret\"");
    page.world.receive("nonsense");
    page.world.close(1006);
    page.world.advance(secs(5));
    page.world.accept();
    page.world.advance(secs(40));
    drop(calls);
    let (json, steps) = recorded(socket);
    assert!(!json.contains("s3cret"));
    assert_eq!(places(&json), [crate::support::URL]);
    assert_eq!(sent(&steps), 2);
    let gap = |output: &Output| matches!(output, Output::Event(Event::Gap { .. }));
    assert_eq!(steps.iter().flat_map(Step::outputs).filter(|output| gap(output)).count(), 1);
}

#[test]
fn nothing_is_recorded_unless_it_is_asked_for() {
    let page = Page::new();
    assert!(page.open("app").recording().is_none());
    let socket = page.open_with("recorded", page.options().record(secs(60)));
    assert!(socket.recording().is_some());
    page.sockets.remove_socket("recorded");
    assert!(socket.recording().is_none());
}

#[test]
fn places_that_the_socket_left_are_in_its_recording_as_long_as_it_reaches_back() {
    let (page, network) = network();
    let url = RwSignal::new(format!("{ROOM_1}?token=s3cret"));
    let options = SocketOptions::new().transport(network.clone()).record(secs(60));
    let (_mounted, socket) = provide_with(&page, url, options);
    network.accept("/1");
    let line = socket.send_and_wait(message("line")).start();
    url.set(ROOM_2.to_owned());
    network.accept("/2");
    let (json, steps) = recorded(socket);
    assert_eq!(places(&json), [ROOM_1, ROOM_2], "the one that it left still waits for an answer");
    assert!(!json.contains("s3cret"));
    assert_eq!(sent(&steps), 1);

    page.world.advance(secs(31));
    drop(line);
    let (json, steps) = recorded(socket);
    assert_eq!(places(&json), [ROOM_1, ROOM_2], "it is gone");
    let failed = |output: &Output| matches!(output, Output::Event(Event::Settled { outcome: Err(_), .. }));
    assert_eq!(steps.iter().flat_map(Step::outputs).filter(|output| failed(output)).count(), 1);

    page.world.advance(secs(61));
    assert_eq!(places(&recorded(socket).0), [ROOM_2]);
}

#[test]
fn of_a_socket_that_moves_often_only_the_last_places_are_kept() {
    let (page, network) = network();
    let url = RwSignal::new(format!("{ROOM_1}/0"));
    let options = SocketOptions::new().transport(network).record(secs(60));
    let (_mounted, socket) = provide_with(&page, url, options);
    for room in 1..10 {
        url.set(format!("{ROOM_1}/{room}"));
    }
    let expected: Vec<_> = (5..10).map(|room| format!("{ROOM_1}/{room}")).collect();
    assert_eq!(places(&recorded(socket).0), expected);
}

#[test]
fn of_another_person_only_lengths_are_kept() {
    for payloads in [false, true] {
        let alice = alice_at(ROOM_1, |options| options.record_payloads(payloads).record(secs(60)));
        alice.network.accept("");
        let call = alice.socket.send_and_wait(Message::new("diary", "about Bob")).start();
        let (json, steps) = recorded(alice.socket);
        assert_eq!((json.contains("about Bob"), sent(&steps)), (payloads, 1));

        alice.who.set(person("bob", "b0"));
        alice.network.accept("");
        drop(call);
        let (json, steps) = recorded(alice.socket);
        assert!(!json.contains("about Bob") && !json.contains("\"a0\"") && !json.contains("\"b0\""));
        assert_eq!(sent(&steps), usize::from(!payloads), "lengths stay");
        assert_eq!(json.contains("diary"), !payloads);
    }
}
