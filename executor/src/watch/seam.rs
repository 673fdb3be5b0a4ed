//! The seam for combinators: a future that watches several tasks.

use std::cell::OnceCell;
use std::fmt;
use std::iter;
use std::rc::Rc;
use std::task::{Context, Poll};

use crate::probe::{Event, On, Place};
use crate::run::context;
use crate::run::core::Core;
use crate::run::error::misused;
use crate::run::slots::flag;
use crate::run::task::Task;
use crate::run::waiter::Waiter;
use crate::watch::group::{Group, Watcher};

const FOREIGN_CHILD: &str = "a watch has tasks of one executor only: \
    await the tasks of another executor inside that executor's `block_on`";

/// Watches several tasks for one future, which is woken once.
///
/// This is what `wait` and `gather` are made of, and what combinators of your
/// own can be made of. Each task carries one registration, so n tasks cost
/// O(n) over their lives, however often the future is polled:
///
/// 1. [`add`](Self::add) registers each task under a number of your choice.
/// 2. When one ends, that number is logged at once, and the [`Watcher`] notes it. One
///    turn later it is asked whether that is enough.
/// 3. When it says yes the future is woken, and
///    [`poll_met`](Self::poll_met) is ready in the turn after.
/// 4. [`take_ended`](Self::take_ended) says which tasks have ended by then, in
///    order, and [`Task::take_outcome`] or [`Task::peek`] how.
///
/// A task may be in several watches, and be awaited besides: all are notified of its
/// end, in the order in which they came. Dropping a watch is O(1) and leaves the tasks
/// alone.
///
/// # Example
///
/// A future that waits for the first of several tasks:
///
/// ```
/// use std::future::poll_fn;
/// use std::rc::Rc;
/// use executor::{Watch, Watcher, spawn, yield_now};
///
/// struct First;
///
/// impl Watcher for First {
///     fn ended(&self, _child: u32) -> bool {
///         true
///     }
/// }
///
/// executor::block_on(async {
///     let tasks = [spawn(std::future::pending()), spawn(async { 7 })];
///     let watch = Watch::new(Rc::new(First));
///     for (number, task) in (0..).zip(&tasks) {
///         watch.add(task, number);
///     }
///     poll_fn(|cx| watch.poll_met(cx)).await;
///     assert_eq!(watch.take_ended(), [1]);
///     assert_eq!(tasks[1].outcome().unwrap().unwrap(), 7);
/// });
/// ```
pub struct Watch {
    group: Rc<Group>,
    /// The executor of the tasks, known with the first.
    core: OnceCell<Rc<Core>>,
}

impl Watch {
    /// Creates a watch on no tasks yet.
    #[must_use]
    pub fn new(watcher: Rc<dyn Watcher>) -> Self {
        Self::with_capacity(watcher, 0)
    }

    /// Creates a watch on no tasks yet, with memory for the ends of so many.
    #[must_use]
    pub fn with_capacity(watcher: Rc<dyn Watcher>, tasks: usize) -> Self {
        Self { group: Group::new(watcher, Some(tasks)), core: OnceCell::new() }
    }

    /// Creates a watch on no tasks yet that doesn't log which of them have ended:
    /// [`take_ended`](Self::take_ended) gives nothing.
    #[must_use]
    pub fn without_log(watcher: Rc<dyn Watcher>) -> Self {
        Self { group: Group::new(watcher, None), core: OnceCell::new() }
    }

    /// Watches a task, under the number `child`.
    ///
    /// If the task has ended already, it counts as ending now: it is logged,
    /// and the watcher is asked about it next turn.
    ///
    /// # Panics
    ///
    /// Panics if the task is of another executor than one added before.
    #[track_caller]
    pub fn add<T>(&self, task: &Task<T>, child: u32) {
        if !self.add_running(task, child) {
            self.count(child);
        }
    }

    /// Counts a task that has ended before as ending now, as [`add`](Self::add) does.
    ///
    /// Does nothing if no task was ever watched.
    pub fn count(&self, child: u32) {
        if let Some(core) = self.core.get() {
            core.notify_late(Rc::clone(&self.group), child);
        }
    }

    /// Spares the watcher the ends that can't be enough, until the watch is rearmed: it
    /// notes those of tasks that return from the `returned`th end on, and those of tasks
    /// that panic or are cancelled from the `failed`th on.
    ///
    /// A task that is [counted](Self::count) counts as one that has failed.
    pub fn matters_from(&self, returned: u32, failed: u32) {
        self.group.matters_from(returned, failed);
    }

    /// Watches a task, as [`add`](Self::add) does, unless it has ended already.
    /// Returns whether it is watched.
    ///
    /// # Panics
    ///
    /// Panics if the task is of another executor than one added before.
    #[must_use = "a task that has ended isn't watched"]
    #[track_caller]
    pub fn add_running<T>(&self, task: &Task<T>, child: u32) -> bool {
        let core = self.core.get_or_init(|| {
            task.core().record(|| Event::Watch { watch: self.group.number() });
            Rc::clone(task.core())
        });
        self.group.add_running(core, task, child)
    }

