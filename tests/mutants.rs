//! The tests of behaviour in one program, for mutation tests (see `.ci/deep`): they
//! build it anew for each mutant, and one program is linked in a moment. Not here are
//! those that take long, and those that read sources.

#[path = "tests/alarm.rs"]
mod alarm;
#[path = "tests/all_tasks.rs"]
mod all_tasks;
#[path = "tests/as_completed.rs"]
mod as_completed;
#[path = "tests/cancel.rs"]
mod cancel;
#[path = "tests/clock.rs"]
mod clock;
#[path = "tests/deadlock.rs"]
mod deadlock;
#[path = "tests/foreign.rs"]
mod foreign;
#[path = "tests/gather.rs"]
mod gather;
#[path = "tests/gather_cancel.rs"]
mod gather_cancel;
#[path = "tests/grid.rs"]
mod grid;
#[path = "tests/hostile.rs"]
mod hostile;
#[path = "tests/interval.rs"]
mod interval;
#[path = "tests/misuse.rs"]
mod misuse;
#[path = "tests/on_done.rs"]
mod on_done;
#[path = "tests/page.rs"]
mod page;
#[path = "tests/polls.rs"]
mod polls;
#[path = "tests/remote.rs"]
mod remote;
#[path = "tests/scope.rs"]
mod scope;
#[path = "tests/seam.rs"]
mod seam;
#[path = "tests/shared.rs"]
mod shared;
#[path = "tests/shield.rs"]
mod shield;
#[path = "tests/task.rs"]
mod task;
#[path = "tests/task_group.rs"]
mod task_group;
#[path = "tests/teardown.rs"]
mod teardown;
#[path = "tests/threads.rs"]
mod threads;
#[path = "tests/timeout.rs"]
mod timeout;
#[path = "tests/turns.rs"]
mod turns;
#[path = "tests/unread.rs"]
mod unread;
#[path = "tests/wait.rs"]
mod wait;
#[path = "tests/wheel.rs"]
mod wheel;
