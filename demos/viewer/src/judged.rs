//! Which tasks are known to have returned without a failure.
//!
//! The executor takes an `Err` for a value like any other, so a task of which no step tells
//! that it has failed may have failed nevertheless: unless somebody has looked who would tell.

use std::collections::{HashMap, HashSet};

use crate::step::{Event, Id, Step};

/// The tasks at whose values somebody has looked who tells of failures.
#[derive(Default)]
pub(crate) struct Judged {
    /// Another executor is recorded by a driver, which knows all failures.
    all: bool,
    tasks: HashSet<Id>,
    /// The children of combinators, by watch and number.
    children: HashMap<u32, HashMap<u32, Id>>,
    /// The watches that call functions, which look at nothing.
    calls: HashSet<u32>,
    groups: HashSet<u32>,
    gathers: HashSet<u32>,
    /// The lines where tasks were spawned. A task that tells of its own failure stands for those
    /// that were spawned at the same line: they would have told, too.
    lines: HashMap<Id, String>,
    tellers: HashSet<String>,
    ended: HashSet<Id>,
}

impl Judged {
    pub(crate) fn in_a_run_of(executor: &str) -> Self {
        Self { all: !executor.is_empty(), ..Self::default() }
    }

    pub(crate) fn has(&self, task: Id) -> bool {
        let tells = || self.lines.get(&task).is_some_and(|line| self.tellers.contains(line));
        self.all || self.tasks.contains(&task) || tells()
    }

    pub(crate) fn note(&mut self, step: &Step) {
        self.note_of_task(step);
        self.note_of_watch(&step.event);
    }

    fn note_of_task(&mut self, step: &Step) {
        match &step.event {
            // An interpreter tells of the failures of its tasks.
            Event::Reach { .. } => self.tasks.extend(step.task),
            Event::Spawn { task, at: Some(at), .. } => {
                self.lines.insert(*task, at.clone());
            }
            Event::Fail { task, .. } if !self.ended.contains(task) => {
                self.tellers.extend(self.lines.get(task).cloned());
            }
            Event::Done { task, .. } => drop(self.ended.insert(*task)),
            Event::Section { section, what, .. } if what.starts_with("task group") => {
                self.groups.insert(*section);
            }
            Event::Member { section } if self.groups.contains(section) => {
                self.tasks.extend(step.task);
            }
            _ => {}
        }
    }

    fn note_of_watch(&mut self, event: &Event) {
        match *event {
            Event::Calls { watch, .. } => drop(self.calls.insert(watch)),
            Event::Child { watch, child, task, .. } if !self.calls.contains(&watch) => {
                self.children.entry(watch).or_default().insert(child, task);
            }
            Event::Answer { watch, child, .. } => {
                self.tasks.extend(self.children.get(&watch).and_then(|it| it.get(&child)));
            }
            Event::What { watch, ref what } if what.starts_with("gather") => {
                self.gathers.insert(watch);
            }
            // A gather looks at all that have ended before it returns.
            Event::Over { watch, .. } if self.gathers.contains(&watch) => {
                let children = self.children.get(&watch).into_iter().flat_map(HashMap::values);
                self.tasks.extend(children.filter(|it| self.ended.contains(it)));
            }
            _ => {}
        }
    }
}
