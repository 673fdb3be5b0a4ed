//! The success or failure of a child, as its value tells it.

use std::convert::Infallible;

use executor::JoinError;

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
