//! Faults of the executor, one line each: which guarantee does it break?
//!
//! Each has a program whose run shows it, and the recordings of two runs: one of the executor
//! as it is, and one with the fault. Both are real: `.ci/faults` applies each patch to a copy
//! of the source, and records the program there.
//!
//! | file          | what it is                                                      |
//! |---------------|-----------------------------------------------------------------|
//! | `table.rs`    | the faults, with questions and answers                          |
//! | `programs.rs` | the programs                                                    |
//! | `../patches`  | the faults, as changes of the executor's source                 |
//! | `../runs`     | the recordings: of a right run, and of one with the fault       |
//!
//! ```
//! let fault = &faults::FAULTS[0];
//! assert!(fault.patch.contains("executor/src/"));
//! assert!(fault.choices.contains(&fault.answer()));
//! ```

#![forbid(unsafe_code)]

mod programs;
mod table;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::thread;

use executor::{Clock, Executor};

pub use table::FAULTS;

/// The title of a recording of the executor as it is.
pub const RIGHT: &str = "the executor as it is";

/// The title of a recording of the executor with a fault.
pub const FAULTY: &str = "the executor with the fault";

/// A fault, with the question and the answer.
#[derive(Debug)]
#[non_exhaustive]
pub struct Fault {
    /// The name of its files.
    pub name: &'static str,
    /// The change, in words that give nothing away.
    pub question: &'static str,
    /// Guarantees, as the documentation of the executor has them. The fault breaks one.
    pub choices: [&'static str; 4],
    /// The place of the broken one among them.
    pub right: usize,
    /// The reason for which it is broken, with function and file.
    pub explanation: &'static str,
    /// The fault, as a change of the executor's source: a unified diff.
    pub patch: &'static str,
    /// The source of the program.
    pub program: &'static str,
    /// The path of that source in the repository.
    pub path: &'static str,
    /// The recording of a run on the executor as it is: JSON Lines.
    pub right_run: &'static str,
    /// The recording of a run on the executor with the fault: JSON Lines.
    pub faulty_run: &'static str,
    run: fn() -> Pin<Box<dyn Future<Output = ()>>>,
}

impl Fault {
    /// Returns the guarantee that the fault breaks.
    #[must_use]
    pub fn answer(&self) -> &'static str {
        self.choices[self.right]
    }

    /// Runs the program on the executor that this library is built with, and returns the
    /// recording, as JSON Lines. A run that panics, or that can't go on, is recorded up to there.
    ///
    /// # Panics
    ///
    /// Panics if the executor does so when it is dropped.
    #[must_use]
    pub fn record(&'static self, title: &'static str) -> String {
        // Recordings number watches, for each thread from 0.
        let recorded = thread::spawn(move || self.record_here(title)).join();
        recorded.expect("a panic of the run is caught")
    }

    fn record_here(&self, title: &str) -> String {
        let executor = Executor::builder().clock(Clock::Virtual).build();
        executor.start_recording();
        // The recording shows how it ends.
        let _ = catch_unwind(AssertUnwindSafe(|| executor.try_block_on((self.run)())));
        let recording = executor.stop_recording().with_source(self.path, self.program);
        recording.titled(title).to_json_lines()
    }
}