    /// Returns a reference to the watch, by which its [`Watcher`] may add further tasks;
    /// `None` if no task was ever watched.
    ///
    /// ```
    /// use std::{cell::OnceCell, future::poll_fn, rc::Rc};
    /// use executor::{Watch, WatchRef, Watcher, spawn};
    ///
    /// /// Spawns another task when the first has ended, and is content with that one's end.
    /// struct Twice(OnceCell<WatchRef>);
    ///
    /// impl Watcher for Twice {
    ///     fn ended(&self, child: u32) -> bool {
    ///         if child == 0 {
    ///             self.0.get().unwrap().add(&spawn(async {}), 1);
    ///         }
    ///         child == 1
    ///     }
    /// }
    ///
    /// executor::block_on(async {
    ///     let twice = Rc::new(Twice(OnceCell::new()));
    ///     let watch = Watch::new(Rc::clone(&twice) as _);
    ///     watch.add(&spawn(async {}), 0);
    ///     twice.0.set(watch.reference().unwrap()).unwrap();
    ///     poll_fn(|cx| watch.poll_met(cx)).await;
    ///     assert_eq!(watch.take_ended(), [0, 1]);
    /// });
    /// ```
    #[must_use]
    pub fn reference(&self) -> Option<WatchRef> {
        let core = self.core.get()?;
        Some(WatchRef { group: Rc::clone(&self.group), core: Rc::clone(core) })
    }

    /// Returns `Ready` once the watcher has said yes; until then, the task is woken for it.
    ///
    /// # Panics
    ///
    /// Panics if the watcher did, with the same payload; and outside of the executor of
    /// the tasks, which must be the one that runs.
    #[track_caller]
    pub fn poll_met(&self, cx: &mut Context<'_>) -> Poll<()> {
        let core = context::current();
        if self.core.get().is_some_and(|ours| !Rc::ptr_eq(ours, &core)) {
            misused(FOREIGN_CHILD);
        }
        let (on, at) = (On::Watch(self.group.number()), Place::here());
        self.group.poll_met(|| {
            core.record_await(on, at, at);
            core.waiter(cx)
        })
    }

    /// Says in words for what the future waits, for a recording of the run. Without the
    /// feature `trace`, and if the run isn't recorded, the function isn't called.
    pub fn describe(&self, what: impl FnOnce() -> String) {
        if let Some(core) = self.core.get() {
            core.record_text(what, |what| Event::What { watch: self.group.number(), what });
        }
    }

    /// Says in words why the wait is over, likewise.
    pub fn conclude(&self, why: impl FnOnce() -> String) {
        if let Some(core) = self.core.get() {
            core.record_text(why, |why| Event::Over { watch: self.group.number(), why });
        }
    }

    /// Takes the number of the next task that has ended, in the order in which
    /// they did; `None` if all were taken.
    #[must_use]
    pub fn next_ended(&self) -> Option<u32> {
        self.group.next_ended()
    }

    /// Takes the numbers of the tasks that have ended and weren't taken yet.
    #[must_use]
    pub fn take_ended(&self) -> Vec<u32> {
        iter::from_fn(|| self.next_ended()).collect()
    }

    /// Gives the wait up, as for a timeout: no task is woken for it any more, until
    /// [`poll_met`](Self::poll_met) is called again. The tasks are still watched.
    pub fn give_up(&self) {
        self.group.forget_parent();
    }

    /// Starts another wait on the tasks that are still watched.
    ///
    /// The watcher is asked about tasks that end from now on. About a task that has ended
    /// before, even if it has not been asked yet, it is asked only if the task is
    /// [added](Self::add) again.
    pub fn rearm(&self) {
        self.group.rearm();
    }
}

/// Names a [`Watch`], without keeping it open: for a [`Watcher`] that spawns a further task
/// when one ends.
#[derive(Clone)]
pub struct WatchRef {
    group: Rc<Group>,
    core: Rc<Core>,
}

impl WatchRef {
    /// Watches a task, as [`Watch::add`] does. If the watch was dropped, nobody is asked about
    /// the task.
    ///
    /// # Panics
    ///
    /// Panics if the task is of another executor than those before.
    #[track_caller]
    pub fn add<T>(&self, task: &Task<T>, child: u32) {
        if !self.group.add_running(&self.core, task, child) {
            self.core.notify_late(Rc::clone(&self.group), child);
        }
    }
}

impl Group {
    /// Adds a task of this executor, unless it has ended. Returns whether it was added.
    #[track_caller]
    fn add_running<T>(self: &Rc<Self>, core: &Rc<Core>, task: &Task<T>, child: u32) -> bool {
        assert!(Rc::ptr_eq(core, task.core()), "{FOREIGN_CHILD}");
        core.record(|| Event::Child { watch: self.number(), child, task: task.id() });
        let slot = task.slot();
        let runs = slot.has(flag::LIVE);
        if runs {
            slot.add_waiter(Waiter::Group(Rc::clone(self), child));
        }
        runs
    }
}

impl fmt::Debug for WatchRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchRef").finish_non_exhaustive()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(core) = self.core.get() {
            core.record(|| Event::Unwatch { watch: self.group.number() });
        }
        self.group.close();
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}
