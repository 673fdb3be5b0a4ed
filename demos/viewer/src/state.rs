//! The executor after a step: the fold of the steps, as far as it is shown.

use std::collections::{BTreeMap, HashMap, VecDeque};

use executor::InLine;

use crate::step::{Advance, Event, Id, NewTimer, On, Outcome, Spot, Step};

/// All that is shown of an executor.
#[derive(Default)]
pub(crate) struct State {
    /// The number of steps.
    pub(crate) steps: usize,
    /// The time of the last step, in ticks.
    pub(crate) now: u64,
    /// All steps since this one may be parts of a cancellation.
    pub(crate) cancelling_since: usize,
    /// The number of turns that have begun.
    pub(crate) turn: usize,
    pub(crate) in_turn: bool,
    /// No task can ever go on.
    pub(crate) is_stuck: bool,
    /// The tasks that have a slot.
    pub(crate) tasks: BTreeMap<Id, Task>,
    /// The tasks that had a slot.
    former_tasks: HashMap<Id, Task>,
    /// The ready queue.
    pub(crate) queue: VecDeque<Queued>,
    /// The entries of this turn's batch that weren't taken yet.
    pub(crate) batch: VecDeque<Queued>,
    pub(crate) polled: Option<Id>,
    /// The entry that the loop has taken last in this turn.
    pub(crate) work: Option<Work>,
    /// The timer that has just fired, while the loop fires timers.
    pub(crate) firing: Option<Id>,
    /// The timers that are to fire.
    pub(crate) timers: BTreeMap<Id, Timer>,
    /// The timers that are due, have fired or were taken out.
    former_timers: HashMap<Id, Timer>,
    pub(crate) watches: HashMap<u32, Watch>,
    pub(crate) sections: HashMap<u32, Section>,
    /// The place of a program that is interpreted, while none of its tasks runs.
    pub(crate) program: Option<String>,
    /// The last watch by which `asyncio.run` stops its loop with main, which is its child.
    with_main: Option<u32>,
}

/// A watch. Fields that are numbers of steps say when that was.
#[derive(Default)]
pub(crate) struct Watch {
    /// The words for what it waits for.
    pub(crate) what: Option<String>,
    /// The function that it is there to call.
    pub(crate) function: Option<String>,
    /// The task to which it belongs.
    pub(crate) by: Option<Id>,
    pub(crate) begun: Option<usize>,
    /// The beginning of the last round of waiting.
    pub(crate) round: Option<usize>,
    pub(crate) children: HashMap<u32, Id>,
    /// The child whose end was the last to be looked at, and whether it was enough.
    pub(crate) answer: Option<(u32, bool, usize)>,
    /// The child about which it was asked last.
    pub(crate) asked: Option<(u32, usize)>,
    pub(crate) met: Option<usize>,
    /// The end of the last round of waiting.
    pub(crate) over: Option<usize>,
    pub(crate) gone: Option<usize>,
}

impl Watch {
    /// Returns whether it is there to keep a cancellation from its task.
    pub(crate) fn is_shield(&self) -> bool {
        self.what.as_deref() == Some("shield")
    }

    /// Returns whether it has looked at the end of a child, and seen that it is enough.
    pub(crate) fn is_decided(&self) -> bool {
        self.answer.is_some_and(|(_, enough, _)| enough)
    }

    /// Returns whether one that is gone has called its function before. Else it was given up.
    pub(crate) fn has_called(&self) -> bool {
        let asked = self.asked.map(|(_, step)| step);
        self.function.is_some() && asked.is_some_and(|it| Some(it) < self.gone)
    }

    /// Returns whether the wait of one that is gone was over before. Else it was given up.
    pub(crate) fn was_over(&self) -> bool {
        self.over.is_some_and(|it| Some(it) < self.gone)
    }
}

pub(crate) struct Section {
    /// The words for it.
    pub(crate) what: String,
    /// The task to which it belongs.
    pub(crate) by: Option<Id>,
    /// The step in which it began.
    pub(crate) begun: usize,
}

/// An entry that was taken from the batch.
#[derive(Clone, Copy)]
pub(crate) struct Work {
    pub(crate) entry: Entry,
    /// The step in which it was taken.
    pub(crate) step: usize,
    /// The step in which it had joined the queue.
    pub(crate) joined: Option<usize>,
}

