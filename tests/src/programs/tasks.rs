//! What tasks do: wait for each other in every way there is.

use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::thread;

use combinators::{
    Completions, FirstCompleted, FirstException, FirstSuccess, IntoPending, Pending, Waited,
    as_completed, gather, shield, wait, wait_for,
};
use executor::{Cancelled, PassCancel, Sleep, Task, Watch, current_task, sleep, yield_now};

use super::acts::{act, cancel};
use super::hostile::{Failed, Giving, Guard, Output, Target, Whim};
use super::lives::{DEEPEST, live_within};
use super::nests::{inside, nest};
use super::realm::{Ending, Grouped, Realm};
use super::recorded::Recorder;
use super::world::World;

/// Where a piece of program stands.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) depth: usize,
    /// The group that it may spawn into.
    pub(super) group: Option<Grouped>,
}

impl Place {
    pub(super) fn top(realm: &Realm) -> Self {
        Self { depth: realm.depth, group: None }
    }

    pub(super) fn deeper(&self) -> Self {
        Self { depth: self.depth + 1, ..self.clone() }
    }
}

/// What a task does, or a part of one.
pub(super) async fn body(realm: Rc<Realm>, place: Place) -> Ending {
    let mut guards = Vec::new();
    while let Some(byte) = realm.world.byte() {
        Recorder::look(&realm);
        match byte % 16 {
            0 => break,
            1 => {
                drop(guards);
                return Err(Failed::new(&realm.world));
            }
            2 => guards.push(Guard::new(&realm)),
            3 | 4 => act(&realm),
            5 | 6 => wait_alone(&realm).await,
            7..10 => wait_for_tasks(&realm).await,
            10 | 11 => wake_up(&realm).await,
            12 => spawn_beside(&realm, &place),
            _ if place.depth < DEEPEST => nest(&realm, &place.deeper()).await,
            _ => {}
        }
    }
    // First, for if one panics the compiler leaks an output that was made before.
    drop(guards);
    Ok(Output::new(&realm))
}

fn spawn_beside(realm: &Rc<Realm>, place: &Place) {
    match &place.group {
        Some(group) => realm.spawn_in(group, inside(realm, &place.deeper())),
        None => realm.spawn_and_keep(),
    }
}

async fn wait_alone(realm: &Rc<Realm>) {
    match realm.world.number(8) {
        0 if realm.world.rings => pending().await,
        0 => sleep(World::long_time()).await,
        1..4 => yield_now().await,
        4 => wait_for_begun(realm).await,
        5 => Targeted::new(realm).await,
        _ => sleep(realm.world.time()).await,
    }
}

async fn wait_for_begun(realm: &Rc<Realm>) {
    let Some(begun) = realm.take(&realm.begun) else { return };
    if begun.task.is_some_and(|task| !realm.may_await(task)) {
        return realm.begun.borrow_mut().push(begun);
    }
    begun.future.fate.depend_on(&realm.part());
    begun.future.await;
}

async fn wait_for_tasks(realm: &Rc<Realm>) {
    match realm.world.number(12) {
        0 => realm.join(realm.take_later()).await,
        1 => {
            let mut task = realm.take_later();
            drop((&mut task).await);
        }
        2 => drop(gather(entrusted(realm)).await),
        3 => drop(gather(entrusted(realm)).return_exceptions().await),
        4 | 5 => wait_for_some(realm).await,
        6 => drop(shield(realm.take_later()).await),
        7 => wait_for_a_while(realm).await,
        8 => take_as_completed(realm).await,
        9 => watch(realm).await,
        _ => {
            let task = realm.take_shared();
            realm.entrust(task.id(), &realm.part());
            drop(task.await);
        }
    }
}

/// Tasks that are cancelled with what awaits them.
fn entrusted(realm: &Rc<Realm>) -> Giving<Task<Ending>> {
    let (tasks, part) = (realm.take_some(), realm.part());
    for task in &tasks {
        realm.entrust(task.id(), &part);
    }
    Giving::new(realm, tasks)
}

