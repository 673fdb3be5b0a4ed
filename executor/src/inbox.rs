//! All that other threads may touch.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender, unbounded};

use crate::id::TaskId;

/// The executor's end of its inbox. Other threads put wakers in, the loop
/// takes them out, and blocks here when it has nothing to do.
///
/// Blocking on the channel itself, rather than parking the thread, leaves no
/// gap in which a wake could be lost (I6): the channel looks again after it
/// has announced itself, and no stranger's `park` can eat what it waits for.
///
/// When the executor is gone so is the receiver, and wakes fall on the floor.
pub(crate) struct Inbox {
    door: Arc<Door>,
    messages: Receiver<Arc<TaskWaker>>,
}

/// The other threads' end.
pub(crate) struct Door(Sender<Arc<TaskWaker>>);

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
    pub(crate) fn new() -> Self {
        let (sender, messages) = unbounded();
        Self { door: Arc::new(Door(sender)), messages }
    }

    pub(crate) fn door(&self) -> &Arc<Door> {
        &self.door
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Takes out the tasks to wake that are in the inbox by now. What arrives
    /// meanwhile waits, or a flood of wakes would stop the loop.
    pub(crate) fn drain(&self) -> impl Iterator<Item = TaskId> + '_ {
        let arrived = self.messages.len();
        self.messages.try_iter().take(arrived).map(|waker| waker.heard())
    }

    /// Blocks the thread until there is a wake, or until `deadline`.
    pub(crate) fn wait(&self, deadline: Option<Instant>) -> Option<TaskId> {
        let message = match deadline {
            Some(deadline) => self.messages.recv_deadline(deadline).ok(),
            None => self.messages.recv().ok(),
        };
        message.map(|waker| waker.heard())
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
        if !self.told.load(Ordering::Relaxed) && !self.told.swap(true, Ordering::Relaxed) {
            // An error means that the executor is gone: nobody to wake.
            let _ = self.door.0.send(Arc::clone(self));
        }
    }

    fn heard(&self) -> TaskId {
        self.told.store(false, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        self.task()
    }
}
