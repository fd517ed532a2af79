//! What one component sees of a query.

use std::task::Waker;

use leptos::prelude::*;
use leptos_socket_core::CallError;

use super::kind::QueryRoute;
use super::user::{Changes, News};

/// The signals that are written, and who awaits what.
pub(super) struct View<R: QueryRoute> {
    pub(super) data: ArcRwSignal<Option<R::Response>>,
    pub(super) error: ArcRwSignal<Option<CallError>>,
    pub(super) loading: ArcRwSignal<bool>,
    pub(super) fetching: ArcRwSignal<bool>,
    pub(super) stale: ArcRwSignal<bool>,
    pub(super) progress: ArcStoredValue<Progress>,
    pub(super) keep_previous: bool,
}

#[derive(Default)]
pub(super) struct Progress {
    /// The last fetch that ended.
    pub(super) settled: u64,
    pub(super) awaited_by: Vec<Waker>,
}

impl<R: QueryRoute> Clone for View<R> {
    fn clone(&self) -> Self {
        Self {
            data: self.data.clone(),
            error: self.error.clone(),
            loading: self.loading.clone(),
            fetching: self.fetching.clone(),
            stale: self.stale.clone(),
            progress: self.progress.clone(),
            keep_previous: self.keep_previous,
        }
    }
}

impl<R: QueryRoute> View<R> {
    pub(super) fn new(initial: Option<R::Response>, keep_previous: bool) -> Self {
        Self {
            data: ArcRwSignal::new(initial),
            error: ArcRwSignal::new(None),
            loading: ArcRwSignal::new(false),
            fetching: ArcRwSignal::new(false),
            stale: ArcRwSignal::new(false),
            progress: ArcStoredValue::new(Progress::default()),
            keep_previous,
        }
    }

    pub(super) fn tell(&self, news: &News, changes: Changes) {
        // The data of other arguments, until there is some of these.
        let keeps = self.keep_previous && news.data.is_none() && news.is_fetching;
        match &news.data {
            Some(data) if changes.data => set(&self.data, data.downcast_ref::<R::Response>().cloned()),
            None if !keeps => set(&self.data, None),
            Some(_) | None => {}
        }
        if changes.error || news.error.is_none() {
            self.set_error(news.error.as_deref().cloned());
        }
        let has_data = self.data.with_untracked(Option::is_some);
        set(&self.stale, news.is_stale || (keeps && has_data));
        set(&self.loading, news.is_fetching && !has_data);
        set(&self.fetching, news.is_fetching);
        self.wake(news.settled);
    }

    /// There is nothing to ask for.
    pub(super) fn clear(&self, error: Option<CallError>) {
        set(&self.data, None);
        self.set_error(error);
        for signal in [&self.stale, &self.loading, &self.fetching] {
            set(signal, false);
        }
        self.wake(0);
    }

    fn set_error(&self, error: Option<CallError>) {
        if error.is_some() || self.error.with_untracked(Option::is_some) {
            self.error.set(error);
        }
    }

    fn wake(&self, settled: u64) {
        let wakers = self.progress.try_update_value(|progress| {
            progress.settled = settled.max(progress.settled);
            std::mem::take(&mut progress.awaited_by)
        });
        wakers.into_iter().flatten().for_each(Waker::wake);
    }

    /// Its component is gone.
    pub(super) fn end(&self) {
        self.wake(0);
    }
}

/// A signal wakes its readers whenever it is set, also to what it was.
fn set<T: PartialEq + Send + Sync + 'static>(signal: &ArcRwSignal<T>, value: T) {
    if signal.with_untracked(|current| *current != value) {
        signal.set(value);
    }
}