#[expect(clippy::struct_excessive_bools, reason = "so it is in the executor")]
pub(crate) struct Task {
    pub(crate) name: String,
    pub(crate) queued: bool,
    /// Its poll goes on, or was its last: then it is to end.
    pub(crate) is_polled: bool,
    /// No poll of it was seen, and it wasn't there before the recording.
    pub(crate) is_new: bool,
    /// Its last poll was ready, or it will have no other.
    pub(crate) ending: bool,
    pub(crate) ended: Option<Outcome>,
    /// The reason why its value stands for a failure, if it does.
    pub(crate) failure: Option<String>,
    pub(crate) polls: u32,
    /// The place where it was spawned, or to which it has come since.
    pub(crate) at: Option<String>,
    /// The things that the last poll waits for.
    pub(crate) awaits: Vec<Await>,
    /// The end of the last poll, if that is known.
    pub(crate) since: Option<u64>,
    /// The steps in which this came last.
    pub(crate) woken: Option<usize>,
    pub(crate) cancelled: Option<usize>,
    /// A cancellation was passed on to it.
    pub(crate) passed: Option<usize>,
    /// A section of it has cancelled what is in it.
    pub(crate) limited: Option<usize>,
    /// A cancellation was passed on to a place in its own future.
    pub(crate) inward: Option<usize>,
    pub(crate) marked: Option<usize>,
    /// The mark that was taken back last.
    pub(crate) last_mark: Option<usize>,
    pub(crate) detached: Option<usize>,
    pub(crate) done: Option<usize>,
}

/// A thing that a poll waits for.
pub(crate) struct Await {
    pub(crate) on: On,
    /// The line at which it waits.
    pub(crate) at: Option<String>,
    /// It was over before the poll was.
    pub(crate) is_over: bool,
}

impl Task {
    /// Returns the step in which it was last cancelled, by itself or with one that waited for it.
    pub(crate) fn asked(&self) -> Option<usize> {
        self.cancelled.max(self.passed)
    }

    /// Returns the step in which it, or a part of it, was last cancelled.
    pub(crate) fn request(&self) -> Option<usize> {
        self.asked().max(self.limited)
    }

    /// Returns what it still waits for, of all that its last poll came to wait for.
    pub(crate) fn waits(&self) -> impl Iterator<Item = &Await> {
        self.awaits.iter().filter(|it| !it.is_over)
    }

    fn named(name: &str) -> Self {
        Self {
            name: name.into(),
            queued: false,
            is_polled: false,
            is_new: true,
            ending: false,
            ended: None,
            failure: None,
            polls: 0,
            at: None,
            awaits: Vec::new(),
            since: None,
            woken: None,
            cancelled: None,
            passed: None,
            limited: None,
            inward: None,
            marked: None,
            last_mark: None,
            detached: None,
            done: None,
        }
    }
}

pub(crate) struct Timer {
    /// The task for which it was set.
    pub(crate) owner: Option<Id>,
    /// The task that it will wake.
    pub(crate) task: Option<Id>,
    /// The function that it will call.
    pub(crate) function: Option<String>,
    /// The section that it limits.
    pub(crate) section: Option<u32>,
    /// The step in which it was set.
    pub(crate) set: usize,
    /// The deadline; in the nursery, the delay.
    pub(crate) deadline: u64,
    /// `None` in the nursery, and on a heap.
    pub(crate) spot: Option<Spot>,
    pub(crate) is_on_heap: bool,
}

impl Timer {
    /// Returns the deadline, which one in the nursery doesn't have yet.
    pub(crate) fn known_deadline(&self) -> Option<u64> {
        (self.spot.is_some() || self.is_on_heap).then_some(self.deadline)
    }
}

/// An entry of the ready queue, and the step in which it joined that.
#[derive(Clone, Copy)]
pub(crate) struct Queued {
    pub(crate) entry: Entry,
    pub(crate) step: usize,
}

/// What is in the ready queue.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    Task(Id),
    /// A notice that this child of this watch has ended.
    Notice(u32, u32),
}

impl Timer {
    fn new(it: &NewTimer, step: usize) -> Self {
        Self {
            owner: it.task,
            task: it.task,
            function: None,
            section: None,
            set: step,
            deadline: it.deadline.or(it.delay).unwrap_or(0),
            spot: it.spot(),
            is_on_heap: it.is_on_heap(),
        }
    }
}

