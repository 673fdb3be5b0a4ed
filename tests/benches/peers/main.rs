//! Wheelhouse and its peers, side by side.
//!
//! ```console
//! $ cargo bench -p wheelhouse-tests --features peers --bench peers -- --format markdown
//! ```
//!
//! prints what an operation costs here, what it costs with the best peer, and
//! the ratio; `-- --help` says what else there is. `rows.rs` has the rows,
//! `workloads` what is done, `contestants` who does it.
//!
//! # How fairness is kept
//!
//! - *The same program.* Each workload is written once, generically. What differs
//!   by contestant is how to build an executor, spawn, sleep, cancel and wait for
//!   several. The result is checked, so nobody leaves anything out.
//! - *Each at its best.* A peer is used as its documentation says is fast, and
//!   appears twice where that depends on the workload: smol with either
//!   `block_on`, tokio with either kind of local task. Everyone's timers are
//!   enabled, since ours are. Ours has its default settings, and appears twice
//!   too: with `gather` and `wait`, and as peers do, with a future for each handle.
//! - *The same work.* Where a peer does less than the others its figure stands in
//!   parentheses, a line says why, and it isn't the best peer there. A peer
//!   that can't do something has no figure. Combinators that poll futures
//!   themselves, instead of having tasks, are a table of their own.
//! - *The same moment.* Contestants take turns: each round measures all of them,
//!   beginning with the next one. So whatever else the machine does meets all.
//! - *A clean slate.* Each measurement is a process of its own.
//! - *CPU time counts,* user and system, of all threads of the process. A
//!   reactor's thread isn't free. Where threads wait for each other it is time
//!   on the wall, and `cross_wake` stays on one processor.
//! - *Building an executor* is measured by `run_cold`, and otherwise left out;
//!   dropping one is included, for that is where an executor may hand back what
//!   it put off.
//!
//! - *Lateness against CPU time.* A timer can be punctual or cheap. The peer
//!   that `timer_fire` is compared with is the cheapest, and so is the peer that
//!   its lateness is compared with.
//!
//! What is not fair: all contestants are in one binary, optimised as one, and
//! the workloads are those of a scheduler without I/O, which peers with a
//! reactor weren't made for.

//!
//! # What isn't won, and why
//!
//! Counted by callgrind, in instructions per operation, ours and the best
//! peer's. What separates the two is much the same everywhere: peers keep a raw
//! pointer to a task where we look a slot up by index, compare a generation and
//! check a bound, and take a result out of it by a cast where we ask `Any`. That
//! is the price of having no `unsafe`.
//!
//! - *`spawn_one`* (1,030 against glommio's 420), *`spawn_join`*: two polls are 250
//!   each, 130 are the allocator's, and the other half is spread over some ten
//!   look-ups per life of a task, at a dozen instructions. Forced inlining of the
//!   functions on its way gained 12 %; a queue without a second buffer lost 2 %, fixed pages of
//!   slots 8 %.
//! - *`yield`, `ping_pong`, `gather_staggered`, `cross_wake`*: async-local-executor is
//!   as quick or up to a tenth quicker. It has no timers and no turns: it polls until
//!   nothing is ready, and hears other threads then. A task's panic ends the run.
//! - *`gather_10`, `gather_result`, `wait_all`* against `ours-as-peers`, which awaits
//!   the handles in order (63 to 79 ns against 53): it waits for one child, and finds
//!   that the others have ended. `gather` and `wait` register with each child, as any
//!   of them may be the one that is enough.
//! - *`drain_first`* (2,970 against 1,950): its children keep a clone of their
//!   waker, and a waker of a task's own is an allocation and a drop, 380
//!   instructions; where peers count references to the task. The rest is cache
//!   misses: a child is found in the log, in the waiting task's list, in the
//!   slots, in its box and by its waker, in random order.
//! - *`run_cold`*: half of it is six allocations and giving them back (the core,
//!   the slots, two queues, the waker and what it shares with other threads),
//!   an eighth moving the parts into place. The channel to other threads was a
//!   fifth, and is now made when first needed. `LocalPool` has no timers, no
//!   handles and no table, and borrows the waker of its thread.
//! - *`spawn_pause`*: a page of the slot table is 16,384 slots and takes half a
//!   millisecond when its memory is new. Peers have no table.
//!
//! # Growth
//!
//! `--growth` measures ours at n = 100 to a million. Costs stay flat to a hundred
//! thousand tasks, and then double or more with the misses of the cache, which
//! nothing but smaller tasks would help: `yield` 16, 27, 30, 39, then 239 ns.

