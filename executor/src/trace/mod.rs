//! Recordings of runs: all that happened, to be looked at step by step.
//!
//! Only with the feature `trace`. While nothing is recorded an executor tests one
//! flag for each event; without the feature, not even that.
//!
//! A recording is written as JSON Lines, whose [`format`](mod@format) is described. The
//! package `wheelhouse-viewer` reads these, and shows them: as a page on which to step
//! through the run, as a timeline, step by step in words, or in Perfetto.
//!
//! # Example
//!
//! ```
//! use executor::{Clock, Executor, sleep, spawn};
//! use std::time::Duration;
//!
//! let executor = Executor::builder().clock(Clock::Virtual).build();
//! executor.start_recording();
//! executor.block_on(async {
//!     let task = spawn(sleep(Duration::from_secs(1))).named("sleeper");
//!     task.await.unwrap();
//! });
//! let recording = executor.stop_recording();
//! assert!(recording.to_json_lines().contains(r#""ev":"fire""#));
//! ```
//!
//! # Files
//!
//! | file          | what it is                                                 |
//! |---------------|------------------------------------------------------------|
//! | `timers.rs`   | the timer wheel, as it follows from its events             |
//! | `state.rs`    | the state of an executor, as it follows from its events    |
//! | `recorder.rs` | the recorder: it keeps all events, or the last ones        |
//! | `probe.rs`    | the probe, by which an executor reaches its recorder       |
//! | `schedule.rs` | other orders of tasks, and late timers: by a seed          |
//! | `explore.rs`  | a test under many seeds, and the first that fails          |
//! | `queue.rs`    | the ready queue, as a recording finds it                   |
//! | `begin.rs`    | the beginning of a recording: all that was there before    |
//! | `snapshot.rs` | the state of an executor as it can be seen at one moment   |
//! | `dump.rs`     | a text about tasks that wait for each other                |
//! | `asking.rs`   | other threads ask for a dump                               |
//! | `json.rs`     | JSON, as far as a recording is written in it               |
//! | `jsonl.rs`    | a recording as JSON Lines                                  |
//! | `follower.rs` | a recording that another thread follows as it grows        |
//! | `sources.rs`  | the texts of the files in which steps are performed        |

use std::collections::VecDeque;
use std::fmt;

use crate::probe::{Caller, Event, Place};
use crate::run::context;
use crate::run::core::Core;
use crate::run::executor::Executor;
use crate::run::id::TaskId;

#[doc = include_str!("format.md")]
pub mod format {}

mod asking;
mod begin;
mod dump;
pub(crate) mod explore;
mod follower;
mod json;
mod jsonl;
pub(crate) mod probe;
mod queue;
mod recorder;
pub(crate) mod schedule;
mod snapshot;
mod sources;
mod state;
mod timers;

pub use asking::{DumpHandle, NoDump, dump_handle};
pub use follower::{Follower, Growth};
pub use snapshot::{ReadySnapshot, Snapshot, TaskSnapshot, TimerSnapshot};
pub use sources::source;

use dump::Dump;
use recorder::Notes;
use schedule::Jitter;
use state::State;

const RUNNING: &str = "a recording was to start while the executor runs: \
    start it before `block_on` or `turn`";

/// The steps that an executor took while it was recorded.
#[derive(Clone)]
pub struct Recording {
    title: String,
    is_virtual: bool,
    slack: u64,
    sources: Vec<(String, String)>,
    translations: Vec<Translation>,
    /// How late timers were, which a replay needs to know.
    jitter: Option<Jitter>,
    notes: Notes,
}

/// A text that says in another language what sources say.
#[derive(Clone)]
struct Translation {
    path: String,
    text: String,
    /// Places in sources, as file and line, and the lines of the text that say the same.
    lines: Vec<(String, usize, usize)>,
}

