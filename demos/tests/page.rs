//! The page of a recording, in a browser.
//!
//! Needs Chromium and chromedriver in /usr/bin, so it is behind a feature, and
//! ignored besides. What a student does is done in Firefox, too, if its driver is there
//! (`cargo install geckodriver`):
//!
//! ```console
//! $ cargo test -p wheelhouse-demos --features browser --test page -- --ignored
//! ```

mod browser;
mod common;
#[path = "common/states.rs"]
mod states;

use std::cell::Cell;
use std::fs;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use combinators::{FirstException, timeout, to_thread, wait};
use executor::trace::Recording;
use executor::{Clock, Executor, catch_cancel, sleep, spawn, yield_now};
use serde_json::{Value, json};
use viewer::View;

use crate::browser::{NARROW, Page, WIDE, in_each_browser, in_page, in_page_of};
use crate::common::output_of;
use crate::states::{TOLD, state_after};

const CELL_3: &str = "replay 3 --virtual";

/// Task 8 is `coro 7`: the main future spawns it as the eighth.
const CORO_7: &str = "8";

/// How the sentences begin, from the exception's turn to the end of the wait.
const END_OF_THE_WAIT: [&str; 15] = [
    "coro 7 is next in the batch: its poll 2 begins.",
    "coro 7 fails: it is about to end with an error, Exception on i = 7.",
    "The poll is over: the future of coro 7 is done.",
    "coro 7 has failed: it ended with an error",
    "Watch 0 (wait for 10 until FirstException) looks at how coro 7 (child 7) has ended",
    "A notice of watch 0 joins the ready queue, because coro 7 (child 7) ended",
    "Turn 6 is over.",
    "The loop looks at the clock",
    "Turn 7 begins. The one entry of the ready queue becomes its batch.",
    "A notice is next in the batch",
    "The notice (step 133) has told main that the wait of watch 0 is over",
    "main joins the ready queue, because the notice told it that the wait of watch 0 is over",
    "Turn 7 is over.",
    "The loop looks at the clock",
    "Turn 8 begins.",
];

/// The pane of the entry says so when the notice has its turn.
const DECIDED: &str = "Child 7 (coro 7) has decided watch 0; main is told.";

#[test]
#[ignore = "needs a browser"]
fn the_sentences_tell_how_coroutine_7_ends_the_wait() {
    in_page(CELL_3, WIDE, async |page| {
        page.step_to(|it| it["ev"] == "poll" && it["task"] == CORO_7 && it["number"] == 2).await;
        for expected in END_OF_THE_WAIT {
            let sentence = page.text("#sentence").await;
            assert!(sentence.starts_with(expected), "{sentence}\nexpected: {expected}");
            page.press("ArrowRight").await;
        }
    });
}

#[test]
#[ignore = "needs a browser"]
fn every_pane_shows_the_moment_when_the_exception_ends_the_wait() {
    in_page(CELL_3, WIDE, async |page| {
        let met = page.step_to(|it| it["ev"] == "met").await;

        let cause = page.attribute("#sentence a", "data-step").await;
        assert_eq!(cause, Some((met - 1).to_string()));
        assert!(page.text("#source [data-lit]").await.contains("waiting.await"));
        assert!(page.shows("#source [data-lit] [data-role=waits][data-task='0']").await);
        assert_eq!(page.text("#inbox-note").await, "nothing from another thread");

        assert_eq!(page.count("#wheel [data-timer][data-level][data-list]").await, 8);
        assert!(page.shows("#wheel [data-timer='1'][data-level='4'][data-list='53']").await);
        assert_eq!(page.text("#wheel-note").await, "time 600 ms · 8 timers");

        assert!(page.shows("#ready .batch [data-taken='0.7'][data-now=true]").await);
        assert_eq!(page.count("#ready [data-task]").await, 0);
        assert_eq!(page.text("#poll").await, DECIDED);
        assert_eq!(page.text("#park").await, "The thread is running.");

        assert!(page.shows("#slots tr[data-task='0'][data-state=waiting][data-waits=watch]").await);
        let failed = "#slots tr[data-task='8'][data-state=ended][data-outcome=failed]";
        assert!(page.shows(failed).await);
        assert_eq!(page.count("#slots tr[data-state=waiting][data-waits=timer]").await, 8);
        assert_eq!(page.text("#counts").await, "9 waiting · 2 ended");

        assert!(page.shows("#card-0[data-met=true][data-done='2'][data-pending='8']").await);
        let card = page.text("#card-0").await;
        assert!(card.contains("FirstException") && card.contains("Decided by coro 7"), "{card}");

        assert!(page.shows("#gantt [data-task='0'][data-now=watch]").await);
        assert!(page.shows("#gantt [data-task='8'][data-now=ended]").await);

        page.press("ArrowRight").await;
        assert!(page.shows("#ready .queue [data-task='0']").await);
        assert!(page.shows("#slots tr[data-task='0'][data-state=queued]").await);
        assert!(page.shows(&format!("#gantt .wake[data-step='{}'][data-now=true]", met + 1)).await);
    });
}

#[test]
#[ignore = "needs a browser"]
fn what_is_left_pending_is_cancelled_before_the_eyes_of_the_reader() {
    in_page(CELL_3, WIDE, async |page| {
        page.step_to(|it| it["ev"] == "over").await;
        assert!(page.text("#card-0").await.contains("Returned: met by child 7"));
        page.step_to(|it| it["ev"] == "unwind").await;
        assert_eq!(page.count("#slots tr[data-state=queued][data-marked=true]").await, 7);
        assert!(page.shows("#poll[data-kind=unwind]").await);
        page.press("End").await;
        assert_eq!(page.count("#slots tr[data-outcome=cancelled]").await, 8);
        assert_eq!(page.count("#gantt .end.cancelled").await, 8);
        assert_eq!(page.count("#wheel [data-timer]").await, 0);
    });
}

#[test]
#[ignore = "needs a browser"]
fn a_card_stays_as_it_was_when_its_wait_returned() {
    in_page(CELL_3, WIDE, async |page| {
        page.press("End").await;
        assert!(page.shows("#card-0[data-over=true][data-done='2'][data-pending='8']").await);
    });
}

#[test]
#[ignore = "needs a browser"]
fn a_failure_has_its_mark_in_all_panes() {
    in_page(CELL_3, WIDE, async |page| {
        page.step_to(|it| it["ev"] == "done" && it["task"] == CORO_7).await;
        let row = format!("#slots tr[data-task='{CORO_7}']");
        assert!(page.text(&row).await.contains("✗ failed"));
        assert!(page.text(&row).await.contains("Exception on i = 7"));
        assert!(page.shows(&format!("#card-0 [data-task='{CORO_7}'][data-failed=true]")).await);
        assert!(page.shows(&format!("#gantt [data-task='{CORO_7}'] .end.failed")).await);
    });
}

/// A program that runs on Python, too.
fn example(name: &str) -> String {
    format!("run {}/examples/{name}.py", env!("CARGO_MANIFEST_DIR"))
}

/// A scenario that asyncio was asked about, too.
fn case(name: &str) -> String {
    format!("scenario {}/../tests/asyncio/cases/{name}.json", env!("CARGO_MANIFEST_DIR"))
}

#[test]
#[ignore = "needs a browser"]
fn a_task_group_has_a_card_with_its_tasks_and_says_why_it_cancels_them() {
    in_page(&case("group-child-error"), WIDE, async |page| {
        page.step_to(|it| it["ev"] == "remark").await;
        let sentence = page.text("#sentence").await;
        let expected = "of main: a failed: what is left in it is cancelled.";
        assert!(sentence.starts_with("Task group (section ") && sentence.ends_with(expected));
        page.press("ArrowRight").await;
        let sentence = page.text("#sentence").await;
        assert!(sentence.starts_with("The task group (section "), "{sentence}");
        assert!(sentence.ends_with("of main cancels b: it is asked to end."), "{sentence}");
        assert!(page.shows("#cards [data-section][data-done='1'][data-pending='1']").await);
        assert!(page.shows("#gantt rect.section").await);
        page.press("End").await;
        let card = page.text("#cards [data-section][data-over=true]").await;
        assert!(card.contains("2 done") && card.contains("Over: it fails, as 1 in it failed"));
    });
}

#[test]
#[ignore = "needs a browser"]
fn a_timeout_has_a_card_and_its_timer_says_whose_limit_it_is() {
    in_page(&case("group-timeout"), WIDE, async |page| {
        page.step_to(|it| it["ev"] == "fire" && it["task"].is_null()).await;
        let sentence = page.text("#sentence").await;
        assert!(sentence.contains("the limit of the timeout of 5ms (section "), "{sentence}");
        page.step_to(|it| it["ev"] == "leave" && it["why"] == "the time was up").await;
        let card = page.text("#cards [data-section][data-over=true]:not([data-done='1'])").await;
        assert!(card.contains("due at 5 ms") && card.contains("The time is up"), "{card}");
    });
}

/// There the function's thread is named, and not just a waker.
#[test]
#[ignore = "needs a browser"]
fn a_task_that_waits_for_a_thread_says_so() {
    let executor = Executor::builder().clock(Clock::Virtual).build();
    executor.start_recording();
    executor.block_on(to_thread(|| ()));
    in_page_of(&executor.stop_recording().to_html().unwrap(), async |page| {
        page.step_to(|it| it["ev"] == "polled").await;
        let row = page.text("#slots tr[data-task='0']").await;
        assert!(row.contains("to_thread of the closure in line "), "{row}");
        assert!(page.shows("#gantt [data-task='0'][data-now=section]").await);
    });
}

