//! What nobody holds any more, and whose destructor is foreign code.

use std::any::Any;
use std::cell::{Cell, RefCell};

use crate::run::cell::BoxedCell;
use crate::run::core::Core;
use crate::run::error::{Payload, contain, contain_quietly, discard, keep_first};
use crate::run::id::TaskId;

/// What was let go while something else is being dropped.
#[derive(Default)]
pub(crate) struct Unheld {
    items: RefCell<Vec<Item>>,
    dropping: Cell<bool>,
}

pub(crate) enum Item {
    /// The outcome of a task that has ended, and whether somebody has seen it.
    Outcome(BoxedCell, bool),
    /// A task that a destructor has spawned on the closed executor.
    BornLate(TaskId),
    /// Anything else.
    Other(Box<dyn Any>),
}

impl Core {
    /// Drops what nobody holds. Returns the first panic of a destructor.
    ///
    /// An outcome may hold the handle of another task, whose outcome holds the
    /// next handle, and so on; so may functions. The destructor of a late task may spawn
    /// the next. So what is let go meanwhile waits in a list: nothing is dropped within
    /// the drop of another, and the stack stays short.
    #[inline(always)]
    pub(crate) fn drop_unheld(&self, item: Item) -> Option<Payload> {
        let Unheld { items, dropping } = &self.unheld;
        if dropping.replace(true) {
            items.borrow_mut().push(item);
            return None;
        }
        let mut first_panic = None;
        let mut next = Some(item);
        while let Some(item) = next {
            keep_first(&mut first_panic, self.drop_item(item));
            next = items.borrow_mut().pop();
        }
        dropping.set(false);
        first_panic
    }

    /// Drops anything foreign in that way.
    #[cold]
    pub(crate) fn drop_foreign(&self, foreign: impl Any) {
        self.drop_unheld(Item::Other(Box::new(foreign))).into_iter().for_each(discard);
    }

    fn drop_item(&self, item: Item) -> Result<(), Payload> {
        match item {
            Item::Outcome(mut task, read) => {
                if !read {
                    self.tell_unread(&mut task);
                }
                contain(|| drop(task))
            }
            Item::BornLate(id) => {
                let (id, slot) = self.slots.tenant(id.index);
                self.abort(id, slot)
            }
            Item::Other(foreign) => contain(|| drop(foreign)),
        }
    }

    /// Tells of a panic that nobody has seen (F25).
    fn tell_unread(&self, task: &mut BoxedCell) {
        if let Some(tell) = &self.on_unread
            && let Some(error) = task.as_mut().panic()
        {
            contain_quietly(|| tell(&error));
        }
    }
}
