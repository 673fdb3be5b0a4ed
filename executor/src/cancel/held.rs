//! Cancellations that are held back, and who gets them back.
//!
//! Who holds one back may be given up before it has gone on with it, or another task may go on with
//! what it does. Then the request is delivered again: to who was asked, and to nobody else, whatever
//! is around by then.

use std::rc::Rc;

use crate::cancel::cancelled::Cancelled;
use crate::cancel::point::{Point, ScopeId};
use crate::cancel::points::own;
use crate::run::context;
use crate::run::core::Core;
use crate::run::id::TaskId;

/// A cancellation that is held back, and who was asked to end; nobody, if nothing was ever polled
/// in the scope.
pub(crate) struct Held {
    pub(crate) cancelled: Cancelled,
    pub(crate) asked: Option<Asked>,
}

/// Who was asked to end while a future ran in a scope.
pub(crate) struct Asked {
    pub(crate) core: Rc<Core>,
    pub(crate) task: TaskId,
    /// True if the task itself was asked, and not only a scope around.
    pub(crate) task_was: bool,
    /// The scopes around that were asked, outwards.
    pub(crate) scopes: Vec<ScopeId>,
}

impl Held {
    pub(crate) fn give_back(self) {
        if let Some(asked) = self.asked
            && let Some(at) = asked.innermost()
        {
            asked.redeliver(at);
        }
    }
}

impl Asked {
    /// Returns the innermost whose request wasn't taken back.
    pub(crate) fn innermost(&self) -> Option<Point> {
        let Self { core, task, .. } = self;
        let counts =
            |scope: &ScopeId| core.points.scope(*scope).is_some_and(|state| state.has(own::COUNTS));
        let scope = self.scopes.iter().copied().find(counts).map(Point::Scope);
        let is_task = self.task_was && core.requests_concerning(*task, None).all() > 0;
        scope.or(is_task.then_some(Point::Task(*task)))
    }

    pub(crate) fn is_polled(&self, at: Point) -> bool {
        context::is_current(&self.core)
            && self.core.find(at).is_some_and(|at| self.core.is_polled(at))
    }

    /// Delivers the request again.
    pub(crate) fn redeliver(&self, at: Point) {
        let _entered = context::enter_from_outside(&self.core);
        self.core.redeliver(at);
    }
}