/// Maybe again for what is left.
async fn wait_for_some(realm: &Rc<Realm>) {
    let tasks = Giving::new(realm, realm.take_some());
    let mut left = wait_once(realm, tasks).await;
    while !left.is_empty() && realm.world.coin() {
        left = wait_once(realm, left).await;
    }
    if realm.world.coin() {
        realm.handles.borrow_mut().extend(left.into_tasks());
    }
}

async fn wait_once(
    realm: &Rc<Realm>,
    tasks: impl IntoPending<Task<Ending>>,
) -> Pending<Task<Ending>> {
    let tasks = tasks.into_pending();
    let count = tasks.len();
    let waiting = wait(tasks).timeout(realm.world.time());
    let waiting = match realm.world.number(8) {
        0 => waiting,
        1 => waiting.return_when(FirstCompleted),
        2 => waiting.return_when(FirstException),
        3 => waiting.return_when(FirstSuccess),
        4 => waiting.return_when(Completions(2)),
        _ => waiting.return_when(Whim::new(realm, count)),
    };
    let Waited { done, pending, .. } = waiting.await;
    drop(done); // First, as above.
    pending
}

async fn wait_for_a_while(realm: &Rc<Realm>) {
    let limit = realm.world.limit();
    let (task, part) = (realm.take_later(), realm.part());
    realm.entrust(task.id(), &part);
    let _expiry = part.expire(limit);
    drop(wait_for(task, limit).await);
}

async fn take_as_completed(realm: &Rc<Realm>) {
    let tasks = Giving::new(realm, realm.take_some());
    let mut completed = as_completed(tasks).timeout(realm.world.time());
    while let Some(task) = completed.next().await {
        drop(task);
    }
    realm.handles.borrow_mut().extend(completed.into_pending());
}

/// Waits by a watch of its own, or gives it up.
async fn watch(realm: &Rc<Realm>) {
    let tasks = realm.take_some();
    let watch = Watch::new(Rc::new(Whim::new(realm, tasks.len())));
    for (number, task) in (0..).zip(&tasks) {
        watch.add(task, number);
    }
    let mut time = sleep(realm.world.time());
    let impatient = realm.world.coin();
    poll_fn(|cx| match watch.poll_met(cx) {
        Poll::Pending if impatient => Pin::new(&mut time).poll(cx),
        met => met,
    })
    .await;
    drop(watch);
    realm.handles.borrow_mut().extend(tasks);
}

/// Keeps wakers and uses them, here and on another thread.
async fn wake_up(realm: &Rc<Realm>) {
    let waker = poll_fn(|cx| Poll::Ready(cx.waker().clone())).await;
    match realm.world.number(16) {
        0 => waker.wake(),
        1 => thread::spawn(move || waker.wake()).join().expect("a wake doesn't panic"),
        2 | 3 if !realm.world.peaceful => {
            let me = current_task().expect("it is being polled");
            cancel(realm, &me);
            if realm.world.coin() {
                me.uncancel();
            }
        }
        4 => live_within(realm),
        _ => realm.world.wakers.borrow_mut().push(waker),
    }
}

/// A sleep that a cancellation is passed on to.
struct Targeted {
    target: Rc<Target>,
    pass: Option<PassCancel>,
    time: Sleep,
}

impl Targeted {
    fn new(realm: &Rc<Realm>) -> Self {
        let target = Target::new(realm);
        let pass = Some(PassCancel::to(Rc::clone(&target) as _));
        Self { target, pass, time: sleep(realm.world.time()) }
    }
}

impl Future for Targeted {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Self { target, pass, time } = &mut *self;
        if target.asked.get() {
            pass.take().into_iter().for_each(PassCancel::conclude);
            return Cancelled::throw(cx);
        }
        if Pin::new(time).poll(cx).is_ready() {
            return Poll::Ready(());
        }
        target.waker.replace(Some(cx.waker().clone()));
        if let Some(pass) = pass {
            pass.waits(cx);
        }
        Poll::Pending
    }
}
