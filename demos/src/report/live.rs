//! Events on a terminal: the text, and under it a bar for each coroutine.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use anstream::adapter::strip_str;
use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use executor::{now, sleep, spawn};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{FAILED, Reporter, give_up, print_line, text};
use crate::event::{End, Event};
use crate::plan::{Coroutine, Plan};

const DONE: Style = AnsiColor::Green.on_default();
const CANCELLED: Style = AnsiColor::Yellow.on_default();
const RUNNING: Style = Style::new();

/// The time between two pictures.
const FRAME: Duration = Duration::from_millis(50);

/// Returns whether the output is a terminal that can move its cursor up.
pub(super) fn can_draw() -> bool {
    !ProgressDrawTarget::stdout().is_hidden()
}

/// Prints above the bars, and keeps the bars.
pub(super) struct Live {
    screen: MultiProgress,
    /// The bars, by the index of the coroutine.
    bars: BTreeMap<usize, ProgressBar>,
}

impl Live {
    /// Draws the bars, and spawns the task that moves them.
    pub(super) fn new(plan: &Plan) -> Self {
        let screen = MultiProgress::with_draw_target(ProgressDrawTarget::stdout());
        let bar = |it: &Coroutine| (it.index, screen.add(bar(plan, *it)));
        let bars: BTreeMap<_, _> = plan.coroutines.iter().map(bar).collect();
        drop(spawn(advance(bars.values().cloned().collect())));
        Self { screen, bars }
    }

    fn print(&self, line: &str) {
        let written = self.screen.println(adapted(line));
        written.unwrap_or_else(|error| give_up(&error));
    }

    /// Returns the bar of a coroutine, unless it has been finished or stopped.
    fn running(&self, coroutine: usize) -> Option<&ProgressBar> {
        self.bars.get(&coroutine).filter(|it| !it.is_finished())
    }

    /// Fills a bar up.
    fn finish(&self, coroutine: usize, style: Style, word: &str) {
        if let Some(bar) = self.running(coroutine) {
            bar.finish_with_message(styled(style, word));
        }
    }

    /// Leaves a bar where it is.
    fn stop(&self, coroutine: usize, style: Style, word: &str) {
        if let Some(bar) = self.running(coroutine) {
            bar.abandon_with_message(styled(style, word));
        }
    }
}

fn styled(style: Style, word: &str) -> String {
    adapted(&format!("{style}{word}{style:#}"))
}

/// Returns the text with colours, or without them if they aren't wanted.
fn adapted(text: &str) -> String {
    match AutoStream::choice(&io::stdout()) {
        ColorChoice::Never => strip_str(text).to_string(),
        _ => text.to_owned(),
    }
}

fn bar(plan: &Plan, it: Coroutine) -> ProgressBar {
    let time = plan.time_for(it.sleep).as_micros();
    let template = "{prefix:>3} {bar:24} {msg}";
    let style = ProgressStyle::with_template(template).expect("the template is valid");
    ProgressBar::new(time.try_into().unwrap_or(u64::MAX))
        .with_style(style.progress_chars("=> "))
        .with_prefix(it.index.to_string())
        .with_message("running")
}

/// Moves the bars until none is running. This is a task beside those that the bars show.
async fn advance(bars: Vec<ProgressBar>) {
    let begun = now();
    while bars.iter().any(|bar| !bar.is_finished()) {
        let time = u64::try_from((now() - begun).as_micros()).unwrap_or(u64::MAX);
        for bar in bars.iter().filter(|it| !it.is_finished()) {
            bar.set_position(time.min(bar.length().unwrap_or(time)));
        }
        sleep(FRAME).await;
    }
}

impl Reporter for Live {
    fn report(&self, plan: &Plan, _: Duration, event: &Event) {
        for line in text::lines(plan, event) {
            self.print(&line);
        }
        match event {
            Event::Ended(End::Returned { coroutine, .. }) => self.finish(*coroutine, DONE, "done"),
            Event::Ended(End::Failed { coroutine, .. }) => {
                self.finish(*coroutine, FAILED, "failed");
            }
            Event::Cancelled { coroutine } => self.stop(*coroutine, CANCELLED, "cancelled"),
            Event::Run { .. } | Event::Started { .. } | Event::Returned(_) => {}
        }
    }

    /// Leaves the picture as it is: the next text is printed under it. The
    /// last bar ends at the edge of the screen, without a line break.
    fn close(&self) {
        self.bars.keys().for_each(|coroutine| self.stop(*coroutine, RUNNING, "runs on"));
        print_line("");
    }
}
