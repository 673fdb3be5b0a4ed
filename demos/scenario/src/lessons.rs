//! The examples as lessons, in an order in which they can be learned.
//!
//! Each is a program in the folder `demos/examples`, which runs on Python as it is. The
//! comments at its top are the lesson: its title, two sentences of why, a question and the
//! answer. Beside it is what `CPython` 3.13 prints of it.

use serde_json::{Value as Json, json};

/// A lesson.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Lesson {
    /// The name of its file, without `.py`.
    pub name: &'static str,
    /// The title of the chapter that it belongs to.
    pub chapter: &'static str,
    /// Its title.
    pub title: String,
    /// Two sentences that say what it shows.
    pub why: String,
    /// A question about the run.
    pub question: String,
    /// The answer to the question.
    pub answer: String,
    /// The program, without the comments at its top.
    pub program: &'static str,
    /// The lines that `CPython` 3.13 prints of it.
    pub printed: &'static str,
    /// The last line of the error that ends it on `CPython` 3.13; `None` if none does.
    pub failure: Option<&'static str>,
}

/// The files of a lesson.
struct Source {
    name: &'static str,
    program: &'static str,
    printed: &'static str,
    failure: Option<&'static str>,
}

/// The files with this name. `fails` stands behind that of a program that an error ends.
macro_rules! source {
    ($name:literal) => {
        source!($name, None)
    };
    ($name:literal fails) => {
        source!($name, Some(source!(in $name, ".err")))
    };
    ($name:literal, $failure:expr) => {
        Source {
            name: $name,
            program: source!(in $name, ".py"),
            printed: source!(in $name, ".out"),
            failure: $failure,
        }
    };
    (in $name:literal, $extension:literal) => {
        include_str!(concat!("../../examples/", $name, $extension))
    };
}

/// The chapters and their lessons, in order.
const CHAPTERS: [(&str, &[Source]); 7] = [
    (
        "The notebook",
        &[
            source!("wait_all"),
            source!("wait_exception"),
            source!("wait_first"),
            source!("gather_fails"),
            source!("gather_exceptions"),
        ],
    ),
    ("Tasks and turns", &[source!("turns"), source!("future"), source!("ticker")]),
    ("Waiting", &[source!("wait_conditions"), source!("wait_timeout"), source!("gather_order")]),
    (
        "Cancellation",
        &[source!("who_is_cancelled"), source!("gather_cancelled"), source!("shield")],
    ),
    ("Time limits and groups", &[source!("timeout"), source!("group_fails")]),
    ("Errors", &[source!("uncaught" fails)]),
    (
        "Traps of the notebook",
        &[
            source!("trap_gather_raises_first"),
            source!("trap_wait_takes_tasks"),
            source!("trap_first_may_be_many"),
            source!("trap_cancel_only_asks"),
            source!("trap_result_of_pending"),
            source!("trap_second_error"),
        ],
    ),
];

/// Returns all lessons, in order.
///
/// ```
/// let lessons = scenario::lessons::lessons();
/// assert_eq!(lessons[0].title, "Wait until all have ended");
/// let run = scenario::python::run(lessons[0].program).unwrap();
/// assert_eq!(run.printed, lessons[0].printed);
/// ```
#[must_use]
pub fn lessons() -> Vec<Lesson> {
    let lessons = |(chapter, sources): &(&'static str, &'static [Source])| {
        let chapter = *chapter;
        sources.iter().map(move |source| Lesson::new(chapter, source))
    };
    CHAPTERS.iter().flat_map(lessons).collect()
}

/// Returns all lessons as JSON: a list of objects whose keys are the fields of [`Lesson`].
#[must_use]
pub fn lessons_json() -> String {
    lessons().iter().map(Lesson::json).collect::<Json>().to_string()
}

impl Lesson {
    fn new(chapter: &'static str, source: &Source) -> Self {
        let begin = source.program.find("import ").unwrap_or(0);
        let (head, program) = source.program.split_at(begin);
        Self {
            name: source.name,
            chapter,
            title: said(head, "Title"),
            why: said(head, "Why"),
            question: said(head, "Question"),
            answer: said(head, "Answer"),
            program,
            printed: source.printed,
            failure: source.failure.map(str::trim_end),
        }
    }

    fn json(&self) -> Json {
        json!({
            "name": self.name,
            "chapter": self.chapter,
            "title": self.title,
            "why": self.why,
            "question": self.question,
            "answer": self.answer,
            "program": self.program,
            "printed": self.printed,
            "failure": self.failure,
        })
    }
}

/// Returns what the comments say under this key, up to the next key or empty comment.
fn said(head: &str, key: &str) -> String {
    let begins = |line: &str| line.split_once(": ").is_some_and(|(it, _)| KEYS.contains(&it));
    let lines = head.lines().map(|line| line.trim_start_matches(['#', ' ']));
    let mut lines = lines.skip_while(|line| !line.starts_with(&format!("{key}: ")));
    let first = lines.next().and_then(|line| line.split_once(": ")).map_or("", |(_, first)| first);
    let rest = lines.take_while(|line| !line.is_empty() && !begins(line));
    [first].into_iter().chain(rest).collect::<Vec<_>>().join(" ")
}

const KEYS: [&str; 4] = ["Title", "Why", "Question", "Answer"];
