//! Cancellation: from the request to the step that sees to it.
//!
//! A request goes from task to task along what each waits for, and marks the
//! last. A marked task ends at its next step; if a scope in it catches, that
//! step is a poll, in which the innermost scope takes the mark. Whoever waits
//! for a task that ended so ends so too.

use std::rc::Rc;
use std::task::Poll;

use crate::core::{Core, EndsCancelled};
use crate::error::{Payload, contain, contain_quietly, discard};
use crate::extras::{CancelTarget, Passed, Step};
use crate::id::{MAIN, TaskId};
use crate::probe::Event;
use crate::slots::{BlockedOn, Slot, flag};
use crate::suspension::Left;

impl Core {
    /// Asks a task to end; `false` if it has ended.
    ///
    /// The request goes to the innermost wait (F38): from a task that is blocked
    /// on another to that one, and so on. The last one is marked, and its next
    /// step is its last. Those on the way go on waiting until it has ended.
    ///
    /// While the executor ends all tasks it ends this one as well.
    pub(crate) fn cancel(&self, id: TaskId) -> bool {
        if self.cancellable(id).is_none() {
            return false;
        }
        if !self.closed.get() {
            self.tell(|| Event::Cancel { task: id });
            self.walk(|| self.walk.push(Step::Send(id)));
        }
        true
    }

    /// Makes a request, and sees to all that follow from it.
    ///
    /// A target that is asked on the way requests that other tasks end; what these
    /// wait for may be a target too, and so on, a million deep. So a request within
    /// a walk is only noted, and sent when the target has answered.
    fn walk<R>(&self, request: impl FnOnce() -> R) -> R {
        let outermost = !self.walk.under_way.replace(true);
        let requested = request();
        if outermost {
            while let Some(step) = self.walk.next() {
                self.take_step(step);
            }
            self.walk.under_way.set(false);
        }
        requested
    }

    fn take_step(&self, step: Step) {
        match step {
            Step::Send(id) => {
                if let Some(slot) = self.cancellable(id) {
                    self.send(id, slot);
                }
            }
            Step::PutBack(id, target) => self.put_target_back(id, target),
        }
    }

    /// Sends one request along the waits.
    fn send(&self, id: TaskId, slot: &Slot) {
        let (mut id, mut slot) = (id, slot);
        let mut ring = Ring::from(id);
        while let Some((inner, inner_slot)) = self.inner_of(id, slot)
            && !ring.closes_at(inner)
        {
            self.note_passed(id.index, slot, Passed::Task(inner));
            (id, slot) = (inner, inner_slot);
        }
        match self.ask_target(id, slot) {
            Some(true) => self.note_passed(id.index, slot, Passed::Target),
            // Its wake is on the way (F83).
            Some(false) => self.mark(id.index, slot),
            None => {
                self.mark(id.index, slot);
                self.wake_marked(id.index, slot);
            }
        }
    }

    /// The slot of a task that lives. The main future can't end without a value:
    /// it can be cancelled only while a scope in it catches that.
    fn cancellable(&self, id: TaskId) -> Option<&Slot> {
        let slot = self.slots.get(id)?;
        if !slot.has(flag::LIVE) {
            slot.set(flag::READ); // (F26)
            return None;
        }
        let main = id.index == MAIN;
        let in_scope = || self.is_polled(MAIN) && self.suspension.is_in_scope();
        Some(slot).filter(|slot| !main || slot.has(flag::CATCHES) || in_scope())
    }

    /// The task that takes the cancellation of this one: what it awaits, if that
    /// lives and knows of it.
    fn inner_of(&self, id: TaskId, slot: &Slot) -> Option<(TaskId, &Slot)> {
        if self.is_polled(id.index) { None } else { self.awaited_by(id, slot.blocked_on()) }
    }

    fn awaited_by(&self, id: TaskId, blocked_on: BlockedOn) -> Option<(TaskId, &Slot)> {
        let BlockedOn::Task(inner) = blocked_on else { return None };
        let (inner, inner_slot) = self.slots.tenant(inner);
        let waits = inner_slot.has(flag::LIVE) && inner_slot.is_awaited_by(id);
        waits.then_some((inner, inner_slot))
    }

    /// Has the target that the task waits for cancel; `None` if there is none, or if
    /// it panics. It stays out of the table until all that it requests was seen to,
    /// so that a walk along tasks that wait for each other comes to an end.
    fn ask_target(&self, id: TaskId, slot: &Slot) -> Option<bool> {
        if slot.blocked_on() != BlockedOn::Target || self.is_polled(id.index) {
            return None;
        }
        let target = self.extras.of(id.index, slot, |extra| extra.target.take())?;
        self.walk.push(Step::PutBack(id, Rc::clone(&target)));
        let before = self.walk.len();
        let cancelled = contain(|| target.cancel()); // Foreign code (I7).
        self.walk.reverse_from(before);
        contain_quietly(|| drop(target));
        cancelled.map_err(discard).ok()
    }

