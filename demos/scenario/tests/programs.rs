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

/// A program whose functions and tasks change the same lists and dictionaries.
struct StateWriter {
    random: Random,
    text: String,
    function: usize,
    indent: usize,
    depth: usize,
    names: usize,
    /// The names that stand for lists of numbers here, and for lists of such lists.
    lists: Vec<String>,
    rows: Vec<String>,
    /// Numbers.
    numbers: Vec<String>,
    in_loop: bool,
}

/// Writes the program of a seed, in which state changes.
fn program_with_state(seed: u64) -> String {
    let mut writer = StateWriter {
        random: Random::new(seed),
        text: "import asyncio\n\nshared = [0]\ntable = {}\ntotal = 0\n".into(),
        function: 0,
        indent: 0,
        depth: 0,
        names: 0,
        lists: Vec::new(),
        rows: Vec::new(),
        numbers: Vec::new(),
        in_loop: false,
    };
    for function in (0..FUNCTIONS).rev() {
        writer.define(function);
    }
    writer.text += "\n\nasyncio.run(c0(1, [1, 2]))\n";
    writer.text
}

impl StateWriter {
    fn line(&mut self, line: &str) {
        let indent = "    ".repeat(self.indent);
        writeln!(self.text, "{indent}{line}").expect("a string can be written to");
    }

    fn name(&mut self, kind: &str) -> String {
        self.names += 1;
        format!("{kind}{}", self.names)
    }

    fn one_of(random: &mut Random, all: &[String]) -> String {
        all[random.below(all.len())].clone()
    }

    fn list(&mut self) -> String {
        Self::one_of(&mut self.random, &self.lists)
    }

    fn number(&mut self) -> String {
        match self.random.below(5) {
            0 => self.random.below(9).to_string(),
            1 => format!("len({})", self.list()),
            2 => format!("sum({}) % 50", self.list()),
            _ => Self::one_of(&mut self.random, &self.numbers),
        }
    }

    fn define(&mut self, function: usize) {
        self.function = function;
        self.text += "\n\n";
        self.line(&format!("async def c{function}(x, xs):"));
        self.indent += 1;
        self.line("global total");
        (self.lists, self.rows) = (vec!["shared".into(), "xs".into(), "xs".into()], Vec::new());
        self.numbers = vec!["x".into(), "total".into()];
        for _ in 0..=2 + self.random.below(if function == 0 { 9 } else { 5 }) {
            self.statement();
        }
        let list = self.list();
        self.line(&format!("print('c{function}', x, xs, shared, table, total)"));
        self.line(&format!("return {list}"));
        self.indent -= 1;
    }

    fn block(&mut self, head: &str) {
        self.line(head);
        self.indent += 1;
        self.depth += 1;
        let known = (self.lists.len(), self.rows.len(), self.numbers.len());
        for _ in 0..=self.random.below(3) {
            self.statement();
        }
        self.lists.truncate(known.0);
        self.rows.truncate(known.1);
        self.numbers.truncate(known.2);
        self.depth -= 1;
        self.indent -= 1;
    }

    fn loop_block(&mut self, head: &str) {
        let before = std::mem::replace(&mut self.in_loop, true);
        self.block(head);
        self.in_loop = before;
    }

    fn statement(&mut self) {
        match self.random.below(22) {
            0..=2 => self.change(),
            3 => {
                let (list, number) = (self.list(), self.number());
                self.line(&format!("if len({list}) < 9:"));
                self.line(&format!("    {list}.append({number})"));
            }
            4 => self.new_list(),
            5 => self.with_rows(),
            6 | 7 => self.with_table(),
            8 => {
                let (one, other) = (self.list(), self.list());
                self.line(&format!("print({one} is {other}, {one} == {other}, {one} + {other})"));
            }
            9 => {
                let number = self.number();
                self.line(&format!("total = (total + {number}) % 100"));
            }
            10 | 11 => self.call(),
            12 => self.tasks(),
            13 => self.function_within(),
            14 => {
                let (list, place) = (self.list(), self.random.below(4));
                let shown = self.random.pick(&["[::-1]", "[1:]", "[-2:]", "[0:2]", "[::2]"]);
                self.line(&format!("print({list}{shown}, {list}[{place}:])"));
            }
            15 if self.in_loop => {
                let (list, number) = (self.list(), self.number());
                let word = self.random.pick(&["break", "continue"]);
                self.line(&format!("if {number} in {list}:"));
                self.line(&format!("    {word}"));
            }
            16 => {
                let time = self.random.pick(&["0", "0.01", "0.02", "0.03", "0.05"]);
                self.line(&format!("await asyncio.sleep({time})"));
            }
            _ if self.depth < 3 => self.nested(),
            _ => self.change(),
        }
    }

