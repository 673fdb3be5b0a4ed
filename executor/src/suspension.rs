//! What a poll says about how its task waits.

use std::cell::Cell;

use crate::slots::BlockedOn;

/// Filled in by the futures that are polled, from the inside out; read when the
/// poll has returned. Most polls say nothing, which takes one comparison to see.
pub(crate) struct Suspension {
    /// The code of a [`BlockedOn`], and what else is true.
    said: Cell<u32>,
    /// How many catching scopes have been left waiting, ever.
    scopes: Cell<u32>,
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

/// What was said in a poll that returned `Pending`.
pub(crate) struct Left {
    pub(crate) blocked_on: BlockedOn,
    pub(crate) catches: bool,
    pub(crate) thrown: bool,
    pub(crate) undelivered: bool,
}

impl Default for Suspension {
    fn default() -> Self {
        let said = Cell::new(BlockedOn::NOTHING);
        Self { said, scopes: Cell::new(0), delivering: Cell::new(false) }
    }
}

impl Suspension {
    pub(crate) fn begin(&self) {
        self.said.set(BlockedOn::NOTHING);
    }

    /// What the task waits for, by its code, if that is all there is to say.
    pub(crate) fn plain(&self) -> Option<u32> {
        Some(self.said.get()).filter(|said| said & !BlockedOn::CODE == 0)
    }

    pub(crate) fn end(&self) -> Left {
        let said = self.said.get();
        Left {
            blocked_on: BlockedOn::unpack(said),
            catches: said & CATCHES != 0,
            thrown: said & THROWN != 0,
            undelivered: self.delivering.take(),
        }
    }

    /// A future waits that takes the task's cancellation, if it is the only one.
    pub(crate) fn block_on(&self, what: BlockedOn) {
        let said = self.said.get();
        let first = said & (BlockedOn::CODE | SEVERAL) == BlockedOn::NOTHING;
        let code = if first { what.pack() } else { BlockedOn::NOTHING | SEVERAL };
        self.said.set(said & !BlockedOn::CODE | code);
    }

    /// The future that says so ends as cancelled, and with it all around it, up
    /// to the innermost scope that catches.
    pub(crate) fn throw(&self) {
        self.said.set(self.said.get() | THROWN);
    }

    /// For a scope: whether what it polled has thrown. That isn't blocked on
    /// anything any more.
    pub(crate) fn catch(&self) -> bool {
        let thrown = self.said.get() & THROWN != 0;
        if thrown {
            self.said.set(self.said.get() & CATCHES | BlockedOn::NOTHING);
        }
        thrown
    }

    /// A scope is left waiting.
    pub(crate) fn leave_scope(&self) {
        self.scopes.set(self.scopes.get().wrapping_add(1));
        self.said.set(self.said.get() | CATCHES);
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
