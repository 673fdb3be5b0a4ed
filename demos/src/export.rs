//! Writes the recording of a run into files.

use std::fmt;
use std::path::Path;

use anstyle::{AnsiColor, Style};
use executor::trace::Recording;
use viewer::View;

use crate::output::{Output, is_standard};
use crate::report::{FAILED, print};
use crate::sources;

/// The files and texts that are wanted.
#[derive(Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) html: Option<&'a Path>,
    pub(crate) jsonl: Option<&'a Path>,
    pub(crate) chrome: Option<&'a Path>,
    /// True if a timeline is wanted, on the standard output.
    pub(crate) timeline: bool,
}

/// The files and texts that are to be written.
pub(crate) struct Exports {
    html: Option<Output>,
    jsonl: Option<Output>,
    chrome: Option<Output>,
    timeline: bool,
    /// The recording that the page has beside the other.
    beside: Option<viewer::Recording>,
}

/// The options that say where a recording goes, or what it is shown with, and nothing of the
/// run.
const FILES: [&str; 4] = ["--html", "--jsonl", "--chrome", "--beside"];

/// The option that says where a run is seen, and nothing of it either.
const LIVE: &str = "--live";

/// The width of a timeline.
const COLUMNS: usize = 64;

/// Returns the command line without the ways in which the run is shown, and without the folders of
/// those that are read: whoever gets a recording need not know its author's disk.
pub(crate) fn title_of(mut words: impl Iterator<Item = String>) -> String {
    let mut title = vec![String::from("wheelhouse")];
    while let Some(word) = words.next() {
        if word == LIVE {
            continue;
        }
        if FILES.contains(&word.as_str()) {
            words.next();
        } else if !FILES.iter().any(|it| word.starts_with(&format!("{it}="))) {
            title.push(without_folder(&word));
        }
    }
    title.join(" ")
}

fn without_folder(word: &str) -> String {
    Path::new(word).file_name().map_or_else(|| word.into(), |it| it.to_string_lossy().into_owned())
}

impl<'a> Wanted<'a> {
    pub(crate) fn is_any(self) -> bool {
        self.timeline || self.files().any(|(_, file)| file.is_some())
    }

    /// Returns whether a file is the standard output, which is for nothing else then.
    pub(crate) fn takes_stdout(self) -> bool {
        self.files().any(|(_, file)| file.is_some_and(is_standard))
    }

    /// The options whose text goes to the standard output.
    pub(crate) fn on_stdout(self) -> impl Iterator<Item = &'static str> {
        let files = self.files().filter(|(_, file)| file.is_some_and(is_standard));
        files.map(|(option, _)| option).chain(self.timeline.then_some("--timeline"))
    }

    fn files(self) -> impl Iterator<Item = (&'static str, Option<&'a Path>)> {
        [("--html -", self.html), ("--jsonl -", self.jsonl), ("--chrome -", self.chrome)]
            .into_iter()
    }

    /// Looks whether all files can be written, before a run has taken its time.
    ///
    /// # Errors
    ///
    /// The error names the file that can't be written, and says why.
    pub(crate) fn prepare(self) -> Result<Exports, String> {
        let prepare = |file: Option<&Path>| file.map(Output::prepare).transpose();
        let exports = Exports {
            html: prepare(self.html)?,
            jsonl: prepare(self.jsonl)?,
            chrome: prepare(self.chrome)?,
            timeline: self.timeline,
            beside: None,
        };
        exports.check_apart()?;
        Ok(exports)
    }
}

impl Exports {
    /// Lays another recording beside the run, in the page.
    pub(crate) fn with_beside(self, beside: Option<viewer::Recording>) -> Self {
        Self { beside, ..self }
    }

    /// Looks whether each has a file of its own.
    fn check_apart(&self) -> Result<(), String> {
        let files: Vec<_> = [&self.html, &self.jsonl, &self.chrome].into_iter().flatten().collect();
        for (number, file) in files.iter().enumerate() {
            if files[..number].iter().any(|other| other.is_that_of(file)) {
                return Err(format!("{file}: it would be written twice; give each its own file"));
            }
        }
        Ok(())
    }

    /// Writes the files and texts that are wanted.
    ///
    /// # Errors
    ///
    /// The error names the file that couldn't be written, and says why.
    pub(crate) fn write(mut self, recording: Recording) -> Result<(), String> {
        let recording = sources::add(recording);
        if let Some(file) = self.jsonl.take() {
            file.write(&recording.to_json_lines())?;
        }
        self.show(&recording)
    }

    /// Writes all but the recording itself.
    ///
    /// # Errors
    ///
    /// The error names the file that couldn't be written, and says why.
    pub(crate) fn show(self, recording: &impl View) -> Result<(), String> {
        if self.timeline {
            print(InColour(recording.to_timeline(COLUMNS)));
        }
        if let Some(file) = self.html {
            let page = match &self.beside {
                Some(other) => recording.to_html_beside(other),
                None => recording.to_html(),
            };
            file.write(&page.map_err(|error| error.to_string())?)?;
        }
        if let Some(file) = self.chrome {
            file.write(&recording.to_chrome())?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_names_no_file_that_is_written_and_no_folder() {
        let title = |line: &str| title_of(line.split(' ').map(str::to_owned));
        assert_eq!(title("replay 3 --virtual"), "wheelhouse replay 3 --virtual");
        assert_eq!(title("replay 3 --live"), "wheelhouse replay 3");
        let line = "--jsonl=home/me/a.jsonl replay 3 --html home/me/a.html --virtual --chrome -";
        assert_eq!(title(line), "wheelhouse replay 3 --virtual");
        assert_eq!(title("scenario home/me/late.json"), "wheelhouse scenario late.json");
    }
}
