//! A million sockets, one after another: the server takes whoever comes, so no socket knows of the others.

use std::time::Duration;

use leptos_socket_core::{Client, CloseCode, ConfigError, Endpoint, Input, Instant, LinkId, SocketConfig, Transmit};

pub(crate) const SLOT: Duration = Duration::from_millis(100);

/// How long the links were up before: long enough for their loss to count as the first one.
const LOST_AT: Instant = Instant::from_millis(10_000);

/// How long a socket may take to come back before nobody waits for it any more.
const PATIENCE: Duration = Duration::from_secs(300);

/// How sockets come back.
pub(crate) struct Policy {
    pub(crate) name: String,
    rule: Rule,
}

enum Rule {
    /// A whole `Client` with this config.
    Ours(Box<SocketConfig>),
    /// The JavaScript original's: `min(15 s, 1 s * 2^n) + U(0, 300 ms)`.
    Seed { attempts: Option<u32> },
}

impl Policy {
    pub(crate) fn seed(attempts: Option<u32>) -> Self {
        Self { name: format!("the original, {}", limit(attempts)), rule: Rule::Seed { attempts } }
    }

    pub(crate) fn ours(base: u64, max: u64, attempts: Option<u32>) -> Result<Self, ConfigError> {
        let config = SocketConfig::builder()
            .backoff_base(Duration::from_secs(base))
            .backoff_max(Duration::from_secs(max))
            .max_reconnect_attempts(attempts)
            .build()?;
        let is_default = if config == SocketConfig::default() { " (the default)" } else { "" };
        let name = format!("full jitter, {base} s to {max} s, {}{is_default}", limit(attempts));
        Ok(Self { name, rule: Rule::Ours(Box::new(config)) })
    }
}

fn limit(attempts: Option<u32>) -> String {
    attempts.map_or_else(|| "no limit".to_owned(), |attempts| format!("{attempts} attempts"))
}

/// What the server met.
pub(crate) struct Storm {
    sockets: u64,
    outage: Duration,
    /// How many attempts came in each slot after the loss.
    pub(crate) attempts: Vec<u64>,
    /// How many sockets came back in each slot after the server did.
    back: Vec<u64>,
}

impl Storm {
    pub(crate) fn simulate(policy: &Policy, outage: Duration, sockets: u64) -> Self {
        let slots = slot(outage + PATIENCE);
        let mut storm = Self { sockets, outage, attempts: vec![0; slots], back: vec![0; slots] };
        for socket in 0..sockets {
            match &policy.rule {
                Rule::Ours(config) => Ours::new(config, socket).run(&mut storm),
                Rule::Seed { attempts } => run_seed(*attempts, socket, &mut storm),
            }
        }
        storm
    }

    /// Notes an attempt so long after the loss, and says whether it succeeds.
    fn attempt(&mut self, after_loss: Duration) -> bool {
        if let Some(count) = self.attempts.get_mut(slot(after_loss)) {
            *count += 1;
        }
        let Some(after_return) = after_loss.checked_sub(self.outage) else { return false };
        if let Some(count) = self.back.get_mut(slot(after_return)) {
            *count += 1;
        }
        true
    }

    pub(crate) fn attempts_per_socket(&self) -> f64 {
        self.attempts.iter().sum::<u64>() as f64 / self.sockets as f64
    }

    /// The most attempts in any slot.
    pub(crate) fn peak(&self) -> u64 {
        self.attempts.iter().copied().max().unwrap_or_default()
    }

    /// The most attempts in any slot once the server is back.
    pub(crate) fn peak_after_return(&self) -> u64 {
        self.attempts.iter().skip(slot(self.outage)).copied().max().unwrap_or_default()
    }

    /// The peak against the mean of all slots from the loss to the last attempt.
    pub(crate) fn peak_over_mean(&self) -> f64 {
        let busy = self.attempts.iter().rposition(|count| *count > 0).map_or(1, |last| last + 1);
        self.peak() as f64 * busy as f64 / self.attempts.iter().sum::<u64>().max(1) as f64
    }

    /// The share of sockets that are back so long after the server.
    pub(crate) fn share_back(&self, after_return: Duration) -> f64 {
        self.back.iter().take(slot(after_return)).sum::<u64>() as f64 / self.sockets as f64
    }

    /// When this share of sockets is back, after the server.
    pub(crate) fn time_to(&self, share: f64) -> Option<Duration> {
        let wanted = (self.sockets as f64 * share).ceil() as u64;
        let mut back = 0;
        let slots = self.back.iter().position(|count| {
            back += count;
            back >= wanted
        })?;
        Some(SLOT * (slots as u32 + 1))
    }

    pub(crate) fn share_gave_up(&self) -> f64 {
        1.0 - self.share_back(PATIENCE)
    }
}

fn slot(since: Duration) -> usize {
    (since.as_nanos() / SLOT.as_nanos()) as usize
}

/// One socket of ours: the client itself, and a world in which nothing takes time.
struct Ours {
    client: Client,
    now: Instant,
    link: Option<LinkId>,
    is_back: bool,
}

impl Ours {
    fn new(config: &SocketConfig, seed: u64) -> Self {
        let mut client = Client::new(config.clone(), seed);
        client.connect(Instant::ZERO);
        Self { client, now: Instant::ZERO, link: None, is_back: false }
    }

    fn run(mut self, storm: &mut Storm) {
        self.carry_out(storm);
        // The first ping, whose answer proves the link.
        self.client.handle_timeout(self.now);
        self.carry_out(storm);
        self.now = LOST_AT;
        let link = self.link.expect("a link that was opened before");
        self.client.handle_input(self.now, link, Input::Closed(CloseCode::ABNORMAL));
        while let Some(at) = self.client.poll_timeout().filter(|_| !self.is_back) {
            self.now = at;
            self.client.handle_timeout(at);
            self.carry_out(storm);
        }
    }

    fn carry_out(&mut self, storm: &mut Storm) {
        while let Some(transmit) = self.client.poll_transmit(self.now, 0) {
            let (link, input) = match transmit {
                Transmit::Resolve { link } => (link, Input::Resolved(endpoint())),
                Transmit::Connect { link, .. } => (link, self.handshake(link, storm)),
                Transmit::Send { link, .. } => (link, Input::Text(r#"{"route":"PONG"}"#.to_owned())),
                _ => continue,
            };
            self.client.handle_input(self.now, link, input);
        }
    }

    fn handshake(&mut self, link: LinkId, storm: &mut Storm) -> Input {
        self.link = Some(link);
        if self.now < LOST_AT {
            return Input::Opened;
        }
        self.is_back = storm.attempt(self.now - LOST_AT);
        if self.is_back { Input::Opened } else { Input::Closed(CloseCode::ABNORMAL) }
    }
}

fn endpoint() -> Endpoint {
    Endpoint::parse("wss://example.com/ws/").expect("a URL")
}

fn run_seed(attempts: Option<u32>, seed: u64, storm: &mut Storm) {
    let mut random = seed;
    let mut now = Duration::ZERO;
    for attempt in 0..attempts.unwrap_or(u32::MAX) {
        let bound = Duration::from_secs(1 << attempt.min(4)).min(Duration::from_secs(15));
        now += bound + Duration::from_millis(300).mul_f64(fraction(&mut random));
        if storm.attempt(now) {
            return;
        }
    }
}

/// A number from 0 to 1, by SplitMix64.
fn fraction(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}
