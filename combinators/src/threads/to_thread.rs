//! `to_thread`: a blocking function, on a thread of its own.

use std::any::{Any, type_name};
use std::fmt;
use std::mem::{replace, take};
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Waker};

use executor::{FrozenTime, Section, freeze_time};
use parking_lot::Mutex;

use crate::foreign::contain_quietly;
use crate::threads::place_in_words;
use crate::threads::pool::POOL;

/// Runs a blocking function on another thread, and awaits what it returns.
///
/// It is handed over when the future is first polled, to one of a few threads,
/// which start when needed and end when they have had nothing to do for ten
/// seconds. If all are busy it waits for its turn.
///
/// The threads belong to the process, and all its executors share them. There
/// are four more than there are processors, 32 at most. A function that itself
/// calls `to_thread`, on an executor of its own, doesn't count until what it has asked for
/// has ended, also if it has given up waiting: another thread starts for that. Functions that wait for each
/// other by other means, such as a channel, need as many threads at once.
///
/// The time of a [virtual clock](executor::Clock::Virtual) [is frozen](executor::freeze_time)
/// while the function waits or runs and somebody awaits it: it takes no virtual time, and no
/// limit around it ends. It is the clock of the executor in which this was polled last. So a
/// function that waits for what that time brings waits for ever: one that [joins] a remote task
/// which sleeps on the same executor, or receives what such a task sends. On a real clock it
/// does not.
///
/// [joins]: crate::RemoteTask::join
///
/// A child process that is made by `fork` has none of the threads, and what it
/// gives to `to_thread` is never run: fork before the first call.
///
/// Giving up the await, by dropping it or by a cancellation, has no effect on a
/// function that runs: it runs on in its thread, and its result is dropped. One that hasn't
/// begun is not run.
///
/// ```
/// use combinators::to_thread;
///
/// executor::block_on(async {
///     let sum = to_thread(|| (1..=1000).sum::<u32>()).await;
///     assert_eq!(sum, 500_500);
/// });
/// ```
///
/// # Panics
///
/// If the function panics, so does the await, with the same payload. Panics too
/// if the system has no thread to give and the function waits in vain for one,
/// which it always does where there [are none](executor::guide::platforms); and when
/// polled after it was ready.
#[track_caller]
pub fn to_thread<T, F>(function: F) -> ToThread<T, F>
where
    T: Send + 'static,
    F: FnOnce() -> T + Send + 'static,
{
    ToThread(State::New(function, Location::caller()))
}

/// The future of [`to_thread`].
#[must_use = "the function doesn't run unless this is awaited"]
pub struct ToThread<T, F>(State<T, F>);

enum State<T, F> {
    /// The function, and the line that has given it.
    New(F, &'static Location<'static>),
    /// The thread has no more than a weak reference until it has an answer.
    Running(Arc<Mutex<Said<T>>>, Section),
    Over,
}

/// The function is moved to its thread before anything is pinned.
impl<T, F> Unpin for ToThread<T, F> {}

/// The state that the future and the thread share.
struct Said<T> {
    stage: Stage<T>,
    awaiting: Option<Awaiting>,
}

/// The stage that the function is at.
enum Stage<T> {
    /// It waits for a thread.
    Waits,
    Runs,
    /// The future hasn't taken the end yet.
    Ended(End<T>),
    /// The future has taken the end, or was given up: then the function isn't begun any more.
    Over,
}

impl<T> Stage<T> {
    /// Takes the end, if there is one.
    fn take_end(&mut self) -> Option<End<T>> {
        match replace(self, Self::Over) {
            Self::Ended(end) => Some(end),
            other => {
                *self = other;
                None
            }
        }
    }

    /// Says what becomes of the function when its await is given up now.
    fn fate(&self) -> &'static str {
        match self {
            Self::Waits => "it is given up before the function has begun, so that is never run",
            Self::Runs => "it is given up, and the function runs on in its thread",
            Self::Ended(_) => "it is given up after the function has ended",
            Self::Over => "it is given up",
        }
    }
}

/// The task that awaits the end, which is the one that has polled last.
struct Awaiting {
    waker: Waker,
    /// The time of its executor stands still until there is an end, or the task is another.
    frozen: FrozenTime,
}

impl Awaiting {
    fn of(cx: &Context<'_>) -> Self {
        Self { waker: cx.waker().clone(), frozen: freeze_time() }
    }
}

/// The destructor of a waker may be foreign code: its panic goes nowhere.
impl<T> Drop for Said<T> {
    fn drop(&mut self) {
        contain_quietly(|| drop(self.awaiting.take()));
    }
}

/// The end of the function: it returned, panicked, or was never run.
enum End<T> {
    Returned(T),
    Panicked(Box<dyn Any + Send>),
    NotRun,
}

