//! The programs: each a small one whose run shows a fault.

pub(crate) mod a_month;
pub(crate) mod alarm_in_alarm;
pub(crate) mod busy_meanwhile;
pub(crate) mod cancel_late;
pub(crate) mod due_at_once;
pub(crate) mod kept_waker;
pub(crate) mod last_poll;
pub(crate) mod sleep_briefly;
pub(crate) mod sleep_twice;
pub(crate) mod wait_for_three;
pub(crate) mod wake_twice;
pub(crate) mod yield_once;
