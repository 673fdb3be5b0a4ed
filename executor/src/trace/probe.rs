//! The probe, by which an executor records its events.

use std::cell::Cell;
use std::panic::Location;

use crate::probe::{Caller, Event, Places, Text};
use crate::run::core::Core;
use crate::time::clock::Ticks;

use super::recorder::Recorder;
use super::schedule::{Order, Schedule};

/// The part of a probe that can be set before an executor is built.
pub(crate) type Settings = Schedule;

/// The probe of an executor: its recorder, and the order of its batches.
pub(crate) struct Probe {
    pub(crate) recorder: Recorder,
    order: Order,
}

impl Probe {
    /// Returns which task waits for which, if that is recorded.
    pub(crate) fn dump(&self, core: &Core) -> Option<String> {
        self.recorder.is_on().then(|| super::dump(core))
    }

    pub(crate) fn new(schedule: Settings) -> Self {
        Self { recorder: Recorder::default(), order: Order::by(schedule) }
    }

    /// Puts the batch of a turn into another order, if a schedule says so.
    pub(crate) fn reorder<T: Copy>(&self, clock: &Ticks, batch: &mut [T]) {
        let Some(order) = self.order.of_batch(batch.len()) else { return };
        let before = batch.to_vec();
        for (entry, &place) in batch.iter_mut().zip(&order) {
            *entry = before[place as usize];
        }
        let text = || order.iter().map(u32::to_string).collect::<Vec<_>>().join(" ");
        self.record_text(clock, text, |text| Event::Order { order: Places(text) });
    }

    /// Records an event, if the recorder is on.
    #[inline(always)]
    pub(crate) fn record(&self, clock: &Ticks, event: impl FnOnce() -> Event) {
        self.recorder.record(clock, event);
    }

    /// Records an event that has a text, if the recorder is on.
    #[inline(always)]
    pub(crate) fn record_text(
        &self,
        clock: &Ticks,
        text: impl FnOnce() -> String,
        event: impl FnOnce(Text) -> Event,
    ) {
        self.recorder.record(clock, || event(self.recorder.keep(text())));
    }
}

/// A line of somebody's source.
#[derive(Clone, Copy)]
pub(crate) struct Place(Caller);

impl Place {
    #[track_caller]
    #[inline(always)]
    pub(crate) fn here() -> Self {
        Self(Location::caller())
    }

    /// Returns this line, unless it is one of ours: then the other one.
    pub(crate) fn or(self, other: Self) -> Option<Caller> {
        [self, other].into_iter().map(|it| it.0).find(|it| !is_ours(it.file()))
    }
}

/// Returns whether a file is one of this library, of its sister with the combinators,
/// or of Rust's own. If a future is awaited within these, that is where the await seems to
/// stand.
fn is_ours(file: &str) -> bool {
    let ours = file!().trim_end_matches("trace/probe.rs");
    let sister = ours.rsplit_once("executor").and_then(|(before, after)| {
        file.strip_prefix(before)?.strip_prefix("combinators")?.strip_prefix(after)
    });
    file.starts_with("/rustc/") || file.starts_with(ours) || sister.is_some()
}

/// A number that nothing else on this thread has.
pub(crate) struct Number(u32);

thread_local! {
    static NEXT: Cell<u32> = const { Cell::new(0) };
}

impl Number {
    pub(crate) fn next() -> Self {
        Self(NEXT.replace(NEXT.get().wrapping_add(1)))
    }

    pub(crate) fn get(&self) -> u32 {
        self.0
    }
}
