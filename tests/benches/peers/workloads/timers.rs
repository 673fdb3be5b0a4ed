//! Timers that never fire, and timers that do.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use super::{Random, Size, Yield, timed};
use crate::contestants::Executor;
use crate::measure::{Reading, float};

/// Sets timers round and round in `n` places, each of which drops the one that
/// it held. The executor gets a turn every thousand.
pub(super) fn churn<E: Executor>(size: Size) -> Vec<Reading> {
    let Size { n, rounds } = size;
    let (registered, readings) = timed(size.ops(), |_: E| async move {
        let mut places: Vec<Pin<Box<Option<E::Sleep>>>> = Vec::new();
        places.resize_with(usize::try_from(n).expect("fits"), || Box::pin(None));
        let (mut registered, mut count) = (0, 0);
        for _ in 0..rounds {
            for place in &mut places {
                place.set(Some(E::sleep(Duration::from_millis(60_000 + count % 1000))));
                let sleep = place.as_mut().as_pin_mut().expect("just set");
                registered += u64::from(is_pending(sleep).await);
                count += 1;
                if count % 1000 == 0 {
                    Yield::default().await;
                }
            }
        }
        registered
    });
    assert_eq!(registered, size.ops());
    readings
}

/// Polls a future once.
async fn is_pending(mut future: Pin<&mut impl Future>) -> bool {
    poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx).is_pending())).await
}

/// Adds how late the sleeps ended, in microseconds: on average, and the
/// hundredth part that is latest.
pub(super) fn fire<E: Executor>(size: Size) -> Vec<Reading> {
    let n = size.ops();
    let (mut lateness, mut readings) = timed(n, |executor: E| async move {
        let mut random = Random::new();
        let handles: Vec<_> = (0..n)
            .map(|_| executor.spawn(late::<E>(Duration::from_micros(random.below(1_000_000)))))
            .collect();
        let mut lateness = Vec::with_capacity(handles.len());
        for handle in handles {
            lateness.push(E::value::<Duration>(handle.await));
        }
        lateness
    });
    lateness.sort_unstable();
    let mean = lateness.iter().sum::<Duration>().as_secs_f64() / float(n);
    let p99 = lateness[lateness.len() * 99 / 100].as_secs_f64();
    readings.extend([("late mean", mean * 1e6), ("late p99", p99 * 1e6)]);
    readings
}

/// Sleeps, and returns by how much too long.
async fn late<E: Executor>(duration: Duration) -> Duration {
    let deadline = Instant::now() + duration;
    E::sleep(duration).await;
    deadline.elapsed()
}
