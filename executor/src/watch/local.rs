//! A waker that stays on its thread.

use std::fmt;
use std::rc::Rc;
use std::task::{Context, Waker};

use crate::run::context;
use crate::run::core::Core;
use crate::run::error::contain_quietly;
use crate::run::id::TaskId;

/// Wakes the future that was polled with a context, from the same thread.
///
/// It is for futures that are woken by other tasks or by callbacks, and share what
/// they wait for by an `Rc`. Usually it is no more than the task's id. To clone the
/// context's [`Waker`] makes the task keep a waker of its own, and hides a
/// [deadlock](crate::Deadlock), since such a waker may be anywhere. One that
/// can't leave the thread hides nothing: while the thread is blocked, nobody wakes
/// by it.
///
/// ```compile_fail,E0277
/// fn leaves_the_thread<T: Send>() {}
/// leaves_the_thread::<executor::LocalWaker>();
/// ```
///
/// ```
/// use std::{cell::Cell, future::poll_fn, rc::Rc, task::Poll};
/// use executor::{LocalWaker, block_on, spawn};
///
/// block_on(async {
///     let door = Rc::new((Cell::new(false), Cell::new(None)));
///     let opener = Rc::clone(&door);
///     let task = spawn(poll_fn(move |cx| {
///         let (is_open, waiting) = &*door;
///         if is_open.get() {
///             return Poll::Ready("came in");
///         }
///         waiting.set(Some(LocalWaker::of(cx)));
///         Poll::Pending
///     }));
///     executor::yield_now().await;
///     opener.0.set(true);
///     opener.1.take().into_iter().for_each(LocalWaker::wake);
///     assert_eq!(task.await.unwrap(), "came in");
/// });
/// ```
pub struct LocalWaker(Option<Polled>);

/// The task or the stranger that polled the future.
enum Polled {
    Task(Rc<Core>, TaskId),
    /// A stranger: it lends wakers of its own, and may stand between the task and us.
    Other(Waker),
}

impl LocalWaker {
    /// Creates a waker for the future that is polled with this context.
    #[must_use]
    pub fn of(cx: &Context<'_>) -> Self {
        let task = context::try_current().and_then(|core| Some((core.recognise(cx)?, core)));
        let other = || Polled::Other(cx.waker().clone());
        Self(Some(task.map_or_else(other, |(id, core)| Polled::Task(core, id))))
    }

    /// Wakes, as [`Waker::wake`] does.
    ///
    /// # Panics
    ///
    /// Panics if [`Builder::on_wake`](crate::Builder::on_wake) does, which is called if the
    /// executor doesn't run.
    pub fn wake(mut self) {
        match self.0.take() {
            Some(Polled::Task(core, id)) => context::wake_local(&core, id),
            Some(Polled::Other(waker)) => waker.wake(),
            None => {}
        }
    }
}

/// The destructor of a stranger's waker is foreign code: its panic goes nowhere.
impl Drop for LocalWaker {
    fn drop(&mut self) {
        contain_quietly(|| drop(self.0.take()));
    }
}

impl fmt::Debug for LocalWaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(Polled::Task(_, id)) => write!(f, "LocalWaker(task {id})"),
            Some(Polled::Other(waker)) => write!(f, "LocalWaker({waker:?})"),
            None => f.write_str("LocalWaker(used)"),
        }
    }
}
