//! Many idle tasks: what they weigh, what dropping them costs, and how long
//! making room for them stops the loop.

use std::cell::Cell;
use std::future::pending;
use std::time::{Duration, Instant};

use super::{Size, Yield, timed};
use crate::contestants::Executor;
use crate::measure::{Reading, Stopwatch, float, resident_bytes};

const HOUR: Duration = Duration::from_hours(1);

thread_local! {
    /// How many tasks have begun to sleep; not in the tasks, which are weighed.
    static ASLEEP: Cell<u64> = const { Cell::new(0) };
}

pub(super) fn memory<E: Executor>(size: Size) -> Vec<Reading> {
    let n = size.ops();
    let dropping = Cell::new(None);
    let readings = E::run(
        async move |executor: E| {
            let (before, watch) = (resident_bytes(), Stopwatch::start());
            for _ in 0..n {
                executor.spawn_detached(sleeper::<E>());
            }
            // Polled after all of them, so that they have set their timers.
            E::value::<()>(executor.spawn(async {}).await);
            let mut readings = watch.per_op(n);
            if let (Some(before), Some(after)) = (before, resident_bytes()) {
                readings.push(("bytes", (after - before) / float(n)));
            }
            readings
        },
        || dropping.set(Some(Stopwatch::start())),
    );
    assert_eq!(ASLEEP.get(), n);
    let dropping = dropping.get().expect("the program has ended");
    [readings, vec![("drop", dropping.cpu_per_op(n))]].concat()
}

async fn sleeper<E: Executor>() {
    ASLEEP.set(ASLEEP.get() + 1);
    E::sleep(HOUR).await;
}

/// The longest of the turns, on the wall. Tables that double make a long pause
/// for it, in which nobody else is served.
pub(super) fn longest_turn<E: Executor>(size: Size) -> Vec<Reading> {
    let n = size.ops();
    let (longest, mut readings) = timed(n, |executor: E| async move {
        let mut longest = Duration::ZERO;
        for _ in 0..n / 1000 {
            let start = Instant::now();
            for _ in 0..1000 {
                executor.spawn_detached(pending::<()>());
            }
            Yield::default().await;
            longest = longest.max(start.elapsed());
        }
        longest
    });
    readings.push(("longest", longest.as_secs_f64() * 1e6));
    readings
}
