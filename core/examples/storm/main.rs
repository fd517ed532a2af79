//! What a server meets that goes away for a minute and comes back: a million sockets that reconnect, in virtual time.
//!
//! ```text
//! cargo run --release --example storm
//! ```
//!
//! writes `docs/STORM.md` and `docs/storm.svg`. Nothing in it is random but by a seed, so the files change only with the
//! policies.
#![allow(clippy::print_stdout, reason = "a program that says what it did")]
#![allow(clippy::wildcard_enum_match_arm, reason = "what is not of interest")]

use std::error::Error;
use std::path::Path;
use std::time::Duration;
use std::{env, fs};

mod page;
mod picture;
mod simulation;

use simulation::{Policy, Storm};

const SOCKETS: u64 = 1_000_000;
const OUTAGE: Duration = Duration::from_secs(60);

/// The other two outages, with fewer sockets: shares need no million.
const FEWER: u64 = 100_000;
const RESTART: Duration = Duration::from_secs(5);
const LONG_OUTAGE: Duration = Duration::from_secs(600);

/// Where the policies that the page and the picture speak of are among all.
const SEED: usize = 0;
const SEED_FOREVER: usize = 1;
const FIVE: usize = 2;
const FOREVER: usize = 4;
const FIVE_SLOW: usize = 8;

/// One policy in the three outages.
struct Compared {
    policy: Policy,
    restart: Storm,
    outage: Storm,
    long_outage: Storm,
}

fn main() -> Result<(), Box<dyn Error>> {
    // For a quick look: `storm 10000` simulates so many sockets, and writes nothing.
    let sockets = env::args().nth(1).map(|sockets| sockets.parse()).transpose()?;
    let compared: Vec<_> = policies()?.into_iter().map(|policy| compare(policy, sockets.unwrap_or(SOCKETS))).collect();
    print!("{}", page::tables(&compared));
    if sockets.is_none() {
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
        fs::write(docs.join("STORM.md"), page::render(&compared))?;
        fs::write(docs.join("storm.svg"), picture::render(&compared))?;
        println!("\nWritten: docs/STORM.md and docs/storm.svg");
    }
    Ok(())
}

fn compare(policy: Policy, sockets: u64) -> Compared {
    Compared {
        restart: Storm::simulate(&policy, RESTART, sockets.min(FEWER)),
        outage: Storm::simulate(&policy, OUTAGE, sockets),
        long_outage: Storm::simulate(&policy, LONG_OUTAGE, sockets.min(FEWER)),
        policy,
    }
}

fn policies() -> Result<Vec<Policy>, Box<dyn Error>> {
    Ok(vec![
        Policy::seed(Some(5)),
        Policy::seed(None),
        Policy::ours(1, 30, Some(5))?,
        Policy::ours(1, 30, Some(20))?,
        Policy::ours(1, 30, None)?,
        Policy::ours(1, 15, None)?,
        Policy::ours(1, 60, None)?,
        Policy::ours(5, 60, None)?,
        Policy::ours(10, 60, Some(5))?,
    ])
}
