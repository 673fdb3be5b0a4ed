//! The faults, with questions and answers.

use crate::{Fault, programs};

/// Makes a fault of its texts, and of the files that have its name.
macro_rules! fault {
    ($name:ident, $question:literal, $choices:expr, $right:literal, $explanation:literal) => {
        Fault {
            name: stringify!($name),
            question: $question,
            choices: $choices,
            right: $right,
            explanation: $explanation,
            patch: include_str!(concat!("../patches/", stringify!($name), ".diff")),
            program: include_str!(concat!("programs/", stringify!($name), ".rs")),
            path: concat!("demos/faults/src/programs/", stringify!($name), ".rs"),
            right_run: include_str!(concat!("../runs/", stringify!($name), ".right.jsonl")),
            faulty_run: include_str!(concat!("../runs/", stringify!($name), ".faulty.jsonl")),
            run: || Box::pin(programs::$name::run()),
        }
    };
}

// The choices, word for word as the documentation of the executor has them.

const AT_MOST_ONCE: &str = "A task stands in the ready queue at most once.";
const OUT_OF_THE_TABLE: &str = "A future is polled on the executor's thread only, and only while \
    it is out of the table, so that no poll of it can begin within another.";
const NO_OTHER_TASK: &str = "An id whose task is gone reaches no other task, until its slot has \
    had four thousand million tenants.";
const PARKS: &str = "The thread parks only with queue and inbox empty, and any wake from then on \
    ends the park.";
const FOREIGN_CODE: &str = "No foreign code (a poll, a waker, a destructor, a condition) runs \
    while anything is borrowed, or out of its place, that it could reach; and no panic of it \
    keeps the executor from what else it has to do.";
const OUTCOMES: &str =
    "An outcome is written once, and taken or dropped once, on the executor's thread.";
const REQUESTS: &str = "A request to end marks one point, and stays with it or a point around it \
    until one catches, ends, or hears what came of it, or until it is taken back.";

const DURING_THE_POLL: &str = "A wake during the poll makes another poll.";
const AFTER_THE_END: &str = "A wake after the task's end does nothing.";
const ONE_POLL: &str = "Wakes that nobody has heard yet make one poll.";
const NO_PROCESSOR_TIME: &str = "Waiting takes no processor time.";
const IN_ORDER: &str = "Tasks run in the order in which they became ready.";
const SELF_WAKING: &str =
    "A task that wakes itself for ever doesn't keep a timer that is due from firing.";
const NEVER_EARLY: &str = "A timer is never early.";
const EQUAL_DEADLINES: &str = "Equal deadlines fire in the order in which they were set.";
const MANUAL: &str = "A manual clock stands still until it is advanced.";
const FAR_TIMERS: &str = "Timers reach from a nanosecond to hundreds of years.";
const NOT_ASKED: &str = "Nothing is cancelled that nobody has asked to end: a group that fails, \
    a limit and a scope reach what is in them, and no more.";
const DROPPED_ONCE: &str = "With the executor every future is dropped, once.";
const POLLED_TWICE: &str = "`wait` and `gather` are polled twice, however many children they have.";
const STUCK: &str = "A run that can't go on says so, with its tasks and lines.";

