//! The parts around the functions of a program: its imports, exceptions and helpers.

/// Returns the whole program that has these functions: its imports before them, and after them
/// those parts of Python that they use.
pub(crate) fn whole(functions: &str) -> String {
    let used = HELPERS.iter().filter(|(words, _)| words.iter().any(|it| functions.contains(it)));
    let helpers: String = used.map(|(_, helper)| *helper).collect();
    let after = format!("{functions}{RUN}{EXCEPTION}{helpers}");
    let mut imports = String::from("use std::fmt;\n");
    for (word, import) in IMPORTS {
        if after.contains(word) {
            imports += import;
        }
    }
    imports + &after
}

/// The words for which there is an import.
const IMPORTS: [(&str, &str); 5] = [
    ("Duration::", "use std::time::Duration;\n"),
    ("Condition<", "use combinators::Condition;\n"),
    ("Pending<", "use combinators::Pending;\n"),
    ("Shared<", "use executor::Shared;\n"),
    ("Executor::", "use executor::{Clock, Executor};\n"),
];

const RUN: &str = "
fn main() -> Result<()> {
    // On this clock a sleep takes no time; `executor::block_on` has the real one. Differs: a
    // task that is left at the end is dropped, and none of its code runs any more.
    let executor = Executor::builder().clock(Clock::Virtual).build();
    executor.block_on(start())
}
";

const EXCEPTION: &str = r#"
type Result<T> = std::result::Result<T, Exception>;

/// An exception of Python: its class, its text, and those of a group.
#[derive(Clone)]
struct Exception {
    class: String,
    text: String,
    errors: Vec<Exception>,
}

impl Exception {
    fn new(class: &str, text: impl Into<String>) -> Self {
        Self { class: class.into(), text: text.into(), errors: Vec::new() }
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class, self.text)
    }
}

impl fmt::Debug for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quote = if self.text.is_empty() { "" } else { "'" };
        write!(f, "{}({quote}{}{quote})", self.class, self.text)
    }
}

impl std::error::Error for Exception {}
"#;

/// For each word, what a program that has it needs.
const HELPERS: [(&[&str], &str); 8] = [
    (
        &["spawn(", "gather(", "wait_for(", "shield("],
        r#"
/// The error of a task that was cancelled, or that panicked.
impl From<executor::JoinError> for Exception {
    fn from(error: executor::JoinError) -> Self {
        match error.panic_message() {
            None => Self::new("CancelledError", ""),
            Some(message) => Self::new("RuntimeError", message),
        }
    }
}
"#,
    ),
    (
        &["combinators::gather"],
        "
impl From<combinators::GatherError<Exception>> for Exception {
    fn from(error: combinators::GatherError<Exception>) -> Self {
        error.into_cause().into()
    }
}

impl From<combinators::Failure<Exception>> for Exception {
    fn from(failure: combinators::Failure<Exception>) -> Self {
        match failure {
            combinators::Failure::Error(error) => error,
            combinators::Failure::Join(error) => error.into(),
        }
    }
}
",
    ),
    (
        &["combinators::wait_for"],
        r#"
impl From<combinators::WaitForError<Exception>> for Exception {
    fn from(error: combinators::WaitForError<Exception>) -> Self {
        match error {
            combinators::WaitForError::Elapsed => Self::new("TimeoutError", ""),
            combinators::WaitForError::Error(error) => error,
            combinators::WaitForError::Join(error) => error.into(),
        }
    }
}
"#,
    ),
    (
        &["combinators::timeout"],
        r#"
impl From<combinators::Elapsed> for Exception {
    fn from(_: combinators::Elapsed) -> Self {
        Self::new("TimeoutError", "")
    }
}
"#,
    ),
    (
        &["combinators::task_group"],
        r#"
/// The error of a group. It has the texts of its errors, which say their classes.
impl From<combinators::GroupError> for Exception {
    fn from(error: combinators::GroupError) -> Self {
        let texts = error.failures.iter().map(|failure| failure.cause.to_string());
        let errors: Vec<_> = texts
            .map(|text| match text.split_once(": ") {
                Some((class, text)) => Self::new(class, text),
                None => Self::new("RuntimeError", text),
            })
            .collect();
        let s = if errors.len() == 1 { "" } else { "s" };
        let text = format!("unhandled errors in a TaskGroup ({} sub-exception{s})", errors.len());
        Self { errors, ..Self::new("ExceptionGroup", text) }
    }
}
"#,
    ),
    (
        &["attempt("],
        r#"
/// Runs what may be cancelled, and makes an exception of that.
async fn attempt<T>(body: impl Future<Output = Result<T>>) -> Result<T> {
    let cancelled = |_| Err(Exception::new("CancelledError", ""));
    executor::catch_cancel(body).await.unwrap_or_else(cancelled)
}

/// Lets an error go on. A cancellation ends the task as cancelled.
async fn raised<T>(result: Result<T>) -> Result<T> {
    match result {
        Err(error) if error.class == "CancelledError" => executor::end_as_cancelled().await,
        result => result,
    }
}
"#,
    ),
    (
        &["result_of("],
        r#"
/// The result of a task that has ended.
fn result_of<T: Clone>(task: &Shared<Result<T>>) -> Result<T> {
    let unset = || Exception::new("InvalidStateError", "Result is not set.");
    task.outcome().ok_or_else(unset)??
}
"#,
    ),
    (
        &["exception_of("],
        r#"
/// The error of a task that has ended, if it has failed.
fn exception_of<T: Clone>(task: &Shared<Result<T>>) -> Result<Option<Exception>> {
    let unset = || Exception::new("InvalidStateError", "Exception is not set.");
    Ok(task.outcome().ok_or_else(unset)??.err())
}
"#,
    ),
];
