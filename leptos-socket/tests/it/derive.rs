//! The derives, as an app uses them: with nothing in scope but `leptos_socket` and serde.

use crate::support::Start as _;
use leptos::prelude::*;
use leptos_socket::{CallError, OutcomeUnknown, Priority, Push, Route, use_query};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::support::{Log, Page, SayHello, message, outcome, routes, secs};

#[derive(Serialize, Route)]
#[route("logOut", response = ())]
struct LogOut;

#[derive(Serialize, Route)]
#[route("find", response = Vec<T>)]
struct Find<'a, T: DeserializeOwned, const LIMIT: usize = 2>
where
    T: Serialize,
{
    like: &'a T,
}

#[derive(Serialize, Route)]
#[route("move", response = i32)]
#[serde(rename_all = "camelCase")]
enum Move {
    By(i32),
    ToStart,
}

#[derive(Serialize, Route)]
#[route("getStock", response = u32, idempotent)]
struct GetStock {
    article: u32,
}

#[derive(Serialize, Route)]
#[route("storePart", response = (), bulk)]
struct StorePart;

#[derive(Serialize, Route)]
#[route("loadAll", response = u32, bulk)]
struct LoadAll;

#[derive(Clone, Debug, PartialEq, Deserialize, Push)]
#[push("changed")]
#[serde(bound = "T: DeserializeOwned")]
struct Changed<T: DeserializeOwned + 'static> {
    to: T,
}

#[test]
fn a_unit_struct_has_no_payload_and_its_reply_needs_none() {
    let page = Page::new();
    let socket = page.open("app");
    drop(socket.call(LogOut).start());
    assert_eq!(page.world.take_sent()[0]["payload"], json!(null));
    let mut call = socket.call(LogOut).start();
    assert!(page.world.reply_to("logOut", 200, "null"));
    assert!(matches!(outcome(&mut call), Some(Ok(()))));
}

#[test]
fn a_generic_route_is_called_and_answered_with_its_own_types() {
    let page = Page::new();
    let socket = page.open("app");
    let (word, number) = ("a".to_owned(), 7);
    let mut words = socket.call(Find::<_> { like: &word }).start();
    let mut numbers = socket.call(Find::<_, 3> { like: &number }).start();
    assert!(page.world.reply_to("find", 200, r#"["a", "ab"]"#));
    assert_eq!(page.world.take_sent()[0]["payload"], json!({ "like": 7 }));
    assert_eq!(outcome(&mut words).unwrap().unwrap(), ["a", "ab"]);
    assert!(outcome(&mut numbers).is_none());
}

#[test]
fn an_enum_is_one_route_with_several_payloads() {
    let page = Page::new();
    let socket = page.open("app");
    let _calls = [socket.call(Move::By(-2)).start(), socket.call(Move::ToStart).start()];
    let sent = page.world.take_sent();
    assert_eq!(routes(&sent), ["move", "move"]);
    assert_eq!((&sent[0]["payload"], &sent[1]["payload"]), (&json!({ "by": -2 }), &json!("toStart")));
}

#[test]
fn an_idempotent_route_is_called_again_after_a_lost_link_and_others_are_not() {
    let page = Page::new();
    let socket = page.open("app");
    let mut stock = socket.call(GetStock { article: 1 }).start();
    let mut once = socket.call(Move::By(1)).start();
    page.world.close(1006);
    assert!(matches!(outcome(&mut once), Some(Err(CallError::OutcomeUnknown(OutcomeUnknown::LinkLost(_))))));
    page.world.advance(secs(1));
    page.world.accept();
    assert!(!page.world.reply_to("move", 200, "1"));
    assert!(page.world.reply_to("getStock", 200, "12"));
    assert_eq!(outcome(&mut stock).unwrap().unwrap(), 12);
}

#[test]
fn calls_overtake_those_of_a_bulk_route_however_it_is_called() {
    let page = Page::new();
    let socket = page.add("app");
    let _part = socket.call(StorePart).start();
    let _patient = socket.call(StorePart).timeout(secs(60)).start();
    let _query = use_query(socket, || LoadAll);
    let _call = socket.call(Move::ToStart).start();
    page.world.accept();
    let sent = page.world.take_sent();
    assert_eq!(routes(&sent), ["move", "storePart", "storePart", "loadAll"]);
}

#[test]
fn a_call_can_be_bulk_where_its_route_is_not() {
    let page = Page::new();
    let socket = page.add("app");
    let _bulk = socket.call(Move::ToStart).bulk().start();
    let _message = socket.send(message("typing"));
    page.world.accept();
    assert_eq!(routes(&page.world.take_sent()), ["typing", "move"]);
}

#[test]
fn a_handwritten_route_is_as_before() {
    assert!(!SayHello::IDEMPOTENT && SayHello::PRIORITY == Priority::Call);
    let page = Page::new();
    let socket = page.add("app");
    let _hello = socket.call(SayHello { name: "World" }).start();
    let _derived = socket.call(Move::ToStart).start();
    page.world.accept();
    assert_eq!(routes(&page.world.take_sent()), ["sayHello", "move"]);
}

#[test]
fn a_generic_push_is_decoded_into_its_own_type() {
    let page = Page::new();
    let socket = page.open("app");
    let (numbers, latest) = (Log::new(), socket.latest::<Changed<u32>>());
    let log = numbers.clone();
    socket.on_push(move |changed: Changed<u32>| log.add(changed.to));
    page.world.push("changed", r#"{ "to": 7 }"#);
    page.world.push("other", r#"{ "to": 8 }"#);
    assert_eq!(numbers.take(), [7]);
    assert_eq!(latest.value().get_untracked(), Some(Changed { to: 7 }));
}

/// As an app has it that re-exports us, or that renames us in its `Cargo.toml`.
mod renamed {
    pub(super) use leptos_socket as sockets;
}

/// What a macro passes on is wrapped in invisible groups.
macro_rules! declare {
    ($route:literal, $response:ty, $home:path, $name:ident) => {
        #[derive(Serialize, Route)]
        #[route($route, response = $response, crate = $home, idempotent, bulk)]
        struct $name;

        #[derive(Deserialize, Push)]
        #[push($route, crate = $home)]
        #[allow(dead_code, reason = "only its route is asked for")]
        struct Pushed(u8);
    };
}

declare!("declared", Vec<(u8, u8)>, renamed::sockets, Declared);

#[test]
fn a_declarative_macro_can_write_the_attributes_and_say_where_the_traits_are() {
    let route: Declared = Declared;
    let _: Option<&Vec<(u8, u8)>> = None::<&<Declared as Route>::Response>;
    assert_eq!(leptos_socket::Message::from(route).route(), "declared");
    assert!(Declared::IDEMPOTENT && Declared::PRIORITY == Priority::Bulk);
    assert_eq!(Pushed::ROUTE, "declared");
}