impl Watch {
    fn change(&mut self, event: &Event, step: usize) {
        match event {
            Event::Watch { by, .. } => (self.by, self.begun) = (*by, Some(step)),
            Event::What { what, .. } => self.begin_round(what, step),
            Event::Calls { function, .. } => self.function = Some(function.clone()),
            Event::Child { child, task, .. } => {
                self.children.entry(*child).or_insert(*task);
            }
            Event::Answer { child, enough, .. } => self.answer = Some((*child, *enough, step)),
            Event::Ask { child, .. } => self.asked = Some((*child, step)),
            Event::Met { .. } => self.met = Some(step),
            Event::Over { .. } => self.over = Some(step),
            Event::Unwatch { .. } => self.gone = self.gone.or(Some(step)),
            _ => {}
        }
    }

    /// Begins another round of waiting.
    fn begin_round(&mut self, what: &str, step: usize) {
        if what == CALL {
            self.function = Some("a function".into());
            return;
        }
        (self.what, self.round) = (Some(what.into()), Some(step));
        (self.answer, self.asked, self.met, self.over) = (None, None, None, None);
    }
}

/// How a section's remark ends that cancels what is in it.
pub(crate) const CANCELS: &str = "is cancelled";

/// The function by which `asyncio.run` stops its loop.
const STOPS_WITH_MAIN: &str = "asyncio_run::stop_with_main";

/// So the format said it before there was `calls`.
const CALL: &str = "call a function";

impl State {
    /// Takes a step.
    pub(crate) fn apply(&mut self, step: &Step) {
        self.now = step.tick;
        self.change_queue(&step.event);
        self.change_tasks(&step.event, step.task);
        self.change_timers(&step.event);
        self.change_watches(&step.event);
        self.change_sections(&step.event);
        if let Event::Reach { task: None, at } = &step.event {
            self.program.clone_from(at);
        }
        self.steps += 1;
        if !belongs_to_cancellation(&step.event) {
            self.cancelling_since = self.steps;
        }
    }

    /// Changes the ready queue and the batch.
    fn change_queue(&mut self, event: &Event) {
        match event {
            Event::Turn { .. } => self.begin_turn(),
            Event::Order { order } => self.reorder(order),
            Event::Ready { task, .. } => self.enqueue(Entry::Task(*task)),
            Event::Notice { watch, child, .. } => self.enqueue(Entry::Notice(*watch, *child)),
            Event::Poll { task, .. } | Event::Unwind { task } | Event::Skip { task } => {
                self.take(Entry::Task(*task));
            }
            Event::Ask { watch, child } => self.take(Entry::Notice(*watch, *child)),
            Event::TurnEnd => (self.in_turn, self.work) = (false, None),
            Event::Stuck => self.is_stuck = true,
            Event::Close => {
                self.queue.clear();
                self.batch.clear();
                self.work = None;
            }
            _ => {}
        }
    }

    fn begin_turn(&mut self) {
        self.batch = std::mem::take(&mut self.queue);
        self.turn += 1;
        (self.in_turn, self.is_stuck, self.work) = (true, false, None);
    }

    fn enqueue(&mut self, entry: Entry) {
        self.queue.push_back(Queued { entry, step: self.steps });
    }

    /// Takes an entry out of the batch. It is the first one.
    fn take(&mut self, entry: Entry) {
        let taken = self.batch.pop_front_if(|it| it.entry == entry);
        let joined = taken.map(|it| it.step);
        self.work = Some(Work { entry, step: self.steps, joined });
    }

    /// Puts the batch into another order. The notices stay in their order among each other.
    fn reorder(&mut self, order: &[usize]) {
        let before = std::mem::take(&mut self.batch);
        let is_notice = |it: &Queued| matches!(it.entry, Entry::Notice(..));
        let mut notices = before.iter().copied().filter(is_notice);
        for entry in order.iter().filter_map(|&place| before.get(place)) {
            let notice = if is_notice(entry) { notices.next() } else { None };
            self.batch.push_back(notice.unwrap_or(*entry));
        }
    }

