//! The waits that futures declare while they are polled.

use std::cell::{Cell, RefCell};
use std::iter::once;

use crate::cancel::point::Wait;

/// The waits that futures have declared in the poll under way, from the inside out.
#[derive(Default)]
pub(crate) struct Declared {
    len: Cell<usize>,
    /// The first declaration, with its number. Nearly always there is no other.
    first: Cell<(u32, Wait)>,
    others: RefCell<Vec<(u32, Wait)>>,
    /// The number of the next declaration.
    next: Cell<u32>,
}

impl Declared {
    /// Declares what a future waits for. Returns a number by which that can be
    /// withdrawn.
    pub(crate) fn declare(&self, wait: Wait) -> u32 {
        let number = self.next.replace(self.next.get().wrapping_add(1));
        let len = self.len.replace(self.len.get() + 1);
        if len == 0 {
            self.first.set((number, wait));
        } else {
            self.others.borrow_mut().push((number, wait));
        }
        number
    }

    /// Withdraws what a future has declared in this poll; what it has declared in another
    /// is gone already.
    pub(crate) fn withdraw(&self, number: u32) {
        if self.len.get() == 0 {
            return;
        }
        // Entries keep their places, so that those after them are still found.
        let (first, _) = self.first.get();
        if number == first {
            return self.first.set((first, Wait::NOTHING));
        }
        // Numbers wrap around, but their distances from the first keep their order.
        let age = |number: u32| number.wrapping_sub(first);
        let mut others = self.others.borrow_mut();
        if let Ok(place) = others.binary_search_by_key(&age(number), |it| age(it.0)) {
            others[place].1 = Wait::NOTHING;
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.len.get()
    }

    /// Takes what was declared, if that is at most one wait.
    #[inline(always)]
    pub(crate) fn take_plain(&self) -> Option<Wait> {
        match self.len.get() {
            0 => Some(Wait::NOTHING),
            1 => {
                self.len.set(0);
                Some(self.first.get().1)
            }
            _ => None,
        }
    }

    /// Returns whether this was declared since there were so many declarations, and not withdrawn.
    pub(crate) fn has_since(&self, len: usize, wait: Wait) -> bool {
        if wait == Wait::NOTHING {
            return false;
        }
        let first = (self.len.get() > 0).then(|| self.first.get().1);
        let others = self.others.borrow();
        first.into_iter().chain(others.iter().map(|it| it.1)).skip(len).any(|it| it == wait)
    }

    /// Takes what was declared since there were so many declarations, as one wait.
    #[inline(always)]
    pub(crate) fn take_since(&self, len: usize) -> Wait {
        // Most futures in a scope declare nothing.
        if self.len.get() == len { Wait::NOTHING } else { self.take_some_since(len) }
    }

    fn take_some_since(&self, len: usize) -> Wait {
        let more = self.len.replace(len) - len;
        let (_, first) = self.first.get();
        // The declaration at place 0 is `first`, and place 1 is the first of the others.
        match (len, more) {
            (0, 1) => first,
            (0, _) => one_of(once(first).chain(self.others.borrow_mut().drain(..).map(|it| it.1))),
            _ => one_of(self.others.borrow_mut().drain(len - 1..).map(|it| it.1)),
        }
    }

    pub(crate) fn clear(&self) {
        self.take_since(0);
    }
}

/// Returns the one of several waits that takes a cancellation: the first scope, for scopes
/// catch. If there is no scope and the waits differ, none is the right one: the point that
/// was polled takes it.
fn one_of(waits: impl Iterator<Item = Wait>) -> Wait {
    // The others were withdrawn.
    let mut waits = waits.filter(|&it| it != Wait::NOTHING);
    let first = waits.next().unwrap_or_default();
    let mut others = waits.filter(|&it| it != first).peekable();
    // Several awaits of one task are one wait.
    if others.peek().is_none() || first.is_scope() {
        return first;
    }
    others.find(|it| it.is_scope()).unwrap_or_default()
}
