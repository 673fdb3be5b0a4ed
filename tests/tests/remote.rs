//! Work that crosses threads: blocking functions, and spawning from elsewhere.

use std::cell::Cell;
use std::future::pending;
use std::panic::resume_unwind;
use std::pin::pin;
#[cfg(target_os = "linux")]
use std::process::Command;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use combinators::{Elapsed, Remote, RemoteError, gather, remote, timeout, to_thread};
use executor::{Executor, Next, all_tasks, block_on, current_task, now, sleep, spawn, yield_now};
use futures_lite::future::poll_once;
#[cfg(target_os = "linux")]
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use wheelhouse_tests::{
    HOUR, ms, next_when_stalled, panic_of, turns, virtual_executor, with_time_limit,
};

const LIMIT: Duration = Duration::from_secs(100);

// Blocking functions ---------------------------------------------------------------

/// F162
#[test]
fn a_blocking_function_gives_its_value_and_leaves_the_executor_alone() {
    with_time_limit(LIMIT, || {
        block_on(async {
            let (open, gate) = mpsc::channel();
            let blocked = spawn(to_thread(move || gate.recv().unwrap()));
            yield_now().await;
            open.send(7).unwrap();
            assert_eq!(blocked.await.unwrap(), 7);
        });
    });
}

#[test]
fn a_panic_of_the_function_is_that_of_the_await() {
    with_time_limit(LIMIT, || {
        block_on(async {
            let panicked = spawn(to_thread(|| panic!("on a thread")));
            assert_eq!(panicked.await.unwrap_err().panic_message(), Some("on a thread"));
        });
    });
}

/// More than the pool has threads: all of them run, a few at a time.
#[test]
fn there_may_be_more_functions_than_threads() {
    with_time_limit(LIMIT, || {
        let values = block_on(async { gather((0..200).map(|i| to_thread(move || i))).await });
        assert_eq!(values.unwrap(), (0..200).collect::<Vec<_>>());
    });
}

/// Functions that wait for each other: none waits for a thread that is idle
/// already, or busy.
#[test]
fn two_functions_run_at_the_same_time() {
    with_time_limit(LIMIT, || {
        block_on(async {
            for _ in 0..100 {
                let (say, hear) = mpsc::channel();
                let first = spawn(to_thread(move || hear.recv().unwrap()));
                let second = spawn(to_thread(move || say.send(3).unwrap()));
                second.await.unwrap();
                assert_eq!(first.await.unwrap(), 3);
            }
        });
    });
}

/// F163: what runs can't be stopped, and its result is dropped.
#[test]
fn a_function_that_runs_goes_on_when_its_await_is_given_up() {
    with_time_limit(LIMIT, || {
        let (say, hear) = mpsc::channel();
        let (open, gate) = mpsc::channel::<()>();
        let (say_begun, begun) = mpsc::channel();
        block_on(async {
            let slow = to_thread(move || {
                say_begun.send(()).unwrap();
                gate.recv().unwrap();
                say.send("ran to its end").unwrap();
            });
            assert_eq!(timeout(Duration::from_millis(20), slow).await, Err(Elapsed));
        });
        begun.recv().unwrap();
        open.send(()).unwrap();
        assert_eq!(hear.recv().unwrap(), "ran to its end");
    });
}

/// F163: what hasn't begun never does.
#[test]
fn a_function_that_waits_for_a_thread_isnt_run_when_its_await_is_given_up() {
    with_time_limit(LIMIT, || {
        let ran = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&ran);
        block_on(async {
            let (open, gate) = mpsc::channel::<()>();
            let gate = Arc::new(std::sync::Mutex::new(gate));
            let mut busy = Vec::new();
            for _ in 0..64 {
                let gate = Arc::clone(&gate);
                busy.push(spawn(to_thread(move || gate.lock().unwrap().recv().is_ok())));
            }
            yield_now().await;
            let late = to_thread(move || count.fetch_add(1, Ordering::SeqCst));
            assert_eq!(timeout(Duration::from_millis(1), late).await, Err(Elapsed));
            drop(open);
            gather(busy).await.unwrap();
            to_thread(|| ()).await;
        });
        assert_eq!(ran.load(Ordering::SeqCst), 0);
    });
}

