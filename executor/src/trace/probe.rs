//! The probe, by which an executor records its events.

use std::cell::Cell;
use std::panic::{Location, resume_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::platform::Instant;
use crate::probe::{Caller, Event, Places, Text};
use crate::run::context;
use crate::run::core::Core;
use crate::run::id::TaskId;
use crate::run::inbox::Door;
use crate::time::clock::Ticks;

use super::recorder::Recorder;
use super::schedule::{Jitter, Order, Schedule};

/// The part of a probe that can be set before an executor is built.
#[derive(Clone, Default)]
pub(crate) struct Settings {
    pub(crate) schedule: Schedule,
    pub(crate) limits: Option<Limits>,
}

/// The limits of a run, which panics if it goes beyond.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// The greatest number of steps that are recorded.
    pub(crate) steps: usize,
    /// The longest time for which the loop waits for other threads, if there is no timer.
    pub(crate) patience: Duration,
}

/// The probe of an executor: its recorder, the order of its batches, and the limits of its
/// runs.
pub(crate) struct Probe {
    pub(crate) recorder: Recorder,
    order: Order,
    limits: Option<Limits>,
    standstill: Standstill,
}

/// The time for which a run stands still.
///
/// A batch ends it, unless all that was in the batch are dumps: a thread that asks for one now
/// and then would hide for ever that nothing goes on.
#[derive(Default)]
struct Standstill {
    /// The end of the patience; `None` while the run goes on.
    limit: Cell<Option<Instant>>,
    /// The same before the batch.
    before: Cell<Option<Instant>>,
    /// The number of entries in the batch that aren't known to be dumps.
    entries: Cell<usize>,
}

impl Standstill {
    /// Returns the end of the patience, which is counted from when the standstill began.
    fn limit(&self, patience: Duration) -> Option<Instant> {
        let limit = self.limit.get().or_else(|| Instant::now().checked_add(patience));
        self.limit.set(limit);
        limit
    }

    fn note_batch(&self, entries: usize) {
        if entries > 0 {
            self.before.set(self.limit.take());
            self.entries.set(entries);
        }
    }

    fn note_dump(&self) {
        self.entries.set(self.entries.get().saturating_sub(1));
        if self.entries.get() == 0 {
            self.limit.set(self.before.get());
        }
    }
}

impl Probe {
    /// Returns which task waits for which, if that is recorded.
    pub(crate) fn dump(&self, core: &Core) -> Option<String> {
        self.recorder.is_on().then(|| super::dump(core))
    }

    pub(crate) fn new(Settings { schedule, limits }: Settings) -> Self {
        let (recorder, order) = (Recorder::default(), Order::by(schedule));
        Self { recorder, order, limits, standstill: Standstill::default() }
    }

    /// Returns whether it is recorded that a task fails; yes if nothing is recorded.
    pub(crate) fn knows_failure(&self, task: TaskId) -> bool {
        !self.recorder.is_on() || self.recorder.knows_failure(task)
    }

    pub(crate) fn jitter(&self) -> Option<Jitter> {
        self.order.jitter()
    }

    /// Returns the tick at which a timer is due that was to be due at this one: a later one,
    /// if a schedule says so.
    #[inline(always)]
    pub(crate) fn delayed(&self, tick: u64) -> u64 {
        self.order.delayed(tick)
    }

    /// Returns until when the loop waits for other threads, if there is no timer.
    pub(crate) fn patience(&self) -> Option<Instant> {
        self.limits.and_then(|it| self.standstill.limit(it.patience))
    }

    /// Notes that an entry of the batch was a dump, which doesn't mean that the run goes on.
    pub(crate) fn note_dump(&self) {
        self.standstill.note_dump();
    }

    /// Ends a run for which nothing came from other threads for that long.
    pub(crate) fn lose_patience(&self, core: &Core) {
        let Some(Limits { patience, .. }) = self.limits else { return };
        let tasks = super::dump(core).trim_end().replace('\n', "\n  ");
        give_up(format!(
            "it stands still: for {patience:?} no task was ready, no timer fired, and no wake \
             came from those who hold wakers\n  {tasks}"
        ));
    }

    /// Ends a run that has taken too many steps.
    fn check_steps(&self) {
        let Some(Limits { steps, .. }) = self.limits else { return };
        if self.recorder.len() > steps {
            give_up(format!("it goes on and on: {steps} steps were recorded, which is the limit"));
        }
    }

    /// Puts the batch of a turn into another order, if a schedule says so.
    pub(crate) fn reorder<T: Copy>(&self, clock: &Ticks, batch: &mut [T]) {
        self.check_steps();
        self.standstill.note_batch(batch.len());
        let Some(order) = self.order.of_batch(batch.len()) else { return };
        let before = batch.to_vec();
        for (entry, &place) in batch.iter_mut().zip(&order) {
            *entry = before[place as usize];
        }
        let text = || order.iter().map(u32::to_string).collect::<Vec<_>>().join(" ");
        self.record_text(clock, text, |text| Event::Order { order: Places(text) });
    }

