//! Passing a cancellation on to several tasks at once.

use std::fmt;
use std::rc::Rc;
use std::task::Context;

use crate::cancel::point::{CancelTarget, Point, TargetId, Wait};
use crate::run::context;
use crate::run::core::Core;

/// Passes a cancellation of the waiting task to a target; a part of a future that waits for
/// several tasks, as `gather` does.
///
/// When the task is cancelled the target is asked to cancel the tasks for which it stands
/// ([`CancelTarget::cancel`]). The task goes on waiting; the future may then end it by
/// [`Cancelled::throw`](crate::Cancelled::throw). If several futures of one task wait, and
/// each of them would take the cancellation, the task is cancelled itself; unless one is in a
/// scope, which takes it. Outside of a task's own poll, as in a future that lends wakers of its own, nothing is passed on.
pub struct PassCancel {
    target: Rc<dyn CancelTarget>,
    waiting: Option<Waiting>,
}

/// The point that waits, the target, and the number of the declaration.
struct Waiting {
    core: Rc<Core>,
    at: Point,
    id: TargetId,
    declaration: u32,
}

impl PassCancel {
    /// Creates a part that passes cancellations on to a target, once its future waits.
    #[must_use]
    pub fn to(target: Rc<dyn CancelTarget>) -> Self {
        Self { target, waiting: None }
    }

    /// Says that the wait is over, and that a cancellation that was passed on has had its
    /// effect. If it isn't called, the task is cancelled for that when it next waits.
    pub fn conclude(self) {
        if let Some(Waiting { core, id, .. }) = &self.waiting {
            core.hear_end_of(Wait::target(*id));
        }
    }

    /// Says that the task that is polled with this context waits. The future has to call
    /// it each time that it returns `Pending`.
    pub fn waits(&mut self, cx: &Context<'_>) {
        let Some((core, at)) = recognised_point(cx) else { return self.wait_no_more() };
        if self.waiting.as_ref().is_some_and(|it| it.at != at || !Rc::ptr_eq(&it.core, &core)) {
            self.wait_no_more();
        }
        let id = match &self.waiting {
            Some(Waiting { id, declaration, .. }) => {
                core.points.declared.withdraw(*declaration);
                *id
            }
            None => core.points.add_target(at, Rc::clone(&self.target)),
        };
        let declaration = core.points.declared.declare(Wait::target(id));
        self.waiting = Some(Waiting { core, at, id, declaration });
    }

    fn wait_no_more(&mut self) {
        if let Some(Waiting { core, at, id, declaration }) = self.waiting.take() {
            drop(core.points.remove_target(id)); // The target lives on: we hold it, too.
            core.end_wait(at, Wait::target(id), declaration);
        }
    }
}

/// Returns the point that is polled with this context, unless a stranger polls there.
fn recognised_point(cx: &Context<'_>) -> Option<(Rc<Core>, Point)> {
    let core = context::try_current()?;
    let at = core.recognise(cx).and_then(|_| core.polled_point())?;
    Some((core, at))
}

/// When it is dropped with its future, it passes nothing on any more.
impl Drop for PassCancel {
    fn drop(&mut self) {
        self.wait_no_more();
    }
}

impl fmt::Debug for PassCancel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let task = self.waiting.as_ref().and_then(|it| Some(it.core.find(it.at)?.task()));
        f.debug_struct("PassCancel").field("waiting", &task).finish_non_exhaustive()
    }
}
