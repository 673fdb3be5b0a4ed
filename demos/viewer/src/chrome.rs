//! Recordings in the trace format of Chromium, which Perfetto opens too.
//!
//! The loop is thread 0, and each task a thread of its own. Slices are turns,
//! parks and polls; arrows are wakes, from what caused one to the poll that came
//! of it.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Value, json};

use crate::Recording;
use crate::state::State;
use crate::step::{Event, Id, Outcome, Step};

/// The thread of the loop.
const LOOP: u32 = 0;

/// Makes the trace; see [`View::to_chrome`](crate::View::to_chrome).
pub(crate) fn trace(recording: &Recording) -> String {
    let mut trace = Trace { is_virtual: recording.is_virtual(), ..Trace::default() };
    trace.meta("process_name", LOOP, recording.title());
    trace.meta("thread_name", LOOP, "the loop");
    for (number, step) in (0..).zip(recording.steps()) {
        trace.state.apply(&step);
        trace.now = trace.time(number, step.tick);
        trace.add(&step);
    }
    json!({ "traceEvents": trace.close(), "displayTimeUnit": "ns" }).to_string()
}

#[derive(Default)]
struct Trace {
    is_virtual: bool,
    events: Vec<Value>,
    state: State,
    /// The time of the step, in microseconds.
    now: f64,
    threads: HashMap<Id, u32>,
    /// The time at which the turn began, if one is under way; so for the park and the poll.
    turn: Option<f64>,
    park: Option<f64>,
    poll: Option<f64>,
    turns: u32,
    wakes: u32,
    /// The number of tasks that have begun and not ended.
    alive: usize,
    /// The sections that haven't ended: the thread of each, and its words.
    sections: BTreeMap<u32, (u32, String)>,
    /// The arrow that ends with a task's next poll.
    arrows: HashMap<Id, u32>,
}

impl Trace {
    #[expect(clippy::cast_precision_loss, reason = "exact for 104 days")]
    fn time(&self, step: u32, tick: u64) -> f64 {
        let steps = if self.is_virtual { f64::from(step) } else { 0.0 };
        (tick as f64 + steps) / 1000.0
    }

    fn add(&mut self, step: &Step) {
        self.add_to_the_loop(&step.event);
        self.add_to_a_task(&step.event);
    }

    fn add_to_the_loop(&mut self, event: &Event) {
        match event {
            Event::Turn { .. } => {
                self.turn = Some(self.now);
                self.turns += 1;
                self.count();
            }
            Event::TurnEnd => {
                let name = format!("turn {}", self.turns);
                let begun = self.turn.take();
                self.slice(LOOP, "turn", &name, begun);
            }
            Event::Park { .. } => self.park = Some(self.now),
            Event::Unpark => {
                let begun = self.park.take();
                self.slice(LOOP, "park", "park", begun);
            }
            _ => {}
        }
    }

    fn add_to_a_task(&mut self, event: &Event) {
        match *event {
            Event::Spawn { task, ref at, .. } => self.spawn(task, &json!({ "at": at })),
            Event::Name { task, .. } => {
                let (thread, name) = (self.thread(task), self.state.name(task));
                self.meta("thread_name", thread, &name);
            }
            Event::Ready { task, because } => self.wake(task, because),
            Event::Poll { task, .. } => {
                self.poll = Some(self.now);
                self.arrive(task);
            }
            Event::Polled { task, .. } => {
                let polls = self.state.tasks.get(&task).map_or(0, |it| it.polls);
                let (thread, begun) = (self.thread(task), self.poll.take());
                self.slice(thread, "poll", &format!("poll {polls}"), begun);
            }
            Event::Done { task, outcome, .. } => self.end(task, outcome),
            Event::Fail { task, ref text } => self.instant(task, &format!("fails: {text}")),
            Event::Print { ref text } => self.say(text),
            Event::Section { section, ref what, .. } => self.begin_section(section, what),
            Event::Leave { section, ref why } => self.end_section(section, why),
            Event::Fire { task: Some(task), .. } => self.instant(task, "timer fires"),
            Event::Cancel { task } => self.instant(task, "cancel"),
            _ => {}
        }
    }

    fn thread(&mut self, task: Id) -> u32 {
        let next = u32::try_from(self.threads.len()).unwrap_or(u32::MAX - 1) + 1;
        *self.threads.entry(task).or_insert(next)
    }

    fn meta(&mut self, what: &str, thread: u32, name: &str) {
        let args = json!({ "name": name });
        self.events.push(
            json!({ "ph": "M", "pid": 1, "tid": thread, "ts": 0, "name": what, "args": args }),
        );
    }