    /// Changes the tasks.
    fn change_tasks(&mut self, event: &Event, subject: Option<Id>) {
        match event {
            Event::Spawn { task, name, .. } => self.spawn(*task, name),
            Event::Gone { task } => self.former_tasks.extend(self.tasks.remove_entry(task)),
            Event::Poll { task, .. } => self.polled = Some(*task),
            Event::Polled { .. } => self.polled = None,
            Event::Pass { to: Some(to), .. } => {
                self.tasks.entry(*to).and_modify(|it| it.passed = Some(self.steps));
            }
            Event::Remark { section, text } if text.ends_with(CANCELS) => {
                let owner = self.sections.get(section).and_then(|it| it.by);
                if let Some(it) = owner.and_then(|id| self.tasks.get_mut(&id)) {
                    it.limited = Some(self.steps);
                }
            }
            _ => {}
        }
        if let Some(task) = subject.and_then(|id| self.tasks.get_mut(&id)) {
            task.change(event, self.now);
            task.note(event, self.steps);
        }
    }

    fn spawn(&mut self, task: Id, name: &str) {
        if task.is_main() {
            // Only one main future is there at a time, and its slot is the first.
            while let Some(former) = self.tasks.first_entry()
                && former.key().is_main()
            {
                self.former_tasks.extend([former.remove_entry()]);
            }
        }
        self.tasks.insert(task, Task::named(name));
    }

    /// Changes the timers.
    fn change_timers(&mut self, event: &Event) {
        match event {
            Event::Timer(it) => drop(self.timers.insert(it.timer, Timer::new(it, self.steps))),
            Event::Awaits { task, on: On::Timer(timer), .. } => {
                self.with_timer(*timer, |it| it.task = Some(*task));
            }
            Event::Rings { timer, function } => {
                self.with_timer(*timer, |it| it.function = Some(function.clone()));
            }
            Event::Limit { section, timer: Some(timer) } => {
                self.with_timer(*timer, |it| it.section = Some(*section));
            }
            Event::Untimer { timer } => self.remove_timer(*timer),
            Event::Advance(it) => self.advance(it),
            Event::Close => self.former_timers.extend(std::mem::take(&mut self.timers)),
            _ => {}
        }
        self.note_firing(event);
    }

    fn with_timer(&mut self, timer: Id, change: impl FnOnce(&mut Timer)) {
        let timers = &mut self.timers;
        if let Some(timer) = timers.get_mut(&timer).or_else(|| self.former_timers.get_mut(&timer)) {
            change(timer);
        }
    }

    fn remove_timer(&mut self, timer: Id) {
        self.former_timers.extend(self.timers.remove_entry(&timer));
    }

    fn advance(&mut self, Advance { started, moved, due, .. }: &Advance) {
        for it in moved {
            self.with_timer(it.timer, |timer| timer.spot = Some((it.level, it.list)));
        }
        for it in started {
            self.with_timer(it.timer, |timer| {
                timer.deadline = it.deadline;
                timer.spot = Some((it.level, it.list));
            });
        }
        for timer in due {
            self.remove_timer(*timer);
        }
    }

    /// Notes which timer has fired, until the loop goes on to something else.
    fn note_firing(&mut self, event: &Event) {
        let goes_on = matches!(
            event,
            Event::Turn { .. }
                | Event::TurnEnd
                | Event::Close
                | Event::Poll { .. }
                | Event::Unwind { .. }
                | Event::Skip { .. }
                | Event::Ask { .. }
                | Event::Advance(_)
                | Event::Heard
                | Event::Request
                | Event::Park { .. }
                | Event::Unpark
                | Event::Jump
        );
        match event {
            Event::Fire { timer, .. } => self.firing = *timer,
            _ if goes_on => self.firing = None,
            _ => {}
        }
    }

    /// Changes the watches.
    fn change_watches(&mut self, event: &Event) {
        if let Some(watch) = event.watch() {
            self.watches.entry(watch).or_default().change(event, self.steps);
        }
        match event {
            Event::Calls { watch, function } if function == STOPS_WITH_MAIN => {
                self.with_main = Some(*watch);
            }
            Event::Over { watch, .. } => {
                let by = self.watches.get(watch).and_then(|it| it.by);
                self.end_wait(by, On::Watch(*watch));
            }
            _ => {}
        }
    }

    /// Returns whether the main of the last `asyncio.run` has ended. What that does at its end
    /// begins before, if the run can't go on or was given up.
    pub(crate) fn is_main_done(&self) -> bool {
        let watch = self.with_main.and_then(|it| self.watches.get(&it));
        let main = watch.and_then(|it| self.task(*it.children.get(&0)?));
        main.is_some_and(|it| it.done.is_some())
    }

