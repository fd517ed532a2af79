//! All of a client's randomness, from one seed: a run is a pure function of its inputs.

use std::time::Duration;

use uuid::Uuid;

use crate::time::Instant;

/// SplitMix64 (Steele, Lea, Flood 2014): small, fast, and good enough for jitter and ids that are no secrets.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "record", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Rng(#[cfg_attr(feature = "record", serde(with = "crate::record::hex"))] u64);

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
        let nanos = Instant::from_origin(max).as_nanos();
        // The upper half of the product: a fraction without floats.
        Duration::from_nanos(((u128::from(nanos) * u128::from(self.next_u64())) >> 64) as u64)
    }
}

const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Makes the v4 uuids of one client out of the numbers of its messages, and recognises them without a table.
///
/// The upper half is a keyed mix of the number, and the lower half is the number under a keyed mix of the upper half. So
/// an answer leads straight to its call, and a late answer to a forgotten call can be told from a push that carries a
/// uuid of the server's own.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "record", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Uuids {
    #[cfg_attr(feature = "record", serde(with = "crate::record::hex_pair"))]
    keys: [u64; 2],
}

impl Uuids {
    pub(crate) const fn new(rng: &mut Rng) -> Self {
        Self { keys: [rng.next_u64(), rng.next_u64()] }
    }

    /// The uuid of a number below 2^62.
    pub(crate) fn of(&self, number: u64) -> Uuid {
        // The version bits must not take part in the mask: they are overwritten.
        let high = mix(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ self.keys[0]) & !VERSION;
        let low = number ^ self.mask(high);
        let bits = (u128::from(high) << 64) | u128::from(low);
        uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid()
    }

    /// The number of a uuid of this client.
    pub(crate) fn number(&self, uuid: Uuid) -> Option<u64> {
        let (high, low) = uuid.as_u64_pair();
        let number = (low ^ self.mask(high & !VERSION)) & NUMBER;
        (self.of(number) == uuid).then_some(number)
    }

    const fn mask(&self, high: u64) -> u64 {
        mix(high ^ self.keys[1])
    }
}

/// The bits of the upper half that the version overwrites.
const VERSION: u64 = 0xf000;

/// The bits of the lower half that the variant leaves alone.
const NUMBER: u64 = u64::MAX >> 2;

#[cfg(test)]
mod tests {
    use super::*;

    fn uuids(seed: u64) -> Uuids {
        Uuids::new(&mut Rng::new(seed))
    }

    #[test]
    fn uuids_are_v4_lower_case_and_unique() {
        let uuids = uuids(7);
        let made: std::collections::BTreeSet<_> = (0..10_000).map(|number| uuids.of(number)).collect();
        assert_eq!(made.len(), 10_000);
        for uuid in made {
            assert_eq!(uuid.get_version_num(), 4);
            assert_eq!(uuid.get_variant(), uuid::Variant::RFC4122);
            let text = uuid.hyphenated().to_string();
            assert_eq!(text, text.to_lowercase());
        }
    }

    #[test]
    fn a_client_knows_its_own_uuids_and_no_others() {
        let (own, other) = (uuids(1), uuids(2));
        for number in (0..1_000).chain((0..62).map(|bit| 1 << bit)).chain([NUMBER]) {
            assert_eq!(own.number(own.of(number)), Some(number));
            assert_eq!(other.number(own.of(number)), None);
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
