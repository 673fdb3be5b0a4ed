//! The machine, which all coroutines of a scenario share: names, and the things that these
//! stand for.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use combinators::{Failure, Group, GroupError};
use executor::trace::reached;
use executor::{Alarm, Executor, TaskId, current_task, yield_now};
use serde_json::Value as Json;

use crate::asyncio_run;
use crate::coroutine::Coroutine;
use crate::fault::{Error, Fault, Halt};
use crate::handle::{Child, Handle, outcome, unread};
use crate::limits::{Limit, Spent};
use crate::log::{Log, NOBODY};
use crate::names::Names;
use crate::program::{Body, Function, Name, Place, Program, Source};
use crate::promise::Promise;
use crate::value::Value;

pub(crate) struct Machine {
    pub(crate) program: Program,
    pub(crate) log: Log,
    /// The names of the coroutine that takes a step.
    names: RefCell<Rc<Names>>,
    /// The names of all coroutines.
    all_names: RefCell<Vec<Rc<Names>>>,
    spent: Spent,
    /// The place at which a limit was reached.
    limit_at: Cell<Option<Place>>,
    /// For each name, the number of coroutines whose label was made of it.
    labels: RefCell<HashMap<Name, u64>>,
    /// All tasks, in the order of their making.
    tasks: RefCell<Vec<Child>>,
    /// The statement that was come to last, by whichever coroutine.
    at: Cell<Option<Place>>,
    /// All plain futures.
    futures: RefCell<Vec<Promise>>,
    /// Tasks that the log doesn't name as destroyed.
    quiet: RefCell<HashSet<TaskId>>,
    /// Tasks that have awaited themselves.
    spoilt: RefCell<HashSet<TaskId>>,
    pub(crate) stop: Stop,
    /// True while the loop runs.
    pub(crate) runs: Cell<bool>,
}

/// The state of a loop that may be about to stop, and the reasons for that.
#[derive(Default)]
pub(crate) struct Stop {
    /// The task for which the loop ran is over.
    pub(crate) over: Cell<bool>,
    /// The loop doesn't run for `main` any longer, which had not ended.
    pub(crate) without_main: Cell<bool>,
    /// The program has exited, in this turn.
    pub(crate) exit: Cell<bool>,
    /// The steps of pauses, which are to be taken before the next run.
    pub(crate) pauses: RefCell<Vec<Body>>,
    /// The functions that aren't called in this turn, because of an exit.
    put_off: RefCell<Vec<Alarm>>,
    /// Keeps the clock from going on before the loop has stopped.
    pub(crate) next_turn: Cell<Option<Alarm>>,
}

impl Machine {
    pub(crate) fn new(program: Program, with_turns: bool) -> Rc<Self> {
        let (log, names) = (Log::new(&program, with_turns), Rc::<Names>::default());
        Rc::new(Self {
            program,
            log,
            all_names: RefCell::new(vec![Rc::clone(&names)]),
            names: RefCell::new(names),
            spent: Spent::default(),
            limit_at: Cell::default(),
            labels: RefCell::default(),
            tasks: RefCell::default(),
            at: Cell::default(),
            futures: RefCell::default(),
            quiet: RefCell::default(),
            spoilt: RefCell::default(),
            stop: Stop::default(),
            runs: Cell::new(false),
        })
    }

    /// Makes the coroutine that takes the steps of pauses.
    pub(crate) fn nobody(self: &Rc<Self>) -> Coroutine {
        Coroutine {
            machine: Rc::clone(self),
            label: NOBODY.into(),
            names: self.names(),
            body: Rc::default(),
            last: Rc::default(),
            at: Rc::default(),
        }
    }

