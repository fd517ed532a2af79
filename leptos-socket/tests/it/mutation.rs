//! Changes that a component starts: to their end, and shown before that.

use std::rc::Rc;

use leptos::prelude::*;
use leptos_socket::{
    CallError, Headers, Identity, Mutation, Query, Replied, Route, Socket, UseMutationOptions, UseQueryOptions,
    use_mutation, use_mutation_with_options, use_query_with_options,
};
use serde::Serialize;

use crate::support::{Log, Page, Runs, millis, routes, secs, settle, with_effects};

#[derive(Serialize, Route)]
#[route("list", response = Vec<String>)]
struct GetList {}

#[derive(Serialize, Route)]
#[route("add", response = u32)]
struct Add {
    text: String,
}

fn list(socket: Socket) -> Query<GetList> {
    use_query_with_options(socket, || GetList {}, UseQueryOptions::new())
}

/// What may be applied twice.
fn optimistic() -> UseMutationOptions<Add> {
    UseMutationOptions::new().optimistic(|change: &Add, _: &GetList, list: &mut Vec<String>| {
        if !list.contains(&change.text) {
            list.push(change.text.clone());
        }
    })
}

fn add(mutation: Mutation<Add>, text: &str) {
    mutation.dispatch(Add { text: text.to_owned() });
}

fn answer(page: &Page, list: &[&str]) {
    assert!(page.world.reply_to("list", 200, &serde_json::to_string(list).unwrap()));
}

fn shown(query: Query<GetList>) -> Vec<String> {
    query.data().get_untracked().unwrap_or_default()
}

fn soon(page: &Page) {
    page.world.advance(millis(0));
}

/// A list with one row, and a mutation.
fn start(page: &Page) -> (Socket, Query<GetList>, Mutation<Add>) {
    let socket = page.open("app");
    let (query, mutation) = (list(socket), use_mutation_with_options(socket, optimistic()));
    answer(page, &["a"]);
    (socket, query, mutation)
}

#[test]
fn it_runs_to_its_end_though_its_component_is_gone() {
    for has_link in [true, false] {
        let page = Page::new();
        let socket = page.open("app");
        let done = Log::new();
        let log = done.clone();
        let part = page.component();
        let options = UseMutationOptions::new().on_success(move |change: &Add, id| log.add((change.text.clone(), *id)));
        let mutation = part.with(|| use_mutation_with_options(socket, options));
        if !has_link {
            page.world.close(1006);
        }
        add(mutation, "a");
        part.cleanup();
        if !has_link {
            page.world.advance(secs(1));
            page.world.accept();
        }
        assert!(page.world.reply_to("add", 200, "7"));
        assert_eq!(done.take(), [("a".to_owned(), 7)]);
    }
}

#[test]
fn several_run_in_order_and_what_is_told_belongs_to_the_latest() {
    let page = Page::new();
    let socket = page.open("app");
    let mutation = use_mutation::<Add>(socket);
    page.world.close(1006);
    for text in ["a", "b", "c"] {
        add(mutation, text);
    }
    assert_eq!(mutation.pending().get_untracked(), 3);
    page.world.advance(secs(1));
    page.world.accept();
    assert_eq!(routes(&page.world.take_sent()), ["add"; 3]);
    add(mutation, "d");
    assert!(page.world.reply_to("add", 200, "4"));
    let input = mutation.input().get_untracked().unwrap();
    assert_eq!((input.text.as_str(), mutation.value().get_untracked()), ("d", Some(4)));
    assert_eq!(mutation.pending().get_untracked(), 3);
    let pending = mutation.pending_inputs().get_untracked();
    assert_eq!(pending.iter().map(|add| &*add.text).collect::<Vec<_>>(), ["a", "b", "c"]);
    add(mutation, "e");
    assert_eq!(mutation.value().get_untracked(), None);
    page.world.advance(secs(31));
    assert_eq!(mutation.pending().get_untracked(), 0);
    assert!(mutation.error().get_untracked().is_some_and(|error| error.is_timeout()));
}

#[test]
fn how_an_earlier_change_ended_is_not_told_of_the_latest() {
    let page = Page::new();
    let socket = page.open("app");
    let mutation = use_mutation::<Add>(socket);
    for text in ["a", "b", "c"] {
        add(mutation, text);
    }
    assert!(page.world.reply_to("add", 200, "1") && page.world.reply_to("add", 409, "null"));
    assert!(mutation.value().get_untracked().is_none() && mutation.error().get_untracked().is_none());
    assert!(page.world.reply_to("add", 200, "3"));
    assert_eq!(mutation.value().get_untracked(), Some(3));
    add(mutation, "d");
    page.world.close(1006);
    add(mutation, "e");
    assert!(mutation.error().get_untracked().is_none());
    mutation.cancel();
    assert!(matches!(mutation.error().get_untracked(), Some(CallError::NotSent(_))));
}

