//! Recordings are shown in words, as a chart, as a page.

use std::collections::HashSet;
use std::future::pending;
use std::rc::Rc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use combinators::{FirstCompleted, FirstException, gather, task_group, timeout, wait};
use executor::trace::Recording;
use executor::{Executor, catch_cancel, sleep, spawn, yield_now};
use miniz_oxide::inflate::decompress_to_vec;
use viewer::{Host, Scene, View};
use wheelhouse_tests::{ms, turns, virtual_executor};

// In words ----------------------------------------------------------------------------

fn busy() -> Recording {
    record_much(&virtual_executor())
}

/// A run in which nearly everything happens.
fn record_much(executor: &Executor) -> Recording {
    executor.start_recording();
    executor.block_on(async {
        let tasks: Vec<_> = (1..5).map(|time| spawn(sleep(ms(time))).named("sleeper")).collect();
        yield_now().await;
        tasks[2].cancel();
        let waited = wait(tasks).return_when(FirstCompleted).await;
        drop(gather(waited.pending.into_tasks()).return_exceptions().await);
        let outer = spawn(async { spawn(sleep(ms(9))).await });
        turns(2).await;
        outer.cancel();
        drop(outer.await);
        drop(timeout(ms(1), catch_cancel(sleep(ms(2)))).await);
        drop(task_group(async |group| drop(group.spawn(nap(3, Some("no disk"))))).await);
        executor::trace::note("a remark");
        executor::trace::printed("a line");
    });
    executor.stop_recording()
}

