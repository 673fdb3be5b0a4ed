//! What is wrong with a program, at its place and with the remedy.

use std::error::Error;
use std::fmt;

pub(crate) use crate::program::Place;

/// The reason for which a text is no program that can be run here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Complaint {
    at: Place,
    reason: String,
}

pub(crate) type Result<T> = std::result::Result<T, Complaint>;

impl Place {
    /// Makes a complaint about this place. The reason says what is wrong, and the remedy.
    pub(crate) fn wrong(self, reason: impl Into<String>) -> Complaint {
        Complaint { at: self, reason: reason.into() }
    }
}

impl Complaint {
    /// Returns the line of the place, counted from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.at.line
    }

    /// Returns the column of the place in characters, counted from 1.
    #[must_use]
    pub fn column(&self) -> usize {
        self.at.column
    }

    /// Returns what is wrong, and the remedy.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at: Place { line, column }, reason } = self;
        write!(f, "line {line}, column {column}: {reason}")
    }
}

impl Error for Complaint {}
