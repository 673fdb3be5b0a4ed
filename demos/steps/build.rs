//! Writes the steps of the sections "What if not?": the file of a step, with a fault in it.

use std::path::Path;
use std::{env, fs};

fn main() {
    write(
        "step_3",
        "step_3_without_turns",
        &[
            ("let batch: Vec<_> = ", "let batch = "),
            (".chain(self.ready.try_iter()).collect();", ".chain(self.ready.try_iter());"),
        ],
    );
    write(
        "step_3",
        "step_3_late",
        &[
            ("        waker.queued.store(false, Ordering::SeqCst);\n", ""),
            (
                "if task.as_mut().poll(&mut Context::from_waker(&waker.into())).is_pending() {",
                "let late = Arc::clone(&waker);
            let polled = task.as_mut().poll(&mut Context::from_waker(&waker.into()));
            late.queued.store(false, Ordering::SeqCst);
            if polled.is_pending() {",
            ),
        ],
    );
    write("step_6", "step_6_without_generations", &[(".generation + 1;", ".generation;")]);
}

/// Writes a step with other code in some places, and without its head.
fn write(step: &str, name: &str, changes: &[(&str, &str)]) {
    let file = format!("examples/{step}.rs");
    println!("cargo::rerun-if-changed={file}");
    let source = fs::read_to_string(file).expect("the step is there");
    let lines = source.lines().filter(|line| !line.starts_with("//!"));
    let mut code = lines.collect::<Vec<_>>().join("\n");
    for (right, wrong) in changes {
        assert_eq!(code.matches(right).count(), 1, "{step} has one `{right}`");
        code = code.replace(right, wrong);
    }
    let out = env::var("OUT_DIR").expect("cargo says where");
    fs::write(Path::new(&out).join(format!("{name}.rs")), code).expect("it can be written");
}
