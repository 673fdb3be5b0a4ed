//! The proof that a run can't go on, and its text.

use std::error::Error;
use std::fmt;

use crate::cancel::in_line::InLine;
use crate::cancel::points::Wait;
use crate::run::core::Core;
use crate::run::id::TaskId;
use crate::run::slots::{Slot, flag};

/// The error of [`try_block_on`](crate::Executor::try_block_on): no task can ever go on.
/// None is ready, no timer is set, and nobody holds a waker by which to wake one, or a
/// [`Courier`](crate::Courier).
///
/// It says which tasks there are, where they were spawned, and what they wait for.
/// If the run is recorded, with the feature `trace`, it says at which line they
/// wait as well.
#[derive(Clone)]
pub struct Deadlock {
    tasks: String,
}

impl Deadlock {
    pub(crate) fn of(core: &Core) -> Self {
        if let Some(tasks) = core.probe.dump(core) {
            return Self { tasks };
        }
        let slots = (0..core.slots.len()).map(|index| core.slots.tenant(index));
        let alive = slots.filter(|(_, slot)| slot.has(flag::LIVE));
        Self { tasks: alive.map(|(id, slot)| line(core, id, slot) + "\n").collect() }
    }
}

fn line(core: &Core, id: TaskId, slot: &Slot) -> String {
    let name = |id| InLine::name(&core.name(id).to_string()).to_string();
    let spawned = slot.spawned_at().map_or_else(String::new, |at| format!(", spawned at {at}"));
    let waits = match core.innermost_wait(id) {
        Wait::Task(inner) => format!("for {}", name(inner)),
        Wait::Target(_) => "for several tasks".into(),
        _ => "for what nobody is left to bring".into(),
    };
    format!("{}{spawned}: waits {waits}", name(id))
}

impl fmt::Display for Deadlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "no task can ever go on: none is ready, no timer is set, nobody holds a waker",
        )?;
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
