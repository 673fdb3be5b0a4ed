//! Room `watch`.

pub(crate) mod alarm;
pub(crate) mod callback;
pub(crate) mod courier;
pub(crate) mod errands;
pub(crate) mod group;
pub(crate) mod local;
pub(crate) mod notices;
pub(crate) mod seam;
