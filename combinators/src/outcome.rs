//! The success or failure of a child, as its value tells it.

use std::any::{Any, type_name};
use std::convert::Infallible;
use std::error::Error;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;

use executor::{JoinError, Task};

use crate::failure::BoxError;
use crate::foreign::discard;
use crate::task_group::GroupError;
use crate::timeout::Elapsed;

/// A value that a child returns, seen as success or failure.
///
/// `Result` says it by itself. Any other value is a success; for a type of
/// your own, say so in a line: `impl combinators::Plain for Row {}`.
pub trait Outcome: 'static {
    /// The value of a success.
    type Value: 'static;
    /// The error of a failure.
    type Error: 'static;

    /// Is true if a value may be a failure. If none can be, nobody looks.
    const MAY_FAIL: bool = true;

    /// Returns whether it is a success.
    fn is_success(&self) -> bool;

    /// Returns the error of a failure, to be told of by others than who takes it.
    ///
    /// `None`, unless said otherwise: then a task group knows no reason.
    fn error(&self) -> Option<&Self::Error> {
        None
    }

    /// Takes it apart.
    ///
    /// # Errors
    ///
    /// A failure is an error.
    fn into_result(self) -> Result<Self::Value, Self::Error>;
}

impl<V: 'static, E: 'static> Outcome for Result<V, E> {
    type Value = V;
    type Error = E;

    fn is_success(&self) -> bool {
        self.is_ok()
    }

    fn error(&self) -> Option<&E> {
        self.as_ref().err()
    }

    fn into_result(self) -> Result<V, E> {
        self
    }
}

