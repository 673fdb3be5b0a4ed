//! The faults of the steps, shown by running them.
//!
//! Each function takes what it needs of an executor, so that the step that has the fault and
//! the step that cures it can both be shown. One that hangs is ended after a while.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::mpsc;
use std::task::{Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use cpu_time::ProcessTime;

use crate::lesson::{Outcome, Task};
use crate::meter::{self, say};

/// What the faults need of a step.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// Its name.
    pub name: &'static str,
    /// Runs a future to its end.
    pub block_on: fn(Task),
    /// Spawns a task.
    pub spawn: fn(Task),
    /// Sleeps for a duration.
    pub sleep: fn(Duration) -> Task,
}

/// How long a run may hang before it is ended.
const PATIENCE: Duration = Duration::from_secs(1);

/// Shows whether a wake gets lost that comes while a poll blocks its thread.
pub fn show_stolen_token(name: &str, block_on: fn(Task)) {
    let ended = loses_no_wake(block_on);
    let end = if ended { "it was polled again" } else { "it still waits, a second later" };
    say(format_args!(
        "\n{name}: a task was woken, and then blocked its thread for 1 ms in the same poll:\n\
        {end}."
    ));
}

/// Returns whether a task that blocks its thread is polled again, as it was woken before.
pub fn loses_no_wake(block_on: fn(Task)) -> bool {
    let (sender, ended) = mpsc::channel();
    let runner = thread::spawn(move || {
        block_on(Box::pin(blocks_once()));
        let _nobody_waits = sender.send(()).is_err();
    });
    let in_time = ended.recv_timeout(PATIENCE).is_ok();
    if !in_time {
        runner.thread().unpark(); // So that it ends, if it has lost its token only.
        let _ended_now = ended.recv_timeout(PATIENCE);
    }
    in_time
}

/// Wakes itself, and then waits for a message that never comes, with a limit. While it waits
/// the standard library parks the thread.
async fn blocks_once() {
    let mut has_blocked = false;
    poll_fn(|cx| {
        if has_blocked {
            return Poll::Ready(());
        }
        has_blocked = true;
        cx.waker().wake_by_ref();
        let (_sender, receiver) = mpsc::channel::<()>();
        let _no_message = receiver.recv_timeout(Duration::from_millis(1));
        Poll::Pending
    })
    .await;
}

/// Shows how long a main future that is done waits for a task that wakes itself.
pub fn show_starvation(step: &Step) {
    let (name, polls) = (step.name, polls_of_self_waking(*step));
    say(format_args!(
        "\n{name}: the main future was done, and a task that wakes itself was polled\n\
        {polls} times before that was seen."
    ));
}

