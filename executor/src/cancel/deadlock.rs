//! The error of a run that can't go on, and its text.

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::time::Duration;

use crate::cancel::found::Found;
use crate::probe::Event;
use crate::run::core::Core;
use crate::run::id::TaskId;
use crate::run::slots::{Slot, flag};
use crate::time::wheel::Key;
use crate::watch::in_line::InLine;

/// The error of [`try_block_on`](crate::Executor::try_block_on): no task can ever go on.
/// None is ready, no timer is set, and nobody holds a waker by which to wake one, or a
/// [`Courier`](crate::Courier). On a [manual clock](crate::Clock::Manual) there may be
/// timers, for nobody is left to move it.
///
/// It says which tasks there are, where they were spawned, and what they wait for, or by how
/// much the clock is to be advanced for one that sleeps.
/// If the run is recorded, with the feature `trace`, it says at which line they
/// wait as well.
#[derive(Clone)]
pub struct Deadlock {
    why: &'static str,
    tasks: String,
}

const NOBODY_WAKES: &str =
    "no task can ever go on: none is ready, no timer is set, nobody holds a waker";
const NOBODY_ADVANCES: &str = "no task can ever go on: none is ready, nobody holds a waker, and \
    the timers are those of a manual clock, which nobody is left to move: call `advance` in a \
    task, or drive the executor by `turn` and call it in between";

const NOBODY_BRINGS: &str = "waits for what nobody is left to bring";

impl Deadlock {
    pub(crate) fn of(core: &Core) -> Self {
        core.record(|| Event::Stuck);
        let why = if core.timers.borrow().is_empty() { NOBODY_WAKES } else { NOBODY_ADVANCES };
        Self { why, tasks: core.probe.dump(core).unwrap_or_else(|| tasks(core)) }
    }
}

/// Returns a line for each task.
fn tasks(core: &Core) -> String {
    let slots = (0..core.slots.len()).map(|index| core.slots.tenant(index));
    let alive = slots.filter(|(_, slot)| slot.has(flag::LIVE));
    let sleepers = sleepers(core);
    alive.map(|(id, slot)| line(core, id, slot, &sleepers) + "\n").collect()
}

/// The timers of a manual clock. On any other clock there is no deadlock while there are
/// timers.
#[derive(Default)]
struct Sleepers {
    /// The tasks that sleep, and by how much the clock is to be advanced for each.
    tasks: HashMap<TaskId, Duration>,
    /// True if a timer isn't the sleep of a task: it may be a limit around one.
    others: bool,
}

fn sleepers(core: &Core) -> Sleepers {
    let now = core.clock.now();
    let mut sleepers = Sleepers::default();
    for (_, task, due) in timers(core) {
        let Some(task) = task else {
            sleepers.others = true;
            continue;
        };
        let left = Duration::from_nanos(match due {
            Due::At(deadline) => deadline.saturating_sub(now),
            Due::In(delay) => delay,
        });
        let first = sleepers.tasks.entry(task).or_insert(left);
        *first = left.min(*first);
    }
    sleepers
}

/// The tick at which a timer is due; its delay, if that begins at the next look.
pub(crate) enum Due {
    At(u64),
    In(u64),
}

/// Returns all timers that aren't due, each with the task that sleeps by it, if one does.
pub(crate) fn timers(core: &Core) -> Vec<(Key, Option<TaskId>, Due)> {
    let timers = &mut *core.timers.borrow_mut();
    let all: Vec<_> = timers.timers().collect();
    let with_task = |(timer, tick, spot): (Key, u64, Option<_>)| {
        let task = timers.get_mut(timer).and_then(|waiter| waiter.task());
        (timer, task, if spot.is_some() { Due::At(tick) } else { Due::In(tick) })
    };
    all.into_iter().map(with_task).collect()
}

fn line(core: &Core, id: TaskId, slot: &Slot, sleepers: &Sleepers) -> String {
    let name = |id| InLine::name(&core.name(id).to_string()).to_string();
    let spawned = slot.spawned_at().map_or_else(String::new, |at| format!(", spawned at {at}"));
    let at = core.innermost(Found::Task(id, slot));
    let waits = match (core.awaited(at), sleepers.tasks.get(&id)) {
        (Some(inner), _) => format!("waits for {}", name(inner.task())),
        _ if at.wait().to_target().is_some() => "waits for several tasks".into(),
        (_, Some(left)) => format!("sleeps, and `advance` by {left:?} would wake it"),
        (_, None) if sleepers.others => format!("{NOBODY_BRINGS}, or for a timer"),
        (_, None) => NOBODY_BRINGS.into(),
    };
    format!("{}{spawned}: {waits}", name(id))
}

impl fmt::Display for Deadlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.why)?;
        self.tasks.lines().try_for_each(|task| write!(f, "\n  {task}"))
    }
}

/// Shows the text that is displayed, because `unwrap` shows this.
impl fmt::Debug for Deadlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for Deadlock {}