impl Recording {
    /// Gives the recording a title.
    #[must_use]
    pub fn titled(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// Adds the text of a source file, by the path that the compiler knows it by
    /// (`file!()`), so that its lines can be shown. Files that weren't added are
    /// looked for on the disk.
    #[must_use]
    pub fn with_source(mut self, path: impl Into<String>, text: impl Into<String>) -> Self {
        self.sources.push((path.into(), text.into()));
        self
    }

    /// Adds a text that says in another language what sources say, to be shown beside them.
    ///
    /// Each of `lines` is a place in a source, as `("src/lib.rs", 12)`, with the number of the line
    /// in the text that says the same. A translation of files that no step is about is left out.
    ///
    /// ```
    /// use executor::{Executor, yield_now};
    ///
    /// let executor = Executor::new();
    /// executor.start_recording();
    /// executor.block_on(async { yield_now().await });
    /// let recording = executor.stop_recording();
    /// let text = "await asyncio.sleep(0)\n";
    /// let lines = recording.with_translation("yield.py", text, [((file!(), 5), 1)]).to_json_lines();
    /// assert!(lines.contains(r#""translations":{"yield.py":{"text":"await "#));
    /// ```
    #[must_use]
    pub fn with_translation<'a>(
        mut self,
        path: impl Into<String>,
        text: impl Into<String>,
        lines: impl IntoIterator<Item = ((&'a str, usize), usize)>,
    ) -> Self {
        let lines = lines.into_iter().map(|((file, line), here)| (file.to_owned(), line, here));
        let (path, text, lines) = (path.into(), text.into(), lines.collect());
        self.translations.push(Translation { path, text, lines });
        self
    }

    /// Returns how many steps there were before those that the recording has; see
    /// [`Executor::start_recording_last`](crate::Executor::start_recording_last).
    #[must_use]
    pub fn forgotten(&self) -> u64 {
        self.notes.forgotten
    }

    /// Returns the number of steps. If there were others before, this counts the steps that
    /// stand for their outcome, too.
    #[must_use]
    pub fn len(&self) -> usize {
        self.notes.records.len()
    }

    /// Returns whether there are no steps.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.notes.records.is_empty()
    }

    /// Returns the state of the executor after so many steps.
    #[must_use]
    pub fn snapshot_after(&self, steps: usize) -> Snapshot {
        Snapshot::of_state(&self.state_after(steps))
    }

    /// Returns in words which task waited for which after so many steps; see
    /// [`Executor::dump`](crate::Executor::dump).
    #[must_use]
    pub fn dump_after(&self, steps: usize) -> String {
        Dump(&self.state_after(steps)).to_string()
    }

    /// Returns the order of each batch in which there was a choice.
    pub(crate) fn decisions(&self) -> VecDeque<Vec<u32>> {
        let mut orders = VecDeque::new();
        for record in &self.notes.records {
            match record.event {
                // It is first in, first out, unless a schedule decides next.
                Event::Turn { batch } if batch > 1 => orders.push_back((0..).take(batch).collect()),
                Event::Order { order } => {
                    orders.pop_back();
                    orders.push_back(self.notes.texts.places(order).collect());
                }
                _ => {}
            }
        }
        orders
    }

    fn state_after(&self, steps: usize) -> State {
        state_after(&self.notes, steps)
    }
}

fn state_after(Notes { records, texts, .. }: &Notes, steps: usize) -> State {
    let mut state = State::default();
    for (step, record) in (0..).zip(records).take(steps) {
        state.apply(step, record, texts);
    }
    state
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut recording = f.debug_struct("Recording");
        recording.field("title", &self.title).field("steps", &self.len()).finish_non_exhaustive()
    }
}

/// Only with the feature `trace`.
impl Executor {
    /// Starts to record what this executor does. What is there already is recorded
    /// as if it came now.
    ///
    /// A step takes 40 bytes, and its text if it has one, until the recording is
    /// dropped; and on a real clock a look at that. A task that sleeps in a loop
    /// makes some 12 steps of each sleep. So what runs for long wants
    /// [`start_recording_last`](Self::start_recording_last).
    ///
    /// # Panics
    ///
    /// Panics while the executor runs: start before `block_on` or `turn`.
    pub fn start_recording(&self) {
        self.start_recording_last(usize::MAX);
    }

