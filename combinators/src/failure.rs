//! The error of a `gather`: the child that failed, and the cause.

use std::error::Error;
use std::fmt;
use std::io;

use executor::JoinError;

/// An error of any type.
pub(crate) type BoxError = Box<dyn Error + Send + Sync>;

/// The reason why a child has no value.
#[derive(Debug)]
pub enum Failure<E> {
    /// It returned an error.
    Error(E),
    /// It was cancelled, or it panicked.
    Join(JoinError),
}

/// The first failure among the children of a [`gather`](crate::gather()).
///
/// Its text includes that of the cause. Behind a `dyn Error`, downcast to this
/// type to get at the [`cause`](Self::cause) itself.
#[derive(Debug)]
#[non_exhaustive]
pub struct GatherError<E> {
    /// The number of the child, counted from 0 in the order of the arguments.
    pub index: usize,
    /// The name of the child's task.
    pub name: String,
    /// The reason why it failed.
    pub cause: Failure<E>,
}

impl<E> GatherError<E> {
    /// Returns the reason why the child failed.
    pub fn into_cause(self) -> Failure<E> {
        self.cause
    }
}

/// So that `?` gives the child's error, in functions that do input and output.
impl From<GatherError<io::Error>> for io::Error {
    fn from(error: GatherError<io::Error>) -> Self {
        match error.cause {
            Failure::Error(error) => error,
            Failure::Join(error) => error.into(),
        }
    }
}

impl<E: Into<BoxError>> GatherError<E> {
    /// Boxes the error, for children whose errors have different types.
    pub(crate) fn boxed(self) -> GatherError<BoxError> {
        let cause = match self.cause {
            Failure::Error(error) => Failure::Error(error.into()),
            Failure::Join(error) => Failure::Join(error),
        };
        GatherError { index: self.index, name: self.name, cause }
    }
}

impl<E: fmt::Display> fmt::Display for Failure<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Error(error) => error.fmt(f),
            Failure::Join(error) => error.fmt(f),
        }
    }
}

impl<E: fmt::Display> fmt::Display for GatherError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { index, name, cause } = self;
        match cause {
            Failure::Error(error) => write!(f, "child {index} (task `{name}`) failed: {error}"),
            Failure::Join(error) => write!(f, "child {index}: {error}"),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> Error for Failure<E> {}

impl<E: fmt::Debug + fmt::Display> Error for GatherError<E> {}