/// Their values were values, and nobody said that they were failures.
#[test]
#[ignore = "needs a browser"]
fn a_recording_of_the_former_format_is_shown_and_one_of_the_next_is_refused() {
    let page = recording_of_much(usize::MAX).to_html().unwrap();
    let of_version = |version| page.replace(r#"{"wheelhouse":2"#, version);
    in_page_of(&of_version(r#"{"wheelhouse":1"#), async |page| {
        assert!(page.last().await > 100);
    });
    in_page_of(&of_version(r#"{"wheelhouse":3"#), async |page| {
        let refusal = page.text("#refusal").await;
        assert!(refusal.contains("newer recorder (format 3)"), "{refusal}");
    });
}

#[test]
#[ignore = "needs a browser"]
fn forwards_and_backwards_a_step_looks_the_same() {
    in_page(CELL_3, WIDE, async |page| {
        let differing = page.script(
            "const panes = '.sentence, .loop *, .tables *, .gantt-pane *';
            const plain = (it) => it.getAttributeNames().sort().map((name) => it.getAttribute(name))
                .concat(it.childElementCount === 0 ? it.textContent : []);
            const seen = (step) => {
                wheelhouse.goto(step);
                const shown = [...document.querySelectorAll(panes)].map(plain);
                return JSON.stringify([wheelhouse.state(step), shown]);
            };
            const steps = wheelhouse.steps.map((_, step) => step);
            const there = steps.map(seen);
            const back = steps.reverse().map(seen).reverse();
            return there.findIndex((it, step) => it !== back[step]);",
        );
        assert_eq!(differing.await, json!(-1));
    });
}

/// The page leaves what hasn't changed as it is, which must be the same as if it didn't.
#[test]
#[ignore = "needs a browser"]
fn after_a_jump_a_step_looks_as_it_does_after_the_one_before() {
    in_page("wait -n 100 --fail none --seed 1 --virtual", WIDE, async |page| {
        let differing = page.script(
            "const panes = '#wheel *, #cards *, #output *, #counts';
            const plain = (it) => it.getAttributeNames().sort().map((name) => it.getAttribute(name))
                .concat(it.childElementCount === 0 ? it.textContent : []);
            const seen = (step) => {
                wheelhouse.goto(step);
                const shown = [...document.querySelectorAll(panes)].map(plain);
                return JSON.stringify([shown, map.toDataURL()]);
            };
            const steps = wheelhouse.steps.map((_, step) => step).slice(420, 640);
            const walked = new Map(steps.map((step) => [step, seen(step)]));
            return steps.map((_, nth) => steps[(nth * 7919) % steps.length]).find((step) => seen(step) !== walked.get(step)) ?? null;",
        );
        assert_eq!(differing.await, json!(null));
    });
}

/// The page folds the steps by itself; the executor knows better.
#[test]
#[ignore = "needs a browser"]
fn the_states_are_those_of_the_executor() {
    shows_the_states_of(&recording_of_much(usize::MAX));
}

/// Though what happened before them isn't there.
#[test]
#[ignore = "needs a browser"]
fn so_are_those_of_the_last_steps() {
    let recording = recording_of_much(60);
    assert!(recording.forgotten() > 100);
    shows_the_states_of(&recording);
}

fn shows_the_states_of(recording: &Recording) {
    in_page_of(&recording.to_html().unwrap(), async |page| {
        let script = format!(
            "{TOLD} return wheelhouse.steps.map((_, step) => told(wheelhouse.state(step)));"
        );
        let states = page.script(&script);
        for (step, state) in states.await.as_array().unwrap().iter().enumerate() {
            assert_eq!(*state, state_after(recording, step + 1), "step {step}");
        }
    });
}

/// Timers that move down the wheel, slots with several tenants, cancellations
/// that are caught and that aren't, a time limit, and a task that is detached. Of
/// all that, so many steps are kept.
fn recording_of_much(last: usize) -> Recording {
    let nap = async |ms: u64| {
        sleep(Duration::from_millis(ms)).await;
        if ms.is_multiple_of(7) { Err(ms) } else { Ok(ms) }
    };
    let executor = Executor::builder().clock(Clock::Virtual).build();
    executor.start_recording_last(last);
    executor.block_on(async {
        let naps = [30, 5, 14, 200].map(|ms| spawn(nap(ms)));
        let waited = wait(naps).return_when(FirstException).await;
        for task in waited.pending.into_tasks() {
            task.cancel();
        }
        drop(spawn(nap(9)));
        let limited = timeout(Duration::from_millis(10), spawn(nap(70))).await;
        assert!(limited.is_err());
        let catcher =
            spawn(async move { catch_cancel(nap(500)).await.is_err() && nap(3).await.is_ok() });
        yield_now().await;
        catcher.cancel();
        assert!(catcher.await.unwrap());
        sleep(Duration::from_secs(2)).await;
    });
    executor.stop_recording()
}

#[test]
#[ignore = "needs a browser"]
fn a_link_leads_to_its_step_and_the_address_follows() {
    in_page(CELL_3, WIDE, async |page| {
        page.open_at("#step=100").await;
        assert_eq!(page.step().await, 100);
        page.press("ArrowLeft").await;
        page.wait_until("return location.hash === '#step=99'").await;
        page.script("location.hash = '#step=31'").await;
        page.wait_until("return wheelhouse.step === 31").await;
        page.click("#sentence a").await;
        assert_eq!(page.step().await, 30, "what caused it");
        page.open_at("#step=1000000").await;
        assert_eq!(page.step().await, page.last().await);
    });
}

#[test]
#[ignore = "needs a browser"]
fn a_link_holds_what_one_sees_and_back_leads_back() {
    in_page(CELL_3, WIDE, async |page| {
        page.open_at("#step=100&task=8&level=turns&pane=log").await;
        assert!(page.shows("#slots tr[data-task='8'][data-selected=true]").await);
        assert!(page.shows("#log li[data-now=true]").await);
        page.press("ArrowRight").await;
        assert_eq!(page.event().await["ev"], "jump");
        let here = page.step().await;
        let address =
            format!("return location.hash === '#step={here}&task=8&level=turns&pane=log'");
        page.wait_until(&address).await;

        page.click("#log a").await;
        let there = page.step().await;
        assert_ne!(there, here);
        page.script("history.back()").await;
        page.wait_until(&format!("return wheelhouse.step === {here}")).await;
        page.script("history.forward()").await;
        page.wait_until(&format!("return wheelhouse.step === {there}")).await;

        page.press("s").await;
        let link = page.script("return link.value").await;
        let end = format!("#step={there}&task=8&level=turns&pane=log");
        assert!(link.as_str().unwrap().ends_with(&end), "{link}");
        page.click("#copy-link").await;
        page.wait_until("return shared.textContent.startsWith('The link is ')").await;

        page.open_at("#step=9&compare=replay%205").await;
        assert!(
            page.text("#difference").await.contains("compares with another recording: “replay 5”")
        );
    });
}

#[test]
#[ignore = "needs a browser"]
fn the_focus_stays_in_the_sentence_whose_link_is_followed() {
    in_page(CELL_3, WIDE, async |page| {
        page.step_to(|it| it["ev"] == "met").await;
        page.script("document.querySelector('#sentence a').focus()").await;
        page.press("Enter").await;
        assert_eq!(page.event().await["ev"], "ask");
        assert_eq!(page.script("return document.activeElement.id").await, json!("sentence"));
    });
}

/// Has the page keep the texts that it would save, in place of files.
const KEEP_WHAT_IS_SAVED: &str = "
    window.saved = {};
    HTMLAnchorElement.prototype.click = function () {
        const name = this.download;
        fetchText(this.href).then((text) => { saved[name] = text; });
    };
    const blobs = new Map();
    URL.createObjectURL = (blob) => { blobs.set(String(blobs.size), blob); return `blob:${blobs.size - 1}`; };
    window.fetchText = (href) => blobs.get(href.replace('blob:', '')).text();
";

#[test]
#[ignore = "needs a browser"]
fn the_recording_and_the_chart_can_be_saved() {
    in_page(CELL_3, WIDE, async |page| {
        page.script(KEEP_WHAT_IS_SAVED).await;
        page.press("End").await;
        page.press("s").await;
        page.click("#save-recording").await;
        page.click("#save-chart").await;
        page.wait_until("return Object.keys(saved).length === 2").await;
        let saved = page.script("return saved").await;
        let lines = saved["wheelhouse-replay-3-virtual.jsonl"].as_str().unwrap();
        let recording = viewer::Recording::parse(lines).unwrap();
        assert_eq!(recording.len() as u64, page.last().await + 1);
        let chart = saved["wheelhouse-replay-3-virtual.svg"].as_str().unwrap();
        assert!(chart.starts_with("<svg ") && chart.contains("http://www.w3.org/2000/svg"));
        assert!(chart.contains(">coro 7</text>") && chart.contains("stroke-dasharray"), "{chart}");
        assert_eq!(page.count("#gantt .words").await, 0);
    });
}

/// What a file's legend says, in which colours, on which ground.
const LEGEND_OF_SAVED: &str = "
    const chart = new DOMParser().parseFromString(Object.values(saved)[0], 'image/svg+xml');
    const words = [...chart.querySelectorAll('text[x=\"28\"]')];
    return {
        texts: words.map((it) => it.textContent),
        colours: [...new Set(words.map((it) => it.getAttribute('fill')))],
        ground: chart.querySelector('rect').getAttribute('fill'),
        height: chart.documentElement.getAttribute('height') - document.querySelector('#gantt svg').getAttribute('height'),
    };
";

#[test]
#[ignore = "needs a browser"]
fn a_saved_chart_has_a_legend_that_can_be_read_in_both_themes() {
    in_page(CELL_3, WIDE, async |page| {
        page.script(KEEP_WHAT_IS_SAVED).await;
        page.press("s").await;
        for theme in ["light", "dark"] {
            let begin =
                format!("document.documentElement.dataset.theme = '{theme}'; saved = {{}};");
            page.script(&begin).await;
            page.click("#save-chart").await;
            page.wait_until("return Object.keys(saved).length === 1").await;
            let legend = page.script(LEGEND_OF_SAVED).await;
            let texts = legend["texts"].to_string();
            for expected in ["polled", "ready, not polled", "for a watch", "wakes", "cancelled"] {
                assert!(texts.contains(&format!("\"{expected}\"")), "{expected}: {texts}");
            }
            assert_eq!(legend["colours"].as_array().unwrap().len(), 1, "{legend}");
            assert_ne!(legend["colours"][0], legend["ground"], "{theme}");
            assert!(legend["height"].as_f64().unwrap() > 20.0, "{legend}");
        }
    });
}

/// As in a notebook, where a script may not change the address.
#[test]
#[ignore = "needs a browser"]
fn a_page_within_a_page_works_without_an_address() {
    in_page(CELL_3, WIDE, async |page| {
        let inner = page.html().replace('&', "&amp;").replace('"', "&quot;");
        let outer = format!("<!doctype html><iframe id=inner srcdoc=\"{inner}\"></iframe>");
        page.open(&page.write("notebook.html", &outer)).await;
        let step = page.script(
            "const { wheelhouse, document: page } = document.getElementById('inner').contentWindow;
            wheelhouse.goto(5);
            page.querySelector('#chapters button').click();
            return wheelhouse.step;",
        );
        assert!(step.await.as_u64().unwrap() > 5);
        // The address would follow after a while.
        page.script("window.later = false; setTimeout(() => { later = true; }, 600)").await;
        page.wait_until("return later").await;
    });
}

/// It may not save files there, nor send forms.
#[test]
#[ignore = "needs a browser"]
fn in_a_sandbox_help_can_be_closed_and_the_page_says_what_it_can_not_do() {
    in_page(CELL_3, WIDE, async |page| {
        let inner = page.html().replace('&', "&amp;").replace('"', "&quot;");
        let sandbox = "sandbox=\"allow-scripts allow-same-origin\"";
        let outer =
            format!("<!doctype html><iframe id=inner {sandbox} srcdoc=\"{inner}\"></iframe>");
        page.open(&page.write("notebook.html", &outer)).await;
        let in_it = async |script: &str| {
            let page_in_it = "const page = document.getElementById('inner').contentWindow.document;
                const press = (id) => page.getElementById(id).click();";
            page.script(&format!("{page_in_it} {script}")).await
        };
        // The browser remarks that such a sandbox is none.
        page.complaints().await;
        let opens = "press('help-switch'); return page.getElementById('help').open;";
        assert_eq!(in_it(opens).await, json!(true));
        let closes = "press('help-close'); return page.getElementById('help').open;";
        assert_eq!(in_it(closes).await, json!(false));
        assert_eq!(page.complaints().await, Vec::<String>::new());

        let link = "press('share-switch'); return page.querySelector('.link').checkVisibility();";
        assert_eq!(in_it(link).await, json!(false));
        let no_link = "return page.getElementById('no-link').innerText;";
        assert!(in_it(no_link).await.as_str().unwrap().contains("has no address"));
        // A browser would remark that it has saved nothing.
        let no_files = "document.getElementById('inner').contentWindow.HTMLAnchorElement.prototype.click = () => {};";
        in_it(no_files).await;
        let saved = "press('save-recording'); return page.getElementById('shared').innerText;";
        let saved = in_it(saved).await;
        assert!(saved.as_str().unwrap().contains("unless the page around this one forbids"));
    });
}

/// A browser can save a page as it looks, with all that its scripts have put there.
#[test]
#[ignore = "needs a browser"]
fn a_page_that_was_saved_as_it_looked_begins_anew() {
    in_page(CELL_3, WIDE, async |page| {
        let seen = "return [document.querySelectorAll('.run').length, document.querySelectorAll('#tick-legend tr').length,
            document.querySelectorAll('#handout section').length, document.querySelectorAll('#differences .space').length,
            share.hidden, compare.hidden, quiz.hidden, help.open, document.body.className,
            document.querySelectorAll('#top [aria-expanded=true], #top [aria-pressed=true]').length];";
        let anew = page.script(seen).await;
        let lines = output_of("replay 5 --virtual --jsonl -");
        page.choose("#file", &page.write("other.jsonl", &lines)).await;
        page.wait_until("return difference.textContent !== ''").await;
        let opened = "wheelhouse.goto(60);
            for (const it of ['quiz', 'share', 'help']) document.getElementById(`${it}-switch`).click();
            dispatchEvent(new Event('beforeprint'));
            return document.documentElement.outerHTML;";
        let html = page.script(opened).await;
        page.open(&page.write("saved.html", html.as_str().unwrap())).await;
        assert_eq!(page.script(seen).await, anew);
        page.press("End").await;
        assert!(page.text("#sentence").await.starts_with("Turn 10 is over."));
        // The policy of the page complains of the styles that were saved with it.
        page.complaints().await;
    });
}

