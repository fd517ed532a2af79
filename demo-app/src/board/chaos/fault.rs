//! What the bar can break.

use serde_json::{Value, json};

use super::proxy::{Conditions, ProxyState};

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    Cut,
    HalfOpen,
    Slow,
    Offline,
    WrongAnswers,
    ExpireTokens,
    Restart,
}

/// How much later everything arrives on a slow link, in each direction.
const LATENCY_MS: u32 = 1_000;

/// How many messages a wrong answer is.
pub const WRONG_ANSWERS: usize = 4;

/// Who is hit, and by what.
pub const GROUPS: [(&str, &[Fault]); 3] = [
    ("This tab", &[Fault::Cut, Fault::HalfOpen, Fault::Slow, Fault::Offline, Fault::WrongAnswers]),
    ("You, in every tab", &[Fault::ExpireTokens]),
    ("Everybody", &[Fault::Restart]),
];

impl Fault {
    pub const fn label(self) -> &'static str {
        match self {
            Self::Cut => "Cut the link",
            Self::HalfOpen => "Half-open",
            Self::Slow => "Slow",
            Self::Offline => "Offline",
            Self::WrongAnswers => "Answer wrongly",
            Self::ExpireTokens => "Expire token",
            Self::Restart => "Restart server",
        }
    }

    pub const fn hint(self) -> &'static str {
        match self {
            Self::Cut => "Resets it (RST)",
            Self::HalfOpen => "Silent, yet not closed",
            Self::Slow => "1 s more, each way",
            Self::Offline => "Silent, and no new link",
            Self::WrongAnswers => "Nonsense in between",
            Self::ExpireTokens => "The next call gets 401",
            Self::Restart => "Another process",
        }
    }

    /// Whether it lasts until it is switched off.
    pub const fn is_switch(self) -> bool {
        matches!(self, Self::Slow | Self::Offline)
    }

    pub const fn is_on(self, conditions: &Conditions) -> bool {
        match self {
            Self::Slow => conditions.latency_ms > 0,
            Self::Offline => conditions.refuse,
            _ => false,
        }
    }

    /// Whether the page should lose its link by this.
    pub const fn ends_link(self) -> bool {
        matches!(self, Self::Cut | Self::HalfOpen | Self::Offline | Self::Restart)
    }

    /// What the proxy is asked to do: a route and its body. `None`: this is none of its business.
    pub fn request(self, state: &ProxyState) -> Option<(&'static str, Value)> {
        let request = match self {
            Self::Cut => ("/links/reset", json!({})),
            Self::HalfOpen => ("/links/silence", json!({})),
            Self::Slow | Self::Offline => ("/conditions", json!({ "conditions": self.switched(&state.conditions) })),
            Self::WrongAnswers => ("/links/insert", json!({ "messages": wrong_answers() })),
            Self::Restart => ("/server/restart", json!({})),
            Self::ExpireTokens => return None,
        };
        Some(request)
    }

    fn switched(self, conditions: &Conditions) -> Value {
        let is_on = |fault: Self| fault.is_on(conditions) != (fault == self);
        let is_offline = is_on(Self::Offline);
        json!({
            "latency_ms": if is_on(Self::Slow) { LATENCY_MS } else { 0 },
            "blackhole": is_offline.then_some("both"),
            "refuse": is_offline,
        })
    }
}

/// An error page, bytes, an answer to a call that nobody made, and a push whose payload is broken.
fn wrong_answers() -> [Value; WRONG_ANSWERS] {
    let unawaited =
        json!({ "uuid": "00000000-0000-4000-8000-000000000000", "status": 200, "headers": null, "payload": [] });
    let broken = json!({ "route": "jobChanged", "status": 200, "headers": null, "payload": { "job": "all of them" } });
    [
        json!({ "text": "<h1>502 Bad Gateway</h1>" }),
        json!({ "base64": "3q2+7w==" }),
        json!({ "text": unawaited.to_string() }),
        json!({ "text": broken.to_string() }),
    ]
}
