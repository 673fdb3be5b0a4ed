//! The playground: a page on which to change a program, and to step through its run.
//!
//! The page is one file. In it are the interpreter of `wheelhouse-scenario` with the executor
//! itself, as WebAssembly; the page of a recording; and an editor. It needs no server and no
//! network, and keeps nothing anywhere: a link has the whole program.
//!
//! | file                 | what it is                                                |
//! |----------------------|-----------------------------------------------------------|
//! | `main.rs`            | builds the page, and writes it                            |
//! | `lib.rs`             | the page, put together                                    |
//! | `build.rs`           | has Cargo build the interpreter for WebAssembly           |
//! | `page/page.html`     | the editor and what is around it                          |
//! | `page/page.css`      | its style                                                 |
//! | `page/worker.js`     | runs the interpreter, on a thread of its own              |
//! | `page/machine.js`    | asks that thread, and ends it if it takes too long        |
//! | `page/editor.js`     | the text, its lines, and what is wrong in it              |
//! | `page/shared.js`     | a program in a link                                       |
//! | `page/knobs.js`      | the parts of a program that can be turned                 |
//! | `page/playground.js` | lessons, runs, and the views of a program                 |
//! | `wasm`               | the interpreter as the page calls it: a package of its own |

#![forbid(unsafe_code)]

mod build;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use miniz_oxide::deflate::compress_to_vec;
use scenario::lessons::lessons_json;
use viewer::Host;

pub use build::{Failed, interpreter};

const BODY: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/page.css");
const WORKER: &str = include_str!("page/worker.js");
const SCRIPTS: [&str; 5] = [
    include_str!("page/machine.js"),
    include_str!("page/editor.js"),
    include_str!("page/shared.js"),
    include_str!("page/knobs.js"),
    include_str!("page/playground.js"),
];

/// The description of the language, as Markdown.
const LANGUAGE: &str = include_str!("../../scenario/src/python.md");

/// The highest level of compression. It takes a second, and only where the page is made.
const SMALLEST: u8 = 10;

/// Returns the page around an interpreter, which is the program that [`interpreter`] returns.
///
/// ```no_run
/// let page = playground::page(&playground::interpreter()?);
/// std::fs::write("playground.html", page)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn page(interpreter: &[u8]) -> String {
    let interpreter = BASE64_STANDARD.encode(compress_to_vec(interpreter, SMALLEST));
    let lessons = inert(&lessons_json());
    let language = inert(&language().join("\n"));
    let parts = [
        ("/*LANGUAGE*/", &*language),
        ("/*LESSONS*/", &lessons),
        ("/*WORKER*/", WORKER),
        ("/*INTERPRETER*/", &interpreter),
    ];
    let body =
        parts.iter().fold(BODY.to_owned(), |body, (place, part)| body.replacen(place, part, 1));
    let host = Host {
        title: "The playground",
        style: STYLE,
        body: &body,
        script: &SCRIPTS.concat(),
        runs_wasm: true,
    };
    host.to_html()
}

/// Nothing in a page may look like the end of a script.
fn inert(data: &str) -> String {
    data.replace('<', "\\u003c")
}

/// Returns what can be written in a program, a line for each kind of thing.
fn language() -> Vec<String> {
    let list = LANGUAGE.split("What can be written:").nth(1).unwrap_or_default();
    let items = list.split("\n\n").nth(1).unwrap_or_default().split("\n- ");
    items.map(|item| item.trim_start_matches("- ").replace("\n ", "")).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{BODY, language, page};

    #[test]
    fn the_page_says_what_can_be_written() {
        let language = language();
        assert!(language.len() > 5, "{language:?}");
        assert!(language.iter().all(|line| !line.contains(['\n', '<'])), "{language:?}");
        assert!(language.iter().any(|line| line.contains("`shield`")), "{language:?}");
    }

    #[test]
    fn each_part_has_its_place_in_the_page() {
        assert!(BODY.contains("/*LESSONS*/"));
        let page = page(b"");
        for place in ["/*LANGUAGE*/", "/*LESSONS*/", "/*WORKER*/", "/*INTERPRETER*/", "/*BODY*/"] {
            assert!(!page.contains(place), "{place}");
        }
    }

    /// The scripts of both pages are one module, which a browser refuses as a whole if a name
    /// is declared twice.
    #[test]
    fn no_name_is_declared_twice_in_the_scripts() {
        let page = page(b"");
        let module = page.split("<script type=\"module\">").nth(1).unwrap();
        let mut names = BTreeSet::new();
        for name in module.lines().filter_map(declared) {
            assert!(names.insert(name), "{name}");
        }
        assert!(names.contains("Playground") && names.contains("Recording"));
    }

    /// Returns the name that a line declares for the whole module.
    fn declared(line: &str) -> Option<&str> {
        let words = line.strip_prefix("async ").unwrap_or(line);
        let declares = ["function ", "function* ", "class ", "const ", "let "];
        let name = declares.iter().find_map(|it| words.strip_prefix(it))?;
        name.split(|sign: char| !sign.is_alphanumeric() && sign != '_').next()
    }
}
