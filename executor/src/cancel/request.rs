//! Cancellation: the way of a request, and its outcome.
//!
//! A request goes from point to point along what each waits for, and marks the
//! last. A marked task ends at its next step; a marked scope catches when it is next
//! polled. The points on the way note that they have passed the request on, until
//! they hear what came of it. A point that stops waiting before it has heard is marked
//! itself, so that no cancellation is lost (I9).

use std::mem::replace;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use crate::cancel::point::{Point, ScopeId, TargetId, Wait};
use crate::cancel::points::{Counted, Found, OfTask, ScopeState, Strangers, own};
use crate::cancel::table::Entry;
use crate::cancel::walk::Step;
use crate::probe::{Event, Place};
use crate::run::context::{self, FromOutside};
use crate::run::core::{Core, EndsCancelled};
use crate::run::error::{Payload, contain, contain_quietly, discard};
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

    fn main_catches(&self, main: Found<'_>) -> bool {
        // While it is polled, its wait is still that of the poll before.
        let in_scope = self.is_polled(main) && self.points.scope.get().is_some();
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
    /// on the way go on waiting until that has ended.
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
            Found::Task(id, slot) if slot.has(flag::PASSED) => {
                let way = self.extras.of(id.index, slot, |extra| extra.cancel.way);
                way == self.points.walk.way()
            }
            _ => false, // There are tasks in each ring.
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
        let before = walk.len();
        let cancelled = contain(|| target.cancel()); // This is foreign code (I7).
        walk.reverse_from(before); // They are sent in the order of the requests (F78).
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
        // A mark counts as a request by itself; that one was passed on doesn't.
        if let Found::Task(id, slot) = at {
            self.extras.of(id.index, slot, |extra| {
                extra.cancel.requests += 1;
                extra.cancel.way = self.points.walk.way();
            });
        }
        at.put(flag::PASSED, true);
        if let Some(Found::Scope(_, state)) = to {
            state.put(own::ASKED, true);
        }
    }

    /// Marks a point: it sees the cancellation at its next step.
    fn mark(&self, at: Found<'_>) {
        match at {
            // The mark counts as one request, and all others beside it (F45).
            Found::Task(id, slot) if slot.has(flag::MARKED) => self.count(id, 1, 0),
            _ => at.put(flag::MARKED, true),
        }
        if let Found::Task(task, _) = at {
            self.record(|| Event::Mark { task });
        }
    }

    /// Marks a point whose wake is on the way (F83): from what it waits for, so that it is woken
    /// here if it gives that up.
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
    fn wake_marked(&self, at: Found<'_>) {
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
}

/// Counts.
impl Core {
    /// Counts requests to end a task, and how many of them were to scopes in it.
    pub(crate) fn count(&self, id: TaskId, requests: i32, of_scopes: i32) {
        if let Some(slot) = self.slots.get(id) {
            self.extras.of(id.index, slot, |extra| {
                extra.cancel.requests += requests;
                extra.cancel.of_scopes += of_scopes;
            });
        }
    }

    /// Returns the number of requests to end a task, less those that were taken back.
    pub(crate) fn cancelling(&self, id: TaskId) -> u32 {
        self.counted(id, |it| it.requests).max(0).unsigned_abs()
    }

    /// Counts the requests that concern a scope, without those to the scope itself: the
    /// requests to the task, and to the scopes around.
    pub(crate) fn requests_around(&self, task: TaskId, outer: Option<ScopeId>) -> Counted {
        let of_scopes = self.points.counted_around(outer).count();
        Counted {
            of_task: self.counted(task, |it| it.requests - it.of_scopes),
            of_scopes: i32::try_from(of_scopes).unwrap_or(i32::MAX),
        }
    }

    fn counted(&self, id: TaskId, of: impl FnOnce(&OfTask) -> i32) -> i32 {
        let Some(slot) = self.slots.get(id) else { return 0 };
        let counted = self.extras.get(id.index, slot, |extra| of(&extra.cancel)).unwrap_or(0);
        counted.saturating_add(slot.has(flag::MARKED).into())
    }

    /// Takes one request back, and the mark if none is left; but not a wait that was
    /// cancelled (F50). Returns how many are left.
    pub(crate) fn uncancel(&self, id: TaskId) -> u32 {
        match self.cancelling(id) {
            0 => return 0,
            1 => {
                self.unmark_polled(id);
                // If the task was marked, the request has counted by its mark.
                if !self.unmark(Point::Task(id)) {
                    self.count(id, -1, 0);
                }
            }
            _ => self.count(id, -1, 0),
        }
        self.cancelling(id)
    }

