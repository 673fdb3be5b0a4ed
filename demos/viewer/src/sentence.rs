//! One sentence for each kind of step, from the [table]: which template it is.
//! The page's `sentences.js` chooses as this does; `places.rs` fills the places.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use serde_json::{Value, json};

use crate::Recording;
use crate::judged::Judged;
use crate::recording::Lines;
use crate::state::{CANCELS, Entry, State, Task, Watch, Work, belongs_to_cancellation};
use crate::step::{Event, Fields, Id, On, Outcome, Step};
use crate::table;

/// All that sentences are told from: the state after a step, and the other steps.
pub(crate) struct Teller {
    pub(crate) state: State,
    lines: Lines,
    /// The steps in which a watch was asked, and said yes.
    yes: HashSet<usize>,
    /// Per watch: where its wait was over, and whom that woke.
    mets: HashMap<u32, Vec<Met>>,
    /// The reasons for which tasks have failed, some of which are told after their ends.
    failures: HashMap<Id, String>,
    judged: Judged,
    /// The time from which all are counted.
    pub(crate) origin: u64,
    /// The texts of the program's files.
    sources: HashMap<String, String>,
    /// The time by which a park may last longer than it has to.
    pub(crate) slack: Option<u64>,
}

/// The end of a wait.
struct Met {
    step: usize,
    woken: Woken,
}

/// The one that is woken when a wait is over.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Woken {
    Task(Id),
    /// A future that is no task, and waits.
    Future,
    /// The recording doesn't say it.
    Unknown,
}

impl Woken {
    /// Returns the one that the step after the wait's end tells of.
    fn by(next: Option<&Step>) -> Self {
        match next {
            Some(Step { event: Event::Ready { .. } | Event::Again, task: Some(task), .. }) => {
                Self::Task(*task)
            }
            Some(_) => Self::Future,
            None => Self::Unknown,
        }
    }
}

