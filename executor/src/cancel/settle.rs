//! The end of a poll: what the point waits for by then, and what becomes of a request.

use std::task::Poll;

use crate::cancel::found::Found;
use crate::cancel::point::{Point, Wait};
use crate::run::core::{Core, EndsCancelled};
use crate::run::error::Payload;
use crate::run::id::{MAIN, TaskId};
use crate::run::slots::{Slot, flag};

impl Core {
    /// Settles the poll of a task: takes note of its wait, and of a cancellation that it
    /// ends by. Returns that as an error.
    #[inline(always)]
    pub(crate) fn settle(
        &self,
        id: TaskId,
        slot: &Slot,
        poll: Poll<()>,
    ) -> Result<Poll<()>, Payload> {
        // Nearly each poll ends here.
        if self.is_plain(slot)
            && let Some(wait) = self.points.declared.take_plain()
        {
            slot.wait.set(wait);
            return Ok(poll);
        }
        self.settle_with_news(id, slot, poll)
    }

    /// Returns whether no request has to do with the task now polled, and no stranger. (A task
    /// with strangers may wait for their scopes though nothing was declared.)
    #[inline(always)]
    pub(crate) fn is_plain(&self, slot: &Slot) -> bool {
        !slot.has(flag::MARKED | flag::PASSED | flag::STRANGE) && !self.points.thrown.get()
    }

    #[cold]
    fn settle_with_news(
        &self,
        id: TaskId,
        slot: &Slot,
        poll: Poll<()>,
    ) -> Result<Poll<()>, Payload> {
        let (at, points) = (Found::Task(id, slot), &self.points);
        let wait = self.choose_wait(at, 0);
        let (thrown, gives_way) = (points.thrown.take(), points.gives_way.take());
        if !slot.has(flag::MARKED | flag::PASSED) && !thrown {
            slot.wait.set(wait);
            return Ok(poll);
        }
        self.after_poll(at, poll.is_pending(), wait);
        // A task that was asked to end and returns loses a value, but no failure.
        let lost = poll.is_ready() && !gives_way && id.index != MAIN;
        if thrown || lost {
            return Err(Box::new(EndsCancelled)); // (F44)
        }
        Ok(poll)
    }

    /// Takes note of a point's wait after its poll.
    ///
    /// If the point has passed a request on to what it doesn't wait for any more, it is
    /// marked. If it is marked, and waits, the request is sent again from here: to what it
    /// waits for now, or to itself for another step.
    pub(crate) fn after_poll(&self, at: Found<'_>, pending: bool, wait: Wait) {
        // It hasn't heard, or it would not have the flag: so nobody else sees to it (I9).
        if at.has(flag::PASSED) && !(pending && at.wait() == wait) {
            at.put(flag::PASSED, false);
            self.take_over(at);
        }
        at.set_wait(wait);
        if pending && at.has(flag::MARKED) {
            self.clear_mark(at);
            match at {
                // It has no scope that catches, and can't end without a value.
                Found::Task(id, _) if id.index == MAIN && !self.main_catches(at) => {}
                _ => self.request(at),
            }
        }
    }

    /// Takes what was declared as the wait of a point. One that has passed a request on goes on
    /// waiting for that while it is there, whatever else it waits for by now.
    pub(crate) fn choose_wait(&self, at: Found<'_>, since: usize) -> Wait {
        let passed_to = self.goes_on_waiting(at, since);
        let declared = self.points.declared.take_since(since);
        passed_to.unwrap_or_else(|| self.or_strange_scope(at, declared))
    }

    /// Returns that to which a point has passed a request on, if it still waits for it.
    fn goes_on_waiting(&self, at: Found<'_>, since: usize) -> Option<Wait> {
        let passed_to = Some(at.wait()).filter(|_| at.has(flag::PASSED))?;
        let is_strange = match passed_to.to_point() {
            Some(Point::Scope(scope)) => self.stands_in(at.point(), scope),
            _ => false,
        };
        (is_strange || self.points.declared.has_since(since, passed_to)).then_some(passed_to)
    }

    /// Notes whether a cancellation that is due gives way to what the task returns: one that the
    /// task is marked for, or a scope in it that is polled, and that may leave it to the task.
    pub(crate) fn give_way(&self, gives_way: bool) {
        let outer = self.points.polled_scope.get();
        let is_due = self.polling().is_some_and(|task| self.have(flag::MARKED, task, outer));
        self.points.gives_way.set(gives_way && is_due);
    }
}
