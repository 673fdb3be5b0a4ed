//! The interpreter as the page of the playground calls it.
//!
//! The page and the program share no types, so a question and its answer are JSON, as bytes in
//! this program's memory: the page asks for [`room`], writes its question there, calls
//! [`answer`], and reads as many bytes as that says from where [`answered`] says. There is no
//! `unsafe` block in this; the attributes say that no other function has the same name.
//!
//! A panic ends the program, as WebAssembly has no other way on stable Rust. What the
//! interpreter runs doesn't panic. If it does, the fault is here: the page reads its message
//! by [`last_words`] and [`answered`], and begins with a new program.

use std::cell::RefCell;
use std::fmt::Display;
use std::panic::set_hook;

use scenario::python::{self, Complaint, Options, Run};
use serde::Deserialize;
use serde_json::{Value as Json, json};

thread_local! {
    static QUESTION: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static ANSWER: RefCell<String> = const { RefCell::new(String::new()) };
    static PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// The number of a program's own steps after which it is given up. Somebody waits for the run,
/// so they are fewer than elsewhere.
const MOST_STEPS: u64 = 20_000;

/// The greatest number of recorded steps that the page gets: it shows so many at once. A
/// program that is given up has more of the same.
const MOST_SHOWN: usize = 20_000;

/// A question of the page.
#[derive(Deserialize)]
#[serde(tag = "ask", rename_all = "lowercase")]
enum Question {
    /// The run of a program, in the order of tasks that a seed stands for if there is one.
    Run { text: String, seed: Option<u64> },
    /// A program as one would write it in Rust with this library.
    Rust { text: String },
    /// The scenario that a program is.
    Json { text: String },
    /// What can be turned in a program.
    Knobs { text: String },
}

/// Keeps the messages of panics.
#[unsafe(no_mangle)]
pub extern "C" fn begin() {
    set_hook(Box::new(|panic| PANIC.set(panic.to_string())));
}

/// Makes room for a question of so many bytes, and returns where that is.
#[unsafe(no_mangle)]
pub extern "C" fn room(length: usize) -> *mut u8 {
    QUESTION.with_borrow_mut(|question| {
        *question = vec![0; length];
        question.as_mut_ptr()
    })
}

/// Answers the question, and returns the length of the answer in bytes.
#[unsafe(no_mangle)]
pub extern "C" fn answer() -> usize {
    let answer = answer_to(&QUESTION.take());
    ANSWER.set(answer);
    ANSWER.with_borrow(String::len)
}

/// Makes the message of the last panic the answer, and returns its length in bytes.
#[unsafe(no_mangle)]
pub extern "C" fn last_words() -> usize {
    ANSWER.set(PANIC.take());
    ANSWER.with_borrow(String::len)
}

/// Returns where the answer is.
#[unsafe(no_mangle)]
pub extern "C" fn answered() -> *const u8 {
    ANSWER.with_borrow(|answer| answer.as_ptr())
}

fn answer_to(question: &[u8]) -> String {
    match serde_json::from_slice(question) {
        Ok(Question::Run { text, seed }) => run(&text, seed),
        Ok(Question::Rust { text }) => shown_as(python::to_rust(&text)),
        Ok(Question::Json { text }) => shown_as(python::to_json(&text)),
        Ok(Question::Knobs { text }) => format!("{{\"knobs\":{}}}", python::knobs_json(&text)),
        Err(error) => json!({ "failed": error.to_string() }).to_string(),
    }
}

/// Returns a program in another form, or the reason for which it has none.
fn shown_as(text: Result<String, impl Display>) -> String {
    let shown = text.map_or_else(
        |reason| json!({ "failed": reason.to_string() }),
        |text| json!({ "text": text }),
    );
    shown.to_string()
}

fn run(text: &str, seed: Option<u64>) -> String {
    let options = Options::new().recorded().most_steps(MOST_STEPS);
    let options = seed.map_or(options, |seed| options.seed(seed));
    match options.run(text) {
        Ok(run) => ran(run),
        Err(complaint) => wrong(&complaint).to_string(),
    }
}

fn ran(run: Run) -> String {
    let Run { printed, failure, recording, .. } = run;
    let (printed, failure) = (json!(printed), json!(failure));
    let (recording, left_out) = shown(&recording.titled("The program").to_json_lines());
    format!(
        "{{\"printed\":{printed},\"failure\":{failure},\"recording\":{recording},\
         \"left_out\":{left_out}}}"
    )
}

/// Returns a recording as one value, and the number of steps that are left out of it. They are
/// lines of JSON already, so they are only put together.
fn shown(lines: &str) -> (String, usize) {
    let (header, steps) = lines.split_once('\n').unwrap_or((lines, ""));
    let mut rest = steps.lines();
    let shown: Vec<_> = rest.by_ref().take(MOST_SHOWN).collect();
    (format!("{{\"header\":{header},\"steps\":[{}]}}", shown.join(",\n")), rest.count())
}

/// Returns what is wrong with a program, and where.
fn wrong(complaint: &Complaint) -> Json {
    let (line, column) = (complaint.line(), complaint.column());
    json!({ "wrong": { "line": line, "column": column, "words": complaint.reason() } })
}
