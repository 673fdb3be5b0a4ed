//! The playground, in a browser: programs are changed, run, stepped through, and shared.
//!
//! Needs what `page.rs` needs, and the target wasm32-unknown-unknown:
//!
//! ```console
//! $ cargo test -p wheelhouse-demos --features browser --test playground -- --ignored
//! ```
//!
//! The page is built, unless the variable `PLAYGROUND` names the file of one.

#[allow(dead_code, reason = "the page of a recording is asked for more")]
mod browser;
#[allow(dead_code, reason = "the binary isn't run here")]
mod common;

use std::sync::OnceLock;
use std::{env, fs};

use serde_json::{Value, json};

use crate::browser::{Page, in_each_browser_of, in_page_of};

/// The page, which is built once.
fn playground() -> &'static str {
    static PAGE: OnceLock<String> = OnceLock::new();
    PAGE.get_or_init(|| match env::var_os("PLAYGROUND") {
        Some(file) => fs::read_to_string(file).unwrap(),
        None => playground::page(&playground::interpreter().unwrap()),
    })
}

fn in_playground(test: impl AsyncFnOnce(&Page)) {
    in_page_of(playground(), async |page| {
        page.wait_for_run().await;
        test(page).await;
    });
}

impl Page {
    /// Types a text in the place of the first that is there.
    async fn change_only(&self, from: &str, to: &str) {
        let (length, from, to) = (from.encode_utf16().count(), json!(from), json!(to));
        let typed = format!(
            "window.before = wheelhouse.steps;
             const program = document.querySelector('#program');
             const at = program.value.indexOf({from});
             program.focus();
             program.setSelectionRange(at, at + {length});
             return at >= 0 && document.execCommand('insertText', false, {to});"
        );
        assert_eq!(self.script(&typed).await, true, "{from} isn't in the program");
    }

    /// Does that, and waits until the page has run the program.
    async fn change(&self, from: &str, to: &str) {
        self.change_only(from, to).await;
        self.wait_until("return wheelhouse.steps !== window.before").await;
    }

    async fn wait_for_run(&self) {
        self.wait_until("return wheelhouse.steps.length > 0").await;
    }

    /// Opens the page at a lesson, and waits for its run.
    async fn open_lesson(&self, hash: &str) {
        self.open_at(hash).await;
        self.wait_for_run().await;
    }

    /// Turns the first knob of a kind, as a finger does.
    async fn turn(&self, kind: &str, value: &str) {
        let has = format!(
            "window.knob = [...document.querySelectorAll('#turned .knob')]
                 .find((it) => it.textContent.startsWith({} + ' in line'))?.querySelector('input, select');
             return Boolean(window.knob);",
            json!(kind)
        );
        self.wait_until(&has).await;
        let turned = format!(
            "window.before = wheelhouse.steps;
             window.knob.value = {};
             window.knob.dispatchEvent(new Event('input', {{ bubbles: true }}));",
            json!(value)
        );
        self.script(&turned).await;
        self.wait_until("return wheelhouse.steps !== window.before").await;
    }

    /// Presses Tab until an element has the focus, and Escape where a text would take the Tab.
    async fn tab_to(&self, id: &str) {
        for _ in 0..150 {
            self.press("\u{E00C}").await;
            self.press("\u{E004}").await;
            if self.script("return document.activeElement.id").await == id {
                return;
            }
        }
        panic!("{id} isn't reached");
    }

    async fn program(&self) -> Value {
        self.script("return document.querySelector('#program').value").await
    }

    /// Waits until an element has a text in it.
    async fn wait_for(&self, css: &str, text: &str) {
        let (css, text) = (json!(css), json!(text));
        let has = format!("document.querySelector({css})?.textContent.includes({text})");
        self.wait_until(&format!("return {has} === true")).await;
    }
}

#[test]
#[ignore = "needs a browser"]
fn a_mistake_is_told_at_its_line_and_the_last_run_stays_until_it_is_mended() {
    in_playground(async |page| {
        page.change_only("asyncio.run(main())", "asyncio.runs(main())").await;
        page.wait_for("#program-wrong", "Line").await;
        page.click("#program-wrong button").await;
        page.wait_for("#line-numbers .wrong", "").await;
        assert!(page.shows("body.stale #gantt").await);
        assert_eq!(page.attribute("#program", "aria-invalid").await, Some("true".into()));

        let lines =
            page.script("return document.querySelector('#program').value.split('\\n')").await;
        let line = lines.as_array().unwrap().iter().position(|it| it == "asyncio.runs(main())");
        let place = page.text("#program-wrong button").await;
        assert_eq!(place, format!("Line {}, column 1", line.unwrap() + 1));

        page.change("asyncio.runs(", "asyncio.run(").await;
        assert!(!page.shows("#program-wrong").await && !page.shows("body.stale").await);
    });
}

