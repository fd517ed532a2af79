//! How long answers took.

use std::collections::VecDeque;
use std::time::Duration;

/// The latest ones.
#[derive(Debug, Default)]
pub(crate) struct Samples(VecDeque<Duration>);

/// As many as a picture shows.
const MOST: usize = 120;

impl Samples {
    pub(super) fn add(&mut self, took: Duration) {
        if self.0.len() == MOST {
            self.0.pop_front();
        }
        self.0.push_back(took);
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = Duration> {
        self.0.iter().copied()
    }

    /// The least that is not exceeded by so many percent of them.
    pub(crate) fn percentile(&self, percent: usize) -> Option<Duration> {
        let mut sorted: Vec<_> = self.iter().collect();
        sorted.sort_unstable();
        let rank = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
        sorted.get(rank).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(millis: impl IntoIterator<Item = u64>) -> Samples {
        let mut samples = Samples::default();
        millis.into_iter().for_each(|millis| samples.add(Duration::from_millis(millis)));
        samples
    }

    #[test]
    fn a_percentile_is_a_sample_that_so_many_do_not_exceed() {
        for count in 1..200_u64 {
            let samples = of((0..count).map(|n| n * 7919 % 1009));
            for percent in [1, 50, 99, 100] {
                let found = samples.percentile(percent).unwrap();
                let within = samples.iter().filter(|took| *took <= found).count();
                let below = samples.iter().filter(|took| *took < found).count();
                assert!(within * 100 >= samples.iter().len() * percent);
                assert!(below * 100 < samples.iter().len() * percent);
            }
        }
    }

    #[test]
    fn the_latest_are_kept() {
        assert_eq!(of([]).percentile(50), None);
        let samples = of(0..1_000);
        assert_eq!(samples.iter().len(), MOST);
        assert_eq!(samples.iter().last(), Some(Duration::from_millis(999)));
        assert_eq!(samples.percentile(100), samples.iter().last());
    }
}
