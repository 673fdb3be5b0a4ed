//! A single-threaded async executor, written to be read: its core takes an evening.
//!
//! It runs futures on one thread, with exact timers, wakes from any thread,
//! and no `unsafe` code. It has no I/O of its own: whatever needs no more than
//! a [`Waker`](std::task::Waker) runs on it.
//!
//! ```
//! use std::time::Duration;
//! use executor::{block_on, sleep, spawn};
//!
//! let greeting = block_on(async {
//!     let name = spawn(async {
//!         sleep(Duration::from_millis(1)).await;
//!         "world"
//!     });
//!     format!("hello, {}", name.await.unwrap())
//! });
//! assert_eq!(greeting, "hello, world");
//! ```
//!
//! The [guide] has pages for those who write programs with it: an executor in a loop of your
//! own, recordings, other platforms.
//!
//! There is one feature, `trace`, which is off unless a package asks for it. It adds
//! recordings of runs, `dump`, and other orders of tasks (`explore`, `Schedule`).
//!
//! The rest of this page is for those who want to know how it works.
//!
//! # One turn in five verbs
//!
//! An executor is a loop. One pass through it is a *turn*, and this is all of
//! it (`Reactor::turn` and `Reactor::park` in `reactor.rs`):
//!
//! 1. **Look**: hear what other threads have sent, ask the clock what time it
//!    is, and collect the timers that are due. A busy loop does so only now and
//!    then (`Pace`).
//! 2. **Take** the batch: all that is in the ready queue now.
//! 3. **Poll** each task of the batch once. If the batch is long, or the polls
//!    are, look again in between.
//! 4. **Fire** the timers collected: their tasks join the queue.
//! 5. **Park**, if the queue is empty: until the next timer, or until woken. `block_on`
//!    does this between turns; who calls `turn` in a loop of their own does it there.
//!
//! # The life of one wake
//!
//! What happens in `sleep(Duration::from_millis(10)).await`:
//!
//! 1. `Reactor::step` takes the task out of its [slot](run::slots::Slot), lends it
//!    [a waker](run::waker), and polls it.
//! 2. The poll reaches [`Sleep`], which asks [`Core::waiter`](run::core::Core) which
//!    task is being polled. The waker is the one on loan, so the task's
//!    [id](TaskId) will do.
//! 3. `sleep::arm` leaves that id in the [wheel](wheel::Wheel::insert_in), with
//!    a delay of ten million ticks. Nobody has read the clock yet. (To read one that isn't
//!    real costs nothing, so there the delay is a deadline at once, and step 5 falls away.
//!    Instead of step 7 a virtual clock jumps to the deadline, and a manual one waits to be
//!    moved.)
//! 4. The poll returns `Pending` all the way up; the task goes back into its
//!    slot. Nothing in the executor points at it but the timer.
//! 5. The ready queue is empty, but `Reactor::prepare_park` finds a delay that
//!    is still to be started. So there is another turn, which looks: it reads
//!    the clock, and [`Wheel::collect_due`](wheel::Wheel::collect_due) makes the delay
//!    a deadline.
//! 6. Now `prepare_park` asks
//!    [`Wheel::next_deadline`](wheel::Wheel::next_deadline) how long it may
//!    sleep, and rounds up by the [slack](Builder::slack).
//! 7. `Reactor::park` blocks on the inbox with that deadline. The thread is
//!    off the processor, until then or until another thread sends a wake.
//! 8. The time has come. The loop looks again, and now `collect_due` puts the timer
//!    among those that are due, since its deadline has passed.
//! 9. At the end of that turn `Core::fire_due` takes it, and queues the task.
//! 10. The next turn takes it with the batch, clears its queued flag, and polls
//!     it.
//! 11. [`Sleep`] finds its timer gone from the wheel, and is ready.
//!
//! A wake by a waker does what step 9 does if it comes from this thread
//! (`context::wake_here`). From another it goes into the inbox
//! ([`TaskWaker::send`](run::inbox::TaskWaker)), and ends the park of step 7. So does
//! one from this thread while the executor doesn't run, which is heard before
//! anything else queues a task from outside (`context::hear_from_outside`).
//!
//! # The life of a cancellation
//!
//! What can be cancelled is a [point](cancel::point::Point): a task, or a scope in one. Say
//! that a task awaits another by `timeout(limit, inner).await`, so that it waits in
//! the scope of the timeout, and the scope waits for the inner task.
//!
//! 1. In the poll each future that waits *declares* for what
//!    ([`Declared::declare`](cancel::declared::Declared)): first the join, then the scope
//!    around it. After the poll of a point, that is what the point waits for
//!    (`Core::end_scope_poll` for a scope, `Core::settle` for a task).
//! 2. Somebody calls [`Task::cancel`]. A request goes along the waits
//!    (`Core::send`): from the task to the scope, from the scope to the inner task.
//!    Both note that they have *passed* it on.
//! 3. The inner task waits for nothing that knows of cancellations. It is *marked*,
//!    and queued (`Core::wake_marked`).
//! 4. Its next step is its last: `Reactor::step` drops its future, and notifies its
//!    waiters.
//! 5. The outer task is polled, and in it the join. The innermost point that is polled, the
//!    scope, *hears* that the task has ended by the request that was passed on
//!    (`Core::hear_end_of`), and by that the outer task hears. So the join ends as cancelled
//!    too: it *throws*.
//! 6. Everything from the join out to the innermost scope ends, and the scope *catches*
//!    (`catch::poll_in_scope`). That is the timeout's. Its time isn't up, so it
//!    [goes on](Cancelled::resume) with the cancellation, and as there is no scope further
//!    out, the task ends so.
//!
//! A way may end otherwise in step 3. If a scope is the last that a request reaches, it is the
//! scope that is marked, and that catches when it is next polled. A point that is being polled is
//! marked, and sends the request on when it waits (`Core::after_poll`). A *target*, such as a
//! `gather`, is asked to cancel its tasks (`Core::send_to_target`). And a point that ceases to wait
//! for what it has passed a request on to, without having heard what came of it, takes it over:
//! it is marked itself.
//!
//! After a catch nothing is marked or passed on any more: all that is left of the request is that
//! it is counted ([`TaskRef::cancelling`]). So who has caught it goes on with it, or *holds it
//! back* while something else has to end first ([`Scope::hold_back`]), as a task group does. If it
//! concerns others too, and isn't gone on with, it is *delivered again* ([`Scope::redeliver`]): to
//! the innermost that was asked. Another request that comes meanwhile is a new one, which goes
//! along what the point waits for by then.
//!
//! # The life of a limit
//!
//! What happens when the time of `timeout(limit, inner).await` is up:
//!
//! 1. An [`Alarm`] cancels the timeout's scope ([`Scope::cancel`]). That counts as a request
//!    to the task, for asyncio's `timeout` calls `task.cancel()`; and the scope notes that it
//!    counts there (`ScopeShared::count`).
//! 2. The request begins at the scope, not at the task, and goes on from there as above. So
//!    what is in the scope is cancelled, and what is around it isn't.
//! 3. The scope catches. The timeout takes its own request back ([`Scope::uncancel`]), and
//!    learns how many others concern it: those to the task, and to scopes around.
//! 4. If there are no more than when it began ([`Scope::cancelling_before`]), the time was
//!    the reason. Otherwise somebody else has asked as well, and that counts for more: it goes
//!    on with the cancellation, as in step 6 above. If what is in the scope returns all the same,
//!    that is what counts.
//!
//! Two things make this harder, and stand by themselves: scopes that strangers poll
//! (`strangers.rs`), and scopes that move to another point (the end of `scope_polls.rs`).
//!
//! # The life of a wait
//!
//! What happens in `wait(tasks).return_when(FirstException).await` of the crate
//! `combinators`, and in its `gather` likewise:
//!
//! 1. [`Watch::add_running`] leaves in the slot of each task the group and the number
//!    of the task ([`Slot::add_waiter`](run::slots::Slot)). The parent waits
//!    ([`Watch::poll_met`]).
//! 2. A task ends, and [`Core::finish`](run::core::Core) finds the group in its slot.
//!    The end is counted and, for `wait`, logged
//!    ([`Group::count_end`](watch::group::Group)).
//! 3. If it may matter, the watcher notes it at once ([`Watcher::note_end`]): the
//!    condition is asked about the outcome. Most conditions that only count are asked
//!    about the last task alone ([`Watch::matters_from`]).
//! 4. The condition says yes. So a notice is queued, behind all that is ready: there
//!    asyncio has the callback of the task that has ended (`Core::note_end`).
//! 5. In the next turn the notice is given (`Core::give_notice`), and the parent joins
//!    the ready queue. What has ended until the parent is polled, one turn later, `wait`
//!    finds in the log too ([`Watch::next_ended`]).
//! 6. The parent looks at the outcomes, and returns.
//!
//! A cancellation of the parent between 4 and 5 still reaches the other tasks of a
//! `gather`, for nobody but the watcher knows yet that it is over.
//!
//! # The end of an executor
//!
//! 1. `Core::close` refuses new tasks from here on: what a destructor spawns is
//!    cancelled at birth.
//! 2. Each task that lives is ended as cancelled, in the order of the slots
//!    (`Core::abort`): its future is dropped, and its waiters are notified, although
//!    none of them is polled any more.
//! 3. The inbox closes. Wakers of other threads are harmless after that, and errands go
//!    back to their couriers.
//! 4. Notices and timers are dropped, each by itself, so that no panic of a destructor
//!    keeps another from running. The first panic of a future's destructor goes on.
//! 5. Handles keep the outcomes of their tasks, and with them the slots and all that the
//!    executor was made of, until the last one is dropped.
//!
//! # Words
//!
//! - **Task**: a future that the executor polls on its own account, and later
//!   its outcome. Its **slot** is where it lives, its **handle** ([`Task`]) the
//!   right to its outcome.
//! - **Waker**: what a future keeps to say "poll me again". **Wake**: saying it.
//!   One waker is **on loan** to task after task, until a future keeps it.
//! - **Ready queue**: tasks that are to be polled, and notices that are to be given,
//!   first in, first out. **Batch**: what one turn takes from it.
//! - **Inbox**: where other threads leave messages: wakes and errands. An
//!   **errand** is a function that a [`Courier`] hands over. **Hear** other threads: take what
//!   is in the inbox into the ready queue. (A point **hears of** a request: it learns what came
//!   of one that it has passed on.)
//! - **Timer wheel**: where sleeping tasks wait. **Tick**: its unit, a
//!   nanosecond here.
//! - **Park**: block the thread until there is something to do. **Slack**: how
//!   late a timer may be so that several end one park.
//! - **Look**: hear other threads and read the clock. **Jump**: set a virtual clock
//!   forward to the next deadline. **Freeze**: keep it from that. **Advance**: move the
//!   time, that of a manual clock or that of the wheel.
//! - **Join**: wait for a task's outcome. **Detach**: give up the right to it.
//!   **Cancel**: ask a point to end: what runs in it is dropped instead of running on.
//!   **Scope**: what catches a cancellation within a task. **Point**: a task, or a
//!   scope in one. **Request**: ask a point to end. **Pass on**: send a request to
//!   what a point waits for. **Mark**: what the last point bears until its next step.
//!   **Declare**: say in a poll for what one waits. **Target**: what stands for several tasks
//!   that are waited for. **Take over**: be marked for a request that one had passed on. **Throw**:
//!   end everything as cancelled out to the innermost scope. **Catch**: end a throw, or a mark, at
//!   a scope. **Give up**: cease to wait. **Step**: a poll of a point. **Outwards**: from a scope
//!   to the point around it, and so on up to the task.
//!   **Stranger**: a future that lends wakers of its own to what it polls, as
//!   `FuturesUnordered` does. What it polls isn't polled whenever the task is, and is
//!   polled again only if the stranger's waker is woken.
//! - **Watch**: wait for several tasks at once. **Group**: the tasks and the
//!   **watcher** that decides about them. **Notice**: the entry in the ready queue by
//!   which a group is asked, or its parent is woken, one turn after a task has ended.
//! - **Record**: add an event to a recording. **Send**: leave a wake in the inbox.
//!
//! # Invariants
//!
//! The code that upholds one cites it, as do the tests.
//!
//! - **I1** A task stands in the ready queue at most once.
//! - **I2** A future is polled on the executor's thread only, and only while it
//!   is out of the table, so that no poll of it can begin within another.
//! - **I3** An id whose task is gone reaches no other task, until its slot has
//!   had four thousand million tenants.
//! - **I4** The queued flag is cleared before the poll, so a wake during the
//!   poll counts.
//! - **I5** A timer never fires early. On a real clock it is late by at most the
//!   slack, one turn, and the polls between two looks; or, where a host calls
//!   `turn`, the time until it does. A virtual clock stands still while a task is
//!   ready, and a manual one until it is moved.
//! - **I6** The thread parks only with queue and inbox empty, and any wake from
//!   then on ends the park.
//! - **I7** No foreign code (a poll, a waker, a destructor, a condition) runs
//!   while anything is borrowed, or out of its place, that it could reach; and no
//!   panic of it keeps the executor from what else it has to do.
//! - **I8** An outcome is written once, and taken or dropped once, on the
//!   executor's thread.
//! - **I9** A request to end marks one point, and stays with it or a point around it
//!   until one catches, ends, or hears what came of it, or until it is taken back. (One to the
//!   main future comes to nothing if no scope in that catches.)
//!
//! [Guarantees](guarantees) has what follows for users, and the test of each.
//!
//! **F** and a number, as in (F3), is a fact about asyncio that the code follows;
//! [Facts](facts) lists them.
//!
//! # What is left out
//!
#![doc = include_str!("left_out.md")]
//!
//! # Rooms
//!
//! The source is a house with rooms. Each uses only those beneath it, but for the parts of
//! others that `above.rs` names:
//!
//! ```text
//!  ┌──────────────────────────────────────────────┐
//!  │ trace    recordings of runs, other orders    │  with the feature `trace`
//!  ├──────────────────────────────────────────────┤
//!  │ cancel   requests, scopes, joins             │
//!  ├──────────────────────────────────────────────┤
//!  │ watch    several tasks, callbacks, couriers  │
//!  ╞══════════════════════════════════════════════╡  above.rs: what `run` calls of them
//!  │ run      tasks, wakers, the loop             │  ┐
//!  ├──────────────────────────────────────────────┤  ├ the minimal executor
//!  │ time     wheel, clock, pace                  │  ┘
//!  └──────────────────────────────────────────────┘
//! ```
//!
//! `time` and `run` are the minimal executor: read them first, by themselves. Each room's
//! `mod.rs` says what it is, and which files it has in the order in which to read them; those
//! of the four lower rooms say which invariants they uphold. Beside the rooms stand five files:
//!
//! | file          | what it is                                                 |
//! |---------------|------------------------------------------------------------|
//! | `platform.rs` | the platform's instants, and how a thread blocks           |
//! | `above.rs`    | the parts of the rooms above that `run` uses               |
//! | `probe.rs`    | the events, as a recorder gets them, if there is one       |
//! | `guide.rs`    | [pages](guide) for those who write programs with it        |
//! | `lib.rs`      | this page                                                  |