#[test]
fn a_change_is_shown_at_once_neither_flickers_nor_is_there_twice() {
    with_effects(async || {
        let page = Page::new();
        let (_, query, mutation) = start(&page);
        let runs = Runs::of(move || query.data().get());
        assert_eq!(runs.take().await, 1);
        add(mutation, "b");
        assert_eq!(shown(query), ["a", "b"]);
        assert!(page.world.reply_to("add", 200, "2"));
        assert_eq!(mutation.pending().get_untracked(), 0);
        soon(&page);
        answer(&page, &["a", "b"]);
        assert_eq!(shown(query), ["a", "b"]);
        // There, and never gone and back.
        assert_eq!(runs.take().await, 1);
        query.refetch();
        soon(&page);
        answer(&page, &["a"]);
        assert_eq!(shown(query), ["a"]);
    });
}

#[test]
fn an_answer_to_what_was_asked_before_the_call_ended_does_not_remove_it() {
    let page = Page::new();
    let (_, query, mutation) = start(&page);
    add(mutation, "b");
    query.refetch();
    soon(&page);
    assert!(page.world.reply_to("add", 200, "2"));
    answer(&page, &["a"]);
    assert_eq!(shown(query), ["a", "b"]);
    soon(&page);
    answer(&page, &["a", "renamed by the server"]);
    assert_eq!(shown(query), ["a", "renamed by the server"]);
    assert!(page.world.take_sent().is_empty());
}