mod child;
mod contestants;
mod measure;
mod options;
mod report;
mod results;
mod rows;
mod workloads;

use std::env;
use std::process::ExitCode;
use std::time::Instant;

use contestants::{Contestant, Kind};
use options::{Format, Options, Task, USAGE};
use results::Results;
use workloads::{Size, Workload};

fn main() -> ExitCode {
    let mut args = env::args().skip(1).peekable();
    if args.next_if(|arg| arg == child::FLAG).is_some() {
        child::main(args);
        return ExitCode::SUCCESS;
    }
    match Options::parse(args) {
        Ok(options) if run(&options) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}\n\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

/// Returns whether all went well.
fn run(options: &Options) -> bool {
    match options.task {
        Task::Compare => return compare(options),
        Task::Growth => growth(options),
        Task::List => print!("{}", report::list()),
        Task::Help => println!("{USAGE}"),
    }
    true
}

/// Measures and reports; `false` if a measurement failed.
fn compare(options: &Options) -> bool {
    let start = Instant::now();
    let mut results = Results::default();
    let present = roll_call(options, &mut results);
    let unable = results.incidents.len();
    for workload in options.workloads() {
        for round in 0..options.rounds {
            measure_round(workload, options.size(workload), round, &present, &mut results);
        }
    }
    eprintln!("measured for {:.0} s", start.elapsed().as_secs_f64());
    match options.format {
        Format::Markdown => print!("{}", report::markdown(&results)),
        Format::Json => print!("{}", report::json(&results)),
    }
    results.incidents.len() == unable
}

/// Returns who can start here.
fn roll_call(options: &Options, results: &mut Results) -> Vec<&'static Contestant> {
    let mut present = Vec::new();
    for contestant in options.contestants() {
        match child::measure(contestant, "run_cold", Size { n: 1, rounds: 1 }) {
            Ok(_) => present.push(contestant),
            Err(why) => results.note(format!("{} can't start here: {why}", contestant.name)),
        }
    }
    present
}

/// Measures all once, beginning with another one in each round.
fn measure_round(
    workload: &'static Workload,
    size: Size,
    round: usize,
    present: &[&'static Contestant],
    results: &mut Results,
) {
    eprintln!("{}, round {}", workload.name, round + 1);
    for turn in 0..present.len() {
        let contestant = present[(round + turn) % present.len()];
        match child::measure(contestant, workload.name, size) {
            Ok(readings) => results.add(workload.name, contestant.name, readings),
            Err(why) => {
                results.note(format!("{} failed at {}: {why}", contestant.name, workload.name));
            }
        }
    }
}

const SIZES: [u64; 5] = [100, 1000, 10_000, 100_000, 1_000_000];
const GROWTH_OPS: u64 = 1_000_000;

/// What ours costs at growing `n`, with about as many operations in all.
fn growth(options: &Options) {
    let ours = contestants::ALL.iter().find(|it| it.kind == Kind::Ours);
    let ours = ours.expect("we take part");
    let growing = options.workloads().filter(|it| it.grows && it.name != "gather_10");
    let costs: Vec<_> = growing.map(|it| (it.name, costs_by_size(it, ours, options))).collect();
    print!("{}", report::growth(&SIZES, &costs));
}

/// The median CPU time per operation at each size.
fn costs_by_size(
    workload: &'static Workload,
    ours: &'static Contestant,
    options: &Options,
) -> Vec<f64> {
    eprintln!("{}", workload.name);
    let cost = |n: u64| {
        let size = Size { n, rounds: (GROWTH_OPS / n).max(1) };
        let mut results = Results::default();
        for _ in 0..options.rounds {
            match child::measure(ours, workload.name, size) {
                Ok(readings) => results.add(workload.name, ours.name, readings),
                Err(why) => eprintln!("failed at n = {n}: {why}"),
            }
        }
        results.figure(&rows::cpu(workload.name), ours).map_or(f64::NAN, |it| it.median)
    };
    SIZES.iter().map(|&n| cost(n)).collect()
}
