//! The latest messages, and which of them are shown.

use std::collections::VecDeque;
use std::rc::Rc;

use leptos_socket_core::Instant;
use uuid::Uuid;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Out,
    In,
    /// What the socket itself says.
    Here,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Call,
    /// A message without a reply.
    Send,
    Reply,
    Push,
    /// Of the heartbeat, and its answer.
    Ping,
    Notice,
    /// A link opens, or is lost.
    State,
}

impl Kind {
    pub(crate) const ALL: [Self; 7] =
        [Self::Call, Self::Send, Self::Reply, Self::Push, Self::Ping, Self::Notice, Self::State];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Send => "send",
            Self::Reply => "reply",
            Self::Push => "push",
            Self::Ping => "ping",
            Self::Notice => "notice",
            Self::State => "state",
        }
    }
}

/// One line of the log. No secret is in it.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) number: u64,
    pub(crate) at: Instant,
    pub(crate) direction: Direction,
    pub(crate) kind: Kind,
    pub(crate) route: String,
    pub(crate) uuid: Option<Uuid>,
    pub(crate) status: Option<u16>,
    /// The names of its headers.
    pub(crate) headers: Vec<String>,
    /// The payload; or what the socket says.
    pub(crate) text: String,
    /// Whether `text` is only the beginning.
    pub(crate) is_cut: bool,
    /// Of the whole frame.
    pub(crate) bytes: usize,
}

impl Entry {
    /// What it occupies, about.
    fn size(&self) -> usize {
        let headers = self.headers.iter().map(|name| name.capacity() + size_of::<String>()).sum::<usize>();
        size_of::<Self>() + self.route.capacity() + self.text.capacity() + headers
    }
}

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) messages: usize,
    pub(crate) bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { messages: 500, bytes: 2 << 20 }
    }
}

/// In place of what belonged to another person.
const FORGOTTEN: &str = "forgotten: another person uses the socket now";

#[derive(Debug, Default)]
pub(crate) struct Log {
    entries: VecDeque<Rc<Entry>>,
    bytes: usize,
    pub(super) limits: Limits,
    /// How many there were.
    total: u64,
}

impl Log {
    pub(super) fn add(&mut self, mut entry: Entry) {
        self.total += 1;
        entry.number = self.total;
        self.bytes += entry.size();
        self.entries.push_back(Rc::new(entry));
        while self.entries.len() > self.limits.messages || self.bytes > self.limits.bytes {
            let Some(oldest) = self.entries.pop_front() else { break };
            self.bytes -= oldest.size();
        }
    }

    pub(super) fn clear(&mut self) {
        (self.entries, self.bytes) = (VecDeque::new(), 0);
    }

    /// Of each only that it was there.
    pub(super) fn forget_texts(&mut self) {
        for entry in std::mem::take(&mut self.entries) {
            self.bytes -= entry.size();
            let is_message = entry.direction != Direction::Here;
            let text = if is_message { FORGOTTEN.to_owned() } else { entry.text.clone() };
            let forgotten = Entry {
                route: entry.route.clone(),
                headers: entry.headers.clone(),
                text,
                is_cut: is_message,
                ..*entry
            };
            self.bytes += forgotten.size();
            self.entries.push_back(Rc::new(forgotten));
        }
    }

    /// The oldest first.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &Rc<Entry>> {
        self.entries.iter()
    }

    /// How many there were, those that were dropped included.
    pub(crate) const fn total(&self) -> u64 {
        self.total
    }

    #[cfg(test)]
    const fn bytes(&self) -> usize {
        self.bytes
    }

    /// The number of the oldest that is kept.
    fn first_number(&self) -> u64 {
        self.entries.front().map_or(self.total + 1, |entry| entry.number)
    }

    /// Those that came after this one.
    fn after(&self, number: u64) -> impl Iterator<Item = &Rc<Entry>> {
        let skipped = (number + 1).saturating_sub(self.first_number());
        self.entries.iter().skip(usize::try_from(skipped).unwrap_or(usize::MAX))
    }

    /// The routes of what is kept, each once.
    pub(crate) fn routes(&self) -> Vec<String> {
        let mut routes: Vec<&str> = self.entries.iter().map(|entry| entry.route.as_str()).collect();
        routes.sort_unstable();
        routes.dedup();
        routes.into_iter().filter(|route| !route.is_empty()).map(str::to_owned).collect()
    }
}

/// Which messages are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Filter {
    /// In lower case. Everything contains an empty one.
    text: String,
    pub(crate) direction: Option<Direction>,
    pub(crate) route: Option<String>,
    kinds: [bool; Kind::ALL.len()],
}

impl Default for Filter {
    fn default() -> Self {
        Self { text: String::new(), direction: None, route: None, kinds: [true; Kind::ALL.len()] }
    }
}

impl Filter {
    pub(crate) fn search(&mut self, text: &str) {
        self.text = text.trim().to_lowercase();
    }

    pub(crate) const fn shows(&self, kind: Kind) -> bool {
        self.kinds[kind as usize]
    }

    pub(crate) const fn toggle(&mut self, kind: Kind) {
        self.kinds[kind as usize] = !self.kinds[kind as usize];
    }

    pub(crate) fn matches(&self, entry: &Entry) -> bool {
        self.shows(entry.kind)
            && self.direction.is_none_or(|direction| direction == entry.direction)
            && self.route.as_ref().is_none_or(|route| *route == entry.route)
            && self.finds(entry)
    }

    fn finds(&self, entry: &Entry) -> bool {
        self.text.is_empty()
            || contains(&entry.text, &self.text)
            || contains(&entry.route, &self.text)
            || entry.status.is_some_and(|status| status.to_string() == self.text)
            || entry.uuid.is_some_and(|uuid| self.text.len() >= 8 && uuid.to_string().starts_with(&self.text))
    }
}

