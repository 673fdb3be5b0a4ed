//! What the tests share: futures that count, gates, traces, programs that write
//! traces, time limits.

mod programs;

/// The examples of the guide's page on batteries run. Two are of systems like Unix.
#[cfg(all(doctest, unix, feature = "embedding"))]
#[doc = include_str!("../../combinators/src/guide/batteries.md")]
struct Batteries;

#[cfg(feature = "trace")]
pub use programs::{Recorded, run_recorded};
pub use programs::{program_from, program_of, run_moving, run_program, shrunk, text_of};

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::fmt::{self, Write as _};
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Once;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use executor::{
    Cancelled, Clock, Executor, JoinError, Next, Task, catch_cancel, current_task, now, sleep,
    spawn, yield_now,
};

/// Creates an executor whose clock jumps.
#[must_use]
pub fn virtual_executor() -> Executor {
    Executor::builder().clock(Clock::Virtual).build()
}

/// Creates an executor whose clock stands still until it is advanced.
#[must_use]
pub fn manual_executor() -> Executor {
    Executor::builder().clock(Clock::Manual).build()
}

/// Runs a program on a virtual clock.
pub fn run<F: Future>(program: F) -> F::Output {
    virtual_executor().block_on(program)
}

/// So many milliseconds.
#[must_use]
pub const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Sleeps for so many milliseconds, and returns their number.
pub async fn sleeps(time: u64) -> u64 {
    sleep(ms(time)).await;
    time
}

/// Lets so many turns pass.
pub async fn turns(count: usize) {
    for _ in 0..count {
        yield_now().await;
    }
}

/// Turns an executor for as long as it wants to go on at once.
pub fn run_until_stalled(executor: &Executor) {
    let _ = next_when_stalled(executor);
}

/// Does as [`run_until_stalled`] and returns what the executor wants instead.
pub fn next_when_stalled(executor: &Executor) -> Next {
    loop {
        let next = executor.turn();
        if next != Next::Now {
            return next;
        }
    }
}

/// Runs `program` on a thread of its own, and fails if it takes longer than
/// `limit`. Its panic goes on here.
///
/// # Panics
///
/// Panics if `program` does, and when time is up.
pub fn with_time_limit<T: Send + 'static>(
    limit: Duration,
    program: impl FnOnce() -> T + Send + 'static,
) -> T {
    let (sender, result) = channel();
    let thread = thread::spawn(move || {
        let result = catch_unwind(AssertUnwindSafe(program));
        let _ = sender.send(result);
    });
    match result.recv_timeout(limit) {
        Ok(result) => {
            let _ = thread.join();
            result.unwrap_or_else(|panic| resume_unwind(panic))
        }
        Err(RecvTimeoutError::Timeout) => panic!("not done within {limit:?}"),
        Err(RecvTimeoutError::Disconnected) => unreachable!("the thread sends before it ends"),
    }
}

/// Returns the message of the panic that `program` ends with.
///
/// # Panics
///
/// Panics if `program` doesn't.
#[track_caller]
pub fn panic_of<R>(program: impl FnOnce() -> R) -> String {
    match catch_unwind(AssertUnwindSafe(program)) {
        Ok(_) => panic!("a panic was expected"),
        Err(panic) => message_of(&*panic),
    }
}

/// Returns the file and the line at which `program` panics, as `file:line`.
///
/// # Panics
///
/// Panics if `program` doesn't.
#[track_caller]
pub fn place_of_panic<R>(program: impl FnOnce() -> R) -> String {
    listen_to_panics();
    panic_of(program);
    PLACE_OF_PANIC.take()
}

thread_local! {
    /// The place of the last panic on this thread.
    static PLACE_OF_PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

fn listen_to_panics() {
    static LISTENING: Once = Once::new();
    LISTENING.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let place = panic.location().map(|at| format!("{}:{}", at.file(), at.line()));
            let _ = PLACE_OF_PANIC.try_with(|it| it.replace(place.unwrap_or_default()));
            before(panic);
        }));
    });
}

fn message_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}

/// Returns the processor time that this thread has used; `None` where the
/// system doesn't say.
#[must_use]
pub fn thread_cpu_time() -> Option<Duration> {
    let schedule = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds = schedule.split_whitespace().next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}