#[test]
#[ignore = "needs a browser"]
fn a_program_without_end_is_given_up_with_a_sentence() {
    in_playground(async |page| {
        page.change("asyncio.run(main())", ENDLESS).await;
        page.wait_for("#printed", "the program is given up").await;
        page.wait_for("#told", "These are the first steps").await;
        page.press("End").await;
        assert_eq!(page.last().await, 19_999);
    });
}

/// It stands where a program is started, and starts another.
const ENDLESS: &str = "async def endless():\n    while True:\n        await asyncio.sleep(1)\n\n\
                       asyncio.run(endless())";

#[test]
#[ignore = "needs a browser"]
fn keys_in_the_program_are_letters_and_tab_indents_until_escape() {
    in_playground(async |page| {
        page.script("document.querySelector('#program').focus()").await;
        page.script("document.querySelector('#program').setSelectionRange(0, 0)").await;
        for key in ["\u{E004}", "t", "?", "q"] {
            page.press(key).await;
        }
        let begin = "return document.querySelector('#program').value.slice(0, 7)";
        assert_eq!(page.script(begin).await, "    t?q");
        assert!(!page.shows("#help").await && !page.shows("#quiz").await);
        assert_eq!(page.attribute("html", "data-theme").await, None);

        page.press("\u{E00C}").await;
        page.press("\u{E004}").await;
        let focused = "return document.activeElement.id";
        assert_ne!(page.script(focused).await, "program");
        assert_eq!(page.script(begin).await, "    t?q");
    });
}

#[test]
#[ignore = "needs a browser"]
fn by_the_keyboard_alone_one_goes_to_a_lesson_changes_it_runs_it_steps_and_shares_it() {
    in_playground(async |page| {
        page.tab_to("lesson-after").await;
        page.press("Enter").await;
        page.wait_until("return document.querySelector('#lesson-choice').selectedIndex === 2")
            .await;
        page.tab_to("program").await;
        page.press("#").await;
        page.press("Enter").await;
        page.wait_until("return document.querySelector('#program').value.startsWith('#\\n')").await;
        page.tab_to("run-program").await;
        page.script("window.before = wheelhouse.steps").await;
        page.press("Enter").await;
        page.wait_until("return wheelhouse.steps !== window.before").await;
        page.tab_to("first").await;
        page.press("Enter").await;
        page.tab_to("forward").await;
        page.press("Enter").await;
        assert_eq!(page.step().await, 1);
        page.tab_to("share-switch").await;
        page.press("Enter").await;
        assert_eq!(page.script("return document.activeElement.id").await, "link");
        assert!(page.script("return link.value").await.as_str().unwrap().contains("program="));
    });
}

#[test]
#[ignore = "needs a browser"]
fn back_leads_to_the_lesson_before_and_to_a_program_that_was_changed() {
    in_playground(async |page| {
        page.open_lesson("#lesson=turns").await;
        page.change("import asyncio", "# mine\nimport asyncio").await;
        page.wait_until("return /program=/.test(location.hash)").await;
        page.click("#lesson-after").await;
        page.wait_until("return !/turns|program=/.test(location.hash)").await;
        let other = page.program().await;
        page.script("history.back()").await;
        page.wait_until("return document.querySelector('#program').value.startsWith('# mine')")
            .await;
        assert_eq!(
            page.script("return document.querySelector('#lesson-choice').value").await,
            "turns"
        );
        page.script("history.forward()").await;
        let again = format!("return document.querySelector('#program').value === {other}");
        page.wait_until(&again).await;
    });
}

/// On a phone the controls stand before all else, but for the time in which one writes.
#[test]
#[ignore = "needs a browser"]
fn the_place_of_a_mistake_can_be_clicked_on_a_phone_while_one_writes() {
    in_playground(async |page| {
        page.widen(320).await;
        page.change_only("asyncio.run(main())", "asyncio.runs(main())").await;
        page.wait_for("#program-wrong", "Line").await;
        page.script("scrollTo(0, 0)").await;
        page.click("#program-wrong button").await;
        assert_eq!(page.script("return document.activeElement.id").await, "program");
        let at = "return document.querySelector('#program').value.slice(program.selectionStart)";
        assert!(page.script(at).await.as_str().unwrap().starts_with("asyncio.runs"));
        page.wait_for("#line-numbers .wrong", "").await;
    });
}

