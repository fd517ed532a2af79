//! Chance that a seed repeats.

use std::cell::Cell;

pub(crate) struct Dice(Cell<u64>);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Cell::new(seed ^ 0x9E37_79B9_7F4A_7C15))
    }

    /// A number below the bound, by splitmix64.
    pub(crate) fn below(&self, bound: u32) -> u32 {
        let state = self.0.get().wrapping_add(0x9E37_79B9_7F4A_7C15);
        self.0.set(state);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        u32::try_from((mixed ^ (mixed >> 31)) % u64::from(bound)).unwrap_or_default()
    }

    pub(crate) fn one_in(&self, bound: u32) -> bool {
        self.below(bound) == 0
    }
}