#[test]
#[ignore = "needs a browser"]
fn the_keyboard_is_enough() {
    in_page(CELL_3, WIDE, async |page| {
        let last = page.last().await;
        for (key, step) in [("End", last), ("ArrowLeft", last - 1), ("Home", 0), ("ArrowRight", 1)]
        {
            page.press(key).await;
            assert_eq!(page.step().await, step, "{key}");
        }
        page.press("Home").await;
        page.press(" ").await;
        page.wait_until("return wheelhouse.step >= 2").await;
        page.press(" ").await;
        assert!(page.shows("#play[aria-pressed=false]").await);

        page.press("End").await;
        page.click("#slots [data-select='8']").await;
        page.press("Home").await;
        for _ in 0..20 {
            page.press("n").await;
            let event = page.event().await;
            let about = event["task"] == CORO_7 || event["by"] == CORO_7;
            assert!(about || page.step().await == 0, "{event}");
        }
        assert_eq!(page.event().await["ev"], "gone");
        page.press("p").await;
        assert_eq!(page.event().await["ev"], "detach");

        let theme = "return document.documentElement.dataset.theme";
        page.press("t").await;
        let one = page.script(theme).await;
        page.press("t").await;
        assert_ne!(one, page.script(theme).await);
        page.press("?").await;
        assert!(page.shows("#help[open]").await);
        page.press("?").await;
        assert!(!page.shows("#help[open]").await);
    });
}

/// Of the rows of the chart, and of the timers in the wheel.
#[test]
#[ignore = "needs a browser"]
fn a_panel_closes_by_its_key_or_by_escape_and_escape_leaves_a_field() {
    in_page(CELL_3, WIDE, async |page| {
        let focus = async || page.script("return document.activeElement.id").await;
        for (key, panel, first) in [("s", "share", "link"), ("c", "compare", "file")] {
            for way_out in [key, "Escape"] {
                page.press(key).await;
                assert!(page.shows(&format!("#{panel}")).await);
                assert_eq!(focus().await, json!(first));
                let before = page.step().await;
                page.press("ArrowRight").await;
                assert_eq!(page.step().await, before + 1, "keys work in {first}");
                page.press(way_out).await;
                assert!(!page.shows(&format!("#{panel}")).await, "{way_out} closes {panel}");
                assert_eq!(focus().await, json!(format!("{panel}-switch")));
            }
        }
        page.press("/").await;
        page.press("wheel").await;
        page.press("Escape").await;
        assert_eq!(focus().await, json!("log"));
        let words = page.script("return document.getElementById('log-words').value").await;
        assert_eq!(words, json!("wheel"));
        page.press("Home").await;
        assert_eq!(page.step().await, 0);
    });
}

#[test]
#[ignore = "needs a browser"]
fn of_many_marks_tab_reaches_one_and_the_arrows_reach_the_others() {
    in_page(CELL_3, WIDE, async |page| {
        let met = page.step_to(|it| it["ev"] == "met").await;
        let focused = "return document.activeElement.ariaLabel";
        for (pane, second) in [("gantt", "coro 3 (Task-1)"), ("wheel", "timer 3 of coro 4")] {
            let stop = format!("#{pane} [role=button][tabindex='0']");
            assert_eq!(page.count(&stop).await, 1);
            assert!(page.count(&format!("#{pane} [role=button][tabindex='-1']")).await > 5);
            page.script(&format!("document.querySelector(\"{stop}\").focus()")).await;
            for key in ["ArrowDown", "ArrowDown", "ArrowUp"] {
                page.press(key).await;
            }
            assert_eq!(page.script(focused).await, json!(second));
            page.press("Enter").await;
            let pressed = format!("#{pane} [role=button][aria-pressed=true][tabindex='0']:focus");
            assert!(page.shows(&pressed).await);
            assert!(page.shows("#slots tr[data-selected=true]").await);
            page.press("Enter").await;
            assert!(!page.shows("#slots tr[data-selected=true]").await);
            page.press("ArrowRight").await;
            assert_eq!(page.script(focused).await, json!(second), "the focus stays");
            page.press("ArrowLeft").await;
            assert_eq!(page.step().await, met);
        }
    });
}

