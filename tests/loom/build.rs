//! Takes the waker out of step 8 of the eight steps, twice: as it is, and without its fences.

use std::path::Path;
use std::{env, fs};

const STEP_8: &str = "../../demos/steps/examples/step_8.rs";

fn main() {
    println!("cargo::rerun-if-changed={STEP_8}");
    let source = fs::read_to_string(STEP_8).expect("step 8 is there");
    let begin = source.find("struct TaskWaker {").expect("it has a waker");
    let end = source.find("impl Wake for TaskWaker {").expect("which can wake");
    let waker = &source[begin..end];
    let is_fence = |line: &&str| line.trim() == "fence(Ordering::SeqCst);";
    assert_eq!(waker.lines().filter(is_fence).count(), 2, "step 8 has two fences");
    let unfenced: Vec<_> = waker.lines().filter(|line| !is_fence(line)).collect();
    let out = env::var("OUT_DIR").expect("cargo says where");
    let write =
        |name, text: &str| fs::write(Path::new(&out).join(name), text).expect("it can be written");
    write("step_8.rs", waker);
    write("step_8_unfenced.rs", &unfenced.join("\n"));
}
