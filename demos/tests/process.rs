//! How the binary lives with clocks, seeds, pipes and colours.

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::common::{output_of, printed_and_said, wheelhouse};

#[test]
fn without_arguments_the_whole_notebook_is_replayed() {
    assert_eq!(output_of("--virtual"), output_of("replay 2 3 4 5 6 --virtual"));
}

/// Cell 3 has 0.3 s between its second end and its third, which would count
/// if a busy machine brought both at once: the speed leaves 60 ms.
#[test]
fn a_real_clock_gives_the_lines_of_a_virtual_one() {
    let start = Instant::now();
    assert_eq!(output_of("replay 3 --speed 5"), output_of("replay 3 --virtual"));
    assert!(start.elapsed() >= Duration::from_millis(120));
}

/// Cell 2 waits for all, so ends that coincide don't change its lines.
#[test]
fn twenty_times_as_fast_is_the_same_run() {
    let start = Instant::now();
    assert_eq!(output_of("replay 2 --speed 20"), output_of("replay 2 --virtual"));
    assert!(start.elapsed() >= Duration::from_millis(2590 / 20));
}

#[test]
fn a_virtual_clock_ends_at_once() {
    let start = Instant::now();
    output_of("wait --max-sleep 24h --virtual");
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[test]
fn the_seed_that_is_printed_gives_the_same_run() {
    for command in ["wait --return-when completions=3", "gather --return-exceptions"] {
        let run = output_of(&format!("{command} --virtual"));
        let seed = run.lines().next().and_then(|line| line.strip_prefix("Seed "));
        let seed = seed.expect("the seed is printed first");
        assert_eq!(output_of(&format!("{command} --virtual --seed {seed}")), run);
    }
}

#[test]
fn other_seeds_give_other_runs() {
    assert_ne!(output_of("wait --virtual --seed 1"), output_of("wait --virtual --seed 2"));
}

#[test]
fn sleeps_are_multiples_of_ten_milliseconds_up_to_the_longest() {
    let events =
        output_of("wait -n 1000 --fail none --max-sleep 95ms --virtual --format json --seed 7");
    let sleeps = events.lines().filter_map(|line| {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        event["sleep_ms"].as_u64()
    });
    let mut sleeps: Vec<_> = sleeps.collect();
    sleeps.sort_unstable();
    sleeps.dedup();
    assert_eq!(sleeps, (0..10).map(|it| it * 10).collect::<Vec<_>>());
}

#[test]
fn a_hundred_thousand_coroutines_are_waited_for() {
    let output = output_of("wait -n 100000 --fail none --virtual --seed 3");
    assert!(output.contains("\nCompleted size: 100000, pending size 0\n"));
}

#[test]
fn a_closed_pipe_ends_the_run_quietly() {
    let mut child = wheelhouse("wait -n 100000 --virtual --seed 3").spawn().unwrap();
    let mut line = String::new();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut line).unwrap();
    drop(stdout);
    let mut complaints = String::new();
    child.stderr.take().unwrap().read_to_string(&mut complaints).unwrap();
    assert_eq!((line.as_str(), complaints.as_str()), ("Seed 3\n", ""));
    assert!(child.wait().unwrap().success());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let output = wheelhouse("replay --virtual").stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(complaint.starts_with("error: can't write: "));
    assert_eq!(complaint.lines().count(), 1);
}

/// Not after the 7 seconds that the run takes.
#[test]
fn a_file_that_cant_be_written_is_an_error_before_the_run() {
    for option in ["--html", "--jsonl", "--chrome"] {
        for file in ["no/such/folder/run", "src"] {
            let output = wheelhouse(&format!("{option} {file}")).output().unwrap();
            assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
            let complaint = String::from_utf8(output.stderr).unwrap();
            assert!(complaint.starts_with(&format!("error: {file}: ")), "{complaint}");
        }
    }
}

#[test]
fn a_recording_on_the_standard_output_has_it_for_itself() {
    let lines = output_of("replay 3 --virtual --jsonl -");
    assert!(lines.lines().count() > 100);
    for line in lines.lines() {
        let step: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(step.is_object());
    }
    assert!(output_of("replay 3 --virtual --html -").starts_with("<!doctype html>"));
}

/// It waits until the page is open, and ends with its last steps.
#[test]
fn a_run_is_shown_while_it_goes_on() {
    let mut run = wheelhouse("replay 3 --virtual --live").spawn().unwrap();
    let mut said = String::new();
    BufReader::new(run.stderr.take().unwrap()).read_line(&mut said).unwrap();
    let (_, rest) = said.split_once("The run is shown at http://").unwrap();
    let (host, _) = rest.split_once("/, and begins when the page is open.").unwrap();

    let mut client = TcpStream::connect(host).unwrap();
    write!(client, "GET /stream HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
    let mut stream = String::new();
    client.read_to_string(&mut stream).unwrap();
    assert!(stream.contains(r#""title":"wheelhouse replay 3 --virtual""#), "{stream:.900}");
    assert!(stream.contains("demos/src/coroutine.rs") && stream.contains("Exception on i = 7"));
    assert!(stream.ends_with("data: The program has ended.\n\n"));

    let output = run.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), output_of("replay 3 --virtual"));
}

#[test]
fn the_tour_is_exported_like_any_run() {
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("tour.jsonl");
    let (shown, _) = printed_and_said(&format!("tour --jsonl {}", file.display()));
    assert!(shown.contains("\nstep 0 of "));
    assert!(std::fs::read_to_string(file).unwrap().contains("sleep 30"));
    assert_ne!(output_of("tour --shuffle 3"), output_of("tour"));
}

/// Whoever asks for help through a pipe says the width.
#[test]
fn the_help_is_as_wide_as_the_terminal() {
    for command in ["", "replay", "wait", "gather", "run", "scenario", "tour", "faults"] {
        let output = wheelhouse(&format!("{command} --help")).env("COLUMNS", "40").output();
        let help = String::from_utf8(output.unwrap().stdout).unwrap();
        // The usage stays in one line.
        let mut lines = help.lines().filter(|line| !line.starts_with("Usage: "));
        let wide = lines.find(|line| line.chars().count() > 40);
        assert_eq!(wide, None, "{command}");
    }
}

#[test]
fn completions_and_manual_pages_know_the_options() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = output_of(&format!("completions {shell}"));
        assert!(script.contains("return-exceptions") && script.contains("scenario"), "{shell}");
    }
    assert!(output_of("man").contains(".SH \"HOW IT IS RUN AND SHOWN\""));
    for command in ["replay", "wait", "gather", "run", "scenario", "tour", "faults"] {
        let page = output_of(&format!("man {command}"));
        assert!(page.contains(&format!("wheelhouse\\-{command} ")), "{page}");
    }
}

#[test]
fn colours_come_when_asked_for_and_not_into_a_pipe() {
    let is_coloured = |arguments: &str, no_color: &str| {
        let output = wheelhouse(arguments).env("NO_COLOR", no_color).output().unwrap();
        output.stdout.contains(&0x1b)
    };
    assert!(!is_coloured("replay 4 --virtual", ""));
    assert!(is_coloured("replay 4 --virtual --color always", ""));
    assert!(!is_coloured("replay 4 --virtual --color never", ""));
    assert!(!is_coloured("replay 4 --virtual", "1"));
}
