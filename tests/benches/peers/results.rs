//! Many measurements, and what they come to.

use std::collections::HashMap;

use crate::contestants::{self, Contestant, Kind};
use crate::rows::{self, Row};

/// Differences up to this factor are ties: the machine is no quieter.
const TIE: f64 = 1.15;

#[derive(Default)]
pub(crate) struct Results {
    samples: HashMap<(&'static str, &'static str, String), Vec<f64>>,
    /// Who couldn't start, and what failed.
    pub(crate) incidents: Vec<String>,
}

/// The measurements of one contestant in one row.
pub(crate) struct Figure<'a> {
    pub(crate) contestant: &'static Contestant,
    pub(crate) median: f64,
    /// From the least to the greatest, as a share of the median.
    pub(crate) spread: f64,
    pub(crate) samples: &'a [f64],
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Ahead,
    Tie,
    Behind,
}

impl Results {
    pub(crate) fn add(
        &mut self,
        workload: &'static str,
        contestant: &'static str,
        readings: Vec<(String, f64)>,
    ) {
        for (metric, value) in readings {
            self.samples.entry((workload, contestant, metric)).or_default().push(value);
        }
    }

    pub(crate) fn note(&mut self, incident: String) {
        eprintln!("{incident}");
        self.incidents.push(incident);
    }

    pub(crate) fn figure(&self, row: &Row, contestant: &'static Contestant) -> Option<Figure<'_>> {
        let key = (row.workload, contestant.name, row.metric.to_string());
        let samples = self.samples.get(&key)?;
        let (median, spread) = median_and_spread(samples);
        Some(Figure { contestant, median, spread, samples })
    }

    /// Returns the figure of the best of a kind in a row's contest, among those
    /// that do the same work.
    pub(crate) fn best(&self, row: &Row, kind: Kind) -> Option<Figure<'_>> {
        let contest = rows::ALL.iter().find(|it| it.name == row.contest)?;
        let of_kind = contestants::ALL.iter().filter(|it| it.kind == kind);
        let competing = of_kind.filter(|it| it.unlike(contest.name).is_none());
        let figures = competing.filter_map(|it| self.figure(contest, it));
        let best = figures.min_by(|a, b| a.median.total_cmp(&b.median))?;
        self.figure(row, best.contestant)
    }

    pub(crate) fn is_empty(&self, row: &Row) -> bool {
        contestants::ALL.iter().all(|it| self.figure(row, it).is_none())
    }
}

impl Verdict {
    /// Judges how many times as much the peer needs.
    pub(crate) fn of(ratio: f64) -> Self {
        match ratio {
            _ if ratio > TIE => Self::Ahead,
            _ if ratio < 1.0 / TIE => Self::Behind,
            _ => Self::Tie,
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Ahead => "ahead",
            Self::Tie => "tie",
            Self::Behind => "behind",
        }
    }
}

fn median_and_spread(samples: &[f64]) -> (f64, f64) {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let median = match sorted.len() % 2 {
        0 => f64::midpoint(sorted[middle - 1], sorted[middle]),
        _ => sorted[middle],
    };
    (median, (sorted[sorted.len() - 1] - sorted[0]) / median)
}
