//! The threads of `to_thread`.

use std::cell::Cell;
use std::collections::{BTreeMap, VecDeque};
use std::mem::{forget, take};
use std::num::NonZero;
use std::sync::LazyLock;
use std::thread;
use std::time::Duration;

use parking_lot::{Condvar, Mutex, MutexGuard};

use crate::foreign::contain_quietly;

/// A function for a thread. It is dropped without having been called if the
/// system has no thread to give.
pub(crate) type Job = Box<dyn FnOnce() + Send>;

/// The threads of this process that run jobs.
pub(crate) static POOL: Pool = Pool {
    jobs: Mutex::new(Jobs {
        waiting: VecDeque::new(),
        threads: 0,
        idle: 0,
        waits: BTreeMap::new(),
        calls: 0,
    }),
    came: Condvar::new(),
};

/// Threads that start when they are needed, and end when they aren't any more.
///
/// Jobs are foreign code: they run, and are dropped, outside of the lock, and no
/// panic of theirs gets through to the thread.
pub(crate) struct Pool {
    jobs: Mutex<Jobs>,
    /// Is notified when a job has come.
    came: Condvar,
}

struct Jobs {
    waiting: VecDeque<Entry>,
    /// The number of threads, those included that are about to start.
    threads: usize,
    /// The number of threads that wait for a job.
    idle: usize,
    /// The calls that have submitted jobs themselves, and the number of these jobs
    /// that haven't ended. Such a call blocks its thread, so the thread doesn't count:
    /// if it did, and all threads were blocked so, no job would ever run again.
    waits: BTreeMap<Call, usize>,
    /// The number of calls so far.
    calls: Call,
}

/// Names the call of a job's function.
type Call = u64;

struct Entry {
    job: Job,
    /// The call that has submitted it, if that is on one of the pool's threads.
    caller: Option<Call>,
}

thread_local! {
    /// The call that is under way on this thread of the pool.
    static CALL: Cell<Option<Call>> = const { Cell::new(None) };
}

/// The time for which a thread waits for a job before it ends.
const PATIENCE: Duration = Duration::from_secs(10);

/// The most threads that there may be, without those that wait for jobs to end.
static MOST: LazyLock<usize> = LazyLock::new(|| {
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    (processors + 4).min(32)
});

impl Pool {
    /// Has a thread run a job.
    pub(crate) fn submit(&'static self, job: Job) {
        let caller = CALL.try_with(Cell::get).ok().flatten();
        let mut jobs = self.jobs.lock();
        jobs.add(Entry { job, caller });
        let place = jobs.want_thread().then(|| self.place(&mut jobs));
        drop(jobs);
        self.came.notify_one();
        if let Some(place) = place {
            place.start();
        }
    }

    fn place(&'static self, jobs: &mut Jobs) -> Place {
        jobs.threads += 1;
        Place(self)
    }
}

impl Jobs {
    /// A job that a call waits for goes first: until it has run, a thread is
    /// blocked.
    fn add(&mut self, entry: Entry) {
        match entry.caller {
            Some(call) => {
                *self.waits.entry(call).or_default() += 1;
                self.waiting.push_front(entry);
            }
            None => self.waiting.push_back(entry),
        }
    }

    /// Returns the number of threads that count: those that run a job, or could.
    fn counted(&self) -> usize {
        self.threads - self.waits.len()
    }

    fn want_thread(&self) -> bool {
        self.waiting.len() > self.idle && self.counted() < *MOST
    }

    fn begin_call(&mut self) -> Call {
        self.calls += 1;
        self.calls
    }

    fn end_call(&mut self, call: Call) {
        self.waits.remove(&call);
    }

    /// The caller, unless its call is over, waits for one job less.
    fn end_wait(&mut self, caller: Option<Call>) {
        let Some(call) = caller else { return };
        let Some(unfinished) = self.waits.get_mut(&call) else { return };
        *unfinished -= 1;
        if *unfinished == 0 {
            self.waits.remove(&call);
        }
    }

    /// Takes out the jobs that no thread will ever run. Without a thread these are
    /// all. If each thread is blocked by a call, they are the jobs that the calls wait
    /// for: the callers go on then, and the other jobs get their turn.
    fn take_hopeless(&mut self) -> VecDeque<Entry> {
        if self.counted() > 0 {
            return VecDeque::new();
        }
        let (threads, waits) = (self.threads, &self.waits);
        let is_hopeless =
            |it: &Entry| threads == 0 || it.caller.is_some_and(|it| waits.contains_key(&it));
        let (hopeless, others) = take(&mut self.waiting).into_iter().partition(is_hopeless);
        self.waiting = others;
        hopeless
    }
}

/// The place of a thread in the pool. The thread takes it along; if the thread
/// can't start, or should it panic, its place is given up.
struct Place(&'static Pool);

impl Place {
    fn start(self) {
        let thread = thread::Builder::new().name(String::from("to_thread"));
        // An error drops the function, and with it the place: see there.
        drop(thread.spawn(move || self.work()));
    }

    /// Runs jobs until there are none, or too many threads.
    fn work(self) {
        let Self(pool) = self;
        let mut jobs = pool.jobs.lock();
        loop {
            while let Some(entry) = jobs.waiting.pop_front() {
                let call = jobs.begin_call();
                MutexGuard::unlocked(&mut jobs, || run(entry.job, call));
                jobs.end_call(call);
                jobs.end_wait(entry.caller);
                // A thread that was blocked doesn't count while another, which
                // started for it, does. One of them ends when both count.
                if jobs.counted() > *MOST {
                    return self.leave(jobs);
                }
            }
            jobs.idle += 1;
            let waited = pool.came.wait_for(&mut jobs, PATIENCE);
            jobs.idle -= 1;
            if waited.timed_out() && jobs.waiting.is_empty() {
                return self.leave(jobs);
            }
        }
    }

    /// Gives the place up before it unlocks. Otherwise a job might come for which no
    /// thread starts, because this one still counts.
    fn leave(self, mut jobs: MutexGuard<'_, Jobs>) {
        jobs.threads -= 1;
        forget(self);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Self(pool) = self;
        let mut jobs = pool.jobs.lock();
        jobs.threads -= 1;
        let hopeless = jobs.take_hopeless();
        for entry in &hopeless {
            jobs.end_wait(entry.caller);
        }
        drop(jobs);
        for entry in hopeless {
            contain_quietly(|| drop(entry));
        }
    }
}

/// Calls a job's function.
fn run(job: Job, call: Call) {
    CALL.set(Some(call));
    contain_quietly(job);
    CALL.set(None);
}
