//! An executor in eight steps, each a file that runs by itself.
//!
//! Each step is a complete executor, a little longer than the one before. It runs the
//! same program, measures what that takes, and shows the fault that the next step cures.
//! The files are under `examples`. To learn, read them in order, and look at what `diff`
//! says of each and the one before:
//!
//! ```console
//! $ cargo run --release --example step_1
//! $ diff demos/steps/examples/step_1.rs demos/steps/examples/step_2.rs
//! ```
//!
//! Each step ends with three exercises, which are in `demos/exercises`.
//!
//! The steps need nothing but the standard library. This crate adds what all of them
//! share: the [lesson], which is the program that all of them run, the [meter], and what each
//! step [shows].

#![forbid(unsafe_code)]
// The steps name this crate as the examples do that they are, too.
extern crate self as steps;

pub mod faults;
pub mod lesson;
pub mod meter;
pub mod shows;

#[path = "../examples/step_1.rs"]
pub mod step_1;
#[path = "../examples/step_2.rs"]
pub mod step_2;
#[path = "../examples/step_3.rs"]
pub mod step_3;
#[path = "../examples/step_4.rs"]
pub mod step_4;
#[path = "../examples/step_5.rs"]
pub mod step_5;
#[path = "../examples/step_6.rs"]
pub mod step_6;
#[path = "../examples/step_7.rs"]
pub mod step_7;
#[path = "../examples/step_8.rs"]
pub mod step_8;

/// Step 3, if a turn went on until the queue is empty.
pub mod step_3_without_turns {
    include!(concat!(env!("OUT_DIR"), "/step_3_without_turns.rs"));
}

/// Step 3, if the flag was cleared after the poll.
pub mod step_3_late {
    include!(concat!(env!("OUT_DIR"), "/step_3_late.rs"));
}

/// Step 6, if all tenants of a slot had the same generation.
pub mod step_6_without_generations {
    include!(concat!(env!("OUT_DIR"), "/step_6_without_generations.rs"));
}
