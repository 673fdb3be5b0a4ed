//! Couriers: functions that other threads hand over to an executor.

use std::any::Any;
use std::cell::OnceCell;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};

use crate::run::error::contain_quietly;
use crate::run::inbox::{Door, Inbox, Message};
use crate::watch::names::name_of_function;

/// Hands functions over to an executor, from any thread; made by
/// [`courier`](crate::courier). Clones are the same courier.
///
/// ```
/// use std::{sync::mpsc, thread};
///
/// let executor = executor::Executor::new();
/// let courier = executor.courier();
/// let (say, hear) = mpsc::channel();
/// let send = move || courier.send(move || say.send(thread::current().id()).unwrap());
/// thread::spawn(send).join().unwrap().unwrap();
/// executor.turn();
/// assert_eq!(hear.recv(), Ok(thread::current().id()));
/// ```
///
/// As long as there is one, the executor waits for what it may bring: no
/// [`Deadlock`](crate::Deadlock) is found.
#[derive(Clone)]
pub struct Courier(Arc<Route>);

/// The part that all couriers of an executor share: it leads to the door.
struct Route(Arc<Door>);

/// The first courier of an executor, which is made when somebody asks for one. The others
/// are its clones, so its reference count tells whether there are any.
#[derive(Default)]
pub(crate) struct Couriers(OnceCell<Courier>);

/// A function that a courier brings. Its destructor is foreign code as well, so no panic
/// of it gets out, wherever it is dropped.
pub(crate) struct Errand(Option<Box<dyn Call>>);

/// A function that can be given back as the type that it was.
trait Call: Any + Send {
    fn call(self: Box<Self>);

    /// Returns the name of the function, for a recording.
    fn name(&self) -> String;
}

impl<F: FnOnce() + Send + 'static> Call for F {
    fn call(self: Box<Self>) {
        self();
    }

    fn name(&self) -> String {
        name_of_function::<F>()
    }
}

impl Couriers {
    pub(crate) fn get(&self, door: &Arc<Door>) -> Courier {
        self.0.get_or_init(|| Courier(Arc::new(Route(Arc::clone(door))))).clone()
    }

    /// Returns whether an errand may come: somebody has a courier, or an errand is in the
    /// inbox. The couriers are counted first. A thread that drops the last one has sent
    /// its errands before that, and the fence, which pairs with the release in `Arc`'s
    /// drop, makes them visible to the look into the inbox.
    pub(crate) fn may_send_to(&self, inbox: &Inbox) -> bool {
        let couriers = self.0.get().map_or(0, |it| Arc::strong_count(&it.0));
        fence(Ordering::Acquire);
        couriers > 1 || !inbox.is_empty()
    }
}

impl Courier {
    /// Hands over a function, which is called on the executor's thread, between polls. When
    /// the executor hears of it, it is queued behind all that is ready.
    ///
    /// The executor hears of it as of another thread's wake, and
    /// [`Builder::on_wake`](crate::Builder::on_wake) tells of it likewise. The function
    /// should be short, and may wake, spawn and cancel. If it panics the panic hook reports
    /// that, and nothing else happens. If it has not been called when the executor is
    /// dropped, it is dropped, too, and never called.
    ///
    /// # Errors
    ///
    /// Fails if the executor is gone, and gives the function back.
    ///
    /// # Panics
    ///
    /// Panics if `on_wake` does; the function has been handed over then.
    pub fn send<F>(&self, function: F) -> Result<(), Undelivered<F>>
    where
        F: FnOnce() + Send + 'static,
    {
        let errand = Errand::new(function);
        self.door().leave(Message::Errand(errand)).map_err(|message| match message {
            Message::Errand(errand) => Undelivered(errand.into_function()),
            Message::Wake(_) => unreachable!("it was an errand"),
        })
    }

    pub(crate) fn door(&self) -> &Arc<Door> {
        &self.0.0
    }
}

impl Errand {
    pub(crate) fn new(function: impl FnOnce() + Send + 'static) -> Self {
        Self(Some(Box::new(function)))
    }

    pub(crate) fn call(mut self) {
        if let Some(function) = self.0.take() {
            function.call();
        }
    }

    pub(crate) fn name(&self) -> String {
        self.0.as_ref().map_or_else(String::new, |function| (**function).name())
    }

    fn into_function<F: 'static>(mut self) -> F {
        let function: Option<Box<dyn Any>> = self.0.take().map(|it| it as _);
        let function = function.and_then(|it| it.downcast().ok());
        *function.expect("it wasn't called, and it is that type")
    }
}

impl Drop for Errand {
    fn drop(&mut self) {
        contain_quietly(|| drop(self.0.take()));
    }
}

/// The error of [`Courier::send`]: the executor is gone, so nothing can be handed over. It
/// holds the function.
pub struct Undelivered<F>(pub F);

impl<F> fmt::Display for Undelivered<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the executor is gone, so nothing can be handed over: keep it while threads use it",
        )
    }
}

impl<F> fmt::Debug for Undelivered<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Undelivered({self})")
    }
}

impl<F> std::error::Error for Undelivered<F> {}

impl fmt::Debug for Courier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Courier").finish_non_exhaustive()
    }
}
