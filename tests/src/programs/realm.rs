//! One executor, and what its tasks have in reach.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::panic::resume_unwind;
use std::rc::{Rc, Weak};

use combinators::Group;
use executor::{Alarm, Executor, Shared, Task, TaskId, TaskRef, current_task, spawn};

use super::fate::Fate;
use super::hostile::{Failed, Output, Payload, contained};
use super::nests::inside;
use super::tasks::Place;
use super::watched::{Boxed, Life, Watched};
use super::world::World;

/// What a task returns.
pub(super) type Ending = Result<Output, Failed>;

pub(super) struct Realm {
    pub(super) world: Rc<World>,
    pub(super) depth: usize,
    /// The executor has been dropped, or is about to be.
    pub(super) closed: Cell<bool>,
    pub(super) handles: RefCell<Vec<Task<Ending>>>,
    pub(super) shared: RefCell<Vec<Shared<Ending>>>,
    pub(super) groups: RefCell<Vec<Grouped>>,
    pub(super) alarms: RefCell<Vec<Alarm>>,
    pub(super) begun: RefCell<Vec<Begun>>,
    /// The number of tasks whose futures weren't dropped.
    pub(super) tasks: Cell<usize>,
    /// The highest slot that a task was in.
    pub(super) highest: Cell<usize>,
    /// Callbacks: the task whose end calls each, and whether it was called.
    pub(super) calls: RefCell<Vec<(TaskRef, Rc<Cell<bool>>)>>,
    /// The executor, for tasks that look at it.
    pub(super) executor: RefCell<Weak<Executor>>,
    /// The number of turns that were run one by one.
    pub(super) turns: Cell<usize>,
    pub(super) is_looked_at: Cell<bool>,
    records: RefCell<HashMap<TaskId, Rc<Record>>>,
    spawned: Cell<usize>,
}

/// What is known of a task.
pub(super) struct Record {
    pub(super) fate: Rc<Fate>,
    pub(super) life: Rc<Life>,
    pub(super) is_main: bool,
}

/// A group whose block runs, or has run.
#[derive(Clone)]
pub(super) struct Grouped {
    pub(super) group: Group,
    pub(super) fate: Rc<Fate>,
}

/// A future that was begun, and the task that it waits for.
pub(super) struct Begun {
    pub(super) task: Option<TaskId>,
    pub(super) future: Watched<()>,
}

impl Realm {
    pub(super) fn new(world: &Rc<World>, depth: usize) -> Rc<Self> {
        Rc::new(Self {
            world: Rc::clone(world),
            depth,
            closed: Cell::new(false),
            handles: RefCell::default(),
            shared: RefCell::default(),
            groups: RefCell::default(),
            alarms: RefCell::default(),
            begun: RefCell::default(),
            tasks: Cell::new(0),
            highest: Cell::new(0),
            calls: RefCell::default(),
            executor: RefCell::default(),
            turns: Cell::new(0),
            is_looked_at: Cell::new(false),
            records: RefCell::default(),
            spawned: Cell::new(0),
        })
    }

    pub(super) fn panic(&self) -> ! {
        resume_unwind(Box::new(Payload::new(&self.world)))
    }

    /// Does something with this executor as the current one.
    pub(super) fn within<R>(&self, run: impl FnOnce() -> R) -> R {
        self.world.inside(std::ptr::from_ref(self), run)
    }

    /// Whether this executor is the current one.
    pub(super) fn is_inside(&self) -> bool {
        self.world.is_inside(std::ptr::from_ref(self))
    }

    // Tasks ------------------------------------------------------------------

    /// The future of a task to be.
    fn future(self: &Rc<Self>, does: Boxed<Ending>) -> (Watched<Ending>, Record) {
        let number = self.spawned.get() + 1;
        self.spawned.set(number);
        let (fate, life) = (Fate::of_task(number), Rc::new(Life::default()));
        let future = Watched::new(self, Rc::clone(&fate), does).of_task(&life);
        (future, Record { fate, life, is_main: false })
    }

    fn body(self: &Rc<Self>) -> Boxed<Ending> {
        inside(self, &Place::top(self))
    }

    fn note(&self, task: TaskId, record: Record) {
        record.life.spawned.set(true);
        self.highest.set(self.highest.get().max(slot_of(task)));
        self.records.borrow_mut().insert(task, Rc::new(record));
    }

    pub(super) fn spawn(self: &Rc<Self>) -> Task<Ending> {
        let (future, record) = self.future(self.body());
        let task = spawn(future);
        self.note(task.id(), record);
        task
    }

    pub(super) fn spawn_and_keep(self: &Rc<Self>) {
        let task = self.spawn();
        self.handles.borrow_mut().push(task);
    }

    pub(super) fn spawn_from_outside(self: &Rc<Self>, executor: &Executor) {
        let (future, record) = self.future(self.body());
        let task = self.within(|| executor.spawn(future));
        self.note(task.id(), record);
        self.handles.borrow_mut().push(task);
    }