/// Another thread's work takes no virtual time.
#[test]
fn a_function_takes_no_virtual_time_and_no_limit_around_it_ends() {
    with_time_limit(LIMIT, || {
        virtual_executor().block_on(async {
            let start = now();
            let slow = to_thread(|| thread::sleep(Duration::from_millis(20)));
            assert_eq!(timeout(Duration::from_millis(1), slow).await, Ok(()));
            assert_eq!(now(), start);
            sleep(Duration::from_secs(1)).await;
            assert_eq!(now() - start, Duration::from_secs(1), "it goes on after that");
        });
    });
}

/// Also if whoever awaits it does something else meanwhile, and hasn't seen that it is over.
#[test]
fn virtual_time_goes_on_when_a_function_has_ended() {
    with_time_limit(LIMIT, || {
        virtual_executor().block_on(async {
            let mut ended = pin!(to_thread(|| 7));
            assert!(poll_once(ended.as_mut()).await.is_none());
            sleep(Duration::from_secs(1)).await;
            assert_eq!(ended.await, 7);
        });
    });
}

/// Otherwise a function that nobody awaits would hold all others up.
#[test]
fn virtual_time_goes_on_when_the_await_of_a_function_is_given_up() {
    with_time_limit(LIMIT, || {
        let (open, gate) = mpsc::channel::<()>();
        virtual_executor().block_on(async {
            let blocked = spawn(to_thread(move || gate.recv().is_ok()));
            let sleeper = spawn(sleep(Duration::from_secs(1)));
            turns(5).await;
            assert!(!sleeper.is_finished());
            blocked.cancel();
            sleeper.await.unwrap();
        });
        drop(open);
    });
}

/// The one in which it is polled last freezes its time, and the one before goes on.
#[test]
fn a_function_that_another_executor_awaits_takes_no_virtual_time_there() {
    with_time_limit(LIMIT, || {
        let (open, gate) = mpsc::channel();
        let mut blocked = Box::pin(to_thread(move || gate.recv().unwrap()));
        let (before, after) = (virtual_executor(), virtual_executor());
        assert!(before.block_on(poll_once(&mut blocked)).is_none());
        let limited = after.spawn(timeout(HOUR, blocked));
        assert_eq!(next_when_stalled(&after), Next::Woken);
        before.block_on(sleep(HOUR));
        open.send(7).unwrap();
        assert_eq!(after.block_on(limited).unwrap(), Ok(7));
    });
}

/// Other executors may want that of a future.
#[test]
fn a_blocking_function_may_be_awaited_by_a_task_that_changes_threads() {
    fn is_send(_: &impl Send) {}
    with_time_limit(LIMIT, || {
        let doubled = to_thread(|| 42);
        is_send(&doubled);
        assert_eq!(futures_lite::future::block_on(doubled), 42);
    });
}

// The threads ------------------------------------------------------------------------

/// More than there may be threads.
const MANY: usize = 40;

/// Its destructor panics.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        resume_unwind(Box::new("a bomb is dropped"));
    }
}

/// Has a function go on whose await is given up while it runs.
fn abandon<T: Send + 'static>(function: impl FnOnce() -> T + Send + Unpin + 'static) {
    let (say_begun, begun) = mpsc::channel();
    let (open, gate) = mpsc::channel::<()>();
    block_on(async {
        drop(spawn(to_thread(move || {
            say_begun.send(()).unwrap();
            gate.recv().unwrap();
            function()
        })));
        yield_now().await;
        begun.recv().unwrap();
    });
    open.send(()).unwrap();
}

fn assert_that_functions_run() {
    assert_eq!(block_on(to_thread(|| 42)), 42);
}

