//! The code that an app writes, as it is promised. It only has to compile: what it does is proved by the other tests.
#![expect(dead_code, reason = "it only has to compile")]

use std::time::Duration;

use leptos::prelude::*;
use leptos_socket::{
    CallError, Headers, Identity, Message, NotSent, Push, Query, Route, Socket, SocketOptions, SocketProvider,
    SocketStatus, Subscription, UseMutationOptions, UseQueryOptions, use_mutation_with_options, use_query,
    use_query_with_options, use_socket, use_sockets, use_subscription,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

mod one_socket {
    use super::*;

    #[derive(Serialize, Route)]
    #[route("sayHello", response = String)]
    struct SayHello {
        name: String,
    }

    #[component]
    fn App() -> impl IntoView {
        view! { <SocketProvider url="/ws/app/"><Greeting /></SocketProvider> }
    }

    #[component]
    fn Greeting() -> impl IntoView {
        let socket = use_socket();
        let hello = Action::new(move |name: &String| socket.call(SayHello { name: name.clone() }));
        view! {
            <SocketStatus socket />
            <button on:click=move |_| { hello.dispatch("World".into()); }>"Say hello"</button>
            <p>{move || hello.value().get().map(|reply| reply.unwrap_or_else(|error| error.to_string()))}</p>
        }
    }

    #[component]
    fn Rooms(room: RwSignal<u32>) -> impl IntoView {
        let by_name = use_sockets().get_socket("room");
        view! {
            <SocketProvider url=move || format!("/ws/room/{}/", room.get()) name="room" options=SocketOptions::new()>
                {move || by_name.get().is_some()}
            </SocketProvider>
        }
    }
}

mod who_is_asking {
    use super::*;

    #[derive(Serialize, Route)]
    #[route("login", response = String)]
    struct Login {}

    async fn new_token() -> Result<String, CallError> {
        use_socket().call(Login {}).anonymous().await
    }

    fn options() -> SocketOptions {
        let who = RwSignal::new(None::<Identity>);
        who.set(Some(Identity::new("alice", Headers::new().with("token", "s3cret"))));
        SocketOptions::new()
            .identity(who)
            .refresh(move || async move { Ok::<_, CallError>(Headers::new().with("token", new_token().await?)) })
    }
}

#[derive(Serialize, Route)]
#[route("getJobs", response = Vec<Job>)]
struct GetJobs {
    driver: u32,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Job {
    id: u32,
    title: String,
}

#[derive(Deserialize, Push)]
#[push("jobChanged")]
struct JobChanged {
    job: Job,
}

#[derive(Deserialize, Push)]
#[push("jobMoved")]
struct JobMoved {
    driver: u32,
}

#[derive(Serialize, Route)]
#[route("rename", response = Job)]
struct Rename {
    id: u32,
    title: String,
}

mod calls {
    use super::*;

    #[derive(Deserialize)]
    struct FieldErrors {
        title: String,
    }

    async fn all(socket: Socket) -> Result<(), CallError> {
        let jobs = socket.call(GetJobs { driver: 1 }).await?;
        let jobs_again = socket.call(GetJobs { driver: 1 }).timeout(minutes(5)).header("trace", 7).await?;
        assert!(jobs == jobs_again);
        let named = socket.call(Rename { id: 1, title: String::new() }).idempotent(true).wait_for_link(false).await;
        if let Some(fields) = named.as_ref().err().and_then(CallError::payload::<FieldErrors>) {
            leptos::logging::log!("{}", fields.title);
        }
        Ok(())
    }

    async fn messages(socket: Socket, room: u32) -> Result<(), NotSent> {
        socket.send(Message::new("typing", json!({ "in": room })))?;
        socket.send_flushed(Message::new("chunk", "abc").bulk()).await
    }
}

mod data {
    use super::*;

    fn view(jobs: Result<Vec<Job>, CallError>) -> impl IntoView {
        jobs.map(|jobs| jobs.len())
    }

    #[component]
    fn Jobs(driver: RwSignal<u32>, chosen: RwSignal<Option<u32>>) -> impl IntoView {
        let socket = use_socket();
        let jobs = use_query(socket, move || GetJobs { driver: driver.get() });
        let _: Query<GetJobs> = use_query(socket, move || chosen.get().map(|driver| GetJobs { driver }));
        let options = UseQueryOptions::new().fresh_for(seconds(30)).keep_previous(true).refetch_every(minutes(5));
        let options = options.retry(2).initial(Vec::new());
        use_query_with_options(socket, move || GetJobs { driver: driver.get() }, options);
        let states =
            move || (jobs.error().get().is_some(), jobs.loading().get(), jobs.fetching().get(), jobs.stale().get());
        view! {
            <p>{move || format!("{:?} {}", states(), jobs.data().get().map_or(0, |jobs| jobs.len()))}</p>
            <Suspense fallback=|| "..">{move || Suspend::new(async move { view(jobs.await) })}</Suspense>
            <button on:click=move |_| { jobs.refetch(); }>"Refresh"</button>
        }
    }

    async fn refetched(jobs: Query<GetJobs>) -> bool {
        jobs.refetch().await.is_ok()
    }

    fn upsert(jobs: &mut Vec<Job>, change: &JobChanged) {
        jobs.retain(|job| job.id != change.job.id);
        jobs.push(change.job.clone());
    }

    fn options() -> SocketOptions {
        SocketOptions::new()
            .live(|_: &GetJobs, jobs: &mut Vec<Job>, change: &JobChanged| upsert(jobs, change))
            .invalidate_on(|asked: &GetJobs, moved: &JobMoved| moved.driver == asked.driver)
    }

    fn from_anywhere(socket: Socket) {
        socket.queries().invalidate::<GetJobs>();
        socket.queries().invalidate_where(|asked: &GetJobs| asked.driver == 7);
        socket.queries().set(GetJobs { driver: 7 }, Vec::new());
        socket.queries().update(|_: &GetJobs, jobs: &mut Vec<Job>| jobs.clear());
        socket.queries().clear();
    }
}

mod changes {
    use super::*;

    fn rename(socket: Socket) {
        let rename = use_mutation_with_options(
            socket,
            UseMutationOptions::new()
                .optimistic(|change: &Rename, _: &GetJobs, jobs: &mut Vec<Job>| {
                    for job in jobs.iter_mut().filter(|job| job.id == change.id) {
                        job.title.clone_from(&change.title);
                    }
                })
                .invalidates::<GetJobs>()
                .on_success(|change, job| leptos::logging::log!("{} is {}", change.id, job.title))
                .on_error(|change, error| leptos::logging::warn!("{}: {error}", change.id))
                .warn_before_unload(true),
        );
        rename.dispatch(Rename { id: 1, title: "Bread".to_owned() });
        let _ = rename.input().get().map(|input| input.title.clone());
        let _ = (rename.pending().get(), rename.value().get(), rename.error().get(), rename.unsettled().get());
        rename.cancel();
    }
}

mod pushes {
    use super::*;

    #[derive(Clone, Deserialize, Push)]
    #[push("tick")]
    struct Tick {}

    #[derive(Serialize, Route)]
    #[route("watch", response = ())]
    struct Watch {
        room: u32,
    }

    #[derive(Serialize, Route)]
    #[route("unwatch", response = ())]
    struct Unwatch {
        room: u32,
    }

    #[derive(Deserialize, Push)]
    #[push("said")]
    struct Said {
        room: u32,
        text: String,
    }

    impl Subscription for Watch {
        type Push = Said;
        type Stop = Unwatch;

        fn stop(&self) -> Unwatch {
            Unwatch { room: self.room }
        }

        fn matches(&self, said: &Said) -> bool {
            said.room == self.room
        }
    }

    fn all(socket: Socket, room: RwSignal<u32>) {
        socket.on_push(|_: Tick| leptos::logging::log!("tick"));
        socket.on_push_raw("tick", |push| leptos::logging::log!("{}", push.payload()));
        let ticks = socket.pushes::<Tick>();
        let count = socket.fold(0, |count, _: Tick| *count += 1);
        let last = socket.latest::<Tick>();
        let _ = (ticks, count.value(), count.gaps(), last.value());
        let feed = use_subscription(
            socket,
            move || Watch { room: room.get() },
            |said: Said| {
                leptos::logging::log!("{}", said.text);
            },
        );
        let _ = feed.get().is_active();
    }
}
