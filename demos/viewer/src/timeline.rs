//! A recording as text at a glance: a line for each task.

use std::fmt;

use crate::Recording;
use crate::state::{State, Task};
use crate::step::{Event, Id, On, Outcome, Step};
use crate::words::time;

/// The doing of a task during a step.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Doing {
    Absent,
    Ended,
    /// It waits for something that the executor doesn't know.
    Waiting,
    ForSection,
    ForWatch,
    ForTask,
    ForTimer,
    Ready,
    Polled,
}

impl Doing {
    /// Returns what a task does. If several steps share a column, the greatest is shown.
    fn of(state: &State, id: Id, task: &Task) -> Self {
        if task.ended.is_some() || task.ending {
            return Self::Ended;
        }
        if state.polled == Some(id) {
            return Self::Polled;
        }
        if task.queued || task.is_new {
            return Self::Ready;
        }
        match task.awaits.first().map(|it| it.on) {
            Some(On::Timer(_)) => Self::ForTimer,
            Some(On::Task(_)) => Self::ForTask,
            Some(On::Watch(_)) => Self::ForWatch,
            Some(On::Section(_)) => Self::ForSection,
            Some(On::Turn(_)) | None => Self::Waiting,
        }
    }

    fn sign(self) -> char {
        match self {
            Self::Absent | Self::Ended => ' ',
            Self::Waiting => '?',
            Self::ForWatch | Self::ForSection => '·',
            Self::ForTask => '╌',
            Self::ForTimer => '─',
            Self::Ready => '░',
            Self::Polled => '█',
        }
    }
}

/// A task's line.
struct Row {
    id: Id,
    name: String,
    columns: Vec<Doing>,
    ended: Option<(usize, Outcome)>,
    failed: bool,
}

/// The greatest number of tasks that are shown.
const ROWS: usize = 40;

const LEGEND: &str = "█ polled  ░ ready  waits for: ─ a timer  ╌ a task  · several  ? another\n\
    ends: ✓ returned  ✗ failed or panicked  ⊘ cancelled\n";

struct Chart {
    rows: Vec<Row>,
    /// The number of tasks that have no row.
    hidden: usize,
    /// The time at the end of each column.
    times: Vec<u64>,
}

/// Draws the chart; see [`View::to_timeline`](crate::View::to_timeline).
pub(crate) fn chart(recording: &Recording, columns: usize) -> impl fmt::Display {
    let columns = columns.clamp(10, recording.len().max(10));
    let mut chart = Chart { rows: Vec::new(), hidden: 0, times: vec![0; columns] };
    let mut state = State::default();
    for (number, step) in recording.steps().enumerate() {
        state.apply(&step);
        chart.head(&state, &step);
        let column = number * columns / recording.len();
        chart.look(&state, column);
        chart.times[column] = state.now.saturating_sub(recording.origin());
    }
    chart
}

impl Chart {
    /// Adds the row of a new task, and renames that of a task with a new name.
    fn head(&mut self, state: &State, step: &Step) {
        match step.event {
            Event::Spawn { task, .. } => self.add(task, state.shown(task)),
            Event::Name { task, .. } => self.rename(task, &state.shown(task)),
            _ => {}
        }
    }

    fn add(&mut self, id: Id, name: String) {
        if self.rows.len() == ROWS {
            self.hidden += 1;
            return;
        }
        let columns = vec![Doing::Absent; self.times.len()];
        self.rows.push(Row { id, name, columns, ended: None, failed: false });
    }

    fn rename(&mut self, id: Id, name: &str) {
        for row in self.rows.iter_mut().filter(|row| row.id == id) {
            name.clone_into(&mut row.name);
        }
    }

    /// Notes what the tasks do in one of the steps of a column.
    fn look(&mut self, state: &State, column: usize) {
        for row in &mut self.rows {
            let Some(task) = state.tasks.get(&row.id) else { continue };
            row.columns[column] = row.columns[column].max(Doing::of(state, row.id, task));
            row.ended = row.ended.or(task.ended.map(|it| (column, it)));
            row.failed |= task.failure.is_some();
        }
    }
}

impl fmt::Display for Chart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0);
        for Row { name, columns, ended, failed, .. } in &self.rows {
            let mut signs: Vec<_> = columns.iter().map(|it| it.sign()).collect();
            if let Some((column, ended)) = *ended {
                signs.insert(column + 1, end(ended, *failed));
            }
            let signs: String = signs.into_iter().collect();
            writeln!(f, "{name:<width$} {}", signs.trim_end())?;
        }
        if self.hidden > 0 {
            writeln!(f, "… and {} more", self.hidden)?;
        }
        writeln!(f, "{:<width$} {}", "", axis(&self.times))?;
        f.write_str(LEGEND)
    }
}

fn end(outcome: Outcome, failed: bool) -> char {
    match outcome {
        Outcome::Returned if !failed => '✓',
        Outcome::Returned | Outcome::Panicked => '✗',
        Outcome::Cancelled => '⊘',
    }
}

/// Returns a line of times. Each stands at its column, if there is room.
fn axis(times: &[u64]) -> String {
    let mut axis = String::new();
    let mut said = None;
    for (column, &tick) in times.iter().enumerate() {
        let used = axis.chars().count();
        if used <= column && said != Some(tick) {
            axis += &" ".repeat(column - used);
            axis += &time(tick);
            axis.push(' ');
            said = Some(tick);
        }
    }
    axis.trim_end().into()
}