/// Fails if it is told to, after so many milliseconds.
async fn nap(time: u64, error: Option<&'static str>) -> Result<u64, &'static str> {
    sleep(ms(time)).await;
    error.map_or(Ok(time), Err)
}

#[test]
fn a_failure_is_told_of_with_its_reason() {
    let executor = virtual_executor();
    executor.start_recording();
    executor.block_on(async {
        let tasks = [(1, None), (2, Some("no disk"))];
        let tasks = tasks.map(|(time, error)| spawn(nap(time, error)).named(format!("nap {time}")));
        drop(wait(tasks).return_when(FirstException).await);
    });
    let recording = executor.stop_recording();
    let told: Vec<_> = recording.scenes().map(|scene| scene.sentence).collect();
    let at =
        told.iter().position(|it| it.starts_with("`nap 2` has failed")).expect("it is told of");
    let expected = [
        "`nap 2` has failed: it ended with an error (in step 48), `no disk`.",
        "The outcome of `nap 2` (step 50) is an error: `no disk`.",
        "Watch 0 (wait for 2 until FirstException) looks at how `nap 2` (child 1) has ended \
         (step 50): an error, so the wait is over. A notice will tell `main`.",
    ];
    assert_eq!(told[at..at + 3], expected);
    let ends: Vec<_> =
        recording.to_timeline(60).lines().map(|line| line.chars().last()).take(3).collect();
    assert_eq!(ends, [Some('✓'), Some('✓'), Some('✗')]);
}

#[test]
fn a_run_that_cant_go_on_is_told_of_with_what_its_end_cancels() {
    let executor = virtual_executor();
    executor.start_recording();
    let main = async { drop(spawn(pending::<()>()).named("never").await) };
    executor.try_block_on(main).unwrap_err();
    let told: Vec<_> = executor.stop_recording().scenes().map(|it| it.sentence).collect();
    let expected = [
        "No task can ever go on: none is ready, no timer is set, and nobody holds a waker. So the \
         run ends here, while main isn't done.",
        "The drop of main's future cancels `never`: it is asked to end.",
    ];
    let at = told.iter().position(|it| it == expected[0]).expect("it is told of");
    assert_eq!(told[at..at + 2], expected);
}

#[test]
fn a_section_is_told_of_with_what_happens_in_it() {
    let executor = virtual_executor();
    executor.start_recording();
    executor.block_on(async { assert!(timeout(ms(2), sleep(ms(9))).await.is_err()) });
    let recording = executor.stop_recording();
    let sentences = recording.scenes().map(|scene| scene.sentence);
    let told: Vec<_> = sentences.filter(|it| it.contains("imeout of 2ms")).collect();
    let expected = [
        "`main` begins a section of its work: timeout of 2ms (section 0).",
        "Timer 0, due at 2 ms, limits the timeout of 2ms (section 0) of `main`.",
        "Timer 0 (set in step 6), the limit of the timeout of 2ms (section 0) of `main`, fires.",
        "Timeout of 2ms (section 0) of `main`: the time is up: what is in it is cancelled.",
        "`main` joins the ready queue, because timer 0, the limit of the timeout of 2ms (section 0) of \
         `main`, fired (step 16).",
        "The timeout of 2ms (section 0) of `main` is over (begun in step 5): the time was up.",
    ];
    assert_eq!(told, expected);
}

#[test]
fn each_step_has_a_sentence_and_a_function_that_performs_it() {
    for scene in busy().scenes() {
        assert!(!scene.function.is_empty(), "{scene}");
        assert!(!scene.sentence.contains("doesn't know"), "{scene}");
    }
}

/// The viewer folds the steps by itself; the executor knows better.
#[test]
fn the_scenes_say_of_each_task_what_the_executor_does() {
    let told = |scene: &Scene| -> HashSet<_> {
        let tasks = scene.state.iter().skip_while(|it| it.0 != "tasks");
        tasks.map(|it| without_padding(&it.1)).collect()
    };
    for (recording, scene) in on_both_clocks() {
        let (told, dump) = (told(&scene), recording.dump_after(scene.step + 1));
        for line in dump.lines().filter(|it| !it.ends_with(", see above")) {
            let task = without_place(line.trim_start());
            assert!(told.contains(&task), "{task} isn't in {scene}");
        }
    }
}

#[test]
fn the_scenes_draw_the_timers_and_the_queue_of_the_executor() {
    for (recording, scene) in on_both_clocks() {
        let there = recording.snapshot_after(scene.step + 1);
        let line = |heading| &scene.state.iter().find(|it| it.0 == heading).unwrap().1;
        for timer in there.timers.values() {
            let time = Duration::from_nanos(timer.deadline);
            let drawn = match timer.place {
                Some((level, list)) => format!(" at {time:?} ({level}/{list})"),
                None => format!(" in {time:?}"),
            };
            assert!(line("timers").contains(&drawn), "{drawn} isn't in {scene}");
        }
        let drawn = line("queue").split(", ").filter(|it| *it != "none").count();
        assert_eq!(drawn, there.ready.len(), "{scene}");
    }
}

/// All scenes, each with its recording: on a real clock a delay starts to count late.
fn on_both_clocks() -> impl Iterator<Item = (Rc<Recording>, Scene)> {
    [virtual_executor(), Executor::new()].into_iter().flat_map(|executor| {
        let recording = Rc::new(record_much(&executor));
        let scenes: Vec<_> = recording.scenes().collect();
        scenes.into_iter().map(move |scene| (Rc::clone(&recording), scene))
    })
}

/// Of a line with a name and what its task does.
fn without_padding(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The same line in a dump has the place of the spawn in between.
fn without_place(line: &str) -> String {
    let (name, rest) = line.split_once([',', ':']).expect("a line says what its task does");
    let doing = match rest.strip_prefix(" spawned at ") {
        Some(spawned) => spawned.split_once(": ").expect("it says so then").1,
        None => rest.trim_start(),
    };
    format!("{name} {doing}")
}

#[test]
fn a_scene_tells_what_happens_and_draws_what_there_is() {
    let executor = virtual_executor();
    executor.start_recording();
    executor.block_on(async { drop(spawn(sleep(ms(1))).named("sleeper").await) });
    let scenes: Vec<_> = executor.stop_recording().scenes().collect();
    let scene = scenes.iter().find(|it| it.function == "insert").expect("a timer is set");
    assert_eq!(
        scene.sentence,
        "Timer 0 is set for `sleeper`, due at 1 ms. It goes into list 3 of level 3 of the wheel."
    );
    let line = |heading| &scene.state.iter().find(|it| it.0 == heading).unwrap().1;
    assert_eq!(line("timers"), "sleeper at 1ms (3/3)");
    assert_eq!(line("polled"), "sleeper");
    assert!(line("tasks").starts_with("main       waits for `sleeper` at "), "{scene}");
}

#[test]
fn a_timeline_shows_up_to_forty_tasks() {
    let executor = virtual_executor();
    executor.start_recording();
    executor.block_on(async { drop(gather((0..50).map(|time| sleep(ms(time)))).await) });
    let timeline = executor.stop_recording().to_timeline(60);
    let lines: Vec<_> = timeline.lines().collect();
    assert!(lines[0].starts_with("main    ") && lines[0].ends_with('✓'), "{timeline}");
    assert!(lines[39].starts_with("Task-39 "), "{timeline}");
    assert_eq!(lines[40], "… and 11 more");
    assert!(lines[..40].iter().all(|line| line.chars().count() <= 8 + 60 + 1), "{timeline}");
}

/// In what is read as text; what programs read has it in full.
#[test]
fn a_long_name_is_cut() {
    let name = "n".repeat(100_000);
    let executor = virtual_executor();
    executor.start_recording();
    executor.block_on(async { spawn(sleep(ms(1))).named(name.clone()).await.unwrap() });
    let recording = executor.stop_recording();
    let cut = format!("{}…", &name[..60]);
    let timeline = recording.to_timeline(60);
    assert!(timeline.contains(&cut));
    assert!(timeline.lines().all(|line| line.chars().count() < 130), "{timeline}");
    assert!(recording.scenes().any(|scene| scene.sentence.contains(&cut)));
    assert!(recording.scenes().all(|scene| scene.to_string().len() < 2000));
    assert!(recording.to_chrome().contains(&name));
}

/// Neither ends a line, nor turns its direction, nor steers a terminal.
#[test]
fn a_text_stays_within_its_line() {
    let text = "a\nb\u{202e}c\u{1b}[2Jd\u{2028}e";
    let executor = virtual_executor();
    executor.start_recording();
    executor.block_on(async {
        let named = spawn(sleep(ms(1))).named(text);
        executor::trace::note(text);
        gather([named]).await.unwrap();
    });
    let recording = executor.stop_recording();
    let scenes = recording.scenes().map(|scene| scene.to_string()).collect();
    let leaves = |it: char| it != '\n' && it.is_control() || matches!(it, '\u{202e}' | '\u{2028}');
    for shown in [scenes, recording.to_timeline(60)] {
        assert!(!shown.contains(leaves) && !shown.contains("a\nb"), "{shown}");
        assert!(shown.contains(r"a\nb\u{202e}c\u{1b}[2Jd\u{2028}e"), "{shown}");
    }
}

// The page ----------------------------------------------------------------------------

#[test]
fn a_page_that_would_be_too_large_is_refused() {
    let executor = virtual_executor();
    executor.start_recording();
    let text = "x".repeat(1_000_000);
    executor.block_on(async { (0..101).for_each(|_| executor::trace::note(text.clone())) });
    let error = executor.stop_recording().to_html().unwrap_err().to_string();
    assert!(error.starts_with("a page takes up to 100 MB, and the recording of "), "{error}");
    assert!(error.ends_with("record less of the run, or export it as JSON Lines"), "{error}");
}

/// A short recording can be read in the page, and a long one is compressed there.
#[test]
fn a_page_has_all_steps_of_a_long_recording_in_few_bytes() {
    let long = recording_of_notes(10_000).to_html().unwrap();
    let packed = BASE64_STANDARD.decode(data_of(&long)).unwrap();
    assert!(packed.len() < 200_000, "{}", packed.len());
    let data = String::from_utf8(decompress_to_vec(&packed).unwrap()).unwrap();
    assert!(data.len() > 1_000_000 && data.starts_with("{\"header\":{"), "{}", data.len());
    assert_eq!(data.matches("\"note of some length, which is the same").count(), 10_000);

    let short = recording_of_notes(10).to_html().unwrap();
    assert_eq!(data_of(&short).matches("\"note of some length, which is the same").count(), 10);
}

fn recording_of_notes(count: usize) -> Recording {
    let executor = virtual_executor();
    executor.start_recording();
    let text = format!("note of some length, which is the same {}", "each time ".repeat(10));
    executor.block_on(async { (0..count).for_each(|_| executor::trace::note(text.clone())) });
    executor.stop_recording()
}

/// Returns the text of the element that has the recording.
fn data_of(page: &str) -> &str {
    let (_, data) = page.split_once(r#"id="recording">"#).unwrap();
    data.split_once("</script>").unwrap().0
}

/// Whatever a text says, it doesn't end the script that it stands in.
#[test]
fn a_page_holds_any_text() {
    let executor = virtual_executor();
    executor.start_recording();
    let text = "</script><script>/*JS*/ /*CSS*/";
    executor.block_on(async { executor::trace::note(text) });
    let page = executor.stop_recording().to_html().unwrap();
    assert!(!page.contains(text));
    assert!(page.contains(r"\u003c/script>\u003cscript>/*JS*/ /*CSS*/"));
    assert!(page.len() < 500_000);
}

/// Returns the directives of a page's policy.
fn policy(page: &str) -> Vec<&str> {
    let policy = page.split_once("Content-Security-Policy\" content=\"").unwrap().1;
    policy.split_once("\">").unwrap().0.split("; ").collect()
}

#[test]
fn a_host_of_the_page_can_start_webassembly_and_workers_and_no_other_page_can() {
    let host =
        Host { style: "p { margin: 0 }", script: "start();", runs_wasm: true, ..Host::default() };
    let page = host.to_html();
    let [_, style, script, workers, ..] = policy(&page)[..] else { panic!("{page}") };
    let other = busy().to_html().unwrap();
    let [_, other_style, other_script, ..] = policy(&other)[..] else { panic!("{other}") };
    assert!(style != other_style && !script.starts_with(other_script), "{style}; {script}");
    assert!(script.ends_with("=' 'wasm-unsafe-eval'"), "{script}");
    assert_eq!(workers, "worker-src blob:");
}

/// A browser knows them by what they say, and runs nothing else.
#[test]
fn a_page_allows_its_own_script_and_style_only() {
    let page = busy().to_html().unwrap();
    let policy = policy(&page);
    let [none, style, script, image, rest @ ..] = &policy[..] else { panic!("{policy:?}") };
    assert_eq!((*none, *image), ("default-src 'none'", "img-src data:"));
    assert_eq!(rest, ["base-uri 'none'", "form-action 'none'"]);
    for (directive, kind) in [(style, "style-src"), (script, "script-src")] {
        let hash = directive.strip_prefix(kind).and_then(|it| it.strip_prefix(" 'sha256-"));
        assert_eq!(hash.map(str::len), Some("='".len() + 43), "{directive}");
    }
}

// Two of them -------------------------------------------------------------------------

/// A run that prints these lines, on the clock of this executor.
fn printing(executor: &Executor, lines: &[&str]) -> Recording {
    executor.start_recording();
    executor.block_on(async {
        for line in lines {
            executor::trace::printed(*line);
        }
    });
    executor.stop_recording()
}

#[test]
fn the_first_difference_is_told_in_the_words_of_both() {
    let [one, other] = [["a", "b"], ["a", "c"]].map(|it| printing(&virtual_executor(), &it));
    let difference = one.difference(&other).unwrap();
    let told = "In the first: `main` prints: `b` In the second: `main` prints: `c`";
    assert!(difference.to_string().ends_with(told), "{difference}");
    assert_eq!(difference.here.unwrap().step, difference.step);
    assert!(one.difference(&one).is_none());
}

#[test]
fn a_recording_that_is_over_differs_from_one_that_goes_on() {
    let one = printing(&virtual_executor(), &[]).to_json_lines();
    let cut_off = one.lines().take(6).collect::<Vec<_>>().join("\n");
    let [one, cut_off] = [one, cut_off].map(|it| viewer::Recording::parse(&it).unwrap());
    let difference = cut_off.difference(&one).unwrap();
    assert_eq!(difference.step, cut_off.len());
    assert!(difference.here.is_none() && difference.there.is_some());
    assert!(difference.to_string().contains("In the first: The recording is over."));
}

#[test]
fn times_of_a_real_clock_are_no_difference() {
    let [one, other] = [(); 2].map(|()| printing(&Executor::new(), &["a"]));
    assert!(one.to_json_lines() != other.to_json_lines());
    assert!(one.difference(&other).is_none());
}

#[test]
fn the_lines_that_a_program_prints_are_its_output() {
    assert_eq!(printing(&virtual_executor(), &["a", "b"]).output(), ["a", "b"]);
}

#[test]
fn a_page_holds_a_second_recording_beside_the_first() {
    let [one, other] = [["one"], ["other"]].map(|it| printing(&virtual_executor(), &it));
    let page = one.to_html_beside(&other).unwrap();
    let beside = page.split_once("id=\"beside\">").unwrap().1;
    let beside = beside.split_once("</script>").unwrap().0;
    assert!(beside.contains("\"other\"") && !beside.contains("\"one\""), "{beside}");
    assert!(one.to_html().unwrap().contains("id=\"beside\"></script>"));
}

// All of them ------------------------------------------------------------------------

#[test]
fn all_exports_of_a_deep_chain_grow_as_the_chain_does() {
    const DEPTH: usize = 2_000;
    let executor = virtual_executor();
    executor.start_recording();
    let first = executor.spawn(sleep(ms(1)));
    let last = (0..DEPTH).fold(first, |last, _| executor.spawn(async { last.await.unwrap() }));
    executor.block_on(last).unwrap();
    let recording = executor.stop_recording();
    assert!(recording.to_timeline(60).lines().count() < 50);
    assert!(recording.to_chrome().len() < 2000 * DEPTH);
    assert!(recording.to_html().unwrap().len() < 2000 * DEPTH);
    assert!(recording.scenes().all(|scene| scene.to_string().len() < 10_000));
}

// Files -------------------------------------------------------------------------------

#[test]
fn a_recording_that_was_written_shows_the_same_when_it_is_read() {
    let recording = busy().titled("busy");
    let read = viewer::Recording::parse(&recording.to_json_lines()).unwrap();
    assert_eq!((read.title(), read.len()), ("busy", recording.len()));
    assert!(read.to_html() == recording.to_html());
    assert!(read.to_chrome() == recording.to_chrome());
    assert_eq!(read.to_timeline(60), recording.to_timeline(60));
    let text = |scenes: &mut dyn Iterator<Item = Scene>| scenes.map(|it| it.to_string()).collect();
    let (read, there): (Vec<_>, Vec<_>) = (text(&mut read.scenes()), text(&mut recording.scenes()));
    assert_eq!(read, there);
}

const HEADER: &str = r#"{"wheelhouse":1,"title":"a file","clock":"virtual","steps":1}"#;

#[test]
fn what_a_newer_recorder_says_is_shown_by_its_name() {
    let step = r#"{"ev":"teleport","t":5,"task":"3"}"#;
    let recording = viewer::Recording::parse(&format!("{HEADER}\n{step}\n")).unwrap();
    let scene = recording.scenes().next().unwrap();
    assert_eq!(scene.sentence, "A step of `Task-3` that this version doesn't know: `teleport`.");
    assert!(scene.function.is_empty());
}

#[test]
fn a_recording_of_a_newer_format_is_refused() {
    let of_version = |version| HEADER.replace("\"wheelhouse\":1", version);
    assert!(viewer::Recording::parse(&of_version("\"wheelhouse\":2")).is_ok());
    let refused = viewer::Recording::parse(&of_version("\"wheelhouse\":3")).unwrap_err();
    let expected = "line 1 isn't the header of a recording: it is of version 3, and this library \
                    reads versions up to 2: take a newer one";
    assert_eq!(refused.to_string(), expected);
}

#[test]
fn a_header_alone_is_an_empty_recording() {
    let recording = viewer::Recording::parse(HEADER).unwrap();
    assert!(recording.is_empty());
    assert_eq!(recording.scenes().count(), 0);
    assert!(recording.to_html().is_ok());
    assert!(!recording.to_timeline(60).is_empty());
}

#[test]
fn what_is_no_recording_is_refused_with_its_line() {
    let refusal = |text: &str| viewer::Recording::parse(text).unwrap_err().to_string();
    let missing = "line 1 isn't the header of a recording: missing field `wheelhouse`";
    assert_eq!(refusal("{}"), missing);
    assert!(refusal("Dear diary").starts_with("line 1 isn't the header of a recording: "));
    assert!(refusal("").starts_with("line 1 isn't the header of a recording: "));
    let cut_off =
        format!("{HEADER}\n{}\n{}", r#"{"ev":"turn_end","t":1}"#, r#"{"ev":"poll","t":2}"#);
    assert_eq!(refusal(&cut_off), "line 3 isn't a step of a recording: missing field `task`");
    let strange = format!("{HEADER}\n{}", r#"{"ev":"keep","t":2,"task":"seven"}"#);
    assert!(refusal(&strange).starts_with("line 2 isn't a step of a recording: "));
}

/// As the page refuses them, so that nobody gets one that won't open.
#[test]
fn a_recording_whose_steps_cannot_follow_each_other_is_refused_with_its_line() {
    let spawned = r#"{"ev":"spawn","task":"0","name":"main","t":0}"#;
    let ready = r#"{"ev":"ready","task":"0","t":0}"#;
    let turn = r#"{"ev":"turn","batch":1,"t":0}"#;
    let poll = r#"{"ev":"poll","task":"0","number":1,"t":0}"#;
    let polled = r#"{"ev":"polled","task":"0","ready":false,"t":0}"#;
    let begun = [spawned, ready, turn, poll];
    let cases = [
        (r#"{"ev":"done","task":"2","outcome":"returned","t":0}"#, "tells of task 2, of which no"),
        (r#"{"ev":"cancel","task":"0","by":"3.2","t":0}"#, "tells of task 3.2, of which no"),
        (r#"{"ev":"pass","task":"0","to":"4","t":0}"#, "tells of task 4, of which no line"),
        (poll, "comes before the poll of task 0 is over"),
        (turn, "comes before the poll of task 0 is over"),
        (r#"{"ev":"turn_end","t":0}"#, "comes before the poll of task 0 is over"),
        (r#"{"ev":"order","order":[1],"t":0}"#, "orders what isn't in the batch"),
        (r#"{"ev":"order","order":[0,0],"t":0}"#, "orders what isn't in the batch"),
    ];
    let refusal = |steps: &[&str]| {
        let text = format!("{HEADER}\n{}", steps.join("\n"));
        viewer::Recording::parse(&text).unwrap_err().to_string()
    };
    for (step, fault) in cases {
        let refused = refusal(&[&begun[..], &[step]].concat());
        assert!(refused.starts_with(&format!("line 6 {fault}")), "{refused}");
        assert!(refused.ends_with(", so the recording is damaged: record the run once more"));
    }
    let unbegun = refusal(&[spawned, polled]);
    assert!(unbegun.starts_with("line 3 ends a poll that no line before begins"), "{unbegun}");
    let whole = format!("{HEADER}\n{}\n{polled}\n{turn}", begun.join("\n"));
    assert!(viewer::Recording::parse(&whole).is_ok());
}