    fn put_target_back(&self, id: TaskId, target: Rc<dyn CancelTarget>) {
        let surplus = match self.slots.get(id) {
            Some(slot) => self.extras.of(id.index, slot, |extra| extra.put_target_back(target)),
            None => Some(target),
        };
        contain_quietly(|| drop(surplus)); // Foreign code (I7).
    }

    fn is_polled(&self, index: u32) -> bool {
        self.polling().is_some_and(|polled| polled.index == index)
    }

    /// Counts a cancellation that others have to see to.
    fn note_passed(&self, index: u32, slot: &Slot, to: Passed) {
        let to_task = if let Passed::Task(inner) = to { Some(inner) } else { None };
        self.tell(|| Event::Pass { task: self.slots.tenant(index).0, to: to_task });
        self.any_passed.set(true);
        self.extras.of(index, slot, |extra| {
            extra.cancels += 1;
            extra.passed = Some(to);
        });
    }

    /// Has the task see the cancellation at its next step.
    fn mark(&self, index: u32, slot: &Slot) {
        if slot.has(flag::CANCELLED) {
            self.extras.of(index, slot, |extra| extra.cancels += 1);
        }
        self.set_mark(index, slot);
    }

    fn set_mark(&self, index: u32, slot: &Slot) {
        slot.set(flag::CANCELLED);
        if self.is_polled(index) {
            self.suspension.give_way(false);
        }
        self.tell(|| Event::Mark { task: self.slots.tenant(index).0 });
    }

    fn clear_mark(&self, index: u32, slot: &Slot) {
        slot.clear(flag::CANCELLED);
        self.tell(|| Event::Unmark { task: self.slots.tenant(index).0 });
    }

    /// Has the task take that step. One that cancels itself takes none before it
    /// waits (F43). Of one that waits, the wait itself is cancelled (F37).
    fn wake_marked(&self, index: u32, slot: &Slot) {
        if self.is_polled(index) {
            return;
        }
        if !slot.has(flag::QUEUED) {
            slot.set_blocked_on(BlockedOn::Cancelled.pack());
        }
        self.enqueue(index, slot);
    }

    /// How often the task was asked to end, less what was taken back.
    pub(crate) fn cancelling(&self, id: TaskId) -> u32 {
        let Some(slot) = self.slots.get(id) else { return 0 };
        let counted = if slot.has(flag::EXTRA) { self.extras.cancels(id.index) } else { 0 };
        counted.saturating_add_unsigned(slot.has(flag::CANCELLED).into()).max(0).unsigned_abs()
    }

    /// Takes one request back, and the mark if none is left; but not a wait that
    /// was cancelled (F50). Returns how many are left.
    pub(crate) fn uncancel(&self, id: TaskId) -> u32 {
        let Some(slot) = self.slots.get(id) else { return 0 };
        match self.cancelling(id) {
            0 => return 0,
            1 if slot.has(flag::CANCELLED) && !self.waits_cancelled(id.index, slot) => {
                self.clear_mark(id.index, slot);
            }
            _ => self.extras.of(id.index, slot, |extra| extra.cancels -= 1),
        }
        self.cancelling(id)
    }

    /// Whether the task waits, and that wait was cancelled.
    fn waits_cancelled(&self, index: u32, slot: &Slot) -> bool {
        slot.blocked_on() == BlockedOn::Cancelled && !self.is_polled(index)
    }

    /// Whether a cancellation of the task now polled was passed on to this one,
    /// of which it now hears. Asking forgets it.
    pub(crate) fn conclude(&self, inner: TaskId) -> bool {
        // Nearly always.
        if !self.any_passed.get() {
            return false;
        }
        let Some(task) = self.polling() else { return false };
        // Beside the scope, the same task may be awaited by others, whom that doesn't concern.
        let is_around = |scope| self.suspension.is_within(scope);
        let by_scope =
            self.forget_passed_by_scopes(|it| (it.0, it.1) == (task, inner) && is_around(it.2));
        self.forget_passed(task, Passed::Task(inner)) || by_scope
    }

    /// Cancels what waits within a scope, in this task. `Some` if that was passed
    /// on to a task; else the scope sees to it, and is woken unless its wake is
    /// on the way.
    pub(crate) fn cancel_scope(&self, task: TaskId, scope: usize, blocked_on: BlockedOn) -> Pass {
        self.walk(|| self.send_from_scope(task, scope, blocked_on))
    }

