//! The identity of a task.

use std::fmt;

/// The slot of the main future, which `block_on` polls. It has no cell: the
/// future stays on the stack of its caller.
pub(crate) const MAIN: u32 = 0;

/// Names one task of one executor, also after the task is gone.
///
/// Two parts make it so: the slot that the task lives in, and the number of
/// tenants that the slot has had. A slot is reused; a pair never is (I3), short of
/// four thousand million tasks in one slot.
///
/// It displays as the slot's number, followed by the tenancy when it isn't the
/// first: `7`, later `7.2`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TaskId {
    pub(crate) index: u32,
    pub(crate) generation: u32,
}

impl TaskId {
    /// Packs the id into the one word that a waker keeps.
    pub(crate) fn pack(self) -> u64 {
        u64::from(self.generation) << 32 | u64::from(self.index)
    }

    /// Takes apart what [`pack`](Self::pack) made.
    #[expect(clippy::cast_possible_truncation, reason = "the halves of a word")]
    pub(crate) fn unpack(word: u64) -> Self {
        Self { index: word as u32, generation: (word >> 32) as u32 }
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.generation {
            0 => write!(f, "{}", self.index),
            reused => write!(f, "{}.{}", self.index, u64::from(reused) + 1),
        }
    }
}
