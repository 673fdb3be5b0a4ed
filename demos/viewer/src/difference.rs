//! The first step in which two recordings differ.

use std::collections::{HashMap, HashSet};
use std::fmt;

use serde_json::{Map, Value};

use crate::Recording;
use crate::scene::{Scene, scenes};
use crate::step::{Event, Id, Step};

/// The first step in which two recordings differ; see
/// [`View::difference`](crate::View::difference).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Difference {
    /// The number of the step, in the first recording if it has it.
    pub step: usize,
    /// The step as the first recording has it; `None` if that is over.
    pub here: Option<Scene>,
    /// The step as the other one has it.
    pub there: Option<Scene>,
}

/// The fields that say a time, or follow from one.
const TIMES: [&str; 10] =
    ["t", "deadline", "now", "late", "until", "to", "level", "list", "from", "moved"];

pub(crate) fn first(one: &Recording, other: &Recording) -> Option<Difference> {
    let with_times = one.is_virtual() && other.is_virtual();
    if one.executor() != other.executor() {
        return first_in_order(&order(one, with_times), &order(other, with_times), one, other);
    }
    let (mut here, mut there) = (facts(one, with_times), facts(other, with_times));
    let step = (0..one.len().max(other.len())).find(|_| here.next() != there.next())?;
    let scene = |recording| scenes(recording).nth(step);
    Some(Difference { step, here: scene(one), there: scene(other) })
}

/// The steps, as far as they count.
fn facts(recording: &Recording, with_times: bool) -> impl Iterator<Item = Map<String, Value>> {
    let (_, steps) = recording.header_and_steps();
    steps.lines().map(move |line| {
        let mut step: Map<_, _> = serde_json::from_str(line).expect("the lines are steps");
        step.retain(|key, _| with_times || !TIMES.contains(&key.as_str()));
        step
    })
}

/// A poll, the dropping of a cancelled task, or the end of a task.
struct Turn {
    step: usize,
    /// The task's name, what it does, and the time, if it counts.
    fact: (Option<String>, String, Option<u64>),
}

/// Compares the order of tasks, which is all that recordings of two executors have in common.
fn first_in_order(
    here: &[Turn],
    there: &[Turn],
    one: &Recording,
    other: &Recording,
) -> Option<Difference> {
    let fact = |turn: Option<&Turn>| turn.map(|it| it.fact.clone());
    let most = here.len().max(there.len());
    let at = (0..most).find(|&at| fact(here.get(at)) != fact(there.get(at)))?;
    let scene = |recording, turn: Option<&Turn>| scenes(recording).nth(turn?.step);
    let (here, there) = (here.get(at), there.get(at));
    let step = here.map_or(one.len(), |turn| turn.step);
    Some(Difference { step, here: scene(one, here), there: scene(other, there) })
}

/// The turns that tasks take, without the main future, which a loop can do without.
fn order(recording: &Recording, with_times: bool) -> Vec<Turn> {
    let (names, mut begun) = (last_names(recording), HashSet::new());
    let turn = |(step, it): (usize, Step)| {
        let task = it.task.filter(|task| !task.is_main())?;
        let what = match it.event {
            Event::Poll { number, .. } => format!("poll {number}"),
            Event::Unwind { .. } => "unwind".into(),
            Event::Done { outcome, .. } if begun.contains(&task) => outcome.word().into(),
            _ => return None,
        };
        begun.insert(task);
        let time = with_times.then(|| it.tick.saturating_sub(recording.origin()));
        Some(Turn { step, fact: (names.get(&task).cloned(), what, time) })
    };
    recording.steps().enumerate().filter_map(turn).collect()
}

/// Each task's last name.
fn last_names(recording: &Recording) -> HashMap<Id, String> {
    let named = |step: Step| match step.event {
        Event::Spawn { task, name, .. } | Event::Name { task, name } => Some((task, name)),
        _ => None,
    };
    recording.steps().filter_map(named).collect()
}

/// Writes sentences about both.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told = |scene: &Option<Scene>| {
            scene.as_ref().map_or_else(|| "The recording is over.".into(), |it| it.sentence.clone())
        };
        let Self { step, here, there } = self;
        write!(f, "They differ first in step {step}. In the first: {} ", told(here))?;
        write!(f, "In the second: {}", told(there))
    }
}
