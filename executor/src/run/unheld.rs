//! Foreign values that nobody holds any more, and how they are dropped without recursion.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::above::{Callback, Group};
use crate::run::cell::BoxedCell;
use crate::run::error::{Payload, keep_first};
use crate::run::id::TaskId;

/// The things that were let go while another of them is being dropped.
///
/// An outcome may hold the handle of another task, whose outcome holds the next handle,
/// and so on; so may functions. The destructor of a late task may spawn the next. If each
/// were dropped within the drop of the one before, a long chain would overflow the stack.
#[derive(Default)]
pub(crate) struct Unheld {
    things: RefCell<Vec<Thing>>,
    dropping: Cell<bool>,
}

pub(crate) enum Thing {
    /// The outcome of a task that has ended, and whether somebody has seen it.
    Outcome(BoxedCell, bool),
    /// A task that a destructor has spawned on the closed executor.
    Late(TaskId),
    /// A function that won't be called.
    Call(Rc<dyn Callback>),
    /// A group that won't be asked, maybe with such a function in it.
    Group(Rc<Group>),
}

impl Unheld {
    /// Drops a thing by a function, and then all that is let go meanwhile. Returns the
    /// first panic.
    #[inline(always)]
    pub(crate) fn drop_by(
        &self,
        drop: impl Fn(Thing) -> Result<(), Payload>,
        thing: Thing,
    ) -> Option<Payload> {
        // This is within the drop of another thing. The call that drops that one is further
        // up the stack, and its loop drops this one next.
        if self.dropping.replace(true) {
            self.things.borrow_mut().push(thing);
            return None;
        }
        let mut first_panic = None;
        let mut next = Some(thing);
        while let Some(thing) = next {
            keep_first(&mut first_panic, drop(thing));
            next = self.things.borrow_mut().pop();
        }
        self.dropping.set(false);
        first_panic
    }
}
