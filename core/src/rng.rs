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

/// Draws the v4 uuids of one client, and knows them again without keeping them.
///
/// The lower half of each is a keyed mix of the upper half. So a late answer to a call that is long forgotten can be
/// told from a push that carries a uuid of the server's own, in constant memory.
#[derive(Clone, Debug)]
pub(crate) struct Uuids {
    rng: Rng,
    key: u64,
}

impl Uuids {
    pub(crate) const fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let key = rng.next_u64();
        Self { rng, key }
    }

    pub(crate) fn draw(&mut self) -> Uuid {
        let high = self.rng.next_u64();
        self.complete(high)
    }

    pub(crate) fn recognises(&self, uuid: Uuid) -> bool {
        let (high, _) = uuid.as_u64_pair();
        self.complete(high) == uuid
    }

    fn complete(&self, high: u64) -> Uuid {
        // The version bits of the upper half must not take part: they are overwritten.
        let low = mix((high & !0xf000) ^ self.key);
        let bits = (u128::from(high) << 64) | u128::from(low);
        uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_are_v4_lower_case_and_unique() {
        let mut uuids = Uuids::new(7);
        let drawn: std::collections::BTreeSet<_> = (0..10_000).map(|_| uuids.draw()).collect();
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
            let uuid = own.draw();
            assert!(own.recognises(uuid));
            assert!(!other.recognises(uuid));
            assert!(!own.recognises(other.draw()));
        }
        assert!(!own.recognises(Uuid::nil()));
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
