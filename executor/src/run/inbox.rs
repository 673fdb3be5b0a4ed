//! The inbox, and all else that other threads may touch.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};
use std::sync::{Arc, OnceLock};

use crossbeam_channel::{Receiver, SendError, Sender, unbounded};
use parking_lot::Mutex;

use crate::above::Errand;
use crate::platform::{Instant, receive};
use crate::run::id::TaskId;

/// The executor's end of its inbox. Other threads put messages in, the loop
/// takes them out, and blocks here when it has nothing to do.
///
/// Blocking on the channel itself, rather than parking the thread, leaves no
/// gap in which a message could be lost (I6): the channel looks again after it
/// has announced itself, and no `park` of other code can use up the token that it
/// waits for.
pub(crate) struct Inbox {
    door: Arc<Door>,
    /// The receiver, from the first look at which there was a channel until the end.
    messages: RefCell<Option<Messages>>,
}

type Messages = Receiver<Message>;

/// A message from another thread.
pub(crate) enum Message {
    Wake(Arc<TaskWaker>),
    Errand(Errand),
}

/// A message, as the executor hears it.
pub(crate) enum Heard {
    /// This task was woken.
    Wake(TaskId),
    Errand(Errand),
}

/// The other threads' end.
///
/// The channel is made when it is first needed, by a thread that sends or a loop that
/// blocks, for to make it takes longer than all else that an executor is made of.
/// Once the executor is gone it is `None`, if nobody had needed it, or has no receiver:
/// then wakes are dropped, and errands go back.
pub(crate) struct Door {
    channel: OnceLock<Option<Channel>>,
    on_wake: Option<OnWake>,
}

/// The function that is called when there is a message.
pub(crate) type OnWake = Arc<dyn Fn() + Send + Sync>;

struct Channel {
    sender: Sender<Message>,
    /// The receiver, until the executor takes it.
    receiver: Mutex<Option<Messages>>,
}

/// The data behind a [`Waker`](std::task::Waker) of ours.
pub(crate) struct TaskWaker {
    /// The door of the executor.
    pub(crate) door: Arc<Door>,
    /// The id of the task, changed only while nobody else holds the waker.
    task: AtomicU64,
    /// True while the wake that a thread has sent isn't heard. Until then, further wakes
    /// have nothing to add.
    sent: AtomicBool,
}

impl Inbox {
    pub(crate) fn new(on_wake: Option<OnWake>) -> Self {
        let door = Arc::new(Door { channel: OnceLock::new(), on_wake });
        Self { door, messages: RefCell::default() }
    }

    pub(crate) fn door(&self) -> &Arc<Door> {
        &self.door
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.with_messages(Receiver::is_empty).unwrap_or(true)
    }

    /// Takes out the messages that are in the inbox by now. What arrives
    /// meanwhile waits, or a flood of wakes would stop the loop.
    pub(crate) fn drain(&self) -> impl Iterator<Item = Heard> + '_ {
        let arrived = self.with_messages(Receiver::len).unwrap_or(0);
        let next = || self.with_messages(|messages| messages.try_recv().ok()).flatten();
        (0..arrived).map_while(move |_| next()).map(Message::heard)
    }

    /// Blocks the thread until there is a message, or until `deadline`.
    pub(crate) fn wait(&self, deadline: Option<Instant>) -> Option<Heard> {
        self.door.channel();
        let message = self.with_messages(|messages| receive(messages, deadline));
        message.expect("the channel has just been made").map(Message::heard)
    }

    /// Looks at the channel's end, if there is a channel.
    fn with_messages<R>(&self, look: impl FnOnce(&Messages) -> R) -> Option<R> {
        self.door.channel.get()?;
        let mut messages = self.messages.borrow_mut();
        if messages.is_none() {
            *messages = self.door.take_receiver();
        }
        messages.as_ref().map(look)
    }

    /// Closes the door, at the executor's end. A message that nobody will hear holds
    /// its waker, the waker holds the door, and the door holds the channel: if the
    /// channel stayed, none of them would ever be freed.
    pub(crate) fn close(&self) {
        if self.door.channel.set(None).is_err() {
            let messages = self.messages.take().or_else(|| self.door.take_receiver());
            drop(messages); // Errands are foreign code: after the borrow (I7).
        }
    }
}

impl Door {
    /// Returns the channel, which the first call makes; `None` if the executor is gone.
    fn channel(&self) -> Option<&Channel> {
        self.channel.get_or_init(|| Some(Channel::new())).as_ref()
    }

    fn take_receiver(&self) -> Option<Messages> {
        self.channel.get()?.as_ref()?.receiver.lock().take()
    }

    /// Leaves a message, which comes back if the executor is gone.
    pub(crate) fn leave(&self, message: Message) -> Result<(), Message> {
        let Some(Channel { sender, .. }) = self.channel() else { return Err(message) };
        sender.send(message).map_err(SendError::into_inner)?;
        self.call_on_wake();
        Ok(())
    }

    /// Calls `on_wake`, which tells the loop that drives the executor of work.
    pub(crate) fn call_on_wake(&self) {
        if let Some(on_wake) = &self.on_wake {
            on_wake();
        }
    }
}

impl Channel {
    fn new() -> Self {
        let (sender, messages) = unbounded();
        Self { sender, receiver: Mutex::new(Some(messages)) }
    }
}

impl Message {
    fn heard(self) -> Heard {
        match self {
            Self::Wake(waker) => Heard::Wake(waker.heard()),
            Self::Errand(errand) => Heard::Errand(errand),
        }
    }
}

impl TaskWaker {
    pub(crate) fn new(door: Arc<Door>, task: TaskId) -> Self {
        Self { door, task: AtomicU64::new(task.pack()), sent: AtomicBool::new(false) }
    }

    pub(crate) fn task(&self) -> TaskId {
        TaskId::unpack(self.task.load(Ordering::Relaxed))
    }

    pub(crate) fn set_task(&self, task: TaskId) {
        self.task.store(task.pack(), Ordering::Relaxed);
    }

    /// Sends the wake to the executor, from any thread, unless it is sent already.
    ///
    /// The fence pairs with the one in [`heard`](Self::heard). Either this
    /// thread sees the flag cleared and sends, or the executor, which polls
    /// after clearing it, sees all that this thread did before the wake.
    /// Without the fences both may miss the other, and the wake is lost.
    pub(crate) fn send(self: &Arc<Self>) {
        fence(Ordering::SeqCst);
        if !self.sent.load(Ordering::Relaxed) && !self.sent.swap(true, Ordering::Relaxed) {
            // An error means that the executor is gone: there is nobody to wake.
            drop(self.door.leave(Message::Wake(Arc::clone(self))));
        }
    }

    fn heard(&self) -> TaskId {
        self.sent.store(false, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        self.task()
    }
}
