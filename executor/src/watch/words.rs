//! Words for recordings, by those who know more of a run than the executor does.
//!
//! Without the feature `trace` nothing here is any code, and no function that makes words is
//! called. With it, that is so unless the run is recorded.

use std::fmt;

use crate::probe::{Event, On, Place, Scribe};
use crate::run::core::Core;
use crate::run::id::TaskId;
use crate::run::task::{Task, TaskRef};
use crate::watch::alarm::Alarm;
use crate::watch::names::name_of_function;

/// A part of a task's work that a recording of the run shows as one: a time limit, a group of
/// tasks, a call that another thread answers.
///
/// It begins in the task that is polled, and ends when it is dropped, if not before. Without
/// the feature `trace`, and if the run isn't recorded, it does nothing, and the functions that
/// make words aren't called.
///
/// ```
/// use executor::{Section, sleep, spawn};
/// use std::time::Duration;
///
/// async fn transfer() {
///     let section = Section::begin(|| "a transfer".into());
///     let payment = spawn(sleep(Duration::from_millis(1)));
///     section.add(&payment);
///     payment.await.unwrap();
///     section.remark(|| "it is paid".into());
///     section.end(|| "both accounts agree".into());
/// }
///
/// executor::block_on(transfer());
/// ```
#[must_use = "dropping it ends the section"]
pub struct Section(Scribe);

impl Section {
    /// Begins a section, and says in words what it is.
    #[inline(always)]
    pub fn begin(what: impl FnOnce() -> String) -> Self {
        let scribe = Scribe::of_current();
        scribe.tell(|core, section| {
            core.record_text(what, |what| Event::Section { section, what });
        });
        Self(scribe)
    }

    /// Returns what stands for no section.
    #[inline(always)]
    pub(crate) fn none() -> Self {
        Self(Scribe::none())
    }

    /// Says that a task belongs to the section.
    #[inline(always)]
    pub fn add<T>(&self, task: &Task<T>) {
        let task = task.id();
        self.0.tell(|core, section| core.record(|| Event::Member { section, task }));
    }

    /// Says that the section ends by an alarm, if not before; `None` if by none any more.
    #[inline(always)]
    pub fn limit(&self, alarm: Option<&Alarm>) {
        let timer = || alarm.and_then(Alarm::timer);
        self.0.tell(|core, section| core.record(|| Event::Limit { section, timer: timer() }));
    }

    /// Says that the task that is polled waits for what is in the section.
    #[inline(always)]
    #[track_caller]
    pub fn wait(&self) {
        let place = Place::here();
        self.0.tell(|core, section| core.record_await(On::Section(section), place, place));
    }

    /// Says in words what happens in the section, such as that its time is up.
    #[inline(always)]
    pub fn remark(&self, text: impl FnOnce() -> String) {
        self.0.tell(|core, section| {
            core.record_text(text, |text| Event::Remark { section, text });
        });
    }

    /// Ends the section, and says in words how. Nothing that is said of it afterwards counts.
    #[inline(always)]
    pub fn end(&self, why: impl FnOnce() -> String) {
        self.0.tell_last(|core, section| {
            core.record_text(why, |why| Event::Leave { section, why });
        });
    }

    /// Returns the name of a function, by its type, for such words. For a closure it is that
    /// of the function around it.
    ///
    /// ```
    /// fn name<F>(_: F) -> String {
    ///     executor::Section::name_of_function::<F>()
    /// }
    ///
    /// fn main() {
    ///     assert!(name(|| 7).ends_with("::main"));
    /// }
    /// ```
    #[must_use]
    pub fn name_of_function<F>() -> String {
        name_of_function::<F>()
    }
}

impl Drop for Section {
    #[inline(always)]
    fn drop(&mut self) {
        self.end(|| "it is given up".into());
    }
}

impl<T> Task<T> {
    /// Says for a recording of the run that the value which this task has returned, or is
    /// about to, stands for a failure, and says why.
    ///
    /// The executor doesn't know the types of values, so it takes an `Err` for a value like
    /// any other. Said again, it doesn't count. Without the feature `trace`, and if the run
    /// isn't recorded, the function isn't called.
    #[inline(always)]
    pub fn describe_failure(&self, why: impl FnOnce() -> String) {
        self.core().record_failure(self.id(), why);
    }
}

impl TaskRef {
    /// Says for a recording that the task fails; see [`Task::describe_failure`].
    #[inline(always)]
    pub fn describe_failure(&self, why: impl FnOnce() -> String) {
        self.core.record_failure(self.id(), why);
    }
}

impl Core {
    #[inline(always)]
    pub(crate) fn record_failure(&self, task: TaskId, why: impl FnOnce() -> String) {
        if !self.probe.knows_failure(task) {
            self.record_text(why, |text| Event::Fail { task, text, at: None });
        }
    }
}

impl fmt::Debug for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Section").finish_non_exhaustive()
    }
}