    /// Changes a list.
    fn change(&mut self) {
        let (list, number, place) = (self.list(), self.number(), self.random.below(3));
        let (test, change) = match self.random.below(12) {
            0 => (format!("if {list}:"), format!("print({list}.pop(), {list})")),
            1 => (format!("if {list}:"), format!("x += {list}.pop(0)")),
            2 => (format!("if {number} in {list}:"), format!("{list}.remove({number})")),
            3 => (format!("if len({list}) < 9:"), format!("{list}.insert({place}, {number})")),
            4 => ("if x:".into(), format!("{list}.sort()")),
            5 => ("if total % 2:".into(), format!("{list}.reverse()")),
            6 => (format!("if len({list}) > {place}:"), format!("{list}[{place}] = {number}")),
            7 => (format!("if len({list}) < 9:"), format!("{list} += [{number}]")),
            8 => (format!("if len({list}) > 1:"), format!("{list}[-1] += 1")),
            9 => (format!("if len({list}) < 5:"), format!("{list}.extend({list})")),
            10 => (format!("if len({list}) > 8:"), format!("{list}.clear()")),
            _ => (format!("if len({list}) > 2:"), format!("del {list}[{place}]")),
        };
        // A global list that is assigned to would be a name of the function.
        let change =
            if change.starts_with("shared +=") { "shared.append(0)".into() } else { change };
        self.line(&test);
        self.line(&format!("    {change}"));
    }

    fn new_list(&mut self) {
        let (name, list, number) = (self.name("l"), self.list(), self.number());
        let value = match self.random.below(8) {
            0 => list,
            1 => format!("list({list})"),
            2 => format!("[it % 50 + 1 for it in {list}]"),
            3 => format!("sorted({list}, reverse=True)"),
            4 => format!("{list} if {number} % 2 else [{number}]"),
            5 => format!("{list} or [{number}]"),
            6 => format!("{list}.copy()"),
            _ => format!("[{number}, {}]", self.random.below(5)),
        };
        self.line(&format!("{name} = {value}"));
        self.lists.push(name);
    }

    /// Statements about lists of lists.
    fn with_rows(&mut self) {
        let list = self.list();
        if self.rows.is_empty() || self.random.below(4) == 0 {
            let (name, other) = (self.name("r"), self.list());
            let value = match self.random.below(4) {
                0 => format!("[[]] * {}", self.random.below(3)),
                1 => format!("[[n] for n in {list}]"),
                2 => format!("[{list}]"),
                _ => format!("[{list}, {other}, [7]]"),
            };
            self.line(&format!("{name} = {value}"));
            self.rows.push(name);
            return;
        }
        let rows = Self::one_of(&mut self.random, &self.rows);
        match self.random.below(6) {
            0 => self.line(&format!("{rows}.append({list})")),
            1 => {
                self.line(&format!("for row in {rows}[:3]:"));
                self.line("    if len(row) < 9:");
                self.line("        row.append(len(row))");
            }
            2 => {
                let name = self.name("l");
                self.line(&format!("{name} = {rows}[-1] if {rows} else [1]"));
                self.lists.push(name);
            }
            3 => self.line(&format!("print([len(row) for row in {rows}], {list} in {rows})")),
            4 => {
                self.line(&format!("if {rows} and len({rows}[0]) < 9:"));
                self.line(&format!("    {rows}[0].append(total)"));
            }
            _ => self.line(&format!("print({rows})")),
        }
    }

    fn with_table(&mut self) {
        let (list, number) = (self.list(), self.number());
        match self.random.below(8) {
            0 | 1 => self.line(&format!("table[{number} % 4] = len({list})")),
            2 => self.line(&format!("print(table.get({number} % 4), {number} % 4 in table)")),
            3 => {
                self.line("for key, value in sorted(table.items()):");
                self.line(&format!("    print(key, value, {list})"));
            }
            4 => {
                self.line("try:");
                self.line(&format!("    print(table.pop({number} % 5))"));
                self.line("except KeyError as error:");
                self.line("    print('no', error, repr(error))");
            }
            5 => {
                let key = self.random.below(4);
                self.line(&format!("table[{key}] = table.get({key}, 0) + 1"));
            }
            6 => self.line(&format!("print({{n: n % 3 for n in {list}}}, len(set({list})))")),
            _ => self.line("print(table, list(table), sum(table.values()))"),
        }
    }

    /// Returns a call of a later function, if there is one.
    fn called(&mut self) -> Option<String> {
        let later = FUNCTIONS - self.function - 1;
        if later == 0 {
            return None;
        }
        let function = self.function + 1 + self.random.below(later);
        let number = self.number();
        let list = match self.random.below(3) {
            0 => format!("[{number}]"),
            _ => self.list(),
        };
        Some(format!("c{function}({number}, {list})"))
    }

    fn call(&mut self) {
        let Some(call) = self.called() else { return self.change() };
        let name = self.name("l");
        self.line(&format!("{name} = await {call}"));
        self.lists.push(name);
    }

