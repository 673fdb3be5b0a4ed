//! Cancellation: the way of a request, and its outcome.
//!
//! A request goes from point to point along what each waits for, and marks the
//! last. A marked task ends at its next step; a marked scope catches when it is next
//! polled. The points on the way note that they have passed the request on, until
//! they hear what came of it. A point that stops waiting before it has heard is marked
//! itself, so that no cancellation is lost (I9).

use std::mem::{replace, take};
use std::task::{Context, Poll, Waker};

use crate::cancel::point::{Point, ScopeId, TargetId, Wait};
use crate::cancel::points::{OfTask, ScopeState, Strangers};
use crate::cancel::walk::Step;
use crate::probe::Event;
use crate::run::core::{Core, EndsCancelled};
use crate::run::error::{Payload, contain, contain_quietly, discard};
use crate::run::extras::Extra;
use crate::run::id::{MAIN, TaskId};
use crate::run::slots::{Slot, code, flag};

/// The number of requests that may be within each other before they are noted instead.
const MOST_CALLS: u32 = 32;

/// Requests.
impl Core {
    /// Asks a task to end. Returns `false` if it has ended.
    ///
    /// Does nothing at the end of the executor, which ends this task as well.
    pub(crate) fn cancel(&self, id: TaskId) -> bool {
        let cancellable = self.is_cancellable(id);
        if cancellable && !self.closed.get() {
            self.record(|| Event::Cancel { task: id });
            self.request(Point::Task(id));
        }
        cancellable
    }

    /// Returns whether a request has an effect. The main future can't end without a value:
    /// it can be cancelled only while a scope in it catches that.
    fn is_cancellable(&self, id: TaskId) -> bool {
        let Some(slot) = self.slots.get(id) else { return false };
        if !slot.has(flag::LIVE) {
            slot.set(flag::READ); // (F26)
            return false;
        }
        id.index != MAIN || self.main_catches(id)
    }

    fn main_catches(&self, main: TaskId) -> bool {
        let at = Point::Task(main);
        // While it is polled, its wait is still that of the poll before.
        let in_scope = self.is_polled(at) && self.points.scope.get().is_some();
        in_scope || matches!(self.wait_of(at), Wait::Scope(_))
    }

    /// Sends a request to a point, and then all requests that follow from it.
    ///
    /// A target that is asked on the way requests that other tasks end; these may wait for
    /// targets too, and so on, a million deep. So from some depth on a request is only
    /// noted, and sent when the target has answered.
    pub(crate) fn request(&self, at: Point) {
        let walk = &self.points.walk;
        let depth = walk.depth.get();
        if depth == MOST_CALLS {
            return walk.push(Step::Send(at));
        }
        walk.depth.set(depth + 1);
        let steps = walk.len();
        self.send(at);
        while let Some(step) = walk.next_after(steps) {
            match step {
                Step::Send(at) => self.send(at),
                Step::Restore(at, wait) => self.set_wait(at, wait),
            }
        }
        walk.depth.set(depth);
    }

    /// Sends a request along the waits to the last point (F38), which is marked. The points
    /// on the way go on waiting until that has ended.
    fn send(&self, mut at: Point) {
        let mut left = self.slots.len(); // Tasks may await each other in a ring.
        loop {
            // A point that is being polled takes the request itself, and passes it on when it
            // waits (F43).
            let wait = if self.is_polled(at) { Wait::Nothing } else { self.wait_of(at) };
            let inner = match wait {
                // One that has ended can't take it: then this point is marked (F41).
                Wait::Task(inner) if left > 0 && !self.has_ended(inner) => {
                    left -= 1;
                    Point::Task(inner)
                }
                // Another point may poll the scope by now: then it isn't asked.
                Wait::Scope(scope) if self.point_around(scope) == Some(at) => Point::Scope(scope),
                Wait::Target(target) => match self.ask(at, target) {
                    Some(true) => return self.pass(at, None), // `Restore` lets it wait.
                    Some(false) => return self.mark(at),      // Its wake is on the way (F83).
                    None => break, // Somebody has to take the request: this point.
                },
                _ => break,
            };
            self.pass(at, Some(inner));
            // From now on it is known by its id: the inner task may be gone, and another in
            // its slot, before this point hears (I3).
            self.set_wait(at, wait);
            at = inner;
        }
        self.mark(at);
        self.wake_marked(at);
    }

