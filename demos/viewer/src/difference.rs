//! The first step in which two recordings differ.

use std::fmt;

use serde_json::{Map, Value};

use crate::Recording;
use crate::scene::{Scene, scenes};

/// The first step in which two recordings differ; see
/// [`View::difference`](crate::View::difference).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Difference {
    /// The number of the step.
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
