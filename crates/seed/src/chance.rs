//! Deterministic chance: integers only, so that every machine draws the same traffic.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

/// How far durations scatter around their median: the standard deviation of their binary logarithm,
/// times 65,536.
#[derive(Clone, Copy)]
pub(super) struct Spread(i64);

impl Spread {
    /// Machines: answers of a server, a ringing telephone network.
    pub(super) const NARROW: Self = Self(24_000);
    /// People: how long they ring, talk, wait and write.
    pub(super) const WIDE: Self = Self(62_000);
}

/// The identifier of a call leg or of a conversation; written as a version 4 UUID.
#[derive(Clone, Copy)]
pub(super) struct LegId(pub(super) u128);

/// The draws of one attempt. No attempt's draws depend on another attempt's.
pub(super) struct Chance(ChaCha8Rng);

impl Chance {
    /// The draws of `attempt_id` under `seed`.
    pub(super) fn of(seed: u64, attempt_id: i64) -> Self {
        let mut key = *b"................attempt-ledger v1";
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&attempt_id.to_le_bytes());
        let key = key.first_chunk().expect("the key is longer than 32 bytes");
        Self(ChaCha8Rng::from_seed(*key))
    }

    /// 32 random bits.
    pub(super) fn bits(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// A number from 0 to `bound - 1`; 0 when `bound` is 0.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.0.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// Milliseconds from `low` to `high`, both included.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below(high.abs_diff(low) + 1) as i64
    }

    /// True in `basis_points` of 10,000 draws.
    pub(super) fn happens(&mut self, basis_points: u64) -> bool {
        self.below(10_000) < basis_points
    }

    /// One of `items`, which are not empty.
    pub(super) fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len() as u64) as usize]
    }

    /// A fresh leg identifier.
    pub(super) fn leg(&mut self) -> LegId {
        let random = (u128::from(self.0.next_u64()) << 64) | u128::from(self.0.next_u64());
        let version = 0x4_u128 << 76;
        let variant = 0x2_u128 << 62;
        LegId((random & !(0xf << 76) & !(0x3 << 62)) | version | variant)
    }

    /// A duration around `median_ms`, distributed nearly log-normally.
    ///
    /// The sum of four uniform draws stands for the normal distribution, so no draw is further than
    /// 3.5 standard deviations away and no duration is unbounded.
    pub(super) fn around(&mut self, median_ms: i64, spread: Spread) -> i64 {
        const MEAN: i64 = 2 * 65_535;
        const DEVIATION: i64 = 37_837;
        let draw = self.0.next_u64();
        let sum: i64 = (0..4).map(|part| i64::from((draw >> (16 * part)) as u16)).sum();
        times_power_of_two(median_ms, (sum - MEAN) * spread.0 / DEVIATION)
    }
}

/// `value` times two to the power of `exponent / 65,536`, to within half a percent.
fn times_power_of_two(value: i64, exponent: i64) -> i64 {
    let fraction = exponent & 0xffff;
    let mantissa = 65_536 + ((fraction * (43_024 + ((22_512 * fraction) >> 16))) >> 16);
    let scaled = value * mantissa;
    let shift = 16 - (exponent >> 16);
    if shift >= 0 { scaled >> shift.min(63) } else { scaled << shift.unsigned_abs().min(8) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_two_are_close_to_the_true_ones() {
        for exponent in (-262_144_i64..=262_144).step_by(4_001) {
            let exact = 1_000_000.0 * (exponent as f64 / 65_536.0).exp2();
            let ours = times_power_of_two(1_000_000, exponent) as f64;
            assert!((ours / exact - 1.0).abs() < 0.005, "{exponent}: {ours} against {exact}");
        }
    }

    #[test]
    fn durations_scatter_around_their_median_and_stay_bounded() {
        let mut chance = Chance::of(1, 1);
        let mut draws: Vec<i64> = (0..10_001).map(|_| chance.around(10_000, Spread::WIDE)).collect();
        draws.sort_unstable();
        assert!((9_500..10_500).contains(&draws[5_000]), "{}", draws[5_000]);
        assert!(draws[0] > 900 && draws[10_000] < 110_000, "{} {}", draws[0], draws[10_000]);
        assert!(draws[8_413] > 18_000, "one deviation above is nearly twice the median");
    }

    #[test]
    fn bounds_are_kept() {
        let mut chance = Chance::of(7, 7);
        assert_eq!(chance.below(0), 0);
        assert!((0..1_000).map(|_| chance.between(-3, 3)).all(|drawn| (-3..=3).contains(&drawn)));
        assert!(!chance.happens(0) && chance.happens(10_000));
    }
}