/// Marks a type whose every value is a success.
///
/// ```
/// struct Row(u32);
/// impl combinators::Plain for Row {}
///
/// let rows = executor::block_on(async { combinators::gather([async { Row(7) }]).await });
/// assert_eq!(rows.unwrap()[0].0, 7);
/// ```
///
/// `!` isn't among them, since stable Rust lets nobody implement a trait for it. A child that
/// never returns has [`Infallible`] for its type instead:
///
/// ```
/// use std::convert::Infallible;
/// use std::time::Duration;
///
/// async fn ticks() -> Infallible {
///     loop {
///         executor::sleep(Duration::from_millis(1)).await;
///     }
/// }
///
/// async fn work() -> Result<(), &'static str> {
///     executor::sleep(Duration::from_millis(3)).await;
///     Err("it is done")
/// }
///
/// executor::block_on(async {
///     let failure = combinators::gather((ticks(), work())).await.unwrap_err();
///     assert_eq!(failure.index, 1);
/// });
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` doesn't say whether it is a success or a failure",
    label = "a child returns this",
    note = "if it is always a success write `impl combinators::Plain for {Self} {{}}`; \
            where the type isn't yours, return `Ok::<_, Infallible>(value)`, \
            and where it is `!`, declare `Infallible`"
)]
pub trait Plain {}

impl<T: Plain + 'static> Outcome for T {
    type Value = T;
    type Error = Infallible;

    const MAY_FAIL: bool = false;

    fn is_success(&self) -> bool {
        true
    }

    fn into_result(self) -> Result<T, Infallible> {
        Ok(self)
    }
}

macro_rules! plain {
    ($($type:ty),*) => { $(impl Plain for $type {})* };
}

plain!((), bool, char, String, &'static str, f32, f64);
plain!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize);
plain!(std::time::Duration, executor::Instant, std::time::SystemTime);
plain!(std::path::PathBuf, std::ffi::OsString, std::cmp::Ordering, Infallible);
plain!(std::net::IpAddr, std::net::Ipv4Addr, std::net::Ipv6Addr, std::net::SocketAddr);

impl<T> Plain for Option<T> {}
impl<T> Plain for Vec<T> {}
impl<T> Plain for std::collections::VecDeque<T> {}
impl<T, S> Plain for std::collections::HashSet<T, S> {}
impl<T> Plain for std::collections::BTreeSet<T> {}
impl<T> Plain for std::collections::BinaryHeap<T> {}
impl<T: ToOwned + ?Sized> Plain for std::borrow::Cow<'static, T> {}
impl<K, V, S> Plain for std::collections::HashMap<K, V, S> {}
impl<K, V> Plain for std::collections::BTreeMap<K, V> {}
impl<T: ?Sized> Plain for Box<T> {}
impl<T: ?Sized> Plain for std::rc::Rc<T> {}
impl<T: ?Sized> Plain for std::sync::Arc<T> {}
impl<T, const N: usize> Plain for [T; N] {}
impl<A, B> Plain for (A, B) {}
impl<A, B, C> Plain for (A, B, C) {}
impl<A, B, C, D> Plain for (A, B, C, D) {}
impl<A, B, C, D, E> Plain for (A, B, C, D, E) {}
impl<A, B, C, D, E, F> Plain for (A, B, C, D, E, F) {}
impl<A, B, C, D, E, F, G> Plain for (A, B, C, D, E, F, G) {}
impl<A, B, C, D, E, F, G, H> Plain for (A, B, C, D, E, F, G, H) {}

/// Returns whether a child succeeded: it returned, and its value is a success.
pub(crate) fn succeeded<T: Outcome>(outcome: &Result<T, JoinError>) -> bool {
    outcome.as_ref().is_ok_and(Outcome::is_success)
}

// Words for recordings --------------------------------------------------------------------

pub(crate) const UNREADABLE: &str =
    "the reason can't be told, since the outcome panicked when it was asked";

/// Says in words how a task has ended. The reason for which it has failed goes into the
/// recording of its own, if the function knows one.
pub(crate) fn describe_end<T>(
    task: &Task<T>,
    failure: impl FnOnce(&Result<T, JoinError>) -> Option<String>,
) -> &'static str {
    let seen = task.glance(|outcome| {
        let failure = contained(|| failure(outcome));
        (failure.unwrap_or_else(|| Some(UNREADABLE.into())), kind_of(outcome))
    });
    match seen {
        None => "an outcome that was taken",
        Some((None, kind)) => kind,
        Some((Some(text), _)) => {
            task.describe_failure(|| text);
            "an error"
        }
    }
}

fn kind_of<T>(outcome: &Result<T, JoinError>) -> &'static str {
    match outcome {
        Ok(_) => "a value",
        Err(error) if error.is_cancelled() => "a cancellation",
        Err(_) => "a panic",
    }
}

/// Returns in words why a child has failed by the value that it returned.
pub(crate) fn failure<T: Outcome>(outcome: &Result<T, JoinError>) -> Option<String> {
    let value = outcome.as_ref().ok()?;
    (!value.is_success()).then(|| error_text(value))
}

/// Returns the text of a failure, if its error is of a type that is known to have one; else
/// the name of the type.
pub(crate) fn error_text<T: Outcome>(value: &T) -> String {
    let text = readable(|| value.error().and_then(|error| known_text(error)).unwrap_or_default());
    if text.is_empty() { short_name::<T::Error>().into() } else { text }
}

fn known_text(error: &dyn Any) -> Option<String> {
    macro_rules! first_of {
        ($($type:ty),*) => {
            None$(.or_else(|| error.downcast_ref::<$type>().map(ToString::to_string)))*
        };
    }
    first_of!(
        String,
        &'static str,
        io::Error,
        Rc<io::Error>,
        Arc<io::Error>,
        BoxError,
        Box<dyn Error>,
        Rc<dyn Error>,
        JoinError,
        GroupError,
        Elapsed
    )
}

/// Returns a text that foreign code makes, or that it has panicked.
pub(crate) fn readable(text: impl FnOnce() -> String) -> String {
    contained(text).unwrap_or_else(|| UNREADABLE.into())
}

/// Calls foreign code for words; `None` if it panics, which goes nowhere: a run that is
/// recorded does what it does without that.
fn contained<R>(foreign: impl FnOnce() -> R) -> Option<R> {
    catch_unwind(AssertUnwindSafe(foreign)).map_err(discard).ok()
}

/// Returns the name of a type without its path and its parameters.
pub(crate) fn short_name<T: ?Sized>() -> &'static str {
    let name = type_name::<T>().split('<').next().unwrap_or_default();
    name.rsplit("::").next().unwrap_or(name)
}
