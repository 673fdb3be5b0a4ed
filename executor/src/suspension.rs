//! What a poll says about how its task waits.

use std::cell::{Cell, RefCell};

use crate::slots::BlockedOn;

/// Filled in by the futures that are polled, from the inside out; read when the
/// poll has returned. Most polls say nothing, which takes one comparison to see.
/// A future that is dropped in the same poll takes back what it has said.
pub(crate) struct Suspension {
    /// The code of a [`BlockedOn`], and what else is true.
    said: Cell<u32>,
    /// How many catching scopes this poll has left waiting.
    scopes: Cell<u32>,
    /// How many scopes are being polled, one within the other.
    depth: Cell<u32>,
    /// The scopes with a handle among them, by address, from the outside in.
    around: RefCell<Vec<usize>>,
    /// How many waits this poll has left that would take a cancellation.
    waits: Cell<u32>,
    /// Tells apart the polls in which something was said.
    poll: Cell<u32>,
    /// A cancellation waits for the innermost scope to take it.
    delivering: Cell<bool>,
}

/// The poll waits for several things at once, each of which would take the
/// cancellation. So the task takes it itself.
const SEVERAL: u32 = 1;
/// A scope is left waiting.
const CATCHES: u32 = 2;
/// A future ends as cancelled.
const THROWN: u32 = 4;
/// The task returns a failure, to which a cancellation that is due gives way.
const GIVES_WAY: u32 = 8;

/// What was said in a poll.
pub(crate) struct Left {
    said: u32,
    /// Whether no scope has taken the cancellation.
    pub(crate) undelivered: bool,
}

impl Left {
    pub(crate) fn blocked_on(&self) -> BlockedOn {
        BlockedOn::unpack(self.said)
    }

    /// Whether a scope is left that catches.
    pub(crate) fn catches(&self) -> bool {
        self.said & CATCHES != 0
    }

    pub(crate) fn has_thrown(&self) -> bool {
        self.said & THROWN != 0
    }

    /// Whether a cancellation that is due gives way to what the task returned.
    pub(crate) fn gives_way(&self) -> bool {
        self.said & GIVES_WAY != 0
    }
}

/// What was said in this poll outside of a scope that is being polled.
pub(crate) struct Outside {
    code: u32,
    waits: u32,
}

impl Default for Suspension {
    fn default() -> Self {
        Self {
            said: Cell::new(BlockedOn::NOTHING),
            scopes: Cell::new(0),
            depth: Cell::new(0),
            around: RefCell::default(),
            waits: Cell::new(0),
            poll: Cell::new(0),
            delivering: Cell::new(false),
        }
    }
}

impl Suspension {
    pub(crate) fn begin(&self) {
        self.said.set(BlockedOn::NOTHING);
    }

    /// What the task waits for, by its code, if that is all there is to say.
    pub(crate) fn end_plain(&self) -> Option<u32> {
        let said = self.said.get();
        if said != BlockedOn::NOTHING {
            self.next_poll();
        }
        Some(said).filter(|said| said & !BlockedOn::CODE == 0)
    }

    fn next_poll(&self) {
        self.waits.set(0);
        self.poll.set(self.poll.get().wrapping_add(1));
    }

    pub(crate) fn end(&self) -> Left {
        let said = self.said.get();
        self.scopes.set(0);
        self.depth.set(0);
        self.around.borrow_mut().clear();
        self.next_poll();
        Left { said, undelivered: self.delivering.take() }
    }

    /// A future waits that takes the task's cancellation, if it is the only one.
    /// Returns the number of the poll.
    pub(crate) fn block_on(&self, what: BlockedOn) -> u32 {
        self.waits.set(self.waits.get() + 1);
        let before = self.said.get();
        let same = what != BlockedOn::Target && before & (BlockedOn::CODE | SEVERAL) == what.pack();
        let alone = self.waits.get() == 1 || same;
        let code = if alone { what.pack() } else { BlockedOn::NOTHING | SEVERAL };
        self.said.set(before & !BlockedOn::CODE | code);
        self.poll.get()
    }

