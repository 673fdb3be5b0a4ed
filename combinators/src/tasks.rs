//! The children of a `gather`: tasks of one type, or of several.

use executor::{IntoTask, Task, Watch};

use crate::children::with_outcome;
use crate::failure::{BoxError, Failure, GatherError};
use crate::outcome::{Outcome, succeeded};

/// What [`gather`](crate::gather()) takes; `M` tells the two ways apart.
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
    I::Item: IntoTask<Output: Outcome>,
{
    type Tasks = Vec<Task<<I::Item as IntoTask>::Output>>;

    #[track_caller]
    fn into_tasks(self) -> Self::Tasks {
        let children = self.into_iter();
        let mut tasks = Vec::with_capacity(children.size_hint().0);
        for child in children {
            tasks.push(with_outcome(child.into_task()));
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

    fn len(&self) -> usize;
    fn child(&self, child: usize) -> &dyn Child;
    fn into_failure(self, child: usize) -> GatherError<Self::Error>;
    fn into_values(self) -> Self::Values;
    fn into_results(self) -> Self::Results;
}

/// A task of any type.
pub trait Child {
    /// Watches the child; `false` if it has ended.
    fn watch(&self, watch: &Watch, child: u32) -> bool;
    fn has_failed(&self) -> bool;
    fn cancel(&self);
}

impl<T: Outcome> Child for Task<T> {
    fn watch(&self, watch: &Watch, child: u32) -> bool {
        watch.add_running(self, child)
    }

    fn has_failed(&self) -> bool {
        self.peek(|outcome| !succeeded(outcome)).unwrap_or(false)
    }

    fn cancel(&self) {
        Task::cancel(self);
    }
}

impl<T: Outcome> Tasks for Vec<Task<T>> {
    type Values = Vec<T::Value>;
    type Error = T::Error;
    type Results = Vec<Result<T::Value, Failure<T::Error>>>;

    fn len(&self) -> usize {
        self.len()
    }

    fn child(&self, child: usize) -> &dyn Child {
        &self[child]
    }

    fn into_failure(mut self, child: usize) -> GatherError<T::Error> {
        failure_of(child, self.swap_remove(child))
    }

    fn into_values(self) -> Self::Values {
        self.into_iter().map(value_of).collect()
    }

    fn into_results(self) -> Self::Results {
        self.into_iter().map(result_of).collect()
    }
}

/// Marks a tuple of children.
#[derive(Debug)]
pub struct Different;

macro_rules! tuple {
    ($($child:ident $number:tt),+) => {
        impl<$($child),+> IntoGather<Different> for ($($child,)+)
        where
            $($child: IntoTask<Output: Outcome<Error: Into<BoxError>>>),+
        {
            type Tasks = ($(Task<$child::Output>,)+);

            #[track_caller]
            fn into_tasks(self) -> Self::Tasks {
                ($(with_outcome(self.$number.into_task()),)+)
            }
        }

        impl<$($child: Outcome<Error: Into<BoxError>>),+> Tasks for ($(Task<$child>,)+) {
            type Values = ($($child::Value,)+);
            type Error = BoxError;
            type Results = ($(Result<$child::Value, Failure<$child::Error>>,)+);

            fn len(&self) -> usize {
                [$($number),+].len()
            }

            fn child(&self, child: usize) -> &dyn Child {
                let children: &[&dyn Child] = &[$(&self.$number),+];
                children[child]
            }

            fn into_failure(self, child: usize) -> GatherError<BoxError> {
                match child {
                    $($number => failure_of(child, self.$number).boxed(),)+
                    _ => unreachable!("the tuple has no child {child}"),
                }
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

/// The result of a child that has ended.
fn result_of<T: Outcome>(mut task: Task<T>) -> Result<T::Value, Failure<T::Error>> {
    match task.take_outcome().expect("gather asks children that have ended, once") {
        Ok(outcome) => outcome.into_result().map_err(Failure::Error),
        Err(error) => Err(Failure::Join(error)),
    }
}

fn value_of<T: Outcome>(task: Task<T>) -> T::Value {
    result_of(task).ok().expect("a failure would have ended the gather")
}

fn failure_of<T: Outcome>(index: usize, task: Task<T>) -> GatherError<T::Error> {
    let name = task.name();
    let cause = result_of(task).err().expect("it is this child's failure that ended the gather");
    GatherError { index, name, cause }
}
