//! The notebook's cells in Python, which a page shows beside the lines of Rust that say the same.

use executor::trace::{Follower, Recording};

use crate::plan::Plan;
use crate::sources::text_of;

/// The cells, as files that Python runs.
const CELLS: [(u8, &str, &str); 5] = [
    (2, "cell_2.py", include_str!("../notebook/cell_2.py")),
    (3, "cell_3.py", include_str!("../notebook/cell_3.py")),
    (4, "cell_4.py", include_str!("../notebook/cell_4.py")),
    (5, "cell_5.py", include_str!("../notebook/cell_5.py")),
    (6, "cell_6.py", include_str!("../notebook/cell_6.py")),
];

/// Parts of lines that say the same: the file of Rust, the part there, and the one in Python.
const SAME: [(&str, &str, &str); 18] = [
    (RUN, "(it.index, spawn(coro(", "asyncio.create_task(coro("),
    (RUN, "let waiting = wait(children)", "await asyncio.wait("),
    (RUN, "waiting.await,", "await asyncio.wait("),
    (RUN, "run.report(&Event::run(", "print(\"# cell"),
    (RUN, "Returned::Waited { .. } if nth == 0 =>", "print(f\"Completed size:"),
    (RUN, "Returned::Waited { .. } =>", "print(task.result())"),
    (RUN, "Returned::Waited { done, .. } if fails(done) =>", "print(error)"),
    (RUN, "Returned::Gathered { .. } if nth == 0 =>", "print(\"Tasks complete\")"),
    (RUN, "Returned::Gathered { .. } =>", "print(\"[\""),
    (RUN, "Returned::Raised(_) =>", "print(error)"),
    (RUN, "gather(children).return_exceptions().await", "await asyncio.gather(*tasks"),
    (RUN, "match gather(children).await", "await asyncio.gather(*tasks"),
    (RUN, "task.cancel();", "task.cancel()"),
    (RUN, "yield_now().await;", "task.cancel()"),
    (COROUTINE, "Life::begin(run, it)", "print(f\"Coro with"),
    (COROUTINE, "sleep(time).await;", "await asyncio.sleep("),
    (COROUTINE, "return life.end(Err(", "raise Exception("),
    (COROUTINE, "    life.end(Ok(", "return i"),
];

const RUN: &str = "demos/src/run.rs";
const COROUTINE: &str = "demos/src/coroutine.rs";

/// A text, and its lines that say the same as places in sources do.
#[derive(Clone)]
pub(crate) struct Beside {
    file: &'static str,
    text: &'static str,
    lines: Vec<((&'static str, usize), usize)>,
}

/// Returns the cell in Python, if the plans are those of one cell.
pub(crate) fn of(plans: &[Plan]) -> Option<Beside> {
    let [plan] = plans else { return None };
    let (_, file, text) = CELLS.into_iter().find(|(cell, ..)| plan.cell() == Some(*cell))?;
    let same = SAME.into_iter().filter_map(|(source, part, here)| {
        let line = line_with(text_of(source)?, part)?;
        Some(((source, line), line_with(text, here)?))
    });
    Some(Beside { file, text, lines: same.collect() })
}

/// Adds the text to a recording, if there is one.
pub(crate) fn add(recording: Recording, beside: Option<Beside>) -> Recording {
    match beside {
        Some(Beside { file, text, lines }) => recording.with_translation(file, text, lines),
        None => recording,
    }
}

/// Adds the text to a recording that grows, if there is one.
pub(crate) fn add_to_growing(follower: Follower, beside: Option<Beside>) -> Follower {
    match beside {
        Some(Beside { file, text, lines }) => follower.with_translation(file, text, lines),
        None => follower,
    }
}

/// Returns the number of the line that has such a part.
fn line_with(text: &str, part: &str) -> Option<usize> {
    text.lines().position(|line| line.contains(part)).map(|line| line + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notebook::CELLS as ALL;

    /// So no part stands for the wrong line.
    #[test]
    fn each_part_is_in_one_line_of_its_source() {
        for (source, part, _) in SAME {
            assert_eq!(text_of(source).unwrap().matches(part).count(), 1, "{part}");
        }
    }

    #[test]
    fn each_part_in_python_is_in_one_line_of_some_cell() {
        for (.., here) in SAME {
            let counts = CELLS.map(|(.., text)| text.matches(here).count());
            assert_eq!(counts.iter().max(), Some(&1), "{here}");
        }
    }

    #[test]
    fn each_cell_stands_beside_its_rust() {
        for cell in &ALL {
            let Beside { lines, .. } = of(&[cell.plan(1.0)]).expect("it is there");
            assert!(lines.len() > 3, "cell {}", cell.number);
        }
    }
}