    fn slice(&mut self, thread: u32, kind: &str, name: &str, begun: Option<f64>) {
        let Some(begun) = begun else { return };
        let lasted = self.now - begun;
        self.events.push(json!({ "ph": "X", "pid": 1, "tid": thread, "cat": kind, "name": name,
            "ts": begun, "dur": lasted }));
    }

    fn spawn(&mut self, task: Id, args: &Value) {
        let (thread, name) = (self.thread(task), self.state.name(task));
        self.meta("thread_name", thread, &name);
        self.life("b", task, args);
        self.alive += 1;
        self.count();
    }

    fn end(&mut self, task: Id, outcome: Outcome) {
        self.alive = self.alive.saturating_sub(1);
        self.life("e", task, &json!({ "outcome": outcome.word() }));
        if outcome == Outcome::Panicked {
            self.instant(task, "panic");
        }
    }

    /// Begins or ends a task's life.
    fn life(&mut self, phase: &str, task: Id, args: &Value) {
        let thread = self.thread(task);
        self.events.push(json!({ "ph": phase, "pid": 1, "tid": thread, "cat": "task",
            "id": task.to_string(), "name": format!("task {task}"), "ts": self.now, "args": args }));
    }

    fn instant(&mut self, task: Id, name: &str) {
        let thread = self.thread(task);
        self.events.push(json!({ "ph": "i", "s": "t", "pid": 1, "tid": thread, "name": name,
            "ts": self.now }));
    }

    /// Shows a line of output where it was printed: in a task, or in the loop.
    fn say(&mut self, text: &str) {
        let thread = self.state.polled.map_or(LOOP, |task| self.thread(task));
        self.events.push(json!({ "ph": "i", "s": "t", "pid": 1, "tid": thread, "cat": "output",
            "name": text, "ts": self.now }));
    }

    fn begin_section(&mut self, section: u32, what: &str) {
        let thread = self.state.polled.map_or(LOOP, |task| self.thread(task));
        self.sections.insert(section, (thread, what.into()));
        self.mark_section("b", section, &Value::Null);
    }

    fn end_section(&mut self, section: u32, why: &str) {
        self.mark_section("e", section, &json!({ "why": why }));
        self.sections.remove(&section);
    }

    fn mark_section(&mut self, phase: &str, section: u32, args: &Value) {
        if let Some((thread, what)) = self.sections.get(&section) {
            self.events.push(json!({ "ph": phase, "pid": 1, "tid": thread, "cat": "section",
                "id": format!("section {section}"), "name": what, "ts": self.now, "args": args }));
        }
    }

    fn count(&mut self) {
        let ready = self.state.queue.len() + self.state.batch.len();
        self.events
            .push(json!({ "ph": "C", "pid": 1, "tid": LOOP, "name": "tasks", "ts": self.now,
            "args": { "alive": self.alive, "ready": ready } }));
    }

    /// Begins an arrow: in the poll that wakes, or else in the turn.
    fn wake(&mut self, task: Id, because: Option<usize>) {
        let from = match self.state.polled {
            Some(polled) => self.thread(polled),
            None if self.turn.is_some() => LOOP,
            None => return,
        };
        self.wakes += 1;
        self.arrows.insert(task, self.wakes);
        self.events.push(json!({ "ph": "s", "pid": 1, "tid": from, "cat": "wake", "name": "wake",
            "id": self.wakes, "ts": self.now, "args": { "because": because } }));
    }

    /// Ends the arrow of a task in the poll that now begins.
    fn arrive(&mut self, task: Id) {
        let thread = self.thread(task);
        if let Some(arrow) = self.arrows.remove(&task) {
            self.events.push(json!({ "ph": "f", "bp": "e", "pid": 1, "tid": thread, "cat": "wake",
                "name": "wake", "id": arrow, "ts": self.now }));
        }
    }

    /// Ends the lives that haven't ended, and removes arrows that lead nowhere.
    fn close(mut self) -> Vec<Value> {
        let alive: Vec<_> = self.state.tasks.iter().filter(|(_, it)| it.ended.is_none()).collect();
        let alive: Vec<_> = alive.into_iter().map(|(id, _)| *id).collect();
        for task in alive {
            self.life("e", task, &json!({ "outcome": null }));
        }
        let open: Vec<_> = self.sections.keys().copied().collect();
        for section in open {
            self.mark_section("e", section, &Value::Null);
        }
        let open: HashSet<_> = self.arrows.into_values().map(u64::from).collect();
        let is_open = |it: &Value| it["id"].as_u64().is_some_and(|arrow| open.contains(&arrow));
        self.events.retain(|it| it["ph"] != "s" || !is_open(it));
        self.events
    }
}
