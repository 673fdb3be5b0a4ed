//! The children of a `gather`: tasks of one type, or of several.

use std::rc::Rc;

use executor::{Handle, IntoHandle, Watch};

use crate::children::has_outcome;
use crate::failure::{BoxError, Failure, GatherError};
use crate::foreign::contain_quietly;
use crate::outcome::{Outcome, describe_end, failure, succeeded};

/// The argument of [`gather`](crate::gather()): children of one type or a tuple, which
/// `M` tells apart.
#[diagnostic::on_unimplemented(
    message = "`gather` can't have `{Self}` for children",
    note = "give it an array, a vector or an iterator of tasks or futures, or a tuple of two to \
            eight; in a tuple each error must convert to `Box<dyn Error + Send + Sync>`"
)]
pub trait IntoGather<M> {
    /// The children as tasks.
    type Tasks: Tasks;

    /// Spawns those that aren't tasks yet.
    fn into_tasks(self) -> Self::Tasks;
}

/// Marks children of one type.
#[derive(Debug)]
pub struct Alike;

impl<I> IntoGather<Alike> for I
where
    I: IntoIterator,
    I::Item: IntoHandle<Handle: Handle<Output: Outcome>>,
{
    type Tasks = Vec<<I::Item as IntoHandle>::Handle>;

    #[track_caller]
    fn into_tasks(self) -> Self::Tasks {
        let children = self.into_iter();
        let mut tasks = Vec::with_capacity(children.size_hint().0);
        for child in children {
            tasks.push(child.into_handle());
        }
        tasks
    }
}

/// The children of a gather, as tasks.
pub trait Tasks: Unpin + 'static {
    /// The values of all.
    type Values;
    /// The error of any.
    type Error;
    /// The results of all.
    type Results;

    /// Is true if a child that returns may have failed.
    const MAY_FAIL: bool;
    /// Is true if not all children are spawned at first.
    const IN_TURN: bool = false;

    /// Returns the number of children, those included that haven't been spawned.
    fn len(&self) -> usize;
    /// Returns the number of children that have been spawned.
    fn spawned(&self) -> usize {
        self.len()
    }
    /// Tells which watch those are for that are spawned from now on.
    fn watched_by(&mut self, _watch: &Watch) {}
    /// Spawns further children, now that so many have ended.
    fn go_on(&mut self, _ended: usize) {}
    /// Drops the children that haven't been spawned.
    fn stop(&mut self) {}
    fn child(&self, child: usize) -> &dyn Child;
    /// Returns the failure of a child, and lets the others run on.
    fn into_failure(self, child: usize) -> GatherError<Self::Error>;
    /// Lets all run on.
    fn run_on(self);
    fn into_values(self) -> Self::Values;
    fn into_results(self) -> Self::Results;
}

/// A task of any type.
pub trait Child {
    fn name(&self) -> String;
    /// Watches the child; `false` if it has ended.
    fn watch(&self, watch: &Watch, child: u32) -> bool;
    /// Returns whether the child, which has ended, still has its outcome.
    fn has_outcome(&self) -> bool;
    fn is_finished(&self) -> bool;
    fn has_failed(&self) -> bool;
    fn is_cancelled(&self) -> bool;
    /// Says in words how the child has ended; in the recording, too, if it has failed.
    fn describe_end(&self) -> &'static str;
    /// Cancels the child; `false` if it has ended.
    fn cancel(&self) -> bool;
}

impl<H: Handle<Output: Outcome>> Child for H {
    fn name(&self) -> String {
        self.task().name()
    }

    fn watch(&self, watch: &Watch, child: u32) -> bool {
        watch.add_running(self.task(), child)
    }

    fn has_outcome(&self) -> bool {
        has_outcome(self.task())
    }

    fn is_finished(&self) -> bool {
        self.task().is_finished()
    }

    fn has_failed(&self) -> bool {
        self.task().glance(|outcome| !succeeded(outcome)).unwrap_or(false)
    }

    fn is_cancelled(&self) -> bool {
        self.task().is_cancelled()
    }

    fn describe_end(&self) -> &'static str {
        describe_end(self.task(), failure)
    }

    fn cancel(&self) -> bool {
        self.task().cancel()
    }
}

impl<H: Handle<Output: Outcome>> Tasks for Vec<H> {
    type Values = Vec<ValueOf<H>>;
    type Error = ErrorOf<H>;
    type Results = Vec<Result<ValueOf<H>, Failure<ErrorOf<H>>>>;