#[test]
#[ignore = "needs a browser"]
fn a_bar_of_the_chart_says_whose_it_is_from_when_to_when_and_why_it_ends() {
    in_page(CELL_3, WIDE, async |page| {
        let tooltip = page
            .script(
                "const bar = document.querySelector(\"#gantt g[data-task='8'] [data-stretch=timer]\");
                const { left, width, top } = bar.getBoundingClientRect();
                const at = { bubbles: true, clientX: left + width / 2, clientY: top };
                bar.dispatchEvent(new PointerEvent('pointermove', at));
                return document.querySelector(\"#gantt g[data-task='8'] > title\").textContent;",
            )
            .await;
        let tooltip = tooltip.as_str().unwrap();
        assert!(tooltip.starts_with("coro 7: waits for a timer, from step "), "{tooltip}");
        assert!(tooltip.contains(" (600 ms). Then: coro 7 joins the ready queue, "), "{tooltip}");
        assert!(tooltip.contains("because its timer 7 fired"), "{tooltip}");
    });
}

#[test]
#[ignore = "needs a browser"]
fn one_moves_by_chapters_by_turns_or_by_steps() {
    in_page(CELL_3, WIDE, async |page| {
        let chapters = "return [...document.querySelectorAll('#chapters button')].map((it) => +it.dataset.chapter)";
        let chapters = page.script(chapters).await;
        let last = json!(page.last().await);
        page.script("level.value = 'story'; level.dispatchEvent(new Event('change'))").await;
        assert_eq!(page.attribute("#forward", "aria-label").await.unwrap(), "Forward one chapter");
        page.press("Home").await;
        let mut stops = chapters.as_array().unwrap().clone();
        stops.extend((stops.last() != Some(&last)).then_some(last));
        for stop in &stops {
            page.click("#forward").await;
            assert_eq!(json!(page.step().await), *stop);
        }
        for stop in stops.iter().rev().skip(1) {
            page.press("ArrowLeft").await;
            assert_eq!(json!(page.step().await), *stop);
        }

        page.press("Home").await;
        page.press("l").await;
        for _ in 0..8 {
            page.click("#forward").await;
            let event = page.event().await;
            assert!(["turn", "jump"].contains(&event["ev"].as_str().unwrap()), "{event}");
        }
        page.press("l").await;
        let here = page.step().await;
        page.click("#back").await;
        assert_eq!(page.step().await, here - 1);

        // Played, the story is over soon.
        page.script("level.value = 'story'; level.dispatchEvent(new Event('change'))").await;
        page.script("speed.value = '30'").await;
        page.press("Home").await;
        page.click("#play").await;
        page.wait_until("return wheelhouse.step === wheelhouse.steps.length - 1").await;
    });
}

#[test]
#[ignore = "needs a browser"]
fn the_quiz_asks_who_runs_next_and_says_why() {
    in_page(CELL_3, WIDE, async |page| {
        let begun = page.step_to(|it| it["ev"] == "turn" && it["batch"] == 10).await;
        page.press("q").await;
        assert_eq!(page.text("#question").await, "Who runs next?");
        assert!(!page.shows("#ready .batch").await, "the answer stands there");
        page.press("ArrowRight").await;
        page.press("End").await;
        assert_eq!(page.step().await, begun, "the answer comes first");

        page.click("#candidates [data-answer='2']").await;
        let verdict = page.text("#verdict").await;
        assert!(verdict.starts_with("No: coro 3 is the first of its batch"), "{verdict}");
        assert!(verdict.ends_with("coro 9 stands behind it in the batch."), "{verdict}");
        assert_eq!(page.text("#score").await, "0 of 1 right.");
        assert_eq!(page.event().await["task"], "1");
        assert!(page.shows("#ready .batch").await);
    });
}

/// Each with the beginning of its question, what is hidden, the right answer, and the
/// beginning of why.
const QUIZ_OF_CELL_3: [(&str, &[&str], &str, &str); 7] = [
    ("Who runs next?", &["#ready .batch"], "1", "Right: coro 3 is the first of its batch"),
    (
        "The wheel's time is 0 s. Where does timer 0 land",
        &["#wheel li"],
        "5.1",
        "Right: In nanoseconds",
    ),
    (
        "coro 2 has ended. When is main polled because of that?",
        &["#summary"],
        "none",
        "Right: wait for 10 until FirstException of main looks at the end at once",
    ),
    (
        "coro 7 has ended. When is main polled because of that?",
        &["#summary"],
        "2",
        "Right: The end was in turn 6.",
    ),
    (
        "How many children are done when wait for 10",
        &["#card-0 p", "#wheel-note"],
        "2",
        "Right: It returned: met by",
    ),
    (
        "8 children are pending when wait",
        &["#summary"],
        "cancelled",
        "Right: The combinator leaves",
    ),
    ("Who runs next?", &["#ready .batch"], "3", "Right: coro 0 is the first of its batch"),
];

#[test]
#[ignore = "needs a browser"]
fn the_quiz_has_five_kinds_of_questions_and_hides_their_answers() {
    in_page(CELL_3, WIDE, async |page| {
        page.press("Home").await;
        page.press("q").await;
        for (asked, hidden, answer, why) in QUIZ_OF_CELL_3 {
            if page.shows("#to-question").await {
                page.click("#to-question").await;
            }
            let question = page.text("#question").await;
            assert!(question.starts_with(asked), "{question}");
            for hidden in hidden {
                assert!(!page.shows(hidden).await, "{hidden}");
            }
            page.click(&format!("#candidates [data-answer='{answer}']")).await;
            let verdict = page.text("#verdict").await;
            assert!(verdict.starts_with(why), "{verdict}");
        }
        assert_eq!(page.text("#question").await, "There is no question any more.");
        assert_eq!(page.text("#score").await, "7 of 7 right.");
    });
}

#[test]
#[ignore = "needs a browser"]
fn two_recordings_are_compared_side_by_side() {
    in_page(CELL_3, WIDE, async |page| {
        let gather = page.folder().join("gather.html");
        fs::write(&gather, output_of("replay 5 --virtual --html -")).unwrap();
        page.press("c").await;
        page.choose("#file", &gather).await;
        page.wait_until("return document.getElementById('other-slots') !== null").await;
        let difference = page.text("#difference").await;
        assert!(difference.starts_with("They differ first in step "), "{difference}");
        page.click("#to-difference").await;
        assert!(difference.contains(&page.text("#sentence").await), "{difference}");
        assert!(difference.contains(&page.text("#other-sentence").await), "{difference}");

        let same = page.folder().join("same.jsonl");
        fs::write(&same, output_of(&format!("{CELL_3} --jsonl -"))).unwrap();
        page.choose("#file", &same).await;
        page.wait_until("return difference.textContent.includes('the same')").await;
        page.click("#end-compare").await;
        assert!(!page.shows("#other-slots").await);
    });
}

#[test]
#[ignore = "needs a browser"]
fn the_runs_of_a_fault_stand_side_by_side_where_they_differ_first() {
    in_page("faults 1", WIDE, async |page| {
        assert_eq!(page.text("#title").await, "the executor as it is");
        assert!(page.shows("#other-slots").await);
        let difference = page.text("#difference").await;
        assert!(difference.starts_with("They differ first in step "), "{difference}");
        assert!(difference.contains(&page.text("#other-sentence").await), "{difference}");
        let (right, faulty) = (page.text("#ready").await, page.text("#other-ready").await);
        assert_eq!(right.matches("eager").count() + 1, faulty.matches("eager").count());
        page.click("#end-compare").await;
        assert!(!page.shows("#other-slots").await);
    });
}

#[test]
#[ignore = "needs a browser"]
fn a_recording_of_cpython_stands_beside_a_scenario_and_its_order_is_compared() {
    let beside = "scenario tests/scenarios/first.json --beside tests/scenarios/first.cpython.jsonl";
    in_page(beside, WIDE, async |page| {
        let same = "The order of tasks is the same in Wheelhouse and in CPython 3.13.0: ";
        let difference = page.text("#difference").await;
        assert!(difference.starts_with(same), "{difference}");
        page.step_to(|it| it["ev"] == "jump").await;
        assert_eq!(page.text("#other-wheel-note").await, "time 0 s · 2 timers");
        assert!(page.text("#other-wheel").await.contains("heap"));
        for (kind, title) in [("wheel-pane", "look Timer heap"), ("slots-pane", "Tasks")] {
            assert_eq!(page.text(&format!(".run:nth-child(2) .{kind} h3")).await, title);
        }
        assert_eq!(page.text("#slots th").await, "Slot");
        page.step_to(|it| it["ev"] == "poll" && it["number"] == 2).await;
        for sentence in ["#sentence", "#other-sentence"] {
            let told = page.text(sentence).await;
            assert!(told.starts_with("q is next in the batch: its poll 2 begins."), "{told}");
        }
        assert_eq!(page.text("#other-performer").await, "by CPython 3.13.0");
    });
}

#[test]
#[ignore = "needs a browser"]
fn the_summaries_of_both_runs_stand_side_by_side_and_lead_to_the_steps_of_each() {
    in_page("faults 1", WIDE, async |page| {
        let (one, other) = (page.text("#summary").await, page.text("#other-summary").await);
        assert!(one.contains(" turn ") && other.contains(" turn "), "{one}\n{other}");
        let top = "return document.getElementById(arguments[0]).getBoundingClientRect().top";
        let tops = [
            page.script(&top.replace("arguments[0]", "'summary'")).await,
            page.script(&top.replace("arguments[0]", "'other-summary'")).await,
        ];
        assert_eq!(tops[0], tops[1]);
        let step = page.attribute("#other-summary a", "data-step").await.unwrap();
        page.click("#other-summary a").await;
        let title = page.text("#other-run-title").await;
        assert!(title.ends_with(&format!(", step {step}")), "{title}");
        page.click("#end-compare").await;
        assert!(!page.shows("#other-summary").await);
    });
}

/// By the task and what happens to it, not by the number of the step.
#[test]
#[ignore = "needs a browser"]
fn two_recordings_show_the_same_event_and_each_difference_can_be_gone_to() {
    in_page(CELL_3, WIDE, async |page| {
        let shuffled = page.folder().join("shuffled.jsonl");
        fs::write(&shuffled, output_of(&format!("{CELL_3} --shuffle 5 --jsonl -"))).unwrap();
        page.press("c").await;
        page.choose("#file", &shuffled).await;
        page.wait_until("return document.getElementById('other-slots') !== null").await;
        for kind in ["met", "over", "cancel", "unwind"] {
            page.step_to(|it| it["ev"] == kind).await;
            let (here, there) = (page.text("#sentence").await, page.text("#other-sentence").await);
            let first_words = |text: &str| text.split(" (").next().unwrap().to_owned();
            assert_eq!(first_words(&here), first_words(&there));
        }
        let names = page.script(
            "const regions = [...document.querySelectorAll('[role=region], article.run')];
            return regions.map((it) => it.ariaLabel ?? it.ariaLabelledByElements?.map((it) => it.textContent).join());",
        );
        let names = names.await;
        let names: Vec<_> = names.as_array().unwrap().iter().map(Value::to_string).collect();
        let distinct: std::collections::HashSet<_> = names.iter().collect();
        assert_eq!(distinct.len(), names.len(), "{names:?}");

        assert!(page.text("#differences").await.contains("comes in another order"));
        page.click("#differences li:nth-child(1) button").await;
        assert!(page.text("#other-sentence").await.starts_with("The seeded schedule reorders"));
        page.click("#differences li:nth-child(2) button").await;
        let number =
            "return Number(document.querySelector('#differences li:nth-child(2) b').textContent)";
        assert_eq!(page.script(number).await, json!(page.step().await));
        assert_eq!(page.text("#sentence").await, page.text("#other-sentence").await);
    });
}

/// Beside a difference stands another step of the second than beside the others.
#[test]
#[ignore = "needs a browser"]
fn a_link_and_back_lead_to_the_step_of_the_second_too() {
    const BESIDE: &str =
        "return document.getElementById('other-run-title').textContent.split(', ').at(-1)";
    in_page(CELL_3, WIDE, async |page| {
        let lines = output_of(&format!("{CELL_3} --shuffle 1 --jsonl -"));
        let file = page.write("shuffled.jsonl", &lines);
        page.press("c").await;
        page.choose("#file", &file).await;
        page.wait_until("return differences.querySelector('button') !== null").await;
        page.click("#to-difference").await;
        let (first, beside) = (page.step().await, page.script(BESIDE).await);
        assert_ne!(beside, json!(format!("step {first}")));
        page.click("#differences li:nth-child(2) button").await;
        page.script("history.back()").await;
        page.wait_until(&format!("return wheelhouse.step === {first}")).await;
        assert_eq!(page.script(BESIDE).await, beside);
        page.wait_until("return location.hash.includes('&beside=')").await;
        let hash = page.script("return location.hash").await;

        page.click("#end-compare").await;
        assert_eq!(page.script("return document.activeElement.id").await, json!("compare-switch"));
        page.wait_until("return !location.hash.includes('compare=')").await;

        page.open_at(hash.as_str().unwrap()).await;
        page.press("Home").await;
        page.wait_until("return location.hash.startsWith('#step=0&compare=')").await;
        page.open_at(hash.as_str().unwrap()).await;
        page.choose("#file", &file).await;
        page.wait_until("return document.getElementById('other-run-title') !== null").await;
        assert_eq!((page.step().await, page.script(BESIDE).await), (first, beside));
    });
}

#[test]
#[ignore = "needs a browser"]
fn what_is_no_recording_or_too_large_is_refused() {
    in_page(CELL_3, WIDE, async |page| {
        page.press("c").await;
        let text = page.write("notes.txt", "Dear diary");
        page.choose("#file", &text).await;
        page.wait_until("return refusal.textContent.includes('recording of Wheelhouse')").await;

        let large = page.write("large.jsonl", "");
        std::fs::File::options().write(true).open(&large).unwrap().set_len(100_000_001).unwrap();
        page.choose("#file", &large).await;
        page.wait_until("return refusal.textContent.includes('101 MB')").await;
        assert!(page.text("#refusal").await.contains("Record a shorter run"));

        let blanks = format!("{}{{\"header\"", " ".repeat(100_000_000));
        let html = page.html().replacen("{\"header\"", &blanks, 1);
        page.open(&page.write("large.html", &html)).await;
        assert!(page.text("#refusal").await.contains("at most 100 MB"));
        assert!(!page.shows("#slots").await);
    });
}

#[test]
#[ignore = "needs a browser"]
fn what_a_newer_recorder_says_is_shown_by_its_name() {
    in_page(CELL_3, WIDE, async |page| {
        let header =
            json!({ "wheelhouse": 1, "title": "newer", "clock": "virtual", "sources": {} });
        let lines = [header, json!({ "ev": "teleport", "t": 5, "task": "3" })];
        let newer = page.write("newer.jsonl", &lines.map(|it| it.to_string()).join("\n"));
        page.choose("#file", &newer).await;
        page.wait_until("return document.getElementById('other-slots') !== null").await;
        page.press("Home").await;
        let expected = "A step of Task-3 that this version doesn't know: teleport.";
        assert_eq!(page.text("#other-sentence").await, expected);
        page.press("End").await;
    });
}

/// The page of a recording of these steps.
fn page_of(steps: &[Value]) -> String {
    let header = json!({ "wheelhouse": 1, "title": "a run", "clock": "virtual" });
    let data = json!({ "header": header, "steps": steps }).to_string();
    let page = recording_of_much(1).to_html().unwrap();
    let begin = page.rfind("{\"header\"").unwrap();
    let end = begin + page[begin..].find("</script>").unwrap();
    format!("{}{data}{}", &page[..begin], &page[end..])
}

#[test]
#[ignore = "needs a browser"]
fn a_name_or_a_text_of_any_length_takes_little_of_the_page_and_an_empty_name_is_told() {
    let spawn = |task: &str, name: &str| json!({ "ev": "spawn", "task": task, "name": name, "t": 0, "at": null, "by": "0" });
    let done = |task: &str| json!({ "ev": "done", "task": task, "outcome": "returned", "text": null, "t": 0 });
    let note =
        json!({ "ev": "note", "task": "0", "text": "z".repeat(1_000_000), "at": null, "t": 0 });
    let steps = [
        spawn("0", "main"),
        spawn("1", &"n".repeat(10_000)),
        done("1"),
        note,
        spawn("2", ""),
        done("2"),
    ];
    in_page_of(&page_of(&steps), async |page| {
        page.widen(390).await;
        let tall = page.script(
            "return wheelhouse.steps.flatMap((_, step) => {
                wheelhouse.goto(step);
                const boxes = document.querySelectorAll('#sentence, #summary, #chapters button, #slots td');
                return [...boxes].filter((it) => it.offsetHeight > 400).map((it) => `${step} ${it.id} ${it.offsetHeight}`);
            });",
        );
        assert_eq!(tall.await, json!([]));
        let chapter = page.script("return Math.max(...[...chapters.querySelectorAll('button')].map((it) => it.offsetHeight))");
        assert!(chapter.await.as_u64().unwrap() < 120);
        assert!(page.text("#sentence").await.starts_with("Task-2 "));
    });
}

