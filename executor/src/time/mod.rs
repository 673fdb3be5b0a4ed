//! Time: a wheel of timers, a clock in ticks, and how often a loop looks at it.
//!
//! The room knows nothing of tasks: a timer has a value of any type, which it gives back
//! when it is due. It uses no other room. `run` is the one that uses it.
//!
//! | file       | what it is                                                  |
//! |------------|-------------------------------------------------------------|
//! | `wheel.rs` | the [timer wheel](wheel): a data structure, no more         |
//! | `clock.rs` | real, virtual or manual time, in ticks of a nanosecond      |
//! | `pace.rs`  | the number of polls from one look at the clock to the next  |
//!
//! What it upholds: no timer is due before its deadline, and timers are due in the order
//! of their deadlines, those of one deadline in the order in which they were set (I5). A
//! timer with a delay is set at the look that starts it.

pub(crate) mod clock;
pub(crate) mod pace;
pub mod wheel;
