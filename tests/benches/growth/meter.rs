//! Measures operations at growing sizes.

use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use executor::{Executor, Next};

use crate::grouped;
use crate::operations::{Operation, Prepared};

pub(crate) struct Reading {
    /// All threads together have used so many nanoseconds of CPU time per operation.
    pub(crate) cost: f64,
    /// In the longest turn the executor's thread has used so many nanoseconds of CPU
    /// time. `None` says that `block_on` has run the turns.
    pub(crate) longest_turn: Option<f64>,
}

/// Small sizes are measured again and again, for as long as this or so.
const LONG_ENOUGH: Duration = Duration::from_millis(500);

/// The first run finds no memory that was used before, so the median is of several.
const RUNS: RangeInclusive<usize> = 3..=25;

/// Measures an operation at one size after the other. Says why if it stops early.
pub(crate) fn grow(
    operation: &Operation,
    sizes: &[usize],
    limit: Duration,
) -> (Vec<Reading>, Option<String>) {
    let (mut readings, mut times) = (Vec::new(), Vec::new());
    for &n in sizes {
        if let Some(why) = objection(operation, n, &times, limit) {
            return (readings, Some(why));
        }
        eprintln!("{} at {n}", operation.name);
        let (reading, time) = measure(operation, n);
        readings.push(reading);
        times.push(time);
    }
    (readings, None)
}

/// Returns why an operation isn't measured at a size, if so.
fn objection(
    operation: &Operation,
    n: usize,
    times: &[Duration],
    limit: Duration,
) -> Option<String> {
    if let Some((_, why)) = operation.at_most.filter(|(most, _)| n > *most) {
        return Some(why.into());
    }
    let too_long = expected(times).is_some_and(|time| time > limit);
    too_long.then(|| format!("n = {} would take more than {limit:?} a run", grouped(n)))
}

/// Returns how long the next size will take, if time grows as it did, or tenfold.
fn expected(times: &[Duration]) -> Option<Duration> {
    let growth = match times {
        [.., before, last] => last.div_duration_f64(*before),
        _ => 10.0,
    };
    times.last().map(|last| last.mul_f64(growth.max(10.0)))
}

/// Returns the medians of some runs, and how long one takes.
fn measure(operation: &Operation, n: usize) -> (Reading, Duration) {
    let start = Instant::now();
    let (mut costs, mut turns) = (Vec::new(), Vec::new());
    while costs.len() < *RUNS.start() || start.elapsed() < LONG_ENOUGH && costs.len() < *RUNS.end()
    {
        costs.push(cost((operation.prepare)(n)));
        turns.extend(longest_turn((operation.prepare)(n)));
    }
    let time = start.elapsed() / u32::try_from(2 * costs.len()).expect("few");
    let longest_turn = (!turns.is_empty()).then(|| median(turns));
    (Reading { cost: median(costs), longest_turn }, time)
}

fn cost(prepared: Prepared) -> f64 {
    let Prepared { executor, program, operations, blocks } = prepared;
    let start = cpu_time_of_process();
    if blocks {
        executor.block_on(program);
    } else {
        run(&executor, program, Executor::turn);
    }
    nanos(cpu_time_of_process().saturating_sub(start)) / float(operations)
}

fn longest_turn(prepared: Prepared) -> Option<f64> {
    let Prepared { executor, program, blocks, .. } = prepared;
    let (mut longest, mut last) = (Duration::ZERO, cpu_time_of_thread());
    let turn = |executor: &Executor| {
        let next = executor.turn();
        let now = cpu_time_of_thread();
        longest = longest.max(now.saturating_sub(last));
        last = now;
        next
    };
    (!blocks).then(|| run(&executor, program, turn))?;
    Some(nanos(longest))
}

/// Runs a program turn by turn.
fn run(
    executor: &Executor,
    program: impl Future<Output = ()> + 'static,
    mut turn: impl FnMut(&Executor) -> Next,
) {
    let program = executor.spawn(program);
    while turn(executor) == Next::Now {}
    assert!(program.is_finished(), "the program waits for nothing but its tasks");
    program.outcome().expect("it is finished").expect("it doesn't fail");
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn nanos(time: Duration) -> f64 {
    time.as_secs_f64() * 1e9
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
fn float(count: usize) -> f64 {
    count as f64
}

#[cfg(target_os = "linux")]
pub(crate) use of_linux::stay_on_one_processor;
#[cfg(target_os = "linux")]
use of_linux::{cpu_time_of_process, cpu_time_of_thread};

#[cfg(target_os = "linux")]
mod of_linux {
    use std::time::Duration;

    use rustix::thread::{CpuSet, sched_setaffinity};
    use rustix::time::{ClockId, clock_gettime};

    /// Keeps this thread, and those it starts, on one processor.
    pub(crate) fn stay_on_one_processor() {
        let mut processors = CpuSet::new();
        processors.set(0);
        if let Err(error) = sched_setaffinity(None, &processors) {
            eprintln!("measuring unpinned: {error}");
        }
    }

    pub(super) fn cpu_time_of_process() -> Duration {
        cpu_time(ClockId::ProcessCPUTime)
    }

    pub(super) fn cpu_time_of_thread() -> Duration {
        cpu_time(ClockId::ThreadCPUTime)
    }

    fn cpu_time(clock: ClockId) -> Duration {
        clock_gettime(clock).try_into().expect("no negative time was used")
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) use elsewhere::stay_on_one_processor;
#[cfg(not(target_os = "linux"))]
use elsewhere::{time as cpu_time_of_process, time as cpu_time_of_thread};

/// Elsewhere it is the time on the wall that is measured.
#[cfg(not(target_os = "linux"))]
mod elsewhere {
    use std::sync::LazyLock;
    use std::time::{Duration, Instant};

    pub(crate) fn stay_on_one_processor() {}

    pub(super) fn time() -> Duration {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        START.elapsed()
    }
}
