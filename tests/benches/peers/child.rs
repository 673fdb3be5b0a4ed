//! One measurement is one process of its own.
//!
//! So nothing is warm that an earlier measurement used, no heap is fragmented,
//! and no thread of a peer's reactor is left running.

use std::env;
use std::io::Read as _;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::contestants::{self, Contestant};
use crate::workloads::Size;

/// Says that this process is to measure.
pub(crate) const FLAG: &str = "--measure-here";

const PATIENCE: Duration = Duration::from_mins(1);

/// Measures in a new process. An error says why that failed; no readings mean
/// that the contestant doesn't take part in this workload.
pub(crate) fn measure(
    contestant: &Contestant,
    workload: &str,
    size: Size,
) -> Result<Vec<(String, f64)>, String> {
    let program = env::current_exe().map_err(|error| error.to_string())?;
    let (n, rounds) = (size.n.to_string(), size.rounds.to_string());
    let mut command = Command::new(program);
    command.args([FLAG, contestant.name, workload, &n, &rounds]);
    let (status, output, errors) = run(&mut command)?;
    if !status.success() {
        return Err(first_line(&errors).unwrap_or_else(|| status.to_string()));
    }
    output.lines().map(parse).collect::<Option<_>>().ok_or(output)
}

/// Runs a command that says little, with a time limit.
fn run(command: &mut Command) -> Result<(ExitStatus, String, String), String> {
    let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    let end = Instant::now() + PATIENCE;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < end => thread::sleep(Duration::from_millis(5)),
            Ok(None) => {
                child.kill().and_then(|()| child.wait()).map_err(|error| error.to_string())?;
                return Err(format!("not done within {PATIENCE:?}"));
            }
            Err(error) => return Err(error.to_string()),
        }
    };
    let (mut output, mut errors) = (String::new(), String::new());
    let (out, err) = (child.stdout.take(), child.stderr.take());
    out.map(|mut it| it.read_to_string(&mut output));
    err.map(|mut it| it.read_to_string(&mut errors));
    Ok((status, output, errors))
}

/// What a panic says, which stands in the line after where it happened.
fn first_line(errors: &str) -> Option<String> {
    let mut lines = errors.lines().filter(|line| !line.is_empty());
    let line = lines.find(|line| !line.contains("panicked at"))?;
    Some(line.to_string())
}

fn parse(line: &str) -> Option<(String, f64)> {
    let (metric, value) = line.split_once('\t')?;
    Some((metric.to_string(), value.parse().ok()?))
}

/// Measures in this process, and prints what [`measure`] reads.
pub(crate) fn main(mut args: impl Iterator<Item = String>) {
    let mut arg = || args.next().expect("as `measure` calls it");
    let (name, workload) = (arg(), arg());
    let mut number = || arg().parse().expect("as `measure` calls it");
    let size = Size { n: number(), rounds: number() };
    let contestant = contestants::ALL.iter().find(|it| it.name == name);
    let contestant = contestant.expect("as `measure` calls it");
    for (metric, value) in contestant.measure(&workload, size).unwrap_or_default() {
        println!("{metric}\t{value}");
    }
}
