//! A program's text within a line of ours.

use std::fmt::{self, Write};

/// Displays a text of a program, such as a task's name, within a line: none of its
/// characters ends the line, turns its direction or steers a terminal.
///
/// ```
/// use executor::InLine;
///
/// assert_eq!(InLine::text("two\nlines").to_string(), "two\\nlines");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct InLine<'a> {
    text: &'a str,
    /// The greatest number of characters. The others are left out.
    most: usize,
}

impl<'a> InLine<'a> {
    /// Takes a text as a name, which is cut after 60 characters, so that the line of each
    /// task that waits for one with a long name doesn't have all of it.
    #[must_use]
    pub fn name(text: &'a str) -> Self {
        Self { text, most: 60 }
    }

    /// Takes a text of any length.
    #[must_use]
    pub fn text(text: &'a str) -> Self {
        Self { text, most: usize::MAX }
    }
}

impl fmt::Display for InLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut characters = self.text.chars();
        characters.by_ref().take(self.most).try_for_each(|it| match it {
            it if leaves_its_place(it) => write!(f, "{}", it.escape_default()),
            it => f.write_char(it),
        })?;
        f.write_str(if characters.next().is_some() { "…" } else { "" })
    }
}

/// Returns whether it is a control character, an end of a line, or a mark of direction.
fn leaves_its_place(it: char) -> bool {
    let turns = matches!(it,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    it.is_control() || turns || matches!(it, '\u{2028}' | '\u{2029}')
}