    fn tasks(&mut self) {
        let (Some(one), Some(other)) = (self.called(), self.called()) else { return self.change() };
        match self.random.below(6) {
            3 => {
                let (list, name) = (self.list(), self.name("tasks"));
                self.line(&format!("{name} = []"));
                self.line(&format!("for n in {list}[:2]:"));
                self.line(&format!("    {name}.append(asyncio.create_task({one}))"));
                self.line("    await asyncio.sleep(0)");
                self.line(&format!("print(await asyncio.gather(*{name}))"));
            }
            4 => {
                let (list, call) = (self.list(), one.split('(').next().unwrap_or_default());
                let gathered = format!("*[{call}(n, [n]) for n in {list}[-2:]]");
                self.line(&format!("print(await asyncio.gather({gathered}))"));
            }
            5 => {
                let name = self.name("w");
                self.line(&format!("{name} = 0"));
                self.line(&format!("while {name} < 2:"));
                self.line(&format!("    {name} += 1"));
                self.line(&format!("    asyncio.create_task({one})"));
                self.line(&format!("    await asyncio.sleep(0.01 * {name})"));
            }
            0 => self.line(&format!("print(await asyncio.gather({one}, {other}))")),
            1 => {
                let (one_task, name) = (self.name("t"), self.name("l"));
                self.line(&format!("{one_task} = asyncio.create_task({one})"));
                self.statement_without_block();
                self.line(&format!("{name} = await {one_task}"));
                self.lists.push(name);
            }
            _ => {
                let name = self.name("tasks");
                self.line(&format!("{name} = []"));
                self.line("for i in range(2):");
                self.line(&format!("    {name}.append(asyncio.create_task({one}))"));
                self.line(&format!("for task in {name}:"));
                self.line("    print(await task)");
            }
        }
    }

    fn statement_without_block(&mut self) {
        let (list, number) = (self.list(), self.number());
        self.line("await asyncio.sleep(0)");
        self.line(&format!("print({list}, {number})"));
    }

    fn function_within(&mut self) {
        let (name, list) = (self.name("f"), self.list());
        self.line(&format!("def {name}(n):"));
        self.line(&format!("    if len({list}) < 9:"));
        self.line(&format!("        {list}.append(n)"));
        self.line(&format!("    return {list}"));
        let number = self.number();
        self.line(&format!("print({name}({number}), {name}(1) is {list})"));
    }

    fn nested(&mut self) {
        let (list, number, mark) = (self.list(), self.number(), self.text.len());
        match self.random.below(8) {
            0 => {
                self.block("try:");
                let classes = ["IndexError", "Exception", "(KeyError, ValueError)"];
                let class = self.random.pick(&classes);
                self.block(&format!("except {class} as e{mark}:"));
            }
            1 => {
                self.block("try:");
                self.block("finally:");
            }
            2 => self.block("async with asyncio.timeout(0.02):"),
            3 => {
                let times = self.random.below(4);
                self.loop_block(&format!("for i{mark} in range({times}):"));
            }
            4 => {
                self.numbers.push(format!("n{mark}"));
                self.loop_block(&format!("for n{mark} in {list}[:3]:"));
                self.numbers.pop();
            }
            5 => {
                let name = self.name("w");
                self.line(&format!("{name} = 0"));
                self.line(&format!("while {name} < 3 and len({list}) < 6:"));
                self.line(&format!("    {name} += 1"));
                self.line(&format!("    {list}.append({name})"));
            }
            _ => {
                self.block(&format!("if {number} % 2 == 0:"));
                self.block("else:");
            }
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
    for text in (0..300).map(program).chain((0..300).map(program_with_state)) {
        let too_long = |said: &String| said.contains("the program gets too long");
        let checked = check(&text);
        assert!(checked.as_ref().err().is_none_or(too_long), "{checked:?}\n{text}");
    }
}

#[test]
#[ignore = "takes a Python 3.13"]
fn random_programs_print_the_same_on_cpython() {
    assert_that_they_print_the_same("programs", program);
}

#[test]
#[ignore = "takes a Python 3.13"]
fn random_programs_with_state_print_the_same_on_cpython() {
    assert_that_they_print_the_same("state", program_with_state);
}

/// `PYTHON313` is a Python 3.13. Prints the counts, and keeps what differs.
fn assert_that_they_print_the_same(kind: &str, program: fn(u64) -> String) {
    let python = env::var("PYTHON313").expect("PYTHON313 says where a Python 3.13 is");
    let number = |name, usual| env::var(name).map_or(usual, |it| it.parse().expect("a number"));
    let (seed, count) = (number("SEED", 1), number("PROGRAMS", 300));
    let folder = env::temp_dir().join(format!("wheelhouse-{kind}-{seed}"));
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

/// A run that is given up prints the begin.
fn is_different(path: &Path) -> bool {
    let text = fs::read_to_string(path).unwrap();
    let expected = fs::read_to_string(path.with_extension("out")).unwrap();
    let ours = outcome(&text);
    match ours.split_once("! the program is given up") {
        Some((printed, _)) => !expected.starts_with(printed),
        None => ours != expected,
    }
}
