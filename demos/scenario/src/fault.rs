//! The ends of coroutines, and their form in the log.

use std::fmt;

use combinators::Failure;
use executor::JoinError;
use serde_json::{Value as Json, json};

use crate::program::{Catch, Name};
use crate::value::Value;

/// The result that a task returns.
pub(crate) type Returned = Result<Value, Error>;

/// The outcome of a task or future: a value, or the fault that it ended with.
pub(crate) type Outcome = Result<Value, Fault>;

/// The end of steps that didn't fail.
#[derive(Clone, Debug)]
pub(crate) enum Flow {
    /// The steps after them are next.
    On,
    /// The coroutine returns.
    Return(Value),
    /// So many of the loops around are left.
    Leave(u64),
}

/// The reason for which steps didn't come to their end.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    Cancelled,
    Error(Error),
}

/// An error that was raised.
///
/// A task returns it. Only an exit, which is no `Exception` in Python either,
/// ends the task by a panic.
#[derive(Clone, Debug)]
pub(crate) enum Error {
    Named(String),
    /// One that was given other things than one text: its class, its text, and what was given
    /// as `repr` shows it.
    Given {
        class: String,
        text: String,
        shown: String,
    },
    Timeout,
    Group(Vec<Error>),
    /// The program is to exit.
    Exit,
}

const EXIT: &str = "SystemExit";

/// The reason for which a step has no result.
#[derive(Debug)]
pub(crate) enum Halt {
    Fault(Fault),
    /// It names a handle or a group that isn't bound, and is skipped.
    Unbound(Name),
}

impl Flow {
    /// Returns how a loop ends after its body has ended in this way; `None` if it goes on.
    pub(crate) fn end_of_loop(self) -> Option<Self> {
        match self {
            Flow::On => None,
            Flow::Leave(0 | 1) => Some(Flow::On),
            Flow::Leave(loops) => Some(Flow::Leave(loops - 1)),
            returned @ Flow::Return(_) => Some(returned),
        }
    }

    /// Returns the value of a coroutine whose steps have ended in this way.
    pub(crate) fn value(self) -> Value {
        match self {
            Flow::On | Flow::Leave(_) => Value::NONE,
            Flow::Return(value) => value,
        }
    }
}

impl Fault {
    /// Returns the handlers that catch it, and their name; `None` if none does.
    pub(crate) fn kind(&self) -> Option<(Catch, &'static str)> {
        match self {
            Fault::Cancelled => Some((Catch::Cancelled, "cancelled")),
            Fault::Error(Error::Named(_) | Error::Given { .. }) => Some((Catch::Error, "error")),
            Fault::Error(Error::Timeout) => Some((Catch::Timeout, "timeout")),
            Fault::Error(Error::Group(_)) => Some((Catch::Group, "group")),
            Fault::Error(Error::Exit) => None,
        }
    }
}

impl Fault {
    /// Returns its form in the log where that says which errors nobody has seen.
    pub(crate) fn json(&self) -> Json {
        match self {
            Fault::Cancelled => json!("CancelledError"),
            Fault::Error(error) => error.json(),
        }
    }
}

impl Error {
    pub(crate) fn named(name: &str) -> Self {
        Self::Named(name.to_owned())
    }

    /// Makes the error of a name that isn't bound. The name in the program has no number.
    pub(crate) fn unbound(name: &str) -> Self {
        let name = name.split('.').next().unwrap_or_default();
        Self::Named(format!(
            "UnboundLocalError: cannot access local variable '{name}' where it is not \
            associated with a value"
        ))
    }

    /// Returns whether its name is this, or begins with this and a colon.
    pub(crate) fn is_named(&self, class: &str) -> bool {
        match self {
            Self::Named(name) => name.split_once(": ").map_or(&**name, |(it, _)| it) == class,
            Self::Given { class: name, .. } => name == class,
            _ => false,
        }
    }

    /// Returns its form in the log.
    pub(crate) fn json(&self) -> Json {
        match self {
            Error::Named(name) => json!(name),
            Error::Given { class, text, .. } => json!(format!("{class}: {text}")),
            Error::Timeout => json!("TimeoutError"),
            Error::Group(errors) => errors.iter().map(Error::json).collect(),
            Error::Exit => json!(EXIT),
        }
    }

    /// Returns the text of this error, for a recording.
    pub(crate) fn text(&self) -> String {
        match self {
            Error::Group(errors) => {
                let texts: Vec<_> = errors.iter().map(Error::text).collect();
                format!("ExceptionGroup of {}", texts.join(", "))
            }
            error => error.json().as_str().unwrap_or_default().into(),
        }
    }

    /// Ends the task that is polled, by an exit. The panic hook isn't called.
    pub(crate) fn exit() -> ! {
        std::panic::resume_unwind(Box::new(EXIT))
    }
}

impl Error {
    /// Makes the error of a group from what has failed in it.
    pub(crate) fn of_group(faults: impl Iterator<Item = Fault>) -> Self {
        let errors = faults.filter_map(|fault| match fault {
            Fault::Cancelled => None,
            Fault::Error(error) => Some(error),
        });
        let errors: Vec<_> = errors.collect();
        let exits = errors.iter().any(|error| matches!(error, Error::Exit)); // (F152)
        if exits { Error::Exit } else { Error::Group(errors) }
    }
}

/// The fault of a task that has not returned. A panic that is no exit becomes an error with
/// the panic's message.
impl From<JoinError> for Fault {
    fn from(error: JoinError) -> Self {
        match error.panic_message() {
            None => Fault::Cancelled,
            Some(EXIT) => Fault::Error(Error::Exit),
            Some(other) => Fault::Error(Error::named(other)),
        }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Fault::Error(error)
    }
}

impl From<Failure<Error>> for Fault {
    fn from(failure: Failure<Error>) -> Self {
        match failure {
            Failure::Join(error) => error.into(),
            Failure::Error(error) => error.into(),
        }
    }
}

impl From<JoinError> for Halt {
    fn from(error: JoinError) -> Self {
        Halt::Fault(error.into())
    }
}

impl From<Fault> for Halt {
    fn from(fault: Fault) -> Self {
        Halt::Fault(fault)
    }
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Halt::Fault(error.into())
    }
}

/// Makes one outcome of a task's end and the result that it returned.
pub(crate) fn flat(outcome: Result<Returned, JoinError>) -> Outcome {
    Ok(outcome??)
}

/// Returns the form of an outcome in the log: a key and its value.
pub(crate) fn out(outcome: &Outcome) -> (&'static str, Json) {
    match outcome {
        Ok(value) => ("ok", value.json()),
        Err(Fault::Cancelled) => ("cancelled", json!(true)),
        Err(Fault::Error(error)) => ("err", error.json()),
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.json().fmt(f)
    }
}

impl std::error::Error for Error {}