impl<T> fmt::Display for End<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            End::Returned(_) => "the function has returned",
            End::Panicked(_) => "the function has panicked",
            End::NotRun => "the function was never run",
        })
    }
}

const POLLED_AGAIN: &str = "`to_thread` was polled again after it was ready: await it once";
/// Says which function another thread calls. A closure has no name, but a place.
fn words_about<F>(given_at: &Location<'_>) -> String {
    if type_name::<F>().ends_with("{{closure}}") {
        format!("to_thread of the closure in {}", place_in_words(given_at))
    } else {
        format!("to_thread of `{}`", Section::name_of_function::<F>())
    }
}

const NO_THREAD: &str = "a function was given to `to_thread`, but the system has no thread for it";

impl<T, F> Future for ToThread<T, F>
where
    T: Send + 'static,
    F: FnOnce() -> T + Send + 'static,
{
    type Output = T;

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let awaiting = Some(Awaiting::of(cx));
        match replace(&mut self.0, State::Over) {
            State::New(function, given_at) => {
                let said = Arc::new(Mutex::new(Said { stage: Stage::Waits, awaiting }));
                let answer = Answer(Arc::downgrade(&said));
                let section = Section::begin(|| words_about::<F>(given_at));
                section.wait();
                self.0 = State::Running(said, section);
                POOL.submit(Box::new(move || run(function, answer)));
                Poll::Pending
            }
            State::Running(said, section) => {
                let Some(end) = look(&said, awaiting) else {
                    section.wait();
                    self.0 = State::Running(said, section);
                    return Poll::Pending;
                };
                section.end(|| end.to_string());
                match end {
                    End::Returned(value) => Poll::Ready(value),
                    End::Panicked(panic) => resume_unwind(panic),
                    End::NotRun => panic!("{NO_THREAD}"),
                }
            }
            State::Over => panic!("{POLLED_AGAIN}"),
        }
    }
}

/// Takes what the thread has said, or leaves word who awaits it. Wakers are
/// foreign code: they are cloned before the lock, and dropped after it.
fn look<T>(said: &Mutex<Said<T>>, awaiting: Option<Awaiting>) -> Option<End<T>> {
    let mut said = said.lock();
    let (end, before) = (said.stage.take_end(), replace(&mut said.awaiting, awaiting));
    drop(said);
    contain_quietly(|| drop(before));
    end
}

/// The function goes its own way: it isn't begun any more, or runs on.
impl<T, F> Drop for ToThread<T, F> {
    fn drop(&mut self) {
        let State::Running(said, section) = replace(&mut self.0, State::Over) else { return };
        let mut shared = said.lock();
        let (fate, awaiting) = (shared.stage.fate(), shared.awaiting.take());
        let stage = replace(&mut shared.stage, Stage::Over);
        drop(shared);
        section.end(|| fate.into());
        contain_quietly(|| drop(awaiting));
        drop(stage);
    }
}

/// Runs the function on this thread, unless nobody waits for it any more.
fn run<T>(function: impl FnOnce() -> T, answer: Answer<T>) {
    if answer.begin() {
        let result = catch_unwind(AssertUnwindSafe(function));
        answer.give(result.map_or_else(End::Panicked, End::Returned));
    }
}

/// The thread's end. If it is dropped without an answer, the function was not
/// run: the future hears that in any case.
struct Answer<T>(Weak<Mutex<Said<T>>>);

impl<T> Answer<T> {
    /// Returns whether the function is to run: its await wasn't given up.
    fn begin(&self) -> bool {
        let Some(said) = self.0.upgrade() else { return false };
        let mut said = said.lock();
        let is_awaited = matches!(said.stage, Stage::Waits);
        if is_awaited {
            said.stage = Stage::Runs;
        }
        is_awaited
    }

    fn give(mut self, end: End<T>) {
        self.say(end);
    }

    fn say(&mut self, end: End<T>) {
        let Some(said) = take(&mut self.0).upgrade() else { return };
        let mut said = said.lock();
        let given_up = if let Stage::Over = said.stage {
            Some(end)
        } else {
            said.stage = Stage::Ended(end);
            None
        };
        let awaiting = said.awaiting.take();
        drop(said);
        drop(given_up);
        if let Some(Awaiting { waker, frozen }) = awaiting {
            waker.wake();
            drop(frozen); // The wake comes first, so that no timer fires before it.
        }
    }
}

impl<T> Drop for Answer<T> {
    fn drop(&mut self) {
        self.say(End::NotRun);
    }
}

impl<T, F> fmt::Debug for ToThread<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            State::New(..) => "ToThread(not started)",
            State::Running(..) => "ToThread(running)",
            State::Over => "ToThread(over)",
        })
    }
}
