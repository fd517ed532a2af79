//! A socket of a test: the driver, and what happened so far.

use std::time::Duration;

use leptos_socket_core::{
    CallError, CallId, CloseCode, Endpoint, Event, Incoming, Message, OutcomeUnknown, SocketConfig,
    SocketConfigBuilder, SocketState,
};
use serde::Serialize;

use crate::native::Driver;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// The defaults, with short waits between attempts, and without a limit of attempts.
pub(crate) fn config(set: impl FnOnce(SocketConfigBuilder) -> SocketConfigBuilder) -> SocketConfig {
    let builder = SocketConfig::builder().backoff_base(millis(50)).backoff_max(millis(200));
    set(builder.max_reconnect_attempts(None)).build().unwrap()
}

pub(crate) struct Socket {
    pub(crate) driver: Driver,
    pub(crate) history: Vec<Event>,
}

impl Socket {
    pub(crate) fn connect(url: &str, config: SocketConfig) -> Self {
        let mut driver = Driver::new(config, 7, Endpoint::parse(url).unwrap());
        driver.client.connect(driver.now());
        Self { driver, history: Vec::new() }
    }

    pub(crate) async fn open(url: &str) -> Self {
        Self::open_with(url, |config| config).await
    }

    pub(crate) async fn open_with(url: &str, set: impl FnOnce(SocketConfigBuilder) -> SocketConfigBuilder) -> Self {
        let mut socket = Self::connect(url, config(set));
        socket.until_open().await;
        socket
    }

    pub(crate) fn state(&self) -> SocketState {
        self.driver.client.state()
    }

    /// Waits until this is so.
    pub(crate) async fn until(&mut self, mut is_so: impl FnMut(&Self) -> bool) {
        while !is_so(self) {
            let next = tokio::time::timeout(PATIENCE, self.driver.next()).await;
            let Ok(event) = next else { panic!("nothing more happened: {:?}", self.history) };
            self.history.push(event);
        }
    }

    pub(crate) async fn until_open(&mut self) {
        self.until(|socket| socket.state() == SocketState::Open).await;
    }

    pub(crate) fn call(&mut self, route: &str, payload: impl Serialize) -> CallId {
        self.driver.client.call(self.driver.now(), &Message::new(route, payload)).unwrap()
    }

    pub(crate) async fn outcome(&mut self, call: CallId) -> Result<Incoming, CallError> {
        self.until(|socket| socket.settled(call).is_some()).await;
        self.settled(call).unwrap()
    }

    pub(crate) fn settled(&self, call: CallId) -> Option<Result<Incoming, CallError>> {
        self.history.iter().find_map(|event| match event {
            Event::Settled { call: settled, outcome } if *settled == call => Some(outcome.clone()),
            _ => None,
        })
    }

    /// The reply, whatever its status.
    pub(crate) async fn reply(&mut self, route: &str, payload: impl Serialize) -> Incoming {
        let call = self.call(route, payload);
        self.outcome(call).await.unwrap()
    }

    /// The code with which the link was lost that the call was on.
    pub(crate) async fn lost(&mut self, call: CallId) -> CloseCode {
        match self.outcome(call).await {
            Err(CallError::OutcomeUnknown(OutcomeUnknown::LinkLost(code))) => code,
            outcome => panic!("{outcome:?}"),
        }
    }

    pub(crate) fn pushes(&self) -> impl Iterator<Item = &Incoming> {
        self.history.iter().filter_map(|event| if let Event::Push(push) = event { Some(push) } else { None })
    }

    pub(crate) fn gaps(&self) -> usize {
        self.history.iter().filter(|event| matches!(event, Event::Gap { .. })).count()
    }

    pub(crate) async fn assert_works(&mut self) {
        self.until_open().await;
        assert_eq!(status(&self.reply("sayHello", ()).await), 200);
    }
}

/// 200 where the server names none.
pub(crate) fn status(reply: &Incoming) -> u16 {
    reply.status().unwrap_or_default().as_u16()
}
