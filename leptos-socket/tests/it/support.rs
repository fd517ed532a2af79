//! A page with a provider, and a world that the test plays.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::FutureExt;
use leptos::prelude::*;
use leptos_socket::transport::scripted::Scripted;
use leptos_socket::{
    Call, CallError, Incoming, Message, Route, Socket, SocketConfig, SocketConfigBuilder, SocketOptions, Sockets,
    provide_sockets,
};
use serde::Serialize;
use serde_json::Value;

pub(crate) const URL: &str = "ws://server/ws/app/";

pub(crate) const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

pub(crate) const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A page whose root is a provider. Ends with the test.
pub(crate) struct Page {
    pub(crate) owner: Owner,
    pub(crate) sockets: Sockets,
    pub(crate) world: Scripted,
}

impl Page {
    pub(crate) fn new() -> Self {
        let owner = Owner::new();
        owner.set();
        Self { owner, sockets: provide_sockets(), world: Scripted::new() }
    }

    pub(crate) fn options(&self) -> SocketOptions {
        SocketOptions::new().transport(self.world.clone())
    }

    /// A socket that connects.
    pub(crate) fn add(&self, name: &str) -> Socket {
        self.add_with(name, self.options())
    }

    pub(crate) fn add_with(&self, name: &str, options: SocketOptions) -> Socket {
        self.sockets.add_socket(name, URL, options).unwrap()
    }

    /// A socket whose link is open.
    pub(crate) fn open(&self, name: &str) -> Socket {
        self.open_with(name, self.options())
    }

    pub(crate) fn open_with(&self, name: &str, options: SocketOptions) -> Socket {
        let socket = self.add_with(name, options);
        self.world.accept();
        assert!(socket.connected().get_untracked());
        socket
    }

    /// A component of the page; it is mounted as long as the owner is not cleaned up.
    pub(crate) fn component(&self) -> Owner {
        self.owner.child()
    }

    pub(crate) fn leave(&self) {
        self.owner.cleanup();
    }

    /// Leaves, and waits until nothing that was submitted can still be delivered.
    pub(crate) fn leave_for_good(&self) {
        self.leave();
        self.world.advance(secs(3_600));
        self.assert_silent();
    }

    /// Nothing is left in the world that could do anything.
    pub(crate) fn assert_silent(&self) {
        assert_eq!(self.world.alive_count(), 0, "links");
        assert_eq!(self.world.timer_count(), 0, "timers");
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.owner.cleanup();
        }
    }
}

pub(crate) fn config(change: impl FnOnce(SocketConfigBuilder) -> SocketConfigBuilder) -> SocketConfig {
    change(SocketConfig::builder()).build().unwrap()
}

/// The routes of the frames, in order.
pub(crate) fn routes(frames: &[Value]) -> Vec<&str> {
    frames.iter().filter_map(|frame| frame["route"].as_str()).collect()
}

pub(crate) fn message(route: &str) -> Message<()> {
    Message::new(route, ())
}

/// A future that was polled once: so it has left.
#[must_use]
pub(crate) struct Started<F: Future> {
    future: F,
    output: Option<F::Output>,
}

impl<F: Future + Unpin> Future for Started<F>
where
    F::Output: Unpin,
{
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        match self.output.take() {
            Some(output) => Poll::Ready(output),
            None => self.future.poll_unpin(context),
        }
    }
}

impl<F: Future + std::fmt::Debug> std::fmt::Debug for Started<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.future.fmt(f)
    }
}

pub(crate) trait Start: Future + Unpin + Sized {
    fn start(mut self) -> Started<Self> {
        let output = (&mut self).now_or_never();
        Started { future: self, output }
    }
}

impl<F: Future + Unpin> Start for F {}

/// What a call has come to; `None` while it is open.
pub(crate) fn outcome<T: Unpin>(call: &mut Started<Call<T>>) -> Option<Result<T, CallError>> {
    call.now_or_never()
}

#[derive(Serialize)]
pub(crate) struct SayHello {
    pub(crate) name: &'static str,
}

impl Route for SayHello {
    const ROUTE: &'static str = "sayHello";
    type Response = String;
}

/// What happened, in order.
pub(crate) struct Log<T>(Rc<RefCell<Vec<T>>>);

impl<T> Clone for Log<T> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<T: 'static> Log<T> {
    pub(crate) fn new() -> Self {
        Self(Rc::default())
    }

    pub(crate) fn add(&self, entry: T) {
        self.0.borrow_mut().push(entry);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.borrow().len()
    }

    pub(crate) fn take(&self) -> Vec<T> {
        self.0.take()
    }
}

impl Log<String> {
    /// A listener that logs the routes of pushes.
    pub(crate) fn of_routes(&self) -> impl Fn(Incoming) + use<> {
        let log = self.clone();
        move |push| log.add(push.route().unwrap_or("-").to_owned())
    }
}

impl Log<Result<Incoming, CallError>> {
    /// A callback that logs the outcome.
    pub(crate) fn of_outcomes(&self) -> impl Fn(Result<Incoming, CallError>) + use<> {
        let log = self.clone();
        move |outcome| log.add(outcome)
    }
}

/// How many bytes `work` keeps. The tests share leptos's arena, which may grow under any of them: so the least of several times.
pub(crate) fn bytes_kept(work: impl Fn()) -> i64 {
    let kept = std::iter::repeat_with(|| allocation_counter::measure(&work).bytes_current);
    kept.take(5).min().unwrap_or_default()
}

/// Runs `test` where effects run.
pub(crate) fn with_effects(test: impl AsyncFnOnce()) {
    // Fails where another test of this process was first.
    let _ = any_spawner::Executor::init_tokio();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(tokio::task::LocalSet::new().run_until(test()));
}

/// Lets everything run that waits to.
pub(crate) async fn settle() {
    for _ in 0..3 {
        any_spawner::Executor::tick().await;
    }
}

/// Counts how often an effect that reads `read` runs. Needs [`with_effects`].
pub(crate) struct Runs(Arc<AtomicUsize>);

impl Runs {
    pub(crate) fn of<T>(read: impl Fn() -> T + 'static) -> Self {
        let runs = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&runs);
        Effect::new(move |_| {
            read();
            count.fetch_add(1, Ordering::Relaxed);
        });
        Self(runs)
    }

    /// How often it ran since this was asked last.
    pub(crate) async fn take(&self) -> usize {
        settle().await;
        self.0.swap(0, Ordering::Relaxed)
    }
}