    /// Does as [`start_recording`](Self::start_recording), but keeps only the last
    /// `steps`. It is for programs that run for a long time: their last steps are there
    /// when something has gone wrong.
    ///
    /// Of the steps before, it keeps the outcome. The recording begins with that, as if
    /// it came then: one or several steps for each task, timer and watch. So the states
    /// that it shows are those of a recording of all. Memory is bounded: 40 bytes for each
    /// of the `steps`, their texts, and some 500 bytes for each task that is there. Each
    /// step then replaces a former one, which costs the same however many there were.
    ///
    /// ```
    /// use executor::{Clock, Executor, sleep};
    /// use std::time::Duration;
    ///
    /// let executor = Executor::builder().clock(Clock::Virtual).build();
    /// executor.start_recording_last(1000);
    /// executor.block_on(async {
    ///     for _ in 0..10_000 {
    ///         sleep(Duration::from_secs(1)).await;
    ///     }
    /// });
    /// let recording = executor.stop_recording();
    /// assert!(recording.len() < 1010);
    /// assert!(recording.forgotten() > 100_000);
    /// ```
    ///
    /// # Panics
    ///
    /// Panics while the executor runs: start before `block_on` or `turn`.
    pub fn start_recording_last(&self, steps: usize) {
        self.check_rests();
        self.core.probe.recorder.start(&self.core.clock, steps);
        begin::tell_what_is_there(&self.core);
    }

    fn check_rests(&self) {
        let running = self.reactor.try_borrow().is_err();
        assert!(!running, "{RUNNING}");
    }

    /// Returns what was recorded so far; empty if nothing is.
    #[must_use]
    pub fn recorded(&self) -> Recording {
        self.recording(self.core.probe.recorder.notes())
    }

    /// Ends the recording that was started last. Empty, if there was none.
    #[must_use]
    pub fn stop_recording(&self) -> Recording {
        self.recording(self.core.probe.recorder.stop())
    }

    /// Looks at the state of this executor.
    ///
    /// During a turn the rest of its batch can't be seen. Only the tasks in it are shown
    /// as queued.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::of_core(&self.core)
    }

    /// Returns in words which task waits for which, at which line and for how long: one
    /// task a line, and below it, further in, those that it waits for.
    ///
    /// The lines of a chain of tasks are indented twenty times at most; from then on a line
    /// says how deep its task is. A name that is longer than 60 characters is cut.
    ///
    /// Lines and times are known for what was awaited while the executor was
    /// recorded.
    ///
    /// ```
    /// use executor::{Clock, Executor, sleep, spawn};
    /// use std::time::Duration;
    ///
    /// let executor = Executor::builder().clock(Clock::Virtual).build();
    /// executor.start_recording();
    /// let sleeper = executor.spawn(sleep(Duration::from_secs(1))).named("sleeper");
    /// let waiter = executor.spawn(async { sleeper.await.unwrap() }).named("waiter");
    /// let _ = executor.turn();
    /// let dump = executor.dump();
    /// assert!(dump.starts_with("waiter, spawned at "));
    /// assert!(dump.contains("\n  sleeper, spawned at "));
    /// # drop(waiter);
    /// ```
    #[must_use]
    pub fn dump(&self) -> String {
        dump(&self.core)
    }

    /// Says in the recording that the program which is interpreted has come to a statement, as
    /// [`reached`] does: for what is spawned between the turns, by the method of this executor.
    pub fn reached(&self, file: &str, line: usize, column: usize) {
        reach(&self.core, None, file, line, column);
    }

    /// Adds a remark to the recording, as [`note`] does, if there is one: between the turns.
    ///
    /// ```
    /// let executor = executor::Executor::new();
    /// executor.start_recording();
    /// executor.note("nothing has been spawned yet");
    /// let recording = executor.stop_recording().to_json_lines();
    /// assert!(recording.contains(r#""ev":"note","text":"nothing has been spawned yet""#));
    /// ```
    #[track_caller]
    pub fn note(&self, text: impl Into<String>) {
        add_note(&self.core, text, Place::here().caller());
    }

    fn recording(&self, notes: Notes) -> Recording {
        Recording {
            title: String::from("a run"),
            is_virtual: !self.core.clock.is_real(),
            slack: self.core.slack,
            sources: Vec::new(),
            translations: Vec::new(),
            jitter: self.core.probe.jitter(),
            notes,
        }
    }
}

pub(crate) fn dump(core: &Core) -> String {
    let recorder = &core.probe.recorder;
    let notes = if recorder.is_on() {
        recorder.notes()
    } else {
        recorder.start(&core.clock, usize::MAX);
        begin::tell_what_is_there(core);
        begin::tell_turn(core);
        recorder.stop()
    };
    Dump(&state_after(&notes, notes.records.len())).to_string()
}

