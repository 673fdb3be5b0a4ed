//! How many instructions an operation takes, counted by valgrind.
//!
//! ```console
//! $ cargo bench -p wheelhouse-tests --bench instructions
//! ```
//!
//! With `--features trace` it is the executor that can be recorded, and isn't.
//!
//! Time is noisy, instructions are not: the same program takes the same number
//! on any machine of its kind. So a change that makes a hot path longer is
//! found here, whatever else the machine does. Each count is compared with the
//! one that is [written down](WORKLOADS); to be cheaper by more than the
//! tolerance is an error too, since the next change could then waste the gain.
//!
//! A workload is run twice, with different numbers of operations. The
//! difference is what the operations took, without start and end.

use std::env;
use std::future::{pending, poll_fn};
use std::hint::black_box;
use std::pin::pin;
use std::process::{Command, ExitCode};
use std::task::Poll;
use std::time::Duration;

use combinators::{FirstCompleted, gather, timeout, wait};
use executor::{Clock, Executor, block_on, catch_cancel, sleep, spawn, yield_now};

/// By how many percent a count may differ from the one written down: a little
/// more than another allocator or version of the compiler makes of it.
const TOLERANCE: u64 = 5;

struct Workload {
    name: &'static str,
    /// Instructions per operation, as last seen.
    expected: u64,
    /// The same with the feature `trace`, while nothing is recorded.
    idle: u64,
    /// Performs so many operations.
    run: fn(u64),
}

const WORKLOADS: &[Workload] = &[
    Workload { name: "spawn_one", expected: 1108, idle: 1229, run: spawn_one },
    Workload { name: "spawn_join", expected: 877, idle: 897, run: spawn_join },
    Workload { name: "yield", expected: 259, idle: 288, run: yields },
    Workload { name: "timer_churn", expected: 250, idle: 306, run: timer_churn },
    Workload { name: "await_10", expected: 1031, idle: 1094, run: await_10 },
    Workload { name: "gather_10", expected: 1190, idle: 1273, run: gather_10 },
    Workload { name: "gather_10_results", expected: 1409, idle: 1492, run: gather_10_results },
    Workload { name: "wait_10", expected: 1461, idle: 1545, run: wait_10 },
    Workload { name: "await_first", expected: 1509, idle: 1561, run: await_first },
    Workload { name: "wait_first", expected: 1376, idle: 1437, run: wait_first },
    Workload { name: "drain_first", expected: 4040, idle: 4331, run: drain_first },
    Workload { name: "timeout_in_time", expected: 2324, idle: 2515, run: timeout_in_time },
    Workload { name: "timeout_turns", expected: 673, idle: 751, run: timeout_turns },
    Workload { name: "timeout_expires", expected: 4642, idle: 5138, run: timeout_expires },
    Workload { name: "catch_yield", expected: 703, idle: 800, run: catch_yield },
    Workload { name: "cancel_leaf", expected: 2061, idle: 2274, run: cancel_leaf },
    Workload { name: "cancel_join", expected: 4462, idle: 4856, run: cancel_join },
    Workload { name: "cancel_in_scope", expected: 2808, idle: 3064, run: cancel_in_scope },
    Workload { name: "run_cold", expected: 2373, idle: 2669, run: run_cold },
];

fn main() -> ExitCode {
    let mut args = env::args().skip(1).filter(|arg| arg != "--bench");
    match (args.next(), args.next()) {
        (Some(name), Some(operations)) => perform(&name, &operations),
        _ => check_all(),
    }
}

/// Performs operations in this process, for valgrind to count.
fn perform(name: &str, operations: &str) -> ExitCode {
    let workload = WORKLOADS.iter().find(|it| it.name == name);
    if let (Some(workload), Ok(operations)) = (workload, operations.parse()) {
        (workload.run)(operations);
        return ExitCode::SUCCESS;
    }
    eprintln!("`{name} {operations}` is no workload and number of operations");
    ExitCode::from(2)
}

