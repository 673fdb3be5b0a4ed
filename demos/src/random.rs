//! Plans with random sleeps.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

use crate::plan::{Call, Coroutine, Plan, Source};

/// Sleeps are whole multiples of this, so that what is printed is exact.
const STEP: Duration = Duration::from_millis(10);

/// Returns the plan that a seed stands for: the same on every machine, since
/// the generator is a named one and draws numbers of a fixed width.
pub(crate) fn plan(
    call: Call,
    count: usize,
    failing: &BTreeSet<usize>,
    max_sleep: Duration,
    seed: u64,
) -> Plan {
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(seed);
    let steps = u32::try_from(max_sleep.as_millis() / STEP.as_millis()).unwrap_or(u32::MAX);
    let mut sleep = || STEP * generator.random_range(0..=steps);
    let coroutine = |index| Coroutine { index, sleep: sleep(), fails: failing.contains(&index) };
    let coroutines = (0..count).map(coroutine).collect();
    Plan { source: Source::Random { seed }, call, coroutines }
}

/// Returns a seed that nobody chose, short enough to be typed again.
pub(crate) fn any_seed() -> u64 {
    RandomState::new().hash_one(()) % 1_000_000
}