    /// Takes back the mark that a request to this point has left. Returns whether the
    /// point itself was marked.
    fn unmark(&self, point: Point) -> bool {
        let Some(mut at) = self.find(point) else { return false };
        // The mark may be on a scope in the task; a request to another task stays (F50).
        while at.has(flag::PASSED)
            && let Some(scope @ Found::Scope(..)) = self.awaited(at)
        {
            at = scope;
        }
        // In a poll the cancelled wait is over, and the mark was set since (F50).
        let waits = at.wait() == Wait::CANCELLED && !self.is_polled(at);
        if !at.has(flag::MARKED) || waits {
            return false;
        }
        self.clear_mark(at);
        self.hear_around(at);
        at.point() == point
    }

    /// Takes back the marks of scopes that are being polled in a task: the requests to them
    /// count with the task (F50).
    fn unmark_polled(&self, id: TaskId) {
        if self.polling() == Some(id) {
            for scope in self.points.around(self.points.scope.get()) {
                if let Some(state) = self.points.scope(scope) {
                    state.put(flag::MARKED, false);
                }
            }
        }
    }
}

/// The outcome of requests.
impl Core {
    /// Notes that the point now polled hears what came of its wait. Returns whether a
    /// request was passed on to that.
    pub(crate) fn hear_end_of(self: &Rc<Self>, wait: Wait) -> bool {
        // In most programs no request ever is: so most awaits end here. And if another executor
        // runs amid this poll, the end is for whoever that one polls.
        if !self.points.any_passed.get() || !context::is_current(self) {
            return false;
        }
        let Some(at) = self.polled_point().and_then(|at| self.find(at)) else { return false };
        let hears = at.hears(wait);
        if hears {
            self.hear_around(at);
        }
        hears
    }

    /// Returns the innermost point that is being polled.
    pub(crate) fn polled_point(&self) -> Option<Point> {
        let scope = self.points.scope.get().map(Point::Scope);
        scope.or_else(|| self.polling().map(Point::Task))
    }

