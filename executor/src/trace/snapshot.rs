//! The state of an executor as it can be seen at one moment.

use std::collections::BTreeMap;

use crate::run::core::{Core, Ready};
use crate::run::id::{MAIN, TaskId};
use crate::run::slots::{Slot, flag};
use crate::time::wheel::Key;

use super::state::{Entry, State};

/// The state of an executor, found by looking at it, or by following a recording
/// to some step: both give the same.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Snapshot {
    /// The tasks that have a slot.
    pub tasks: BTreeMap<TaskId, TaskSnapshot>,
    /// The ready queue, without what is left of this turn's batch.
    pub ready: Vec<ReadySnapshot>,
    /// The timers that are to fire.
    pub timers: BTreeMap<Key, TimerSnapshot>,
    /// The timer wheel's time, in ticks.
    pub elapsed: u64,
}

/// The state of a task; see the [`Snapshot`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "so it is in the slot")]
pub struct TaskSnapshot {
    /// It has not ended.
    pub lives: bool,
    /// It stands in the ready queue or in the batch.
    pub queued: bool,
    /// It lives, and its next step sees that it was cancelled.
    pub marked: bool,
    /// Somebody has the right to its outcome.
    pub held: bool,
}

/// An entry of the ready queue; see the [`Snapshot`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReadySnapshot {
    /// A task that is to be polled.
    Task(TaskId),
    /// A watch that is to be asked about one of its children.
    Notice,
}

/// A timer: its deadline and its place; see the [`Snapshot`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct TimerSnapshot {
    /// The deadline in ticks of the wheel; the delay, if that hasn't started.
    pub deadline: u64,
    /// The level, and the list on it. A delay that hasn't started has none.
    pub place: Option<(usize, usize)>,
}

impl Snapshot {
    pub(crate) fn of_core(core: &Core) -> Self {
        let slots = (0..core.slots.len()).map(|index| core.slots.tenant(index));
        let taken = |slot: &Slot| slot.has(flag::LIVE | flag::HELD | flag::QUEUED);
        let tasks = slots.filter(|(id, slot)| match id.index {
            MAIN => slot.has(flag::LIVE),
            _ => taken(slot),
        });
        let ready = core.ready().into_iter().map(|entry| match entry {
            Ready::Poll(index) => ReadySnapshot::Task(core.slots.tenant(index).0),
            Ready::Notice => ReadySnapshot::Notice,
        });
        let timers = core.timers.borrow();
        Self {
            tasks: tasks.map(|(id, slot)| (id, TaskSnapshot::of_slot(slot))).collect(),
            ready: ready.collect(),
            timers: timers.timers().map(timer).collect(),
            elapsed: timers.elapsed(),
        }
    }

    pub(crate) fn of_state(state: &State) -> Self {
        let is_main = |id: TaskId| id.index == MAIN;
        let tasks = state.tasks.iter().filter(|(id, it)| !is_main(**id) || it.ended.is_none());
        let tasks = tasks.map(|(id, task)| {
            let lives = task.ended.is_none();
            let marked = task.marked && lives;
            (*id, TaskSnapshot { lives, queued: task.queued, marked, held: task.held })
        });
        let ready = state.queue.iter().map(|entry| match entry {
            Entry::Task(task) => ReadySnapshot::Task(*task),
            Entry::Notice(..) => ReadySnapshot::Notice,
        });
        Self {
            tasks: tasks.collect(),
            ready: ready.collect(),
            timers: state.timers.iter().map(timer).collect(),
            elapsed: state.timers.elapsed,
        }
    }
}

impl TaskSnapshot {
    fn of_slot(slot: &Slot) -> Self {
        let lives = slot.has(flag::LIVE);
        Self {
            lives,
            queued: slot.has(flag::QUEUED),
            marked: lives && slot.has(flag::MARKED),
            held: slot.has(flag::HELD),
        }
    }
}

fn timer((key, deadline, place): (Key, u64, Option<(usize, usize)>)) -> (Key, TimerSnapshot) {
    (key, TimerSnapshot { deadline, place })
}
