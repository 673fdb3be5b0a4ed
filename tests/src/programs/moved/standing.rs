//! Scopes and other waits, and the tasks that poll them: a wait stands in the task that has
//! polled it last.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::Waker;

use super::account::Account;
use super::scene::Scene;

/// Where a wait stands.
pub(super) struct Standing {
    scene: Rc<Scene>,
    what: What,
    at: Cell<Option<Stand>>,
}

/// What stands there.
pub(super) enum What {
    /// A scope, which catches what is asked of its task.
    Scope,
    /// A scope that catches only what it has asked itself, and goes on with the rest.
    Limit,
    /// An await of a task, which passes requests on.
    Join,
    /// What passes requests on, too, and ends as cancelled once that was asked: in the task
    /// that polls it then.
    Target(Box<dyn Fn() -> bool>),
}

impl What {
    fn is_scope(&self) -> bool {
        matches!(self, Self::Scope | Self::Limit)
    }

    /// Returns whether a request to one task may come to the next that polls this; or to the
    /// same again, which takes it over when a stranger polls this. A limit compares the requests
    /// to the tasks in which it begins and ends.
    fn carries(&self) -> bool {
        match self {
            Self::Scope | Self::Join => false,
            Self::Limit => true,
            Self::Target(was_asked) => was_asked(),
        }
    }
}

/// A stand in a task.
#[derive(Clone, Copy)]
struct Stand {
    /// The number of the task.
    task: usize,
    /// The number of the poll in which the task has polled the wait last.
    poll: usize,
    is_strange: bool,
    /// It stands in a scope, where it concerns nobody else.
    is_inside: bool,
}

impl Standing {
    pub(super) fn new(scene: &Rc<Scene>, what: What) -> Self {
        Self { scene: Rc::clone(scene), what, at: Cell::default() }
    }

    /// Awaits a future, and notes where it stands.
    pub(super) async fn watch<T>(self, future: impl Future<Output = T>) -> T {
        let mut future = pin!(future);
        let output = poll_fn(|cx| {
            self.note(cx.waker());
            let around = &self.scene.around;
            around.update(|around| around + usize::from(self.what.is_scope()));
            let poll = future.as_mut().poll(cx);
            around.update(|around| around - usize::from(self.what.is_scope()));
            poll
        });
        let output = output.await;
        self.leave();
        output
    }

    /// Notes that it stands now in the task that is being polled.
    fn note(&self, waker: &Waker) {
        let Some(task) = self.scene.polled.get() else { return };
        let poller = &self.scene.pollers[task];
        let own = poller.waker.borrow();
        let stand = Stand {
            task,
            poll: poller.account.polls.get(),
            is_strange: !own.as_ref().is_some_and(|own| own.will_wake(waker)),
            is_inside: self.scene.around.get() > 0,
        };
        match self.leave() {
            None => self.note_begin(&poller.account),
            Some(before) if before.task == task => self.note_stay(before, stand),
            Some(before) => self.note_move(before, stand),
        }
        self.count(stand, |count| count + 1);
        self.at.set(Some(stand));
    }

    fn note_move(&self, before: Stand, now: Stand) {
        self.account(before).expose();
        if self.what.carries() {
            self.account(now).inherit();
        }
        if matches!(self.what, What::Limit) {
            self.account(now).excuse_all();
        }
    }

    fn note_stay(&self, before: Stand, now: Stand) {
        let account = self.account(now);
        if before.is_strange != now.is_strange && self.what.carries() {
            account.inherit();
        }
        // What a stranger polls is waited for also when that doesn't poll it.
        let was_left_out = before.poll + 1 < now.poll && !before.is_strange;
        if was_left_out && !matches!(self.what, What::Join) {
            account.poll_in_turn();
        }
    }

    fn note_begin(&self, account: &Account) {
        match self.what {
            What::Scope => {}
            What::Limit => account.begin_limit(),
            // What was asked may not have come to a scope yet.
            What::Join | What::Target(_) if !account.is_asked() => {}
            What::Join | What::Target(_) => account.expose(),
        }
    }

    /// Notes that it stands nowhere now. Returns where it stood.
    fn leave(&self) -> Option<Stand> {
        let before = self.at.take()?;
        self.count(before, |count| count - 1);
        Some(before)
    }

    fn count(&self, at: Stand, change: impl Fn(usize) -> usize) {
        let account = self.account(at);
        if self.what.is_scope() {
            account.scopes.update(&change);
        } else if !at.is_inside {
            account.beside.update(&change);
        }
        if self.what.is_scope() && at.is_strange {
            account.strange.update(&change);
        }
    }

    fn account(&self, at: Stand) -> &Account {
        &self.scene.pollers[at.task].account
    }
}

/// What was asked of a scope that is given up is asked of its task.
impl Drop for Standing {
    fn drop(&mut self) {
        if let Some(before) = self.leave() {
            self.account(before).expose();
        }
    }
}
