//! The dispatch board: jobs, drivers, and where they are, shared live by everyone who looks at it.

mod api;
mod chaos;
mod chat;
mod clock;
mod drivers;
mod fields;
mod job;
mod jobs;
mod login;
mod map;
mod session;
mod toasts;
mod top;

use std::time::Duration;

use leptos::prelude::*;
use leptos_socket::{
    CallOptions, Mutation, MutationRoute, Query, Socket, SocketOptions, SocketProvider, SocketState, SubscriptionState,
    UseMutationOptions, use_mutation_with_options, use_query, use_socket, use_subscription,
};

use crate::place::parameter;
use api::{Driver, EditJob, GetDrivers, GetJobs, Job, JobChanged, WatchBoard};
use chaos::{Chaos, ChaosBar};
use drivers::Drivers;
use job::JobPanel;
use jobs::Jobs;
use login::SignIn;
use map::Map;
use session::Session;
use toasts::{ShowToasts, Toasts, explain};
use top::{Bottom, Top};

const DEFAULT_URL: &str = "ws://127.0.0.1:8001/ws/board/";

/// How long what a person did waits for a link before it fails.
const CHANGE_TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// What the components of the board share.
#[derive(Clone, Copy)]
struct Shared {
    socket: Socket,
    session: Session,
    toasts: Toasts,
    jobs: Query<GetJobs>,
    drivers: Query<GetDrivers>,
    edits: Mutation<EditJob>,
}

#[component]
pub fn Board(job: Memo<Option<u32>>) -> impl IntoView {
    let session = Session::restore();
    let toasts = Toasts::new();
    let chaos = Chaos::find();
    if let Some(chaos) = chaos {
        provide_context(chaos);
    }
    let is_signed_in = Memo::new(move |_| session.name().is_some());

    view! {
        <SocketProvider url=url() options=options(session)>
            <Connected session>
                {move || match is_signed_in.get() {
                    true => view! { <SignedIn job session toasts /> }.into_any(),
                    false => view! { <SignIn session /> }.into_any(),
                }}
            </Connected>
        </SocketProvider>
        <ShowToasts toasts />
    }
}

/// What is on every page of the board.
#[component]
fn Connected(session: Session, children: Children) -> impl IntoView {
    let socket = use_socket();
    session.set_socket(socket);
    replace_when_slow(socket);
    view! {
        <Top socket session />
        {children()}
        <Bottom socket />
        {use_context::<Chaos>().map(|chaos| view! { <ChaosBar chaos socket session /> })}
    }
}

#[component]
fn SignedIn(job: Memo<Option<u32>>, session: Session, toasts: Toasts) -> impl IntoView {
    let socket = use_socket();
    // The pushes go to the query, where the options of the socket say what they mean.
    let watching = use_subscription(socket, || WatchBoard {}, |_: JobChanged| ());
    let shared = Shared {
        socket,
        session,
        toasts,
        jobs: use_query(socket, || GetJobs {}),
        drivers: use_query(socket, || GetDrivers {}),
        edits: use_edits(socket, toasts),
    };
    provide_context(shared);
    let deaf = move || match watching.get() {
        SubscriptionState::Failed(error) => Some(format!("This page does not hear of changes: {}", explain(&error))),
        _ => None,
    };

    view! {
        <main class="board" class:has-job=move || job.get().is_some()>
            <h1 class="visually-hidden">"Dispatch board"</h1>
            <p class="error" role="alert">{deaf}</p>
            <Jobs opened=job />
            <div class="side">
                <Map opened=job />
                {move || match job.get() {
                    Some(id) => view! { <JobPanel id /> }.into_any(),
                    None => view! { <Drivers /> }.into_any(),
                }}
            </div>
        </main>
    }
}

/// Edits are shown at once.
fn use_edits(socket: Socket, toasts: Toasts) -> Mutation<EditJob> {
    let options = UseMutationOptions::new()
        .optimistic(|edit: &EditJob, _: &GetJobs, jobs: &mut Vec<Job>| edit.apply(jobs))
        .on_error(move |edit, error| toasts.show(format!("Job {} was not changed. {}", edit.id, explain(error))));
    use_changes(socket, options)
}

/// What a person does waits while there is no link, and no page is left before it is done.
fn use_changes<R: MutationRoute>(socket: Socket, options: UseMutationOptions<R>) -> Mutation<R> {
    let options = options.warn_before_unload(true).call(CallOptions::new().timeout(CHANGE_TIMEOUT));
    let Some(chaos) = use_context::<Chaos>() else { return use_mutation_with_options(socket, options) };
    let changes = use_mutation_with_options(socket, chaos.witness_changes(options));
    chaos.watch_pending(changes.pending());
    changes
}

/// No handler of the server takes seconds. So a link that says nothing while answers are owed is dead, and what may be sent again,
/// which is all that this page sends, is sent on another one.
fn replace_when_slow(socket: Socket) {
    let is_slow = Memo::new(move |_| socket.state().get() == SocketState::Slow);
    Effect::new(move |_| {
        if is_slow.get() {
            socket.reconnect();
        }
    });
}

fn options(session: Session) -> SocketOptions {
    let options = session.options().live(|_: &GetJobs, jobs: &mut Vec<Job>, change: &JobChanged| change.apply(jobs));
    match use_context::<Chaos>() {
        Some(chaos) => chaos.witness(options),
        None => options,
    }
}

/// Where the board's server is.
fn url() -> String {
    let url = parameter("board").unwrap_or_else(|| DEFAULT_URL.to_owned());
    match use_context::<Chaos>() {
        Some(chaos) => chaos.mark(&url),
        None => url,
    }
}

/// `None` where the browser has no randomness to give: on a page that is not from a secure origin.
fn new_id() -> Option<String> {
    let crypto = window().crypto().ok()?;
    js_sys::Reflect::has(&crypto, &"randomUUID".into()).ok()?.then(|| crypto.random_uuid())
}

fn use_shared() -> Shared {
    expect_context()
}

impl Shared {
    /// One job as it is now. Equal data wakes nobody.
    fn job(self, id: u32) -> Memo<Option<Job>> {
        let jobs = self.jobs.data();
        Memo::new(move |_| jobs.with(|jobs| jobs.as_ref()?.iter().find(|job| job.id == id).cloned()))
    }

    fn all_jobs(self) -> Vec<Job> {
        self.jobs.data().get().unwrap_or_default()
    }

    fn all_drivers(self) -> Vec<Driver> {
        self.drivers.data().get().unwrap_or_default()
    }
}
