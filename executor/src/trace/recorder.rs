//! The recorder: it keeps the events of an executor as they come, all of them or the last.

use std::cell::{Cell, RefCell};
use std::collections::{HashSet, VecDeque};

use crossbeam_channel::{Receiver, Sender, unbounded};

use crate::probe::{Event, Places, Text};
use crate::run::id::TaskId;
use crate::time::clock::Ticks;

use super::state::State;

/// The recorder of an executor. It keeps events while it is on.
#[derive(Default)]
pub(crate) struct Recorder {
    on: Cell<bool>,
    /// The notes; there while it is on. An executor that isn't recorded doesn't pay for
    /// them.
    pad: RefCell<Option<Box<Pad>>>,
}

/// The events that were recorded, in order, and the texts that are part of them.
#[derive(Clone, Default)]
pub(crate) struct Notes {
    pub(crate) records: Vec<Record>,
    pub(crate) texts: Texts,
    /// The tick at which the recording began.
    pub(crate) origin: u64,
    /// The number of steps that there were before, of which only the outcome is here.
    pub(crate) forgotten: u64,
}

/// The notes of a recording under way.
#[derive(Clone, Default)]
struct Pad {
    /// The last records, at most `most`.
    records: VecDeque<Record>,
    most: usize,
    origin: u64,
    texts: Texts,
    /// The tasks of which a failure was recorded, while they have their slots.
    failed: HashSet<TaskId>,
    /// The state after the records that were forgotten, as there was no room for them.
    before: State,
    forgotten: u64,
    /// Goes to the thread that follows the recording, if one does.
    follower: Option<Sender<Told>>,
}

/// A part of a recording, as a thread is told that follows it. A text comes before the
/// event that it is part of.
pub(super) enum Told {
    Text(String),
    Record(Record),
}

/// Texts in the order of the events that they are part of, each of which has one
/// at most.
#[derive(Clone, Default)]
pub(crate) struct Texts {
    /// The number of the first text.
    first: u32,
    texts: VecDeque<String>,
}

/// An event, and the time at which it was recorded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record {
    pub(crate) tick: u64,
    pub(crate) event: Event,
}

#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<Record>() <= 40, "a long recording is to fit into memory");

impl Texts {
    pub(crate) fn keep(&mut self, text: String) -> Text {
        let place = u32::try_from(self.texts.len());
        self.texts.push_back(text);
        Text(self.first.wrapping_add(place.expect("a recording has at most 2^32 texts")))
    }

    pub(crate) fn get(&self, Text(number): Text) -> &str {
        &self.texts[number.wrapping_sub(self.first) as usize]
    }

    /// Returns the places that the entries of a batch had, in their new order.
    pub(crate) fn places(&self, Places(text): Places) -> impl Iterator<Item = u32> {
        self.get(text).split(' ').flat_map(str::parse)
    }

    /// Drops a text whose event is forgotten. It is the first one.
    fn forget(&mut self, text: Text) {
        debug_assert_eq!(text, Text(self.first));
        self.texts.pop_front();
        self.first = self.first.wrapping_add(1);
    }
}

impl Pad {
    /// Tells whoever follows the recording, who may be gone by now.
    fn tell(&self, told: impl FnOnce() -> Told) {
        if let Some(follower) = &self.follower {
            let _ = follower.send(told());
        }
    }

    fn keep(&mut self, text: String) -> Text {
        self.tell(|| Told::Text(text.clone()));
        self.texts.keep(text)
    }

    fn add(&mut self, record: Record) {
        self.tell(|| Told::Record(record));
        match record.event {
            Event::Fail { task, .. } => drop(self.failed.insert(task)),
            Event::Gone { task } => drop(self.failed.remove(&task)),
            _ => {}
        }
        self.records.push_back(record);
        if self.records.len() > self.most {
            self.forget_first();
        }
    }

    #[inline(never)]
    fn forget_first(&mut self) {
        let Some(record) = self.records.pop_front() else { return };
        // The number is 0, for nothing can name a forgotten step as its cause.
        self.before.apply(0, &record, &self.texts);
        if let Some(text) = record.event.text() {
            self.texts.forget(text);
        }
        self.forgotten += 1;
    }

    /// Returns the notes. They begin with the outcome of the steps that are forgotten.
    fn into_notes(self) -> Notes {
        let Self { records, mut texts, origin, before, forgotten, .. } = self;
        if forgotten == 0 {
            return Notes { records: records.into(), texts, origin, forgotten };
        }
        let mut all = before.retold(&mut texts);
        all.extend(records);
        Notes { records: all, texts, origin, forgotten }
    }
}

impl Recorder {
    pub(crate) fn is_on(&self) -> bool {
        self.on.get()
    }

    pub(crate) fn knows_failure(&self, task: TaskId) -> bool {
        self.pad.borrow().as_ref().is_some_and(|pad| pad.failed.contains(&task))
    }

    /// Returns the tick at which the recording began.
    pub(super) fn origin(&self) -> u64 {
        self.pad.borrow().as_ref().map_or(0, |pad| pad.origin)
    }

    /// Returns the number of steps that are kept.
    pub(crate) fn len(&self) -> usize {
        self.pad.borrow().as_ref().map_or(0, |pad| pad.records.len())
    }

    /// Keeps an event, if it is on; else this tests a flag. The event is made here, and not
    /// in `note`, so that its parts may stay in registers.
    #[inline(always)]
    pub(crate) fn record(&self, clock: &Ticks, event: impl FnOnce() -> Event) {
        if self.on.get() {
            self.note(clock, event());
        }
    }

    #[cold]
    #[inline(never)]
    fn note(&self, clock: &Ticks, event: Event) {
        let record = Record { tick: clock.now(), event };
        if let Some(pad) = &mut *self.pad.borrow_mut() {
            pad.add(record);
        }
    }

    pub(crate) fn keep(&self, text: String) -> Text {
        // A function of the program may have made the text, and stopped the recording.
        // Then the event isn't kept either.
        self.pad.borrow_mut().as_mut().map_or(Text(0), |pad| pad.keep(text))
    }

    /// Starts a recording of all steps, and returns what is told of it from now on.
    pub(super) fn start_followed(&self, clock: &Ticks) -> Receiver<Told> {
        self.start(clock, usize::MAX);
        let (sender, told) = unbounded();
        if let Some(pad) = &mut *self.pad.borrow_mut() {
            pad.follower = Some(sender);
        }
        told
    }

    /// Starts a recording, which keeps so many steps at most: the last.
    pub(crate) fn start(&self, clock: &Ticks, most: usize) {
        let pad = Pad { most, origin: clock.now(), ..Pad::default() };
        self.pad.replace(Some(Box::new(pad)));
        self.on.set(true);
    }

    /// Stops the recording, and returns its notes.
    pub(crate) fn stop(&self) -> Notes {
        self.on.set(false);
        self.pad.take().map(|pad| pad.into_notes()).unwrap_or_default()
    }

    /// Returns a copy of the notes so far.
    pub(crate) fn notes(&self) -> Notes {
        self.pad.borrow().clone().map(|pad| pad.into_notes()).unwrap_or_default()
    }
}