#[test]
fn the_threads_survive_results_whose_destructors_panic() {
    with_time_limit(LIMIT, || {
        (0..MANY).for_each(|_| abandon(|| Bomb));
        assert_that_functions_run();
    });
}

#[test]
fn the_threads_survive_panics_whose_payloads_panic() {
    with_time_limit(LIMIT, || {
        (0..MANY).for_each(|_| abandon(|| resume_unwind(Box::new(Bomb))));
        assert_that_functions_run();
    });
}

/// Who is told of wakes is so on the thread that wakes.
#[test]
fn the_threads_survive_panics_of_who_is_told_of_wakes() {
    with_time_limit(LIMIT, || {
        for _ in 0..MANY {
            let hook = || resume_unwind(Box::new("told"));
            Executor::builder().on_wake(hook).build().block_on(to_thread(|| ()));
        }
        assert_that_functions_run();
    });
}

/// Runs functions that wait for functions. Each blocks its thread, and there are
/// more of them than threads.
fn nest() {
    let nested = |i| to_thread(move || block_on(to_thread(move || i)));
    let values = block_on(async { gather((0..3 * MANY).map(nested)).await });
    assert_eq!(values.unwrap(), (0..3 * MANY).collect::<Vec<_>>());
}

#[test]
fn functions_may_wait_for_functions() {
    with_time_limit(LIMIT, nest);
}

#[test]
fn so_may_those_that_they_wait_for() {
    fn deep(depth: usize) -> usize {
        if depth == 0 { 0 } else { 1 + block_on(to_thread(move || deep(depth - 1))) }
    }
    with_time_limit(LIMIT, || assert_eq!(deep(3 * MANY), 3 * MANY));
}

/// Not even after more threads were needed, as some were blocked. A function that
/// waits for many others blocks one thread, so one more starts.
#[test]
fn no_more_functions_run_at_once_than_is_promised() {
    with_time_limit(LIMIT, || {
        nest();
        let processors = thread::available_parallelism().unwrap().get();
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let values = block_on(to_thread({
            let most = Arc::clone(&most);
            move || {
                let leaf = |_| {
                    let (running, most) = (Arc::clone(&running), Arc::clone(&most));
                    to_thread(move || {
                        most.fetch_max(
                            running.fetch_add(1, Ordering::SeqCst) + 1,
                            Ordering::SeqCst,
                        );
                        thread::sleep(Duration::from_millis(1));
                        running.fetch_sub(1, Ordering::SeqCst);
                    })
                };
                block_on(async { gather((0..200).map(leaf)).await }).is_ok()
            }
        }));
        assert!(values);
        assert!(most.load(Ordering::SeqCst) <= (processors + 4).min(32));
    });
}

/// Set for the process that the next test runs of itself.
#[cfg(target_os = "linux")]
const CHILD: &str = "WHEELHOUSE_TESTS_CHILD";

