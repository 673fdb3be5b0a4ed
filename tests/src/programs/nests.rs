//! Programs in scopes, limits and groups, and beside each other in one task.

use std::rc::Rc;

use combinators::{task_group, timeout};
use executor::{catch_cancel, yield_now};
use futures_util::future::{Either, join, join_all, select};
use futures_util::stream::{FuturesUnordered, StreamExt};

use super::faults::expect;
use super::hostile::Failed;
use super::lives::live_within;
use super::realm::{Ending, Grouped, Realm};
use super::tasks::{Place, body};
use super::watched::{Boxed, Watched};
use super::world::World;

/// More than thirty futures are polled by `join_all` with wakers of its own.
const MANY: usize = 31;

/// Does the same again, inside of something.
pub(super) async fn nest(realm: &Rc<Realm>, place: &Place) {
    match realm.world.number(16) {
        0 => live_within(realm),
        1 => race(realm, place).await,
        2 | 3 => drop(join(part(realm, place), part(realm, place)).await),
        4 => race_many(realm, place).await,
        5 => join_many(realm, place).await,
        6 => limit(realm, place).await,
        7..10 => catch(realm, place).await,
        _ => group(realm, place).await,
    }
}

/// A part of the task.
fn part(realm: &Rc<Realm>, place: &Place) -> Watched<Ending> {
    Watched::new(realm, realm.part(), inside(realm, place))
}

/// A body, boxed as it may hold others of its kind.
pub(super) fn inside(realm: &Rc<Realm>, place: &Place) -> Boxed<Ending> {
    Box::pin(body(Rc::clone(realm), place.clone()))
}

/// What is left goes on, or is given up.
async fn race(realm: &Rc<Realm>, place: &Place) {
    let first = select(part(realm, place), part(realm, place)).await;
    let (Either::Left((ending, rest)) | Either::Right((ending, rest))) = first;
    drop(ending);
    if realm.world.coin() || realm.world.peaceful && realm.world.coin() {
        drop(rest.await);
    } else {
        rest.give_up();
    }
}

/// While it is dropped no destructor panics. `FuturesUnordered` would leak the
/// futures that are left.
pub(super) struct Leaky<'a, F>(&'a World, Option<F>);

impl<'a, F> Leaky<'a, F> {
    pub(super) fn new(world: &'a World, futures: F) -> Self {
        Self(world, Some(futures))
    }

    pub(super) fn get(&mut self) -> &mut F {
        self.1.as_mut().expect("it is there until it is dropped")
    }
}

impl<F> Drop for Leaky<'_, F> {
    fn drop(&mut self) {
        self.0.calmly(|| drop(self.1.take()));
    }
}

async fn race_many(realm: &Rc<Realm>, place: &Place) {
    let parts = (0..=realm.world.number(3)).map(|_| part(realm, place));
    let mut parts = Leaky::new(&realm.world, parts.collect::<FuturesUnordered<_>>());
    while let Some(ending) = parts.get().next().await {
        drop(ending);
        if realm.world.number(4) == 1 {
            parts.get().iter().for_each(|part| part.fate.doom());
            break;
        }
    }
}

async fn join_many(realm: &Rc<Realm>, place: &Place) {
    let two = [part(realm, place), part(realm, place)];
    let idle = (two.len()..MANY).map(|_| Watched::new(realm, realm.part(), failing(realm)));
    let mut all = Leaky::new(&realm.world, join_all(two.into_iter().chain(idle)));
    drop(all.get().await);
}

/// Fails soon.
fn failing(realm: &Rc<Realm>) -> Boxed<Ending> {
    let (turns, failed) = (realm.world.number(3), Failed::new(&realm.world));
    Box::pin(async move {
        for _ in 0..turns {
            yield_now().await;
        }
        Err(failed)
    })
}

async fn limit(realm: &Rc<Realm>, place: &Place) {
    let (limit, limited) = (realm.world.limit(), part(realm, place));
    let _expiry = limited.fate.expire(limit);
    drop(timeout(limit, limited).await);
}

async fn catch(realm: &Rc<Realm>, place: &Place) {
    let inside = part(realm, place);
    let fate = Rc::clone(&inside.fate);
    let Err(cancelled) = catch_cancel(inside).await else { return };
    expect(fate.is_doomed(), "a scope has caught what nobody has asked for");
    if realm.world.coin() {
        cancelled.resume().await;
    }
}

async fn group(realm: &Rc<Realm>, place: &Place) {
    let fate = realm.part();
    let group = task_group(async |group| {
        let grouped = Grouped { group, fate: Rc::clone(&fate) };
        let place = Place { group: Some(grouped.clone()), ..place.clone() };
        for _ in 0..realm.world.number(4) {
            if realm.world.coin() {
                realm.spawn_in(&grouped, failing(realm));
            } else {
                realm.spawn_in(&grouped, inside(realm, &place));
            }
        }
        if realm.world.number(4) == 1 {
            realm.groups.borrow_mut().push(grouped);
        }
        let block = part(realm, &place);
        block.fate.depend_on(&fate);
        block.in_group(&fate).await
    });
    drop(group.await);
}
