//! Room `cancel`.

pub(crate) mod deadlock;
pub(crate) mod join;
pub(crate) mod pass;
pub(crate) mod points;
pub(crate) mod request;
pub(crate) mod scope;
pub(crate) mod table;