#[test]
#[ignore = "needs a browser"]
fn what_the_program_printed_stands_there_up_to_the_step() {
    let steps = [
        json!({ "ev": "spawn", "task": "0", "name": "main", "t": 0, "at": null, "by": null }),
        json!({ "ev": "print", "task": "0", "text": "the first line", "t": 0 }),
        json!({ "ev": "poll", "task": "0", "number": 1, "t": 0 }),
        json!({ "ev": "print", "task": null, "text": "the second line", "t": 0 }),
    ];
    in_page_of(&page_of(&steps), async |page| {
        for (step, lines) in
            ["", "the first line", "the first line", "the first line the second line"]
                .into_iter()
                .enumerate()
        {
            page.script(&format!("wheelhouse.goto({step})")).await;
            assert_eq!(page.text("#output").await, lines, "step {step}");
        }
        page.click("#output a").await;
        assert_eq!(page.step().await, 1);
    });
    in_page(CELL_3, WIDE, async |page| {
        let printed = page.script("return wheelhouse.steps.some(({ ev }) => ev === 'print')").await;
        assert_eq!(
            json!(page.shows("#output").await),
            printed,
            "a pane for output if there is any"
        );
    });
}

#[test]
#[ignore = "needs a browser"]
fn the_log_is_filtered_searched_and_leads_to_its_steps() {
    in_page("wait -n 1000 --fail none --seed 1 --virtual", WIDE, async |page| {
        let set = async |field: &str, value: &str| {
            let script = format!(
                "const it = document.getElementById('{field}');
                it.value = '{value}';
                it.dispatchEvent(new Event('input'));"
            );
            page.script(&script).await;
        };
        page.click("#tab-log").await;
        assert!(page.shows("#log li").await && !page.shows("#gantt").await);
        assert!(page.count("#log li").await < 40, "only the rows in sight exist");
        page.press("End").await;
        let last = page.last().await.to_string();
        assert_eq!(page.text("#log [aria-current] .no").await, last);

        set("log-words", "cascade").await;
        page.wait_until("return document.querySelectorAll('#log li').length > 0").await;
        page.click("#log li a").await;
        assert!(!page.event().await["moved"].as_array().unwrap().is_empty());
        assert!(page.text("#log [aria-current]").await.contains("to a lower level"));
        let focus = "return document.activeElement.matches('#log [aria-current]')";
        assert_eq!(page.script(focus).await, json!(true));

        set("log-words", "").await;
        set("log-kind", "polls").await;
        set("log-task", "coro 7").await;
        let rows =
            "return [...document.querySelectorAll('#log .told')].map((it) => it.textContent)";
        let rows = page.script(rows).await;
        let rows = rows.as_array().unwrap();
        assert_eq!(rows.len(), 5, "{rows:?}");
        assert!(rows.iter().all(|it| it.as_str().unwrap().contains("coro 7")), "{rows:?}");
        assert!(page.text("#log-note").await.starts_with("5 of "));

        page.script("dispatchEvent(new Event('beforeprint'))").await;
        assert_eq!(page.count("#handout .transcript li").await, 5);
    });
}

#[test]
#[ignore = "needs a browser"]
fn the_dials_show_which_digit_of_a_deadline_chooses_the_list() {
    in_page(CELL_3, WIDE, async |page| {
        page.press("g").await;
        let wrong = page.script(
            "const placed = wheelhouse.steps.map((it, step) => ({ ...it, step })).filter(({ level }) => Number.isInteger(level));
            return placed.filter(({ step, timer, level, list }) => {
                wheelhouse.goto(step);
                const mark = document.querySelector(`#dials [data-level='${level}'] [data-timer='${timer}'][data-list='${list}']`);
                const chosen = document.querySelector('.digits tbody tr:last-child [data-chosen=true]');
                const [time, deadline] = [...document.querySelectorAll('.digits tbody tr')].map((row) => [...row.cells].slice(1).map((it) => it.textContent));
                const first = time.findIndex((it, nth) => it !== deadline[nth]);
                return !mark || chosen.textContent !== String(list) || 10 - first !== level;
            }).length;",
        );
        assert_eq!(wrong.await, json!(0));
        assert!(page.count("#dials [data-timer]").await > 0);
    });
}

#[test]
#[ignore = "needs a browser"]
fn the_source_of_the_executor_is_shown_for_each_step() {
    in_page(CELL_3, WIDE, async |page| {
        page.step_to(|it| it["ev"] == "turn").await;
        assert_eq!(page.text("#performer").await, "by fn take_batch");
        page.press("e").await;
        let shown = page.text("#source").await;
        assert!(shown.contains("executor/src/run/core.rs") && shown.contains("fn take_batch("));
        let unknown = page.script(
            "return wheelhouse.steps.filter((_, step) => {
                wheelhouse.goto(step);
                const name = performer.textContent.replace('by fn ', '');
                return !document.getElementById('source').textContent.includes(`fn ${name}`);
            });",
        );
        assert_eq!(unknown.await, json!([]));
        page.press("e").await;
        page.step_to(|it| it["ev"] == "met").await;
        assert!(page.text("#source [data-lit]").await.contains("waiting.await"));
    });
}

