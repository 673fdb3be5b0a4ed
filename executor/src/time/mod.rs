//! Room `time`.

pub(crate) mod clock;
pub(crate) mod pace;
pub mod wheel;