    /// Spawns into a group, if that still takes tasks.
    pub(super) fn spawn_in(self: &Rc<Self>, group: &Grouped, does: Boxed<Ending>) {
        let (future, record) = self.future(does);
        record.fate.depend_on(&group.fate);
        let Ok(task) = group.group.try_spawn(future.in_group(&group.fate)) else { return };
        self.note(task.id(), record);
        if self.world.coin() {
            self.shared.borrow_mut().push(task);
        }
    }

    /// The future that `block_on` is given. It is a task, once it is polled.
    pub(super) fn main(self: &Rc<Self>) -> (Watched<Ending>, Rc<Life>) {
        let (mut main, record) = self.future(self.body());
        let (realm, life) = (Rc::clone(self), Rc::clone(&record.life));
        main.prepend(move || {
            if let Some(task) = current_task() {
                realm.note(task.id(), Record { is_main: true, ..record });
            }
        });
        (main, life)
    }

    pub(super) fn record(&self, task: TaskId) -> Option<Rc<Record>> {
        self.records.borrow().get(&task).cloned()
    }

    /// All tasks whose handles there are.
    pub(super) fn references(&self) -> Vec<TaskRef> {
        let (handles, shared) = (self.handles.borrow(), self.shared.borrow());
        let shared = shared.iter().map(|task| task.reference());
        handles.iter().map(Task::reference).chain(shared).collect()
    }

    pub(super) fn expect_call(&self, task: TaskRef) -> Rc<Cell<bool>> {
        let called = Rc::default();
        self.calls.borrow_mut().push((task, Rc::clone(&called)));
        called
    }

    // Waiting ----------------------------------------------------------------

    /// A part of what is being polled.
    pub(super) fn part(&self) -> Rc<Fate> {
        self.world.polled().map_or_else(|| Fate::of_task(0), |polled| polled.part())
    }

    /// From now on the task is cancelled if what is being polled is.
    pub(super) fn entrust(&self, task: TaskId, to: &Rc<Fate>) {
        if let Some(record) = self.record(task) {
            record.fate.depend_on(to);
        }
    }

    /// Awaits a task.
    pub(super) fn join(self: &Rc<Self>, task: Task<Ending>) -> Watched<()> {
        let part = self.part();
        self.entrust(task.id(), &part);
        Watched::new(self, part, Box::pin(async move { drop(task.await) }))
    }

    /// Whether what is being polled may wait for a task. If none waits for those
    /// that were spawned before it, no two can wait for each other.
    pub(super) fn may_await(&self, task: TaskId) -> bool {
        let is_current = current_task().is_some_and(|current| current.id() == task);
        let polled = self.world.polled().map_or(0, |polled| polled.number);
        let is_later = |record: Rc<Record>| record.fate.number > polled;
        !is_current && (self.world.rings || self.record(task).is_some_and(is_later))
    }

    pub(super) fn take<T>(&self, all: &RefCell<Vec<T>>) -> Option<T> {
        let count = all.borrow().len();
        let at = (count > 0).then(|| self.world.number(count))?;
        Some(all.borrow_mut().swap_remove(at))
    }

    /// A task that may be awaited.
    pub(super) fn take_later(self: &Rc<Self>) -> Task<Ending> {
        let Some(task) = self.take(&self.handles) else { return self.spawn() };
        if self.may_await(task.id()) {
            return task;
        }
        self.handles.borrow_mut().push(task);
        self.spawn()
    }

    pub(super) fn take_shared(self: &Rc<Self>) -> Shared<Ending> {
        let task = self.take(&self.shared).unwrap_or_else(|| self.spawn().shared());
        self.shared.borrow_mut().push(task.clone());
        if self.may_await(task.id()) {
            return task;
        }
        self.spawn().shared()
    }

    /// Some tasks, one at least.
    pub(super) fn take_some(self: &Rc<Self>) -> Vec<Task<Ending>> {
        let count = 1 + self.world.number(4);
        (0..count).map(|_| self.take_later()).collect()
    }

    // The end ----------------------------------------------------------------

    /// Drops all that is in reach, whatever the destructors do.
    pub(super) fn clear(&self) {
        while clear_last(&self.handles)
            | clear_last(&self.shared)
            | clear_last(&self.alarms)
            | clear_last(&self.groups)
            | self.give_up_last()
        {}
    }

    fn give_up_last(&self) -> bool {
        let last = self.begun.borrow_mut().pop();
        let given_up = last.is_some();
        contained(|| last.into_iter().for_each(|begun| begun.future.give_up()));
        given_up
    }

    /// Forgets the tasks, which may depend on each other. What knows of them may be
    /// the last that holds the executor's hooks.
    pub(super) fn forget_tasks(&self) {
        self.records.take().values().for_each(|record| record.fate.forget());
        self.calls.take();
    }
}

fn clear_last<T>(all: &RefCell<Vec<T>>) -> bool {
    let last = all.borrow_mut().pop();
    let cleared = last.is_some();
    contained(|| drop(last));
    cleared
}

/// The slot that a task lives in, by which its name begins.
pub(super) fn slot_of(task: TaskId) -> usize {
    let name = task.to_string();
    let slot = name.split('.').next().and_then(|slot| slot.parse().ok());
    slot.expect("it begins with the number of the slot")
}
