//! The screens of the tour: a step, laid out for the size of the terminal.

use std::fmt;

use anstyle::{AnsiColor, Style};
use viewer::Scene;

const WELCOME: &str = "\
Three coroutines, one of which fails, and `wait` until the first exception: the run has \
been recorded, and this is how the executor carried it out. A turn takes what is ready as \
its batch, and polls each task once; then timers that are due fire. `executor/src` has the \
functions that are named.";

/// The signs and the keys, each with its meaning.
const LEGEND: [(&str, &str); 12] = [
    ("", ""),
    ("(3/38)", "a timer stands on level 3 of the wheel, in list 38 there"),
    ("wait for 3", "a call of `wait` with three tasks, and its condition"),
    ("(child 2 ..)", "a notice that `wait` is given in its turn: its child 2 has ended"),
    ("", ""),
    ("space, →", "the next step; also n, Enter"),
    ("b, ←", "the step before; also p, Backspace"),
    ("PgDn, PgUp", "ten steps on, and back"),
    ("Home, End", "the first step, and the last"),
    ("↓, ↑", "the rest of what doesn't fit on the screen"),
    ("?", "this page, and back to the step"),
    ("q, Esc", "the end of the tour"),
];

const HAPPENS: Style = Style::new().bold();
const STATE: Style = AnsiColor::Cyan.on_default();
const PLAIN: Style = Style::new();

/// The line at the bottom, if all lines fit on the screen, and if they don't.
type Keys = [&'static str; 2];

const KEYS: Keys = ["space next  b back  ? help  q quit", "↓↑ more  space next  ? help  q quit"];
const KEYS_OF_THE_LEGEND: Keys = ["space go on  q quit", "↓↑ more  space go on  q quit"];

/// The size of a terminal.
#[derive(Clone, Copy)]
pub(super) struct Size {
    pub(super) rows: usize,
    pub(super) columns: usize,
}

/// A screen.
pub(super) struct Screen {
    /// The line that always stays at the top.
    title: String,
    lines: Vec<Line>,
    keys: &'static str,
    /// The first line that is shown, and the number of those.
    top: usize,
    shown: usize,
}

/// A line of a screen: perhaps a heading, and text.
pub(crate) struct Line {
    heading: String,
    text: String,
    style: Style,
}

impl Screen {
    pub(super) fn of_step(scenes: &[Scene], at: usize, top: usize, size: Size) -> Self {
        let lines = scenes.get(at).map_or_else(Vec::new, |scene| lines(scene, size.columns));
        Self::new(title(scenes, at), lines, KEYS, top, size.rows)
    }

    pub(super) fn explaining(top: usize, size: Size) -> Self {
        let title = "A tour of the executor".into();
        Self::new(title, explanation(size.columns), KEYS_OF_THE_LEGEND, top, size.rows)
    }

    fn new(title: String, lines: Vec<Line>, keys: Keys, top: usize, rows: usize) -> Self {
        let shown = rows.saturating_sub(2).max(1);
        let top = top.min(lines.len().saturating_sub(shown));
        let keys = keys[usize::from(lines.len() > shown)];
        Self { title, lines, keys, top, shown }
    }

    /// Returns the first line that is shown, which isn't so far down that others could be
    /// shown below.
    pub(super) fn top(&self) -> usize {
        self.top
    }
}

/// Writes no line break at the end: it would scroll the first line away.
impl fmt::Display for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { title, lines, keys, top, shown } = self;
        writeln!(f, "{title}")?;
        lines.iter().skip(*top).take(*shown).try_for_each(|line| writeln!(f, "{line}"))?;
        write!(f, "{STATE}{keys}{STATE:#}")
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { heading, text, style } = self;
        write!(f, "{STATE}{heading}{STATE:#}{style}{text}{style:#}")
    }
}

/// All steps, one below the other, for whoever has no terminal.
pub(super) struct Paper<'a>(pub(super) &'a [Scene]);

impl fmt::Display for Paper<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const WIDTH: usize = 100;
        let Self(scenes) = self;
        wrapped("", WELCOME, PLAIN, WIDTH).try_for_each(|line| writeln!(f, "{line}"))?;
        for (at, scene) in scenes.iter().enumerate() {
            writeln!(f, "\n{}", title(scenes, at))?;
            lines(scene, WIDTH).iter().try_for_each(|line| writeln!(f, "{line}"))?;
        }
        Ok(())
    }
}

fn title(scenes: &[Scene], at: usize) -> String {
    let turn = scenes.get(at).map_or(0, |it| it.turn);
    format!("step {at} of {}, turn {turn}", scenes.len().saturating_sub(1))
}

fn lines(scene: &Scene, width: usize) -> Vec<Line> {
    let Scene { sentence, file, function, state, .. } = scene;
    let by = format!("`{function}` in executor/src/{file}");
    let mut lines: Vec<_> = wrapped("", sentence, HAPPENS, width).collect();
    lines.extend(wrapped("  ", &by, PLAIN, width));
    for (heading, text) in state {
        lines.extend(wrapped(&format!("  {heading:<8}"), text, PLAIN, width));
    }
    lines
}

fn explanation(width: usize) -> Vec<Line> {
    let legend = LEGEND.iter().flat_map(|(sign, meaning)| {
        wrapped(&format!("{sign:<14}"), meaning, PLAIN, width).collect::<Vec<_>>()
    });
    wrapped("", WELCOME, PLAIN, width).chain(legend).collect()
}

/// Breaks a text into lines of this width, between words, each as far in as the heading
/// is long.
pub(crate) fn wrapped(
    heading: &str,
    text: &str,
    style: Style,
    width: usize,
) -> impl Iterator<Item = Line> + use<> {
    let indent = heading.chars().count();
    let mut texts = vec![String::new()];
    for word in text.split_inclusive(' ') {
        let full = texts.last().map_or(0, |line| line.chars().count());
        if full > 0 && indent + full + word.trim_end().chars().count() > width {
            texts.push(String::new());
        }
        texts.last_mut().expect("there is one at least").push_str(word);
    }
    let headings = std::iter::once(heading.to_owned());
    let headings = headings.chain(std::iter::repeat(" ".repeat(indent)));
    headings.zip(texts).map(move |(heading, text)| Line {
        heading,
        text: text.trim_end().to_owned(),
        style,
    })
}
