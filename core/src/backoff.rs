//! How long to wait before an attempt.

use std::time::Duration;

use crate::config::SocketConfig;
use crate::rng::Rng;

/// The delay before attempt `attempt` (from 1 on): drawn from zero to a bound that doubles with each attempt, up to
/// `backoff_max`. Jitter covers the whole range and the first retry, because that is when a restarted server meets all
/// its clients at once.
pub(crate) fn delay(config: &SocketConfig, attempt: u32, rng: &mut Rng) -> Duration {
    let doublings = attempt.saturating_sub(1).min(31);
    let bound = config.backoff_base().saturating_mul(1 << doublings);
    rng.up_to(bound.min(config.backoff_max()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn longest_of_many(attempt: u32) -> Duration {
        let mut rng = Rng::new(u64::from(attempt));
        (0..1_000).map(|_| delay(&SocketConfig::default(), attempt, &mut rng)).max().unwrap()
    }

    #[test]
    fn the_bound_doubles_up_to_the_maximum_jitter_included() {
        for (attempt, bound) in [(1, 1), (2, 2), (3, 4), (5, 16), (6, 30), (7, 30), (1_000_000, 30)] {
            let bound = Duration::from_secs(bound);
            let longest = longest_of_many(attempt);
            assert!(longest <= bound && longest > bound.mul_f64(0.95), "attempt {attempt}: {longest:?}");
        }
    }

    #[test]
    fn retries_of_many_clients_are_spread_evenly_from_the_first_on() {
        let mut tenths = [0; 10];
        for seed in 0..10_000 {
            let delay = delay(&SocketConfig::default(), 1, &mut Rng::new(seed));
            tenths[(delay.as_millis() / 100).min(9) as usize] += 1;
        }
        assert!(tenths.iter().all(|n| (850..1_150).contains(n)), "{tenths:?}");
    }
}