    /// Calls a function if the recorder is on.
    #[inline(always)]
    pub(crate) fn if_recorded(&self, call: impl FnOnce()) {
        if self.recorder.is_on() {
            call();
        }
    }

    /// Records an event, if the recorder is on.
    #[inline(always)]
    pub(crate) fn record(&self, clock: &Ticks, event: impl FnOnce() -> Event) {
        self.recorder.record(clock, event);
    }

    /// Records an event that has a text, if the recorder is on.
    #[inline(always)]
    pub(crate) fn record_text(
        &self,
        clock: &Ticks,
        text: impl FnOnce() -> String,
        event: impl FnOnce(Text) -> Event,
    ) {
        self.recorder.record(clock, || event(self.recorder.keep(text())));
    }
}

/// Panics out of the run, without the report of a panic: the message is for whoever has set
/// the limits.
fn give_up(message: String) -> ! {
    resume_unwind(Box::new(message))
}

/// A line of somebody's source.
#[derive(Clone, Copy)]
pub(crate) struct Place(Caller);

impl Place {
    #[track_caller]
    #[inline(always)]
    pub(crate) fn here() -> Self {
        Self(Location::caller())
    }

    /// Returns this line, unless it is one of ours.
    pub(crate) fn caller(self) -> Option<Caller> {
        Some(self.0).filter(|it| !is_ours(it.file()))
    }

    /// Returns this line, unless it is one of ours: then the other one.
    pub(crate) fn or(self, other: Self) -> Option<Caller> {
        self.caller().or_else(|| other.caller())
    }
}

/// Returns whether a file is one of this library, of its sister with the combinators,
/// or of Rust's own. If a future is awaited within these, that is where the await seems to
/// stand.
fn is_ours(file: &str) -> bool {
    let ours = file!().trim_end_matches("trace/probe.rs");
    let sister = ours.rsplit_once("executor").and_then(|(before, after)| {
        file.strip_prefix(before)?.strip_prefix("combinators")?.strip_prefix(after)
    });
    file.starts_with("/rustc/") || file.starts_with(ours) || sister.is_some()
}

/// What tells of a section, if the run was recorded when that began. It may go to another
/// thread, as without the feature, and tells nothing there.
pub(crate) struct Scribe(Option<Box<Desk>>);

struct Desk {
    /// The door of the executor that is recorded.
    door: Arc<Door>,
    section: u32,
    /// Set when no more is told.
    done: AtomicBool,
}

impl Scribe {
    /// Takes the executor that runs on this thread, if it is recorded.
    #[inline(always)]
    pub(crate) fn of_current() -> Self {
        let core = current_if(|core| core.probe.recorder.is_on());
        Self(core.map(|core| Box::new(Desk::of(&core))))
    }

    #[inline(always)]
    pub(crate) fn none() -> Self {
        Self(None)
    }

    #[inline(always)]
    pub(crate) fn tell(&self, tell: impl FnOnce(&Core, u32)) {
        if let Some(desk) = &self.0 {
            desk.tell(tell);
        }
    }

    /// Tells this, and nothing more.
    #[inline(always)]
    pub(crate) fn tell_last(&self, tell: impl FnOnce(&Core, u32)) {
        if let Some(desk) = &self.0 {
            desk.tell(tell);
            desk.done.store(true, Ordering::Relaxed);
        }
    }
}

impl Desk {
    #[cold]
    fn of(core: &Core) -> Self {
        let door = Arc::clone(core.inbox.door());
        Self { door, section: Number::next().get(), done: AtomicBool::new(false) }
    }

    #[cold]
    #[inline(never)]
    fn tell(&self, tell: impl FnOnce(&Core, u32)) {
        let is_ours = |core: &Core| Arc::ptr_eq(core.inbox.door(), &self.door);
        if !self.done.load(Ordering::Relaxed)
            && let Some(core) = current_if(is_ours)
        {
            tell(&core, self.section);
        }
    }
}

/// Returns the current executor, if there is one and it is of that kind.
fn current_if(is: impl FnOnce(&Core) -> bool) -> Option<Rc<Core>> {
    context::with_current(|current| current.filter(|core| is(core)).cloned())
}

/// A number that nothing else on this thread has.
pub(crate) struct Number(u32);

thread_local! {
    static NEXT: Cell<u32> = const { Cell::new(0) };
}

impl Number {
    pub(crate) fn next() -> Self {
        Self(NEXT.replace(NEXT.get().wrapping_add(1)))
    }

    /// Returns a number that was given before.
    pub(crate) fn of(number: u32) -> Self {
        Self(number)
    }

    pub(crate) fn get(&self) -> u32 {
        self.0
    }
}
