//! What `tracing` gets to see, on the threads that want to know.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::{Debug, Write};
use std::sync::Once;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// A span or an event: its name, its level, and the fields that it had in the end.
#[derive(Debug)]
struct Entry {
    name: &'static str,
    level: String,
    fields: BTreeMap<&'static str, String>,
}

thread_local! {
    static ENTRIES: RefCell<Option<Vec<Entry>>> = const { RefCell::new(None) };
    static REACTION: RefCell<Option<Box<dyn FnOnce()>>> = const { RefCell::new(None) };
}

/// Everyone's subscriber: callsites remember for all threads whether one is interested.
struct Recorder;

/// Writes down what happens on this thread, from now on.
pub(crate) fn record() {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| tracing::subscriber::set_global_default(Recorder).unwrap());
    ENTRIES.set(Some(Vec::new()));
}

/// What the subscriber does when it hears of the next span.
pub(crate) fn react(reaction: impl FnOnce() + 'static) {
    REACTION.set(Some(Box::new(reaction)));
}

/// The fields of the spans of that name, in the order in which they were opened.
pub(crate) fn spans(name: &str) -> Vec<BTreeMap<&'static str, String>> {
    let of_name = |entries: &Vec<Entry>| {
        entries.iter().filter(|entry| entry.name == name).map(|entry| entry.fields.clone()).collect()
    };
    ENTRIES.with_borrow(|entries| entries.as_ref().map(of_name).unwrap_or_default())
}

/// All of it, a line each.
pub(crate) fn text() -> String {
    let mut text = String::new();
    ENTRIES.with_borrow(|entries| {
        for entry in entries.iter().flatten() {
            write!(text, "\n{}", entry.level).unwrap();
            for (name, value) in &entry.fields {
                write!(text, " {name}={value}").unwrap();
            }
        }
    });
    text
}

fn add(metadata: &Metadata<'static>, record: impl FnOnce(&mut Fields<'_>)) -> Id {
    let mut fields = BTreeMap::new();
    ENTRIES.with_borrow_mut(|entries| {
        let Some(entries) = entries else { return Id::from_u64(u64::MAX) };
        record(&mut Fields(&mut fields));
        entries.push(Entry { name: metadata.name(), level: metadata.level().to_string(), fields });
        Id::from_u64(entries.len() as u64)
    })
}

struct Fields<'a>(&'a mut BTreeMap<&'static str, String>);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}").trim_matches('"').to_owned());
    }
}

impl Subscriber for Recorder {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let id = add(span.metadata(), |fields| span.record(fields));
        if let Some(reaction) = REACTION.take() {
            reaction();
        }
        id
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        ENTRIES.with_borrow_mut(|entries| {
            let index = span.into_u64() as usize - 1;
            if let Some(entry) = entries.as_mut().and_then(|entries| entries.get_mut(index)) {
                values.record(&mut Fields(&mut entry.fields));
            }
        });
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        add(event.metadata(), |fields| event.record(fields));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}