#![forbid(unsafe_code)]
#![expect(
    clippy::inline_always,
    reason = "on the way of every poll stand functions that the compiler finds too large to inline; \
              without the calls, spawning and awaiting a task takes 12 % fewer instructions"
)]

#[doc = include_str!("guarantees.md")]
pub mod guarantees {}

#[doc = include_str!("facts.md")]
pub mod facts {}

pub mod guide;

mod above;
mod cancel;
mod platform;
mod probe;
mod run;
mod time;
#[cfg(feature = "trace")]
pub mod trace;
mod watch;

pub use cancel::cancelled::{Cancelled, end_as_cancelled};
pub use cancel::catch::{CatchCancel, catch_cancel};
pub use cancel::deadlock::Deadlock;
pub use cancel::handle::{Handle, IntoHandle};
pub use cancel::join::{Join, Shared, SharedJoin};
pub use cancel::pass::PassCancel;
pub use cancel::point::CancelTarget;
pub use cancel::scope::Scope;
pub use platform::Instant;
pub use run::error::JoinError;
pub use run::executor::{Builder, Executor, block_on};
pub use run::id::TaskId;
pub use run::reactor::Next;
pub use run::sleep::{Sleep, Yield, advance, now, sleep, sleep_until, yield_now};
pub use run::task::{Task, TaskRef, all_tasks, current_task, find_task, spawn};
pub use time::clock::Clock;
pub use time::wheel;
#[cfg(feature = "trace")]
pub use trace::explore::{Explorer, Failure, explore};
#[cfg(feature = "trace")]
pub use trace::schedule::Schedule;
pub use watch::alarm::Alarm;
pub use watch::courier::{Courier, Undelivered};
pub use watch::errands::{courier, spawn_at};
pub use watch::frozen::{FrozenTime, freeze_time};
pub use watch::group::Watcher;
pub use watch::in_line::InLine;
pub use watch::local::LocalWaker;
pub use watch::seam::{Watch, WatchRef};
pub use watch::words::Section;