    /// A future that said in this poll that it waits is dropped.
    pub(crate) fn retract(&self, poll: u32) {
        if poll != self.poll.get() {
            return;
        }
        self.waits.set(self.waits.get().saturating_sub(1));
        if self.waits.get() == 0 {
            self.said.set(self.said.get() & !SEVERAL | BlockedOn::NOTHING);
        }
    }

    /// The future that says so ends as cancelled, and with it all around it, up
    /// to the innermost scope that catches.
    pub(crate) fn throw(&self) {
        self.said.set(self.said.get() | THROWN);
    }

    pub(crate) fn has_thrown(&self) -> bool {
        self.said.get() & THROWN != 0
    }

    /// For a scope: what it polled has thrown. Dropping that takes back what else
    /// it has said.
    pub(crate) fn catch(&self) {
        self.said.set(self.said.get() & !THROWN);
    }

    /// Says whether a cancellation that is due gives way to what the task returns.
    pub(crate) fn give_way(&self, gives_way: bool) {
        let flag = if gives_way { GIVES_WAY } else { 0 };
        self.said.set(self.said.get() & !GIVES_WAY | flag);
    }

    /// A scope is left waiting. Returns the number of the poll.
    pub(crate) fn leave_scope(&self) -> u32 {
        self.scopes.set(self.scopes.get() + 1);
        self.said.set(self.said.get() | CATCHES);
        self.poll.get()
    }

    /// A scope that was left waiting in this poll is dropped.
    pub(crate) fn drop_scope(&self, poll: u32) {
        if poll != self.poll.get() {
            return;
        }
        self.scopes.set(self.scopes.get() - 1);
        if self.scopes.get() == 0 {
            self.said.set(self.said.get() & !CATCHES);
        }
    }

    /// Whether this is within a scope.
    pub(crate) fn is_in_scope(&self) -> bool {
        self.depth.get() > 0
    }

    /// Enters a scope that has a handle; returns those around it.
    pub(crate) fn enter_named(&self, scope: usize) -> Vec<usize> {
        let around = self.around.borrow().clone();
        self.around.borrow_mut().push(scope);
        around
    }

    /// Whether a scope that has a handle is this one or around.
    pub(crate) fn is_within(&self, scope: usize) -> bool {
        self.around.borrow().contains(&scope)
    }

    pub(crate) fn exit_named(&self) {
        self.around.borrow_mut().pop();
    }

    /// What was said outside of the scope, for [`exit_scope`](Self::exit_scope).
    pub(crate) fn enter_scope(&self) -> Outside {
        self.depth.set(self.depth.get() + 1);
        let code = self.said.get() & (BlockedOn::CODE | SEVERAL);
        self.said.set(self.said.get() & !SEVERAL | BlockedOn::NOTHING);
        Outside { code, waits: self.waits.take() }
    }

    /// Returns what is waited for within the scope.
    pub(crate) fn exit_scope(&self, outside: &Outside) -> BlockedOn {
        self.depth.set(self.depth.get() - 1);
        let inside = self.said.get() & (BlockedOn::CODE | SEVERAL);
        let code = match (outside.waits, self.waits.get()) {
            (0, _) => inside,
            (_, 0) => outside.code,
            _ => BlockedOn::NOTHING | SEVERAL,
        };
        self.waits.set(outside.waits + self.waits.get());
        self.said.set(self.said.get() & !(BlockedOn::CODE | SEVERAL) | code);
        BlockedOn::unpack(inside)
    }

    pub(crate) fn scopes(&self) -> u32 {
        self.scopes.get()
    }

    pub(crate) fn deliver(&self) {
        self.delivering.set(true);
    }

    pub(crate) fn take_delivery(&self) -> bool {
        self.delivering.take()
    }
}
