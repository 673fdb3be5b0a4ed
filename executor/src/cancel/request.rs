//! The way of a request: from point to point along what each waits for, to the last.
//!
//! The last point is marked: a marked task ends at its next step, and a marked scope catches when
//! it is next polled. The points on the way note that they have passed the request on, until they
//! hear what came of it.

use crate::cancel::found::Found;
use crate::cancel::point::{Point, TargetId, Wait};
use crate::cancel::points::own;
use crate::cancel::walk::Step;
use crate::probe::{Event, Place};
use crate::run::core::Core;
use crate::run::error::{contain, contain_quietly, discard};
use crate::run::id::{MAIN, TaskId};
use crate::run::slots::{Slot, flag};

/// The number of requests that may be within each other before they are noted instead.
const MOST_CALLS: u32 = 32;

/// Requests.
impl Core {
    /// Asks a task to end. Returns `false` if it has ended.
    ///
    /// Does nothing at the end of the executor, which ends this task as well.
    #[track_caller]
    pub(crate) fn cancel(&self, id: TaskId) -> bool {
        let place = Place::here();
        let Some(slot) = self.slots.get(id) else { return false };
        let at = Found::Task(id, slot);
        let cancellable = self.is_cancellable(at, slot);
        if cancellable && !self.closed.get() {
            self.record(|| Event::Cancel { task: id, at: place.caller() });
            self.request(at);
        }
        cancellable
    }

    /// Returns whether a request has an effect. The main future can't end without a value:
    /// it can be cancelled only while a scope in it catches that.
    fn is_cancellable(&self, at: Found<'_>, slot: &Slot) -> bool {
        if !slot.has(flag::LIVE) {
            slot.set(flag::READ); // (F26)
            return false;
        }
        at.task().index != MAIN || self.main_catches(at)
    }

    pub(crate) fn main_catches(&self, main: Found<'_>) -> bool {
        // While it is polled, its wait is still that of the poll before.
        let in_scope = self.is_polled(main) && self.points.polled_scope.get().is_some();
        in_scope || matches!(self.awaited(main), Some(Found::Scope(..)))
    }

    /// Sends a request to a point, and then all requests that follow from it.
    ///
    /// A target that is asked on the way requests that other tasks end; these may wait for
    /// targets too, and so on, a million deep. So from some depth on a request is only
    /// noted, and sent when the target has answered.
    pub(crate) fn request(&self, at: Found<'_>) {
        let walk = &self.points.walk;
        let depth = walk.depth.get();
        if depth == MOST_CALLS {
            return walk.push(Step::Send(at.point()));
        }
        walk.depth.set(depth + 1);
        let steps = walk.len();
        self.send(at);
        while let Some(step) = walk.next_after(steps) {
            match step {
                Step::Send(at) => self.find(at).map_or((), |at| self.send(at)),
                Step::Restore(at, target) => self.restore(at, target),
            }
        }
        walk.depth.set(depth);
    }