    /// Notes that the points around a scope hear, too, if the request went through them.
    fn hear_around<'a>(&'a self, mut at: Found<'a>) {
        while let Found::Scope(scope, state) = at {
            state.put(own::REDELIVERS, false); // It has been delivered.
            if !state.has(own::ASKED) {
                return;
            }
            state.put(own::ASKED, false);
            match self.find(state.around()) {
                Some(around) if around.hears(Wait::scope(scope)) => at = around,
                _ => return,
            }
        }
    }

    /// Takes note of a point's wait after its poll.
    ///
    /// If the point has passed a request on to what it doesn't wait for any more, it is
    /// marked. If it is marked, and waits, the request is sent again from here: to what it
    /// waits for now, or to itself for another step.
    fn after_poll(&self, at: Found<'_>, pending: bool, wait: Wait) {
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
        self.settle_more(id, slot, poll)
    }

    /// Returns whether no request has to do with the task now polled, and no stranger: if
    /// nothing was declared, the task still waits for the scopes that strangers poll.
    #[inline(always)]
    fn is_plain(&self, slot: &Slot) -> bool {
        !slot.has(flag::MARKED | flag::PASSED | flag::STRANGE) && !self.points.thrown.get()
    }

    #[cold]
    fn settle_more(&self, id: TaskId, slot: &Slot, poll: Poll<()>) -> Result<Poll<()>, Payload> {
        let (at, points) = (Found::Task(id, slot), &self.points);
        let wait = self.take_wait(at, 0);
        let (thrown, gives_way) = (points.thrown.take(), points.gives_way.take());
        if !slot.has(flag::MARKED | flag::PASSED) && !thrown {
            slot.wait.set(wait);
            return Ok(poll);
        }
        self.after_poll(at, poll.is_pending(), wait);
        // A task that has cancelled itself and returns loses a value, but no failure.
        let due = slot.has(flag::MARKED) && !gives_way;
        let lost = poll.is_ready() && due && id.index != MAIN;
        if thrown || lost {
            return Err(Box::new(EndsCancelled)); // (F44)
        }
        Ok(poll)
    }

    /// Takes what was declared as the wait of a point. One that has passed a request on goes on
    /// waiting for that while it is there, whatever else it waits for by now.
    fn take_wait(&self, at: Found<'_>, since: usize) -> Wait {
        let passed_to = self.goes_on_waiting(at, since);
        let declared = self.points.declared.take_since(since);
        passed_to.unwrap_or_else(|| self.or_stranger(at, declared))
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

    /// Returns what a point waits for: the declared wait, or, if nothing was declared, a
    /// scope that strangers poll. They don't poll it whenever the point is polled.
    fn or_stranger(&self, at: Found<'_>, declared: Wait) -> Wait {
        match declared {
            Wait::NOTHING => self.first_stranger(at).map_or(declared, Wait::scope),
            _ => declared,
        }
    }

    /// Looks at the list of the scopes right in a point that strangers poll, if it has one.
    fn strangers<R>(&self, at: Found<'_>, look: impl FnOnce(&mut Strangers) -> R) -> Option<R> {
        match at {
            Found::Task(id, slot) => {
                self.extras.get(id.index, slot, |it| look(&mut it.cancel.strangers))
            }
            Found::Scope(_, state) => state.strange(|it| look(&mut it.inside)),
        }
    }

    /// The first of them takes requests until it is over: also one that was passed on to it.
    fn first_stranger(&self, at: Found<'_>) -> Option<ScopeId> {
        let lives = |scope| self.stands_in(at.point(), scope);
        self.strangers(at, |all| all.first(lives)).flatten()
    }

    fn stands_in(&self, at: Point, scope: ScopeId) -> bool {
        let state = self.points.scope(scope);
        state.and_then(|it| it.strange(|it| it.stands_in)).flatten() == Some(at)
    }

    /// Adds a scope to those right in a point that strangers poll.
    fn add_stranger(&self, at: Point, scope: ScopeId) {
        let lives = |scope| self.stands_in(at, scope);
        match self.find(at) {
            Some(Found::Scope(_, state)) => state.make_strange(|it| it.inside.add(scope, lives)),
            Some(Found::Task(id, slot)) => {
                slot.set(flag::STRANGE);
                self.extras.of(id.index, slot, |it| it.cancel.strangers.add(scope, lives));
            }
            None => {}
        }
    }

    /// Enters an executor, if that doesn't run, in which a wait is about to be given up: by
    /// that a task may be woken, of which the host's loop is told.
    pub(crate) fn enter_to_give_up(self: &Rc<Self>) -> Option<FromOutside> {
        if self.points.any_passed.get() { context::enter_from_outside(self) } else { None }
    }

    /// Notes that a point doesn't wait for something any more: the future that waits was
    /// dropped, or another point polls it. If a request was passed on to that, the point takes
    /// it over. While the point is polled, the end of that poll does all this.
    pub(crate) fn give_up(&self, at: Point, wait: Wait) {
        if let Some(at) = self.find(at)
            && at.wait() == wait
            && !self.is_polled(at)
        {
            let hears = at.hears(wait);
            at.set_wait(Wait::NOTHING);
            if hears {
                self.take_over(at);
            }
            // A wake that was on the way goes with the wait.
            if at.has(flag::MARKED) {
                self.wake_marked(at);
            }
        }
    }

    /// Marks a point for a request that it had passed on, and that is counted already.
    fn take_over(&self, at: Found<'_>) {
        self.mark(at);
        if let Found::Task(id, _) = at {
            self.count(id, -1, 0);
        }
    }

    /// Notes whether a cancellation that is due gives way to what the task returns.
    pub(crate) fn give_way(&self, gives_way: bool) {
        let slot = self.polling().and_then(|task| self.slots.get(task));
        let is_due = slot.is_some_and(|slot| slot.has(flag::MARKED));
        self.points.gives_way.set(gives_way && is_due);
    }
}

/// Scopes.
impl Core {
    /// Begins the poll of a scope. Returns whether the scope is marked.
    #[inline(always)]
    pub(crate) fn begin_scope(&self, scope: ScopeId, state: &ScopeState, cx: &Context<'_>) -> bool {
        let outer = self.points.scope.get();
        // Nearly each poll comes from the same point as the one before, and there is no news.
        let is_known = |task| state.is_plain() && state.is_right_in(task, outer);
        if self.recognise(cx).is_some_and(is_known) {
            self.points.scope.set(Some(scope));
            return false;
        }
        self.begin_scope_anew(scope, state, cx)
    }

