//! What pushes mean for the data of queries.

use std::panic::{AssertUnwindSafe, catch_unwind};

use leptos::prelude::*;
use leptos_socket::{CallError, OutcomeUnknown, Push, Query, Route, Socket, SocketOptions, use_query};
use serde::{Deserialize, Serialize};

use crate::recorder::{record, text};
use crate::support::{Log, Page, Runs, millis, secs, with_effects};

#[derive(Serialize, Route)]
#[route("list", response = Vec<Item>)]
struct GetList {
    owner: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Item {
    id: u32,
    owner: u32,
    text: String,
}

#[derive(Deserialize, Push)]
#[push("itemChanged")]
struct ItemChanged {
    item: Item,
}

/// Once for the socket.
fn upsert(asked: &GetList, items: &mut Vec<Item>, ItemChanged { item }: &ItemChanged) {
    items.retain(|known| known.id != item.id);
    if item.owner == asked.owner {
        items.push(item.clone());
        items.sort_by_key(|item| item.id);
    }
}

fn open(page: &Page) -> Socket {
    page.open_with("app", page.options().live(upsert))
}

fn list(socket: Socket) -> Query<GetList> {
    use_query(socket, || GetList { owner: 1 })
}

fn item(id: u32, text: &str) -> Item {
    Item { id, owner: 1, text: text.to_owned() }
}

fn answer(page: &Page, items: &[Item]) {
    let items = serde_json::to_string(items).unwrap();
    assert!(page.world.reply_to("list", 200, &items));
}

fn change(page: &Page, item: &Item) {
    page.world.push("itemChanged", &serde_json::json!({ "item": item }).to_string());
}

fn texts(query: Query<GetList>) -> Vec<String> {
    query.data().get_untracked().into_iter().flatten().map(|item| item.text).collect()
}

#[test]
fn a_push_is_put_into_the_data_without_a_fetch() {
    let page = Page::new();
    let socket = open(&page);
    let (query, other) = (list(socket), use_query(socket, || GetList { owner: 2 }));
    answer(&page, &[item(1, "a")]);
    answer(&page, &[]);
    change(&page, &item(2, "b"));
    change(&page, &item(1, "a2"));
    assert_eq!((texts(query), texts(other)), (vec!["a2".to_owned(), "b".to_owned()], vec![]));
    change(&page, &Item { owner: 2, ..item(1, "given") });
    assert_eq!((texts(query), texts(other)), (vec!["b".to_owned()], vec!["given".to_owned()]));
    assert!(page.world.take_sent().is_empty());
}

#[test]
fn what_is_pushed_while_an_answer_is_under_way_is_put_into_that_too() {
    let page = Page::new();
    let query = list(open(&page));
    change(&page, &item(1, "newer"));
    change(&page, &item(2, "b"));
    // The server had looked before that.
    answer(&page, &[item(1, "older")]);
    assert_eq!(texts(query), ["newer", "b"]);
    query.refetch();
    page.world.advance(millis(0));
    change(&page, &item(1, "newest"));
    assert_eq!(texts(query), ["newest", "b"]);
    answer(&page, &[item(1, "newer"), item(2, "b")]);
    assert_eq!(texts(query), ["newest", "b"]);
}

#[test]
fn what_was_pushed_before_a_gap_is_not_put_into_an_answer_of_after_it() {
    let page = Page::new();
    let query = list(open(&page));
    change(&page, &item(1, "before the gap"));
    page.world.close(1006);
    page.world.advance(secs(1));
    page.world.accept();
    answer(&page, &[item(1, "changed in the gap")]);
    assert_eq!(texts(query), ["changed in the gap"]);
}

#[test]
fn data_that_nobody_shows_is_kept_up_to_date_while_it_is_kept() {
    let page = Page::new();
    let socket = open(&page);
    let part = page.component();
    part.with(|| list(socket));
    answer(&page, &[item(1, "a")]);
    part.cleanup();
    change(&page, &item(1, "b"));
    assert_eq!(texts(list(socket)), ["b"]);
}

#[test]
fn a_push_that_changes_nothing_wakes_nobody() {
    with_effects(async || {
        let page = Page::new();
        let query = list(open(&page));
        answer(&page, &[item(1, "a")]);
        let runs = Runs::of(move || (query.data().get(), query.stale().get(), query.fetching().get()));
        assert_eq!(runs.take().await, 1);
        change(&page, &item(1, "a"));
        change(&page, &Item { owner: 7, ..item(9, "of somebody else") });
        assert_eq!(runs.take().await, 0);
        change(&page, &item(1, "b"));
        assert_eq!(runs.take().await, 1);
    });
}

#[test]
fn a_push_that_cannot_be_read_says_that_something_changed() {
    let page = Page::new();
    let notices = Log::new();
    let log = notices.clone();
    let options = page.options().live(upsert).on_notice(move |notice, _| log.add(notice.to_string()));
    let query = list(page.open_with("app", options));
    answer(&page, &[item(1, "a")]);
    page.world.push("itemChanged", r#"{"item": "of a newer server"}"#);
    assert!(query.stale().get_untracked() && notices.len() == 1);
    page.world.advance(millis(0));
    answer(&page, &[item(1, "b")]);
    assert_eq!(texts(query), ["b"]);
}

#[test]
fn a_function_may_call_back_and_finds_everything_in_order() {
    let page = Page::new();
    let socket = RwSignal::new(None::<Socket>);
    let options = page.options().live(move |asked: &GetList, items: &mut Vec<Item>, changed: &ItemChanged| {
        upsert(asked, items, changed);
        let socket = socket.get_untracked().unwrap();
        // What it sets comes after what it is doing.
        socket.queries().update(|_: &GetList, items: &mut Vec<Item>| items.truncate(1));
        let _ = socket.send_message(leptos_socket::Message::new("seen", ()));
    });
    socket.set(Some(page.open_with("app", options)));
    let query = list(socket.get_untracked().unwrap());
    answer(&page, &[item(1, "a")]);
    change(&page, &item(2, "b"));
    assert_eq!(texts(query), ["a"]);
    change(&page, &item(1, "c"));
    assert_eq!(texts(query), ["c"]);
    assert_eq!(page.world.take_sent().len() % 2, 0);
}

#[test]
fn a_function_that_panics_leaves_what_there_was_and_the_next_push_is_put_in() {
    let page = Page::new();
    let options = page.options().live(|asked: &GetList, items: &mut Vec<Item>, changed: &ItemChanged| {
        items.clear();
        assert!(changed.item.text != "boom", "it panics");
        upsert(asked, items, changed);
    });
    let query = list(page.open_with("app", options));
    answer(&page, &[item(1, "a")]);
    assert!(catch_unwind(AssertUnwindSafe(|| change(&page, &item(1, "boom")))).is_err());
    assert_eq!(texts(query), ["a"]);
    change(&page, &item(2, "b"));
    assert_eq!(texts(query), ["b"]);
}

#[test]
fn pushes_are_put_into_an_answer_that_comes_late() {
    let page = Page::new();
    let query = list(open(&page));
    page.world.advance(secs(31));
    assert!(matches!(query.error().get_untracked(), Some(CallError::OutcomeUnknown(OutcomeUnknown::TimedOut { .. }))));
    change(&page, &item(1, "pushed"));
    answer(&page, &[item(1, "looked up before")]);
    assert_eq!((texts(query), query.error().get_untracked().is_none()), (vec!["pushed".to_owned()], true));
}

#[test]
fn a_push_that_cannot_be_applied_twice_is_warned_of_once() {
    let page = Page::new();
    record();
    let options = page.options().live(upsert).live(|_: &GetList, items: &mut Vec<Item>, changed: &ItemChanged| {
        // Whoever says "one more" says it twice.
        items.push(changed.item.clone());
    });
    let query = list(page.open_with("app", options));
    answer(&page, &[]);
    for id in 1..4 {
        change(&page, &item(id, "a"));
    }
    // It is applied once all the same.
    assert_eq!(texts(query).len(), 6);
    assert_eq!(text().matches("WARN").count(), 1, "{}", text());
    assert!(text().contains("`itemChanged` changes the data of `list` again"), "{}", text());
}

/// With versions, a push may be one that must not be applied twice.
mod versioned {
    use super::*;

    #[derive(Serialize, Route)]
    #[route("count", response = Count)]
    struct GetCount {}

    #[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
    struct Count {
        version: u64,
        sum: i64,
    }

    #[derive(Deserialize, Push)]
    #[push("added")]
    struct Added {
        version: u64,
        number: i64,
    }

    fn options(page: &Page) -> SocketOptions {
        page.options().live_versioned(
            |_: &GetCount, count, added: &Added| count.sum += added.number,
            |count| count.version,
            |added| added.version,
        )
    }

    fn count(page: &Page) -> Query<GetCount> {
        use_query(page.open_with("app", options(page)), || GetCount {})
    }

    fn answer(page: &Page, version: u64, sum: i64) {
        assert!(page.world.reply_to("count", 200, &format!(r#"{{"version": {version}, "sum": {sum}}}"#)));
    }

    fn add(page: &Page, version: u64, number: i64) {
        page.world.push("added", &format!(r#"{{"version": {version}, "number": {number}}}"#));
    }

    fn sum(query: Query<GetCount>) -> Option<i64> {
        query.data().get_untracked().map(|count| count.sum)
    }

    #[test]
    fn an_answer_that_overtakes_its_pushes_is_not_changed_by_them() {
        let page = Page::new();
        let query = count(&page);
        answer(&page, 3, 6);
        add(&page, 2, 2);
        add(&page, 3, 3);
        assert_eq!(sum(query), Some(6));
        add(&page, 4, 4);
        assert_eq!(sum(query), Some(10));
    }

    #[test]
    fn an_answer_that_lags_behind_gets_the_pushes_that_it_does_not_know_of() {
        let page = Page::new();
        let query = count(&page);
        for version in 1..5 {
            add(&page, version, 1);
        }
        answer(&page, 2, 2);
        assert_eq!(sum(query), Some(4));
    }

    #[test]
    fn an_answer_that_is_older_than_what_is_shown_is_not_shown() {
        let page = Page::new();
        let query = count(&page);
        answer(&page, 1, 1);
        add(&page, 2, 1);
        query.refetch();
        page.world.advance(millis(0));
        answer(&page, 1, 1);
        assert_eq!((sum(query), query.stale().get_untracked()), (Some(2), false));
    }

    #[test]
    fn an_answer_that_is_older_than_what_is_shown_is_asked_for_again_if_a_push_may_have_been_missed() {
        let page = Page::new();
        let query = count(&page);
        answer(&page, 1, 1);
        add(&page, 5, 1);
        page.world.close(1006);
        page.world.advance(secs(1));
        page.world.accept();
        page.world.advance(millis(0));
        // By a replica that has not heard of it.
        answer(&page, 4, 4);
        assert_eq!((sum(query), query.stale().get_untracked()), (Some(2), true));
        page.world.advance(secs(1));
        answer(&page, 7, 7);
        assert_eq!((sum(query), query.stale().get_untracked()), (Some(7), false));
    }
}