#[test]
#[ignore = "needs a browser"]
fn of_a_program_the_line_that_runs_is_lit() {
    in_page(&example("turns"), WIDE, async |page| {
        page.step_to(|it| it["ev"] == "reach" && it["task"] == "1").await;
        assert_eq!(page.text("#sentence").await, "main comes to line 20 of turns.py.");
        let lit = page.text("#source [data-lit]").await;
        assert!(lit.contains("await asyncio.gather(count("), "{lit}");
        page.step_to(|it| it["ev"] == "awaits" && it["task"] == "2").await;
        assert!(page.text("#source [data-lit]").await.contains("await asyncio.sleep(0)"));
        assert!(page.shows("#source [data-lit] [data-role=waits][data-task='2']").await);
        page.press("ArrowRight").await;
        assert!(page.shows("#source [data-lit] [data-task='2']").await, "it is the same one");
    });
}

/// Wherever a step has a place, that line is lit. What is polled lights the line that it is at.
#[test]
#[ignore = "needs a browser"]
fn of_programs_and_scenarios_each_step_lights_its_line() {
    let files = [example("group_fails"), example("shield"), case("group-child-error")];
    for arguments in files {
        in_page(&arguments, WIDE, async |page| {
            let wrong = page.script(
                "return wheelhouse.steps.flatMap(({ at }, step) => {
                    wheelhouse.goto(step);
                    const lit = document.querySelector('#source [data-lit]')?.dataset.line;
                    const { polled, tasks } = wheelhouse.state(step);
                    const place = tasks[polled]?.at ?? at;
                    return place && place.split(':')[1] !== lit ? [[step, place, lit]] : [];
                });",
            );
            assert_eq!(wrong.await, json!([]), "{arguments}");
        });
    }
}

#[test]
#[ignore = "needs a browser"]
fn beside_a_cell_stands_the_same_in_python_and_both_lines_are_lit() {
    in_page(CELL_3, WIDE, async |page| {
        let lit = "#translation [data-lit]";
        page.step_to(|it| it["ev"] == "spawn" && it["task"] == CORO_7).await;
        assert!(page.text("#source [data-lit]").await.contains("spawn(coro("));
        assert!(page.text(lit).await.contains("asyncio.create_task(coro("));
        page.step_to(|it| it["ev"] == "met").await;
        assert!(page.text(lit).await.contains("await asyncio.wait(tasks, return_when"));
        page.step_to(|it| it["ev"] == "awaits" && it["task"] == CORO_7).await;
        assert!(page.text(lit).await.contains("await asyncio.sleep(seconds)"));
        let is_told = async |how: &str| page.shows(&format!("{lit}[data-how='{how}']")).await;
        page.step_to(|it| it["ev"] == "fail" && it["task"] == CORO_7).await;
        assert!(page.text(lit).await.contains("raise Exception("));
        assert!(!page.shows(&format!("{lit}[data-how]")).await, "it runs there");
        page.step_to(|it| it["ev"] == "poll" && it["task"] == CORO_7 && it["number"] == 1).await;
        assert!(is_told("spawned here").await);
        page.step_to(|it| it["ev"] == "poll" && it["task"] == CORO_7 && it["number"] == 2).await;
        assert!(is_told("goes on from here").await);
        page.press("e").await;
        assert!(!page.script("return translation.checkVisibility()").await.as_bool().unwrap());
    });
}

#[test]
#[ignore = "needs a browser"]
fn where_there_is_no_translation_nothing_stands_beside_the_source() {
    in_page(&example("turns"), WIDE, async |page| {
        assert_eq!(page.script("return translation.checkVisibility()").await, json!(false));
    });
}

#[test]
#[ignore = "needs a browser"]
fn a_tree_shows_who_waits_for_whom() {
    let executor = Executor::builder().clock(Clock::Virtual).build();
    executor.start_recording();
    executor.block_on(async {
        let inner = spawn(sleep(Duration::from_millis(3))).named("inner");
        let outer = spawn(async move { inner.await.unwrap() }).named("outer");
        let other = spawn(sleep(Duration::from_millis(5))).named("other");
        drop(spawn(sleep(Duration::from_millis(9))).named("loner"));
        wait([outer, other]).await;
    });
    in_page_of(&executor.stop_recording().to_html().unwrap(), async |page| {
        page.press("g").await;
        page.press("g").await;
        page.step_to(|it| it["ev"] == "jump").await;
        let below = |path: &str| format!("#waits > ul > li{path}");
        let main = page.text(&below(":nth-child(1)")).await;
        assert!(main.starts_with("main … waiting watch 0 (wait for 2"), "{main}");
        assert!(main.contains("of which 2 of 2 tasks are left"), "{main}");
        let child = " > ul > li > ul > li";
        let outer = page.text(&below(&format!("{child}:nth-child(1)"))).await;
        assert_eq!(outer, "outer … waiting inner … waiting for timer 0, due at 3 ms");
        let other = page.text(&below(&format!("{child}:nth-child(2)"))).await;
        assert!(other.starts_with("other … waiting for timer "), "{other}");
        let loner = page.text(&below(":nth-child(2)")).await;
        assert!(loner.starts_with("loner … waiting for timer "), "{loner}");
    });
}

#[test]
#[ignore = "needs a browser"]
fn a_cascade_shows_what_moves_where() {
    in_page("wait -n 100 --fail none --seed 1 --virtual", WIDE, async |page| {
        page.press("g").await;
        page.step_to(|it| it["moved"].as_array().is_some_and(|it| !it.is_empty())).await;
        let moved = page.event().await["moved"].clone();
        let moved = moved.as_array().unwrap();
        assert_eq!(page.count("#dials .move").await, moved.len());
        assert_eq!(page.count("#dials [data-moved=true]").await, moved.len());
        let words = page.text("#dials-words").await;
        let [from, to] = [&moved[0]["from"], &json!([moved[0]["level"], moved[0]["list"]])];
        let line = format!("level {}, list {} → level {}, list {}", from[0], from[1], to[0], to[1]);
        assert!(words.contains("Cascade.") && words.contains(&line), "{words}");
    });
}

#[test]
#[ignore = "needs a browser"]
fn an_empty_recording_shows_a_sentence() {
    in_page(CELL_3, WIDE, async |page| {
        let html = page_of(&[]);
        page.open(&page.write("empty.html", &html)).await;
        let expected = "Nothing was recorded: the executor did not run.";
        assert_eq!(page.text("#sentence").await, expected);
        page.press("ArrowRight").await;
        page.press("q").await;
    });
}

#[test]
#[ignore = "needs a browser"]
fn both_widths_do_without_scrolling_sideways() {
    for size in [WIDE, NARROW] {
        in_page(CELL_3, size, async |page| {
            assert_eq!(page.script("return innerWidth").await, json!(size.0));
            let too_wide = page.script(
                "return wheelhouse.steps.findIndex((_, step) => {
                    wheelhouse.goto(step);
                    return document.documentElement.scrollWidth > innerWidth;
                });",
            );
            assert_eq!(too_wide.await, json!(-1));
        });
    }
}

/// Where one has to scroll, what is used most comes first; and the keyboard goes that way.
#[test]
#[ignore = "needs a browser"]
fn on_a_narrow_window_source_output_and_chart_come_before_the_loop() {
    const WIDE_ORDER: &str = "source output inbox wheel ready poll due park slots cards gantt";
    const NARROW_ORDER: &str = "source output gantt cards slots inbox wheel ready poll due park";
    in_page(CELL_3, WIDE, async |page| {
        let order = "[...document.querySelectorAll('.pane [data-pane]')].map((it) => it.id)
             .filter((id) => /^(source|output|inbox|wheel|ready|poll|due|park|slots|cards|gantt)$/.test(id))";
        let widths = [(1280, WIDE_ORDER), (900, NARROW_ORDER), (768, NARROW_ORDER)];
        for (width, expected) in widths.into_iter().chain([390, 320].map(|it| (it, NARROW_ORDER))) {
            page.widen(width).await;
            page.wait_until(&format!("return {order}.join(' ') === {expected:?}")).await;
            let columns = if width < 700 { "1" } else { "3" };
            let misplaced = format!(
                "const boxes = {order}.map((id) => document.getElementById(id).closest('.pane').getBoundingClientRect());
                 const isAfter = (it, before) => it.top >= before.bottom - 1 || {columns} > 1 && it.left >= before.right - 1;
                 return boxes.filter((it, nth) => nth > 0 && !isAfter(it, boxes[nth - 1])).length;"
            );
            assert_eq!(page.script(&misplaced).await, json!(0), "{width}");
        }
    });
}

/// The controls stand over the page there.
#[test]
#[ignore = "needs a browser"]
fn on_a_phone_no_element_gets_the_focus_under_the_controls() {
    in_page(CELL_3, NARROW, async |page| {
        page.step_to(|it| it["ev"] == "met").await;
        let covered = page.script(
            "const focusable = '#chapters button, #runs :is(a, button, select, [tabindex=\"0\"])';
             const isCovered = (it) => {
                 scrollTo(0, 0);
                 it.focus();
                 const top = it.getBoundingClientRect().top;
                 return top > transport.getBoundingClientRect().top - 2 && top < innerHeight;
             };
             const shown = [...document.querySelectorAll(focusable)].filter((it) => it.getClientRects().length > 0);
             return shown.length > 30 ? shown.filter(isCovered).map((it) => it.outerHTML) : null;",
        );
        assert_eq!(covered.await, json!([]));
    });
}

/// As one is that is enlarged to 400 %.
#[test]
#[ignore = "needs a browser"]
fn in_a_low_window_nothing_stays_where_it_is_while_one_scrolls() {
    in_page(CELL_3, NARROW, async |page| {
        const FIXED: &str =
            "const stays = (it) => ['fixed', 'sticky'].includes(getComputedStyle(it).position);
            return [...document.querySelectorAll('#transport, .sentence')].filter(stays).length";
        assert_eq!(page.script(FIXED).await, json!(2));
        page.resize((320, 225)).await;
        assert_eq!(page.script(FIXED).await, json!(0));
        let too_wide = "return document.documentElement.scrollWidth > innerWidth";
        assert_eq!(page.script(too_wide).await, json!(false));
    });
}

