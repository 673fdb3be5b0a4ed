//! Functions, and the names in them.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::program::Name;
use crate::python::assigned::targets;
use crate::python::complaint::Result;
use crate::python::rust::around::whole;
use crate::python::rust::types::Type;
use crate::python::syntax::{Define, Does, Expr, Kind, Statement};

/// The number of times that the types are worked out, at most.
const MOST_PASSES: usize = 8;

/// The number of columns that a line has, unless it can't be divided.
const WIDEST: usize = 100;

/// Writes a program in Rust.
pub(crate) fn write(program: &[Statement]) -> String {
    let mut writer = Writer::new(program);
    for _ in 0..MOST_PASSES {
        let before = writer.signatures.clone();
        writer.functions();
        if before == writer.signatures {
            break;
        }
    }
    whole(&writer.functions())
}

/// The types of a function's parameters and of its result.
#[derive(Clone, PartialEq, Default, Debug)]
pub(crate) struct Signature {
    pub(crate) parameters: Vec<Type>,
    pub(crate) returns: Type,
}

/// A program that is written in Rust.
pub(crate) struct Writer<'a> {
    pub(crate) defines: BTreeMap<Name, &'a Define>,
    order: Vec<&'a Define>,
    pub(crate) signatures: BTreeMap<Name, Signature>,
    pub(crate) globals: BTreeMap<Name, &'a Expr>,
}

/// A function of it.
pub(crate) struct Body<'a, 'w> {
    pub(crate) writer: &'w mut Writer<'a>,
    pub(crate) define: &'a Define,
    pub(crate) names: BTreeMap<Name, Type>,
    /// The names that are assigned to more than once.
    pub(crate) changed: BTreeSet<Name>,
    pub(crate) lines: Vec<String>,
    pub(crate) depth: usize,
    /// The number of expressions around this place.
    pub(crate) nesting: usize,
    /// For each block of its own type around this place, whether it may return from the
    /// function: then its value is an option.
    pub(crate) blocks: Vec<bool>,
    /// The names of the errors that are caught around this place, and whether a cancellation
    /// may be among them.
    pub(crate) caught: Vec<(Name, bool)>,
}

impl<'a> Writer<'a> {
    fn new(program: &'a [Statement]) -> Self {
        let (mut order, mut globals): (Vec<&Define>, _) = (Vec::new(), BTreeMap::new());
        for statement in program {
            match &statement.kind {
                Does::Define(define) => order.push(define),
                Does::Assign { target: Expr { kind: Kind::Name(name), .. }, value } => {
                    globals.insert(Rc::clone(name), value);
                }
                _ => {}
            }
        }
        let defines = order.iter().map(|it| (Rc::clone(&it.name), *it)).collect();
        let empty = |it: &&Define| Signature {
            parameters: vec![Type::Unknown; it.parameters.len()],
            returns: Type::Unknown,
        };
        let signatures = order.iter().map(|it| (Rc::clone(&it.name), empty(it))).collect();
        Self { defines, order, signatures, globals }
    }

    fn functions(&mut self) -> String {
        let written = self.order.clone().into_iter().map(|define| self.function(define));
        written.collect()
    }

    fn function(&mut self, define: &'a Define) -> String {
        let mut body = Body::new(self, define);
        let result = body.whole();
        let lines = std::mem::take(&mut body.lines);
        let head = self.head(define);
        match result {
            Ok(()) => format!("\n{head} {{\n{}\n}}\n", lines.join("\n")),
            Err(complaint) => {
                let (name, line, reason) = (&define.name, complaint.line(), complaint.reason());
                format!("\n// No counterpart: `{name}`, since in line {line} {reason}.\n")
            }
        }
    }

    fn head(&self, define: &Define) -> String {
        let signature = &self.signatures[&define.name];
        let parameters = define.parameters.iter().zip(&signature.parameters);
        let parameters: Vec<_> =
            parameters.map(|((name, _), it)| format!("{}: {}", word(name), it.written())).collect();
        let is_async = if define.is_async { "async " } else { "" };
        let (name, returns) = (function_name(&define.name), signature.returns.written());
        format!("{is_async}fn {name}({}) -> Result<{returns}>", parameters.join(", "))
    }
}

