//! A recording: a header, and lines that are steps.

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use serde::Deserialize;

use crate::order::Order;
use crate::step::{self, Step};

/// A recording, as JSON Lines have it. Copies share the text.
#[derive(Clone)]
pub struct Recording {
    text: Arc<String>,
    header: Header,
    len: usize,
}

/// The part of the first line that this library needs.
#[derive(Clone, Deserialize)]
struct Header {
    #[serde(rename = "wheelhouse")]
    version: u32,
    #[serde(default)]
    title: String,
    #[serde(default)]
    clock: String,
    #[serde(default)]
    origin: u64,
    slack: Option<u64>,
    #[serde(default)]
    executor: String,
    #[serde(default)]
    steps: usize,
}

/// The part of the first line that is long, and read only where it is needed.
#[derive(Deserialize)]
struct Sources {
    #[serde(default)]
    sources: HashMap<String, String>,
}

/// The latest version of the format that this library reads.
const LATEST: u32 = 2;

impl Header {
    fn checked(self) -> Result<Self, Malformed> {
        if self.version <= LATEST {
            return Ok(self);
        }
        let reason = format!(
            "it is of version {}, and this library reads versions up to {LATEST}: take a newer one",
            self.version
        );
        Err(Malformed::new(1, &reason))
    }
}

impl Recording {
    /// Reads a recording that was written as JSON Lines.
    ///
    /// Steps of kinds that this version doesn't know are there, but change nothing. A recording
    /// of a later version of the format is refused; those of former versions say less.
    ///
    /// ```
    /// use executor::{Executor, yield_now};
    /// use viewer::{Recording, View};
    ///
    /// let executor = Executor::new();
    /// executor.start_recording();
    /// executor.block_on(yield_now());
    /// let lines = executor.stop_recording().to_json_lines();
    ///
    /// let recording = Recording::parse(&lines).unwrap();
    /// let end = "The poll is over: the future of `main` is done.";
    /// assert!(recording.scenes().any(|scene| scene.sentence == end));
    /// ```
    ///
    /// # Errors
    ///
    /// Fails if the text is none that this library can read, and says which line isn't. Fails,
    /// too, if a step can't come after those before it, as lines are missing or in another order:
    /// a page wouldn't show such a recording.
    ///
    /// ```
    /// let damaged = r#"{"wheelhouse":2,"clock":"virtual","steps":1}
    /// {"ev":"poll","task":"1","number":1,"t":0}"#;
    /// let refused = viewer::Recording::parse(damaged).unwrap_err().to_string();
    /// assert!(refused.starts_with("line 2 tells of task 1, of which no line before tells"));
    /// ```
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let recording = Self::new(text.into())?;
        let mut order = Order::default();
        for (line, text) in recording.lines() {
            let step = step::read(text).map_err(|error| Malformed::of_json(line, &error))?;
            order.take(&step).map_err(|fault| Malformed::damaged(line, &fault))?;
        }
        Ok(recording)
    }

    /// Reads the header alone: each other line is known to be a step.
    pub(crate) fn new(mut text: String) -> Result<Self, Malformed> {
        text.truncate(text.trim_end().len());
        let header = serde_json::from_str(text.lines().next().unwrap_or_default())
            .map_err(|error| Malformed::of_json(1, &error))
            .and_then(Header::checked)?;
        let len = text.lines().skip(1).count();
        Ok(Self { text: Arc::new(text), header, len })
    }

    /// Returns the title.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.header.title
    }

    /// Returns the number of steps.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Returns whether there are no steps.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns that steps are missing at the end, if there are fewer than the header says. Such
    /// a recording is shown as far as it goes.
    ///
    /// ```
    /// let cut = r#"{"wheelhouse":2,"clock":"virtual","steps":7}
    /// {"ev":"turn","batch":0,"t":0}"#;
    /// let recording = viewer::Recording::parse(cut).unwrap();
    /// assert_eq!(
    ///     recording.cut().unwrap().to_string(),
    ///     "the recording is cut off: it has 1 of its 7 steps",
    /// );
    /// ```
    #[must_use]
    pub fn cut(&self) -> Option<Cut> {
        let (len, steps) = (self.len, self.header.steps);
        (len < steps).then_some(Cut { len, steps })
    }

    pub(crate) fn is_virtual(&self) -> bool {
        self.header.clock == "virtual"
    }

    /// Returns the name of the executor that ran, which is empty for Wheelhouse's own.
    pub(crate) fn executor(&self) -> &str {
        &self.header.executor
    }

    /// Returns the time by which a park may last longer than it has to, if that is known.
    pub(crate) fn slack(&self) -> Option<u64> {
        self.header.slack
    }

    /// Returns the time from which those of the steps are counted, when they are shown.
    pub(crate) fn origin(&self) -> u64 {
        self.header.origin
    }

    /// Returns the texts of the files that the recording has, by name.
    pub(crate) fn sources(&self) -> HashMap<String, String> {
        let header = serde_json::from_str::<Sources>(self.header_and_steps().0);
        header.map_or_else(|_| HashMap::new(), |it| it.sources)
    }

    /// The first line, and what stands below it.
    pub(crate) fn header_and_steps(&self) -> (&str, &str) {
        self.text.split_once('\n').unwrap_or((&self.text, ""))
    }

    /// The lines of the steps, by number from 1, as editors count.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines()).skip(1)
    }

    /// The same lines, in any order.
    pub(crate) fn lines_by_step(&self) -> Lines {
        let first = self.header_and_steps().0.len() + 1;
        let lengths = self.text.split_inclusive('\n').skip(1).map(str::len);
        let ends = lengths.scan(first, |end, length| {
            *end += length;
            Some(*end)
        });
        Lines { text: Arc::clone(&self.text), starts: std::iter::once(first).chain(ends).collect() }
    }

    /// The steps. Each is read when it is asked for, as all of them take much more
    /// memory than their text.
    pub(crate) fn steps(&self) -> impl Iterator<Item = Step> + use<> {
        let text = Arc::clone(&self.text);
        let mut at = self.header_and_steps().0.len() + 1;
        std::iter::from_fn(move || {
            let line = text.get(at..)?.split_inclusive('\n').next()?;
            at += line.len();
            Some(step::read(line).expect("the lines are steps"))
        })
    }
}

