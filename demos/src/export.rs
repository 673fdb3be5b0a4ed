//! Writes the recording of a run into files.

use std::fmt;
use std::fs;
use std::path::Path;

use anstyle::{AnsiColor, Style};
use executor::trace::Recording;

use crate::report::{FAILED, print};

/// Which files are wanted.
#[derive(Clone, Copy)]
pub(crate) struct Exports<'a> {
    pub(crate) html: Option<&'a Path>,
    pub(crate) jsonl: Option<&'a Path>,
    pub(crate) chrome: Option<&'a Path>,
    /// On the standard output, rather.
    pub(crate) timeline: bool,
}

/// The sources that a run is about, by the paths that the compiler knows.
const SOURCES: [(&str, &str); 3] = [
    ("demos/src/coroutine.rs", include_str!("coroutine.rs")),
    ("demos/src/plan.rs", include_str!("plan.rs")),
    ("demos/src/run.rs", include_str!("run.rs")),
];

/// Of a timeline.
const COLUMNS: usize = 64;

impl Exports<'_> {
    pub(crate) fn are_wanted(self) -> bool {
        self.timeline || self.html.or(self.jsonl).or(self.chrome).is_some()
    }

    /// Writes what is wanted.
    ///
    /// # Errors
    ///
    /// Which file couldn't be written, and why.
    pub(crate) fn write(self, recording: Recording) -> Result<(), String> {
        if self.timeline {
            print(InColour(recording.to_timeline(COLUMNS)));
        }
        let with_source = |it: Recording, (path, text)| it.with_source(path, text);
        let recording = SOURCES.into_iter().fold(recording, with_source);
        if let Some(file) = self.jsonl {
            save(file, &recording.to_json_lines())?;
        }
        if let Some(file) = self.html {
            save(file, &recording.to_html().map_err(|error| error.to_string())?)?;
        }
        if let Some(file) = self.chrome {
            save(file, &recording.to_chrome())?;
        }
        Ok(())
    }
}

/// A timeline with its signs in colour.
struct InColour(String);

impl fmt::Display for InColour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|sign| {
            let style = match sign {
                '█' | '✓' => AnsiColor::Green.on_default(),
                '░' => AnsiColor::Yellow.on_default(),
                '✗' | '⊘' => FAILED,
                _ => Style::new(),
            };
            write!(f, "{style}{sign}{style:#}")
        })
    }
}

fn save(file: &Path, text: &str) -> Result<(), String> {
    fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))
}