/// Adds a remark to the recording of the executor that runs on this thread, if
/// there is one.
#[track_caller]
pub fn note(text: impl Into<String>) {
    let at = Place::here().caller();
    if let Some(core) = context::try_current() {
        add_note(&core, text, at);
    }
}

fn add_note(core: &Core, text: impl Into<String>, at: Option<Caller>) {
    core.record_text(|| text.into(), |text| Event::Note { text, at });
}

/// Adds a line that the program has printed to the recording of the executor that runs on
/// this thread, if there is one. It prints nothing itself.
///
/// ```
/// use executor::trace::printed;
///
/// macro_rules! say {
///     ($($text:tt)*) => {{
///         let line = format!($($text)*);
///         println!("{line}");
///         printed(line);
///     }};
/// }
///
/// let executor = executor::Executor::new();
/// executor.start_recording();
/// executor.block_on(async { say!("hello, {}", "world") });
/// let recording = executor.stop_recording().to_json_lines();
/// assert!(recording.contains(r#""ev":"print","text":"hello, world""#));
/// ```
#[track_caller]
pub fn printed(line: impl Into<String>) {
    let at = Place::here().caller();
    if let Some(core) = context::try_current() {
        core.record_text(|| line.into(), |text| Event::Print { text, at });
    }
}

/// Says, in the recording of the executor that runs on this thread, that the program which the
/// task now polled interprets has come to a statement: at this line and column of this file, both
/// counted from 1.
///
/// It is for interpreters. Wherever the task spawns, waits, cancels or prints from now on, until it comes
/// to the next statement, that place is recorded instead of a line of the interpreter.
/// [`Recording::with_source`] adds the text of the program, by the same name of the file.
///
/// ```
/// use executor::{Executor, sleep, spawn, trace::reached};
/// use std::time::Duration;
///
/// /// A language in which each line says how many milliseconds to sleep.
/// async fn interpret(program: &str) {
///     for (line, statement) in (1..).zip(program.lines()) {
///         reached("naps.txt", line, 1);
///         sleep(Duration::from_millis(statement.parse().unwrap())).await;
///     }
/// }
///
/// let executor = Executor::new();
/// executor.start_recording();
/// executor.block_on(interpret("1\n2\n"));
/// let recording = executor.stop_recording().with_source("naps.txt", "1\n2\n");
/// let lines = recording.to_json_lines();
/// assert!(lines.contains(r#""naps.txt":"1\n2\n""#));
/// assert!(lines.contains(r#""at":"naps.txt:2:1""#));
/// ```
pub fn reached(file: &str, line: usize, column: usize) {
    if let Some(core) = context::try_current() {
        reach(&core, core.polling(), file, line, column);
    }
}

fn reach(core: &Core, task: Option<TaskId>, file: &str, line: usize, column: usize) {
    let place = || format!("{file}:{line}:{column}");
    core.record_text(place, |at| Event::Reach { task, at: Some(at) });
}

/// Says, in the recording of the executor that runs on this thread, that the value which the
/// task now polled will return stands for a failure, and why. For a task that has ended there
/// is [`Task::describe_failure`](crate::Task::describe_failure).
///
/// The executor takes an `Err` for a value like any other. Combinators that look at values,
/// such as `raising`, say it by themselves.
///
/// ```
/// use executor::{spawn, trace::failed};
///
/// async fn save() -> Result<(), &'static str> {
///     let result = Err("the disk is full");
///     result.inspect_err(|error| failed(*error))
/// }
///
/// let executor = executor::Executor::new();
/// executor.start_recording();
/// executor.block_on(async { spawn(save()).await.unwrap().unwrap_err() });
/// let recording = executor.stop_recording().to_json_lines();
/// assert!(recording.contains(r#""ev":"fail","task":"1","text":"the disk is full""#));
/// ```
#[track_caller]
pub fn failed(why: impl Into<String>) {
    let at = Place::here().caller();
    if let Some(core) = context::try_current()
        && let Some(task) = core.polling()
        && !core.probe.knows_failure(task)
    {
        core.record_text(|| why.into(), |text| Event::Fail { task, text, at });
    }
}