/// A window is made narrower while one reads the log.
#[test]
#[ignore = "needs a browser"]
fn the_focus_stays_where_it_is_when_the_panes_change_their_order() {
    in_page(CELL_3, WIDE, async |page| {
        page.press("g").await;
        page.script("document.querySelector('#tab-log').focus()").await;
        page.widen(768).await;
        let first = "return document.querySelector('.texts').nextElementSibling.className";
        page.wait_until(&format!("{first}.includes('gantt')")).await;
        assert_eq!(page.script("return document.activeElement.id").await, "tab-log");
    });
}

#[test]
#[ignore = "needs a browser"]
fn the_page_opens_on_a_summary_and_has_a_button_for_each_chapter() {
    in_page(CELL_3, WIDE, async |page| {
        assert_eq!(page.text("#title").await, "wheelhouse replay 3 --virtual");
        let summary = page.text("#summary").await;
        for told in [
            "was run on a virtual clock: it spawned 10 tasks, and used wait for 10 until",
            "main returned after 600 ms, in turn",
            "8 ended as cancelled",
            "the end of coro 7 met the condition",
            "main cancelled 8 tasks",
        ] {
            assert!(summary.to_lowercase().contains(&told.to_lowercase()), "{summary}\n{told}");
        }
        let chapters = [
            ("main spawns 10 tasks", json!("spawn")),
            ("all wait: the clock jumps", json!("jump")),
            ("a timer fires, of coro 2", json!("fire")),
            ("coro 2 returns", json!("done")),
            ("wait returns", json!("over")),
            ("main cancels 8 tasks", json!("cancel")),
            ("main returns", json!("done")),
        ];
        for (name, event) in chapters {
            let button = format!(
                "const it = [...chapters.querySelectorAll('button')].find((it) => it.innerText.endsWith({name:?}));
                it.click();
                return [it.getAttribute('aria-current'), document.querySelectorAll('#gantt [data-chapter=\"' + it.dataset.chapter + '\"]').length];"
            );
            assert_eq!(page.script(&button).await, json!(["step", 1]), "{name}");
            assert_eq!(page.event().await["ev"], event, "{name}");
        }
        page.press("q").await;
        page.press("Home").await;
        assert!(!page.text("#story").await.contains("returns"), "nobody is told what is asked");
    });
}

#[test]
#[ignore = "needs a browser"]
fn the_recording_of_a_failure_opens_at_the_failure() {
    let executor = Executor::builder().clock(Clock::Virtual).build();
    executor.start_recording();
    executor.block_on(async {
        let task = spawn(async {
            sleep(Duration::from_millis(3)).await;
            panic!("the disk is full");
        });
        spawn(yield_now()).await.unwrap();
        task.named("saver").await.unwrap_err();
    });
    in_page_of(&executor.stop_recording().to_html().unwrap(), async |page| {
        assert_eq!(page.event().await["outcome"], "panicked");
        assert!(page.text("#chapters [aria-current]").await.ends_with("saver panics"));
        let summary = page.text("#summary").await;
        assert!(summary.contains("saver failed with the disk is full (step"), "{summary}");
    });
}

#[test]
#[ignore = "needs a browser"]
fn on_paper_each_chapter_has_its_sentence_and_its_state() {
    in_page(CELL_3, WIDE, async |page| {
        page.script("dispatchEvent(new Event('beforeprint'))").await;
        let handout = page.script("return handout.textContent").await;
        let handout = handout.as_str().unwrap();
        assert!(handout.contains("main cancels 8 tasks step "), "{handout}");
        assert!(handout.contains("main cancels coro 0: it is asked to end."), "{handout}");
        assert!(handout.contains("coro 3 (for timer 0 (1.59 s))"), "{handout}");
        assert!(handout.contains("wait: donecoro 2, coro 7wait: pendingcoro 0, "), "{handout}");
        page.script("dispatchEvent(new Event('afterprint'))").await;
        assert_eq!(page.count("#handout section").await, 0);
    });
}

#[test]
#[ignore = "needs a browser"]
fn no_width_makes_the_page_scroll_sideways_or_cuts_a_text() {
    in_page(CELL_3, WIDE, async |page| {
        for width in (320..=1920).step_by(80) {
            page.widen(width).await;
            let faults = page.script(
                "const texts = document.querySelectorAll('.sentence, .line-of-chips, .aside, #poll p, .due-at, td.state');
                const isCut = (it) => it.scrollWidth > it.clientWidth + 1 || it.scrollHeight > it.clientHeight + 2;
                const isTooWide = () => document.documentElement.scrollWidth > innerWidth;
                const faults = (step) => {
                    wheelhouse.goto(step);
                    const cut = [...texts].filter((it) => it.clientHeight > 0 && isCut(it));
                    return cut.map((it) => it.textContent).concat(isTooWide() ? ['too wide'] : []);
                };
                const steps = wheelhouse.steps.map((_, step) => step).filter((step) => step % 5 === 0);
                return steps.flatMap((step) => faults(step));",
            );
            assert_eq!(faults.await, json!([]), "{width} px");
        }
    });
}

/// As a path may be that an error tells of.
#[test]
#[ignore = "needs a browser"]
fn a_long_word_of_the_program_makes_no_page_scroll_sideways() {
    let path = "/a".repeat(120);
    let told = output_of(&format!("{CELL_3} --html -")).replace("Exception on i = 7", &path);
    in_page_of(&told, async |page| {
        page.press("c").await;
        let lines = output_of(&format!("{CELL_3} --jsonl -"));
        page.choose("#file", &page.write("other.jsonl", &lines)).await;
        page.wait_until("return difference.textContent !== ''").await;
        assert!(page.text("#summary").await.contains(&path));
        assert!(page.text("#difference").await.contains(&path));
        for width in [320, 390, 1280] {
            page.widen(width).await;
            let too_wide = page.script(
                "return wheelhouse.steps.findIndex(({ ev, text }, step) => {
                    if (!['fail', 'print', 'over'].includes(ev)) return false;
                    wheelhouse.goto(step);
                    return document.documentElement.scrollWidth > innerWidth;
                });",
            );
            assert_eq!(too_wide.await, json!(-1), "{width} px");
        }
    });
}

#[test]
#[ignore = "needs a browser"]
fn the_field_for_the_step_shows_all_digits_of_a_large_number() {
    in_page(CELL_3, WIDE, async |page| {
        for width in [320, 360, 390, 480, 640, 1280] {
            page.widen(width).await;
            let hidden = page.script(
                "const field = document.getElementById('step');
                field.value = 999999;
                return Math.max(field.scrollWidth - field.clientWidth, 0);",
            );
            assert_eq!(hidden.await, json!(0), "{width} px");
        }
    });
}

#[test]
#[ignore = "needs a browser"]
fn the_entry_the_queue_and_the_card_of_a_wait_show_all_lines_without_scrolling() {
    in_page(CELL_3, WIDE, async |page| {
        let cut = page.script(
            "const isCut = (it) => it.scrollHeight > it.clientHeight + 1;
            return wheelhouse.steps.flatMap((_, step) => {
                wheelhouse.goto(step);
                return ['poll', 'ready', 'cards'].filter((it) => isCut(document.getElementById(it))).map((it) => `${it} ${step}`);
            });",
        );
        assert_eq!(cut.await, json!([]));
    });
}

#[test]
#[ignore = "needs a browser"]
fn where_the_system_gives_the_colours_tasks_keep_theirs() {
    in_page(CELL_3, WIDE, async |page| {
        page.step_to(|it| it["ev"] == "met").await;
        let colours = "const of = (css, name) => getComputedStyle(document.querySelector(css))[name];
            return [of('.card .dot', 'backgroundColor'), of('#slots button.task', 'borderLeftColor'), of('#wheel .timer-mark', 'backgroundColor')];";
        let chosen = page.script(colours).await;
        page.emulate("forced-colors", "active").await;
        assert_eq!(
            page.script("return matchMedia('(forced-colors: active)').matches").await,
            json!(true)
        );
        assert_eq!(page.script(colours).await, chosen);
        let phase =
            "return getComputedStyle(document.querySelector('[data-active=true]')).outlineStyle";
        assert_eq!(page.script(phase).await, json!("solid"), "the phase is seen");
    });
}

#[test]
#[ignore = "needs a browser"]
fn motion_is_left_out_for_those_who_do_not_want_it() {
    in_page("wait -n 100 --fail none --seed 1 --virtual", WIDE, async |page| {
        page.step_to(|it| it["moved"].as_array().is_some_and(|it| !it.is_empty())).await;
        let motion = "return getComputedStyle(document.querySelector('#wheel [data-moved=true]')).animationName";
        page.emulate("prefers-reduced-motion", "no-preference").await;
        assert_eq!(page.script(motion).await, json!("arrive"));
        page.emulate("prefers-reduced-motion", "reduce").await;
        assert_eq!(page.script(motion).await, json!("none"));
    });
}

#[test]
#[ignore = "needs a browser"]
fn nothing_to_press_is_smaller_than_a_finger() {
    for size in [WIDE, NARROW] {
        in_page(CELL_3, size, async |page| {
            page.step_to(|it| it["ev"] == "met").await;
            let small = page.script(
                "const pressed = 'button, input, select, summary, .dot, .ready-pane .task';
                const isSmall = ({ width, height }) => width > 0 && (width < 24 || height < 24);
                const all = [...document.querySelectorAll(pressed)];
                return all.filter((it) => it.checkVisibility() && isSmall(it.getBoundingClientRect())).map((it) => it.outerHTML);",
            );
            assert_eq!(small.await, json!([]));
        });
    }
}

#[test]
#[ignore = "needs a browser"]
fn everything_that_can_be_used_has_a_name() {
    in_page(CELL_3, WIDE, async |page| {
        let nameless = page.script(
            "const name = (it) => it.ariaLabel || it.labels?.[0]?.textContent.trim()
                || (it.matches('button') && it.textContent.trim());
            const used = document.querySelectorAll('button, input, select, progress, [tabindex]');
            return [...used].filter((it) => !name(it)).map((it) => it.outerHTML);",
        );
        assert_eq!(nameless.await, json!([]));
        assert!(page.shows("main, nav[aria-label], header").await);
        assert!(page.shows("#sentence[aria-live=polite]").await);
    });
}