/// Returns how often a task that wakes itself is polled until the end of the main future is
/// seen; 100,000 times at most, for then it ends.
pub fn polls_of_self_waking(Step { block_on, spawn, .. }: Step) -> usize {
    let polls = Rc::new(Cell::new(0));
    let count = Rc::clone(&polls);
    block_on(Box::pin(async move {
        spawn(Box::pin(poll_fn(move |cx| {
            count.set(count.get() + 1);
            if count.get() == 100_000 {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })));
    }));
    polls.get()
}

/// Shows what a thousand tasks take that sleep at once.
pub fn show_sleeps(step: &Step) {
    let ((), figures) = meter::measure(|| (step.block_on)(Box::pin(sleeps(*step, 1_000))));
    let (cpu, late) = (meter::show(figures.cpu), meter::show(figures.lateness));
    say(format_args!(
        "\n{}: a thousand sleeping tasks take {cpu} of CPU time; the latest is late by {late}.",
        step.name
    ));
}

/// Runs tasks that sleep for 50 to 100 ms, and ends when all have.
async fn sleeps(Step { spawn, sleep, .. }: Step, count: u64) {
    let left = Rc::new(Cell::new(count));
    for number in 0..count {
        let left = Rc::clone(&left);
        spawn(Box::pin(async move {
            let duration = Duration::from_micros(50_000 + number * 50_000 / count);
            let deadline = Instant::now() + duration;
            sleep(duration).await;
            meter::note_end_of_sleep(deadline);
            left.set(left.get() - 1);
        }));
    }
    while left.get() > 0 {
        sleep(Duration::from_millis(5)).await;
    }
}

/// Shows what timers take that are cancelled, and how many entries they leave.
pub fn show_cancelled_timers(step: &Step, entries: fn() -> usize) {
    say(format_args!("\n{}: timers that are set, cancelled, and waited out", step.name));
    for count in [1_000, 30_000, 1_000_000] {
        let (left, cpu) = cancelled_timers(*step, entries, count);
        let each = cpu.as_nanos() / u128::from(count);
        say(format_args!(
            "{count:>10} timers: {each:>6} ns of CPU time each, {left:>8} entries left"
        ));
    }
}

/// Sets timers, cancels them, and waits until after their deadlines. Returns the number of
/// entries that were left when all were cancelled, and the CPU time of all that.
pub fn cancelled_timers(step: Step, entries: fn() -> usize, count: u64) -> (usize, Duration) {
    let seen = Rc::new(Cell::default());
    let result = Rc::clone(&seen);
    (step.block_on)(Box::pin(async move {
        // All are set and cancelled before the first deadline, some microseconds each.
        let window = Duration::from_millis(5) + Duration::from_micros(2 * count);
        let sleep = |number| (step.sleep)(window + scatter(number, window));
        let sleeps: Vec<_> = (0..count).map(sleep).collect();
        let begun = ProcessTime::now();
        poll_once(sleeps).await;
        let left = entries();
        (step.sleep)(2 * window).await;
        result.set((left, begun.elapsed()));
    }));
    seen.get()
}

/// Returns how many tasks still sleep when a longer sleep has ended, if there were as many
/// sleeps that were given up.
pub fn sleeps_left(step: Step, count: u64) -> u64 {
    let left = Rc::new(Cell::new(count));
    let result = Rc::clone(&left);
    (step.block_on)(Box::pin(async move {
        let window = Duration::from_millis(50);
        let sleep = |number| (step.sleep)(window + scatter(number, window));
        for number in 0..count {
            let (sleep, left) = (sleep(number), Rc::clone(&left));
            (step.spawn)(Box::pin(async move {
                sleep.await;
                left.set(left.get() - 1);
            }));
        }
        poll_once((0..count).map(sleep).collect()).await;
        (step.sleep)(3 * window).await;
    }));
    result.get()
}

/// Polls each once, and drops them.
async fn poll_once(mut futures: Vec<Task>) {
    poll_fn(|cx| {
        for future in &mut futures {
            assert!(future.as_mut().poll(cx).is_pending(), "a deadline has passed too soon");
        }
        Poll::Ready(())
    })
    .await;
}

/// Returns some part of a duration: without order, but the same in each run.
fn scatter(number: u64, of: Duration) -> Duration {
    let hash = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
    of.mul_f64(hash as f64 / f64::from(1 << 24))
}

/// Shows how often a task is polled that nobody has woken, but the waker of the task that had
/// its place before.
pub fn show_stale_wake(step: &Step) {
    let (name, polls) = (step.name, polls_by_stale_wake(*step));
    say(format_args!(
        "\n{name}: polls of a task that nobody has woken but when it was spawned: {polls}"
    ));
}

/// Returns how often a task is polled that is spawned after another has ended, whose waker is
/// called then.
pub fn polls_by_stale_wake(Step { block_on, spawn, sleep, .. }: Step) -> usize {
    let polls = Rc::new(Cell::new(0));
    let count = Rc::clone(&polls);
    block_on(Box::pin(async move {
        let waker = Rc::new(Cell::new(None));
        let kept = Rc::clone(&waker);
        spawn(Box::pin(poll_fn(move |cx| {
            kept.set(Some(cx.waker().clone()));
            Poll::Ready(())
        })));
        sleep(Duration::from_millis(1)).await;
        spawn(Box::pin(poll_fn(move |_| {
            count.set(count.get() + 1);
            Poll::Pending
        })));
        sleep(Duration::from_millis(1)).await;
        waker.take().into_iter().for_each(Waker::wake);
        sleep(Duration::from_millis(1)).await;
    }));
    polls.get()
}

/// A relay of tasks: each ends when the one before it has. If the first one is polled last,
/// each ends in a turn of its own.
#[derive(Default, Debug)]
pub struct Relay {
    /// The number of tasks that have ended.
    ended: Cell<usize>,
    /// The wakers of those that wait.
    waiting: RefCell<BTreeMap<usize, Waker>>,
}

/// A task of a relay: waits for those before it, and returns its number.
///
/// # Errors
///
/// None.
pub async fn run_leg(relay: Rc<Relay>, number: usize) -> Outcome {
    poll_fn(|cx| {
        if relay.ended.get() == number {
            return Poll::Ready(());
        }
        relay.waiting.borrow_mut().insert(number, cx.waker().clone());
        Poll::Pending
    })
    .await;
    relay.ended.set(number + 1);
    let next = relay.waiting.borrow_mut().remove(&(number + 1));
    next.into_iter().for_each(Waker::wake);
    Ok(number)
}

/// Shows what it takes to wait for tasks that end one after the other.
pub fn show_wait(name: &str, wait_for: fn(usize)) {
    say(format_args!("\n{name}: a wait for tasks that end one after the other"));
    for count in [100, 1_000, 10_000] {
        let ((), figures) = meter::measure(|| wait_for(count));
        let (polls, cpu) = (figures.polls, meter::show(figures.cpu));
        say(format_args!("{count:>10} tasks: {polls:>10} polls in all, {cpu} of CPU time"));
    }
}

/// Shows what tasks take that do nothing but wake themselves ten times.
pub fn show_tasks(step: &Step) {
    const TASKS: u32 = 100_000;
    let ((), figures) = meter::measure(|| (step.block_on)(Box::pin(yielding(*step, TASKS))));
    let poll = meter::show(figures.cpu / (11 * TASKS));
    let allocations = figures.allocations.map_or(".".into(), |count| {
        let each = count as f64 / f64::from(TASKS);
        format!(", and {each:.1} allocations for each task, one of which the program itself makes.")
    });
    say(format_args!(
        "\n{}: a hundred thousand tasks that yield ten times take {poll} of CPU time for each\n\
        poll{allocations}",
        step.name
    ));
}

/// Runs tasks that yield, and ends when all have.
async fn yielding(Step { spawn, .. }: Step, count: u32) {
    let left = Rc::new(Cell::new(count));
    for _ in 0..count {
        let (left, mut polls) = (Rc::clone(&left), 0);
        spawn(Box::pin(poll_fn(move |cx| {
            if polls == 10 {
                left.set(left.get() - 1);
                return Poll::Ready(());
            }
            polls += 1;
            cx.waker().wake_by_ref();
            Poll::Pending
        })));
    }
    poll_fn(|cx| {
        cx.waker().wake_by_ref();
        if left.get() > 0 { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
}
