//! Prints results.

use std::fmt::Write as _;

use crate::contestants::{self, Contestant, Kind};
use crate::results::{Figure, Results, Verdict};
use crate::rows::{self, Row};
use crate::workloads;

/// How to read the table.
const LEGEND: &str = "\
Medians; less is better. `best peer / ours` above 1 says that the peer needs more than we do; within
15 % of 1 it is a tie. Spread is from the least to the greatest of the rounds, as a share of the median.";

/// The whole report in Markdown: the comparison, and the figures behind it.
pub(crate) fn markdown(results: &Results) -> String {
    let mut text = String::new();
    comparison(results, &mut text);
    let _ = writeln!(text, "\n{LEGEND}\n");
    figures(results, &[Kind::Ours, Kind::OursAsPeers, Kind::Peer, Kind::Floor], &mut text);
    let _ = writeln!(text, "\nWithout tasks: futures that one future polls itself.\n");
    figures(results, &[Kind::Ours, Kind::Combinator], &mut text);
    let _ = writeln!(text);
    for line in &results.incidents {
        let _ = writeln!(text, "- {line}");
    }
    notes(results, &mut text);
    text
}

fn measured(results: &Results) -> impl Iterator<Item = &'static Row> {
    rows::ALL.iter().filter(|row| !results.is_empty(row))
}

/// Ours against the best peer.
fn comparison(results: &Results, text: &mut String) {
    let head = ["workload", "unit", "ours", "best peer", "its", "best peer / ours", "", "spread"];
    let body = measured(results).map(|row| {
        let (ours, peer) = (results.best(row, Kind::Ours), results.best(row, Kind::Peer));
        let ratio = ours.as_ref().zip(peer.as_ref()).map(|(ours, peer)| peer.median / ours.median);
        [
            row.name.to_string(),
            row.unit.to_string(),
            ours.as_ref().map_or_else(String::new, |it| number(it.median)),
            peer.as_ref().map_or_else(String::new, |it| it.contestant.name.to_string()),
            peer.as_ref().map_or_else(String::new, |it| number(it.median)),
            ratio.map_or_else(String::new, |it| format!("{it:.2}")),
            ratio.map_or_else(String::new, |it| Verdict::of(it).word().to_string()),
            spreads(ours.as_ref(), peer.as_ref()),
        ]
    });
    table(&head, body, text);
}

fn spreads(ours: Option<&Figure<'_>>, peer: Option<&Figure<'_>>) -> String {
    let percent = |it: &Figure<'_>| format!("{:.0} %", it.spread * 100.0);
    let both: Vec<_> = [ours, peer].into_iter().flatten().map(percent).collect();
    both.join(", ")
}

/// Everyone of some kinds.
fn figures(results: &Results, kinds: &[Kind], text: &mut String) {
    let of_kinds = |it: &&Contestant| kinds.contains(&it.kind);
    let takes_part =
        |it: &&'static Contestant| rows::ALL.iter().any(|row| results.figure(row, it).is_some());
    let columns: Vec<_> = contestants::ALL.iter().filter(of_kinds).filter(takes_part).collect();
    let mut head = vec!["workload"];
    head.extend(columns.iter().map(|it| it.name));
    let others = |row: &&Row| {
        columns.iter().any(|it| it.kind != Kind::Ours && results.figure(row, it).is_some())
    };
    let body = measured(results).filter(others).map(|row| {
        let mut cells = vec![row.name.to_string()];
        cells.extend(columns.iter().map(|it| cell(results, row, it)));
        cells
    });
    table(&head, body, text);
}

/// A figure; the best peer's is bold, and one out of competition in parentheses.
fn cell(results: &Results, row: &Row, contestant: &'static Contestant) -> String {
    let Some(figure) = results.figure(row, contestant) else { return String::from("-") };
    let best = results.best(row, contestant.kind);
    let is_best = best.is_some_and(|it| it.contestant.name == contestant.name);
    let number = number(figure.median);
    match contestant.kind {
        _ if contestant.unlike(row.name).is_some() => format!("({number})"),
        Kind::Peer | Kind::Combinator if is_best => format!("**{number}**"),
        _ => number,
    }
}

