//! Executors that live for one short program.

use std::hint::black_box;
use std::time::{Duration, Instant};

use super::Size;
use crate::contestants::Executor;
use crate::measure::{Reading, Stopwatch};

/// Some contestants take milliseconds, so it ends when this time is up.
const LIMIT: Duration = Duration::from_millis(300);

pub(super) fn run<E: Executor>(size: Size) -> Vec<Reading> {
    let (end, watch) = (Instant::now() + LIMIT, Stopwatch::start());
    let (mut runs, mut sum) = (0, 0);
    while runs < size.ops() && (runs % 64 != 0 || Instant::now() < end) {
        sum += E::run(async |_| black_box(1), || ());
        runs += 1;
    }
    assert_eq!(sum, runs);
    watch.per_op(runs)
}
