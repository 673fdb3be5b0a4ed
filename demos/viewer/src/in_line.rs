//! A program's text within a line of ours.

use std::fmt::{self, Write};

/// None of its characters ends the line, turns its direction or steers a terminal.
pub(crate) struct InLine<'a> {
    text: &'a str,
    /// More characters than these are left out.
    most: usize,
}

impl<'a> InLine<'a> {
    /// The names that one task's line mentions are cut, so that a long one isn't
    /// said in full by each task that waits for it.
    pub(crate) fn name(text: &'a str) -> Self {
        Self { text, most: 60 }
    }

    pub(crate) fn text(text: &'a str) -> Self {
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

/// Control characters, ends of lines, and marks of direction.
fn leaves_its_place(it: char) -> bool {
    let turns = matches!(it,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    it.is_control() || turns || matches!(it, '\u{2028}' | '\u{2029}')
}