#[test]
fn a_refusal_removes_it_at_once() {
    let page = Page::new();
    let (_, query, mutation) = start(&page);
    add(mutation, "b");
    add(mutation, "c");
    assert!(page.world.reply_to("add", 409, r#""it is there already""#));
    assert_eq!(shown(query), ["a", "c"]);
    assert!(page.world.reply_to("add", 409, r#""it is there already""#));
    assert_eq!(shown(query), ["a"]);
    let error = mutation.error().get_untracked().unwrap();
    assert_eq!(error.payload::<String>().as_deref(), Some("it is there already"));
    soon(&page);
    assert!(page.world.take_sent().is_empty());
}

#[test]
fn a_server_that_failed_over_it_is_asked_what_came_of_it() {
    let page = Page::new();
    let (_, query, mutation) = start(&page);
    add(mutation, "b");
    assert!(page.world.reply_to("add", 500, "null"));
    assert_eq!(shown(query), ["a"]);
    soon(&page);
    answer(&page, &["a", "b"]);
    assert_eq!(shown(query), ["a", "b"]);
}

#[test]
fn what_never_left_is_removed_at_once() {
    let page = Page::new();
    let (_, query, mutation) = start(&page);
    page.world.close(1006);
    add(mutation, "b");
    assert_eq!(shown(query), ["a", "b"]);
    page.world.advance(secs(31));
    assert_eq!((shown(query), mutation.unsettled().get_untracked()), (vec!["a".to_owned()], 0));
}

#[test]
fn what_nobody_knows_the_outcome_of_stays_unsettled_until_the_data_is_fetched() {
    let page = Page::new();
    let (_, query, mutation) = start(&page);
    add(mutation, "b");
    page.world.close(1006);
    assert!(matches!(mutation.error().get_untracked(), Some(CallError::OutcomeUnknown(_))));
    assert_eq!((shown(query), mutation.unsettled().get_untracked()), (vec!["a".to_owned(), "b".to_owned()], 1));
    page.world.advance(secs(1));
    page.world.accept();
    soon(&page);
    answer(&page, &["a"]);
    assert_eq!((shown(query), mutation.unsettled().get_untracked()), (vec!["a".to_owned()], 0));
}

#[test]
fn an_answer_that_nobody_can_read_was_a_success() {
    let page = Page::new();
    let (_, query, mutation) = start(&page);
    add(mutation, "b");
    assert!(page.world.reply_to("add", 200, r#""odd""#));
    assert!(matches!(mutation.error().get_untracked(), Some(CallError::Replied(Replied::Undecodable { .. }))));
    assert_eq!((shown(query).len(), mutation.unsettled().get_untracked()), (2, 0));
}

#[test]
fn a_query_that_comes_while_a_change_is_under_way_shows_it() {
    let page = Page::new();
    let socket = page.open("app");
    let mutation = use_mutation_with_options(socket, optimistic());
    add(mutation, "b");
    let query = list(socket);
    answer(&page, &["a"]);
    assert_eq!(shown(query), ["a", "b"]);
    assert!(page.world.reply_to("add", 400, "null"));
    assert_eq!(shown(query), ["a"]);
}

#[test]
fn data_that_nobody_shows_is_forgotten_when_it_changed() {
    let page = Page::new();
    let socket = page.open("app");
    let part = page.component();
    part.with(|| list(socket));
    answer(&page, &["a"]);
    part.cleanup();
    let mutation = use_mutation_with_options(socket, UseMutationOptions::new().invalidates::<GetList>());
    add(mutation, "b");
    assert!(page.world.reply_to("add", 200, "2"));
    assert_eq!(list(socket).data().get_untracked(), None);
    assert_eq!(routes(&page.world.take_sent()), ["list"]);
}

#[test]
fn what_is_cancelled_never_leaves_or_is_unsettled() {
    let page = Page::new();
    let (_, query, mutation) = start(&page);
    add(mutation, "b");
    mutation.cancel();
    assert_eq!((shown(query).len(), mutation.pending().get_untracked()), (2, 0));
    assert_eq!(mutation.unsettled().get_untracked(), 1);
    soon(&page);
    answer(&page, &["a"]);
    assert_eq!((shown(query).len(), mutation.unsettled().get_untracked()), (1, 0));
    page.world.close(1006);
    add(mutation, "c");
    mutation.cancel();
    assert_eq!((shown(query).len(), mutation.unsettled().get_untracked()), (1, 0));
    page.world.advance(secs(1));
    page.world.accept();
    assert!(!routes(&page.world.take_sent()).contains(&"add"));
}

#[test]
fn another_person_sees_no_change_of_the_last_one() {
    let page = Page::new();
    let identity = |name: &str| Some(Identity::new(name, Headers::new().with("token", name)));
    let who = RwSignal::new(identity("alice"));
    let socket = page.open_with("app", page.options().identity(who));
    let (query, mutation) = (list(socket), use_mutation_with_options(socket, optimistic()));
    answer(&page, &["a"]);
    add(mutation, "of alice");
    who.set(identity("bob"));
    assert_eq!((query.data().get_untracked(), mutation.pending().get_untracked()), (None, 0));
    assert!(matches!(mutation.error().get_untracked(), Some(CallError::OutcomeUnknown(_))));
    assert_eq!(mutation.unsettled().get_untracked(), 0);
    page.world.accept();
    assert_eq!(routes(&page.world.take_sent()), ["list"]);
}

#[test]
fn it_is_gone_with_its_component_or_with_the_last_change_that_was_under_way_then() {
    for is_under_way in [false, true] {
        let page = Page::new();
        let socket = page.open("app");
        let captured = Rc::new(());
        let gone = Rc::downgrade(&captured);
        let part = page.component();
        let options = UseMutationOptions::new().on_success(move |_: &Add, _| drop(Rc::clone(&captured)));
        let mutation = part.with(|| use_mutation_with_options(socket, options));
        if is_under_way {
            add(mutation, "a");
        }
        part.cleanup();
        assert_eq!(gone.strong_count(), usize::from(is_under_way));
        // Nobody is there any more who could be told of this one.
        add(mutation, "b");
        assert_eq!(page.world.reply_to("add", 200, "7"), is_under_way);
        assert!(!page.world.reply_to("add", 200, "8"));
        assert_eq!(gone.strong_count(), 0);
    }
}

#[test]
fn every_failure_is_told_once_in_each_place() {
    let page = Page::new();
    let (all, own) = (Log::new(), Log::new());
    let (log_all, log_own) = (all.clone(), own.clone());
    let options = page.options().on_call_error(move |call, error| log_all.add(format!("{}: {error}", call.route)));
    let socket = page.open_with("app", options);
    let options =
        UseMutationOptions::new().on_error(move |change: &Add, error| log_own.add(format!("{}: {error}", change.text)));
    let mutation = use_mutation_with_options(socket, options);
    add(mutation, "b");
    assert!(page.world.reply_to("add", 409, "null"));
    assert_eq!(
        (all.take(), own.take()),
        (vec!["add: the server answered 409".to_owned()], vec!["b: the server answered 409".to_owned()])
    );
}

#[test]
fn its_functions_may_make_the_next_change() {
    with_effects(async || {
        let page = Page::new();
        let socket = page.open("app");
        let next = use_mutation::<Add>(socket);
        let options =
            UseMutationOptions::new().on_success(move |change: &Add, _| add(next, &format!("{}!", change.text)));
        let mutation = use_mutation_with_options(socket, options);
        add(mutation, "b");
        assert!(page.world.reply_to("add", 200, "1"));
        settle().await;
        assert_eq!(page.world.take_sent()[0]["payload"]["text"], "b!");
    });
}
