//! The platform: its instants, and how a thread blocks until there is a message.
//!
//! WebAssembly without a system, which is `wasm32-unknown-unknown`, has no clock that the
//! standard library could read, and no thread that could be blocked: `platform/bare.rs`
//! has what stands there instead.

#[cfg(not(target_os = "unknown"))]
mod here {
    pub use std::time::Instant;

    use crossbeam_channel::Receiver;

    pub(crate) const HAS_CLOCK: bool = true;

    /// Blocks the thread until there is a message, or until `deadline`.
    pub(crate) fn receive<T>(messages: &Receiver<T>, deadline: Option<Instant>) -> Option<T> {
        match deadline {
            Some(deadline) => messages.recv_deadline(deadline).ok(),
            None => messages.recv().ok(),
        }
    }
}

#[cfg(target_os = "unknown")]
#[path = "platform/bare.rs"]
mod here;

pub use here::Instant;
pub(crate) use here::{HAS_CLOCK, receive};
