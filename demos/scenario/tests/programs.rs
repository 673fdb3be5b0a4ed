//! Random programs that look like those for asyncio, here and on Python.

use std::env;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use scenario::python::{check, run};

/// A generator of numbers, the same for the same seed.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or(0) % end.max(1)
    }

    fn pick<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len())]
    }
}

/// The number of functions, of which each calls only later ones.
const FUNCTIONS: usize = 5;

/// A program while it is written.
struct Writer {
    random: Random,
    text: String,
    /// The function that is written. The first is `main`.
    function: usize,
    indent: usize,
    /// The tasks that have names here.
    tasks: Vec<String>,
    /// The number of names that were given.
    names: usize,
    /// The number of blocks around this place.
    depth: usize,
}

/// Writes the program of a seed.
fn program(seed: u64) -> String {
    let mut writer = Writer {
        random: Random::new(seed),
        text: "import asyncio\n".into(),
        function: 0,
        indent: 0,
        tasks: Vec::new(),
        names: 0,
        depth: 0,
    };
    for function in (0..FUNCTIONS).rev() {
        writer.define(function);
    }
    writer.text += "\n\nasyncio.run(c0(0))\n";
    writer.text
}

impl Writer {
    fn line(&mut self, line: &str) {
        let indent = "    ".repeat(self.indent);
        writeln!(self.text, "{indent}{line}").expect("a string can be written to");
    }

    fn name(&mut self, kind: &str) -> String {
        self.names += 1;
        format!("{kind}{}", self.names)
    }

    fn define(&mut self, function: usize) {
        self.function = function;
        self.text += "\n\n";
        self.line(&format!("async def c{function}(x):"));
        self.indent += 1;
        self.tasks.clear();
        self.line("count = x");
        self.line(&format!("print('c{function}', x, 'begins')"));
        let wide = if function == 0 { 7 } else { 4 };
        for _ in 0..=self.random.below(wide) {
            self.statement();
        }
        let returned = self.random.pick(&["return count", "return x * 2", "return None"]);
        self.line(returned);
        self.indent -= 1;
    }

    fn block(&mut self, head: &str) {
        self.line(head);
        self.indent += 1;
        self.depth += 1;
        let known = self.tasks.len();
        for _ in 0..=self.random.below(2) {
            self.statement();
        }
        self.tasks.truncate(known);
        self.depth -= 1;
        self.indent -= 1;
    }

    /// Returns a time. Some are the same, so that several tasks wake at once.
    fn time(&mut self) -> &'static str {
        self.random.pick(&["0", "0.01", "0.02", "0.02", "0.03", "0.05", "0.1"])
    }

    /// Returns a call of a later function, or a sleep.
    fn call(&mut self) -> String {
        let later = FUNCTIONS - self.function - 1;
        if later == 0 {
            return format!("asyncio.sleep({})", self.time());
        }
        let function = self.function + 1 + self.random.below(later);
        format!("c{function}({})", self.random.below(4))
    }

    fn task(&mut self) -> Option<String> {
        let place = self.random.below(self.tasks.len());
        self.tasks.get(place).cloned()
    }

    fn some_tasks(&mut self) -> String {
        let begin = self.random.below(self.tasks.len());
        self.tasks[begin..].join(", ")
    }

    fn statement(&mut self) {
        let mark = self.text.len();
        match self.random.below(16) {
            0 => self.line(&format!("print('c{}', x, count, {mark})", self.function)),
            1 | 2 => {
                let time = self.time();
                self.line(&format!("await asyncio.sleep({time})"));
            }
            3 | 4 => self.spawn("asyncio"),
            5 => {
                let (name, call) = (self.name("r"), self.call());
                self.line(&format!("{name} = await {call}"));
                self.line(&format!("print({mark}, {name})"));
            }
            6 => {
                let error = self.random.pick(&["ValueError", "KeyError", "RuntimeError"]);
                let test = self.random.below(3);
                self.line(&format!("if x == {test}:"));
                self.line(&format!("    raise {error}('at {mark}')"));
            }
            7 => self.line("count += 1"),
            8..=11 if self.depth < 3 => self.nested(mark),
            _ => self.with_tasks(mark),
        }
    }

    fn spawn(&mut self, by: &str) {
        let (name, call) = (self.name("t"), self.call());
        self.line(&format!("{name} = {by}.create_task({call})"));
        self.tasks.push(name);
    }

    fn nested(&mut self, mark: usize) {
        match self.random.below(6) {
            0 => {
                self.block("try:");
                let classes = [
                    "ValueError",
                    "asyncio.CancelledError",
                    "(KeyError, TimeoutError)",
                    "Exception",
                    "ExceptionGroup",
                    "LookupError",
                ];
                let class = self.random.pick(&classes);
                self.block(&format!("except {class} as e{mark}:"));
                self.line(&format!("    print({mark}, type(e{mark}).__name__, e{mark})"));
                self.end_of_handler();
            }
            1 => {
                self.block("try:");
                self.block("finally:");
            }
            2 => {
                let time = self.time();
                self.block(&format!("async with asyncio.timeout({time}):"));
            }
            3 => self.group(),
            4 => {
                let times = self.random.below(4);
                self.block(&format!("for i{mark} in range({times}):"));
                self.line("    count += 1");
            }
            _ => {
                let test = self.random.below(3);
                self.block(&format!("if count > {test}:"));
                self.block("else:");
            }
        }
    }

    fn end_of_handler(&mut self) {
        if self.random.below(3) == 0 {
            self.line("    raise");
        }
    }

    fn group(&mut self) {
        let name = self.name("g");
        self.line(&format!("async with asyncio.TaskGroup() as {name}:"));
        self.indent += 1;
        self.depth += 1;
        let known = self.tasks.len();
        for _ in 0..=self.random.below(3) {
            self.spawn(&name);
        }
        self.statement();
        self.depth -= 1;
        self.indent -= 1;
        self.tasks.truncate(known);
    }

    /// Statements about a task that has a name here.
    fn with_tasks(&mut self, mark: usize) {
        let Some(task) = self.task() else { return self.spawn("asyncio") };
        let (tasks, time) = (self.some_tasks(), self.time());
        match self.random.below(9) {
            0 | 1 => self.line(&format!("{task}.cancel()")),
            2 => self.line(&format!("print({mark}, await {task})")),
            3 => self.line(&format!("print({mark}, {task}.done(), {task}.cancelled())")),
            4 => {
                let condition = self.random.pick(&[
                    "",
                    ", return_when=asyncio.FIRST_COMPLETED",
                    ", return_when=asyncio.FIRST_EXCEPTION",
                ]);
                let limit = self.random.pick(&["", ", timeout=0.02", ", timeout=0.2"]);
                let (done, pending) = (self.name("done"), self.name("pending"));
                self.line(&format!(
                    "{done}, {pending} = await asyncio.wait([{tasks}]{condition}{limit})"
                ));
                self.line(&format!("print({mark}, len({done}), len({pending}))"));
                self.line(&format!("for task in {pending}:"));
                self.line("    task.cancel()");
                self.line(&format!("for task in {done}:"));
                self.line(&format!("    print({mark}, task.cancelled(), task in {pending})"));
            }
            5 => {
                let flag = self.random.pick(&["", ", return_exceptions=True"]);
                let call = self.call();
                self.line(&format!("print(await asyncio.gather({tasks}, {call}{flag}))"));
            }
            6 => self.line(&format!("print({mark}, await asyncio.wait_for({task}, {time}))")),
            7 => {
                let call = self.call();
                self.line(&format!("print({mark}, await asyncio.wait_for({call}, {time}))"));
            }
            _ => self.line(&format!("print({mark}, await asyncio.shield({task}))")),
        }
    }
}

