//! What a server knows of the messages, and has to find.

use std::cell::RefCell;
use std::collections::BTreeMap;

use leptos_socket::Identity;

use crate::network::Frame;

pub(super) const PERSONS: [Option<&str>; 3] = [None, Some("alice"), Some("bob")];

/// Where a message may go.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Place {
    Room(usize),
    /// There was no address, or a nonsense: it goes to the one that comes next.
    Nowhere {
        is_nonsense: bool,
    },
    /// No address comes any more.
    Lost,
}

/// What a message was made with; its route is its number.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) place: Place,
    /// Where the app was not logged in: nobody.
    pub(super) person: Option<&'static str>,
    pub(super) is_anonymous: bool,
    pub(super) is_idempotent: bool,
    pub(super) retries: bool,
}

/// How often each message came, and how often it was answered with a 401.
#[derive(Default)]
pub(super) struct Counts(RefCell<BTreeMap<usize, (usize, usize)>>);

impl Counts {
    /// It has to be at the right place, as the right person, and not too often.
    pub(super) fn came(&self, frame: &Frame, all: &[Made]) {
        let made = &all[number(frame)];
        let what = format!("{made:?} came as {frame:?}");
        let (room, person) = whose(&frame.url);
        assert_eq!(made.place, Place::Room(room), "{what}");
        assert_eq!(made.person, person.as_deref(), "{what}");
        match frame.token() {
            None => assert!(made.is_anonymous || made.person.is_none(), "{what}"),
            Some(token) => {
                assert!(!made.is_anonymous, "{what}");
                assert_eq!(owner_of(token), made.person.unwrap_or("nobody"), "{what}");
            }
        }
        let mut counts = self.0.borrow_mut();
        let (came, refused) = counts.entry(number(frame)).or_default();
        *came += 1;
        let may_come = if made.retries && !made.is_anonymous { 1 + (*refused).min(1) } else { 1 };
        assert!(made.is_idempotent || *came <= may_come, "{came} times: {what}");
    }

    pub(super) fn refused(&self, frame: &Frame) {
        self.0.borrow_mut().entry(number(frame)).or_default().1 += 1;
    }

    /// How many messages came, and how many of them more than once.
    pub(super) fn totals(&self) -> (usize, usize) {
        let counts = self.0.borrow();
        (counts.len(), counts.values().filter(|(came, _)| *came > 1).count())
    }
}

fn number(frame: &Frame) -> usize {
    frame.route().parse().unwrap()
}

fn known(id: &str) -> Option<&'static str> {
    PERSONS.into_iter().flatten().find(|known| *known == id)
}

pub(super) fn id_of(who: Option<Identity>) -> Option<&'static str> {
    who.and_then(|who| known(who.id()))
}

/// The person whose token this is.
pub(super) fn owner_of(token: &str) -> &str {
    token.split('.').next().unwrap()
}

/// The room and the person of an address.
pub(super) fn whose(url: &str) -> (usize, Option<String>) {
    let (room, ticket) =
        url.strip_prefix("ws://server/").unwrap().split_once('?').unwrap_or_else(|| (&url["ws://server/".len()..], ""));
    (room.parse().unwrap(), ticket.strip_prefix("token=").map(|ticket| owner_of(ticket).to_owned()))
}
