//! Programs for a host that has no system to offer: no clock, no threads, no files.
//!
//! A panic is the end of a program here. Before that the host can read its message.

use std::cell::RefCell;
use std::future::{pending, poll_fn};
use std::panic::set_hook;
use std::task::Poll;
use std::time::Duration;

use combinators::{Elapsed, FirstCompleted, gather, remote, timeout, to_thread, wait};
use executor::{Clock, Executor, Next, now, sleep, sleep_until, spawn};

thread_local! {
    static MESSAGE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Keeps the messages of panics, for the host.
#[unsafe(no_mangle)]
pub extern "C" fn start() {
    set_hook(Box::new(|panic| MESSAGE.set(panic.to_string())));
}

#[unsafe(no_mangle)]
pub extern "C" fn message() -> *const u8 {
    MESSAGE.with_borrow(|message| message.as_ptr())
}

#[unsafe(no_mangle)]
pub extern "C" fn message_length() -> usize {
    MESSAGE.with_borrow(String::len)
}

fn virtual_executor() -> Executor {
    Executor::builder().clock(Clock::Virtual).build()
}

async fn nap(seconds: u64) -> u64 {
    sleep(Duration::from_secs(seconds)).await;
    seconds
}

/// Sleeps, gathers and waits, and returns the seconds that it took on the virtual clock.
#[unsafe(no_mangle)]
pub extern "C" fn seconds_on_the_virtual_clock() -> u64 {
    virtual_executor().block_on(async {
        let start = now();
        assert_eq!(gather([nap(2), nap(1)]).await.unwrap(), [2, 1]);
        let waited = wait([nap(3600), nap(3)].map(spawn)).return_when(FirstCompleted).await;
        assert_eq!(waited.pending.len(), 1);
        assert_eq!(timeout(Duration::from_secs(4), pending::<()>()).await, Err(Elapsed));
        sleep_until(start + Duration::from_secs(10)).await;
        (now() - start).as_secs()
    })
}

/// Turns an executor whose task waits to be woken, as a host's loop would.
#[unsafe(no_mangle)]
pub extern "C" fn turns_until_it_is_woken() -> bool {
    let executor = virtual_executor();
    let task = executor.spawn(nap(1));
    while executor.turn() == Next::Now {}
    task.is_finished() && executor.turn() == Next::Woken
}

/// Returns the frames for which a task sleeps that sleeps for a tenth of a second, if the host
/// says that each frame takes so many milliseconds.
#[unsafe(no_mangle)]
pub extern "C" fn frames_on_a_manual_clock(ms: u32) -> u32 {
    let executor = Executor::builder().clock(Clock::Manual).build();
    let task = executor.spawn(sleep(Duration::from_millis(100)));
    while executor.turn() == Next::Now {}
    let mut frames = 0;
    while !task.is_finished() {
        executor.advance(Duration::from_millis(ms.into()));
        while executor.turn() == Next::Now {}
        frames += 1;
    }
    frames
}

#[unsafe(no_mangle)]
pub extern "C" fn asks_for_the_real_clock() {
    executor::block_on(async {});
}

/// Keeps a waker, so that it isn't known that no wake can come.
#[unsafe(no_mangle)]
pub extern "C" fn blocks() {
    let mut kept = None;
    virtual_executor().block_on(poll_fn(|cx| {
        kept = Some(cx.waker().clone());
        Poll::<()>::Pending
    }));
}

#[unsafe(no_mangle)]
pub extern "C" fn asks_for_a_thread() {
    virtual_executor().block_on(to_thread(|| ()));
}

/// Spawns a task by a handle, and returns what it does if it is awaited.
#[unsafe(no_mangle)]
pub extern "C" fn awaits_a_remote_task() -> u64 {
    virtual_executor().block_on(async { remote().spawn(|| nap(1)).unwrap().await.unwrap() })
}

#[unsafe(no_mangle)]
pub extern "C" fn joins_a_remote_task() {
    virtual_executor().block_on(async { remote().spawn(|| nap(1)).unwrap().join().unwrap() });
}
