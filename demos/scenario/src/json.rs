//! Reads JSON more strictly than `serde_json` does by itself.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Error, Map, Value};

/// The number of lists and objects that may stand within each other. A block in a block
/// takes two levels, a handler three. `serde_json` itself allows 127.
const MOST_LEVELS: usize = 120;

/// Reads JSON of [`MOST_LEVELS`] at most, in which no object has a key twice.
pub(crate) fn read(text: &str) -> Result<Value, Error> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Strict { levels: MOST_LEVELS }.deserialize(&mut reader)?;
    reader.end().map(|()| value)
}

/// Reads a value with so many levels at most.
#[derive(Clone, Copy)]
struct Strict {
    levels: usize,
}

impl Strict {
    /// Returns the reader of the values in a list or an object.
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        let levels = self.levels.checked_sub(1).ok_or_else(|| {
            E::custom(format_args!(
                "lists and objects stand more than {MOST_LEVELS} deep in each other; \
                move inner steps into a coroutine of their own"
            ))
        })?;
        Ok(Self { levels })
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, it: bool) -> Result<Value, E> {
        Ok(it.into())
    }

    fn visit_i64<E>(self, it: i64) -> Result<Value, E> {
        Ok(it.into())
    }

    fn visit_u64<E>(self, it: u64) -> Result<Value, E> {
        Ok(it.into())
    }

    fn visit_f64<E>(self, it: f64) -> Result<Value, E> {
        Ok(it.into())
    }

    fn visit_str<E>(self, it: &str) -> Result<Value, E> {
        Ok(it.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let below = self.deeper()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(below)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let below = self.deeper()?;
        let mut object = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            if object.contains_key(&key) {
                let rule = format_args!("the key {key:?} is given twice; keep one of them");
                return Err(A::Error::custom(rule));
            }
            object.insert(key, members.next_value_seed(below)?);
        }
        Ok(Value::Object(object))
    }
}
