//! JSON, as far as a recording is written in it.

use std::fmt::Write;

use crate::probe::{Places, Text};

use super::recorder::Texts;

/// A value that can be written as JSON.
pub(super) trait Json {
    fn write(&self, out: &mut Writer<'_>);
}

/// Writes JSON, one object after the other.
pub(super) struct Writer<'a> {
    out: String,
    /// The texts, of which events have the numbers.
    texts: &'a Texts,
}

impl<'a> Writer<'a> {
    pub(super) fn new(texts: &'a Texts) -> Self {
        Self { out: String::new(), texts }
    }

    pub(super) fn finish(self) -> String {
        self.out
    }

    /// Writes an object on a line of its own.
    pub(super) fn line(&mut self, fields: impl FnOnce(&mut Self)) {
        self.object(fields);
        self.out.push('\n');
    }

    /// Writes an object, whose fields the function writes.
    pub(super) fn object(&mut self, fields: impl FnOnce(&mut Self)) {
        self.out.push('{');
        fields(self);
        self.out.push('}');
    }

    pub(super) fn field<T: Json + ?Sized>(&mut self, key: &str, value: &T) {
        self.key(key);
        value.write(self);
    }

    /// Writes a field that is an object.
    pub(super) fn object_field(&mut self, key: &str, fields: impl FnOnce(&mut Self)) {
        self.key(key);
        self.object(fields);
    }

    /// Writes a field that is a list of objects.
    pub(super) fn list<T>(&mut self, key: &str, items: &[T], fields: impl Fn(&mut Self, &T)) {
        self.key(key);
        self.items(items, |out, item| out.object(|out| fields(out, item)));
    }

    fn items<T>(&mut self, items: &[T], write: impl Fn(&mut Self, &T)) {
        self.out.push('[');
        for item in items {
            self.separate();
            write(self, item);
        }
        self.out.push(']');
    }

    fn key(&mut self, key: &str) {
        self.separate();
        key.write(self);
        self.out.push(':');
    }

    /// Writes the comma before a field or an item, unless it is the first: then a bracket
    /// comes just before. A text never ends with a bracket, but with its quote.
    fn separate(&mut self) {
        if !self.out.ends_with(['{', '[']) {
            self.out.push(',');
        }
    }
}

impl Json for str {
    fn write(&self, Writer { out, .. }: &mut Writer<'_>) {
        out.push('"');
        for it in self.chars() {
            match it {
                '"' | '\\' => out.extend(['\\', it]),
                '\n' => out.push_str("\\n"),
                it if it < ' ' => drop(write!(out, "\\u{:04x}", u32::from(it))),
                it => out.push(it),
            }
        }
        out.push('"');
    }
}

impl Json for &str {
    fn write(&self, out: &mut Writer<'_>) {
        (**self).write(out);
    }
}

impl Json for String {
    fn write(&self, out: &mut Writer<'_>) {
        self.as_str().write(out);
    }
}

impl Json for Text {
    fn write(&self, out: &mut Writer<'_>) {
        out.texts.get(*self).write(out);
    }
}

impl Json for Places {
    fn write(&self, out: &mut Writer<'_>) {
        let places: Vec<_> = out.texts.places(*self).collect();
        places.write(out);
    }
}

impl<T: Json> Json for Option<T> {
    fn write(&self, out: &mut Writer<'_>) {
        match self {
            Some(value) => value.write(out),
            None => out.out.push_str("null"),
        }
    }
}

impl<T: Json> Json for [T] {
    fn write(&self, out: &mut Writer<'_>) {
        out.items(self, |out, item| item.write(out));
    }
}

/// Types that `Display` writes as JSON does.
macro_rules! displayed {
    ($($plain:ty),*) => {
        $(impl Json for $plain {
            fn write(&self, Writer { out, .. }: &mut Writer<'_>) {
                let _ = write!(out, "{self}");
            }
        })*
    };
}

displayed!(bool, u32, u64, usize);