    fn send_from_scope(&self, task: TaskId, scope: usize, blocked_on: BlockedOn) -> Pass {
        let Some(slot) = self.slots.get(task) else { return Pass::Wake };
        self.cancelled_scopes.borrow_mut().push((task, scope));
        self.extras.of(task.index, slot, |extra| extra.cancels += 1);
        if let Some((inner, _)) = self.awaited_by(task, blocked_on) {
            self.any_passed.set(true);
            self.passed_by_scopes.borrow_mut().push((task, inner, scope));
            self.cancel(inner);
            return Pass::To(inner);
        }
        let waits = blocked_on == BlockedOn::Target;
        match if waits { self.ask_target(task, slot) } else { None } {
            Some(true) => Pass::ToTarget,
            Some(false) => Pass::Await,
            None => Pass::Wake,
        }
    }

    /// Takes the cancellation of a scope back.
    pub(crate) fn uncancel_scope(&self, task: TaskId, scope: usize) {
        self.uncancel(task);
        let mut scopes = self.cancelled_scopes.borrow_mut();
        if let Some(place) = scopes.iter().position(|it| *it == (task, scope)) {
            scopes.swap_remove(place);
        }
    }

    /// How many cancellations concern a scope that isn't cancelled itself: the task's
    /// own, and those of the scopes around it. Those of scopes beside it don't.
    pub(crate) fn cancelling_around(&self, task: TaskId, around: &[usize]) -> u32 {
        let scopes = self.cancelled_scopes.borrow();
        let beside = |it: &&(TaskId, usize)| it.0 == task && !around.contains(&it.1);
        let beside = scopes.iter().filter(beside).count();
        self.cancelling(task).saturating_sub(u32::try_from(beside).unwrap_or(u32::MAX))
    }

    /// Forgets that this scope's cancellation was passed on; `false` if that was
    /// forgotten.
    pub(crate) fn forget_passed_by(&self, scope: usize) -> bool {
        self.forget_passed_by_scopes(|it| it.2 == scope)
    }

    pub(crate) fn has_passed(&self, scope: usize) -> bool {
        self.passed_by_scopes.borrow().iter().any(|it| it.2 == scope)
    }

    /// A scope has taken a cancellation, and what is in it isn't polled any more.
    /// That would have heard of others, which were passed on to what has ended
    /// since: the scope has taken these too (F41).
    pub(crate) fn take_passed(&self) {
        if !self.any_passed.get() {
            return;
        }
        let Some(task) = self.polling() else { return };
        let is_around = |scope| self.suspension.is_within(scope);
        self.forget_passed_by_scopes(|it| it.0 == task && self.has_ended(it.1) && is_around(it.2));
        match self.extras.passed(task.index) {
            Some(Passed::Task(inner)) if !self.has_ended(inner) => {}
            Some(to) => _ = self.forget_passed(task, to),
            None => {}
        }
    }

    fn forget_passed_by_scopes(&self, which: impl Fn(&(TaskId, TaskId, usize)) -> bool) -> bool {
        let mut passed = self.passed_by_scopes.borrow_mut();
        let before = passed.len();
        passed.retain(|it| !which(it));
        passed.len() < before
    }

    /// The future of a target sees to what came of the cancellation.
    pub(crate) fn conclude_target(&self, task: TaskId) {
        self.forget_passed(task, Passed::Target);
    }

    fn forget_passed(&self, task: TaskId, to: Passed) -> bool {
        let Some(slot) = self.slots.get(task).filter(|slot| slot.has(flag::EXTRA)) else {
            return false;
        };
        let passed = self.extras.passed(task.index) == Some(to);
        if passed {
            self.extras.of(task.index, slot, |extra| extra.passed = None);
        }
        passed
    }

    /// Says what a cancellation of the task now polled is passed on to. Returns
    /// the number of the poll.
    pub(crate) fn pass_to(&self, task: TaskId, target: &Rc<dyn CancelTarget>) -> u32 {
        let (slot, target) = (self.slots.at(task.index), Rc::clone(target));
        let before = self.extras.of(task.index, slot, |extra| extra.target.replace(target));
        contain_quietly(|| drop(before)); // Foreign code (I7).
        self.suspension.block_on(BlockedOn::Target)
    }

