//! The command line.

use std::str::FromStr;

use crate::contestants::{self, Contestant};
use crate::workloads::{self, Size, Workload};

pub(crate) const USAGE: &str = "\
Measures Wheelhouse and its peers side by side.

Usage: cargo bench -p wheelhouse-tests --features peers --bench peers -- [OPTIONS]

  --only WORKLOAD,..     only these workloads
  --contestants NAME,..  only these contestants
  --n N                  as large as this, where a workload can grow
  --rounds N             measure each N times [default: 5]
  --format FORMAT        markdown or json [default: markdown]
  --growth               ours alone, at n = 100 to 1,000,000
  --list                 name the workloads and the contestants";

pub(crate) struct Options {
    pub(crate) task: Task,
    only: Vec<String>,
    contestants: Vec<String>,
    n: Option<u64>,
    pub(crate) rounds: usize,
    pub(crate) format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    Compare,
    Growth,
    List,
    Help,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Markdown,
    Json,
}

impl Options {
    pub(crate) fn parse(mut args: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            task: Task::Compare,
            only: Vec::new(),
            contestants: Vec::new(),
            n: None,
            rounds: 5,
            format: Format::Markdown,
        };
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or_else(|| format!("`{arg}` wants a value"));
            match arg.as_str() {
                "--only" => {
                    options.only = known(&value()?, workloads::ALL.iter().map(|it| it.name))?;
                }
                "--contestants" => {
                    options.contestants =
                        known(&value()?, contestants::ALL.iter().map(|it| it.name))?;
                }
                "--n" => options.n = Some(positive(&arg, &value()?)?),
                "--rounds" => options.rounds = positive(&arg, &value()?)?,
                "--format" => options.format = format(&value()?)?,
                "--growth" => options.task = Task::Growth,
                "--list" => options.task = Task::List,
                "--help" | "-h" => options.task = Task::Help,
                // What `cargo bench` says to every benchmark.
                "--bench" => {}
                _ => return Err(format!("there is no option `{arg}`")),
            }
        }
        Ok(options)
    }

    pub(crate) fn workloads(&self) -> impl Iterator<Item = &'static Workload> {
        workloads::ALL.iter().filter(|it| wants(&self.only, it.name))
    }

    pub(crate) fn size(&self, workload: &Workload) -> Size {
        let n = self.n.filter(|_| workload.grows).unwrap_or(workload.size.n);
        Size { n, ..workload.size }
    }

    pub(crate) fn contestants(&self) -> impl Iterator<Item = &'static Contestant> {
        contestants::ALL.iter().filter(|it| wants(&self.contestants, it.name))
    }
}

/// Asking for nothing in particular is asking for everything.
fn wants(asked: &[String], name: &str) -> bool {
    asked.is_empty() || asked.iter().any(|it| it == name)
}

/// Reads names, all of which must be among those that there are.
fn known(value: &str, names: impl Iterator<Item = &'static str>) -> Result<Vec<String>, String> {
    let names: Vec<_> = names.collect();
    let asked: Vec<_> = value.split(',').map(String::from).collect();
    match asked.iter().find(|name| !names.contains(&name.as_str())) {
        Some(name) => Err(format!("there is no `{name}`, but there are {}", names.join(", "))),
        None => Ok(asked),
    }
}

fn positive<N: FromStr + PartialOrd + Default>(option: &str, value: &str) -> Result<N, String> {
    let number = value.parse().ok().filter(|number| *number > N::default());
    number.ok_or_else(|| format!("`{option}` wants a positive number, not `{value}`"))
}

fn format(value: &str) -> Result<Format, String> {
    match value {
        "markdown" => Ok(Format::Markdown),
        "json" => Ok(Format::Json),
        _ => Err(format!("there is no format `{value}`")),
    }
}
