//! The waiters of a task's end or of a timer: a task, a stranger's waker, or a group that
//! watches several tasks.

use std::any::Any;
use std::collections::HashSet;
use std::mem::take;
use std::ptr::from_ref;
use std::rc::Rc;
use std::task::Waker;

use crate::above::{Callback, Group};
use crate::run::id::TaskId;

/// The waiter of a task's end or of a timer. It is notified once.
pub(crate) enum Waiter {
    /// A task of this executor: waking it takes no waker.
    Task(TaskId),
    /// A group, and the number by which it knows the task that ends.
    Group(Rc<Group>, u32),
    /// Any other waiter. It is boxed, for it is rare, and a slot should be small.
    Other(Box<Other>),
}

pub(crate) enum Other {
    Waker(Waker),
    /// A function that is called at once; for timers.
    Call(Rc<dyn Callback>),
    /// Several waiters, in the order in which they came: a `Vec<Waiter>`. If the type were
    /// named, dropping any waiter would be a recursive function, which isn't inlined, and
    /// setting a timer would take 15 % more instructions.
    Several(Box<dyn Any>),
}

impl Other {
    /// Returns whether a task is among several waiters.
    fn has_task(&self) -> bool {
        let Other::Several(all) = self else { return false };
        let all = all.downcast_ref::<Vec<Waiter>>();
        all.is_some_and(|all| all.iter().any(|it| matches!(it, Waiter::Task(_))))
    }
}

impl From<Other> for Waiter {
    fn from(other: Other) -> Self {
        Waiter::Other(Box::new(other))
    }
}

impl Waiter {
    /// Returns this waiter with another one after it, unless the two are the same. Also
    /// returns those that don't count any more: to drop a foreign waker is foreign code
    /// (I7), which must find the waiters back in their place.
    pub(crate) fn and(mut self, other: Waiter) -> (Waiter, Vec<Waiter>) {
        if !self.waits() {
            return (other, Vec::new());
        }
        if self.is(&other) {
            return (self, vec![other]);
        }
        if let Waiter::Other(several) = &mut self
            && let Other::Several(all) = &mut **several
            && let Some(all) = all.downcast_mut()
        {
            let surplus = add(all, other);
            return (self, surplus);
        }
        (Other::Several(Box::new(vec![self, other])).into(), Vec::new())
    }

    fn is(&self, other: &Waiter) -> bool {
        self.key().is_some_and(|key| Some(key) == other.key())
    }

    /// Returns a key by which equal waiters are recognised; `None` for one that equals no
    /// other.
    fn key(&self) -> Option<(usize, u64)> {
        match self {
            Waiter::Task(id) => Some((0, id.pack())),
            Waiter::Group(group, number) => Some((Rc::as_ptr(group).addr(), u64::from(*number))),
            Waiter::Other(other) => match &**other {
                Other::Waker(waker) => {
                    Some((waker.data().addr(), from_ref(waker.vtable()).addr() as u64))
                }
                Other::Call(_) | Other::Several(_) => None,
            },
        }
    }

    /// Returns the task, if the waiter is one task.
    pub(crate) fn task(&self) -> Option<TaskId> {
        match self {
            Waiter::Task(id) => Some(*id),
            Waiter::Group(..) | Waiter::Other(_) => None,
        }
    }

    /// Returns whether a task awaits the outcome itself.
    pub(crate) fn awaits(&self) -> bool {
        match self {
            Waiter::Task(_) => true,
            Waiter::Group(..) => false,
            Waiter::Other(other) => other.has_task(),
        }
    }

    /// Returns whether to notify it has any effect. It has none if the group is closed.
    fn waits(&self) -> bool {
        !matches!(self, Waiter::Group(group, _) if !group.is_open())
    }
}

/// Separates the waiters from those that are there twice or don't wait any more.
pub(crate) fn once_each(all: Vec<Waiter>) -> (Vec<Waiter>, Vec<Waiter>) {
    let mut seen = HashSet::new();
    let is_new = |it: &Waiter| it.waits() && it.key().is_none_or(|key| seen.insert(key));
    all.into_iter().partition(is_new)
}

/// Adds a waiter to several, and returns those that don't count any more. They are looked
/// for only when the list is full, and then it gets room for as many as are left, so this
/// takes O(1) on average.
fn add(all: &mut Vec<Waiter>, waiter: Waiter) -> Vec<Waiter> {
    if all.last().is_some_and(|last| last.is(&waiter)) {
        return vec![waiter];
    }
    let mut surplus = Vec::new();
    if all.len() == all.capacity() {
        (*all, surplus) = once_each(take(all));
        all.reserve(all.len());
    }
    all.push(waiter);
    surplus
}

#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<Option<Waiter>>() == 16, "the size of a slot decides the speed");