    /// The task doesn't wait for the target any more.
    pub(crate) fn pass_no_more(&self, task: TaskId, target: &Rc<dyn CancelTarget>) {
        let slot = self.slots.get(task).filter(|slot| slot.has(flag::EXTRA));
        let present = slot.and_then(|_| self.extras.target(task.index));
        let Some(slot) = slot.filter(|_| present.is_some_and(|it| Rc::ptr_eq(&it, target))) else {
            return;
        };
        let target = self.extras.of(task.index, slot, |extra| extra.target.take());
        contain_quietly(|| drop(target)); // Foreign code (I7).
        if slot.blocked_on() == BlockedOn::Target {
            slot.set_blocked_on(BlockedOn::NOTHING);
        }
        if slot.has(flag::LIVE) && self.extras.passed(task.index) == Some(Passed::Target) {
            self.mark_for_passed(task.index, slot);
            self.wake_marked(task.index, slot);
        }
    }

    /// Has the task see a cancellation itself that was passed on.
    fn mark_for_passed(&self, index: u32, slot: &Slot) {
        let marked = slot.has(flag::CANCELLED);
        self.extras.of(index, slot, |extra| {
            extra.cancels -= i32::from(!marked);
            extra.passed = None;
        });
        self.set_mark(index, slot);
    }

    /// Has the poll that begins now deliver the cancellation to a scope, instead
    /// of the mark; and instead of one that was passed on.
    #[cold]
    pub(crate) fn deliver(&self, index: u32, slot: &Slot) {
        slot.clear(flag::CANCELLED);
        self.tell(|| Event::Catch { task: self.slots.tenant(index).0 });
        self.extras.of(index, slot, |extra| {
            extra.cancels += 1;
            extra.passed = None;
        });
        self.suspension.deliver();
    }

    /// After a poll that left more than a future that waits, or in which the
    /// task was cancelled.
    pub(crate) fn settle(
        &self,
        index: u32,
        slot: &Slot,
        poll: Poll<()>,
    ) -> Result<Poll<()>, Payload> {
        match self.suspension.end_plain() {
            Some(code) if !slot.has(flag::CANCELLED | flag::CATCHES | flag::EXTRA) => {
                slot.set_blocked_on(code);
                Ok(poll)
            }
            _ => self.settle_more(index, slot, poll),
        }
    }

    #[cold]
    fn settle_more(&self, index: u32, slot: &Slot, poll: Poll<()>) -> Result<Poll<()>, Payload> {
        let left = self.suspension.end();
        self.mark_again(index, slot, &left, poll);
        let due = slot.has(flag::CANCELLED) && !left.gives_way();
        let lost = poll.is_ready() && due && index != MAIN;
        if left.has_thrown() || lost {
            return Err(Box::new(EndsCancelled)); // (F44)
        }
        if poll.is_pending() {
            slot.set_blocked_on(left.blocked_on().pack());
            slot.clear(flag::CATCHES);
            if left.catches() {
                slot.set(flag::CATCHES);
            }
            self.see_to_mark(index, slot);
        }
        Ok(poll)
    }

    /// No cancellation is lost: not one that no scope has taken, nor one that was
    /// passed on to something that the task has ceased to wait for.
    fn mark_again(&self, index: u32, slot: &Slot, left: &Left, poll: Poll<()>) {
        let passed = if slot.has(flag::EXTRA) { self.extras.passed(index) } else { None };
        let waits = poll.is_pending() && passed.is_some_and(|it| self.waits_for(it, left));
        if left.undelivered || passed.is_some() && !waits {
            self.mark_for_passed(index, slot);
        }
    }

    fn waits_for(&self, passed: Passed, left: &Left) -> bool {
        match passed {
            Passed::Task(inner) => {
                left.blocked_on() == BlockedOn::Task(inner.index) && !self.has_ended(inner)
            }
            Passed::Target => left.blocked_on() == BlockedOn::Target,
        }
    }

    /// A task that is marked, and waits: passes the cancellation on, or takes
    /// another step for it.
    fn see_to_mark(&self, index: u32, slot: &Slot) {
        if !slot.has(flag::CANCELLED) {
            return;
        }
        self.clear_mark(index, slot);
        if index != MAIN || slot.has(flag::CATCHES) {
            let (id, _) = self.slots.tenant(index);
            self.cancel(id);
        }
    }
}

/// What became of a scope's cancellation.
pub(crate) enum Pass {
    To(TaskId),
    ToTarget,
    /// The scope takes it when it is next polled, which it will be.
    Await,
    /// The scope takes it, and must be polled for that.
    Wake,
}

/// Finds out whether tasks await each other in a ring: a task met before, at a
/// step whose number is a power of two, is met again.
struct Ring {
    met: TaskId,
    steps: u32,
}

impl Ring {
    fn from(met: TaskId) -> Self {
        Self { met, steps: 0 }
    }

    fn closes_at(&mut self, next: TaskId) -> bool {
        if next == self.met {
            return true;
        }
        self.steps += 1;
        if self.steps.is_power_of_two() {
            self.met = next;
        }
        false
    }
}
