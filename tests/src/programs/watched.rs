//! Futures that are watched: when they are polled and dropped, and why.

use std::cell::Cell;
use std::future::{Future, pending};
use std::mem::replace;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::thread;

use executor::current_task;

use super::fate::Fate;
use super::faults::expect;
use super::realm::{Ending, Realm};
use super::world::{Token, World};

pub(super) type Boxed<T> = Pin<Box<dyn Future<Output = T>>>;

/// A future of a task, or of a part of one.
pub(super) struct Watched<T: 'static> {
    future: Boxed<T>,
    pub(super) fate: Rc<Fate>,
    realm: Rc<Realm>,
    task: Option<Alive>,
    /// Called by the first poll.
    prelude: Option<Box<dyn FnOnce()>>,
    /// The group that fails if this does.
    group: Option<Rc<Fate>>,
    polled: Cell<bool>,
    ended: Cell<bool>,
    token: Token,
}

/// Counts a task whose future hasn't been dropped.
struct Alive {
    life: Rc<Life>,
    realm: Rc<Realm>,
}

/// How far a task's future has come.
#[derive(Default)]
pub(super) struct Life {
    /// The future is a task's by now; before, a group may have refused it.
    pub(super) spawned: Cell<bool>,
    pub(super) panicked: Cell<bool>,
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.realm.tasks.update(|tasks| tasks - 1);
    }
}

impl<T: 'static> Watched<T> {
    pub(super) fn new(realm: &Rc<Realm>, fate: Rc<Fate>, future: Boxed<T>) -> Self {
        Self {
            future,
            fate,
            realm: Rc::clone(realm),
            task: None,
            prelude: None,
            group: None,
            polled: Cell::new(false),
            ended: Cell::new(false),
            token: Token::new(&realm.world),
        }
    }

    /// Says that it is the future of a task to be.
    pub(super) fn of_task(mut self, life: &Rc<Life>) -> Self {
        self.realm.tasks.update(|tasks| tasks + 1);
        self.task = Some(Alive { life: Rc::clone(life), realm: Rc::clone(&self.realm) });
        self
    }

    /// Says that its failure is the group's.
    pub(super) fn in_group(mut self, group: &Rc<Fate>) -> Self {
        self.group = Some(Rc::clone(group));
        self
    }

    /// Drops it before its end.
    pub(super) fn give_up(self) {
        self.fate.doom();
    }

    /// Has the first poll begin with this.
    pub(super) fn prepend(&mut self, prelude: impl FnOnce() + 'static) {
        self.prelude = Some(Box::new(prelude));
    }
}

/// What a future may return.
pub(super) trait Returned: 'static {
    /// Has the group fail with it. Returns whether it is a failure.
    fn in_group(&self, _group: Option<&Rc<Fate>>) -> bool {
        false
    }
}

impl Returned for () {}

impl Returned for Ending {
    fn in_group(&self, group: Option<&Rc<Fate>>) -> bool {
        if let (Ok(output), Some(group)) = (self, group) {
            output.in_group(group);
        }
        self.is_err()
    }
}

/// Ends a poll. One that panics is a reason to cancel what is left.
struct InPoll<'a> {
    polled: &'a Cell<bool>,
    ended: &'a Cell<bool>,
    fate: &'a Fate,
    life: Option<&'a Life>,
    group: Option<&'a Rc<Fate>>,
    world: &'a World,
    returned: bool,
}

impl InPoll<'_> {
    fn fail(&self) {
        self.group.into_iter().for_each(|group| group.doom());
    }
}

impl Drop for InPoll<'_> {
    fn drop(&mut self) {
        self.world.end_poll();
        self.polled.set(false);
        if !self.returned {
            self.ended.set(true);
            self.life.into_iter().for_each(|life| life.panicked.set(true));
            self.fate.doom();
            self.fail();
        }
    }
}

impl<T: Returned> Future for Watched<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let Self { future, fate, realm, task, group, prelude, polled, ended, token } =
            self.get_mut();
        token.expect_thread();
        expect(!polled.replace(true), "polled within its own poll");
        expect(!ended.get(), "polled after its end");
        prelude.take().into_iter().for_each(|prelude| prelude());
        let (world, group) = (&*realm.world, group.as_ref());
        let life = task.as_ref().map(|task| &*task.life);
        world.begin_poll(fate);
        let mut this_poll = InPoll { polled, ended, fate, life, group, world, returned: false };
        let poll = future.as_mut().poll(cx);
        this_poll.returned = true;
        if let Poll::Ready(value) = &poll {
            this_poll.ended.set(true);
            if value.in_group(this_poll.group) {
                this_poll.fail();
            }
            if task.is_some() && !fate.is_doomed() {
                expect_uncounted();
            }
        }
        poll
    }
}

/// Nobody else's cancellation is counted with a task that has seen none.
fn expect_uncounted() {
    let counted = current_task().map_or(0, |task| task.cancelling());
    expect(counted == 0, "a cancellation is counted that nobody has asked for");
}

impl<T: 'static> Watched<T> {
    /// Drops the future. If a destructor panics, that is how it fails.
    fn drop_future(&mut self) {
        let future = replace(&mut self.future, Box::pin(pending()));
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(future))) {
            self.group.iter().for_each(|group| group.doom());
            resume_unwind(panic);
        }
    }
}

impl<T: 'static> Drop for Watched<T> {
    fn drop(&mut self) {
        expect(!self.polled.get(), "dropped within its own poll");
        if !self.ended.get() {
            let begun = self.task.as_ref().is_none_or(|task| task.life.spawned.get());
            let reason =
                !begun || self.fate.is_doomed() || self.realm.closed.get() || thread::panicking();
            expect(reason, "cancelled, although nobody has asked for it");
            self.fate.doom();
        }
        self.drop_future();
    }
}
