//! Programs of tasks: what they await, gather, cancel and catch.

use std::ops::{Deref, DerefMut};

use crate::generators::{Generator, Writer};

/// A program of tasks while it is written.
struct Tasks {
    writer: Writer,
    /// The tasks that have names here.
    known: Vec<String>,
}

/// Writes the program of a seed.
pub(crate) fn program_of_tasks(seed: u64) -> String {
    let writer = Writer::new(seed, "import asyncio\n");
    Tasks { writer, known: Vec::new() }.program("c0(0)")
}

impl Deref for Tasks {
    type Target = Writer;

    fn deref(&self) -> &Writer {
        &self.writer
    }
}

impl DerefMut for Tasks {
    fn deref_mut(&mut self) -> &mut Writer {
        &mut self.writer
    }
}

impl Generator for Tasks {
    fn define(&mut self) {
        let function = self.function;
        self.known.clear();
        self.indented(&format!("async def c{function}(x):"), |it| {
            it.line("count = x");
            it.line(&format!("print('c{function}', x, 'begins')"));
            let wide = if function == 0 { 7 } else { 4 };
            for _ in 0..=it.random.below(wide) {
                it.statement();
            }
            let returned = it.random.pick(&["return count", "return x * 2", "return None"]);
            it.line(returned);
        });
    }
}

impl Tasks {
    /// Writes a block. The tasks in it have no names behind it.
    fn scope(&mut self, head: &str, body: impl FnOnce(&mut Self)) {
        let known = self.known.len();
        self.indented(head, body);
        self.known.truncate(known);
    }

    fn block(&mut self, head: &str) {
        self.scope(head, |it| {
            for _ in 0..=it.random.below(2) {
                it.statement();
            }
        });
    }

    /// Returns a time. Some are the same, so that several tasks wake at once.
    fn time(&mut self) -> &'static str {
        self.random.pick(&["0", "0.01", "0.02", "0.02", "0.03", "0.05", "0.1"])
    }

    /// Returns a call of a later function, or a sleep.
    fn call(&mut self) -> String {
        match self.later() {
            None => format!("asyncio.sleep({})", self.time()),
            Some(function) => format!("c{function}({})", self.random.below(4)),
        }
    }

    fn task(&mut self) -> Option<String> {
        let place = self.writer.random.below(self.known.len());
        self.known.get(place).cloned()
    }

    fn some_tasks(&mut self) -> String {
        let begin = self.writer.random.below(self.known.len());
        self.known[begin..].join(", ")
    }

    fn statement(&mut self) {
        let mark = self.mark();
        match self.random.below(16) {
            0 => {
                let function = self.function;
                self.line(&format!("print('c{function}', x, count, {mark})"));
            }
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
            8..=11 if self.may_nest() => self.nested(mark),
            _ => self.with_tasks(mark),
        }
    }

    fn spawn(&mut self, by: &str) {
        let (name, call) = (self.name("t"), self.call());
        self.line(&format!("{name} = {by}.create_task({call})"));
        self.known.push(name);
    }

    fn nested(&mut self, mark: usize) {
        match self.random.below(6) {
            0 => self.handled(mark),
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

    fn handled(&mut self, mark: usize) {
        self.block("try:");
        let class = self.random.pick(&[
            "ValueError",
            "asyncio.CancelledError",
            "(KeyError, TimeoutError)",
            "Exception",
            "ExceptionGroup",
            "LookupError",
        ]);
        self.block(&format!("except {class} as e{mark}:"));
        self.line(&format!("    print({mark}, type(e{mark}).__name__, e{mark})"));
        if self.random.below(3) == 0 {
            self.line("    raise");
        }
    }

    fn group(&mut self) {
        let name = self.name("g");
        self.scope(&format!("async with asyncio.TaskGroup() as {name}:"), |it| {
            for _ in 0..=it.random.below(3) {
                it.spawn(&name);
            }
            it.statement();
        });
    }

    /// Statements about a task that has a name here.
    fn with_tasks(&mut self, mark: usize) {
        let Some(task) = self.task() else { return self.spawn("asyncio") };
        let (tasks, time) = (self.some_tasks(), self.time());
        match self.random.below(9) {
            0 | 1 => self.line(&format!("{task}.cancel()")),
            2 => self.line(&format!("print({mark}, await {task})")),
            3 => self.line(&format!("print({mark}, {task}.done(), {task}.cancelled())")),
            4 => self.wait(mark, &tasks),
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

    fn wait(&mut self, mark: usize, tasks: &str) {
        let condition = self.random.pick(&[
            "",
            ", return_when=asyncio.FIRST_COMPLETED",
            ", return_when=asyncio.FIRST_EXCEPTION",
        ]);
        let limit = self.random.pick(&["", ", timeout=0.02", ", timeout=0.2"]);
        let (done, pending) = (self.name("done"), self.name("pending"));
        self.line(&format!("{done}, {pending} = await asyncio.wait([{tasks}]{condition}{limit})"));
        self.line(&format!("print({mark}, len({done}), len({pending}))"));
        self.line(&format!("for task in {pending}:"));
        self.line("    task.cancel()");
        self.line(&format!("for task in {done}:"));
        self.line(&format!("    print({mark}, task.cancelled(), task in {pending})"));
    }
}