// Counting -------------------------------------------------------------------

/// What happened to a [`Counting`] future.
#[derive(Clone, Default, Debug)]
pub struct Counts(Rc<Counters>);

#[derive(Default, Debug)]
struct Counters {
    polls: Cell<usize>,
    future_drops: Cell<usize>,
    output_drops: Cell<usize>,
    waker: RefCell<Option<Waker>>,
}

impl Counts {
    /// Returns how often the future was polled.
    #[must_use]
    pub fn polls(&self) -> usize {
        self.0.polls.get()
    }

    /// Returns how often the future was dropped.
    #[must_use]
    pub fn future_drops(&self) -> usize {
        self.0.future_drops.get()
    }

    /// Returns how often its output was dropped.
    #[must_use]
    pub fn output_drops(&self) -> usize {
        self.0.output_drops.get()
    }

    /// Asserts all three counts.
    ///
    /// # Panics
    ///
    /// Panics if one is another.
    #[track_caller]
    pub fn assert(&self, polls: usize, future_drops: usize, output_drops: usize) {
        assert_eq!(
            (self.polls(), self.future_drops(), self.output_drops()),
            (polls, future_drops, output_drops),
            "(polls, drops of the future, drops of its output)"
        );
    }

    /// Returns a clone of the waker that the last poll came with; it is kept
    /// only by [`Counting::keeping_waker`].
    ///
    /// # Panics
    ///
    /// Panics if there is none.
    #[must_use]
    pub fn waker(&self) -> Waker {
        let waker = self.0.waker.borrow().clone();
        waker.expect("the future was polled and keeps its waker")
    }

    /// Forgets the kept waker.
    pub fn forget_waker(&self) {
        drop(self.0.waker.take());
    }
}

/// The output of a [`Counting`] future; its drop is counted.
pub struct Output {
    counts: Counts,
    on_drop: Option<Box<dyn FnOnce()>>,
}

impl std::fmt::Debug for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Output")
    }
}

impl combinators::Plain for Output {}

impl Drop for Output {
    fn drop(&mut self) {
        add_one(&self.counts.0.output_drops);
        if let Some(hook) = self.on_drop.take() {
            hook();
        }
    }
}

fn add_one(count: &Cell<usize>) {
    count.set(count.get() + 1);
}

