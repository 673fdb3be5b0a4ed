//! The events of an executor, as a recorder gets them.
//!
//! Where something happens, one line records an event. Without the feature `trace` there
//! is no recorder: [`Probe`] and [`Place`] take no room, and the line is no code at all.
//! With it, and while nothing is recorded, the line is the test of one flag.

use std::panic::Location;

use crate::run::core::Core;
use crate::run::id::TaskId;
use crate::time::wheel::Key;

/// One thing that happened. It leaves out all that can be derived from the events before,
/// as `State` in `trace/state.rs` does.
#[derive(Clone, Copy, Debug)]
#[rustfmt::skip]
#[cfg_attr(not(feature = "trace"), expect(dead_code, reason = "there is nobody to tell"))]
pub(crate) enum Event {
    // The loop.
    /// A turn begins, with the whole ready queue for its batch.
    Turn { batch: usize },
    /// A schedule has put the batch in another order.
    Order { order: Places },
    TurnEnd,
    Park { until: Option<u64> },
    Unpark,
    /// The virtual clock is set forward.
    Jump { to: u64 },
    /// Another thread has woken a task, or this one has while the executor didn't run.
    Heard { task: TaskId },
    /// Another thread has asked for a call of a function.
    Request { function: Text },
    /// No task can ever go on: a run of a main future ends without its outcome.
    Stuck,
    /// The executor ends.
    Close,

    // Tasks.
    Spawn { task: TaskId, at: Option<Caller> },
    /// The task was there before the recording's first step. So many of its polls were
    /// seen, the last of which was over at `since`.
    Found { task: TaskId, polls: u32, since: Option<u64>, ending: bool },
    Name { task: TaskId, name: Text },
    /// The task joins the ready queue.
    Ready { task: TaskId },
    /// The task was woken, but stands in the ready queue already.
    Again { task: TaskId },
    /// A poll of the task begins.
    Poll { task: TaskId },
    /// The task's future is dropped without a poll, since it was cancelled.
    Unwind { task: TaskId },
    /// The task's turn has come, but it has ended.
    Skip { task: TaskId },
    Awaits { task: TaskId, on: On, at: Option<Caller> },
    /// Somebody keeps a waker of the task.
    Keep { task: TaskId },
    Polled { task: TaskId, ready: bool },
    Done { task: TaskId, outcome: Ended, text: Option<Text> },
    /// The value that the task has returned, or is about to, stands for a failure.
    Fail { task: TaskId, text: Text, at: Option<Caller> },
    Detach { task: TaskId },
    Gone { task: TaskId },

    // Timers.
    TimerAt { timer: Key, task: Option<TaskId>, deadline: u64 },
    TimerIn { timer: Key, task: Option<TaskId>, delay: u64 },
    Untimer { timer: Key },
    Advance { now: u64 },
    /// The first timer that is due fires.
    Fire { task: Option<TaskId> },
    /// The timer calls a function.
    Rings { timer: Key, function: Text },

    // Cancellation.
    Cancel { task: TaskId, at: Option<Caller> },
    Pass { task: TaskId, to: Option<TaskId> },
    Mark { task: TaskId },
    Unmark { task: TaskId },
    Catch { task: TaskId },
    /// A request to the task, or to a scope in it, is taken back.
    Uncancel { task: TaskId, left: u32 },

    // Watches.
    Watch { watch: u32 },
    /// The watch was there before the recording's first step.
    FoundWatch { watch: u32, by: Option<TaskId> },
    What { watch: u32, what: Text },
    /// The watch is there to call a function.
    Calls { watch: u32, function: Text },
    Child { watch: u32, child: u32, task: TaskId },
    /// The watcher has judged how a child has ended.
    Answer { watch: u32, child: u32, enough: bool, why: Text },
    /// A notice joins the ready queue.
    Notice { watch: u32, child: u32 },
    /// A notice's turn has come.
    Ask { watch: u32, child: u32 },
    Met { watch: u32 },
    Over { watch: u32, why: Text },
    Unwatch { watch: u32 },

    // Sections.
    Section { section: u32, what: Text },
    /// The section was there before the recording's first step.
    FoundSection { section: u32, by: Option<TaskId>, what: Text },
    Member { section: u32, task: TaskId },
    Limit { section: u32, timer: Option<Key> },
    Remark { section: u32, text: Text },
    Leave { section: u32, why: Text },

    // The program.
    /// The task, which interprets a program, has come to a place in it, or to none; without a
    /// task, what acts from outside has.
    Reach { task: Option<TaskId>, at: Option<Text> },
    Note { text: Text, at: Option<Caller> },
    Print { text: Text, at: Option<Caller> },
}

#[cfg(feature = "trace")]
impl Event {
    /// Returns the text that is part of the event.
    pub(crate) fn text(&self) -> Option<Text> {
        match *self {
            Self::Order { order: Places(text) }
            | Self::Name { name: text, .. }
            | Self::What { what: text, .. }
            | Self::Calls { function: text, .. }
            | Self::Request { function: text }
            | Self::Rings { function: text, .. }
            | Self::Answer { why: text, .. }
            | Self::Over { why: text, .. }
            | Self::Section { what: text, .. }
            | Self::FoundSection { what: text, .. }
            | Self::Remark { text, .. }
            | Self::Leave { why: text, .. }
            | Self::Fail { text, .. }
            | Self::Note { text, .. }
            | Self::Print { text, .. } => Some(text),
            Self::Done { text, .. } | Self::Reach { at: text, .. } => text,
            _ => None,
        }
    }
}