    /// Asks a target to cancel. Returns its answer; `None` if it is gone, or if it panics.
    /// Until all its requests were sent, the point waits for nothing, so that a walk along
    /// tasks that wait for each other comes to an end.
    fn ask(&self, at: Point, id: TargetId) -> Option<bool> {
        let (waiting, target) = self.points.targets.with(id.0, |it| it.clone())?;
        if waiting != at {
            return None; // Another point polls that future by now.
        }
        let walk = &self.points.walk;
        self.set_wait(at, Wait::Nothing);
        // The last step is the next, so this one comes after those that the target adds.
        walk.push(Step::Restore(at, Wait::Target(id)));
        let before = walk.len();
        let cancelled = contain(|| target.cancel()); // This is foreign code (I7).
        walk.reverse_from(before); // They are sent in the order of the requests (F78).
        contain_quietly(|| drop(target));
        cancelled.map_err(discard).ok()
    }

    /// Notes that a point has passed a request on.
    fn pass(&self, at: Point, to: Option<Point>) {
        let task = self.task_of(at);
        let to = to.and_then(|to| self.task_of(to)).filter(|to| Some(*to) != task);
        if let Some(task) = task {
            self.record(|| Event::Pass { task, to });
        }
        self.points.any_passed.set(true);
        // A mark counts as a request by itself; that one was passed on doesn't.
        if let Point::Task(id) = at {
            self.count(id, 1, 0);
        }
        self.put(at, flag::PASSED, true);
    }

    /// Marks a point: it sees the cancellation at its next step.
    fn mark(&self, at: Point) {
        match at {
            // The mark counts as one request, and all others beside it (F45).
            Point::Task(id) if self.is_marked(at) => self.count(id, 1, 0),
            _ => self.put(at, flag::MARKED, true),
        }
        // Only a request from before `give_way` gives way to a failure.
        if self.is_polled(at) {
            self.points.gives_way.set(false);
        }
        if let Point::Task(task) = at {
            self.record(|| Event::Mark { task });
        }
    }

