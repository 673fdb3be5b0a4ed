//! Words for the state of a task, with the thing that it waits for, as the executor's own dump
//! has them.

use std::time::Duration;

use executor::InLine;

use crate::sentence::is_interpreted;
use crate::state::{State, Task};
use crate::step::{Id, On, Outcome};

impl State {
    /// Returns in words what a task does or waits for.
    pub(crate) fn condition(&self, id: Id, task: &Task) -> String {
        let mark = if task.marked.is_some() { ", cancelled" } else { "" };
        match task.ended {
            Some(Outcome::Cancelled) => "was cancelled".into(),
            Some(Outcome::Panicked) if is_interpreted(task) => "has failed".into(),
            Some(ended) => end(ended, task.failure.is_some()).into(),
            None if self.polled == Some(id) => format!("is polled{mark}"),
            None if task.queued => format!("is ready{mark}"),
            None if task.ending => "ends".into(),
            None if task.is_new => "is new".into(),
            None => format!("waits for {}{mark}", self.waits(task)),
        }
    }

    /// Returns in words the things that a task waits for, with their lines and the time.
    fn waits(&self, task: &Task) -> String {
        let on = task.awaits.iter().map(|it| match &it.at {
            Some(at) => format!("{} at {at}", self.on(it.on)),
            None => self.on(it.on),
        });
        let on = on.collect::<Vec<_>>().join(", and ");
        let on = if on.is_empty() { "something else" } else { &on };
        match task.since {
            Some(since) => format!("{on}, for {}", time(self.now.saturating_sub(since))),
            None => on.into(),
        }
    }

    fn on(&self, on: On) -> String {
        match on {
            On::Task(task) => self.quoted(task),
            On::Timer(timer) => match self.timers.get(&timer).filter(|it| it.spot.is_some()) {
                Some(timer) => format!("its timer, due at {}", time(timer.deadline)),
                None => "its timer".into(),
            },
            On::Watch(watch) => self.what(watch),
            On::Section(section) => self.section(section),
            On::Turn(_) => "the next turn".into(),
        }
    }

    fn what(&self, watch: u32) -> String {
        let it = self.watches.get(&watch).filter(|it| it.gone.is_none());
        let function = it.and_then(|it| it.function.as_ref());
        let call = || Some(format!("call `{}`", function?));
        let what = it.and_then(|it| it.what.clone()).or_else(call);
        InLine::text(what.as_deref().unwrap_or("a watch")).to_string()
    }

    fn section(&self, section: u32) -> String {
        let what = self.sections.get(&section).map_or("a section", |it| &it.what);
        InLine::text(what).to_string()
    }

    fn quoted(&self, task: Id) -> String {
        format!("`{}`", self.shown(task))
    }

    /// Returns the function that a watch is there to call.
    pub(crate) fn function(&self, watch: u32) -> Option<String> {
        let function = self.watches.get(&watch)?.function.as_ref()?;
        Some(InLine::text(function).to_string())
    }
}

/// A span of time, or a time since the executor was built.
pub(crate) fn time(ticks: u64) -> String {
    format!("{:?}", Duration::from_nanos(ticks))
}

fn end(outcome: Outcome, failed: bool) -> &'static str {
    match outcome {
        Outcome::Returned if failed => "has failed",
        Outcome::Returned => "has returned",
        Outcome::Cancelled => "ends as cancelled",
        Outcome::Panicked => "has panicked",
    }
}