/// Why figures stand in parentheses.
fn notes(results: &Results, text: &mut String) {
    for contestant in contestants::ALL {
        for note in contestant.notes() {
            let concerned = measured(results).filter(|row| note.workloads.contains(&row.name));
            let concerned = concerned.filter(|row| results.figure(row, contestant).is_some());
            let names: Vec<_> = concerned.map(|row| row.name).collect();
            if !names.is_empty() {
                let names = names.join(", ");
                let _ = writeln!(text, "- ({}) at {names}: {}.", contestant.name, note.why);
            }
        }
    }
}

/// Ours at growing sizes: a row for each workload.
pub(crate) fn growth(sizes: &[u64], costs: &[(&'static str, Vec<f64>)]) -> String {
    let mut text = String::from("CPU time per operation, in ns, by n.\n\n");
    let mut head = vec![String::from("workload")];
    head.extend(sizes.iter().map(ToString::to_string));
    let head: Vec<_> = head.iter().map(String::as_str).collect();
    let body = costs.iter().map(|(name, costs)| {
        let mut cells = vec![(*name).to_string()];
        cells.extend(costs.iter().map(|&cost| number(cost)));
        cells
    });
    table(&head, body, &mut text);
    text
}

/// Workloads and contestants, by name.
pub(crate) fn list() -> String {
    let mut text = String::new();
    for workload in workloads::ALL {
        let _ = writeln!(text, "{:18}{}", workload.name, workload.op);
    }
    let names: Vec<_> = contestants::ALL.iter().map(|it| it.name).collect();
    let _ = writeln!(text, "\n{}", names.join("\n"));
    text
}

/// Each figure as an object, with all its samples.
pub(crate) fn json(results: &Results) -> String {
    let mut objects = Vec::new();
    for row in measured(results) {
        for contestant in contestants::ALL {
            if let Some(figure) = results.figure(row, contestant) {
                objects.push(object(row, &figure));
            }
        }
    }
    let incidents: Vec<_> = results.incidents.iter().map(|it| format!("  {it:?}")).collect();
    let (objects, incidents) = (objects.join(",\n"), incidents.join(",\n"));
    format!("{{\"figures\": [\n{objects}\n], \"incidents\": [\n{incidents}\n]}}\n")
}

fn object(row: &Row, figure: &Figure<'_>) -> String {
    let Row { name, unit, .. } = row;
    let Figure { contestant, median, spread, samples } = figure;
    let (peer, same) = (contestant.name, contestant.unlike(name).is_none());
    format!(
        "  {{\"row\": {name:?}, \"unit\": {unit:?}, \"contestant\": {peer:?}, \
         \"same_work\": {same}, \"median\": {median}, \"spread\": {spread}, \
         \"samples\": {samples:?}}}"
    )
}

/// Three digits or so.
fn number(value: f64) -> String {
    match value {
        _ if value < 10.0 => format!("{value:.2}"),
        _ if value < 100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

/// Writes a Markdown table whose columns line up.
fn table<C: AsRef<[String]>>(head: &[&str], body: impl Iterator<Item = C>, text: &mut String) {
    let body: Vec<C> = body.collect();
    let width = |column: usize| {
        let cells = body.iter().map(|row| row.as_ref()[column].len());
        cells.chain([head[column].len(), 3]).max().unwrap_or_default()
    };
    let widths: Vec<_> = (0..head.len()).map(width).collect();
    let rule: Vec<_> = widths.iter().map(|width| "-".repeat(*width)).collect();
    line(head, &widths, text);
    line(&rule, &widths, text);
    for row in &body {
        line(row.as_ref(), &widths, text);
    }
}

fn line(cells: &[impl AsRef<str>], widths: &[usize], text: &mut String) {
    for (cell, width) in cells.iter().zip(widths) {
        let _ = write!(text, "| {:width$} ", cell.as_ref());
    }
    text.push_str("|\n");
}