fn check_all() -> ExitCode {
    let checked: Vec<bool> = WORKLOADS.iter().map(check).collect();
    if checked.into_iter().all(|it| it) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Counts, and prints what comes of it; `false` if it isn't as expected.
fn check(workload: &Workload) -> bool {
    let Workload { name, expected, idle, .. } = *workload;
    let expected = if cfg!(feature = "trace") { idle } else { expected };
    let measured = match instructions_per_operation(name) {
        Ok(measured) => measured,
        Err(why) => {
            println!("{name}: {why}");
            return false;
        }
    };
    let within = measured.abs_diff(expected) * 100 <= expected * TOLERANCE;
    let verdict = if within { "as expected" } else { OUT_OF_TOLERANCE };
    println!("{name}: {measured} instructions per operation, {expected} {verdict}");
    within
}

const OUT_OF_TOLERANCE: &str =
    "written down: find out why, then write the new figure into benches/instructions.rs";

/// A workload takes its operations in thousands, and more than warm it up.
const FEW: u64 = 20_000;
const MANY: u64 = 60_000;

fn instructions_per_operation(name: &str) -> Result<u64, String> {
    Ok((instructions(name, MANY)? - instructions(name, FEW)?) / (MANY - FEW))
}

/// Runs this program under valgrind, and reads what that counted.
fn instructions(name: &str, operations: u64) -> Result<u64, String> {
    let program = env::current_exe().map_err(|error| error.to_string())?;
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    valgrind.arg(program).args([name, &operations.to_string()]);
    let output = valgrind.output().map_err(|error| format!("valgrind doesn't run: {error}"))?;
    let report = String::from_utf8_lossy(&output.stderr);
    let count = report.lines().find_map(|line| line.split_once("Collected : "));
    match count.and_then(|(_, count)| count.trim().parse().ok()) {
        Some(count) if output.status.success() => Ok(count),
        _ => Err(format!("valgrind failed:\n{report}")),
    }
}

fn spawn_one(operations: u64) {
    block_on(async {
        for i in 0..operations {
            let value = spawn(async move { black_box(i) }).await;
            assert_eq!(value.unwrap(), i);
        }
    });
}

/// Spawns a thousand tasks at a time, then awaits them.
fn spawn_join(operations: u64) {
    block_on(async {
        for _ in 0..operations / 1000 {
            let tasks: Vec<_> = (0..1000).map(|i| spawn(async move { black_box(i) })).collect();
            for (i, task) in (0..).zip(tasks) {
                assert_eq!(task.await.unwrap(), i);
            }
        }
    });
}

/// A hundred tasks, one after another, again and again.
fn yields(operations: u64) {
    let yielding = move || async move {
        for _ in 0..operations / 100 {
            yield_now().await;
        }
    };
    block_on(async {
        for task in [(); 100].map(|()| spawn(yielding())) {
            task.await.unwrap();
        }
    });
}

/// Polls a sleep once, so that its timer is set, and drops it.
fn timer_churn(operations: u64) {
    block_on(async {
        for _ in 0..operations / 100 {
            for _ in 0..100 {
                let mut hour = pin!(sleep(Duration::from_hours(1)));
                let set = poll_fn(|cx| Poll::Ready(hour.as_mut().poll(cx).is_pending()));
                assert!(set.await);
            }
            yield_now().await;
        }
    });
}

async fn child(i: u64) -> u64 {
    yield_now().await;
    black_box(i)
}

/// Children that yield once, ten at a time, awaited one after another: the measure of
/// what the next three take.
fn await_10(operations: u64) {
    block_on(async {
        for _ in 0..operations / 10 {
            let tasks = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(|i| spawn(child(i)));
            for (i, task) in (0..).zip(tasks) {
                assert_eq!(task.await.unwrap(), i);
            }
        }
    });
}

fn gather_10(operations: u64) {
    block_on(async {
        for _ in 0..operations / 10 {
            let values = gather((0..10).map(child)).await.unwrap();
            assert_eq!(values, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        }
    });
}

/// Children that may fail.
fn gather_10_results(operations: u64) {
    let child = |i| async move { Ok::<_, ()>(child(i).await) };
    block_on(async {
        for _ in 0..operations / 10 {
            let values = gather((0..10).map(child)).await.unwrap();
            assert_eq!(values, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        }
    });
}

fn wait_10(operations: u64) {
    block_on(async {
        for _ in 0..operations / 10 {
            let waited = wait((0..10).map(|i| spawn(child(i)))).await;
            assert_eq!(waited.done.len(), 10);
        }
    });
}

/// A thousand tasks, of which the first ends and the rest is cancelled, with none to
/// wait for several at once.
fn await_first(operations: u64) {
    block_on(async {
        for _ in 0..operations / 1000 {
            let first = spawn(child(0));
            let rest: Vec<_> = (1..1000).map(|_| spawn(pending::<u64>())).collect();
            first.await.unwrap();
            for task in &rest {
                task.cancel();
            }
            for task in rest {
                task.await.unwrap_err();
            }
        }
    });
}

/// The same by two waits.
fn wait_first(operations: u64) {
    block_on(async {
        for _ in 0..operations / 1000 {
            let first = [spawn(child(0))].into_iter();
            let tasks = first.chain((1..1000).map(|_| spawn(pending::<u64>())));
            let waited = wait(tasks).return_when(FirstCompleted).await;
            waited.pending.iter().for_each(|task| _ = task.cancel());
            assert_eq!(wait(waited.pending).await.done.len(), 999);
        }
    });
}

/// A thousand sleeping tasks, of which one after another ends, is waited for,
/// and the rest again.
fn drain_first(operations: u64) {
    let executor = Executor::builder().clock(Clock::Virtual).build();
    let child = |i: u64| spawn(sleep(Duration::from_millis(i)));
    executor.block_on(async {
        for _ in 0..operations / 1000 {
            let mut waited = wait((1..=1000).map(child)).return_when(FirstCompleted).await;
            while !waited.pending.is_empty() {
                waited = wait(waited.pending).return_when(FirstCompleted).await;
            }
        }
    });
}

/// An executor that is built, runs next to nothing, and is dropped.
fn run_cold(operations: u64) {
    for i in 0..operations {
        assert_eq!(block_on(async { black_box(i) }), i);
    }
}

/// A limit around what is ready in time, one turn later.
fn timeout_in_time(operations: u64) {
    block_on(async {
        for _ in 0..operations {
            timeout(Duration::from_hours(1), yield_now()).await.unwrap();
        }
    });
}

/// Ten turns within a limit count as ten operations.
fn timeout_turns(operations: u64) {
    block_on(async {
        for _ in 0..operations / 10 {
            let turns = async {
                for _ in 0..10 {
                    yield_now().await;
                }
            };
            timeout(Duration::from_hours(1), turns).await.unwrap();
        }
    });
}

/// A hundred limits that are up in the same turn.
fn timeout_expires(operations: u64) {
    let executor = Executor::builder().clock(Clock::Virtual).build();
    executor.block_on(async {
        for _ in 0..operations / 100 {
            let limited = || spawn(timeout(Duration::from_millis(1), pending::<()>()));
            for task in [(); 100].map(|()| limited()) {
                task.await.unwrap().unwrap_err();
            }
        }
    });
}

fn catch_yield(operations: u64) {
    block_on(async {
        for _ in 0..operations {
            catch_cancel(yield_now()).await.unwrap();
        }
    });
}

/// Cancels a task that waits for what knows of no cancellation.
fn cancel_leaf(operations: u64) {
    block_on(async {
        for _ in 0..operations {
            let task = spawn(pending::<()>());
            yield_now().await;
            task.cancel();
            task.await.unwrap_err();
        }
    });
}

/// Cancels a task that awaits another.
fn cancel_join(operations: u64) {
    block_on(async {
        for _ in 0..operations {
            let task = spawn(async { spawn(pending::<()>()).await });
            yield_now().await;
            yield_now().await;
            task.cancel();
            task.await.unwrap_err();
        }
    });
}

/// Cancels a task that waits in a scope, which catches.
fn cancel_in_scope(operations: u64) {
    block_on(async {
        for _ in 0..operations {
            let task = spawn(async { catch_cancel(pending::<()>()).await.is_err() });
            yield_now().await;
            task.cancel();
            assert!(task.await.unwrap());
        }
    });
}
