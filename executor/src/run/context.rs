//! The executor that runs on this thread, for the free functions.

use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Context;
use std::thread::panicking;

use crate::probe::{On, Place};
use crate::run::core::Core;
use crate::run::error::contain_quietly;
use crate::run::id::TaskId;
use crate::run::inbox::TaskWaker;

thread_local! {
    /// The innermost executor that runs on this thread. It has no destructor, so it
    /// is there to the end of the thread, whose other thread-locals may own an
    /// executor. Nothing is lost by that: the guard of each run empties it again.
    static CURRENT: RefCell<ManuallyDrop<Option<Rc<Core>>>> =
        const { RefCell::new(ManuallyDrop::new(None)) };
}

const NO_EXECUTOR: &str = "no executor runs on this thread: spawn, sleep and await tasks \
    inside a future that `block_on` runs; or spawn by the method of an `Executor` between its \
    turns, and by a `remote` or a `courier` from another thread";

/// Makes an executor the current one until the guard is dropped.
pub(crate) fn enter(core: Rc<Core>) -> Entered {
    Entered { outer: replace(Some(core)) }
}

/// Makes an executor the current one, unless it is already, while something is done
/// to it from outside of its run.
pub(crate) fn enter_from_outside(core: &Rc<Core>) -> Option<FromOutside> {
    if is_current(core) {
        return None;
    }
    core.hear_all();
    let (core, ready) = (Rc::clone(core), core.ready.borrow().len());
    Some(FromOutside { _entered: enter(Rc::clone(&core)), core, ready })
}

/// A time during which something is done to an executor from outside of its run.
pub(crate) struct FromOutside {
    core: Rc<Core>,
    /// The number of entries that its ready queue had before.
    ready: usize,
    _entered: Entered,
}

/// If anything was queued, the host's loop is told of it, as of any other wake.
impl Drop for FromOutside {
    fn drop(&mut self) {
        if self.core.ready.borrow().len() > self.ready {
            let door = self.core.inbox.door();
            if panicking() {
                contain_quietly(|| door.call_on_wake()); // A second panic would abort.
            } else {
                door.call_on_wake();
            }
        }
    }
}

/// While an executor isn't the current one, the wakes of this thread go to its
/// inbox too. So all that may queue a task from outside makes it hear them first: then they
/// keep their place in the order.
pub(crate) fn hear_from_outside(core: &Rc<Core>) {
    if !is_current(core) {
        core.hear_all();
    }
}

pub(crate) struct Entered {
    outer: Option<Rc<Core>>,
}

/// The executor that is the current one again hears what it has missed.
impl Drop for Entered {
    fn drop(&mut self) {
        if let Some(outer) = &self.outer {
            outer.hear_all();
        }
        drop(replace(self.outer.take()));
    }
}

fn replace(current: Option<Rc<Core>>) -> Option<Rc<Core>> {
    ManuallyDrop::into_inner(CURRENT.replace(ManuallyDrop::new(current)))
}

/// Looks at the current executor, if there is one. `look` runs under a borrow (I7).
pub(crate) fn with_current<R>(look: impl FnOnce(Option<&Rc<Core>>) -> R) -> R {
    CURRENT.with_borrow(|current| look(current.as_ref()))
}

/// The current executor, if there is one.
pub(crate) fn try_current() -> Option<Rc<Core>> {
    with_current(|current| Some(Rc::clone(current?)))
}

/// The current executor.
#[track_caller]
pub(crate) fn current() -> Rc<Core> {
    try_current().expect(NO_EXECUTOR)
}

pub(crate) fn is_current(core: &Rc<Core>) -> bool {
    with_current(|current| current.is_some_and(|it| Rc::ptr_eq(it, core)))
}

/// Makes the task that is polled with this context be polled again next turn.
#[track_caller]
pub(crate) fn wake_again(cx: &Context<'_>, at: Place, made_at: Place) {
    let woken = with_current(|current| {
        let core = current.expect(NO_EXECUTOR);
        core.record_await(On::Turn, at, made_at);
        core.recognise(cx).map(|task| core.wake(task)).is_some()
    });
    if !woken {
        cx.waker().wake_by_ref();
    }
}

/// Queues a task of an executor on this thread. If that isn't the current one, its
/// `on_wake` is called, as for a wake that goes through the inbox.
pub(crate) fn wake_local(core: &Rc<Core>, task: TaskId) {
    if is_current(core) {
        return core.wake(task);
    }
    core.hear_all();
    let is_new = core.waits(task);
    core.wake(task);
    if is_new {
        core.inbox.door().call_on_wake();
    }
}

/// Queues the task of a waker, if its executor is the current one; this needs no
/// inbox. Returns whether it was.
pub(crate) fn wake_here(waker: &TaskWaker) -> bool {
    with_current(|current| {
        let ours = current.filter(|core| Arc::ptr_eq(core.inbox.door(), &waker.door));
        ours.map(|core| core.wake(waker.task())).is_some()
    })
}