impl<'a, 'w> Body<'a, 'w> {
    fn new(writer: &'w mut Writer<'a>, define: &'a Define) -> Self {
        let types = writer.signatures[&define.name].parameters.clone();
        let names = define.parameters.iter().map(|(name, _)| Rc::clone(name)).zip(types).collect();
        let mut seen = define.parameters.iter().map(|(name, _)| Rc::clone(name)).collect();
        let mut changed = BTreeSet::new();
        find_changed(&define.body, &mut seen, &mut changed);
        Self {
            writer,
            define,
            names,
            changed,
            lines: Vec::new(),
            depth: 1,
            nesting: 0,
            blocks: Vec::new(),
            caught: Vec::new(),
        }
    }

    fn whole(&mut self) -> Result<()> {
        let define = self.define;
        for (number, (name, default)) in define.parameters.iter().enumerate() {
            if self.changed.contains(name) {
                self.line(&format!("let mut {0} = {0};", word(name)));
            }
            if let Some(default) = default {
                let kind = self.value(default)?.kind;
                self.note_parameter(&define.name, number, kind);
            }
        }
        self.tail(&define.body)
    }

    pub(crate) fn note_parameter(&mut self, function: &Name, number: usize, kind: Type) {
        if let Some(signature) = self.writer.signatures.get_mut(function)
            && let Some(parameter) = signature.parameters.get_mut(number)
        {
            *parameter = std::mem::take(parameter).joined(kind);
        }
    }

    pub(crate) fn note_return(&mut self, kind: Type) {
        if let Some(signature) = self.writer.signatures.get_mut(&self.define.name) {
            signature.returns = std::mem::take(&mut signature.returns).joined(kind);
        }
    }

    pub(crate) fn returns(&self) -> Type {
        self.writer.signatures[&self.define.name].returns.clone()
    }

    pub(crate) fn line(&mut self, text: &str) {
        let indent = "    ".repeat(self.depth);
        if indent.len() + text.chars().count() <= WIDEST {
            self.lines.push(format!("{indent}{text}"));
            return;
        }
        for (place, part) in links(text).into_iter().enumerate() {
            let more = if place == 0 { "" } else { "    " };
            self.lines.push(format!("{indent}{more}{part}"));
        }
    }
}

/// Divides a line before each call of a method that stands in no brackets.
fn links(text: &str) -> Vec<&str> {
    let (mut depth, mut is_text, mut begin, mut links) = (0_usize, false, 0, Vec::new());
    let mut before = ' ';
    for (place, sign) in text.char_indices() {
        match sign {
            '"' if before != '\\' => is_text = !is_text,
            _ if is_text => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            '.' if depth == 0 && matches!(before, ')' | ']') => {
                links.push(&text[begin..place]);
                begin = place;
            }
            _ => {}
        }
        before = sign;
    }
    links.push(&text[begin..]);
    links
}

fn find_changed(body: &[Statement], seen: &mut BTreeSet<Name>, changed: &mut BTreeSet<Name>) {
    for statement in body {
        if let Does::Assign { target, .. } = &statement.kind {
            for name in targets(target) {
                if !seen.insert(Rc::clone(&name)) {
                    changed.insert(name);
                }
            }
        }
        for block in statement.kind.blocks() {
            find_changed(block, seen, changed);
        }
    }
}

/// The words of Rust that are names in Python.
const TAKEN: [&str; 22] = [
    "as", "box", "const", "crate", "dyn", "enum", "extern", "fn", "impl", "let", "loop", "match",
    "mod", "move", "mut", "pub", "ref", "static", "struct", "trait", "type", "use",
];

/// Returns a name as Rust takes it.
pub(crate) fn word(name: &str) -> String {
    if TAKEN.contains(&name) { format!("{name}_") } else { name.to_owned() }
}

/// Returns the name of a function. Rust begins with a `main` of its own.
pub(crate) fn function_name(name: &str) -> String {
    if name == "main" { "start".into() } else { word(name) }
}
