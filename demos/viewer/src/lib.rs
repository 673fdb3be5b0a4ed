//! Shows recordings of the Wheelhouse executor.
//!
//! A recording is made by `executor` with its feature `trace`. With [`View`] in
//! scope it can be looked at:
//!
//! ```
//! use executor::{Executor, spawn, yield_now};
//! use viewer::View;
//!
//! let executor = Executor::new();
//! executor.start_recording();
//! executor.block_on(async { spawn(yield_now()).named("my task").await.unwrap() });
//! let recording = executor.stop_recording();
//!
//! let page = recording.to_html().unwrap();
//! assert!(page.starts_with("<!doctype html>"));
//! ```
//!
//! One that was written into a file is opened by [`Recording::parse`]. All that
//! this library knows of the executor is the format of its recordings, JSON Lines,
//! and which of its functions performs a step, to name it. It puts a program's texts
//! into lines as the executor does, by [`executor::InLine`].
//!
//! | file            | what it is                                              |
//! |-----------------|---------------------------------------------------------|
//! | `recording.rs`  | a recording: a header, and lines that are steps         |
//! | `step.rs`       | a step, as the format says it                           |
//! | `order.rs`      | the order in which steps can come                       |
//! | `state.rs`      | the executor after a step: the fold of the steps        |
//! | `table.rs`      | the sentences of the page and the terminal, as a table  |
//! | `sentence.rs`   | a step as a sentence: which one of the table's          |
//! | `places.rs`     | what fills the places in a sentence                     |
//! | `judged.rs`     | which tasks have returned without a failure             |
//! | `words.rs`      | what a task does or waits for                           |
//! | `performers.rs` | the functions of the executor that perform steps        |
//! | `scene.rs`      | a step, and the executor after it, as text              |
//! | `timeline.rs`   | a run at a glance, as text                              |
//! | `chrome.rs`     | the trace format of Chromium                            |
//! | `html.rs`       | the page, whose style and scripts are in `page`         |
//! | `difference.rs` | the first step in which two recordings differ           |
//! | `live.rs`       | a server of the page while the recording grows          |
//!
//! The last is behind the feature `live`, as it needs sockets.

#![forbid(unsafe_code)]

mod chrome;
mod difference;
mod html;
mod judged;
#[cfg(feature = "live")]
pub mod live;
mod order;
mod performers;
mod places;
mod recording;
mod scene;
mod sentence;
mod state;
mod step;
mod table;
mod timeline;
mod words;

pub use difference::Difference;
pub use html::{Host, TooLarge};
pub use recording::{Cut, Malformed, Recording};
pub use scene::Scene;

use step::{Event, Step};

/// Shows a recording: the executor's own, or a [`Recording`] that was read from a file.
pub trait View {
    /// Returns the recording as this library reads it.
    #[must_use]
    fn view(&self) -> Recording;

    /// Returns a page on which to step through the recording, forth and back: one
    /// file, which a browser opens from the disk and which needs no network.
    ///
    /// # Errors
    ///
    /// Fails if the recording has more than 100 MB as JSON, which are some 1.2 million steps. (In
    /// the page it is compressed, if it is long, to about a tenth.)
    fn to_html(&self) -> Result<String, TooLarge> {
        html::page(&self.view(), None)
    }

    /// Returns such a page with another recording beside this one, at the first step in which
    /// they differ.
    ///
    /// # Errors
    ///
    /// Fails as [`to_html`](Self::to_html) does, if both together are too large.
    fn to_html_beside(&self, other: &impl View) -> Result<String, TooLarge> {
        html::page(&self.view(), Some(&other.view()))
    }

    /// Returns the first step in which another recording differs from this one, or `None` if
    /// they are the same. If a clock was real, the times don't count.
    ///
    /// Where another executor ran, such as Python's asyncio, the order of tasks is compared
    /// alone: each poll and each end, by the names of tasks.
    ///
    /// ```
    /// use executor::{Clock, Executor, spawn, yield_now};
    /// use viewer::View;
    ///
    /// let record = |name: &'static str| {
    ///     let executor = Executor::builder().clock(Clock::Virtual).build();
    ///     executor.start_recording();
    ///     executor.block_on(async move { spawn(yield_now()).named(name).await.unwrap() });
    ///     executor.stop_recording()
    /// };
    /// assert!(record("Ada").difference(&record("Ada")).is_none());
    /// let difference = record("Ada").difference(&record("Bob")).unwrap();
    /// assert!(difference.here.unwrap().sentence.contains("Ada"));
    /// assert!(difference.there.unwrap().sentence.contains("Bob"));
    /// ```
    #[must_use]
    fn difference(&self, other: &impl View) -> Option<Difference> {
        difference::first(&self.view(), &other.view())
    }

    /// Returns the recording in the trace format of Chromium, as JSON: for
    /// Perfetto's page, or `chrome://tracing`.
    ///
    /// A virtual clock stands still while tasks run. There a step is shown as if
    /// it took a nanosecond.
    #[must_use]
    fn to_chrome(&self) -> String {
        chrome::trace(&self.view())
    }

    /// Returns the run at a glance: a line for each task, over so many columns,
    /// each of which stands for as many steps as the next.
    ///
    /// Up to 40 tasks are shown, those that were spawned first.
    ///
    /// ```
    /// use executor::{Clock, Executor, sleep, spawn};
    /// use std::time::Duration;
    /// use viewer::View;
    ///
    /// let executor = Executor::builder().clock(Clock::Virtual).build();
    /// executor.start_recording();
    /// executor.block_on(async {
    ///     let task = spawn(sleep(Duration::from_secs(1))).named("sleeper");
    ///     task.await.unwrap();
    /// });
    /// let timeline = executor.stop_recording().to_timeline(60);
    /// assert!(timeline.lines().any(|line| line.starts_with("sleeper ") && line.ends_with('✓')));
    /// ```
    #[must_use]
    fn to_timeline(&self, columns: usize) -> String {
        timeline::chart(&self.view(), columns).to_string()
    }

    /// Returns the lines that the program has printed, as far as it has said so: see
    /// `executor::trace::printed`.
    #[must_use]
    fn output(&self) -> Vec<String> {
        let printed = |step: Step| match step.event {
            Event::Print { text } => Some(text),
            _ => None,
        };
        self.view().steps().filter_map(printed).collect()
    }

    /// Goes through the steps, and shows what each does to the executor.
    fn scenes(&self) -> impl Iterator<Item = Scene> {
        scene::scenes(&self.view())
    }
}

impl View for Recording {
    fn view(&self) -> Recording {
        self.clone()
    }
}

impl View for executor::trace::Recording {
    fn view(&self) -> Recording {
        Recording::new(self.to_json_lines()).expect("the executor writes the header")
    }
}

/// The examples of the README and of the page about recordings run: this is the package
/// that knows all libraries. The page shows a server, too.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../../../README.md")]
    struct Readme;

    #[cfg(feature = "live")]
    #[doc = include_str!("../../../executor/src/guide/watch.md")]
    struct Watch;
}
