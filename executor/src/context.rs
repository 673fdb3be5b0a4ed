//! Which executor runs on this thread, for the free functions.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Context;

use crate::core::Core;
use crate::inbox::TaskWaker;
use crate::probe::{On, Place};

thread_local! {
    /// The innermost executor that runs on this thread.
    static CURRENT: RefCell<Option<Rc<Core>>> = const { RefCell::new(None) };
}

const NO_EXECUTOR: &str = "no executor runs on this thread: \
    spawn, sleep and await tasks inside a future that `block_on` runs";

/// Makes an executor the current one until the guard is dropped.
pub(crate) fn enter(core: Rc<Core>) -> Entered {
    Entered { outer: replace(Some(core)) }
}

pub(crate) fn enter_unless_current(core: &Rc<Core>) -> Option<Entered> {
    (!is_current(core)).then(|| enter(Rc::clone(core)))
}

pub(crate) struct Entered {
    outer: Option<Rc<Core>>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        drop(replace(self.outer.take()));
    }
}

/// A thread that is ending has no current executor any more, and needs none:
/// all it may do yet is drop one.
fn replace(current: Option<Rc<Core>>) -> Option<Rc<Core>> {
    CURRENT.try_with(|it| it.replace(current)).ok().flatten()
}

/// The current executor, if there is one.
pub(crate) fn try_current() -> Option<Rc<Core>> {
    CURRENT.try_with(|current| current.borrow().clone()).ok().flatten()
}

/// The current executor.
#[track_caller]
pub(crate) fn current() -> Rc<Core> {
    try_current().expect(NO_EXECUTOR)
}

pub(crate) fn is_current(core: &Rc<Core>) -> bool {
    let is_core = |current: &RefCell<Option<Rc<Core>>>| {
        current.borrow().as_ref().is_some_and(|current| Rc::ptr_eq(current, core))
    };
    CURRENT.try_with(is_core).unwrap_or(false)
}

/// Makes the task that is polled with this context be polled again next turn.
#[track_caller]
pub(crate) fn wake_again(cx: &Context<'_>, at: Place, made_at: Place) {
    let woken = CURRENT.with_borrow(|current| {
        let core = current.as_ref().expect(NO_EXECUTOR);
        core.tell_await(On::Turn, at, made_at);
        core.recognise(cx).map(|task| core.wake(task)).is_some()
    });
    if !woken {
        cx.waker().wake_by_ref();
    }
}

/// Queues the task of a waker, if its executor is the current one; that takes
/// no inbox. Returns whether it was.
pub(crate) fn wake_here(waker: &TaskWaker) -> bool {
    let woken = CURRENT.try_with(|current| {
        let current = current.borrow();
        let ours = current.as_ref().filter(|core| Arc::ptr_eq(&core.door, &waker.door));
        ours.map(|core| core.wake(waker.task())).is_some()
    });
    woken.unwrap_or(false)
}