/// The lines of the steps, by number.
pub(crate) struct Lines {
    text: Arc<String>,
    /// The places in the text at which the lines begin; at last, that after the text.
    starts: Vec<usize>,
}

impl Lines {
    /// Returns the line of a step.
    pub(crate) fn get(&self, step: usize) -> Option<&str> {
        let (from, to) = (*self.starts.get(step)?, *self.starts.get(step + 1)?);
        self.text.get(from..to)
    }

    /// Returns a step.
    pub(crate) fn step(&self, step: usize) -> Option<Step> {
        self.get(step).map(|line| step::read(line).expect("the lines are steps"))
    }
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut recording = f.debug_struct("Recording");
        recording.field("title", &self.title()).field("steps", &self.len).finish_non_exhaustive()
    }
}

/// The end of a recording is missing; see [`Recording::cut`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cut {
    len: usize,
    steps: usize,
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { len, steps } = self;
        write!(f, "the recording is cut off: it has {len} of its {steps} steps")
    }
}

/// The error of [`Recording::parse`]: the text is no recording, or a damaged one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Malformed {
    line: usize,
    fault: String,
}

impl Malformed {
    fn new(line: usize, reason: &str) -> Self {
        let what = if line == 1 { "the header" } else { "a step" };
        Self { line, fault: format!("isn't {what} of a recording: {reason}") }
    }

    fn of_json(line: usize, error: &serde_json::Error) -> Self {
        let mut reason = error.to_string();
        // The message of `serde_json` ends with a line, which is always the first here.
        reason.truncate(reason.rfind(" at line ").unwrap_or(reason.len()));
        Self::new(line, &reason)
    }

    fn damaged(line: usize, fault: &str) -> Self {
        let fault = format!("{fault}, so the recording is damaged: record the run once more");
        Self { line, fault }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} {}", self.line, self.fault)
    }
}

impl Error for Malformed {}