/// A phrase that is filled by other fields than those of the step: its key, and these.
pub(crate) type Phrase = (&'static str, Fields);

impl Teller {
    pub(crate) fn new(recording: &Recording) -> Self {
        let mut teller = Self {
            state: State::default(),
            lines: recording.lines_by_step(),
            yes: HashSet::new(),
            mets: HashMap::new(),
            failures: HashMap::new(),
            judged: Judged::in_a_run_of(recording.executor()),
            origin: recording.origin(),
            sources: recording.sources(),
            slack: recording.slack(),
        };
        teller.look_ahead(recording);
        teller
    }

    /// Notes what is told later than it happens.
    fn look_ahead(&mut self, recording: &Recording) {
        let mut asked = HashMap::new();
        let mut steps = recording.steps().enumerate().peekable();
        while let Some((number, step)) = steps.next() {
            self.judged.note(&step);
            match step.event {
                Event::Ask { watch, .. } => drop(asked.insert(watch, number)),
                Event::Met { watch } => {
                    self.yes.extend(asked.get(&watch));
                    let woken = Woken::by(steps.peek().map(|(_, next)| next));
                    self.mets.entry(watch).or_default().push(Met { step: number, woken });
                }
                Event::Fail { task, text } => drop(self.failures.entry(task).or_insert(text)),
                _ => {}
            }
        }
    }

    /// Says what has happened in the step that led to this state, and because of what.
    pub(crate) fn sentence(&self, step: &Step) -> String {
        let mut it = self.fields(self.number()).unwrap_or_default();
        let variant = self.variant(&step.event, &mut it);
        capital(&table::sentence(&step.kind, variant).fill(|place| self.place(place, &it)))
    }

    /// Returns the number of the step that is told.
    pub(crate) fn number(&self) -> usize {
        self.state.steps.saturating_sub(1)
    }

    /// Returns the fields of a step.
    pub(crate) fn fields(&self, step: usize) -> Option<Fields> {
        serde_json::from_str(self.lines.get(step)?).ok()
    }

    fn next(&self) -> Option<Step> {
        self.lines.step(self.state.steps)
    }

    /// Returns the name of the template, if its kind of step has several; and adds to the
    /// fields what the template says beside them.
    fn variant(&self, event: &Event, it: &mut Fields) -> &'static str {
        self.variant_on_the_loop(event)
            .or_else(|| self.variant_on_the_end_of_a_park(event, it))
            .or_else(|| self.variant_on_a_task(event, it))
            .or_else(|| self.variant_on_a_poll(event))
            .or_else(|| self.variant_on_a_cancellation(event, it))
            .or_else(|| self.variant_on_a_watch(event, it))
            .or_else(|| self.variant_on_a_notice(event, it))
            .unwrap_or_default()
    }

    fn variant_on_the_loop(&self, event: &Event) -> Option<&'static str> {
        Some(match event {
            Event::Turn { batch: 2 } => "two",
            Event::Turn { batch } => how_many(*batch),
            Event::TurnEnd => how_many(self.state.queue.len()),
            Event::Park { until: None } => "forever",
            Event::Stuck if !self.state.timers.is_empty() => "timers",
            Event::Timer(it) if it.spot().is_some() => "wheel",
            Event::Timer(it) if it.is_on_heap() => "heap",
            Event::Timer(_) => "nursery",
            Event::Advance(it) if it.is_empty() && self.is_first_look() => {
                if it.now < self.origin {
                    "before"
                } else {
                    "first"
                }
            }
            Event::Advance(it) if it.is_empty() => "nothing",
            Event::Limit { timer: None, .. } => "none",
            Event::Reach { at, .. } if at.as_deref().and_then(place_of).is_none() => "none",
            _ => return None,
        })
    }

    /// Returns what has ended a park: what the inbox had, or the time.
    fn variant_on_the_end_of_a_park(&self, event: &Event, it: &mut Fields) -> Option<&'static str> {
        let Event::Unpark = event else { return None };
        let variant = match self.next().map(|it| it.event) {
            Some(Event::Heard) => "heard",
            Some(Event::Request) => "request",
            _ if self.parked_until()? <= self.state.now => return Some("time"),
            _ => return None,
        };
        it.extend(self.fields(self.state.steps)?);
        Some(variant)
    }

    /// Returns whether the time is told as it was when the recording began.
    fn is_first_look(&self) -> bool {
        let steps = (0..self.number()).filter_map(|step| self.lines.step(step));
        self.state.turn == 0 && !steps.map(|it| it.event).any(|it| matches!(it, Event::Advance(_)))
    }

    fn variant_on_a_task(&self, event: &Event, it: &mut Fields) -> Option<&'static str> {
        let lives = |task: &Id| self.state.task(*task).is_some_and(|it| it.ended.is_none());
        Some(match event {
            Event::Spawn { task, .. } if task.is_main() => "main",
            Event::Spawn { by: None, .. } if self.actor(it).0 == "actor.outside" => "outside",
            Event::Done { task, outcome: Outcome::Returned } => self.end_by_value(*task),
            Event::Done { task, outcome } if self.has_raised(*task, *outcome) => {
                it.insert("text".into(), panic_text(it).into());
                "raised"
            }
            Event::Done { outcome, .. } => outcome.word(),
            Event::Fail { task, .. } if lives(task) => "before",
            Event::Fail { .. } => "after",
            Event::Detach { task } if lives(task) => "live",
            Event::Detach { .. } => "ended",
            _ => return None,
        })
    }

    /// Returns whether a task ends by an exception that the loop doesn't catch, which is a panic
    /// of the interpreter.
    fn has_raised(&self, task: Id, outcome: Outcome) -> bool {
        outcome == Outcome::Panicked && self.state.task(task).is_some_and(is_interpreted)
    }

    /// Returns the reason for which a task has failed, or will be said to have failed.
    pub(crate) fn failure(&self, task: Id) -> Option<&String> {
        let known = self.state.task(task).and_then(|it| it.failure.as_ref());
        known.or_else(|| self.failures.get(&task))
    }

    /// Returns whom the next end of a watch's wait wakes.
    pub(crate) fn woken(&self, watch: u32) -> Woken {
        self.woken_from(watch, self.number())
    }

    /// Returns whom the first end of a watch's wait wakes that is at a step or later.
    pub(crate) fn woken_from(&self, watch: u32, step: usize) -> Woken {
        let mut mets = self.mets.get(&watch).into_iter().flatten();
        mets.find(|it| it.step >= step).map_or(Woken::Unknown, |it| it.woken)
    }

    fn end_by_value(&self, task: Id) -> &'static str {
        match self.failure(task) {
            Some(_) => "failed",
            None if self.judged.has(task) => "returned",
            None => "done",
        }
    }

    fn variant_on_a_poll(&self, event: &Event) -> Option<&'static str> {
        Some(match event {
            Event::Ready { because: Some(because), .. } if self.is_second_turn(*because) => {
                "second"
            }
            Event::Polled { task, ready } => self.end_of_poll(*task, *ready),
            Event::Keep { task } if self.awaits_future(*task) => "future",
            _ => return None,
        })
    }

    /// Returns whether somebody is woken by a notice, which had a turn itself.
    fn is_second_turn(&self, because: usize) -> bool {
        let is_met = |watch| self.state.watches.get(&watch).is_some_and(|it| it.met.is_some());
        let cause = self.lines.step(because).map(|it| it.event);
        self.state.in_turn && matches!(cause, Some(Event::Ask { watch, .. }) if is_met(watch))
    }

    /// Returns how the task ends that was just polled, after its future was dropped.
    fn end_in(&self, task: Id) -> Outcome {
        let coming = (self.state.steps..).map_while(|step| self.lines.step(step));
        let mut coming = coming.map(|it| it.event).take_while(|it| !it.is_next_entry());
        let end = coming.find_map(|it| match it {
            Event::Done { task: it, outcome } if it == task => Some(outcome),
            _ => None,
        });
        end.unwrap_or(Outcome::Returned)
    }

    fn awaits_future(&self, task: Id) -> bool {
        self.state.task(task).is_some_and(|it| {
            is_interpreted(it) && it.waits().all(|it| matches!(it.on, On::Section(_)))
        })
    }

    fn end_of_poll(&self, task: Id, is_ready: bool) -> &'static str {
        let end = self.end_in(task);
        if self.has_raised(task, end) {
            return "raised";
        }
        if end != Outcome::Returned {
            return end.word();
        }
        let is_queued = self.state.task(task).is_some_and(|it| it.queued);
        if is_ready {
            "ready"
        } else if is_queued {
            "queued"
        } else {
            "pending"
        }
    }

    fn variant_on_a_cancellation(&self, event: &Event, it: &mut Fields) -> Option<&'static str> {
        let is_polled = |task: &Id| self.state.task(*task).is_some_and(|it| it.is_polled);
        Some(match event {
            Event::Pass { task, to: None } => {
                let Some(shield) = self.shield_of(*task) else { return Some("inward") };
                it.extend(fields(json!({ "watch": shield, "child": 0 })));
                "shield"
            }
            Event::Mark { task } if is_polled(task) => "polled",
            Event::Mark { .. } => "waiting",
            Event::Catch { task } => return self.catch(*task, it),
            Event::Uncancel { left: 0 } => "none",
            Event::Uncancel { left: 1 } => "one",
            _ => return None,
        })
    }

    fn catch(&self, task: Id, it: &mut Fields) -> Option<&'static str> {
        if let Some(section) = self.catching(task) {
            it.insert("section".into(), section.into());
            return Some("section");
        }
        let task = self.state.task(task).filter(|it| is_interpreted(it))?;
        it.insert("at".into(), task.at.as_deref().into());
        Some("raised")
    }

    /// Returns the shield for which a task waits, as a watch, if there is something left to keep.
    fn shield_of(&self, task: Id) -> Option<u32> {
        let awaits = self.state.task(task)?.awaits.iter().filter(|it| !it.is_over);
        let mut watches = awaits.filter_map(|it| match it.on {
            On::Watch(watch) => Some(watch),
            _ => None,
        });
        let lives = |it: &Id| self.state.task(*it).is_some_and(|it| it.done.is_none());
        let keeps = |it: &Watch| it.is_shield() && it.children.get(&0).is_some_and(lives);
        watches.find(|it| self.state.watches.get(it).is_some_and(keeps))
    }

    /// Returns the scope that is left in this poll, since it has caught; unless it belongs to a
    /// timeout or a group, which go on from there.
    fn catching(&self, task: Id) -> Option<u32> {
        let coming = (self.state.steps..).map_while(|step| self.lines.step(step));
        let mut coming =
            coming.map(|it| it.event).take_while(|it| !matches!(it, Event::Polled { .. }));
        let (section, why) = coming.find_map(|it| match it {
            Event::Leave { section, why } => Some((section, why)),
            _ => None,
        })?;
        let by = self.state.sections.get(&section).and_then(|it| it.by);
        (why == CAUGHT && by == Some(task)).then_some(section)
    }

    fn variant_on_a_watch(&self, event: &Event, it: &mut Fields) -> Option<&'static str> {
        Some(match event {
            Event::Watch { .. } if matches!(self.next()?.event, Event::Calls { .. }) => "call",
            Event::Calls { watch, .. } => match self.next()?.event {
                Event::Child { watch: next, task, .. } if next == *watch => {
                    it.insert("task".into(), task.to_string().into());
                    "after"
                }
                _ => return None,
            },
            Event::Child { ended: true, .. } => "ended",
            Event::Answer { enough: true, .. } => "enough",
            Event::Met { watch } => {
                let is_decided = self.state.watches.get(watch)?.is_decided();
                match (is_decided, self.woken(*watch) == Woken::Future) {
                    (true, true) => "decided_alone",
                    (true, false) => "decided",
                    (false, true) => "alone",
                    (false, false) => return None,
                }
            }
            Event::Over { why, .. } if is_failure(why) => "failed",
            Event::Unwatch { watch } => {
                let it = self.state.watches.get(watch)?;
                match it.function {
                    _ if it.gone < Some(self.number()) => end_of(it),
                    Some(_) => "call",
                    None => return None,
                }
            }
            _ => return None,
        })
    }

    fn variant_on_a_notice(&self, event: &Event, it: &Fields) -> Option<&'static str> {
        Some(match event {
            Event::Notice { watch, because, .. } => {
                let cause = because.and_then(|step| self.lines.step(step)).map(|it| it.event);
                let is_end = matches!(cause, Some(Event::Done { .. })) && self.member(it).is_some();
                match self.state.watches.get(watch)?.function {
                    Some(_) if is_end => "call_after",
                    Some(_) if matches!(cause, Some(Event::Request)) => "call_asked",
                    Some(_) => "call",
                    None if is_end => "ended",
                    None => return None,
                }
            }
            Event::Ask { watch, child } => self.question(*watch, *child),
            _ => return None,
        })
    }

    fn question(&self, watch: u32, child: u32) -> &'static str {
        let Some(it) = self.state.watches.get(&watch) else { return "no" };
        let joined = self.state.work.and_then(|it| it.joined);
        let is_call = it.function.is_some();
        match it.answer {
            _ if it.gone.is_some() && is_call => "call_void",
            _ if it.gone.is_some() && it.was_over() => "void_over",
            _ if it.gone.is_some() => "void",
            _ if joined.is_some() && joined < it.round => "former",
            _ if is_call => "call",
            Some((of, true, _)) if of == child => "decided",
            _ if it.what.as_ref().is_some_and(|it| gives_one_by_one(it)) => "taken",
            _ if self.yes.contains(&self.number()) => "yes",
            _ => "no",
        }
    }

    /// Returns the section whose remark a cancellation follows.
    fn cancelling_section(&self, it: &Fields) -> Option<u32> {
        it.get("ev").filter(|it| *it == "cancel")?;
        let step = it.get("step").and_then(Value::as_u64).and_then(|it| it.try_into().ok());
        let before = (0..step.unwrap_or_else(|| self.number())).rev();
        let mut before = before.map_while(|step| self.lines.step(step)).map(|it| it.event);
        let last =
            before.find(|it| !belongs_to_cancellation(it) || matches!(it, Event::Remark { .. }));
        match last? {
            Event::Remark { section, text } if text.ends_with(CANCELS) => Some(section),
            _ => None,
        }
    }

    /// Returns who acts: the section that has just said that it cancels, or else the task that
    /// is polled, or what is called while none is.
    pub(crate) fn actor(&self, it: &Fields) -> Phrase {
        if let Some(section) = self.cancelling_section(it) {
            return ("actor.section", fields(json!({ "section": section })));
        }
        if let Some(by) = it.get("by").filter(|by| by.is_string()) {
            return ("entry.task", fields(json!({ "task": by })));
        }
        if self.is_after_a_request() {
            return ("actor.thread", Fields::new());
        }
        if let Some(timer) = self.state.firing {
            let is_call = self.state.timer(timer).is_some_and(|it| it.function.is_some());
            let key = if is_call { "actor.call" } else { "actor.timer" };
            return (key, fields(json!({ "timer": timer.to_string() })));
        }
        let watch = match self.state.work {
            Some(Work { entry: Entry::Notice(watch, _), .. }) => watch,
            Some(Work { entry: Entry::Task(task), step, .. }) if self.has_ended(task, step) => {
                return ("actor.end", fields(json!({ "task": task.to_string() })));
            }
            _ => return self.actor_outside(it),
        };
        let is_call = self.state.watches.get(&watch).is_some_and(|it| it.function.is_some());
        let key = if is_call { "actor.call" } else { "actor.watch" };
        (key, fields(json!({ "watch": watch })))
    }

    /// Returns who acts between the turns: the drop of a main future that is stuck, or the
    /// statement of a program that is interpreted, if it is known. Whoever calls `cancel` has a
    /// place.
    fn actor_outside(&self, it: &Fields) -> Phrase {
        let has_place = it.get("at").is_some_and(Value::is_string);
        let is_call = it.get("ev").is_none_or(|ev| ev != "cancel") || has_place;
        match self.state.program.as_deref() {
            None if self.state.is_stuck && !is_call => ("actor.drop", Fields::new()),
            None => ("actor.outside", Fields::new()),
            Some(place) if self.statement(place).is_none() => ("actor.program", Fields::new()),
            Some(place) => ("actor.statement", fields(json!({ "at": place }))),
        }
    }

    /// Returns the line of a program's source at a place.
    pub(crate) fn statement(&self, place: &str) -> Option<&str> {
        let (file, line) = place_of(place)?;
        let above = usize::try_from(line).ok()?.checked_sub(1)?;
        self.sources.get(file)?.lines().nth(above).map(str::trim)
    }

    /// Returns whether the step before was a request by another thread.
    fn is_after_a_request(&self) -> bool {
        let before = self.number().checked_sub(1).and_then(|step| self.lines.step(step));
        before.is_some_and(|it| matches!(it.event, Event::Request))
    }

    /// Returns whether a task has ended since a step.
    fn has_ended(&self, task: Id, step: usize) -> bool {
        self.state.task(task).and_then(|it| it.done) >= Some(step)
    }

    /// Returns why a task or a notice joins the queue: what the step `because` did.
    pub(crate) fn reason(&self, it: &Fields) -> Phrase {
        let because = it.get("because").and_then(Value::as_u64).and_then(|it| it.try_into().ok());
        let known = because.and_then(|it| Some((it, self.lines.step(it)?.event)));
        let cancelled = self.cancelled_by(it, known.as_ref().map(|it| &it.1));
        if let Some(known) = cancelled.or_else(|| self.remarked_on(it)) {
            return known;
        }
        let Some((because, cause)) = known else {
            return ("because.outside", Fields::new());
        };
        (self.cause(it, &cause), self.fields_with_step(because, &cause))
    }

    /// Returns the key of what a step did that woke somebody.
    fn cause(&self, it: &Fields, cause: &Event) -> &'static str {
        match cause {
            Event::Spawn { .. } => "because.spawn",
            Event::Fire { task: Some(_), .. } => "because.fire",
            Event::Fire { task: None, .. } => "because.fire_other",
            Event::Done { .. } => "because.done",
            Event::Mark { .. } => "because.mark",
            Event::Heard => "because.heard",
            Event::Poll { task, .. } if id(it, "task") == Some(*task) => "because.poll_own",
            Event::Poll { .. } => "because.poll",
            Event::Unwind { .. } => "because.unwind",
            Event::Ask { watch, .. } => match self.state.watches.get(watch) {
                Some(it) if it.function.is_some() => "because.ask_call",
                Some(it) if it.met.is_some() && it.is_decided() => "because.ask_decided",
                Some(it) if it.met.is_some() => "because.ask_met",
                _ => "because.ask",
            },
            _ => "because.step",
        }
    }

    /// Returns the fields of a step, and its number: if it asked a watch, that of the answer.
    fn fields_with_step(&self, step: usize, event: &Event) -> Fields {
        let met = match event {
            Event::Ask { watch, .. } => self.state.watches.get(watch).and_then(|it| it.met),
            _ => None,
        };
        let mut it = self.fields(step).unwrap_or_default();
        it.insert("step".into(), met.unwrap_or_default().max(step).into());
        it
    }

    /// Returns that something has happened in a section for which a task waits, if the step just
    /// before it was woken says so.
    fn remarked_on(&self, woken: &Fields) -> Option<Phrase> {
        woken.get("ev").filter(|it| *it == "ready")?;
        let task = self.state.task(id(woken, "task")?)?;
        let step = task.woken?.checked_sub(1)?;
        let Event::Remark { section, .. } = self.lines.step(step)?.event else { return None };
        task.awaits.iter().find(|it| it.on == On::Section(section) && !it.is_over)?;
        Some(("because.remark", self.fields_and_step(step)?))
    }

    /// Returns that a task was cancelled, if the steps just before say so.
    fn cancelled_by(&self, woken: &Fields, cause: Option<&Event>) -> Option<Phrase> {
        let id = id(woken, "task")?;
        let task = self.state.task(id)?;
        let just_before = |step: &usize| *step >= self.state.cancelling_since;
        let has_fired = matches!(cause, Some(Event::Fire { .. }));
        let asked = task.cancelled.filter(just_before);
        let passed = task.passed.filter(just_before).filter(|_| !has_fired);
        let in_section = task.limited.filter(just_before).filter(|_| !has_fired);
        if let Some(step) = in_section.filter(|it| Some(*it) > asked.max(passed))
            && task.inward > Some(step)
        {
            return Some(("because.section", self.fields_and_step(step)?));
        }
        let key = if asked > passed { "because.cancel_by" } else { "because.pass_to" };
        let Some(step) = asked.max(passed) else {
            // A request that came in its poll was passed on inward after that.
            let own = matches!(cause, Some(Event::Poll { task, .. }) if *task == id);
            task.inward.filter(just_before).filter(|_| own)?;
            return Some(("because.cancelled", fields(json!({ "step": task.request()? }))));
        };
        Some((key, self.fields_and_step(step)?))
    }

    /// Returns the fields of a step, and its number.
    fn fields_and_step(&self, step: usize) -> Option<Fields> {
        let mut it = self.fields(step)?;
        it.insert("step".into(), step.into());
        Some(it)
    }
}

