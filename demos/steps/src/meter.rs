//! Measures a run: time, polls, wakes, allocations, and how late sleeps ended.
//!
//! The steps count their polls and wakes here. All figures are those of the whole process.

use std::any::Any;
use std::fmt::Display;
use std::io::{Write as _, stdout};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use cpu_time::ProcessTime;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region};

/// Counts allocations, which makes each a little slower, in all of the program. As a test this
/// crate is linked with another copy of itself, which has the allocator.
#[cfg(all(feature = "count", not(test)))]
#[global_allocator]
static ALLOCATOR: &stats_alloc::StatsAlloc<std::alloc::System> = &INSTRUMENTED_SYSTEM;

static POLLS: AtomicU64 = AtomicU64::new(0);
static WAKES: AtomicU64 = AtomicU64::new(0);
/// The latest end of a sleep, in nanoseconds after its deadline.
static LATENESS: AtomicU64 = AtomicU64::new(0);

/// Counts a poll of a task, or of a future that a task waits for with others.
pub fn count_poll() {
    POLLS.fetch_add(1, Ordering::Relaxed);
}

/// Counts a wake.
pub fn count_wake() {
    WAKES.fetch_add(1, Ordering::Relaxed);
}

/// Notes that a sleep has ended, which was to end at `deadline`. It isn't late if that is to come.
pub fn note_end_of_sleep(deadline: Instant) {
    let late = Instant::now().saturating_duration_since(deadline).as_nanos();
    LATENESS.fetch_max(u64::try_from(late).unwrap_or(u64::MAX), Ordering::Relaxed);
}

/// Prints a line. If nobody reads it any more, it goes nowhere.
pub fn say(line: impl Display) {
    drop(writeln!(stdout(), "{line}"));
}

/// What a run took.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    /// Time on the clock.
    pub time: Duration,
    /// Time of processors, of all threads.
    pub cpu: Duration,
    /// The number of polls.
    pub polls: u64,
    /// The number of wakes.
    pub wakes: u64,
    /// The number of allocations, if this program counts them: by the feature `count`, which
    /// the examples have.
    pub allocations: Option<usize>,
    /// How late the sleep ended that was the latest.
    pub lateness: Duration,
}

/// Measures a run. Two runs are never measured at once.
pub fn measure<R>(run: impl FnOnce() -> R) -> (R, Figures) {
    measure_and_pause(run, Duration::ZERO)
}

/// Measures a run, and then lets the threads end that it may have left asleep: what they do
/// isn't to count with the next.
pub fn measure_alone<R>(run: impl FnOnce() -> R) -> (R, Figures) {
    measure_and_pause(run, LONGEST)
}

/// The longest sleep of the program, and then some.
const LONGEST: Duration = Duration::from_millis(300);

fn measure_and_pause<R>(run: impl FnOnce() -> R, pause: Duration) -> (R, Figures) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    for counter in [&POLLS, &WAKES, &LATENESS] {
        counter.store(0, Ordering::Relaxed);
    }
    let allocator = Region::new(&INSTRUMENTED_SYSTEM);
    let (begun, cpu) = (Instant::now(), ProcessTime::now());
    let result = run();
    let figures = Figures {
        time: begun.elapsed(),
        cpu: cpu.elapsed(),
        polls: POLLS.load(Ordering::Relaxed),
        wakes: WAKES.load(Ordering::Relaxed),
        allocations: cfg!(feature = "count").then(|| allocator.change().allocations),
        lateness: Duration::from_nanos(LATENESS.load(Ordering::Relaxed)),
    };
    thread::sleep(pause);
    (result, figures)
}

/// Runs the program on a step, and returns its output.
pub type Run = fn() -> String;

/// Runs the program on one step after the other, and prints the output of the last and
/// what each took.
pub fn compare(runs: &[(&str, Run)]) {
    let measured: Vec<_> = runs.iter().map(|(name, run)| (*name, measure_alone(run))).collect();
    if let Some((_, (output, _))) = measured.last() {
        say(format_args!("{output}\n"));
    }
    let table = measured.iter().map(|(name, (_, figures))| (*name, *figures));
    say(table_of(&table.collect::<Vec<_>>()));
}

/// Shows one of the figures.
type Show = fn(&Figures) -> String;

/// Returns a table of figures, with a column for each run.
#[must_use]
pub fn table_of(columns: &[(&str, Figures)]) -> String {
    let rows: [(&str, Show); 6] = [
        ("time", |it| show(it.time)),
        ("CPU time", |it| show(it.cpu)),
        ("polls", |it| it.polls.to_string()),
        ("wakes", |it| it.wakes.to_string()),
        ("allocations", |it| it.allocations.map_or("not counted".into(), |it| it.to_string())),
        ("latest sleep, late by", |it| show(it.lateness)),
    ];
    let line = |name: &str, cells: Vec<String>| {
        let cells = cells.iter().map(|it| format!("{it:>14}"));
        format!("{name:<22}{}\n", cells.collect::<String>())
    };
    let head = line("", columns.iter().map(|(name, _)| (*name).to_owned()).collect());
    let body = rows.map(|(name, show)| line(name, columns.iter().map(|it| show(&it.1)).collect()));
    (head + &body.concat()).trim_end().to_owned()
}

/// Returns a duration in words, to three digits.
#[must_use]
pub fn show(duration: Duration) -> String {
    let nanoseconds = duration.as_nanos();
    match nanoseconds {
        0..1_000 => format!("{nanoseconds} ns"),
        1_000..1_000_000 => format!("{:.1} us", duration.as_secs_f64() * 1e6),
        1_000_000..1_000_000_000 => format!("{:.1} ms", duration.as_secs_f64() * 1e3),
        _ => format!("{:.2} s", duration.as_secs_f64()),
    }
}

/// Returns the text of a panic.
#[must_use]
pub fn text_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}
