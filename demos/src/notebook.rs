//! The cells of the notebook "Asyncio Wait vs Gather".
//!
//! Each cell starts ten coroutines, which sleep for a random time below three
//! seconds; those with index 5 and 7 then fail. Here are the times that the
//! notebook printed, and the order in which its coroutines started: on the
//! Python of its day they stood in a set, which has an order of its own.

use std::time::Duration;

use crate::plan::{Call, Coroutine, Plan, ReturnWhen, Source};

/// The coroutines that fail, in every cell.
pub(crate) const FAILING: [usize; 2] = [5, 7];

/// A cell as the notebook ran it.
#[derive(Debug)]
pub(crate) struct Cell {
    pub(crate) number: u8,
    call: Call,
    start_order: [usize; 10],
    /// The sleeps, by index.
    sleep_ms: [u64; 10],
}

/// The cells that run coroutines; cell 1 defines them.
pub(crate) static CELLS: [Cell; 5] = [
    Cell {
        number: 2,
        call: wait(ReturnWhen::AllCompleted),
        start_order: [7, 6, 0, 8, 5, 1, 4, 3, 9, 2],
        sleep_ms: [2280, 1140, 1540, 2590, 1480, 1330, 1950, 1110, 60, 2210],
    },
    Cell {
        number: 3,
        call: wait(ReturnWhen::FirstException),
        start_order: [3, 9, 0, 4, 1, 5, 6, 7, 2, 8],
        sleep_ms: [2860, 1060, 390, 1590, 1900, 1090, 1430, 600, 1130, 900],
    },
    Cell {
        number: 4,
        call: wait(ReturnWhen::FirstCompleted),
        start_order: [6, 5, 1, 8, 7, 4, 9, 2, 3, 0],
        sleep_ms: [410, 510, 2790, 2110, 1260, 1290, 740, 320, 330, 860],
    },
    Cell {
        number: 5,
        call: Call::Gather { return_exceptions: false },
        start_order: [8, 3, 1, 9, 4, 2, 5, 6, 7, 0],
        sleep_ms: [1350, 100, 2910, 1430, 1610, 1020, 2490, 2530, 100, 2550],
    },
    Cell {
        number: 6,
        call: Call::Gather { return_exceptions: true },
        start_order: [5, 8, 1, 6, 9, 0, 2, 7, 3, 4],
        sleep_ms: [390, 200, 660, 1290, 980, 1350, 390, 260, 2830, 90],
    },
];

const fn wait(return_when: ReturnWhen) -> Call {
    Call::Wait { return_when, timeout: None }
}

impl Cell {
    /// Returns the cell's plan, with its sleeps divided by `speed`.
    pub(crate) fn plan(&self, speed: f64) -> Plan {
        Plan {
            source: Source::Notebook { cell: self.number, speed },
            call: self.call,
            coroutines: self.start_order.iter().map(|&index| self.coroutine(index)).collect(),
        }
    }

    fn coroutine(&self, index: usize) -> Coroutine {
        Coroutine {
            index,
            sleep: Duration::from_millis(self.sleep_ms[index]),
            fails: FAILING.contains(&index),
        }
    }
}
