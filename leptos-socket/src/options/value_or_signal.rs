//! A value that an app gives a socket, and may change: by a signal, or by a function that reads signals.

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use leptos::prelude::*;

use crate::Socket;
use crate::reactive::{Watching, in_no_context, without_owner};
use crate::socket::Inner;

/// A value, a signal of it, or a function that returns it and may read signals.
///
/// It is not for you to make: [`SocketOptions`](crate::SocketOptions) take whatever becomes one. A signal must live as long as the
/// socket. If it is disposed earlier, the socket keeps the last value.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_socket::{Headers, SocketOptions};
///
/// # fn example(language: RwSignal<String>) {
/// let fixed = SocketOptions::new().global_headers(Headers::new().with("client", "2.1"));
/// let follows = SocketOptions::new().global_headers(move || Headers::new().with("language", language.get()));
/// # }
/// ```
pub struct ValueOrSignal<T: 'static>(Rc<dyn Follow<T>>);

/// What is told of each new value.
type Tell<T> = fn(&Inner, T);

/// A trait object: a page that gives a value has no code for signals.
pub(super) trait Follow<T> {
    /// Tells the socket of the value now, and whenever it changes until what is returned is dropped.
    fn follow(&self, socket: Socket, tell: Tell<T>) -> Option<Box<dyn Any>>;
}

impl<T> ValueOrSignal<T> {
    pub(super) fn new(follow: impl Follow<T> + 'static) -> Self {
        Self(Rc::new(follow))
    }

    pub(super) fn fixed(value: T) -> Self
    where
        T: Clone,
    {
        Self::new(Fixed(value))
    }

    pub(super) fn follow(&self, socket: Socket, tell: Tell<T>) -> Option<Box<dyn Any>> {
        self.0.follow(socket, tell)
    }
}

struct Fixed<T>(T);

impl<T: Clone> Follow<T> for Fixed<T> {
    fn follow(&self, socket: Socket, tell: Tell<T>) -> Option<Box<dyn Any>> {
        socket.tell(|inner| tell(inner, self.0.clone()));
        None
    }
}

/// A function, and what it returned last.
struct Watched<T> {
    /// `None` once what is read is gone.
    read: Box<dyn Fn() -> Option<T> + Send + Sync>,
    last: Mutex<Option<T>>,
}

impl<T: Clone + PartialEq> Watched<T> {
    /// What it returns now, if that is something else.
    fn next(&self) -> Option<T> {
        let value = (self.read)()?;
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.as_ref() == Some(&value) {
            return None;
        }
        *last = Some(value.clone());
        Some(value)
    }
}

pub(super) struct Followed<T> {
    /// Until it is followed: then what follows it holds it.
    given: RefCell<Option<Arc<Watched<T>>>>,
    watched: Weak<Watched<T>>,
}

impl<T: Clone + PartialEq + Send + Sync + 'static> Followed<T> {
    pub(super) fn new(read: impl Fn() -> Option<T> + Send + Sync + 'static) -> Self {
        let given = Arc::new(Watched { read: Box::new(read), last: Mutex::new(None) });
        Self { watched: Arc::downgrade(&given), given: RefCell::new(Some(given)) }
    }

    pub(super) fn value(&self) -> Option<T> {
        untrack(|| (self.watched.upgrade()?.read)())
    }

    /// The value, if the socket was not told of it yet: then it counts as told.
    pub(super) fn news(&self) -> Option<T> {
        untrack(|| self.watched.upgrade()?.next())
    }
}

impl<T: Clone + PartialEq + Send + Sync + 'static> Follow<T> for Followed<T> {
    fn follow(&self, socket: Socket, tell: Tell<T>) -> Option<Box<dyn Any>> {
        let watched = self.given.take()?;
        let watch = move || {
            if let Some(value) = watched.next() {
                in_no_context(|| socket.tell(|inner| tell(inner, value)));
            }
        };
        Some(Box::new(without_owner(|| Watching::new(watch))))
    }
}

impl<T, F> From<F> for ValueOrSignal<T>
where
    F: Fn() -> T + Send + Sync + 'static,
    T: Clone + PartialEq + Send + Sync + 'static,
{
    fn from(read: F) -> Self {
        Self::new(Followed::new(move || Some(read())))
    }
}

/// With nightly Rust, signals are functions.
#[cfg(not(all(feature = "nightly", rustc_nightly)))]
macro_rules! from_signals {
    ($($signal:ident),*) => {
        $(
            impl<T: Clone + PartialEq + Send + Sync + 'static> From<$signal<T>> for ValueOrSignal<T> {
                fn from(signal: $signal<T>) -> Self {
                    Self::new(Followed::new(move || signal.try_get()))
                }
            }
        )*
    };
}

#[cfg(not(all(feature = "nightly", rustc_nightly)))]
from_signals!(Signal, ReadSignal, RwSignal, Memo);

impl<T> std::fmt::Debug for ValueOrSignal<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ValueOrSignal")
    }
}