    /// Wakes a marked point for its next step. A point that is being polled takes none
    /// before it waits (F43). If the point waits, the wait itself is cancelled (F37).
    fn wake_marked(&self, at: Point) {
        if self.is_polled(at) {
            return;
        }
        let Some(task) = self.task_of(at) else { return };
        // The wait of a queued task is over: there only the mark is left to take back (F50).
        if self.slots.get(task).is_some_and(|slot| !slot.has(flag::QUEUED)) {
            self.set_wait(at, Wait::Cancelled);
        }
        // A stranger polls a scope again only if the stranger's own waker is woken.
        let stranger = match at {
            Point::Scope(scope) => {
                let waker = |it: &mut ScopeState| it.strange.as_mut()?.waker.take();
                self.points.scope(scope, waker).flatten()
            }
            Point::Task(_) => None,
        };
        match stranger {
            Some(waker) => contain_quietly(|| waker.wake()), // This is foreign code (I7).
            None => self.wake(task),
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

    /// Returns the number of requests that concern a scope, without those to the scope
    /// itself: the requests to the task, and to the scopes around. Some of the latter may
    /// have been taken back as if they had been to the task.
    pub(crate) fn cancelling_around(&self, task: TaskId, outer: Option<ScopeId>) -> u32 {
        let around = self.points.counted_around(outer).count();
        let itself = self.counted(task, |it| it.requests - it.of_scopes);
        let all = itself.saturating_add(i32::try_from(around).unwrap_or(i32::MAX));
        all.max(0).unsigned_abs()
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
        let mut at = point;
        // The mark may be on a scope in the task; a request to another task stays (F50).
        while self.has_passed(at)
            && let Wait::Scope(scope) = self.wait_of(at)
        {
            at = Point::Scope(scope);
        }
        // In a poll the cancelled wait is over, and the mark was set since (F50).
        let waits = self.wait_of(at) == Wait::Cancelled && !self.is_polled(at);
        if !self.is_marked(at) || waits {
            return false;
        }
        self.clear_mark(at);
        self.hear_around(at);
        at == point
    }

    /// Takes back the marks of scopes that are being polled in a task: the requests to them
    /// count with the task (F50).
    fn unmark_polled(&self, id: TaskId) {
        if self.is_polled(Point::Task(id)) {
            for scope in self.points.around(self.points.scope.get()) {
                self.points.scope(scope, |it| it.put(flag::MARKED, false));
            }
        }
    }
}

/// The outcome of requests.
impl Core {
    /// Notes that the point now polled hears what came of its wait. Returns whether a
    /// request was passed on to that.
    pub(crate) fn hear_end_of(&self, wait: Wait) -> bool {
        // In most programs no request ever is: so most awaits end here.
        if !self.points.any_passed.get() {
            return false;
        }
        self.polled_point().is_some_and(|at| self.hear_of(at, wait))
    }

    /// Returns the innermost point that is being polled.
    pub(crate) fn polled_point(&self) -> Option<Point> {
        let scope = self.points.scope.get().map(Point::Scope);
        scope.or_else(|| self.polling().map(Point::Task))
    }

    fn hear_of(&self, at: Point, wait: Wait) -> bool {
        // The end of anything else says nothing of a request that was passed on to this.
        let hears = self.has_passed(at) && self.wait_of(at) == wait;
        if hears {
            self.put(at, flag::PASSED, false);
            self.hear_around(at);
        }
        hears
    }

    /// Notes that the points around a scope hear, too, if the request went through them.
    pub(crate) fn hear_around(&self, at: Point) {
        if let Point::Scope(scope) = at
            && let Some(around) = self.point_around(scope)
        {
            self.hear_of(around, Wait::Scope(scope));
        }
    }

    fn point_around(&self, scope: ScopeId) -> Option<Point> {
        self.points.scope(scope, |it| it.around())
    }

    /// Takes note of a point's wait after its poll.
    ///
    /// If the point has passed a request on to what it doesn't wait for any more, it is
    /// marked. If it is marked, and waits, the request is sent again from here: to what it
    /// waits for now, or to itself for another step.
    pub(crate) fn after_poll(&self, at: Point, pending: bool, wait: Wait) {
        // It hasn't heard, or it would not have the flag: so nobody else sees to it (I9).
        if self.has_passed(at) && !(pending && self.wait_of(at) == wait) {
            self.put(at, flag::PASSED, false);
            self.take_over(at);
        }
        self.set_wait(at, wait);
        if pending && self.is_marked(at) {
            self.clear_mark(at);
            match at {
                // It has no scope that catches, and can't end without a value.
                Point::Task(id) if id.index == MAIN && !self.main_catches(id) => {}
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
            && let Some(code) = self.points.declared.take_plain()
        {
            slot.set_wait_code(code);
            return Ok(poll);
        }
        self.settle_more(id, slot, poll)
    }

    /// Returns whether no request has to do with the task now polled, and no stranger: a task
    /// that has strangers keeps its wait elsewhere, for it still waits for their scopes if
    /// nothing was declared.
    #[inline(always)]
    fn is_plain(&self, slot: &Slot) -> bool {
        !slot.has(flag::MARKED | flag::PASSED)
            && slot.wait_code() != code::ELSEWHERE
            && !self.points.thrown.get()
    }

    fn settle_more(&self, id: TaskId, slot: &Slot, poll: Poll<()>) -> Result<Poll<()>, Payload> {
        let (at, points) = (Point::Task(id), &self.points);
        let declared = points.declared.take_since(0);
        if self.is_plain(slot)
            && let Some(code) = declared.code()
        {
            slot.set_wait_code(code);
            return Ok(poll);
        }
        let wait = self.or_stranger(at, declared);
        let (thrown, gives_way) = (points.thrown.take(), points.gives_way.take());
        if !slot.has(flag::MARKED | flag::PASSED) && !thrown {
            self.set_wait_of_task(id, slot, wait);
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

    /// Returns what a point waits for: the declared wait, or, if nothing was declared, a
    /// scope that strangers poll. They don't poll it whenever the point is polled.
    fn or_stranger(&self, at: Point, declared: Wait) -> Wait {
        match declared {
            Wait::Nothing => self.first_stranger(at).map_or(declared, Wait::Scope),
            _ => declared,
        }
    }

    /// Takes the list of the scopes right in a point that strangers poll, if it has one.
    fn take_strangers(&self, at: Point) -> Option<Strangers> {
        match at {
            Point::Task(id) => {
                let slot = self.slots.get(id)?;
                self.extras.get(id.index, slot, |it| take(&mut it.cancel.strangers))
            }
            Point::Scope(scope) => {
                let inside = |it: &mut ScopeState| Some(take(&mut it.strange.as_mut()?.inside));
                self.points.scope(scope, inside).flatten()
            }
        }
    }

    /// The first of them takes requests until it is over: also one that was passed on to it.
    fn first_stranger(&self, at: Point) -> Option<ScopeId> {
        // The list is taken out: to look at its scopes needs the table in which it may stand.
        let mut strangers = self.take_strangers(at)?;
        // If there is none, the list is empty by now, and needn't be put back.
        let first = strangers.first(|scope| self.stands_in(at, scope))?;
        self.put_strangers(at, strangers);
        Some(first)
    }

    fn stands_in(&self, at: Point, scope: ScopeId) -> bool {
        self.points.scope(scope, |it| it.stands_in() == Some(at)) == Some(true)
    }

    /// Adds a scope to those right in a point that strangers poll.
    fn add_stranger(&self, at: Point, scope: ScopeId) {
        let mut strangers = self.take_strangers(at).unwrap_or_default();
        strangers.add(scope, |scope| self.stands_in(at, scope));
        self.put_strangers(at, strangers);
        // From now on the wait of a task is kept elsewhere, so that each `settle` asks for them.
        if let Point::Task(_) = at {
            self.set_wait(at, self.wait_of(at));
        }
    }

    fn put_strangers(&self, at: Point, strangers: Strangers) {
        match at {
            Point::Task(id) => {
                if let Some(slot) = self.slots.get(id) {
                    self.extras.of(id.index, slot, |it| it.cancel.strangers = strangers);
                }
            }
            Point::Scope(scope) => {
                self.points.scope(scope, |it| it.strange().inside = strangers);
            }
        }
    }

    /// Notes that a point doesn't wait for something any more. If a request was passed on
    /// to that, the point takes it over: now, or when the poll under way is over. Returns
    /// whether it has done so now.
    pub(crate) fn give_up(&self, at: Point, wait: Wait) -> bool {
        // While the task is polled there is no need: `after_poll` compares the waits.
        let polled = self.task_of(at).is_none_or(|task| self.polling() == Some(task));
        let gives_up = !polled && self.has_passed(at) && self.wait_of(at) == wait;
        if gives_up {
            self.put(at, flag::PASSED, false);
            self.take_over(at);
            self.wake_marked(at);
        }
        gives_up
    }

    /// Notes that a point doesn't wait for a task any more: its await was dropped, or
    /// another point polls it. While the point is polled, the end of that poll does this.
    pub(crate) fn withdraw_join(&self, at: Point, inner: TaskId) {
        let polled = self.task_of(at).is_none_or(|task| self.polling() == Some(task));
        if !polled && !self.give_up(at, Wait::Task(inner)) && self.wait_of(at) == Wait::Task(inner)
        {
            self.set_wait(at, Wait::Nothing);
        }
    }

    /// Marks a point for a request that it had passed on, and that is counted already.
    fn take_over(&self, at: Point) {
        self.mark(at);
        if let Point::Task(id) = at {
            self.count(id, -1, 0);
        }
    }

    /// Notes whether a cancellation that is due gives way to what the task returns.
    pub(crate) fn give_way(&self, gives_way: bool) {
        let task = self.polling().map(Point::Task);
        self.points.gives_way.set(gives_way && task.is_some_and(|at| self.is_marked(at)));
    }
}

/// Scopes.
impl Core {
    /// Begins the poll of a scope. Returns whether the scope is marked.
    #[inline(always)]
    pub(crate) fn begin_scope(&self, scope: ScopeId, task: TaskId, cx: &Context<'_>) -> bool {
        let outer = self.points.scope.get();
        // Nearly each poll comes from the same point as the one before, and there is no news.
        let is_plain = |it: &mut ScopeState| it.is_plain() && it.is_right_in(task, outer);
        if self.recognise(cx).is_some() && self.points.scope(scope, is_plain) == Some(true) {
            self.points.scope.set(Some(scope));
            return false;
        }
        self.begin_scope_anew(scope, task, cx)
    }

    /// Notes the point around a scope that is now polled, and the stranger that polls it, if
    /// one does. Returns whether the scope is marked.
    fn begin_scope_anew(&self, scope: ScopeId, task: TaskId, cx: &Context<'_>) -> bool {
        // To clone a waker is foreign code (I7), so it comes before any change.
        let stranger = self.recognise(cx).is_none().then(|| cx.waker().clone());
        let outer = self.points.scope.replace(Some(scope));
        let begin = |it: &mut ScopeState| {
            let before = (!it.is_right_in(task, outer)).then(|| it.around());
            (it.task, it.outer) = (task, outer);
            let marked = it.has(flag::MARKED);
            // This step isn't marked by that: the scope takes the request when it waits.
            if take(&mut it.owes_redelivery) {
                it.put(flag::MARKED, true);
                it.redelivers = true;
            }
            (marked, before, it.strange.is_some())
        };
        let (marked, before, strange) = self.points.scope(scope, begin).unwrap_or_default();
        if stranger.is_some() || strange {
            self.meet_stranger(scope, stranger);
        }
        marked && !before.is_some_and(|before| self.move_scope(scope, before))
    }

    /// Notes that a scope has moved from one point to another. If the former point has
    /// passed a request on to the scope, it takes that over. Returns whether it has.
    #[cold]
    fn move_scope(&self, scope: ScopeId, before: Point) -> bool {
        let gives_up = self.give_up(before, Wait::Scope(scope));
        if gives_up {
            // The mark was for that request, which isn't its own any more.
            self.put(Point::Scope(scope), flag::MARKED, false);
        }
        gives_up
    }

    /// Notes which stranger polls a scope now, if one does.
    fn meet_stranger(&self, scope: ScopeId, waker: Option<Waker>) {
        let Some(around) = self.point_around(scope) else { return };
        let stands_in = waker.is_some().then_some(around);
        let before = self.points.scope(scope, |it| {
            let strange = it.strange();
            (replace(&mut strange.waker, waker), replace(&mut strange.stands_in, stands_in))
        });
        let Some((waker, stood_in)) = before else { return };
        contain_quietly(|| drop(waker)); // This is foreign code (I7).
        // If it had the same point before, it stands in that list already.
        if stands_in.is_some() && stands_in != stood_in {
            self.add_stranger(around, scope);
        }
    }

    /// Takes note of a scope's wait after its poll.
    pub(crate) fn leave_waiting(&self, scope: ScopeId, declared: usize) {
        let wait = self.points.declared.take_since(declared);
        let plain = self.points.scope(scope, |it| {
            // `after_poll` compares with the wait that a request was passed on to.
            it.wait = if it.has(flag::PASSED) { it.wait } else { wait };
            it.is_plain()
        });
        if plain == Some(false) {
            let at = Point::Scope(scope);
            self.after_poll(at, true, self.or_stranger(at, wait));
        }
    }

    /// Notes that a scope catches. By that the points around it hear.
    pub(crate) fn catch(&self, scope: ScopeId) {
        let at = Point::Scope(scope);
        if let Some(task) = self.task_of(at) {
            self.record(|| Event::Catch { task });
        }
        self.put(at, flag::MARKED, false);
        self.hear_around(at);
    }

    /// Returns whether a scope whose future is over has passed a request on to another
    /// scope in it, which was to catch.
    pub(crate) fn gives_up_catching(&self, scope: ScopeId) -> bool {
        let gives_up =
            |it: &mut ScopeState| it.has(flag::PASSED) && matches!(it.wait, Wait::Scope(_));
        self.points.scope(scope, gives_up) == Some(true)
    }

    /// Forgets a scope, as nothing is in it any more. Returns whether it leaves behind a
    /// request that was to be delivered again, and wasn't.
    pub(crate) fn close_scope(&self, scope: ScopeId) -> bool {
        let Some(state) = self.points.scopes.remove(scope.0) else { return false };
        // While its task is polled there is no need: the end of that poll compares the waits.
        if self.polling() != Some(state.task) {
            self.give_up(state.around(), Wait::Scope(scope));
        }
        let redelivers = state.has(flag::MARKED) && state.redelivers;
        if state.strange.is_some() {
            contain_quietly(|| drop(state)); // This is foreign code (I7).
        }
        redelivers
    }

    /// Delivers a cancellation again that concerns a scope in `outer`: sends a request to
    /// the innermost point around that scope that was cancelled itself.
    pub(crate) fn request_around(&self, task: TaskId, outer: Option<ScopeId>) {
        let scope = self.points.counted_around(outer).next();
        let at = scope.map_or(Point::Task(task), Point::Scope);
        if self.is_polled(at) {
            // If the scope is over before it waits, the request is left to those around.
            if let Some(scope) = scope {
                self.points.scope(scope, |it| it.redelivers = true);
            }
            return self.take_over(at);
        }
        self.request(at);
        if let Point::Task(id) = at {
            self.count(id, -1, 0); // It is counted already.
        }
    }
}

/// The state of points.
impl Core {
    pub(crate) fn task_of(&self, at: Point) -> Option<TaskId> {
        match at {
            Point::Task(id) => Some(id),
            Point::Scope(scope) => self.points.scope(scope, |it| it.task),
        }
    }

    fn is_polled(&self, at: Point) -> bool {
        match at {
            Point::Task(id) => self.polling() == Some(id),
            Point::Scope(scope) => {
                self.points.around(self.points.scope.get()).any(|it| it == scope)
            }
        }
    }

    fn is_marked(&self, at: Point) -> bool {
        self.has(at, flag::MARKED)
    }

    fn has_passed(&self, at: Point) -> bool {
        self.has(at, flag::PASSED)
    }

    fn has(&self, at: Point, flag: u8) -> bool {
        match at {
            Point::Task(id) => self.slots.get(id).is_some_and(|slot| slot.has(flag)),
            Point::Scope(scope) => self.points.scope(scope, |it| it.has(flag)) == Some(true),
        }
    }

    fn put(&self, at: Point, flag: u8, is_true: bool) {
        match at {
            Point::Task(id) => {
                if let Some(slot) = self.slots.get(id) {
                    slot.put(flag, is_true);
                }
            }
            Point::Scope(scope) => _ = self.points.scope(scope, |it| it.put(flag, is_true)),
        }
    }

    fn clear_mark(&self, at: Point) {
        self.put(at, flag::MARKED, false);
        if let Point::Task(task) = at {
            self.record(|| Event::Unmark { task });
        }
    }

    /// Returns what a task waits for, within its scopes.
    pub(crate) fn innermost_wait(&self, task: TaskId) -> Wait {
        self.wait_of(self.innermost_point(task))
    }

    /// Returns the innermost point in a task that waits.
    fn innermost_point(&self, task: TaskId) -> Point {
        let mut at = Point::Task(task);
        while let Wait::Scope(scope) = self.wait_of(at) {
            at = Point::Scope(scope);
        }
        at
    }

    pub(crate) fn wait_of(&self, at: Point) -> Wait {
        let id = match at {
            Point::Task(id) => id,
            Point::Scope(scope) => {
                return self.points.scope(scope, |it| it.wait).unwrap_or_default();
            }
        };
        let Some(slot) = self.slots.get(id) else { return Wait::Nothing };
        match slot.wait_code() {
            code::NOTHING => Wait::Nothing,
            code::CANCELLED => Wait::Cancelled,
            code::ELSEWHERE => self.extras.of(id.index, slot, |it| it.cancel.wait),
            code if code >= code::FREE => {
                self.points.scope_of_code(code, id).map_or(Wait::Nothing, Wait::Scope)
            }
            // Between polls the await holds the inner task, so the slot still has that tenant.
            index => Wait::Task(self.slots.tenant(index).0),
        }
    }

    fn set_wait(&self, at: Point, wait: Wait) {
        match at {
            Point::Task(id) => {
                // The code of a task that has ended says whether it was cancelled: it stays.
                if let Some(slot) = self.slots.get(id).filter(|it| it.has(flag::LIVE)) {
                    self.set_wait_of_task(id, slot, wait);
                }
            }
            Point::Scope(scope) => _ = self.points.scope(scope, |it| it.wait = wait),
        }
    }

    fn set_wait_of_task(&self, id: TaskId, slot: &Slot, wait: Wait) {
        // It hears only of the end of the very task or scope to which it has passed a request.
        let by_id = slot.has(flag::PASSED) && matches!(wait, Wait::Task(_) | Wait::Scope(_));
        let code = wait.code().filter(|_| !by_id && !self.has_strangers(id, slot));
        slot.set_wait_code(code.unwrap_or_else(|| {
            self.extras.of(id.index, slot, |extra| extra.cancel.wait = wait);
            code::ELSEWHERE
        }));
    }

    fn has_strangers(&self, id: TaskId, slot: &Slot) -> bool {
        let are_any = |extra: &mut Extra| extra.cancel.strangers.are_any();
        self.extras.get(id.index, slot, are_any) == Some(true)
    }
}