#[test]
#[ignore = "needs a browser"]
fn a_program_that_is_too_long_for_a_link_says_so() {
    in_playground(async |page| {
        let long = "# a line\n".repeat(30_000);
        page.script(&format!(
            "const program = document.querySelector('#program');
             program.value = {} + program.value;
             program.dispatchEvent(new Event('input'));",
            json!(long)
        ))
        .await;
        page.wait_for("#program-wrong", "this program is too long").await;
        page.click("#copy-program").await;
        page.wait_for("#told", "The program is too long for a link.").await;
        assert!(!page.script("return location.hash").await.as_str().unwrap().contains("program="));
    });
}

#[test]
#[ignore = "needs a browser"]
fn a_link_has_the_program_and_what_one_sees_of_its_run() {
    in_playground(async |page| {
        page.change("asyncio.run(main())", "# 🦀 mine\nasyncio.run(main())").await;
        page.step_to(|it| it["ev"] == "done").await;
        page.wait_until("return /program=/.test(location.hash)").await;
        page.wait_until("return location.hash.includes('step=' + wheelhouse.step)").await;
        let (text, steps) = (page.program().await, page.last().await);
        let (hash, step) = (page.script("return location.hash").await, page.step().await);

        page.open_at(hash.as_str().unwrap()).await;
        page.wait_for_run().await;
        assert_eq!((page.program().await, page.last().await), (text, steps));
        assert_eq!(page.step().await, step);
    });
}

#[test]
#[ignore = "needs a browser"]
fn a_damaged_link_is_refused_in_words() {
    in_playground(async |page| {
        page.open_at("#step=3&program=AAAA").await;
        page.wait_for("#told", "The program in this link is damaged").await;
    });
}

// Lessons ---------------------------------------------------------------------

/// Cell 3 of the notebook: of some coroutines one fails, and `wait` returns at that.
const CELL_3: &str = "#lesson=wait_exception";

#[test]
#[ignore = "needs a browser"]
fn whoever_has_another_coroutine_of_cell_3_fail_first_reads_why_wait_returns_and_shares_that() {
    in_each_browser_of(playground(), &async |page| {
        page.open_lesson(CELL_3).await;
        page.change("if number == 2:", "if number == 3:").await;
        page.wait_for("#printed", "work 3 failed: ValueError('3 failed')").await;
        page.change("number * 0.04", "(6 - number) * 0.04").await;
        page.change("if number == 3:", "if number == 2:").await;
        page.wait_for("#printed", "3 completed, 1 pending").await;
        let summary = page.text("#summary").await;
        assert!(summary.contains("work 2 failed with ValueError: 2 failed"), "{summary}");
        assert!(summary.contains("then the end of work 2 met the condition"), "{summary}");

        page.step_to(|it| it["ev"] == "over").await;
        assert!(page.text("#cards").await.contains("Decided by work 2"));
        page.wait_until("return location.hash.includes('step=' + wheelhouse.step)").await;
        let (hash, step) = (page.script("return location.hash").await, page.step().await);
        page.open_at(hash.as_str().unwrap()).await;
        page.wait_for("#printed", "work 2 failed: ValueError('2 failed')").await;
        page.wait_until(&format!("return wheelhouse.step === {step}")).await;
        assert_eq!(page.text("#summary").await, summary);
    });
}

#[test]
#[ignore = "needs a browser"]
fn each_lesson_prints_here_what_it_prints_on_cpython_and_asks_something() {
    in_playground(async |page| {
        let lessons = page.script("return [...document.querySelectorAll('#lesson-choice option')].map((it) => it.value).filter(Boolean)").await;
        let lessons = lessons.as_array().unwrap();
        assert!(lessons.len() > 20);
        for lesson in lessons {
            page.open_lesson(&format!("#lesson={}", lesson.as_str().unwrap())).await;
            page.wait_for("#agreement", "CPython 3.13 prints the same").await;
            assert!(page.text("#lesson-question summary").await.ends_with('?'), "{lesson}");
            assert!(page.count("#line-numbers .wrong").await == 0, "{lesson}");
        }
    });
}