    /// Sends a request along the waits to the last point (F38), which is marked. The points
    /// on the way go on waiting until that point has ended, or has caught.
    fn send<'a>(&'a self, mut at: Found<'a>) {
        self.points.walk.begin_way();
        loop {
            if self.is_polled(at) {
                // It takes the request itself, and passes it on when it waits (F43).
                return self.mark_polled(at);
            }
            if let Some(target) = at.wait().to_target() {
                return self.send_to_target(at, target);
            }
            let Some(inner) = self.awaited(at) else { break };
            // One that has ended can't take it: then this point is marked (F41).
            let has_ended = matches!(inner, Found::Task(_, slot) if !slot.has(flag::LIVE));
            // If tasks await each other in a ring, all of them end once one is marked.
            if has_ended || self.has_gone_round(at) {
                break;
            }
            self.pass(at, Some(inner));
            at = inner;
        }
        self.mark(at);
        self.wake_marked(at);
    }

    /// Returns whether a request comes to a point again on the same way.
    fn has_gone_round(&self, at: Found<'_>) -> bool {
        match at {
            Found::Task(id, slot) => {
                let way = self.extras.of(id.index, slot, |extra| extra.cancel.way);
                way == self.points.walk.way()
            }
            Found::Scope(..) => false, // Each ring has a task in it, so scopes needn't be asked.
        }
    }

    /// Sends a request on to the tasks for which a target stands.
    fn send_to_target(&self, at: Found<'_>, target: TargetId) {
        let (point, cancelled) = (at.point(), self.ask(at, target));
        // The target may have done anything: the point is found anew.
        let Some(at) = self.find(point) else { return };
        match cancelled {
            Some(true) => self.pass(at, None), // `Restore` lets it wait.
            Some(false) => self.mark_awaiting_wake(at),
            None => {
                // Somebody has to take the request: this point.
                self.mark(at);
                self.wake_marked(at);
            }
        }
    }

    /// Asks a target to cancel. Returns its answer; `None` if it is gone, or if it panics.
    /// Until all its requests were sent, the point waits for nothing, so that a walk along
    /// tasks that wait for each other comes to an end.
    fn ask(&self, at: Found<'_>, id: TargetId) -> Option<bool> {
        let (waiting, target) = self.points.target(id)?;
        let point = at.point();
        if waiting != point {
            return None; // Another point polls that future by now.
        }
        let walk = &self.points.walk;
        at.set_wait(Wait::NOTHING);
        // The last step is the next, so this one comes after those that the target adds.
        walk.push(Step::Restore(point, id));
        let added = walk.len();
        let cancelled = contain(|| target.cancel()); // This is foreign code (I7).
        walk.reverse_from(added); // They are sent in the order of the requests (F78).
        contain_quietly(|| drop(target));
        cancelled.map_err(discard).ok()
    }

    /// Lets a point wait for its target again. If the wait was given up meanwhile, the point
    /// sees now what it has passed on.
    fn restore(&self, point: Point, target: TargetId) {
        let Some(at) = self.find(point) else { return };
        at.set_wait(Wait::target(target));
        if !self.points.has_target(target) {
            self.give_up(point, Wait::target(target));
        }
    }

    /// Notes that a point has passed a request on.
    fn pass(&self, at: Found<'_>, to: Option<Found<'_>>) {
        let task = at.task();
        self.record(|| Event::Pass { task, to: to.map(Found::task).filter(|to| *to != task) });
        self.points.any_passed.set(true);
        // A mark counts as a request by itself. A request that is passed on is counted here.
        if let Found::Task(id, slot) = at {
            self.extras.of(id.index, slot, |extra| {
                extra.cancel.requests = extra.cancel.requests.saturating_add(1);
                extra.cancel.way = self.points.walk.way();
            });
        }
        at.put(flag::PASSED, true);
        if let Some(Found::Scope(_, state)) = to {
            state.put(own::RECEIVED, true);
        }
    }
}

/// Marks.
impl Core {
    /// Marks a point: it sees the cancellation at its next step.
    pub(crate) fn mark(&self, at: Found<'_>) {
        match at {
            // The mark counts as one request, and all others beside it (F45).
            Found::Task(id, slot) if slot.has(flag::MARKED) => self.count(id, 1, 0),
            _ => at.put(flag::MARKED, true),
        }
        if let Found::Task(task, _) = at {
            self.record(|| Event::Mark { task });
        }
    }

    /// Marks a point whose wake is on the way (F83), from the target that it waits for: so nobody
    /// wakes it here. If it gives that wait up before, `give_up` does.
    fn mark_awaiting_wake(&self, at: Found<'_>) {
        self.points.any_passed.set(true);
        self.mark(at);
    }

    /// Marks a point that is being polled. It takes no step before it waits (F43).
    fn mark_polled(&self, at: Found<'_>) {
        self.mark(at);
        // Only a request from before `give_way` gives way to a failure.
        self.points.gives_way.set(false);
    }

    /// Wakes a marked point for its next step. If it waits, the wait itself is cancelled (F37).
    pub(crate) fn wake_marked(&self, at: Found<'_>) {
        let task = at.task();
        let slot = match at {
            Found::Task(_, slot) => Some(slot),
            Found::Scope(..) => self.slots.get(task),
        };
        // The wait of a queued task is over: there only the mark is left to take back (F50).
        if slot.is_some_and(|slot| !slot.has(flag::QUEUED)) {
            at.set_wait(Wait::CANCELLED);
        }
        // A stranger polls a scope again only if the stranger's own waker is woken.
        if let Found::Scope(_, state) = at
            && let Some(waker) = state.strange(|it| it.waker.take()).flatten()
        {
            return contain_quietly(|| waker.wake()); // This is foreign code (I7).
        }
        if let Some(slot) = slot {
            self.enqueue(task.index, slot);
        }
    }

    pub(crate) fn clear_mark(&self, at: Found<'_>) {
        at.put(flag::MARKED, false);
        if let Found::Task(task, _) = at {
            self.record(|| Event::Unmark { task });
        }
    }
}