/// The number of a text that the recorder keeps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Text(pub(crate) u32);

/// A text of numbers between blanks: the places that the entries of a batch had.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(feature = "trace"), expect(dead_code, reason = "there is nobody to tell"))]
pub(crate) struct Places(pub(crate) Text);

/// A line of somebody's source.
pub(crate) type Caller = &'static Location<'static>;

/// The thing that a poll waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum On {
    Task(TaskId),
    Timer(Key),
    Watch(u32),
    /// All that a section has to wait for.
    Section(u32),
    /// The next turn.
    Turn,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ended {
    Returned,
    Cancelled,
    Panicked,
}

impl Core {
    /// Records an event, if this run is recorded.
    #[inline(always)]
    pub(crate) fn record(&self, event: impl FnOnce() -> Event) {
        self.probe.record(&self.clock, event);
    }

    /// Records an event that has a text.
    #[inline(always)]
    pub(crate) fn record_text(
        &self,
        text: impl FnOnce() -> String,
        event: impl FnOnce(Text) -> Event,
    ) {
        self.probe.record_text(&self.clock, text, event);
    }

    /// Records what the task now polled waits for, and at which line.
    #[inline(always)]
    pub(crate) fn record_await(&self, on: On, at: Place, made_at: Place) {
        if let Some(task) = self.polling() {
            self.record(|| Event::Awaits { task, on, at: at.or(made_at) });
        }
    }

    /// Records the end of a task; that of one that has panicked has a text.
    #[inline(always)]
    pub(crate) fn record_end(&self, task: TaskId, outcome: Ended) {
        self.record(|| Event::Done { task, outcome, text: None });
    }

    #[inline(always)]
    pub(crate) fn record_panic(&self, task: TaskId, message: impl FnOnce() -> String) {
        let outcome = Ended::Panicked;
        self.record_text(message, |text| Event::Done { task, outcome, text: Some(text) });
    }
}

#[cfg(feature = "trace")]
pub(crate) use crate::trace::probe::{Number, Place, Probe, Scribe, Settings};
#[cfg(not(feature = "trace"))]
pub(crate) use nobody::{Number, Place, Probe, Scribe, Settings};

/// The probe without a recorder; see `trace/probe.rs` for the other.
#[cfg(not(feature = "trace"))]
#[expect(clippy::unused_self, reason = "with the feature `trace` these do something")]
mod nobody {
    use super::{Caller, Event, Text};
    use crate::platform::Instant;
    use crate::run::core::Core;
    use crate::run::id::TaskId;
    use crate::time::clock::Ticks;

    #[derive(Clone, Default)]
    pub(crate) struct Settings(());

    pub(crate) struct Probe;

    #[derive(Clone, Copy)]
    pub(crate) struct Place;

    pub(crate) struct Number;

    pub(crate) struct Scribe;

    impl Probe {
        pub(crate) fn new(_: Settings) -> Self {
            Self
        }

        pub(crate) fn dump(&self, _: &Core) -> Option<String> {
            None
        }

        #[inline(always)]
        pub(crate) fn delayed(&self, tick: u64) -> u64 {
            tick
        }

        #[inline(always)]
        pub(crate) fn knows_failure(&self, _: TaskId) -> bool {
            true
        }

        pub(crate) fn patience(&self) -> Option<Instant> {
            None
        }

        pub(crate) fn lose_patience(&self, _: &Core) {}

        #[inline(always)]
        pub(crate) fn reorder<T: Copy>(&self, _: &Ticks, _: &mut [T]) {}

        #[inline(always)]
        pub(crate) fn if_recorded(&self, _: impl FnOnce()) {}

        #[inline(always)]
        pub(crate) fn record(&self, _: &Ticks, _: impl FnOnce() -> Event) {}

        #[inline(always)]
        pub(crate) fn record_text(
            &self,
            _: &Ticks,
            _: impl FnOnce() -> String,
            _: impl FnOnce(Text) -> Event,
        ) {
        }
    }

    impl Place {
        #[inline(always)]
        pub(crate) fn here() -> Self {
            Self
        }

        pub(crate) fn caller(self) -> Option<Caller> {
            None
        }

        pub(crate) fn or(self, _: Self) -> Option<Caller> {
            None
        }
    }

    impl Number {
        #[inline(always)]
        pub(crate) fn next() -> Self {
            Self
        }

        #[inline(always)]
        pub(crate) fn of(_: u32) -> Self {
            Self
        }

        #[inline(always)]
        pub(crate) fn get(&self) -> u32 {
            0
        }
    }

    impl Scribe {
        #[inline(always)]
        pub(crate) fn of_current() -> Self {
            Self
        }

        #[inline(always)]
        pub(crate) fn none() -> Self {
            Self
        }

        #[inline(always)]
        pub(crate) fn tell(&self, _: impl FnOnce(&Core, u32)) {}

        #[inline(always)]
        pub(crate) fn tell_last(&self, _: impl FnOnce(&Core, u32)) {}
    }

    const _: () = assert!(
        size_of::<(Probe, Place, Number, Scribe)>() == 0,
        "what isn't recorded takes no room"
    );
}
