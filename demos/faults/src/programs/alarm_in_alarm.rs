use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use executor::trace::printed;
use executor::{Alarm, sleep};

const SNOOZE: Duration = Duration::from_millis(10);

/// An alarm sets the next one when it rings.
pub(crate) async fn run() {
    let next = Rc::new(RefCell::new(None));
    let set = Rc::clone(&next);
    let _alarm = Alarm::after(SNOOZE, move || {
        printed("the first alarm rings");
        let alarm = Alarm::after(SNOOZE, || printed("the second alarm rings"));
        set.replace(Some(alarm));
    });
    sleep(3 * SNOOZE).await;
    printed(format!("a second alarm was set: {}", next.take().is_some()));
}