    /// Makes a coroutine. The label is this one, with a number unless it is the
    /// first of that name.
    pub(crate) fn coroutine(self: &Rc<Self>, coro: &Name, label: &Name) -> Coroutine {
        let mut labels = self.labels.borrow_mut();
        let count = labels.entry(Rc::clone(label)).or_default();
        *count += 1;
        let label = if *count == 1 { Rc::clone(label) } else { format!("{label}.{count}").into() };
        let body = Rc::clone(&self.program.coros[coro]);
        let (machine, names) = (Rc::clone(self), self.names());
        Coroutine { machine, label, names, body, last: Rc::default(), at: Rc::default() }
    }

    fn names(&self) -> Rc<Names> {
        Rc::clone(&self.names.borrow())
    }

    /// Notes whose names are meant from here on: those of the coroutine that takes a step.
    pub(crate) fn enter(&self, names: &Rc<Names>) {
        if !Rc::ptr_eq(&self.names.borrow(), names) {
            let before = self.names.replace(Rc::clone(names));
            drop(before);
        }
    }

    /// Makes names for a task of which there may be many, with the values that these have now.
    pub(crate) fn new_names(&self, given: &[Name]) -> Rc<Names> {
        let names = Names::within(&self.names(), given);
        self.all_names.borrow_mut().push(Rc::clone(&names));
        names
    }

    /// Notes a task that has been made.
    pub(crate) fn note(&self, task: Child, label: &str) -> Child {
        task.set_name(label);
        self.tasks.borrow_mut().push(task.clone());
        task
    }

    pub(crate) fn bind(&self, name: &Name, handle: Handle) {
        self.names().bind(name, handle);
    }

    /// Keeps a value under a name. A task's handle is bound to it too.
    pub(crate) fn keep(&self, name: &Name, value: Value) {
        if let Value::Task(handle) = &value {
            self.bind(name, handle.clone());
        }
        self.names().keep(name, value);
    }

    /// Appends to the list that is kept under a name. Returns the item if that is no list, or
    /// one that stands elsewhere, too.
    pub(crate) fn append(&self, name: &Name, item: Value) -> Option<Value> {
        let mut item = Some(item);
        let length = self.names().look(name, |kept| match kept {
            Some(list @ Value::List(items)) if list.is_alone() => {
                items.change(|items| items.extend(item.take()));
                items.len()
            }
            _ => 0,
        });
        self.spent.length(length);
        self.stop_if_given_up();
        item
    }

    /// Returns the value that is kept under a name, or the task that it stands for.
    pub(crate) fn kept(&self, name: &Name) -> Result<Value, Halt> {
        let kept = self.names().value(name);
        match kept {
            Some(value) => Ok(value),
            None => self.handle(name).map(Value::Task),
        }
    }

    /// Counts a step. A run that has taken too many is given up.
    pub(crate) fn count_step(&self) {
        if let Some(most) = self.program.most_steps {
            self.spent.step(most, self.log.len());
            self.stop_if_given_up();
        }
    }

    /// Counts a value that the run has made. A run whose values grow too big is given up.
    pub(crate) fn count_value(&self, value: &Value) {
        self.spent.value(value.size());
        self.stop_if_given_up();
    }

    /// Counts a call of a function with these values. The run is given up if the result would
    /// be too big.
    ///
    /// # Errors
    ///
    /// Fails in this case.
    pub(crate) fn allow(&self, function: Function, of: &[Value]) -> Result<(), Halt> {
        self.spent.call(function, of);
        self.stop_if_given_up();
        self.given_up().map_or(Ok(()), |_| Err(Error::Exit.into()))
    }

    /// Gives the run up.
    pub(crate) fn give_up(&self, limit: Limit) {
        self.spent.reach(limit);
        self.stop();
    }

    fn stop_if_given_up(&self) {
        if self.given_up().is_some() {
            self.stop();
        }
    }

    /// Returns the limit for which the run was given up, if it was.
    pub(crate) fn given_up(&self) -> Option<Limit> {
        self.spent.reached()
    }

