//! The tasks that poll what stands on their shelves.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use executor::{Task, catch_cancel};

use super::super::watched::Boxed;
use super::acts::act;
use super::hostile::Lent;
use super::scene::{Scene, kind};
use super::standing::{Standing, What};

/// Spawns a task that polls its shelves until it is cancelled.
pub(super) fn spawn(scene: &Rc<Scene>, number: usize) -> Option<Task<()>> {
    let polling = Polling { scene: Rc::clone(scene), number, polled: Vec::new() };
    let in_scopes = scene.has(kind::IN_SCOPES) && scene.world.coin();
    let body: Boxed<()> =
        if in_scopes { Box::pin(poll_in_scopes(polling)) } else { Box::pin(polling) };
    scene.spawn(InTask { scene: Rc::clone(scene), number, body, has_returned: false })
}

/// Polls the shelves in a scope, and when that has caught in another one. It returns only when
/// nothing more happens.
async fn poll_in_scopes(polling: Polling) {
    let (scene, number) = (Rc::clone(&polling.scene), polling.number);
    drop(polling);
    loop {
        let polling = Polling { scene: Rc::clone(&scene), number, polled: Vec::new() };
        let caught = Standing::new(&scene, What::Scope).watch(catch_cancel(polling)).await;
        if caught.is_ok() || scene.world.muted.get() {
            return;
        }
        scene.catch();
    }
}

/// The whole of a task, which says so while it is polled, and when it is cancelled.
struct InTask {
    scene: Rc<Scene>,
    number: usize,
    body: Boxed<()>,
    has_returned: bool,
}

impl Future for InTask {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let (scene, number) = (Rc::clone(&self.scene), self.number);
        let poller = &scene.pollers[number];
        scene.look();
        scene.say(format!("task {number} is polled"));
        let before = poller.waker.replace(Some(cx.waker().clone()));
        drop(before);
        poller.account.polls.update(|polls| polls + 1);
        scene.polled.set(Some(number));
        let poll = self.body.as_mut().poll(cx);
        scene.polled.set(None);
        self.has_returned = poll.is_ready();
        poll
    }
}

impl Drop for InTask {
    fn drop(&mut self) {
        let Self { scene, number, has_returned, .. } = self;
        let account = &scene.pollers[*number].account;
        account.ended.set(true);
        if !*has_returned && !scene.world.muted.get() {
            scene.say(format!("task {number} ends as cancelled"));
            account.expect_reason();
        }
    }
}

/// Polls the shelves of a task.
struct Polling {
    scene: Rc<Scene>,
    number: usize,
    /// The shelves that it has polled in its last poll.
    polled: Vec<usize>,
}

impl Future for Polling {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let scene = Rc::clone(&self.scene);
        self.polled.clear();
        act_at_times(&scene);
        for shelf in 0..scene.shelves.len() {
            if scene.shelves[shelf].owner.get() == self.number && self.polls_now() {
                self.polled.push(shelf);
                self.poll_wait(shelf, cx);
            }
        }
        act_at_times(&scene);
        if scene.world.number(4) == 1 {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }
}

fn act_at_times(scene: &Rc<Scene>) {
    if scene.world.number(3) == 1 {
        act(scene);
    }
}

impl Polling {
    /// Returns whether a shelf is polled, and not left out this time.
    fn polls_now(&self) -> bool {
        let is_left_out = self.scene.has(kind::IN_TURN) && self.scene.world.number(8) == 1;
        if is_left_out {
            self.scene.pollers[self.number].account.expose();
        }
        !is_left_out
    }

    /// Polls what stands on a shelf, by a waker of its own at times.
    fn poll_wait(&self, number: usize, cx: &mut Context<'_>) {
        let (scene, place) = (&self.scene, &self.scene.shelves[number]);
        let Some(mut wait) = place.take() else { return };
        let is_strange = scene.has(kind::STRANGERS) && scene.world.number(4) == 1;
        scene.say(format!("shelf {number} is polled, by a stranger: {is_strange}"));
        let poll = if is_strange {
            wait.as_mut().poll(&mut Context::from_waker(&Lent::waker(cx.waker())))
        } else {
            wait.as_mut().poll(cx)
        };
        if poll.is_pending() {
            place.put(wait);
        } else {
            scene.say(format!("the wait on shelf {number} is over"));
        }
    }
}

/// What a task has polled last goes with it, as what it had awaited would: a future that ends
/// as cancelled would end so for the next task that polls it, too.
impl Drop for Polling {
    fn drop(&mut self) {
        for shelf in self.polled.drain(..) {
            drop(self.scene.shelves[shelf].take());
        }
    }
}