type Hook = Box<dyn FnMut(usize, &Context<'_>)>;

/// A future that counts its polls, its drops, and the drops of its output.
///
/// ```
/// use wheelhouse_tests::Counting;
///
/// let future = Counting::yielding(2);
/// let counts = future.counts();
/// drop(executor::block_on(future));
/// counts.assert(3, 1, 1);
/// ```
#[must_use = "futures do nothing unless polled"]
pub struct Counting {
    counts: Counts,
    stay: Stay,
    keeps_waker: bool,
    on_poll: Option<Hook>,
    on_drop: Option<Box<dyn FnOnce()>>,
    on_output_drop: Option<Box<dyn FnOnce()>>,
}

/// For how long a future is pending.
enum Stay {
    /// For so many polls; wakes itself or not.
    Polls { left: usize, wakes: bool },
    /// Until a gate opens.
    Closed(Gate),
}

impl Counting {
    fn new(stay: Stay) -> Self {
        Self {
            counts: Counts::default(),
            stay,
            keeps_waker: false,
            on_poll: None,
            on_drop: None,
            on_output_drop: None,
        }
    }

    /// Creates a future that is ready at its first poll.
    pub fn ready() -> Self {
        Self::pending(0)
    }

    /// Creates a future that is pending `polls` times and waits for others to
    /// wake it.
    pub fn pending(polls: usize) -> Self {
        Self::new(Stay::Polls { left: polls, wakes: false })
    }

    /// Creates a future that is pending `polls` times and wakes itself.
    pub fn yielding(polls: usize) -> Self {
        Self::new(Stay::Polls { left: polls, wakes: true })
    }

    /// Creates a future that is pending for ever.
    pub fn forever() -> Self {
        Self::pending(usize::MAX)
    }

    /// Creates a future that is pending until a gate opens, which wakes it.
    pub fn until(gate: &Gate) -> Self {
        Self::new(Stay::Closed(gate.clone()))
    }

    /// Keeps a clone of the waker of each poll, for [`Counts::waker`].
    pub fn keeping_waker(mut self) -> Self {
        self.keeps_waker = true;
        self
    }

    /// Calls `hook` in each poll with the poll's number, counted from 1.
    pub fn on_poll(mut self, hook: impl FnMut(usize, &Context<'_>) + 'static) -> Self {
        self.on_poll = Some(Box::new(hook));
        self
    }

    /// Makes the poll of that number, counted from 1, panic.
    ///
    /// # Panics
    ///
    /// The poll does.
    pub fn panicking_in(self, poll: usize) -> Self {
        self.on_poll(move |number, _| assert!(number != poll, "panic in poll {poll}"))
    }

    /// Calls `hook` when the future is dropped.
    pub fn on_drop(mut self, hook: impl FnOnce() + 'static) -> Self {
        self.on_drop = Some(Box::new(hook));
        self
    }

    /// Calls `hook` when the output is dropped.
    pub fn on_output_drop(mut self, hook: impl FnOnce() + 'static) -> Self {
        self.on_output_drop = Some(Box::new(hook));
        self
    }

    /// Returns the counts, which outlive the future.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts.clone()
    }

    fn stays(&mut self, cx: &Context<'_>) -> bool {
        match &mut self.stay {
            Stay::Closed(gate) => !gate.passes(cx),
            Stay::Polls { left: 0, .. } => false,
            Stay::Polls { left, wakes } => {
                *left -= 1;
                if *wakes {
                    cx.waker().wake_by_ref();
                }
                true
            }
        }
    }
}

impl Future for Counting {
    type Output = Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Output> {
        add_one(&self.counts.0.polls);
        if self.keeps_waker {
            let before = self.counts.0.waker.replace(Some(cx.waker().clone()));
            drop(before);
        }
        let poll = self.counts.polls();
        if let Some(hook) = &mut self.on_poll {
            hook(poll, cx);
        }
        if self.stays(cx) {
            return Poll::Pending;
        }
        Poll::Ready(Output { counts: self.counts(), on_drop: self.on_output_drop.take() })
    }
}

impl Drop for Counting {
    fn drop(&mut self) {
        add_one(&self.counts.0.future_drops);
        if let Some(hook) = self.on_drop.take() {
            hook();
        }
    }
}

impl std::fmt::Debug for Counting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Counting").field(&self.counts).finish()
    }
}

// Gates ----------------------------------------------------------------------

/// Holds futures up until it is opened; clones are the same gate.
#[derive(Clone, Default, Debug)]
pub struct Gate(Rc<GateState>);

#[derive(Default, Debug)]
struct GateState {
    open: Cell<bool>,
    waiting: RefCell<Vec<Waker>>,
}

impl Gate {
    /// Creates a closed gate.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens the gate and wakes whoever waits.
    pub fn open(&self) {
        self.0.open.set(true);
        self.0.waiting.take().into_iter().for_each(Waker::wake);
    }

    /// Waits until the gate is open.
    pub async fn wait(&self) {
        std::future::poll_fn(|cx| if self.passes(cx) { Poll::Ready(()) } else { Poll::Pending })
            .await;
    }

    fn passes(&self, cx: &Context<'_>) -> bool {
        if !self.0.open.get() {
            self.0.waiting.borrow_mut().push(cx.waker().clone());
        }
        self.0.open.get()
    }
}

// Traces ---------------------------------------------------------------------

/// A list of what happened, in order; clones are the same list.
///
/// ```
/// use wheelhouse_tests::Trace;
///
/// let trace = Trace::new();
/// trace.push("first");
/// trace.push(format!("{} more", 2));
/// trace.assert(&["first", "2 more"]);
/// ```
#[derive(Clone, Default, Debug)]
pub struct Trace(Rc<RefCell<Vec<String>>>);

impl Trace {
    /// Creates an empty trace.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a line.
    pub fn push(&self, line: impl Into<String>) {
        self.0.borrow_mut().push(line.into());
    }

