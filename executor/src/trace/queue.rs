//! The ready queue, as a recording finds it.

use crate::probe::Event;
use crate::run::core::{Core, Ready};

impl Ready {
    /// Returns the slot of the task that is to be polled.
    pub(crate) fn task(self) -> Option<u32> {
        match self {
            Self::Poll(index) => Some(index),
            Self::Notice => None,
        }
    }
}

impl Core {
    /// Returns a copy of the ready queue.
    pub(crate) fn ready(&self) -> Vec<Ready> {
        self.ready.borrow().clone()
    }

    /// Records the entries of the ready queue as if they were queued now.
    pub(crate) fn tell_ready(&self) {
        let notices = self.notices.0.borrow();
        let mut notices = notices.iter().map(|(group, child)| (group.number(), *child));
        for entry in self.ready() {
            self.record(|| match entry {
                Ready::Poll(index) => Event::Ready { task: self.slots.tenant(index).0 },
                Ready::Notice => {
                    let notice = notices.next();
                    let (watch, child) = notice.expect("there is a notice for each entry");
                    Event::Notice { watch, child }
                }
            });
        }
    }
}
