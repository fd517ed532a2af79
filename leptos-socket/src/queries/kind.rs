//! What the cache knows of a type of query. The rest of the cache is the same code for all types.

use std::any::{Any, TypeId};
use std::rc::Rc;

use leptos_socket_core::{CallError, Incoming, NotSent, Payload, Route};

use crate::calls::Outgoing;

/// A route whose answers a query can keep: that is every [`Route`] whose response is `Clone` and `PartialEq`.
///
/// `PartialEq`, because nobody is told of data that is what it was before.
#[diagnostic::on_unimplemented(note = "the response of a query has to be `Clone + PartialEq + Send + Sync + 'static`")]
pub trait QueryRoute: Route<Response: Clone + PartialEq + Send + Sync + 'static> + 'static {}

impl<R> QueryRoute for R where R: Route<Response: Clone + PartialEq + Send + Sync + 'static> + 'static {}

/// Of a type that only its [`Kind`] knows.
pub(super) type Data = Rc<dyn Any>;

/// Which entry: the type tells apart two routes of one name, and the text is what is asked.
pub(super) type Key = (TypeId, String);

pub(super) struct Kind {
    pub(super) route: &'static str,
    pub(super) decode: fn(Incoming) -> Result<Data, CallError>,
    /// A changed copy.
    pub(super) change: fn(&dyn Any, &mut Edit<'_>) -> Option<Data>,
    pub(super) is_equal: fn(&dyn Any, &dyn Any) -> bool,
}

/// Changes data in place.
pub(super) type Edit<'a> = dyn FnMut(&mut dyn Any) + 'a;

trait Known: QueryRoute {
    const KIND: Kind;
}

impl<R: QueryRoute> Known for R {
    const KIND: Kind = Kind {
        route: R::ROUTE,
        decode: |reply| Ok(Rc::new(reply.into_payload::<R::Response>()?)),
        change: |data, change| {
            let mut data = data.downcast_ref::<R::Response>()?.clone();
            change(&mut data);
            Some(Rc::new(data))
        },
        is_equal: |one, other| one.downcast_ref::<R::Response>() == other.downcast_ref(),
    };
}

/// What is asked for.
pub(super) struct Asked {
    pub(super) key: Key,
    pub(super) route: Rc<dyn Any>,
    pub(super) kind: &'static Kind,
    /// What does not serialise cannot be sent.
    pub(super) message: Result<Outgoing, NotSent>,
}

impl Asked {
    pub(super) fn new<R: QueryRoute>(route: R) -> Self {
        let payload = Payload::encode(&route).map_err(|error| NotSent::Unserialisable(error.to_string()));
        let message = payload.map(|payload| Outgoing::new(R::ROUTE, payload).idempotent(true));
        let text = message.as_ref().map(|message| message.payload().as_str().to_owned());
        Self {
            key: (TypeId::of::<R>(), text.unwrap_or_default()),
            route: Rc::new(route),
            kind: &<R as Known>::KIND,
            message: message.map(|mut message| {
                message.options_mut().priority = R::PRIORITY;
                message
            }),
        }
    }
}

/// A function of the app that changes data, given what was asked.
pub(super) type Apply = Rc<dyn Fn(&dyn Any, &mut dyn Any)>;

pub(super) fn apply<R: QueryRoute>(change: impl Fn(&R, &mut R::Response) + 'static) -> Apply {
    Rc::new(move |asked, data| {
        if let (Some(asked), Some(data)) = (asked.downcast_ref(), data.downcast_mut()) {
            change(asked, data);
        }
    })
}

/// What changes data that is there, without a fetch.
#[derive(Clone)]
pub(super) struct Change {
    pub(super) version: Option<u64>,
    pub(super) apply: Apply,
}