/// In a process of its own, for which the system has no memory for a while.
#[test]
#[cfg(target_os = "linux")]
fn a_system_without_threads_refuses_and_later_gives_one() {
    let name = "a_system_without_threads_refuses_and_later_gives_one";
    if std::env::var_os(CHILD).is_some() {
        return run_without_memory_for_threads();
    }
    let mut itself = Command::new(std::env::current_exe().unwrap());
    itself.args(["--exact", name, "--test-threads", "1"]).env(CHILD, "1");
    let output = with_time_limit(LIMIT, move || itself.output().unwrap());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[cfg(target_os = "linux")]
fn run_without_memory_for_threads() {
    let refused = || panic_of(|| block_on(to_thread(|| ())));
    let message = "a function was given to `to_thread`, but the system has no thread for it";
    without_memory_for_threads(|| (0..MANY).for_each(|_| assert_eq!(refused(), message)));
    assert_that_functions_run();
    // The one thread that there is waits itself.
    let nested = block_on(to_thread(move || without_memory_for_threads(refused)));
    assert_eq!(nested, message);
    assert_that_functions_run();
}

#[cfg(target_os = "linux")]
fn without_memory_for_threads<R>(run: impl FnOnce() -> R) -> R {
    let limit = getrlimit(Resource::As);
    let memory = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = memory.split(' ').next().unwrap().parse().unwrap();
    let little = Rlimit { current: Some((pages + 256) * 4096), ..limit };
    setrlimit(Resource::As, little).unwrap();
    let result = run();
    setrlimit(Resource::As, limit).unwrap();
    result
}

// Spawning from elsewhere ------------------------------------------------------------

/// Runs an executor on a thread of its own until it is told to stop; gives the
/// handle to `elsewhere`.
fn beside<R>(elsewhere: impl FnOnce(Remote) -> R) -> R {
    let (give, take) = mpsc::channel();
    let (stop, stopped) = mpsc::channel::<()>();
    let thread = thread::spawn(move || {
        block_on(async {
            give.send(remote()).unwrap();
            to_thread(move || stopped.recv().is_ok()).await;
        });
    });
    let result = elsewhere(take.recv().unwrap());
    drop(stop);
    thread.join().unwrap();
    result
}

/// F164. The future need not be `Send`.
#[test]
fn a_thread_spawns_and_joins() {
    with_time_limit(LIMIT, || {
        let value = beside(|remote| {
            let task = remote.spawn(|| async {
                let local = Rc::new(Cell::new(6));
                sleep(Duration::from_millis(1)).await;
                local.get() * 7
            });
            task.unwrap().join()
        });
        assert_eq!(value.unwrap(), 42);
    });
}

#[test]
fn many_threads_spawn_at_once() {
    with_time_limit(LIMIT, || {
        let sum: u32 = beside(|remote| {
            let spawner = |from: u32| {
                let remote = remote.clone();
                thread::spawn(move || {
                    let tasks: Vec<_> = (from..from + 100)
                        .map(|i| remote.spawn(move || async move { i }))
                        .collect();
                    tasks.into_iter().map(|task| task.unwrap().join().unwrap()).sum::<u32>()
                })
            };
            let threads: Vec<_> = [0, 100, 200, 300].map(spawner).into();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(sum, (0..400).sum::<u32>());
    });
}

#[test]
fn a_remote_panic_is_an_error_for_the_thread_alone() {
    with_time_limit(LIMIT, || {
        beside(|remote| {
            let task = remote.spawn(|| async { panic!("remote") }).unwrap();
            let Err(RemoteError::Join(error)) = task.join() else { panic!("it panicked") };
            assert_eq!(error.panic_message(), Some("remote"));
            let task = remote.spawn(|| -> std::future::Ready<()> { panic!("making it") }).unwrap();
            let Err(RemoteError::Join(error)) = task.join() else { panic!("it panicked") };
            assert_eq!(error.panic_message(), Some("making it"));
            assert_eq!(remote.spawn(|| async { 7 }).unwrap().join().unwrap(), 7);
        });
    });
}

/// Not in this library, which spawns it for the thread.
#[test]
fn a_remote_task_was_spawned_at_the_line_that_asked_for_it() {
    with_time_limit(LIMIT, || {
        beside(|remote| {
            let (line, task) = (line!(), remote.spawn(|| async { panic!("remote") }).unwrap());
            let Err(RemoteError::Join(error)) = task.join() else { panic!("it panicked") };
            let place = format!("spawned at {}:{line}:", file!());
            assert!(error.to_string().contains(&place), "{error}");
        });
    });
}

/// F164: waiting has a limit, which cancels nothing; `cancel` does.
#[test]
fn a_remote_task_is_waited_for_and_cancelled() {
    with_time_limit(LIMIT, || {
        beside(|remote| {
            let task = remote.spawn(pending::<()>).unwrap();
            let start = Instant::now();
            let task = task.join_timeout(Duration::from_millis(5)).unwrap_err();
            assert!(start.elapsed() >= Duration::from_millis(5));
            task.cancel();
            let Err(RemoteError::Join(error)) = task.join() else { panic!("it never returns") };
            assert!(error.is_cancelled());
        });
    });
}

#[test]
fn the_longest_limit_is_none() {
    with_time_limit(LIMIT, || {
        beside(|remote| {
            let task = remote.spawn(|| async { 7 }).unwrap();
            assert_eq!(task.join_timeout(Duration::MAX).unwrap().unwrap(), 7);
        });
    });
}

/// asyncio's way to shut down cancels all tasks; the handle isn't among them.
#[test]
fn a_handle_for_other_threads_is_no_task() {
    virtual_executor().block_on(async {
        let remote = remote();
        let me = current_task().unwrap().id();
        let task = remote.spawn(pending::<()>).unwrap();
        yield_now().await;
        yield_now().await;
        let others = || all_tasks().into_iter().filter(|task| task.id() != me);
        assert_eq!(others().count(), 1); // What was spawned.
        for task in others() {
            task.cancel();
        }
        assert!(matches!(task.await, Err(RemoteError::Join(error)) if error.is_cancelled()));
        assert_eq!(remote.spawn(|| async { 3 }).unwrap().await.unwrap(), 3);
    });
}

#[test]
fn a_remote_task_is_awaited_on_another_executor() {
    with_time_limit(LIMIT, || {
        let value = beside(|remote| block_on(remote.spawn(|| async { 7 }).unwrap()));
        assert_eq!(value.unwrap(), 7);
    });
}

/// Misuse: an outcome that was taken doesn't come again, so that a wait for it would be one for
/// ever.
#[test]
fn joining_a_remote_task_that_was_awaited_is_an_error() {
    with_time_limit(LIMIT, || {
        let awaited = |remote: &Remote| {
            let mut task = remote.spawn(|| async { 7 }).unwrap();
            assert_eq!(block_on(&mut task).unwrap(), 7);
            task
        };
        beside(|remote| {
            let [first, second] = [&remote; 2].map(awaited);
            let message = panic_of(|| first.join());
            assert!(message.contains("after its outcome had been taken"), "{message}");
            let message = panic_of(|| second.join_timeout(ms(1)));
            assert!(message.contains("after its outcome had been taken"), "{message}");
        });
    });
}

/// Nothing is lost: what can't be spawned comes back.
#[test]
fn an_executor_that_is_gone_refuses() {
    with_time_limit(LIMIT, || {
        let remote = beside(|remote| remote);
        let refused = remote.spawn(|| async { 7 }).unwrap_err();
        assert!(refused.to_string().contains("the executor is gone"));
        assert_eq!(block_on((refused.0)()), 7);
    });
}

/// None is lost, whenever the executor goes: each thread hears what became of its
/// task.
#[test]
fn tasks_that_are_spawned_while_the_executor_goes_have_an_end() {
    with_time_limit(LIMIT, || {
        for round in 0..100 {
            let executor = virtual_executor();
            let remote = executor.block_on(async { remote() });
            let threads = [(); 4].map(|()| {
                let remote = remote.clone();
                thread::spawn(move || {
                    while let Ok(task) = remote.spawn(|| async { 7 }) {
                        assert!(matches!(task.join(), Ok(7) | Err(RemoteError::Gone)));
                    }
                })
            });
            executor.block_on(async { turns(round).await });
            drop(executor);
            for thread in threads {
                thread.join().unwrap();
            }
        }
    });
}

#[test]
fn a_thread_hears_that_the_executor_went() {
    with_time_limit(LIMIT, || {
        let executor = Executor::new();
        let remote = executor.block_on(async { remote() });
        let begun = remote.spawn(pending::<()>).unwrap();
        executor.block_on(async { sleep(Duration::from_millis(1)).await });
        let waiting = remote.spawn(|| async {}).unwrap();
        drop(executor);
        assert!(matches!(waiting.join(), Err(RemoteError::Gone)));
        assert!(matches!(begun.join(), Err(RemoteError::Gone)));
    });
}
