//! Programs that are written in Rust: that they compile, and that they print the same.
//!
//! `rust/lessons.rs` has all lessons, as they are written: `to_rust.rs` sees to that. It is
//! compiled with this test.

use std::cell::RefCell;

use scenario::lessons::lessons;

thread_local! {
    static PRINTED: RefCell<String> = RefCell::default();
}

/// Keeps what the programs print.
macro_rules! println {
    ($($form:tt)*) => {{
        let line = format!($($form)*) + "\n";
        $crate::PRINTED.with_borrow_mut(|it| *it += &line);
    }};
}

#[allow(warnings, clippy::all, clippy::pedantic, reason = "it is written by a program")]
#[rustfmt::skip]
#[path = "rust/lessons.rs"]
mod written;

/// The lessons whose output is another in Rust, with the reason.
const OTHER_OUTPUT: [(&str, &str); 4] = [
    ("gather_exceptions", "results are shown as `Ok(..)` and `Err(..)`"),
    ("shield", "results are shown as `Ok(..)` and `Err(..)`"),
    ("gather_fails", "a task that is left at the end can't say that it is cancelled"),
    ("uncaught", "a task that is left at the end can't say that it is cancelled"),
];

/// Rust writes texts within lists in other quotes, and other words for truths.
fn in_rust(printed: &str) -> String {
    printed.replace("True", "true").replace("False", "false").replace('"', "'")
}

#[test]
fn the_lessons_print_in_rust_what_cpython_prints() {
    for (name, main) in written::PROGRAMS {
        PRINTED.take();
        let result = main();
        let printed = in_rust(&PRINTED.take());
        let lesson = lessons().into_iter().find(|lesson| lesson.name == *name).unwrap();
        let is_other = OTHER_OUTPUT.iter().any(|(other, _)| other == name);
        assert_eq!(printed == in_rust(lesson.printed), !is_other, "{name}:\n{printed}");
        assert_eq!(result.err().as_deref(), lesson.failure, "{name}");
    }
}