/// Why a scope is left that has caught a cancellation.
const CAUGHT: &str = "it has caught";

/// Returns whether a task runs a program in Python, which is interpreted. What such a one awaits
/// without saying so is a future.
pub(crate) fn is_interpreted(task: &Task) -> bool {
    let file = task.at.as_deref().and_then(place_of).map(|(file, _)| Path::new(file));
    file.and_then(Path::extension).is_some_and(|it| it == "py")
}

/// Returns what a panic says, without the task that it says it of.
fn panic_text(it: &Fields) -> String {
    let text = it.get("text").and_then(Value::as_str).unwrap_or_default();
    text.rsplit("panicked: ").next().unwrap_or_default().into()
}

/// Returns whether a combinator ends with an error, as a child of it has failed or was cancelled.
fn is_failure(why: &str) -> bool {
    why.starts_with("child ")
}

/// Returns how a watch has ended of which nothing is left, as the name of a template.
fn end_of(watch: &Watch) -> &'static str {
    if watch.has_called() {
        "void_called"
    } else if watch.was_over() {
        "void_over"
    } else {
        "void"
    }
}

/// Returns whether a watch gives its tasks away one by one, and is never content.
fn gives_one_by_one(what: &str) -> bool {
    what.starts_with("as_completed") || what.starts_with("the next of a set")
}

fn how_many(count: usize) -> &'static str {
    match count {
        0 => "empty",
        1 => "one",
        _ => "several",
    }
}

/// Returns what a place is: the file and the line.
pub(crate) fn place_of(text: &str) -> Option<(&str, u32)> {
    let (file_and_line, _column) = text.rsplit_once(':')?;
    let (file, line) = file_and_line.rsplit_once(':')?;
    Some((file, line.parse().ok()?))
}

/// Returns the text with its first letter as a capital.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

/// Takes an object for fields.
pub(crate) fn fields(object: Value) -> Fields {
    match object {
        Value::Object(fields) => fields,
        _ => Fields::new(),
    }
}

/// Returns the field that names a task or a timer.
pub(crate) fn id(it: &Fields, field: &str) -> Option<Id> {
    it.get(field)?.as_str()?.to_owned().try_into().ok()
}
