//! Foreign code whose panic stops here.

use std::any::Any;
use std::mem::forget;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs foreign code whose panic nobody can be told of, beyond the message that
/// the panic hook has printed.
pub(crate) fn contain_quietly(foreign: impl FnOnce()) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(foreign)) {
        discard(panic);
    }
}

/// Drops foreign values one by one: a destructor that panics keeps no other from
/// running, and no two meet.
pub(crate) fn drop_each<T>(values: impl IntoIterator<Item = T>) {
    for value in values {
        contain_quietly(|| drop(value));
    }
}

/// Drops a panic's payload, whose destructor may panic too; what that panic
/// carries is leaked.
pub(crate) fn discard(panic: Box<dyn Any + Send>) {
    if let Err(further) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
        forget(further);
    }
}

/// A foreign value whose destructor's panic goes nowhere. So what holds it may be
/// dropped on the way of another panic, or while a function returns.
pub(crate) struct Contained<T>(Option<T>);

impl<T> Contained<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Some(value))
    }

    pub(crate) fn look(&self) -> &T {
        self.0.as_ref().expect("it is there until it is dropped")
    }

    pub(crate) fn get(&mut self) -> &mut T {
        self.0.as_mut().expect("it is there until it is dropped")
    }
}

impl<T> Drop for Contained<T> {
    fn drop(&mut self) {
        let value = self.0.take();
        contain_quietly(|| drop(value));
    }
}
