//! In place of `recorded.rs`, without the feature `trace`: nothing is recorded.

use executor::{Builder, Executor};

use super::realm::Realm;

#[derive(Default)]
pub(super) struct Recorder(());

#[expect(clippy::unused_self, reason = "it stands for one that records")]
impl Recorder {
    pub(super) fn takes_time(&self) -> bool {
        false
    }

    pub(super) fn configure(&self, builder: Builder) -> Builder {
        builder
    }

    pub(super) fn begin(&self, _: &Executor) {}

    pub(super) fn before_turn(&self, _: &Executor, realm: &Realm) {
        realm.turns.update(|turns| turns + 1);
    }

    pub(super) fn look(realm: &Realm) {
        let _ = (realm.executor.borrow(), realm.is_looked_at.get());
    }

    pub(super) fn end(&self, _: &Executor, _: &Realm) {}
}
