//! Notices: the entries of the ready queue by which groups are asked.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use crate::probe::Event;
use crate::run::context;
use crate::run::core::Core;
use crate::run::error::{contain_quietly, drop_each};
use crate::run::unheld::Thing;
use crate::watch::group::Group;

/// The notices: groups of which a child has ended, and that child's number. Each has an
/// entry in the ready queue, in the same order.
#[derive(Default)]
pub(crate) struct Notices(pub(crate) RefCell<VecDeque<(Rc<Group>, u32)>>);

impl Notices {
    /// Drops the notices, which will not be given.
    pub(crate) fn drop_all(&self) {
        drop_each(self.0.take());
    }
}

impl Core {
    /// Notifies a group of the end of a task that had ended before it came. If the executor
    /// doesn't run, the notice keeps its place behind the wakes of before, and the host's loop
    /// is told of it.
    pub(crate) fn notify_late(self: &Rc<Self>, group: Rc<Group>, child: u32) {
        let _entered = context::enter_from_outside(self);
        self.notify_group(group, child, false);
    }

    /// Counts a child's end at once, and queues a notice of it for the next turn, if it
    /// matters. A closed executor has no next turn, and queues none.
    #[inline(always)]
    pub(crate) fn notify_group(&self, group: Rc<Group>, child: u32, returned: bool) {
        if group.count_end(child, returned) {
            self.note_end(group, child);
        }
    }

    #[inline(never)]
    fn note_end(&self, group: Rc<Group>, child: u32) {
        if self.closed.get() {
            self.drop_quietly(Thing::Group(group));
            return;
        }
        let enough = group.note_end(child);
        self.probe.if_recorded(|| self.record_answer(&group, child, enough));
        if enough {
            let watch = group.number();
            self.notices.0.borrow_mut().push_back((group, child));
            self.enqueue_notice();
            self.record(|| Event::Notice { watch, child });
        }
    }

    /// Records how a watcher has judged the end of a child, if it says that.
    #[cold]
    fn record_answer(&self, group: &Group, child: u32, enough: bool) {
        if let Some(why) = group.describe_end(child) {
            let watch = group.number();
            self.record_text(|| why, |why| Event::Answer { watch, child, enough, why });
        }
    }

    /// Gives the first notice: asks its group whether the child's end was
    /// enough, and if so wakes the parent.
    pub(crate) fn give_notice(&self) {
        let notice = self.notices.0.borrow_mut().pop_front();
        let (group, child) = notice.expect("there is a notice for each entry");
        let watch = group.number();
        self.record(|| Event::Ask { watch, child });
        if let Some(parent) = group.notice(child) {
            self.record(|| Event::Met { watch });
            self.notify(parent);
        }
        if Rc::strong_count(&group) == 1 {
            self.record(|| Event::Unwatch { watch });
        }
        contain_quietly(|| drop(group));
    }
}
