//! What stands on a shelf: a wait, or several within each other.

use std::cell::Cell;
use std::future::{Future, IntoFuture, pending};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use combinators::{gather, timeout};
use executor::{Cancelled, PassCancel, Scope, Task, catch_cancel, sleep};
use futures_util::future::{join, select};
use futures_util::stream::{FuturesUnordered, StreamExt};

use crate::turns;

use super::super::watched::Boxed;
use super::hostile::{Guard, Target};
use super::inner::{inner, several, shared};
use super::scene::{Scene, kind};
use super::standing::{Standing, What};

/// Makes a wait with others in it, so deep.
pub(super) fn wait(scene: &Rc<Scene>, depth: usize) -> Boxed<()> {
    match scene.world.number(13) {
        _ if depth == 0 => plain(scene),
        4 | 5 => scope(scene, depth - 1),
        6 => side_by_side(scene, depth - 1),
        7 => race(scene, depth - 1),
        8 => one_after_the_other(scene, depth - 1),
        9 | 10 if scene.has(kind::STRANGERS) => strange(scene, depth - 1),
        11 if scene.has(kind::LIMITS) => limited(scene, depth - 1),
        12 if scene.has(kind::TARGETS) => targeted(scene),
        _ => plain(scene),
    }
}

fn guarded(scene: &Rc<Scene>, what: &str, future: impl Future + 'static) -> Boxed<()> {
    scene.say(format!("  {what}"));
    let guard = Guard::new(scene);
    Box::pin(async move {
        let _guard = guard;
        drop(future.await);
    })
}

/// Makes a wait with no other in it.
fn plain(scene: &Rc<Scene>) -> Boxed<()> {
    match scene.world.number(8) {
        0 => guarded(scene, "nothing", pending::<()>()),
        1 => guarded(scene, "turns", turns(scene.world.number(8))),
        2 => guarded(scene, "a sleep", sleep(scene.world.time())),
        3 => of_task(scene, inner(scene).map(by_reference)),
        4 | 5 => of_task(scene, shared(scene).map(IntoFuture::into_future)),
        _ => of_task(scene, inner(scene).map(IntoFuture::into_future)),
    }
}

async fn by_reference(mut task: Task<()>) {
    drop((&mut task).await);
}

/// Makes a wait for a task, if that could be spawned.
fn of_task(scene: &Rc<Scene>, end: Option<impl Future + 'static>) -> Boxed<()> {
    match end {
        Some(end) => guarded(scene, "a task", Standing::new(scene, What::Join).watch(end)),
        None => guarded(scene, "no task", async {}),
    }
}

/// Catches a request, and maybe goes on with it.
fn scope(scene: &Rc<Scene>, depth: usize) -> Boxed<()> {
    let (inside, resumes) = (wait(scene, depth), scene.world.number(3) == 1);
    let (scene, standing) = (Rc::clone(scene), Standing::new(scene, What::Scope));
    guarded(
        &Rc::clone(&scene),
        if resumes { "in a scope that resumes" } else { "in a scope" },
        async move {
            match standing.watch(catch_cancel(inside)).await {
                Err(cancelled) if resumes => resume(&scene, cancelled).await,
                Err(_) => scene.catch(),
                Ok(()) => {}
            }
        },
    )
}

/// Goes on with a request, which ends the task if no other scope is around.
async fn resume(scene: &Scene, cancelled: Cancelled) {
    scene.say(format!("a scope in {:?} resumes", scene.polled.get()));
    if let Some(account) = scene.account() {
        account.expose();
    }
    cancelled.resume().await;
}

fn side_by_side(scene: &Rc<Scene>, depth: usize) -> Boxed<()> {
    guarded(scene, "two side by side", join(wait(scene, depth), wait(scene, depth)))
}

fn race(scene: &Rc<Scene>, depth: usize) -> Boxed<()> {
    let either = select(wait(scene, depth), wait(scene, depth));
    guarded(scene, "a race of two", async { drop(either.await) })
}

fn one_after_the_other(scene: &Rc<Scene>, depth: usize) -> Boxed<()> {
    let (first, second) = (wait(scene, depth), wait(scene, depth));
    guarded(scene, "one after the other", async {
        first.await;
        second.await;
    })
}

/// Makes waits that a stranger polls.
fn strange(scene: &Rc<Scene>, depth: usize) -> Boxed<()> {
    let waits = (0..=scene.world.number(3)).map(|_| wait(scene, depth));
    let mut waits: FuturesUnordered<_> = waits.collect();
    guarded(scene, "some by a stranger", async move { while waits.next().await.is_some() {} })
}

/// Makes a wait with a limit in time, or one that is cancelled by itself. It takes the number
/// of the requests to its task before for that of those to any task that polls it later, so
/// that its own request may pass for one to that task.
fn limited(scene: &Rc<Scene>, depth: usize) -> Boxed<()> {
    let (inside, standing) = (wait(scene, depth), Standing::new(scene, What::Limit));
    if scene.world.coin() {
        let limited = timeout(scene.world.time(), inside);
        return guarded(scene, "in a limit", standing.watch(limited));
    }
    let (scope, was_cancelled) = (Scope::default(), Rc::new(Cell::new(false)));
    scene.scopes.borrow_mut().push((scope.clone(), Rc::clone(&was_cancelled)));
    let scene = Rc::clone(scene);
    guarded(&Rc::clone(&scene), "in a scope of its own", async move {
        let before = scope.cancelling();
        let caught = standing.watch(scope.catch(inside)).await;
        let is_own = was_cancelled.get() && scope.uncancel() <= before;
        if let Err(cancelled) = caught
            && !is_own
        {
            resume(&scene, cancelled).await;
        }
    })
}

/// Makes a wait that passes requests on to several tasks, or to a target.
fn targeted(scene: &Rc<Scene>) -> Boxed<()> {
    if scene.world.coin() {
        let target = Target::new(scene);
        let asked = Rc::clone(&target);
        let standing = Standing::new(scene, What::Target(Box::new(move || asked.asked.get())));
        return guarded(scene, "a target", standing.watch(UntilAsked::new(target)));
    }
    let children = several(scene);
    let references: Vec<_> = children.iter().map(Task::reference).collect();
    let was_asked = move || references.iter().any(|child| child.cancelling() > 0);
    let standing = Standing::new(scene, What::Target(Box::new(was_asked)));
    guarded(scene, "a gather", standing.watch(async { drop(gather(children).await) }))
}

/// Ends as cancelled once its target was asked.
struct UntilAsked {
    target: Rc<Target>,
    pass: Option<PassCancel>,
}

impl UntilAsked {
    fn new(target: Rc<Target>) -> Self {
        let pass = Some(PassCancel::to(Rc::clone(&target) as _));
        Self { target, pass }
    }
}

impl Future for UntilAsked {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Self { target, pass } = &mut *self;
        if target.asked.get() {
            pass.take().into_iter().for_each(PassCancel::conclude);
            return Cancelled::throw(cx);
        }
        let before = target.waker.replace(Some(cx.waker().clone()));
        drop(before);
        if let Some(pass) = pass {
            pass.waits(cx);
        }
        Poll::Pending
    }
}

/// Then the target has nobody to wake, also if it is being asked.
impl Drop for UntilAsked {
    fn drop(&mut self) {
        self.target.waker.take();
    }
}
