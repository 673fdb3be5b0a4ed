//! What a task was asked, and what has come of that.

use std::cell::Cell;

use super::super::faults::expect;

/// The account of a task that polls what stands on its shelves.
#[derive(Default)]
pub(super) struct Account {
    /// The number of requests to end it, with those that waits have brought along which others
    /// had polled.
    asked: Cell<usize>,
    /// The number of those that scopes in it have caught.
    caught: Cell<usize>,
    /// When it was last asked, unless that was taken back.
    asked_at: Cell<usize>,
    /// When a scope in it has last caught.
    caught_at: Cell<usize>,
    /// Requests to it may be taken back by a limit.
    excused: Cell<bool>,
    pub(super) ended: Cell<bool>,
    /// The number of its polls.
    pub(super) polls: Cell<usize>,
    /// The number of scopes that stand in it, and of those that strangers poll.
    pub(super) scopes: Cell<usize>,
    pub(super) strange: Cell<usize>,
    /// The number of other waits that stand in it, beside scopes and not in one.
    pub(super) beside: Cell<usize>,
    /// It has a reason to end that no scope of those that stand in it could catch.
    exposed: Cell<bool>,
    /// It has polled its scopes in turn.
    in_turn: Cell<bool>,
}

impl Account {
    /// Notes a request. In its own poll a task takes the request itself, and has other waits
    /// when it passes that on.
    pub(super) fn ask(&self, now: usize, is_polled: bool) {
        self.allow();
        self.asked_at.set(now);
        if is_polled || self.scopes.get() == 0 || self.beside.get() > 0 {
            self.expose();
        }
    }

    /// Notes that the last request had no effect, for the task has ended.
    pub(super) fn take_back(&self) {
        self.asked.update(|asked| asked - 1);
    }

    /// Notes that the last request was taken back. It may have its effect all the same, if the
    /// wait was cancelled already.
    pub(super) fn excuse(&self) {
        self.asked_at.set(0);
    }

    /// Notes that any request to the task may pass for a limit's own from now on.
    pub(super) fn excuse_all(&self) {
        self.excused.set(true);
    }

    pub(super) fn is_asked(&self) -> bool {
        self.asked_at.get() > self.caught_at.get()
    }

    fn allow(&self) {
        self.asked.update(|asked| asked + 1);
    }

    /// Notes that a limit begins in the task. A scope in it may catch the request that the limit
    /// makes when the time is up; and the limit goes on with any other. But one that is under
    /// way as the limit begins counts as one from before, and so may pass for the limit's own.
    pub(super) fn begin_limit(&self) {
        self.inherit();
        self.excuse();
    }

    /// Notes that a wait may bring a request along to this task.
    pub(super) fn inherit(&self) {
        self.allow();
        self.expose();
    }

    pub(super) fn expose(&self) {
        self.exposed.set(true);
    }

    /// Notes that the task leaves scopes out when it is polled. Then it passes a request on
    /// anew, from one to the next, and each of them may catch that: none of them knows
    /// whether it is polled again.
    pub(super) fn poll_in_turn(&self) {
        self.in_turn.set(true);
    }

    /// Notes that a scope has caught, and that the task was asked for that.
    pub(super) fn catch(&self, now: usize) {
        self.caught.update(|caught| caught + 1);
        self.caught_at.set(now);
        let allowed =
            if self.in_turn.get() && self.asked.get() > 0 { usize::MAX } else { self.asked.get() };
        expect(self.caught.get() <= allowed, "a task catches more requests than were made to it");
    }

    /// The task has ended as cancelled, which a request did that no scope could catch.
    pub(super) fn expect_reason(&self) {
        self.catch(usize::MAX);
        let reason = self.exposed.get() || self.scopes.get() == 0;
        expect(reason, "a request ends a task in which a scope stands");
    }

    /// Nothing more happens: the task has ended, or has caught what it was asked. But a scope
    /// that a stranger polls takes the requests of its task until it is over, or until another
    /// task polls it: its task isn't polled for it, and so can't tell that it has gone.
    pub(super) fn expect_heard(&self) {
        let is_held = self.strange.get() > 0;
        let is_heard = self.ended.get() || !self.is_asked() || self.excused.get();
        expect(is_heard || is_held, "a request is lost");
    }
}
