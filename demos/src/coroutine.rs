//! The coroutine that all plans run.

use std::fmt;
use std::rc::Rc;

use executor::sleep;
use executor::trace::failed;

use crate::event::{End, Event};
use crate::plan::Coroutine;
use crate::run::Run;

/// The error that a failing coroutine ends with.
#[derive(Debug)]
pub(crate) struct Exception {
    pub(crate) index: usize,
}

/// Sleeps, then returns its index, or fails.
pub(crate) async fn coro(run: Rc<Run>, it: Coroutine) -> Result<usize, Exception> {
    let time = run.plan.time_for(it.sleep);
    let life = Life::begin(run, it);
    sleep(time).await;
    if it.fails {
        return life.end(Err(Exception { index: it.index }));
    }
    life.end(Ok(it.index))
}

/// The time from a coroutine's first step to its end.
///
/// Dropped without an [`end`](Life::end), it reports that the coroutine was
/// cancelled: its future was dropped halfway.
struct Life {
    run: Rc<Run>,
    coroutine: usize,
    ended: bool,
}

impl Life {
    #[track_caller]
    fn begin(run: Rc<Run>, Coroutine { index: coroutine, sleep, .. }: Coroutine) -> Self {
        run.report(&Event::Started { coroutine, sleep_ms: sleep.as_millis() });
        Self { run, coroutine, ended: false }
    }

    #[track_caller]
    fn end(mut self, result: Result<usize, Exception>) -> Result<usize, Exception> {
        self.ended = true;
        if let Err(exception) = &result {
            failed(exception.to_string());
        }
        self.run.report(&Event::Ended(End::of(self.coroutine, &result)));
        result
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        if !self.ended {
            self.run.report(&Event::Cancelled { coroutine: self.coroutine });
        }
    }
}

/// Writes the message of the notebook's exception.
impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Exception on i = {}", self.index)
    }
}
