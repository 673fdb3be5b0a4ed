//! The table of sentences, which the page fills, too: `sentences.json`.
//!
//! A template has places in braces. A part of it in brackets is left out, if a place in it isn't
//! known.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// The table as text.
pub(crate) const TABLE: &str = include_str!("sentences.json");

static TEMPLATES: LazyLock<Table> =
    LazyLock::new(|| serde_json::from_str(TABLE).expect("the table is JSON"));

#[derive(Deserialize)]
struct Table {
    /// The sentences, by kind of step and variant.
    steps: HashMap<String, Template>,
    /// What sentences are made of.
    phrases: HashMap<String, Template>,
}

/// Returns the sentence of a kind of step, in the variant of it that applies.
pub(crate) fn sentence(kind: &str, variant: &str) -> &'static Template {
    let joint = if variant.is_empty() { "" } else { "." };
    let sentences = &TEMPLATES.steps;
    sentences.get(&format!("{kind}{joint}{variant}")).unwrap_or_else(|| &sentences["unknown"])
}

/// Returns a part of sentences, if there is one with this key.
pub(crate) fn phrase(key: &str) -> Option<&'static Template> {
    TEMPLATES.phrases.get(key)
}

#[derive(Deserialize)]
#[serde(from = "String")]
pub(crate) struct Template(Vec<Group>);

/// Texts and places that are there together, or not at all.
struct Group {
    is_optional: bool,
    pieces: Vec<Piece>,
}

enum Piece {
    Text(String),
    Place(String),
}

impl Template {
    /// Fills the places.
    pub(crate) fn fill(&self, value: impl Fn(&str) -> Option<String>) -> String {
        let fill = |group: &Group| {
            let parts = group.pieces.iter().map(|piece| match piece {
                Piece::Text(text) => Some(text.clone()),
                Piece::Place(place) => value(place),
            });
            let parts: Vec<_> = parts.collect();
            let is_known = parts.iter().all(Option::is_some);
            if is_known || !group.is_optional {
                parts.into_iter().flatten().collect()
            } else {
                String::new()
            }
        };
        self.0.iter().map(fill).collect()
    }
}

impl From<String> for Template {
    fn from(text: String) -> Self {
        let groups = alternate(&text, ['[', ']']).map(|(is_optional, text)| {
            let pieces = alternate(text, ['{', '}']).map(|(is_place, text)| {
                if is_place { Piece::Place(text.into()) } else { Piece::Text(text.into()) }
            });
            Group { is_optional, pieces: pieces.collect() }
        });
        Self(groups.collect())
    }
}

/// Parts a text in what stands outside and what stands inside of a pair of signs, by turns.
fn alternate(text: &str, signs: [char; 2]) -> impl Iterator<Item = (bool, &str)> {
    text.split(signs).enumerate().map(|(nth, part)| (nth % 2 == 1, part))
}