/// The faults, those first that are seen most easily.
pub static FAULTS: [Fault; 12] = [
    fault!(
        wake_twice,
        "A line of `enqueue` is gone.",
        [IN_ORDER, DURING_THE_POLL, AT_MOST_ONCE, PARKS],
        2,
        "The flag QUEUED is what tells `Core::enqueue` (run/core.rs) that a task stands in the \
        queue already. It is set nowhere else, so now each wake pushes an entry of its own, and \
        the task is polled once for each. With the flag the second wake needs no entry: the poll \
        to come is for it, too, and sees all that was done before. So however often a task is \
        woken, it takes one place in the queue, and the queue is never longer than there are \
        tasks and notices."
    ),
    fault!(
        sleep_briefly,
        "A delay becomes a deadline in whole milliseconds.",
        [NEVER_EARLY, EQUAL_DEADLINES, NO_PROCESSOR_TIME, MANUAL],
        0,
        "`Core::set_timer` (run/timers.rs) makes a deadline of a delay: now, and so much later. \
        The division cuts off what is less than a millisecond, so the sleep of 2.5 ms is over \
        after 2. Where a deadline has to be rounded, it is rounded up, as \
        `Reactor::prepare_park` does by the slack: a timer may be late by a little, but whoever \
        has slept relies on it that the time is over."
    ),
    fault!(
        yield_once,
        "One line has moved: from `dequeue`, which is called before the poll, into `poll`.",
        [AFTER_THE_END, AT_MOST_ONCE, ONE_POLL, DURING_THE_POLL],
        3,
        "While the task is polled, it has the flag QUEUED, though its entry was taken out of the \
        queue. So `Core::enqueue` (run/core.rs) believes that a poll is still to come, and a wake \
        during the poll gets no entry. Then the flag is cleared, and nothing is left of the wake. \
        That is why `Core::dequeue` clears it first (I4): a task that wakes itself, as \
        `yield_now` does, is queued at once. Here nobody else wakes it, and `block_on` finds that \
        the run can't go on."
    ),
    fault!(
        due_at_once,
        "Timers that are due fire only if nothing else is ready.",
        [NEVER_EARLY, SELF_WAKING, IN_ORDER, EQUAL_DEADLINES],
        1,
        "A turn takes what was ready when it began, and at its end `Reactor::turn` \
        (run/reactor.rs) fires what is due, whatever has become ready meanwhile. So a timer waits \
        for one batch at most. Now it waits until the queue is empty, and a task that wakes \
        itself keeps it from that: here for four turns, and a task that never stops, for ever. No \
        timer is early by that, and the tasks still run in the order of their entries; but the \
        entry of `sleeper` comes too late."
    ),
    fault!(
        kept_waker,
        "A line of `release` is gone.",
        [OUTCOMES, AT_MOST_ONCE, NO_OTHER_TASK, OUT_OF_THE_TABLE],
        2,
        "The id of a task is the index of its slot, and the number of tenants that the slot had \
        before. `Slots::release` (run/slots.rs) counts that number up, by which all ids of the \
        former tenant are stale, and `Slots::get` finds nothing by them. Without it the next task \
        in the slot has the same id: look at the id of the task that is spawned second. So the \
        waker that `former` has left behind wakes `sleeper`, which is polled for nothing; a \
        cancellation would have reached it as well."
    ),
    fault!(
        wait_for_three,
        "`turn` has a new line.",
        [POLLED_TWICE, AT_MOST_ONCE, DURING_THE_POLL, IN_ORDER],
        0,
        "The main future is an entry of the queue like any task, and is polled when it was \
        woken. Here `Reactor::turn` (run/reactor.rs) queues it each time, in case there is \
        something for it. `wait` has left word with each of its children, and is woken once, \
        when the last has ended; the polls in between find nothing. The result is the same, but \
        each turn costs a poll of all that the main future awaits, though nothing in it can go \
        on."
    ),
    fault!(
        sleep_twice,
        "Another way to sort the timers that are due.",
        [IN_ORDER, NEVER_EARLY, SELF_WAKING, EQUAL_DEADLINES],
        3,
        "`Wheel::collect_due` (time/wheel.rs) sorts pairs of a deadline and the place of the \
        timer in memory. Timers of one list come in the order in which they were set, and a \
        stable sort by the deadline alone keeps that. The new sort compares the places, too. They \
        seem to follow the order for as long as they are new, but places that are used again are \
        taken last in, first out: so the second time `second` comes first. A test that sleeps \
        once doesn't see it."
    ),
    fault!(
        busy_meanwhile,
        "A condition of `prepare_park` is shorter.",
        [AT_MOST_ONCE, PARKS, REQUESTS, MANUAL],
        1,
        "`Reactor::prepare_park` (run/reactor.rs) decides how long the loop may sleep, and first \
        of all it looks whether there is anything to do. Without the look at the ready queue it \
        asks the timers only. On a real clock the thread would now park until the first deadline, \
        with `busy` in the queue. A virtual clock doesn't park but jumps, so that work which \
        takes no time begins ten milliseconds later. And then there is no timer any more: so the \
        run is called stuck, though `busy` and `main` are ready, and `busy` prints nothing."
    ),
    fault!(
        a_month,
        "A line of `take_list` is gone.",
        [FAR_TIMERS, EQUAL_DEADLINES, STUCK, NEVER_EARLY],
        0,
        "Both timers stand in one list of level 8, which spans more than three days. When its \
        time comes, `Wheel::take_list` (time/wheel.rs) empties it: what is due leaves, and the \
        rest is placed anew, on a lower level, where lists span less. That is the cascade, by \
        which eleven levels are enough for hundreds of years. Without it the second timer is in \
        no list any more and never fires, and `block_on` finds that the run can't go on. (That \
        the timer moves, as the recording says, is what the recorder concludes from the time: a \
        recording has no place for a wheel that forgets.)"
    ),
    fault!(
        last_poll,
        "A condition of `release_unused` is shorter.",
        [DROPPED_ONCE, OUTCOMES, AT_MOST_ONCE, DURING_THE_POLL],
        2,
        "`hasty` has woken itself in its last poll, so when it has ended an entry of it still \
        stands in the queue. `Core::release_unused` (run/life.rs) has to keep the slot until that \
        entry was taken, and the flag QUEUED says so. Here the slot is vacant at once, and `next` \
        moves in. An entry names a slot and not a task, as that takes less memory; so the old \
        entry is one of `next` now, which stands in the queue twice, and is polled twice in its \
        first turn."
    ),
    fault!(
        cancel_late,
        "A guard in `send` is shorter.",
        [NO_OTHER_TASK, NOT_ASKED, OUTCOMES, REQUESTS],
        3,
        "When `outer` is cancelled, it still waits for `inner`, as it wasn't polled since that \
        has ended. So `Core::send` (cancel/request.rs) passes the request on, to a task that will \
        take no step any more. Then `outer` hears how `inner` ended, which is by itself and not \
        by the request; it believes that the request came too late, and goes on. A request must \
        stay with a point that can still end by it: if the inner task has ended, that is the \
        outer one, as in asyncio (F41)."
    ),
    fault!(
        alarm_in_alarm,
        "A function has become part of the loop that called it.",
        [DROPPED_ONCE, NEVER_EARLY, OUT_OF_THE_TABLE, FOREIGN_CODE],
        3,
        "What the head of a `while let` makes lives until the end of its body. So here \
        `Core::fire_due` (run/timers.rs) holds the borrow of the timers while it notifies a \
        waiter, which may be a function of the program. That function sets a timer, which borrows \
        them again, and panics; and since a panic of an alarm is nobody else's concern, the \
        second alarm is just never set. `next_due` is a function of its own for this reason \
        alone: the borrow ends when it returns."
    ),
];
