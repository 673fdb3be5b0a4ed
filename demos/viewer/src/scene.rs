//! A recording as text, step by step: the executor drawn in a few lines.

use std::fmt;

use crate::Recording;
use crate::performers::performer;
use crate::sentence::Teller;
use crate::state::{Entry, State};
use crate::words::time;

/// A step of a recording, and the executor after it; see
/// [`View::scenes`](crate::View::scenes).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Scene {
    /// The number of the step.
    pub step: usize,
    /// The number of turns that have begun.
    pub turn: usize,
    /// A sentence that says what happens.
    pub sentence: String,
    /// The executor's file with the function that performs the step; empty, if this library
    /// doesn't know that kind of step.
    pub file: &'static str,
    /// The name of the function, or nothing.
    pub function: &'static str,
    /// The executor after the step, in lines: a heading, and what there is.
    pub state: Vec<(&'static str, String)>,
}

/// Makes the scenes; see [`View::scenes`](crate::View::scenes).
pub(crate) fn scenes(recording: &Recording) -> impl Iterator<Item = Scene> + use<> {
    let mut teller = Teller::new(recording);
    recording.steps().enumerate().map(move |(number, step)| {
        teller.state.apply(&step);
        let (file, function) = performer(&step);
        let (turn, state) = (teller.state.turn, teller.state.draw());
        Scene { step: number, turn, sentence: teller.sentence(&step), file, function, state }
    })
}

impl State {
    fn draw(&self) -> Vec<(&'static str, String)> {
        let mut lines = vec![
            ("time", time(self.now)),
            ("timers", self.draw_timers()),
            ("batch", self.draw_entries(self.batch.iter().map(|it| &it.entry))),
            ("queue", self.draw_entries(self.queue.iter().map(|it| &it.entry))),
            ("polled", self.polled.map_or_else(|| "nobody".into(), |task| self.shown(task))),
        ];
        let tasks = self
            .tasks
            .iter()
            .take(TASKS)
            .map(|(id, task)| format!("{:<10} {}", self.shown(*id), self.condition(*id, task)));
        let headings = std::iter::once("tasks").chain(std::iter::repeat(""));
        lines.extend(headings.zip(tasks));
        lines
    }

    fn draw_timers(&self) -> String {
        let mut timers: Vec<_> = self.timers.iter().collect();
        timers.sort_by_key(|(id, it)| (it.spot.is_some() || it.is_on_heap, it.deadline, **id));
        some(timers.into_iter().map(|(_, it)| {
            let owner = it.task.map_or_else(|| "somebody".into(), |task| self.shown(task));
            let deadline = time(it.deadline);
            match it.spot {
                Some((level, list)) => format!("{owner} at {deadline} ({level}/{list})"),
                None if it.is_on_heap => format!("{owner} at {deadline}"),
                None => format!("{owner} in {deadline}"),
            }
        }))
    }

    fn draw_entries<'a>(&self, entries: impl ExactSizeIterator<Item = &'a Entry>) -> String {
        some(entries.map(|entry| match entry {
            Entry::Task(task) => self.shown(*task),
            Entry::Notice(watch, child) => match self.function(*watch) {
                Some(function) => format!("({function} is to be called)"),
                None => format!("(child {child} has ended)"),
            },
        }))
    }
}

/// The greatest number of tasks that are drawn.
const TASKS: usize = 40;

/// Returns the first of them, and the number of the others.
fn some(mut all: impl ExactSizeIterator<Item = String>) -> String {
    const SHOWN: usize = 6;
    let shown: Vec<_> = all.by_ref().take(SHOWN).collect();
    match (shown.len(), all.len()) {
        (0, _) => "none".into(),
        (_, 0) => shown.join(", "),
        (_, more) => format!("{}, and {more} more", shown.join(", ")),
    }
}

impl fmt::Display for Scene {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { step, turn, sentence, file, function, state } = self;
        writeln!(f, "step {step}, turn {turn}: {sentence}")?;
        if !function.is_empty() {
            writeln!(f, "  by `{function}` in {file}")?;
        }
        for (heading, text) in state {
            writeln!(f, "  {heading:<8}{text}")?;
        }
        Ok(())
    }
}
