//! Waiting for another process.

use std::thread;
use std::time::{Duration, Instant};

/// How long a test waits for the binary.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn wait_until(mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "it doesn't come about");
        thread::yield_now();
    }
}
