//! The ready queue, as a recording finds it.

use crate::probe::Event;
use crate::run::core::{Core, Ready};

impl Core {
    /// A copy of the ready queue.
    pub(crate) fn ready(&self) -> Vec<Ready> {
        self.ready.borrow().clone()
    }

    /// Tells of the ready queue as if it had come about now.
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
