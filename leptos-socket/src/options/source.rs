//! A value that an app gives a socket, and may change: by a signal, or by a function that reads signals.

use std::any::Any;
use std::rc::Rc;
use std::sync::Mutex;

use leptos::prelude::*;

use crate::Socket;
use crate::owned::{Watching, without_owner};
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
pub struct Source<T: 'static>(Rc<dyn Follow<T>>);

/// What is told of each new value.
type Tell<T> = fn(&Inner, T);

/// A trait object: a page that gives a value has no code for signals.
pub(super) trait Follow<T> {
    /// Tells the socket of the value now, and whenever it changes until what is returned is dropped.
    fn follow(&self, socket: Socket, tell: Tell<T>) -> Option<Box<dyn Any>>;
}

impl<T> Source<T> {
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
        socket.with_inner(|inner| tell(inner, self.0.clone()));
        None
    }
}

/// `None` once what is read is gone.
type Read<T> = Rc<Mutex<Option<Box<dyn Fn() -> Option<T> + Send + Sync>>>>;

pub(super) struct Followed<T>(Read<T>);

impl<T> Followed<T> {
    pub(super) fn new(read: impl Fn() -> Option<T> + Send + Sync + 'static) -> Self {
        Self(Rc::new(Mutex::new(Some(Box::new(read)))))
    }

    pub(super) fn value(&self) -> Option<T> {
        self.0.lock().ok()?.as_ref()?()
    }
}

impl<T: Clone + PartialEq + Send + Sync + 'static> Follow<T> for Followed<T> {
    fn follow(&self, socket: Socket, tell: Tell<T>) -> Option<Box<dyn Any>> {
        let read = self.0.lock().ok()?.take()?;
        let last = Mutex::new(None);
        let watch = move || {
            let (Some(value), Ok(mut last)) = (read(), last.lock()) else { return };
            if last.as_ref() == Some(&value) {
                return;
            }
            *last = Some(value.clone());
            // Telling may set what is followed.
            drop(last);
            untrack(|| socket.with_inner(|inner| tell(inner, value)));
        };
        Some(Box::new(without_owner(|| Watching::new(watch))))
    }
}

impl<T, F> From<F> for Source<T>
where
    F: Fn() -> T + Send + Sync + 'static,
    T: Clone + PartialEq + Send + Sync + 'static,
{
    fn from(read: F) -> Self {
        Self::new(Followed::new(move || Some(read())))
    }
}

/// With nightly Rust, signals are functions.
#[cfg(not(feature = "nightly"))]
macro_rules! from_signals {
    ($($signal:ident),*) => {
        $(
            impl<T: Clone + PartialEq + Send + Sync + 'static> From<$signal<T>> for Source<T> {
                fn from(signal: $signal<T>) -> Self {
                    Self::new(Followed::new(move || signal.try_get()))
                }
            }
        )*
    };
}

#[cfg(not(feature = "nightly"))]
from_signals!(Signal, ReadSignal, RwSignal, Memo);

impl<T> std::fmt::Debug for Source<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Source")
    }
}