    /// Returns the lines so far.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.0.borrow().clone()
    }

    /// Returns the lines so far and starts afresh.
    #[must_use]
    pub fn take(&self) -> Vec<String> {
        self.0.take()
    }

    /// Asserts the whole trace.
    ///
    /// # Panics
    ///
    /// Panics if it differs, and shows the first line that does.
    #[track_caller]
    pub fn assert(&self, expected: &[&str]) {
        let lines = self.lines();
        if let Some(report) = first_difference(&lines, expected) {
            panic!("{report}");
        }
    }
}

fn first_difference(lines: &[String], expected: &[&str]) -> Option<String> {
    let count = lines.len().max(expected.len());
    let line_of = |at: usize| lines.get(at).map(String::as_str);
    let at = (0..count).find(|&at| line_of(at) != expected.get(at).copied())?;
    let show = |line: Option<&str>| line.map_or("(the end)".to_owned(), |line| format!("{line:?}"));
    let mut report = format!("the traces differ in line {}\n", at + 1);
    let _ = writeln!(report, "  expected: {}", show(expected.get(at).copied()));
    let _ = writeln!(report, "  happened: {}", show(line_of(at)));
    let _ = writeln!(report, "the whole trace:");
    for line in lines {
        let _ = writeln!(report, "  {line:?},");
    }
    Some(report)
}

// Programs -------------------------------------------------------------------

thread_local! {
    static TURN: Cell<usize> = const { Cell::new(0) };
    static SAID: RefCell<Vec<(Instant, usize, String)>> = const { RefCell::new(Vec::new()) };
}

/// Writes a line of the program that [`trace`] runs.
pub fn say(text: impl Into<String>) {
    SAID.with_borrow_mut(|said| said.push((now(), TURN.get(), text.into())));
}

/// Runs a program, and whatever it leaves behind, to the end. Returns what it
/// said, in lines `time+turn what`: virtual milliseconds, and turns of the loop
/// since the first line of that millisecond.
///
/// ```
/// use wheelhouse_tests::{say, sleeps, trace, turns};
///
/// let program = async {
///     say("one");
///     turns(2).await;
///     say("two");
///     sleeps(5).await;
///     say("three");
/// };
/// trace(program).assert(&["0+0 one", "0+2 two", "5+0 three"]);
/// ```
///
/// # Panics
///
/// Panics if the program doesn't return.
#[track_caller]
pub fn trace<F: Future + 'static>(program: F) -> Trace {
    let executor = virtual_executor();
    let start = executor.block_on(async { now() });
    let main = executor.spawn(program);
    loop {
        TURN.set(TURN.get() + 1);
        if executor.turn() != Next::Now {
            break;
        }
    }
    let panic = main.peek(|outcome| outcome.as_ref().err().map(ToString::to_string));
    assert_eq!(panic, Some(None), "the program returns");
    lines(start, &SAID.take())
}

fn lines(start: Instant, said: &[(Instant, usize, String)]) -> Trace {
    let trace = Trace::new();
    for (at, turn, text) in said {
        let (_, first, _) = said.iter().find(|it| it.0 == *at).expect("this one at least");
        trace.push(format!("{}+{} {text}", (*at - start).as_millis(), turn - first));
    }
    trace
}

