//! Pushes as a stream.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use futures::Stream;
use futures::stream::FusedStream;
use leptos::prelude::*;

use super::listeners::Listening;

/// How many pushes wait for a stream that is not read, unless it is told otherwise.
const CAPACITY: usize = 16_384;

/// Pushes of one route, in order. A push that comes waits here until it is taken.
///
/// If more pushes wait than the [capacity](Self::capacity), the oldest are dropped, and the next item is [`Lagged`], which counts
/// them. So a slow reader knows how many it missed, and memory stays bounded.
///
/// The stream ends when the reactive owner in which it was made is cleaned up, or the socket is removed; what waits can
/// still be taken. Dropping it ends it too.
///
/// ```
/// use futures::StreamExt;
/// use leptos::task::spawn_local;
/// use leptos_socket::{Lagged, Socket};
/// # use leptos_socket::Push;
/// # #[derive(Debug, serde::Deserialize, Push)] #[push("tick")] struct Tick {}
///
/// fn listen(socket: Socket) {
///     let mut ticks = socket.pushes::<Tick>().capacity(100);
///     spawn_local(async move {
///         while let Some(tick) = ticks.next().await {
///             match tick {
///                 Ok(tick) => leptos::logging::log!("{tick:?}"),
///                 Err(Lagged(missed)) => leptos::logging::warn!("{missed} ticks were missed"),
///             }
///         }
///     });
/// }
/// ```
#[must_use = "a stream does nothing until it is read"]
pub struct PushStream<T> {
    queue: Rc<RefCell<Queue<T>>>,
    /// Gone when the owner, or the stream, is. Of a socket that is gone, or on a server, there is nothing to hear.
    listening: Option<StoredValue<Listening, LocalStorage>>,
}

/// How many pushes were dropped because nobody read them in time.
///
/// ```
/// use futures::StreamExt;
/// use leptos_socket::{Incoming, Lagged, PushStream, Query};
/// # use leptos_socket::Route;
/// # use serde::Serialize;
/// # #[derive(Serialize)] struct GetStock { article: u32 }
/// # impl Route for GetStock { const ROUTE: &'static str = "getStock"; type Response = u32; }
///
/// async fn follow(mut sold: PushStream<Incoming>, stock: Query<GetStock>) {
///     while let Some(sold) = sold.next().await {
///         if let Err(Lagged(missed)) = sold {
///             leptos::logging::warn!("{missed} sales were missed");
///             stock.refetch();
///         }
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} pushes were dropped, because nobody read them in time")]
pub struct Lagged(pub u64);

impl<T> PushStream<T> {
    pub(super) fn new(listen: impl FnOnce(Sink<T>) -> Option<Listening>) -> Self {
        let queue = Rc::new(RefCell::new(Queue::new()));
        let listening = listen(Sink(Rc::clone(&queue)));
        Self { queue, listening: listening.map(StoredValue::new_local) }
    }

    /// How many pushes may wait to be read; at least one. Default: 16,384.
    ///
    /// ```
    /// use futures::StreamExt;
    /// use futures::executor::block_on;
    /// use leptos_socket::Lagged;
    /// # use leptos_socket::Push;
    /// # #[derive(PartialEq, serde::Deserialize, Push)] #[push("tick")] struct Tick(u32);
    ///
    /// # use leptos::prelude::*;
    /// # use leptos_socket::transport::scripted::Scripted;
    /// # use leptos_socket::{SocketOptions, provide_sockets};
    /// # if cfg!(feature = "ssr") { return; }
    /// # let owner = Owner::new();
    /// # owner.set();
    /// # let (world, sockets) = (Scripted::new(), provide_sockets());
    /// # let options = SocketOptions::new().transport(world.clone());
    /// # let socket = sockets.add_socket("app", "ws://server/", options).expect("a valid URL");
    /// # world.accept();
    /// // `world` plays the server, see `transport::scripted`.
    /// let mut ticks = socket.pushes::<Tick>().capacity(2);
    /// for tick in ["1", "2", "3"] {
    ///     world.push("tick", tick);
    /// }
    /// assert_eq!(block_on(ticks.next()).and_then(Result::err), Some(Lagged(1)));
    /// assert!(block_on(ticks.next()).is_some_and(|tick| tick == Ok(Tick(2))));
    /// # owner.cleanup();
    /// ```
    pub fn capacity(self, pushes: usize) -> Self {
        self.queue.borrow_mut().capacity = pushes.max(1);
        self
    }
}

impl<T> Stream for PushStream<T> {
    type Item = Result<T, Lagged>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut queue = self.queue.borrow_mut();
        let item = queue.take();
        if item.is_none() && !queue.ended {
            queue.reader = Some(context.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(item)
    }
}

impl<T> FusedStream for PushStream<T> {
    fn is_terminated(&self) -> bool {
        let queue = self.queue.borrow();
        queue.ended && queue.is_empty()
    }
}

impl<T> Drop for PushStream<T> {
    fn drop(&mut self) {
        if let Some(listening) = self.listening {
            listening.dispose();
        }
    }
}

impl<T> fmt::Debug for PushStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let queue = self.queue.borrow();
        write!(f, "PushStream({} waiting, {} dropped)", queue.items.len(), queue.lagged)
    }
}

/// The other end. The stream ends when it is dropped.
pub(super) struct Sink<T>(Rc<RefCell<Queue<T>>>);

impl<T> Sink<T> {
    pub(super) fn push(&self, item: T) {
        // Dropped when nothing is borrowed.
        let (_dropped, reader) = self.0.borrow_mut().push(item);
        if let Some(reader) = reader {
            reader.wake();
        }
    }
}

impl<T> Sink<T> {
    /// What waits counts no more, but the reader hears how much that was.
    pub(super) fn forget(&self) {
        let mut queue = self.0.borrow_mut();
        let waiting = std::mem::take(&mut queue.items);
        queue.lagged += waiting.len() as u64;
        drop(queue);
        drop(waiting);
    }
}

impl<T> Drop for Sink<T> {
    fn drop(&mut self) {
        let mut queue = self.0.borrow_mut();
        queue.ended = true;
        let reader = queue.reader.take();
        drop(queue);
        if let Some(reader) = reader {
            reader.wake();
        }
    }
}

pub(super) struct Queue<T> {
    items: VecDeque<T>,
    capacity: usize,
    /// How many were dropped since the last one was taken.
    lagged: u64,
    ended: bool,
    reader: Option<Waker>,
}

impl<T> Queue<T> {
    const fn new() -> Self {
        Self { items: VecDeque::new(), capacity: CAPACITY, lagged: 0, ended: false, reader: None }
    }

    fn push(&mut self, item: T) -> (Option<T>, Option<Waker>) {
        let oldest = if self.items.len() >= self.capacity { self.items.pop_front() } else { None };
        self.lagged += u64::from(oldest.is_some());
        self.items.push_back(item);
        (oldest, self.reader.take())
    }

    fn take(&mut self) -> Option<Result<T, Lagged>> {
        match std::mem::take(&mut self.lagged) {
            0 => self.items.pop_front().map(Ok),
            missed => Some(Err(Lagged(missed))),
        }
    }

    fn is_empty(&self) -> bool {
        self.items.is_empty() && self.lagged == 0
    }
}
