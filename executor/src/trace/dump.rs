//! A dump: a text about the tasks, with the line at which each waits, and for how long it has
//! done so.

use std::collections::HashSet;
use std::fmt;
use std::time::Duration;

use crate::probe::{Ended, On};
use crate::run::error::Name;
use crate::run::id::TaskId;
use crate::watch::in_line::InLine;

use super::state::{At, State, Task};

/// The tasks of an executor as a tree: below each stand those that it waits for. A task
/// that several wait for stands there once.
pub(crate) struct Dump<'a>(pub(crate) &'a State);

/// Tasks that are further in than this aren't indented further: a line of a chain
/// would be as long as the chain, and all of them quadratic.
const DEEPEST: usize = 20;

impl fmt::Display for Dump<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(state) = self;
        let awaited: HashSet<_> = state.tasks.keys().flat_map(|id| state.awaited_by(*id)).collect();
        let mut told = HashSet::new();
        let roots = state.tasks.keys().filter(|id| !awaited.contains(id));
        for root in roots.chain(state.tasks.keys()) {
            if state.lives(*root) && !told.contains(root) {
                tell(f, state, *root, 0, &mut told)?;
            }
        }
        Ok(())
    }
}

/// Writes a line for a task and, further in, lines for those that it waits for.
fn tell(
    f: &mut fmt::Formatter<'_>,
    state: &State,
    root: TaskId,
    depth: usize,
    told: &mut HashSet<TaskId>,
) -> fmt::Result {
    let mut todo = vec![(root, depth)];
    while let Some((id, depth)) = todo.pop() {
        let again = !told.insert(id);
        writeln!(f, "{}{}", Indent(depth), Line { state, id, again })?;
        if !again {
            let awaited = state.awaited_by(id).into_iter().filter(|it| state.lives(*it));
            let mut below: Vec<_> = awaited.map(|it| (it, depth + 1)).collect();
            below.reverse();
            todo.append(&mut below);
        }
    }
    Ok(())
}

struct Indent(usize);

impl fmt::Display for Indent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(depth) = *self;
        write!(f, "{:1$}", "", 2 * depth.min(DEEPEST))?;
        if depth > DEEPEST { write!(f, "({depth} deep) ") } else { Ok(()) }
    }
}

struct Line<'a> {
    state: &'a State,
    id: TaskId,
    again: bool,
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { state, id, again } = self;
        let task = &state.tasks[id];
        f.write_str(&state.shown(*id))?;
        if *again {
            return f.write_str(", see above");
        }
        if let Some(at) = &task.spawned_at {
            write!(f, ", spawned at {at}")?;
        }
        write!(f, ": {}", state.condition(*id, task))
    }
}

impl State {
    /// Returns the tasks that a task waits for, directly or by a watch.
    fn awaited_by(&self, id: TaskId) -> Vec<TaskId> {
        let awaits = self.tasks.get(&id).map_or(&[][..], |it| &it.awaits);
        let mut awaited = Vec::new();
        for (on, _) in awaits {
            match on {
                On::Task(task) => awaited.push(*task),
                On::Watch(watch) => {
                    awaited
                        .extend(self.watches.get(watch).iter().flat_map(|it| it.children.values()));
                }
                On::Section(section) => {
                    awaited.extend(self.sections.get(section).iter().flat_map(|it| &it.members));
                }
                On::Timer(_) | On::Turn => {}
            }
        }
        awaited
    }

    /// Returns the name that a task was given, or its number.
    pub(crate) fn name(&self, id: TaskId) -> String {
        let given = self.tasks.get(&id).and_then(|it| it.name.clone());
        given.unwrap_or_else(|| Name::Numbered(id).to_string())
    }

    /// Returns that name, as it may stand in a line of text.
    fn shown(&self, id: TaskId) -> String {
        InLine::name(&self.name(id)).to_string()
    }

    /// Returns in words what a task does or waits for.
    fn condition(&self, id: TaskId, task: &Task) -> String {
        match task.ended {
            Some(Ended::Returned) => return "has returned".into(),
            Some(Ended::Cancelled) => return "was cancelled".into(),
            Some(Ended::Panicked) => return "has panicked".into(),
            None => {}
        }
        let mark = if task.marked { ", cancelled" } else { "" };
        if self.polled == Some(id) {
            return format!("is polled{mark}");
        }
        if task.queued {
            return format!("is ready{mark}");
        }
        if task.ending {
            return "ends".into();
        }
        if task.is_new {
            return "is new".into();
        }
        let on: Vec<_> = task.awaits.iter().map(|(on, at)| self.waits(*on, at.as_ref())).collect();
        let on = if on.is_empty() { "something else".into() } else { on.join(", and ") };
        let time = task.since.map_or_else(String::new, |since| {
            format!(", for {}", span(self.now.saturating_sub(since)))
        });
        format!("waits for {on}{time}{mark}")
    }

    fn waits(&self, on: On, at: Option<&At>) -> String {
        let on = self.on(on);
        at.map_or_else(|| on.clone(), |at| format!("{on} at {at}"))
    }

    fn on(&self, on: On) -> String {
        match on {
            On::Task(task) => format!("`{}`", self.shown(task)),
            On::Timer(timer) => match self.timers.deadline(timer) {
                Some(deadline) => format!("its timer, due at {}", span(deadline)),
                None => "its timer".into(),
            },
            On::Watch(watch) => {
                let what = self.watches.get(&watch).and_then(|it| it.what.as_deref());
                InLine::text(what.unwrap_or("a watch")).to_string()
            }
            On::Section(section) => {
                let what = self.sections.get(&section).map(|it| it.what.as_str());
                InLine::text(what.unwrap_or("a section")).to_string()
            }
            On::Turn => "the next turn".into(),
        }
    }
}

fn span(ticks: u64) -> String {
    format!("{:?}", Duration::from_nanos(ticks))
}