    /// Notes the point around a scope that is now polled, and the stranger that polls it, if
    /// one does. Returns whether the scope is marked.
    fn begin_scope_anew(&self, scope: ScopeId, state: &ScopeState, cx: &Context<'_>) -> bool {
        let Some(task) = self.polling() else { return false };
        // To clone a waker is foreign code (I7), so it comes before any change.
        let stranger = self.recognise(cx).is_none().then(|| cx.waker().clone());
        let outer = self.points.scope.replace(Some(scope));
        let before = (!state.is_right_in(task, outer)).then(|| state.around());
        if before.is_some() {
            let former = state.task.get();
            state.move_to(task, outer);
            state.put(own::ASKED, true); // By that point, if it is to come back to it.
            if former != task {
                self.count_anew(state);
            }
        }
        let marked = state.has(flag::MARKED);
        // This step isn't marked by that: the scope takes the request when it waits.
        if state.has(own::OWES_REDELIVERY) {
            state.put(own::OWES_REDELIVERY, false);
            state.put(flag::MARKED | own::REDELIVERS, true);
        }
        if stranger.is_some() || state.has(flag::STRANGE) {
            self.meet_stranger(scope, state, stranger);
        }
        // The mark may be for a request that the point around it takes over.
        let keeps_mark = |before| self.move_scope(scope, state, before);
        before.is_none_or(keeps_mark) && marked
    }

    /// Notes that a scope has moved from one point to another. A request that came from the
    /// former point doesn't move to another task: that point takes it over, unless it has done
    /// so. Returns whether the scope keeps its mark, if it has one.
    #[cold]
    fn move_scope(&self, scope: ScopeId, state: &ScopeState, before: Point) -> bool {
        self.give_up(before, Wait::scope(scope));
        if self.task_of(before) != self.polling() {
            self.forget_request(Found::Scope(scope, state));
        }
        state.has(flag::MARKED)
    }

    /// Notes which cancellations had come before another task polled a scope: those of that
    /// task, and of the scopes around that have moved with this one.
    fn count_anew(&self, state: &ScopeState) {
        let now = self.requests_around(state.task.get(), state.outer.get());
        let of_scopes = now.of_scopes.min(state.before.get().of_scopes);
        state.before.set(Counted { of_scopes, ..now });
    }

