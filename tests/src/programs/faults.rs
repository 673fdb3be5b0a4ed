//! What has gone wrong in a program.

use std::cell::RefCell;
use std::sync::Once;

use super::seeds::text_of;

thread_local! {
    /// The faults of the program that this thread runs.
    static FAULTS: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
    static PROGRAM: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Begins to collect the faults of a program of this kind on this thread.
pub(super) fn collect(kind: &str, program: &[u8]) {
    listen_to_panics();
    PROGRAM.replace(format!("{kind}={}", text_of(program)));
    FAULTS.set(Some(Vec::new()));
}

/// Returns the faults since, and collects no more.
pub(super) fn collected() -> Vec<String> {
    FAULTS.take().unwrap_or_default()
}

pub(super) fn expect(holds: bool, what: &str) {
    if !holds {
        let _ = tell(what.to_owned());
    }
}

/// Returns the text if no program runs on this thread.
fn tell(text: String) -> Option<String> {
    let rest = FAULTS.try_with(|faults| match &mut *faults.borrow_mut() {
        Some(faults) => {
            faults.push(text.clone());
            None
        }
        None => Some(text.clone()),
    });
    rest.unwrap_or(Some(text))
}

const MAIN_CANCELLED: &str = "the future that `block_on` was given ended as cancelled";

/// Panics on purpose don't call the hook, but for that of a main future that ends as
/// cancelled. So any others that do are faults. One that aborts the process is told of at
/// once, as there is no later.
fn listen_to_panics() {
    static LISTENING: Once = Once::new();
    LISTENING.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let text = panic.to_string();
            if text.contains(MAIN_CANCELLED) {
                return;
            }
            let aborts = text.contains("in a destructor during cleanup");
            if aborts {
                let _ = PROGRAM.try_with(|it| eprintln!("{}", it.borrow()));
            }
            if tell(text).is_some() || aborts {
                before(panic);
            }
        }));
    });
}
