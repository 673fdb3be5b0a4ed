//! Cancellation: from the request to the step that sees to it.
//!
//! A request goes from task to task along what each waits for, and marks the
//! last. A marked task ends at its next step; if a scope in it catches, that
//! step is a poll, in which the innermost scope takes the mark. Whoever waits
//! for a task that ended so ends so too.

use std::mem::take;
use std::rc::Rc;
use std::task::Poll;

use crate::core::{Core, EndsCancelled};
use crate::error::Payload;
use crate::extras::CancelTarget;
use crate::id::{MAIN, TaskId};
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
        let Some(mut slot) = self.cancellable(id) else { return false };
        if self.closed.get() {
            return true;
        }
        let mut id = id;
        while let Some((inner, inner_slot)) = self.inner_of(id, slot) {
            self.note_passed(id.index, slot);
            (id, slot) = (inner, inner_slot);
        }
        match self.target_of(id.index, slot).map(|target| target.cancel()) {
            Some(true) => self.note_passed(id.index, slot),
            // Its wake is on the way (F83).
            Some(false) => self.mark(id.index, slot),
            None => {
                self.mark(id.index, slot);
                self.wake_marked(id.index, slot);
            }
        }
        true
    }

    /// The slot of a task that lives. The main future can't end without a value:
    /// it can be cancelled only while a scope in it catches that.
    fn cancellable(&self, id: TaskId) -> Option<&Slot> {
        let slot = self.slots.get(id)?;
        if !slot.has(flag::LIVE) {
            slot.set(flag::READ); // (F26)
            return None;
        }
        Some(slot).filter(|slot| id.index != MAIN || slot.has(flag::CATCHES))
    }

    /// The task that takes the cancellation of this one: what it awaits, if that
    /// lives and knows of it.
    fn inner_of(&self, id: TaskId, slot: &Slot) -> Option<(TaskId, &Slot)> {
        let BlockedOn::Task(inner) = slot.blocked_on() else { return None };
        let (inner, inner_slot) = self.slots.tenant(inner);
        let waits = inner_slot.has(flag::LIVE) && inner_slot.is_awaited_by(id);
        (waits && !self.is_polled(id.index)).then_some((inner, inner_slot))
    }

    fn target_of(&self, index: u32, slot: &Slot) -> Option<Rc<dyn CancelTarget>> {
        let blocked = slot.blocked_on() == BlockedOn::Target && !self.is_polled(index);
        if blocked { self.extras.target(index) } else { None }
    }

    fn is_polled(&self, index: u32) -> bool {
        self.polling().is_some_and(|polled| polled.index == index)
    }

    /// Counts a cancellation that others have to see to.
    fn note_passed(&self, index: u32, slot: &Slot) {
        self.extras.of(index, slot, |extra| {
            extra.cancels += 1;
            extra.passed = true;
        });
    }

    /// Has the task see the cancellation at its next step.
    fn mark(&self, index: u32, slot: &Slot) {
        if slot.has(flag::CANCELLED) {
            self.extras.of(index, slot, |extra| extra.cancels += 1);
        }
        slot.set(flag::CANCELLED);
    }

    /// Has the task take that step. One that cancels itself takes none before it
    /// waits (F43).
    fn wake_marked(&self, index: u32, slot: &Slot) {
        if !self.is_polled(index) {
            self.enqueue(index, slot);
        }
    }

    /// Takes the mark off, but counts it.
    pub(crate) fn unmark(&self, index: u32, slot: &Slot) {
        slot.clear(flag::CANCELLED);
        self.extras.of(index, slot, |extra| extra.cancels += 1);
    }

    /// How often the task was asked to end, less what was taken back.
    pub(crate) fn cancelling(&self, id: TaskId) -> u32 {
        let Some(slot) = self.slots.get(id) else { return 0 };
        let counted = if slot.has(flag::EXTRA) { self.extras.cancels(id.index) } else { 0 };
        counted + u32::from(slot.has(flag::CANCELLED))
    }

    /// Takes one request back, and the mark if none is left (F50). Returns how
    /// many are.
    pub(crate) fn uncancel(&self, id: TaskId) -> u32 {
        let Some(slot) = self.slots.get(id) else { return 0 };
        if self.cancelling(id) <= 1 {
            slot.clear(flag::CANCELLED);
        }
        self.extras.of(id.index, slot, |extra| extra.cancels = extra.cancels.saturating_sub(1));
        self.cancelling(id)
    }

    /// Whether the task now polled waits for the end of what its cancellation
    /// was passed on to. Asking forgets it.
    pub(crate) fn take_passed(&self) -> bool {
        let Some(TaskId { index, .. }) = self.polling() else { return false };
        let slot = self.slots.at(index);
        slot.has(flag::EXTRA) && self.extras.of(index, slot, |extra| take(&mut extra.passed))
    }

    /// Says what a cancellation of the task now polled is passed on to.
    pub(crate) fn pass_cancel_to(&self, target: Rc<dyn CancelTarget>) {
        let TaskId { index, .. } = self.polled.get();
        let before = self.extras.of(index, self.slots.at(index), |it| it.target.replace(target));
        self.suspension.block_on(BlockedOn::Target);
        drop(before);
    }

    /// Has the poll that begins now deliver the cancellation to a scope.
    #[cold]
    pub(crate) fn deliver(&self, index: u32, slot: &Slot) {
        self.unmark(index, slot);
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
        match self.suspension.plain() {
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
        let cancelled = match poll {
            Poll::Ready(()) => slot.has(flag::CANCELLED) && index != MAIN, // (F44)
            Poll::Pending => left.thrown,
        };
        if cancelled {
            return Err(Box::new(EndsCancelled));
        }
        if poll.is_pending() {
            self.note_suspension(index, slot, &left);
            self.see_to_mark(index, slot, left.undelivered);
        }
        Ok(poll)
    }

    /// Keeps what the poll left for whoever cancels the task.
    fn note_suspension(&self, index: u32, slot: &Slot, left: &Left) {
        if slot.has(flag::EXTRA) && slot.blocked_on() != left.blocked_on {
            self.extras.leave(index, left.blocked_on);
        }
        slot.set_blocked_on(left.blocked_on.pack());
        slot.clear(flag::CATCHES);
        if left.catches {
            slot.set(flag::CATCHES);
        }
    }

    /// A task that was cancelled during its poll waits: passes the cancellation
    /// on, or takes another step for it. So does one of which no scope took it.
    fn see_to_mark(&self, index: u32, slot: &Slot, undelivered: bool) {
        if undelivered {
            self.extras.of(index, slot, |extra| extra.cancels -= 1);
        } else if !slot.has(flag::CANCELLED) {
            return;
        }
        slot.clear(flag::CANCELLED);
        if index != MAIN || slot.has(flag::CATCHES) {
            let (id, _) = self.slots.tenant(index);
            self.cancel(id);
        }
    }
}
