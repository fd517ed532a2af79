//! All of a client's randomness, from one seed: a run is a pure function of its inputs.

use std::time::Duration;

use uuid::Uuid;

/// SplitMix64 (Steele, Lea, Flood 2014): small, fast, and good enough for jitter and ids that are no secrets.
#[derive(Clone, Debug)]
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) const fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A duration drawn evenly from `[0, max]`.
    pub(crate) fn up_to(&mut self, max: Duration) -> Duration {
        let fraction = (self.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
        // Seconds as `f64` are too coarse for the nanoseconds of a very long duration, and may round up.
        max.mul_f64(fraction).min(max)
    }
}

const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Makes the v4 uuids of one client, and knows them again without keeping them.
///
/// The upper half of each is random, and the lower half is a keyed mix of that with the number of the message in it. So an
/// answer leads to its call without a table, and a late answer to a call that is long forgotten can be told from a push
/// that carries a uuid of the server's own.
#[derive(Clone, Debug)]
pub(crate) struct Uuids {
    rng: Rng,
    key: u64,
    last: u64,
}

impl Uuids {
    pub(crate) const fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let key = rng.next_u64();
        Self { rng, key, last: 0 }
    }

    /// The next uuid, with its number. Numbers ascend.
    pub(crate) fn draw(&mut self) -> (u64, Uuid) {
        self.last += 1;
        let high = self.rng.next_u64();
        (self.last, self.compose(high, self.last))
    }

    /// The number of a uuid that was drawn here.
    pub(crate) fn number(&self, uuid: Uuid) -> Option<u64> {
        let (high, low) = uuid.as_u64_pair();
        let number = (low ^ self.mask(high)) & MOST;
        (number <= self.last && number > 0 && self.compose(high, number) == uuid).then_some(number)
    }

    fn compose(&self, high: u64, number: u64) -> Uuid {
        let bits = (u128::from(high) << 64) | u128::from(self.mask(high) ^ number);
        uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid()
    }

    fn mask(&self, high: u64) -> u64 {
        // The version bits of the upper half must not take part: they are overwritten.
        mix((high & !0xf000) ^ self.key)
    }
}

/// The bits of the lower half that are not overwritten by the variant.
const MOST: u64 = u64::MAX >> 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_are_v4_lower_case_and_unique() {
        let mut uuids = Uuids::new(7);
        let drawn: std::collections::BTreeSet<_> = (0..10_000).map(|_| uuids.draw().1).collect();
        assert_eq!(drawn.len(), 10_000);
        for uuid in drawn {
            assert_eq!(uuid.get_version_num(), 4);
            assert_eq!(uuid.get_variant(), uuid::Variant::RFC4122);
            let text = uuid.hyphenated().to_string();
            assert_eq!(text, text.to_lowercase());
        }
    }

    #[test]
    fn a_client_knows_its_own_uuids_and_no_others() {
        let mut own = Uuids::new(1);
        let mut other = Uuids::new(2);
        for _ in 0..1_000 {
            let (number, uuid) = own.draw();
            assert_eq!(own.number(uuid), Some(number));
            assert_eq!(other.number(uuid), None);
            assert_eq!(own.number(other.draw().1), None);
        }
        assert_eq!(own.number(Uuid::nil()), None);
    }

    #[test]
    fn durations_are_drawn_from_the_whole_range() {
        let mut rng = Rng::new(3);
        let max = Duration::from_secs(10);
        let drawn: Vec<_> = (0..1_000).map(|_| rng.up_to(max)).collect();
        assert!(drawn.iter().all(|d| *d <= max));
        assert!(drawn.iter().any(|d| *d < max / 20));
        assert!(drawn.iter().any(|d| *d > max / 20 * 19));
    }
}