#[test]
#[ignore = "needs a browser"]
fn the_line_of_the_step_is_marked_in_the_program() {
    in_playground(async |page| {
        page.open_lesson(CELL_3).await;
        page.step_to(|it| it["ev"] == "fail").await;
        let line = page.text("#line-numbers .now").await;
        let program = page.program().await;
        let text = program.as_str().unwrap().lines().nth(line.parse::<usize>().unwrap() - 1);
        assert!(text.unwrap().contains("raise ValueError"), "{line}");
        assert_eq!(page.text("#source [data-lit] .no").await, line);
    });
}

// Knobs -----------------------------------------------------------------------

#[test]
#[ignore = "needs a browser"]
fn a_knob_changes_the_program_and_the_chart_follows() {
    in_playground(async |page| {
        page.open_lesson(CELL_3).await;
        page.turn("sleep", "0.1").await;
        assert!(page.program().await.as_str().unwrap().contains("asyncio.sleep(number * 0.1)"));
        let fires = page.step_to(|it| it["ev"] == "fire").await;
        assert!(page.text("#of").await.contains("100 ms"), "step {fires}");

        page.turn("fails", "4").await;
        page.wait_for("#printed", "work 4 failed").await;
        // A finger doesn't wait for the runs.
        let drag = "for (const value of ['0.2', '0.19', '0.1', '0.04', '0.05']) {
                        window.knob.value = value;
                        window.knob.dispatchEvent(new Event('input'));
                    }";
        page.turn("sleep", "0.11").await;
        page.script(drag).await;
        page.wait_for("#knobs output", "0.05").await;
        page.turn("fails", "3").await;
        page.wait_for("#printed", "work 3 failed").await;
        assert!(page.program().await.as_str().unwrap().contains("asyncio.sleep(number * 0.05)"));
        page.turn("return_when", "asyncio.FIRST_COMPLETED").await;
        page.wait_for("#printed", "1 completed, 3 pending").await;
        assert!(page.shows("#lesson-anew").await);
        page.click("#lesson-anew").await;
        page.wait_for("#agreement", "CPython 3.13 prints the same").await;
    });
}

#[test]
#[ignore = "needs a browser"]
fn a_program_that_was_changed_is_no_longer_called_by_the_lesson() {
    in_playground(async |page| {
        page.open_lesson("#lesson=wait_first").await;
        page.wait_for("#summary", "Wait until the first has ended").await;
        page.change("FIRST_COMPLETED", "FIRST_EXCEPTION").await;
        page.wait_for("#summary", "Your program was run").await;
        assert_eq!(page.text("#title").await, "Your program");
        page.click("#lesson-anew").await;
        page.wait_for("#title", "Wait until the first has ended").await;
    });
}

#[test]
#[ignore = "needs a browser"]
fn a_seed_gives_another_order_of_tasks_and_is_in_the_link() {
    in_playground(async |page| {
        page.open_lesson("#lesson=turns&seed=3").await;
        page.wait_until("return wheelhouse.steps.some(({ ev }) => ev === 'order')").await;
        assert_eq!(page.text("#agreement").await, "");
        page.wait_until("return location.hash.includes('seed=3')").await;
    });
}

// Views and files -------------------------------------------------------------

#[test]
#[ignore = "needs a browser"]
fn the_program_is_shown_in_rust_and_as_a_scenario_too() {
    in_playground(async |page| {
        page.open_lesson(CELL_3).await;
        page.click("#tab-rust").await;
        page.wait_for("#rust-panel", "async fn work(").await;
        assert!(page.text("#rust-panel").await.contains("combinators::FirstException"));
        page.click("#tab-json").await;
        page.wait_for("#json-panel", "\"return_when\"").await;
        assert!(!page.shows("#program").await);
        page.click("#tab-python").await;
        assert!(page.shows("#program").await);
    });
}

#[test]
#[ignore = "needs a browser"]
fn a_recording_is_opened_in_place_of_the_run_and_run_brings_that_back() {
    in_playground(async |page| {
        let steps = page.last().await;
        let lines = "{\"wheelhouse\":1,\"title\":\"mine\",\"clock\":\"virtual\"}\n\
                     {\"ev\":\"turn\",\"t\":0,\"turn\":1,\"batch\":1}\n";
        let file = page.write("mine.jsonl", lines);
        page.choose("#opened", &file).await;
        page.wait_for("#told", "Below are the steps of mine.jsonl").await;
        assert_eq!((page.text("#title").await.as_str(), page.last().await), ("mine", 0));
        page.click("#run-program").await;
        page.wait_until(&format!("return wheelhouse.steps.length === {}", steps + 1)).await;
    });
}