    /// Changes the sections. One that is left keeps its words, for the sentence that says so.
    fn change_sections(&mut self, event: &Event) {
        match event {
            Event::Section { section, what, by } => {
                let it = Section { what: what.clone(), by: *by, begun: self.steps };
                self.sections.insert(*section, it);
            }
            Event::Leave { section, .. } => {
                let by = self.sections.get(section).and_then(|it| it.by);
                self.end_wait(by, On::Section(*section));
            }
            _ => {}
        }
    }

    /// Notes that a task doesn't wait for something any more, though its poll isn't over.
    fn end_wait(&mut self, task: Option<Id>, on: On) {
        let task = task.and_then(|task| self.tasks.get_mut(&task));
        for it in task.into_iter().flat_map(|task| &mut task.awaits) {
            it.is_over |= it.on == on;
        }
    }

    /// Returns a task, which may have lost its slot.
    pub(crate) fn task(&self, id: Id) -> Option<&Task> {
        self.tasks.get(&id).or_else(|| self.former_tasks.get(&id))
    }

    /// Returns a timer, which may have fired or been taken out.
    pub(crate) fn timer(&self, id: Id) -> Option<&Timer> {
        self.timers.get(&id).or_else(|| self.former_timers.get(&id))
    }

    /// Returns the timer with the first deadline.
    pub(crate) fn next_timer(&self) -> Option<Id> {
        let timers = self.timers.iter().filter(|(_, it)| it.known_deadline().is_some());
        timers.min_by_key(|(_, it)| (it.deadline, it.set)).map(|(id, _)| *id)
    }

    /// Returns the name that a task was given, or its number.
    pub(crate) fn name(&self, id: Id) -> String {
        match self.task(id) {
            Some(task) if !task.name.is_empty() => task.name.clone(),
            None if id.is_main() => "main".into(),
            _ => format!("Task-{id}"),
        }
    }

    /// Returns that name, as it may stand in a line of text.
    pub(crate) fn shown(&self, id: Id) -> String {
        InLine::name(&self.name(id)).to_string()
    }
}

impl Task {
    fn change(&mut self, event: &Event, now: u64) {
        match event {
            Event::Found { polls, since, ending, .. } => {
                self.is_new = false;
                (self.polls, self.since, self.ending) = (*polls, *since, *ending);
            }
            Event::Spawn { at, .. } | Event::Reach { at, .. } => self.at.clone_from(at),
            Event::Name { name, .. } => self.name.clone_from(name),
            Event::Ready { .. } => self.queued = true,
            Event::Poll { number, .. } => {
                (self.queued, self.is_new) = (false, false);
                self.polls = *number;
                self.awaits.clear();
            }
            Event::Unwind { .. } | Event::Skip { .. } => {
                (self.queued, self.ending) = (false, true);
            }
            Event::Awaits { on, at, .. } => {
                self.at = at.clone().or(self.at.take());
                self.awaits.push(Await { on: *on, at: at.clone(), is_over: false });
            }
            Event::Polled { ready, .. } => (self.since, self.ending) = (Some(now), *ready),
            Event::Done { outcome, .. } => {
                self.ended = Some(*outcome);
                self.awaits.clear();
            }
            Event::Fail { text, .. } => self.failure = Some(text.clone()),
            _ => {}
        }
    }

    /// Notes in which step something has happened.
    fn note(&mut self, event: &Event, step: usize) {
        match event {
            Event::Ready { .. } => self.woken = Some(step),
            Event::Poll { .. } => self.is_polled = true,
            Event::Polled { ready, .. } => self.is_polled = *ready,
            Event::Cancel { .. } => self.cancelled = Some(step),
            Event::Pass { to: None, .. } => self.inward = Some(step),
            Event::Mark { .. } => self.marked = Some(step),
            Event::Unmark => self.last_mark = self.marked.take(),
            Event::Catch { .. } => self.marked = None,
            Event::Detach { .. } => self.detached = Some(step),
            Event::Done { .. } => (self.done, self.is_polled) = (Some(step), false),
            _ => {}
        }
    }
}

/// Returns whether a step may be one of those of which a cancellation consists.
pub(crate) fn belongs_to_cancellation(event: &Event) -> bool {
    let asks = matches!(event, Event::Cancel { .. } | Event::Pass { .. } | Event::Remark { .. });
    let marks = matches!(event, Event::Mark { .. } | Event::Unmark);
    asks || marks || matches!(event, Event::Ready { .. } | Event::Again)
}
