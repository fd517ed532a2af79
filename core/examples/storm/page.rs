//! The page: what was simulated, the numbers, and what follows from them.

use std::fmt::Write as _;
use std::time::Duration;

use crate::{Compared, FEWER, FIVE, FIVE_SLOW, FOREVER, SEED_FOREVER, SOCKETS};

pub(crate) const SOON: Duration = Duration::from_secs(30);
pub(crate) const LATE: Duration = Duration::from_secs(120);

pub(crate) fn render(compared: &[Compared]) -> String {
    format!("{HEAD}\n{}\n{}", tables(compared), conclusion(compared))
}

pub(crate) fn tables(compared: &[Compared]) -> String {
    format!("{}\n{}", of_a_minute(compared), of_other_outages(compared))
}

fn of_a_minute(compared: &[Compared]) -> String {
    let mut table = String::from(
        "| away for 60 s | attempts per socket | peak per 100 ms | peak over mean | peak after the return | back after \
         30 s | back after 120 s | gave up |\n| --- | --: | --: | --: | --: | --: | --: | --: |\n",
    );
    for Compared { policy, outage: storm, .. } in compared {
        let _ = writeln!(
            table,
            "| {} | {:.1} | {} | {:.1} | {} | {} | {} | {} |",
            policy.name,
            storm.attempts_per_socket(),
            thousands(storm.peak()),
            storm.peak_over_mean(),
            thousands(storm.peak_after_return()),
            percent(storm.share_back(SOON)),
            percent(storm.share_back(LATE)),
            percent(storm.share_gave_up()),
        );
    }
    table
}

fn of_other_outages(compared: &[Compared]) -> String {
    let mut table = String::from(
        "| away for | 5 s: half are back | 5 s: 95 % are back | 5 s: gave up | 60 s: half are back | 60 s: 95 % are back \
         | 10 min: 95 % are back | 10 min: gave up |\n| --- | --: | --: | --: | --: | --: | --: | --: |\n",
    );
    for Compared { policy, restart, outage, long_outage } in compared {
        let _ = writeln!(
            table,
            "| {} | {} | {} | {} | {} | {} | {} | {} |",
            policy.name,
            seconds(restart.time_to(0.5)),
            seconds(restart.time_to(0.95)),
            percent(restart.share_gave_up()),
            seconds(outage.time_to(0.5)),
            seconds(outage.time_to(0.95)),
            seconds(long_outage.time_to(0.95)),
            percent(long_outage.share_gave_up()),
        );
    }
    table
}

fn conclusion(compared: &[Compared]) -> String {
    let [five, forever, five_slow, seed_forever] =
        [FIVE, FOREVER, FIVE_SLOW, SEED_FOREVER].map(|index| &compared[index]);
    format!(
        "\
## What follows

- **Five attempts are no policy.** With full jitter they are spent after 15.5 s on average and after 31 s at the latest.
  Of a restart of 5 s {five_restart} of the sockets never come back, and of a minute none does; nor do the original's,
  whose five attempts are spent after 30 s. Five slower ones (10 s to 60 s) still lose {five_slow} after a minute and
  all after ten, and everybody waits longer after a restart.
- **Giving up protects nobody.** What hurts a server is the wave when it is back. Sockets that try for ever with full
  jitter come as {forever_peak} in the worst 100 ms after the return; the original, if it tried for ever, as {seed_peak}.
- **A maximum of 30 s** has half of the sockets back {half} after the server and 95 % after {most}, whether it was away for a
  minute or for ten. 15 s halves that at twice the load, 60 s doubles it at half the load.

So: a base of 1 s, a maximum of 30 s, full jitter from the first retry on, and no limit of attempts. An app that is to
give up sets `max_reconnect_attempts`, and an app that wants to tell its user has `Client::diagnosis`.
\
",
        five_restart = percent(five.restart.share_gave_up()),
        five_slow = percent(five_slow.outage.share_gave_up()),
        forever_peak = thousands(forever.outage.peak_after_return()),
        seed_peak = thousands(seed_forever.outage.peak_after_return()),
        half = seconds(forever.outage.time_to(0.5)),
        most = seconds(forever.outage.time_to(0.95)),
    )
}

fn percent(share: f64) -> String {
    // A share that is not quite all must not read as all.
    match share * 100.0 {
        percent if percent > 99.9 && percent < 100.0 - 1e-9 => "> 99.9 %".to_owned(),
        percent if percent < 0.1 && percent > 1e-9 => "< 0.1 %".to_owned(),
        percent => format!("{percent:.1} %"),
    }
}

fn seconds(duration: Option<Duration>) -> String {
    duration.map_or_else(|| "never".to_owned(), |duration| format!("{:.1} s", duration.as_secs_f64()))
}

fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

const _: () = assert!(SOCKETS == 1_000_000 && FEWER == 100_000, "the page and the picture say so");

const HEAD: &str = "\
# When a server comes back

A server that goes away loses all its sockets at the same moment, and all of them try again. If they do so in step, they
come in waves, and the server that just came back is knocked over by its own clients. This page is what
`cargo run --release --example storm` writes: 1,000,000 sockets of one server that is away for 60 s, in virtual time. Each
socket of ours is a whole `Client`, with a seed of its own; beside them is the policy of the JavaScript original,
`min(15 s, 1 s * 2^n) + U(0, 300 ms)`.

What is simple in it: a handshake takes no time, and once the server is back it takes whoever comes. A real one refuses what
is too much, and whom it refuses tries again; that is left out.

![Attempts per 100 ms](storm.svg)

*Peak over mean* is the busiest 100 ms against the mean from the loss to the last attempt. *After the return* and *back
after* count from the moment that the server is back; *gave up* is who is not back 300 s later. The second table is of
100,000 sockets.
";
