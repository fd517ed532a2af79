//! The routes and pushes of the board's server.

use leptos_socket::{Push, Route, Subscription};
use serde::{Deserialize, Serialize};

// --- signing in ---

#[derive(Serialize, Route)]
#[route("login", response = Pass)]
pub struct Login {
    pub name: String,
}

/// What signing in gives: a token that expires every minute, and one to get the next token with.
#[derive(Clone, Serialize, Deserialize)]
pub struct Pass {
    pub name: String,
    pub token: String,
    pub refresh: String,
}

#[derive(Serialize, Route)]
#[route("refreshToken", response = String, idempotent)]
pub struct RefreshToken {
    pub refresh: String,
}

/// Ends all tokens of the person who asks, wherever they are. Tokens to get the next one with still work.
#[derive(Serialize, Route)]
#[route("expireTokens", response = ())]
pub struct ExpireTokens {}

// --- the board ---

#[derive(Serialize, Route)]
#[route("getDrivers", response = Vec<Driver>)]
pub struct GetDrivers {}

#[derive(Clone, PartialEq, Deserialize)]
pub struct Driver {
    pub id: u32,
    pub name: String,
    pub vehicle: String,
}

#[derive(Serialize, Route)]
#[route("getJobs", response = Vec<Job>)]
pub struct GetJobs {}

#[derive(Clone, PartialEq, Deserialize)]
pub struct Job {
    pub id: u32,
    pub title: String,
    pub address: String,
    pub x: f64,
    pub y: f64,
    pub status: JobStatus,
    pub driver: Option<u32>,
    version: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobStatus {
    Waiting,
    Driving,
    Done,
}

/// Sets one thing of a job. Setting it twice does no more than setting it once, so an edit whose link is lost is sent again.
#[derive(Serialize, Route)]
#[route("editJob", response = Job, idempotent)]
pub struct EditJob {
    pub id: u32,
    #[serde(flatten)]
    pub change: Change,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    Title(String),
    Driver(Option<u32>),
    Status(JobStatus),
}

impl EditJob {
    /// Makes the edit in what the page shows, before the server has confirmed it.
    pub fn apply(&self, jobs: &mut [Job]) {
        let Some(job) = jobs.iter_mut().find(|job| job.id == self.id) else { return };
        match &self.change {
            Change::Title(title) => job.title.clone_from(title),
            Change::Driver(driver) => job.driver = *driver,
            Change::Status(status) => job.status = *status,
        }
    }
}

#[derive(Serialize, Route)]
#[route("watchBoard", response = ())]
pub struct WatchBoard {}

#[derive(Serialize, Route)]
#[route("unwatchBoard", response = ())]
pub struct UnwatchBoard {}

#[derive(Deserialize, Push)]
#[push("jobChanged")]
pub struct JobChanged {
    job: Job,
}

impl JobChanged {
    /// Several servers may overtake each other: an older version replaces nothing.
    pub fn apply(&self, jobs: &mut Vec<Job>) {
        match jobs.iter_mut().find(|job| job.id == self.job.id) {
            Some(known) if known.version < self.job.version => *known = self.job.clone(),
            Some(_) => {}
            None => jobs.push(self.job.clone()),
        }
    }
}

impl Subscription for WatchBoard {
    type Push = JobChanged;
    type Stop = UnwatchBoard;

    fn stop(&self) -> UnwatchBoard {
        UnwatchBoard {}
    }
}

/// Where all drivers are, once a second.
#[derive(Deserialize, Push)]
#[push("positions")]
pub struct Positions {
    pub positions: Vec<Position>,
}

#[derive(Clone, Copy, Deserialize)]
pub struct Position {
    pub driver: u32,
    pub x: f64,
    pub y: f64,
}

// --- the chat of a job, which has a socket of its own ---

#[derive(Serialize, Route)]
#[route("getLines", response = Vec<Line>)]
pub struct GetLines {}

#[derive(Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    pub id: String,
    pub author: String,
    pub text: String,
    pub said_at: String,
}

/// With an id from the page, so that a line that is sent twice is one line.
#[derive(Serialize, Route)]
#[route("say", response = Line, idempotent)]
pub struct Say {
    pub id: String,
    pub text: String,
}

#[derive(Serialize, Route)]
#[route("watchChat", response = ())]
pub struct WatchChat {}

#[derive(Serialize, Route)]
#[route("unwatchChat", response = ())]
pub struct UnwatchChat {}

#[derive(Deserialize, Push)]
#[push("said")]
pub struct Said {
    pub line: Line,
}

impl Subscription for WatchChat {
    type Push = Said;
    type Stop = UnwatchChat;

    fn stop(&self) -> UnwatchChat {
        UnwatchChat {}
    }
}