#[test]
#[ignore = "needs a browser"]
fn ten_thousand_tasks_are_a_map_and_the_rows_of_interest() {
    in_page("wait -n 10000 --fail none --seed 1 --virtual", WIDE, async |page| {
        page.open_at("#step=90000").await;
        assert!(page.count("#slots tbody tr").await < 64);
        assert!(page.shows("#map").await);
        let pace = page.script(
            "const begin = performance.now();
            for (let nth = 0; nth < 20; nth++) wheelhouse.goto(7919 * nth);
            return (performance.now() - begin) / 20;",
        );
        let per_step = pace.await.as_f64().unwrap();
        assert!(per_step < 1000.0, "{per_step} ms for a step");
    });
}

/// A task that is shown as the last one of a page that grows.
fn run_named(executor: &Executor, name: &'static str) {
    executor.block_on(async move { spawn(yield_now()).named(name).await.unwrap() });
}

#[test]
#[ignore = "needs a browser"]
fn a_page_shows_the_end_of_a_program_that_runs_and_waits_while_one_looks_elsewhere() {
    let mut live = viewer::live::serve().unwrap();
    let executor = Executor::new();
    live.show(executor.follow_recording().titled("a program"));
    in_page_of("", async |page| {
        page.go(&live.url()).await;
        page.wait_until("return document.querySelector('#facts').innerText.includes('real clock')")
            .await;
        // The time of the timers is known before anything runs.
        page.wait_until("return wheelhouse.steps.length === 1").await;
        assert!(!page.shows("#sentence").await && !page.shows("#story").await);
        run_named(&executor, "the first");
        page.wait_until("return document.querySelector('#slots').innerText.includes('the first')")
            .await;
        assert_eq!(page.text("#title").await, "a program");
        let follows = "return wheelhouse.step === wheelhouse.steps.length - 1";
        assert_eq!(page.script(follows).await, true);
        assert_eq!(page.text("#growth").await, "The program runs.");

        page.press("Home").await;
        let last = page.last().await;
        run_named(&executor, "the second");
        page.wait_until("return !document.querySelector('#show-growth').hidden").await;
        assert_eq!((page.step().await, page.last().await), (0, last));

        drop(live);
        let ended = "return document.querySelector('#growing').innerText.startsWith('The program has ended. A reload of this page loses its steps')";
        page.wait_until(ended).await;
        // What isn't shown yet is saved, too.
        page.script(KEEP_WHAT_IS_SAVED).await;
        page.press("s").await;
        page.click("#save-recording").await;
        page.wait_until("return 'a-program.jsonl' in saved").await;
        let saved = page.script("return saved['a-program.jsonl']").await;
        let saved = viewer::Recording::parse(saved.as_str().unwrap()).unwrap();
        assert_eq!(saved.len(), executor.recorded().len());
        page.press("Escape").await;
        page.click("#show-growth").await;
        let steps = u64::try_from(executor.recorded().len()).unwrap();
        assert_eq!((page.step().await, page.last().await), (steps - 1, steps - 1));
        assert!(!page.shows("#show-growth").await);
        assert!(page.text("#slots").await.contains("the second"));

        // As a browser saves it.
        let saved = page.script("return document.documentElement.outerHTML").await;
        let saved =
            page.write("saved.html", &format!("<!doctype html>\n{}", saved.as_str().unwrap()));
        page.open(&saved).await;
        assert_eq!((page.last().await, page.shows("#growth").await), (steps - 1, false));
        page.press("End").await;
        assert!(page.text("#slots").await.contains("the second"));
        // The policy allows no style attributes, which scripts have set and set anew.
        let complaints = page.complaints().await;
        assert!(complaints.iter().all(|it| it.contains("Applying inline style")), "{complaints:?}");
    });
}

/// While it runs, nobody knows yet how it ends.
#[test]
#[ignore = "needs a browser"]
fn the_summary_of_a_program_that_runs_is_told_so_far_and_as_a_whole_once_that_ends() {
    let (tell, told) = mpsc::channel();
    let (end, ended) = mpsc::channel::<()>();
    let program = thread::spawn(move || {
        let mut live = viewer::live::serve().unwrap();
        let executor = Executor::new();
        live.show(executor.follow_recording().titled("a program"));
        tell.send(live.url()).unwrap();
        executor.block_on(async {
            spawn(yield_now()).await.unwrap();
            let _ = ended.recv();
        });
    });
    let url = told.recv().unwrap();
    in_page_of("", async |page| {
        page.go(&url).await;
        let summary = "const words = document.querySelector('#summary').textContent;";
        page.wait_until(&format!(
            "{summary} return words.includes('So far main isn\\'t done after ')"
        ))
        .await;
        drop(end);
        page.wait_until(&format!("{summary} return words.includes('main returned after ')")).await;
        assert!(!page.text("#summary").await.contains("So far"));
    });
    program.join().unwrap();
}

/// Somebody with a question, who uses the mouse alone, and reads.
struct Student<'a> {
    page: &'a Page,
    clicks: Cell<usize>,
    words: Cell<usize>,
}

impl<'a> Student<'a> {
    fn before(page: &'a Page) -> Self {
        Self { page, clicks: Cell::new(0), words: Cell::new(0) }
    }

    async fn clicks(&self, css: &str) {
        self.page.click(css).await;
        self.clicks.update(|it| it + 1);
    }

    async fn clicks_chapter(&self, name: &str) {
        let find = format!(
            "return [...chapters.children].findIndex((it) => it.innerText.includes({name:?})) + 1"
        );
        let place = self.page.script(&find).await;
        self.clicks(&format!("#chapters li:nth-child({place}) button")).await;
    }

    async fn reads(&self, css: &str, answer: &str) {
        let text = self.page.text(css).await;
        assert!(text.contains(answer), "{css}: {text}\nexpected: {answer}");
        self.words.update(|it| it + text.split(' ').count());
    }

    /// Says what the answer took, which may not be more than this.
    fn has_done(&self, question: &str, clicks: usize, words: usize) {
        let took = (self.clicks.get(), self.words.get());
        println!("{question} Clicks: {}. Words: {}.", took.0, took.1);
        assert!(took.0 <= clicks && took.1 <= words, "{took:?}");
    }
}

#[test]
#[ignore = "needs a browser"]
fn a_student_finds_why_coroutine_8_is_pending() {
    in_each_browser(CELL_3, &async |page| {
        let student = Student::before(page);
        student.clicks_chapter("wait returns").await;
        student.reads("#card-0", "8 pending").await;
        assert!(page.shows("#card-0 [data-role=pending][aria-label='coro 8 (Task-10)']").await);
        student.reads("#card-0 .met", "Decided by coro 7: an error").await;
        student.reads("#slots tr[data-task='10']", "timer 9 (1.13 s)").await;
        student.has_done("Why is coroutine 8 pending?", 1, 95);
    });
}

#[test]
#[ignore = "needs a browser"]
fn a_student_finds_when_main_resumes_and_why_two_turns_later() {
    in_each_browser(CELL_3, &async |page| {
        let student = Student::before(page);
        student.reads("#sentence", "coro 7 has failed").await;
        student.reads("#of", "turn 6").await;
        student.clicks_chapter("wait returns").await;
        student.reads("#of", "turn 8").await;
        student.clicks("#card-0 .met a").await;
        student.reads("#sentence", "A notice will tell main.").await;
        student.clicks("#forward").await;
        student.reads("#sentence", "what joins during turn 6 runs in turn 7").await;
        student.has_done("When does main resume after the failure, and why then?", 3, 120);
    });
}

#[test]
#[ignore = "needs a browser"]
fn a_student_finds_a_cascade_and_the_wheel_before_it() {
    in_each_browser("wait -n 100 --fail none --seed 1 --virtual", &async |page| {
        let student = Student::before(page);
        student.clicks_chapter("timers cascade").await;
        student.clicks("#tab-wheel").await;
        student
            .reads("#dials-words ol", "timer 48 of coro 48: level 4, list 14 → level 3, list 57")
            .await;
        assert!(page.shows("#dials [data-level='3'] [data-timer='48'][data-list='57']").await);
        student.clicks("#back").await;
        assert!(page.shows("#dials [data-level='4'] [data-timer='48'][data-list='14']").await);
        student.has_done("What does the wheel look like before and after a cascade?", 3, 20);
    });
}

#[test]
#[ignore = "needs a browser"]
fn a_student_sees_which_task_runs_next() {
    in_each_browser(CELL_3, &async |page| {
        let student = Student::before(page);
        student.clicks_chapter("main spawns 10 tasks").await;
        student.reads("#ready .queue li:first-child", "coro 3").await;
        student.has_done("Which task runs next?", 1, 2);
        let after = page.event_after(|it| it["ev"] == "poll").await;
        assert_eq!(after["task"], "1", "that is coro 3");
    });
}

#[test]
#[ignore = "needs a browser"]
fn a_student_finds_what_a_task_group_does_when_a_child_fails() {
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/group_fails.py");
    in_each_browser(&format!("run {program}"), &async |page| {
        let student = Student::before(page);
        student.reads("#summary", "and then the task group cancelled child('e', 9)").await;
        student.clicks_chapter("task group cancels child('e', 9)").await;
        student
            .reads("#cards .card", "child('d', ..) failed: what is left in it is cancelled")
            .await;
        student.clicks_chapter("task group: it fails").await;
        student.reads("#sentence", "it fails, as 1 in it failed").await;
        student.has_done("What does a task group do when a child fails?", 2, 130);
    });
}

/// However they may have got in.
#[test]
#[ignore = "needs a browser"]
fn no_other_script_and_style_than_its_own_work() {
    in_page(CELL_3, WIDE, async |page| {
        let has_worked = page.script(
            "const add = (tag, text) => {
                const element = document.createElement(tag);
                element.textContent = text;
                document.body.append(element);
            };
            add('script', 'window.injected = true');
            add('style', 'h1 { color: rgb(1, 2, 3) }');
            const colour = getComputedStyle(document.querySelector('h1')).color;
            return [window.injected === true, colour === 'rgb(1, 2, 3)'];",
        );
        assert_eq!(has_worked.await, json!([false, false]));
        assert_eq!(page.complaints().await.len(), 2);
    });
}