    const MAY_FAIL: bool = H::Output::MAY_FAIL;

    fn len(&self) -> usize {
        self.len()
    }

    fn child(&self, child: usize) -> &dyn Child {
        &self[child]
    }

    fn into_failure(mut self, child: usize) -> GatherError<Self::Error> {
        let failed = self.swap_remove(child);
        self.run_on();
        failure_of(child, failed)
    }

    fn run_on(self) {
        self.into_iter().for_each(run_on);
    }

    fn into_values(self) -> Self::Values {
        self.into_iter().map(value_of).collect()
    }

    fn into_results(self) -> Self::Results {
        self.into_iter().map(result_of).collect()
    }
}

pub(crate) type ValueOf<H> = <<H as Handle>::Output as Outcome>::Value;
pub(crate) type ErrorOf<H> = <<H as Handle>::Output as Outcome>::Error;

/// Marks a tuple of children.
#[derive(Debug)]
pub struct Different;

macro_rules! tuple {
    ($($child:ident $number:tt),+) => {
        impl<$($child),+> IntoGather<Different> for ($($child,)+)
        where
            $($child: IntoHandle<Handle: Handle<Output: Outcome<Error: Into<BoxError>>>>),+
        {
            type Tasks = ($($child::Handle,)+);

            #[track_caller]
            fn into_tasks(self) -> Self::Tasks {
                ($(self.$number.into_handle(),)+)
            }
        }

        impl<$($child: Handle<Output: Outcome<Error: Into<BoxError>>>),+> Tasks for ($($child,)+) {
            type Values = ($(ValueOf<$child>,)+);
            type Error = BoxError;
            type Results = ($(Result<ValueOf<$child>, Failure<ErrorOf<$child>>>,)+);

            const MAY_FAIL: bool = $(<$child::Output as Outcome>::MAY_FAIL)||+;

            fn len(&self) -> usize {
                [$($number),+].len()
            }

            fn child(&self, child: usize) -> &dyn Child {
                let children: &[&dyn Child] = &[$(&self.$number),+];
                children[child]
            }

            fn into_failure(self, child: usize) -> GatherError<BoxError> {
                let mut failure = None;
                $(if child == $number {
                    failure = Some(failure_of(child, self.$number).boxed());
                } else {
                    run_on(self.$number);
                })+
                failure.expect("a child's number is less than the tuple's length")
            }

            fn run_on(self) {
                $(run_on(self.$number);)+
            }

            fn into_values(self) -> Self::Values {
                ($(value_of(self.$number),)+)
            }

            fn into_results(self) -> Self::Results {
                ($(result_of(self.$number),)+)
            }
        }
    };
}

tuple!(A 0, B 1);
tuple!(A 0, B 1, C 2);
tuple!(A 0, B 1, C 2, D 3);
tuple!(A 0, B 1, C 2, D 3, E 4);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);

/// Lets go of a child. Nobody needs to see its failure: a turn after the end it counts
/// as seen, as asyncio's `gather` reads it then (F75).
fn run_on<H: Handle>(handle: H) {
    if handle.task().is_finished() {
        handle.task().mark_read();
        return contain_quietly(|| drop(handle)); // It is as if it had been detached before.
    }
    let handle = Rc::new(handle);
    let kept = Rc::clone(&handle);
    handle.task().on_done(move || kept.task().mark_read());
}

/// Returns the result of a child that has ended.
fn result_of<H>(handle: H) -> Result<ValueOf<H>, Failure<ErrorOf<H>>>
where
    H: Handle<Output: Outcome>,
{
    match handle.into_outcome().expect("gather asks children that have ended, once") {
        Ok(outcome) => outcome.into_result().map_err(Failure::Error),
        Err(error) => Err(Failure::Join(error)),
    }
}

fn value_of<H: Handle<Output: Outcome>>(handle: H) -> ValueOf<H> {
    result_of(handle).ok().expect("a failure would have ended the gather")
}

fn failure_of<H>(index: usize, handle: H) -> GatherError<ErrorOf<H>>
where
    H: Handle<Output: Outcome>,
{
    let name = handle.task().name();
    let cause = result_of(handle).err().expect("it is this child's failure that ended the gather");
    GatherError { index, name, cause }
}