    /// Returns whether the run is given up. The first coroutine that asks has reached the limit,
    /// at this place.
    pub(crate) fn is_given_up(&self, at: Option<Place>) -> bool {
        let is_given_up = self.given_up().is_some();
        if is_given_up {
            self.limit_at.set(self.limit_at.get().or(at));
        }
        is_given_up
    }

    /// Returns the reason for which the run was given up, and the line.
    pub(crate) fn reason_of_limit(&self) -> Option<String> {
        let limit = self.given_up()?;
        let line = self.limit_at.get().map_or(String::new(), |at| format!(" in line {}", at.line));
        Some(format!("the program is given up{line}: {limit}"))
    }

    /// Notes that a coroutine has come to a statement, and says so to a recording.
    pub(crate) fn reach(&self, place: Place) {
        self.at.set(Some(place));
        if let Some(Source { file, .. }) = &self.program.source {
            reached(file, place.line, place.column);
        }
    }

    pub(crate) fn bind_future(&self, name: &Name, future: Promise) {
        self.bind(name, Handle::Future(self.note_future(future)));
    }

    /// Notes a future that has been made.
    pub(crate) fn note_future(&self, future: Promise) -> Promise {
        self.futures.borrow_mut().push(future.clone());
        future
    }

    pub(crate) fn handle(&self, name: &Name) -> Result<Handle, Halt> {
        let bound = || self.names().handle(name);
        let current = || self.current().map(Handle::Task);
        let handle = if &**name == "self" { current() } else { bound() };
        handle.ok_or_else(|| Halt::Unbound(Rc::clone(name)))
    }

