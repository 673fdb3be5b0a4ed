//! A recording as text, step by step: the executor drawn in a few lines.

use std::fmt;

use crate::probe::Event;

use super::Recording;
use super::state::{Entry, State};
use super::words::{performer, time};

/// A step of a recording, and the executor after it; see [`Recording::scenes`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Scene {
    /// The number of the step.
    pub step: usize,
    /// How many turns have begun.
    pub turn: usize,
    /// What happens, in a sentence.
    pub sentence: String,
    /// The file of this library whose function does it.
    pub file: &'static str,
    /// The function.
    pub function: &'static str,
    /// The executor after the step, in lines: a heading, and what there is.
    pub state: Vec<(&'static str, String)>,
}

impl Recording {
    /// Goes through the steps, and shows what each does to the executor.
    pub fn scenes(&self) -> impl Iterator<Item = Scene> {
        let mut state = State::default();
        let texts = &self.notes.texts;
        let mut turn = 0;
        (0..).zip(&self.notes.records).map(move |(step, record)| {
            let consequence = state.apply(step, record, texts);
            turn += usize::from(matches!(record.event, Event::Turn { .. }));
            let sentence = state.sentence(record, texts, &consequence);
            let (file, function) = performer(&record.event);
            Scene { step: step as usize, turn, sentence, file, function, state: state.draw() }
        })
    }
}

impl State {
    fn draw(&self) -> Vec<(&'static str, String)> {
        let mut lines = vec![
            ("time", time(self.now)),
            ("timers", self.draw_timers()),
            ("batch", self.draw_entries(self.batch())),
            ("queue", self.draw_entries(self.queue.iter())),
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
        timers.sort_by_key(|(key, deadline, spot)| (spot.is_some(), *deadline, *key));
        let timers = timers.into_iter().map(|(key, deadline, spot)| {
            let owner =
                self.timers.owner(key).map_or_else(|| "somebody".into(), |it| self.shown(it));
            match spot {
                Some((level, list)) => format!("{owner} at {} ({level}/{list})", time(deadline)),
                None => format!("{owner} in {}", time(deadline)),
            }
        });
        some(timers)
    }

    fn draw_entries<'a>(&self, entries: impl ExactSizeIterator<Item = &'a Entry>) -> String {
        some(entries.map(|entry| match entry {
            Entry::Task(task) => self.shown(*task),
            Entry::Notice(_, child) => format!("(child {child} has ended)"),
        }))
    }
}

/// More tasks aren't drawn.
const TASKS: usize = 40;

/// The first of them, and how many more there are.
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
        writeln!(f, "  by `{function}` in {file}")?;
        for (heading, text) in state {
            writeln!(f, "  {heading:<8}{text}")?;
        }
        Ok(())
    }
}