/// Whether `text` contains a word that is in lower case.
fn contains(text: &str, word: &str) -> bool {
    if !word.is_ascii() {
        return text.to_lowercase().contains(word);
    }
    text.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

/// What is shown of a log. It looks at each message once, however often it catches up.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    filter: Filter,
    shown: VecDeque<Rc<Entry>>,
    /// The last message that it looked at.
    seen: u64,
}

impl Listing {
    pub(crate) fn set_filter(&mut self, filter: Filter) {
        if self.filter != filter {
            *self = Self { filter, ..Self::default() };
        }
    }

    pub(crate) fn catch_up(&mut self, log: &Log) {
        let first = log.first_number();
        while self.shown.front().is_some_and(|entry| entry.number < first) {
            self.shown.pop_front();
        }
        let new = log.after(self.seen).filter(|entry| self.filter.matches(entry)).cloned();
        self.shown.extend(new);
        self.seen = log.total();
    }

    /// It looks at all of them again.
    pub(crate) fn start_anew(&mut self) {
        (self.shown, self.seen) = (VecDeque::new(), 0);
    }

    /// How many messages match that it has not caught up with.
    pub(crate) fn behind(&self, log: &Log) -> usize {
        log.after(self.seen).filter(|entry| self.filter.matches(entry)).count()
    }

    pub(crate) fn len(&self) -> usize {
        self.shown.len()
    }

    /// The latest is the first.
    pub(crate) fn get(&self, index: usize) -> Option<&Rc<Entry>> {
        self.shown.get(self.shown.len().checked_sub(index + 1)?)
    }

    pub(crate) fn index_of(&self, number: u64) -> Option<usize> {
        let at = self.shown.binary_search_by_key(&number, |entry| entry.number).ok()?;
        Some(self.shown.len() - 1 - at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(seed: u64) -> Entry {
        Entry {
            number: 0,
            at: Instant::from_millis(seed),
            direction: [Direction::Out, Direction::In][seed as usize % 2],
            kind: Kind::ALL[seed as usize % 7],
            route: format!("route{}", seed % 5),
            uuid: None,
            status: Some(200 + (seed % 3) as u16),
            headers: vec!["token".to_owned()],
            text: "Ünïcode and ASCII ".repeat((seed % 17) as usize),
            is_cut: false,
            bytes: 0,
        }
    }

    fn seeds() -> impl Iterator<Item = u64> {
        let next =
            |seed: &u64| Some(seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407));
        std::iter::successors(Some(1_u64), next).map(|seed| seed >> 40)
    }

    #[test]
    fn a_log_never_holds_more_than_its_limits() {
        let mut log = Log { limits: Limits { messages: 50, bytes: 10_000 }, ..Log::default() };
        for seed in seeds().take(5_000) {
            log.add(entry(seed));
            assert!(log.iter().len() <= 50 && log.bytes() <= 10_000);
            assert_eq!(log.bytes(), log.iter().map(|entry| entry.size()).sum::<usize>());
        }
        assert_eq!(log.iter().last().unwrap().number, log.total());
        assert!(log.iter().len() > 5);
        log.forget_texts();
        assert_eq!(log.bytes(), log.iter().map(|entry| entry.size()).sum::<usize>());
        assert!(log.iter().all(|entry| !entry.text.contains("ASCII")));
        log.clear();
        assert_eq!((log.bytes(), log.iter().len()), (0, 0));
    }

    #[test]
    fn a_message_larger_than_all_that_may_be_kept_is_not_kept() {
        let mut log = Log { limits: Limits { messages: 50, bytes: 100 }, ..Log::default() };
        log.add(entry(16));
        assert_eq!((log.iter().len(), log.bytes(), log.total()), (0, 0, 1));
    }

    #[test]
    fn a_listing_shows_what_matches_however_rarely_it_catches_up() {
        let mut log = Log { limits: Limits { messages: 80, bytes: 1 << 20 }, ..Log::default() };
        let mut filter = Filter { direction: Some(Direction::In), ..Filter::default() };
        filter.search(" aScIi ");
        filter.toggle(Kind::Ping);
        let mut listing = Listing::default();
        listing.set_filter(filter.clone());
        for (step, seed) in seeds().take(3_000).enumerate() {
            log.add(entry(seed));
            if seed % 37 < 4 || step % 500 == 499 {
                let mut expected: Vec<u64> =
                    log.iter().filter(|entry| filter.matches(entry)).map(|entry| entry.number).collect();
                expected.reverse();
                let missing = expected.iter().filter(|number| **number > listing.seen).count();
                assert_eq!(listing.behind(&log), missing);
                listing.catch_up(&log);
                let shown: Vec<u64> = (0..listing.len()).filter_map(|n| Some(listing.get(n)?.number)).collect();
                assert_eq!(shown, expected);
                assert_eq!(listing.behind(&log), 0);
                assert!(shown.iter().enumerate().all(|(index, number)| listing.index_of(*number) == Some(index)));
            }
        }
        assert!(listing.len() > 3 && listing.get(listing.len()).is_none());
    }

    #[test]
    fn a_search_finds_text_routes_and_states_in_any_case() {
        let finds = |word: &str| {
            let mut filter = Filter::default();
            filter.search(word);
            filter.matches(&Entry { text: "Grüße ABC".to_owned(), ..entry(1) })
        };
        for word in ["", "abc", "AB", "GRÜ", "route1", "201"] {
            assert!(finds(word), "{word}");
        }
        for word in ["abd", "route2", "20", "grüse"] {
            assert!(!finds(word), "{word}");
        }
    }
}
