//! All that other threads may touch.

use std::cell::OnceCell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender, unbounded};
use parking_lot::Mutex;

use crate::id::TaskId;

/// The executor's end of its inbox. Other threads put wakers in, the loop
/// takes them out, and blocks here when it has nothing to do.
///
/// Blocking on the channel itself, rather than parking the thread, leaves no
/// gap in which a wake could be lost (I6): the channel looks again after it
/// has announced itself, and no stranger's `park` can eat what it waits for.
pub(crate) struct Inbox {
    door: Arc<Door>,
    /// Known since the first look at which there was a channel.
    messages: OnceCell<Messages>,
}

type Messages = Receiver<Arc<TaskWaker>>;

/// The other threads' end.
///
/// The channel is made by whoever needs it first, a thread that sends or a loop
/// that blocks, for it takes longer than all else that an executor is made of.
/// `None` once the executor is gone: wakes fall on the floor.
pub(crate) struct Door {
    channel: OnceLock<Option<Channel>>,
    on_wake: Option<OnWake>,
}

/// Is told that there is a message.
pub(crate) type OnWake = Arc<dyn Fn() + Send + Sync>;

struct Channel {
    sender: Sender<Arc<TaskWaker>>,
    /// Until the executor takes it.
    receiver: Mutex<Option<Messages>>,
}

/// What stands behind a [`Waker`](std::task::Waker) of ours.
pub(crate) struct TaskWaker {
    /// Which executor: its door.
    pub(crate) door: Arc<Door>,
    /// Which task; changed only while nobody else holds the waker.
    task: AtomicU64,
    /// Set when a thread has told the executor, cleared when it has heard.
    /// While set, further wakes have nothing to add.
    told: AtomicBool,
}

impl Inbox {
    pub(crate) fn new(on_wake: Option<OnWake>) -> Self {
        let door = Arc::new(Door { channel: OnceLock::new(), on_wake });
        Self { door, messages: OnceCell::new() }
    }

    pub(crate) fn door(&self) -> &Arc<Door> {
        &self.door
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.messages().is_none_or(Receiver::is_empty)
    }

    /// Takes out the tasks to wake that are in the inbox by now. What arrives
    /// meanwhile waits, or a flood of wakes would stop the loop.
    pub(crate) fn drain(&self) -> impl Iterator<Item = TaskId> + '_ {
        let messages = self.messages();
        let arrived = messages.map_or(0, Receiver::len);
        messages.into_iter().flat_map(Receiver::try_iter).take(arrived).map(|waker| waker.heard())
    }

    /// Blocks the thread until there is a wake, or until `deadline`.
    pub(crate) fn wait(&self, deadline: Option<Instant>) -> Option<TaskId> {
        self.door.channel();
        let messages = self.messages().expect("the channel has just been made");
        let message = match deadline {
            Some(deadline) => messages.recv_deadline(deadline).ok(),
            None => messages.recv().ok(),
        };
        message.map(|waker| waker.heard())
    }

    /// The channel's end, if there is a channel.
    fn messages(&self) -> Option<&Messages> {
        if self.messages.get().is_none() {
            let messages = self.door.channel.get()?.as_ref()?.receiver.lock().take()?;
            return Some(self.messages.get_or_init(|| messages));
        }
        self.messages.get()
    }
}

/// Closes the door. A message that nobody will hear holds its waker, and that
/// the door: so the channel must go, or all three would stay for ever.
impl Drop for Inbox {
    fn drop(&mut self) {
        if self.door.channel.set(None).is_err() {
            self.messages(); // Into this field, which goes next.
        }
    }
}

impl Door {
    /// The channel, made now if need be; `None` if the executor is gone.
    fn channel(&self) -> Option<&Channel> {
        self.channel.get_or_init(|| Some(Channel::new())).as_ref()
    }
}

impl Channel {
    fn new() -> Self {
        let (sender, messages) = unbounded();
        Self { sender, receiver: Mutex::new(Some(messages)) }
    }
}

impl TaskWaker {
    pub(crate) fn new(door: Arc<Door>, task: TaskId) -> Self {
        Self { door, task: AtomicU64::new(task.pack()), told: AtomicBool::new(false) }
    }

    pub(crate) fn task(&self) -> TaskId {
        TaskId::unpack(self.task.load(Ordering::Relaxed))
    }

    pub(crate) fn set_task(&self, task: TaskId) {
        self.task.store(task.pack(), Ordering::Relaxed);
    }

    /// Tells the executor, from whichever thread, unless it is told already.
    ///
    /// The fence pairs with the one in [`heard`](Self::heard). Either this
    /// thread sees the flag cleared and sends, or the executor, which polls
    /// after clearing it, sees all that this thread did before the wake.
    /// Without the fences both may miss the other, and the wake is lost.
    pub(crate) fn tell(self: &Arc<Self>) {
        fence(Ordering::SeqCst);
        if !self.told.load(Ordering::Relaxed)
            && !self.told.swap(true, Ordering::Relaxed)
            && let Some(Channel { sender, .. }) = self.door.channel()
        {
            // An error means that the executor is gone: nobody to wake.
            let sent = sender.send(Arc::clone(self));
            if let Some(tell) = self.door.on_wake.as_ref().filter(|_| sent.is_ok()) {
                tell();
            }
        }
    }

    fn heard(&self) -> TaskId {
        self.told.store(false, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        self.task()
    }
}
