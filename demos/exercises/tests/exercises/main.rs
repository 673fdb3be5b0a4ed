//! The tests of the exercises. Each has the exercise's file as a module.

mod tools;

mod step_1 {
    mod join;
    mod poll_limit;
    mod yield_now;
}
mod step_2 {
    mod new_waker;
    mod parker;
    mod token;
}
mod step_3 {
    mod lost_wake;
    mod order;
    mod table;
}
mod step_4 {
    mod compact;
    mod equal_deadlines;
    mod foreign_code;
}
mod step_5 {
    mod cancel;
    mod never_early;
    mod past_deadline;
}
mod step_6 {
    mod destructor;
    mod is_finished;
    mod scoped;
}
mod step_7 {
    mod as_completed;
    mod wait_count;
    mod wait_timeout;
}
mod step_8 {
    mod deadlock;
    mod fences;
    mod lent;
}