    /// Returns the handles that names stand for. A list of tasks that is kept under a name
    /// stands for all of these.
    pub(crate) fn handles<'a>(
        &self,
        names: impl IntoIterator<Item = &'a Name>,
    ) -> Result<Vec<Handle>, Halt> {
        let mut handles = Vec::new();
        for name in names {
            let kept = self.names().value(name);
            match kept {
                Some(tasks @ (Value::List(_) | Value::Set(_) | Value::Tuple(_))) => {
                    handles.extend(tasks.into_list().into_iter().filter_map(Value::into_task));
                }
                _ => handles.push(self.handle(name)?),
            }
        }
        Ok(handles)
    }

    /// Returns the task that is polled.
    fn current(&self) -> Option<Child> {
        let id = current_task()?.id();
        self.tasks.borrow().iter().find(|task| task.id() == id).cloned()
    }

    /// Makes the error of a group. Its block's error is in there, and those of its tasks are in
    /// the tasks.
    pub(crate) fn group_error(&self, group: GroupError) -> Error {
        Error::of_group(group.failures.into_iter().map(|failure| match failure.cause {
            Failure::Join(error) => error.into(),
            Failure::Error(error) => match error.downcast() {
                Ok(error) => Fault::Error(*error),
                Err(_) => self.fault_of(failure.task),
            },
        }))
    }

    fn fault_of(&self, failed: TaskId) -> Fault {
        let tasks = self.tasks.borrow();
        let task = tasks.iter().find(|task| task.id() == failed);
        let outcome = task.and_then(outcome).expect("it has ended, and its handle is kept");
        outcome.expect_err("it has failed")
    }

    pub(crate) fn bind_group(&self, name: &Name, group: Group) {
        self.names().bind_group(name, group);
    }

    pub(crate) fn group(&self, name: &Name) -> Result<Group, Halt> {
        let group = self.names().group(name);
        group.ok_or_else(|| Halt::Unbound(Rc::clone(name)))
    }

    /// Returns a task that has ended.
    fn ended(&self) -> Option<Child> {
        self.tasks.borrow().iter().find(|task| task.is_finished()).cloned()
    }

    /// Has a function called next turn. Between two runs no alarm can be set; then a task that
    /// has ended has it called, or, if there is none, a new one calls it.
    pub(crate) fn call_soon(&self, executor: &Executor, call: Box<dyn FnOnce()>) {
        if self.runs.get() {
            ring_soon(call);
        } else if let Some(ended) = self.ended() {
            ended.on_done(call);
        } else {
            drop(executor.spawn(async move { call() }).named("callback"));
        }
    }

    /// Returns the tasks that haven't ended, in the order of their making.
    pub(crate) fn running(&self) -> Vec<Child> {
        self.tasks.borrow().iter().filter(|task| !task.is_finished()).cloned().collect()
    }

    /// Keeps the log from naming a task as destroyed: a gather has made it.
    pub(crate) fn hush(&self, task: &Child) {
        self.quiet.borrow_mut().insert(task.id());
    }

    /// Notes that a task has awaited itself.
    pub(crate) fn spoil(&self, task: &Child) {
        self.spoilt.borrow_mut().insert(task.id());
    }

    /// Returns whether nobody can await a task any longer, since it has awaited itself.
    /// This is so while it runs, and only with those of asyncio's tasks that are written in
    /// C: they count as awaited from then on.
    pub(crate) fn is_spoilt(&self, task: &Child) -> bool {
        !task.is_finished() && self.spoilt.borrow().contains(&task.id())
    }

    /// Returns the tasks that the log names as destroyed: those that will never end.
    pub(crate) fn destroyed(&self) -> Vec<Child> {
        let quiet = self.quiet.borrow();
        self.running().into_iter().filter(|task| !quiet.contains(&task.id())).collect()
    }

    /// Returns the labels and errors of the tasks and futures that have failed, if nobody
    /// has seen that.
    pub(crate) fn unread(&self) -> Vec<(String, Json)> {
        let (tasks, futures) = (self.tasks.borrow(), self.futures.borrow());
        let tasks = tasks.iter().filter_map(|task| Some((task.name(), unread(task)?.json())));
        tasks.chain(futures.iter().filter_map(Promise::unread)).collect()
    }

    /// Forgets all that it knows of tasks.
    pub(crate) fn forget(&self) {
        let known = (self.all_names.take(), self.tasks.take(), self.futures.take());
        known.2.iter().for_each(Promise::forget);
        known.0.iter().for_each(|names| names.forget());
        drop(known); // The borrows are over: the futures of tasks use this machine.
    }

    /// Stops the loop at the end of this turn.
    pub(crate) fn stop(&self) {
        self.stop.over.set(true);
        asyncio_run::hold_clock(self);
    }

    /// Stops the loop at the end of this turn. It goes on when these steps were taken.
    pub(crate) fn pause(&self, body: &Body) {
        self.stop.pauses.borrow_mut().push(Rc::clone(body));
        asyncio_run::hold_clock(self);
    }

    /// Stops the loop at once, as coroutines see it: those that would have their turn now
    /// wait for the next run (F31).
    pub(crate) fn exit(&self) {
        self.stop.exit.set(true);
        self.stop();
    }

    /// Calls a function; in the next turn, if the program has exited in this.
    pub(crate) fn call(&self, function: impl FnOnce() + 'static) {
        if self.stop.exit.get() {
            self.stop.put_off.borrow_mut().push(Alarm::soon(function));
        } else {
            function();
        }
    }

    /// Waits for the next turn, if the program has exited in this.
    pub(crate) async fn stay_out(&self) {
        if self.stop.exit.get() {
            yield_now().await;
        }
    }
}

/// Has a function called next turn by an alarm, which it keeps itself.
fn ring_soon(call: Box<dyn FnOnce()>) {
    let kept = Rc::new(Cell::new(None));
    let keeps = Rc::clone(&kept);
    kept.set(Some(Alarm::soon(move || {
        drop(keeps);
        call();
    })));
}

/// Returns the labels of tasks, sorted.
pub(crate) fn labels<'a>(tasks: impl IntoIterator<Item = &'a Child>) -> Vec<String> {
    let mut labels: Vec<_> = tasks.into_iter().map(|task| task.name()).collect();
    labels.sort();
    labels
}
