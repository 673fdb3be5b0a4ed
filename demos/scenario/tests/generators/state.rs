//! Programs whose functions and tasks change the same lists and dictionaries.

use std::ops::{Deref, DerefMut};

use crate::generators::{Generator, Writer};
use crate::random::Random;

/// A program in which state changes, while it is written.
struct State {
    writer: Writer,
    /// The names that stand for lists of numbers here, and for lists of such lists.
    lists: Vec<String>,
    rows: Vec<String>,
    /// Numbers.
    numbers: Vec<String>,
    in_loop: bool,
}

/// Writes the program of a seed, in which state changes.
pub(crate) fn program_with_state(seed: u64) -> String {
    let begin = "import asyncio\n\nshared = [0]\ntable = {}\ntotal = 0\n";
    let state = State {
        writer: Writer::new(seed, begin),
        lists: Vec::new(),
        rows: Vec::new(),
        numbers: Vec::new(),
        in_loop: false,
    };
    state.program("c0(1, [1, 2])")
}

impl Deref for State {
    type Target = Writer;

    fn deref(&self) -> &Writer {
        &self.writer
    }
}

impl DerefMut for State {
    fn deref_mut(&mut self) -> &mut Writer {
        &mut self.writer
    }
}

impl Generator for State {
    fn define(&mut self) {
        let function = self.function;
        (self.lists, self.rows) = (vec!["shared".into(), "xs".into(), "xs".into()], Vec::new());
        self.numbers = vec!["x".into(), "total".into()];
        self.indented(&format!("async def c{function}(x, xs):"), |it| {
            it.line("global total");
            for _ in 0..=2 + it.random.below(if function == 0 { 9 } else { 5 }) {
                it.statement();
            }
            let list = it.list();
            it.line(&format!("print('c{function}', x, xs, shared, table, total)"));
            it.line(&format!("return {list}"));
        });
    }
}

impl State {
    /// Writes a block. What is made in it has no name behind it.
    fn block(&mut self, head: &str) {
        let known = (self.lists.len(), self.rows.len(), self.numbers.len());
        self.indented(head, |it| {
            for _ in 0..=it.random.below(3) {
                it.statement();
            }
        });
        self.lists.truncate(known.0);
        self.rows.truncate(known.1);
        self.numbers.truncate(known.2);
    }

    fn one_of(random: &mut Random, all: &[String]) -> String {
        all[random.below(all.len())].clone()
    }

    fn list(&mut self) -> String {
        Self::one_of(&mut self.writer.random, &self.lists)
    }

    fn number(&mut self) -> String {
        match self.random.below(5) {
            0 => self.random.below(9).to_string(),
            1 => format!("len({})", self.list()),
            2 => format!("sum({}) % 50", self.list()),
            _ => Self::one_of(&mut self.writer.random, &self.numbers),
        }
    }

    fn loop_block(&mut self, head: &str) {
        let before = std::mem::replace(&mut self.in_loop, true);
        self.block(head);
        self.in_loop = before;
    }

    fn statement(&mut self) {
        match self.random.below(22) {
            0..=2 => self.change(),
            3 => self.append(),
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
            15 if self.in_loop => self.leave(),
            16 => {
                let time = self.random.pick(&["0", "0.01", "0.02", "0.03", "0.05"]);
                self.line(&format!("await asyncio.sleep({time})"));
            }
            _ if self.may_nest() => self.nested(),
            _ => self.change(),
        }
    }

    fn append(&mut self) {
        let (list, number) = (self.list(), self.number());
        self.line(&format!("if len({list}) < 9:"));
        self.line(&format!("    {list}.append({number})"));
    }

    /// Leaves a loop, or goes on with its next item.
    fn leave(&mut self) {
        let (list, number) = (self.list(), self.number());
        let word = self.random.pick(&["break", "continue"]);
        self.line(&format!("if {number} in {list}:"));
        self.line(&format!("    {word}"));
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
        let rows = Self::one_of(&mut self.writer.random, &self.rows);
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
        let function = self.later()?;
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
            2 => self.tasks_of_range(&one),
            3 => self.tasks_of_list(&one),
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
            1 => {
                let (one_task, name) = (self.name("t"), self.name("l"));
                self.line(&format!("{one_task} = asyncio.create_task({one})"));
                self.statement_without_block();
                self.line(&format!("{name} = await {one_task}"));
                self.lists.push(name);
            }
            _ => self.line(&format!("print(await asyncio.gather({one}, {other}))")),
        }
    }

    fn tasks_of_range(&mut self, call: &str) {
        let name = self.name("tasks");
        self.line(&format!("{name} = []"));
        self.line("for i in range(2):");
        self.line(&format!("    {name}.append(asyncio.create_task({call}))"));
        self.line(&format!("for task in {name}:"));
        self.line("    print(await task)");
    }

    fn tasks_of_list(&mut self, call: &str) {
        let (list, name) = (self.list(), self.name("tasks"));
        self.line(&format!("{name} = []"));
        self.line(&format!("for n in {list}[:2]:"));
        self.line(&format!("    {name}.append(asyncio.create_task({call}))"));
        self.line("    await asyncio.sleep(0)");
        self.line(&format!("print(await asyncio.gather(*{name}))"));
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
        let (list, number, mark) = (self.list(), self.number(), self.mark());
        match self.random.below(8) {
            0 => {
                self.block("try:");
                let class =
                    self.random.pick(&["IndexError", "Exception", "(KeyError, ValueError)"]);
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
            5 => self.count(&list),
            _ => {
                self.block(&format!("if {number} % 2 == 0:"));
                self.block("else:");
            }
        }
    }

    /// Appends numbers until there are enough.
    fn count(&mut self, list: &str) {
        let name = self.name("w");
        self.line(&format!("{name} = 0"));
        self.line(&format!("while {name} < 3 and len({list}) < 6:"));
        self.line(&format!("    {name} += 1"));
        self.line(&format!("    {list}.append({name})"));
    }
}