/// Returns what a program prints here, and the error that it ends with, if any.
fn outcome(text: &str) -> String {
    let run = run(text).expect("it was checked");
    let failure = match run.failure {
        Some(failure) if failure.contains("waits for ever") => "! reference.Deadlock".into(),
        Some(failure) => format!("! {failure}"),
        None => return run.printed,
    };
    format!("{}{failure}\n", run.printed)
}

#[test]
fn random_programs_make_sense() {
    for seed in 0..300 {
        let text = program(seed);
        let too_long = |said: &String| said.contains("the program gets too long");
        let checked = check(&text);
        assert!(checked.as_ref().err().is_none_or(too_long), "{checked:?}\n{text}");
    }
}

/// `PYTHON313` is a Python 3.13. Prints the counts, and keeps what differs.
#[test]
#[ignore = "takes a Python 3.13"]
fn random_programs_print_the_same_on_cpython() {
    let python = env::var("PYTHON313").expect("PYTHON313 says where a Python 3.13 is");
    let number = |name, usual| env::var(name).map_or(usual, |it| it.parse().expect("a number"));
    let (seed, count) = (number("SEED", 1), number("PROGRAMS", 300));
    let folder = env::temp_dir().join(format!("wheelhouse-programs-{seed}"));
    fs::create_dir_all(&folder).unwrap();
    let file = |index| folder.join(format!("{index}.py"));
    let paths: Vec<_> = (0..count).map(file).collect();
    let programs = (seed * 1_000_000..).map(program).filter(|text| check(text).is_ok());
    for (path, text) in paths.iter().zip(programs) {
        fs::write(path, text).unwrap();
    }
    run_on(&python, &paths);
    let different: Vec<_> = paths.iter().filter(|path| is_different(path)).collect();
    println!("{count} programs run, {} different", different.len());
    assert!(different.is_empty(), "{different:#?}");
    fs::remove_dir_all(&folder).unwrap();
}

fn run_on(python: &str, paths: &[PathBuf]) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/asyncio/virtual.py");
    let mut command = Command::new(python);
    command.arg("-B").arg(file).arg("--save").args(paths);
    let output = command.output().expect("Python starts");
    assert!(output.status.success(), "{output:?}");
}

fn is_different(path: &Path) -> bool {
    let text = fs::read_to_string(path).unwrap();
    let expected = fs::read_to_string(path.with_extension("out")).unwrap();
    outcome(&text) != expected
}