    /// Forgets a request that came to a scope from the point around it: in the scope, and in
    /// those within it that it was passed on to. A scope that was cancelled itself keeps its own.
    fn forget_request<'a>(&'a self, at: Found<'a>) {
        let mut next = Some(at);
        while let Some(at) = next
            && let Found::Scope(_, state) = at
            && !state.has(own::COUNTS)
        {
            next = if at.has(flag::PASSED) { self.awaited(at) } else { None };
            state.put(flag::MARKED | flag::PASSED, false);
        }
    }

    /// Notes which stranger polls a scope now, if one does.
    fn meet_stranger(&self, scope: ScopeId, state: &ScopeState, waker: Option<Waker>) {
        let around = state.around();
        let stands_in = waker.is_some().then_some(around);
        let (waker, stood_in) = state.make_strange(|it| {
            (replace(&mut it.waker, waker), replace(&mut it.stands_in, stands_in))
        });
        contain_quietly(|| drop(waker)); // This is foreign code (I7).
        // If it had the same point before, it stands in that list already.
        if stands_in.is_some() && stands_in != stood_in {
            self.add_stranger(around, scope);
        }
    }

    /// Takes note of a scope's wait after its poll.
    #[inline(always)]
    pub(crate) fn leave_waiting(&self, scope: ScopeId, state: &ScopeState, declared: usize) {
        if state.is_plain() {
            return state.wait.set(self.points.declared.take_since(declared));
        }
        let at = Found::Scope(scope, state);
        self.after_poll(at, true, self.take_wait(at, declared));
    }

    /// Notes that a scope catches. By that the points around it hear.
    pub(crate) fn catch(&self, scope: ScopeId, state: &ScopeState) {
        self.record(|| Event::Catch { task: state.task.get() });
        state.put(flag::MARKED, false);
        self.hear_around(Found::Scope(scope, state));
    }

    /// Closes a scope, as nothing is in it any more. Returns whether it leaves behind a
    /// request that was to be delivered again, and wasn't.
    #[inline(always)]
    pub(crate) fn close_scope(&self, scope: ScopeId, state: &Entry<ScopeState>) -> bool {
        if state.is_plain() {
            self.points.close_scope(scope, state);
            return false;
        }
        self.close_asked_scope(scope, state)
    }

    fn close_asked_scope(&self, scope: ScopeId, state: &Entry<ScopeState>) -> bool {
        let around = state.around();
        let redelivers = state.has(flag::MARKED | flag::PASSED) && state.has(own::REDELIVERS);
        let strange = state.take_strange();
        self.points.close_scope(scope, state);
        self.give_up(around, Wait::scope(scope));
        if strange.is_some() {
            contain_quietly(|| drop(strange)); // This is foreign code (I7).
        }
        redelivers
    }

    /// Returns the innermost point around a scope in `outer` that was cancelled itself: the
    /// task, if no scope was. It is none if the task has ended, or does so with the executor.
    fn asked_around(&self, task: TaskId, outer: Option<ScopeId>) -> Option<Found<'_>> {
        let scope = self.points.counted_around(outer).next();
        let at = self.find(scope.map_or(Point::Task(task), Point::Scope))?;
        let lives = self.slots.get(at.task()).is_some_and(|slot| slot.has(flag::LIVE));
        (lives && !self.closed.get()).then_some(at)
    }

    /// Returns whether that is polled now.
    pub(crate) fn is_asked_polled(&self, task: TaskId, outer: Option<ScopeId>) -> bool {
        self.asked_around(task, outer).is_some_and(|at| self.is_polled(at))
    }

    /// Delivers a cancellation again that concerns a scope in `outer`: sends a request to
    /// the innermost point around that scope that was cancelled itself.
    pub(crate) fn request_around(&self, task: TaskId, outer: Option<ScopeId>) {
        let Some(at) = self.asked_around(task, outer) else { return };
        // If the scope is over before it catches, the request is left to those around.
        if let Found::Scope(_, state) = at {
            state.put(own::REDELIVERS, true);
        }
        if self.is_polled(at) {
            self.points.gives_way.set(false);
            return self.take_over(at);
        }
        self.request(at);
        if let Point::Task(id) = at.point() {
            self.count(id, -1, 0); // It is counted already.
        }
    }
}

/// The state of points.
impl Core {
    /// Finds the state of a point, if that is still there.
    #[inline(always)]
    pub(crate) fn find(&self, at: Point) -> Option<Found<'_>> {
        match at {
            Point::Task(id) => self.slots.get(id).map(|slot| Found::Task(id, slot)),
            Point::Scope(scope) => self.points.scope(scope).map(|it| Found::Scope(scope, it)),
        }
    }

    pub(crate) fn task_of(&self, at: Point) -> Option<TaskId> {
        match at {
            Point::Task(id) => Some(id),
            Point::Scope(scope) => self.points.scope(scope).map(|it| it.task.get()),
        }
    }

    #[inline(always)]
    fn is_polled(&self, at: Found<'_>) -> bool {
        match at {
            Found::Task(id, _) => self.polling() == Some(id),
            Found::Scope(scope, _) => self.points.scope.get().is_some() && self.is_around(scope),
        }
    }

    /// Returns whether a scope is the innermost one that is being polled, or around that.
    #[inline(never)]
    fn is_around(&self, scope: ScopeId) -> bool {
        self.points.around(self.points.scope.get()).any(|it| it == scope)
    }

    fn clear_mark(&self, at: Found<'_>) {
        at.put(flag::MARKED, false);
        if let Found::Task(task, _) = at {
            self.record(|| Event::Unmark { task });
        }
    }

    /// Returns the innermost of the scopes that a point waits for; if there is none, the point.
    pub(crate) fn innermost<'a>(&'a self, mut at: Found<'a>) -> Found<'a> {
        while let Some(scope @ Found::Scope(..)) = self.awaited(at) {
            at = scope;
        }
        at
    }

    /// Returns the point that a point waits for: none if that is gone, or if it is a scope that
    /// another point polls by now.
    pub(crate) fn awaited(&self, at: Found<'_>) -> Option<Found<'_>> {
        let inner = self.find(at.wait().to_point()?)?;
        let is_elsewhere = matches!(inner, Found::Scope(_, it) if it.around() != at.point());
        if is_elsewhere { None } else { Some(inner) }
    }
}