/// Ends in its `turn`th turn, the first being 1, and says so.
pub async fn ends(name: &'static str, turn: usize) -> &'static str {
    turns(turn - 1).await;
    say(format!("{name} ends"));
    name
}

/// Says whether a future ends or is dropped before.
pub async fn guarded<F: IntoFuture>(name: &'static str, future: F) -> F::Output {
    let output = unless_dropped(name, future).await;
    say(format!("{name} ends"));
    output
}

/// Says it if a future is dropped before its end.
pub async fn unless_dropped<F: IntoFuture>(name: &'static str, future: F) -> F::Output {
    struct Dropped(&'static str);
    impl Drop for Dropped {
        fn drop(&mut self) {
            say(format!("{} cancelled", self.0));
        }
    }
    let dropped = Dropped(name);
    let output = future.await;
    std::mem::forget(dropped);
    output
}

// Cancelling -----------------------------------------------------------------

/// A time that no test waits for.
pub const HOUR: Duration = Duration::from_hours(1);

/// Cancels the task that is being polled.
///
/// # Panics
///
/// Panics if there is none, or if it can't be cancelled.
pub fn cancel_self() {
    assert!(current_task().expect("in a poll").cancel());
}

/// Returns how often the task that is being polled was cancelled.
///
/// # Panics
///
/// Panics if there is none.
#[must_use]
pub fn cancelling() -> u32 {
    current_task().expect("in a poll").cancelling()
}

/// Says how a task has ended, and how many requests to end count.
///
/// # Panics
///
/// Panics if the task hasn't ended.
#[must_use]
pub fn end_of<T>(task: &Task<T>) -> String {
    let not = if is_cancelled(task) { "" } else { "not " };
    format!("{not}cancelled, {}", requests(task.reference().cancelling()))
}

/// So many requests to end, in words.
#[must_use]
pub fn requests(count: u32) -> String {
    match count {
        0 => "no request".into(),
        1 => "1 request".into(),
        several => format!("{several} requests"),
    }
}

/// Returns whether a task has ended as cancelled.
#[must_use]
pub fn is_cancelled<T: 'static>(task: &Task<T>) -> bool {
    task.peek(|outcome| outcome.as_ref().is_err_and(JoinError::is_cancelled)) == Some(true)
}

/// Runs a future in a scope, and returns whether that has caught a cancellation.
pub async fn is_caught<F: IntoFuture>(future: F) -> bool {
    catch_cancel(future).await.is_err()
}

/// A future that several tasks may poll, and that anybody may drop.
pub struct Lent<T>(pub RefCell<Option<Pin<Box<dyn Future<Output = T>>>>>);

impl<T> Lent<T> {
    /// Lends a future.
    pub fn new(future: impl Future<Output = T> + 'static) -> Rc<Self> {
        Rc::new(Self(RefCell::new(Some(Box::pin(future)))))
    }

    /// Polls it for as long as it is there.
    pub async fn polled(self: Rc<Self>) -> T {
        poll_fn(|cx| match &mut *self.0.borrow_mut() {
            Some(future) => future.as_mut().poll(cx),
            None => Poll::Pending,
        })
        .await
    }
}

impl<T> fmt::Debug for Lent<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Lent").finish_non_exhaustive()
    }
}

/// Waits until it is cancelled, cleans up for so many turns, and returns the
/// cancellation.
pub async fn cleans_up(name: &'static str, count: usize) -> Cancelled {
    let Err(cancelled) = catch_cancel(std::future::pending::<Infallible>()).await;
    say(format!("{name} cleans up"));
    turns(count).await;
    say(format!("{name} is clean"));
    cancelled
}

/// Spawns a task that waits until it is cancelled, and cleans up for so many
/// turns before it ends.
#[must_use]
pub fn cleaner(name: &'static str, turns: usize) -> Task<()> {
    spawn(async move { cleans_up(name, turns).await.resume().await })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_shows_the_first_line_that_differs() {
        let trace = Trace::new();
        trace.push("one");
        trace.push("two");
        let message = panic_of(|| trace.assert(&["one", "zwei"]));
        assert!(message.contains("differ in line 2"), "{message}");
        assert!(message.contains("expected: \"zwei\""), "{message}");
        assert!(message.contains("happened: \"two\""), "{message}");
    }

    #[test]
    fn a_trace_that_is_too_short_or_too_long_differs() {
        let trace = Trace::new();
        trace.push("one");
        assert!(panic_of(|| trace.assert(&[])).contains("expected: (the end)"));
        assert!(panic_of(|| trace.assert(&["one", "two"])).contains("happened: (the end)"));
    }

    #[test]
    #[should_panic(expected = "not done within 10ms")]
    fn a_time_limit_ends_a_program_that_hangs() {
        with_time_limit(Duration::from_millis(10), || {
            thread::sleep(Duration::from_secs(1));
        });
    }

    #[test]
    #[should_panic(expected = "its own")]
    fn a_time_limit_passes_a_panic_on() {
        with_time_limit(Duration::from_secs(10), || panic!("its own"));
    }
}
