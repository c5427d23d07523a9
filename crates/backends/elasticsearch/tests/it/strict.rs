//! Documents that both products reject: repeated keys, and values that do not fit the type of their field.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// JSON whose objects repeat no key.
#[derive(Debug, Clone, PartialEq)]
pub enum Strict {
    Leaf(Value),
    List(Vec<Strict>),
    Object(BTreeMap<String, Strict>),
}

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Any)
    }
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Strict;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, held: bool) -> Result<Strict, E> {
        Ok(Strict::Leaf(held.into()))
    }

    fn visit_i64<E>(self, held: i64) -> Result<Strict, E> {
        Ok(Strict::Leaf(held.into()))
    }

    fn visit_u64<E>(self, held: u64) -> Result<Strict, E> {
        Ok(Strict::Leaf(held.into()))
    }

    fn visit_f64<E>(self, held: f64) -> Result<Strict, E> {
        Ok(Strict::Leaf(held.into()))
    }

    fn visit_str<E>(self, held: &str) -> Result<Strict, E> {
        Ok(Strict::Leaf(held.into()))
    }

    fn visit_unit<E>(self) -> Result<Strict, E> {
        Ok(Strict::Leaf(Value::Null))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut held: A) -> Result<Strict, A::Error> {
        let mut list = Vec::new();
        while let Some(one) = held.next_element()? {
            list.push(one);
        }
        Ok(Strict::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut held: A) -> Result<Strict, A::Error> {
        let mut map = BTreeMap::new();
        while let Some((key, one)) = held.next_entry::<String, Strict>()? {
            if map.insert(key.clone(), one).is_some() {
                return Err(A::Error::custom(format!("Duplicate field '{key}'")));
            }
        }
        Ok(Strict::Object(map))
    }
}

/// The types of fields by their full names, from the mappings of a template.
pub fn types(mappings: &Value) -> BTreeMap<String, Value> {
    fn within(into: &mut BTreeMap<String, Value>, prefix: &str, properties: &Value) {
        for (name, held) in properties.as_object().unwrap() {
            let name = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            match held.get("properties") {
                Some(deeper) => within(into, &name, deeper),
                None => drop(into.insert(name, held.clone())),
            }
        }
    }
    assert_eq!(mappings["dynamic"], false, "nobody may make the mapping grow");
    let mut types = BTreeMap::new();
    within(&mut types, "", &mappings["properties"]);
    types
}

/// The reason why a cluster would reject the document.
pub fn refused(types: &BTreeMap<String, Value>, document: &Strict) -> Option<String> {
    let Strict::Object(fields) = document else { return Some("no object".to_owned()) };
    let Some(Strict::Leaf(Value::String(_))) = fields.get("@timestamp") else {
        return Some("data stream timestamp field [@timestamp] is missing".to_owned());
    };
    fields.iter().find_map(|(name, held)| {
        let Some(of) = types.get(name) else { return Some(format!("{name} is not in the template")) };
        let fits = match of["type"].as_str().unwrap() {
            "keyword" => scalars(held, of["index"] == false || of["ignore_above"].is_number()),
            "text" => scalars(held, true),
            "boolean" => matches!(held, Strict::Leaf(Value::Bool(_))),
            "long" => matches!(held, Strict::Leaf(held) if held.is_i64()),
            "double" => matches!(held, Strict::Leaf(held) if held.is_number()),
            "date_nanos" => matches!(held, Strict::Leaf(Value::String(time)) if is_time(time)),
            "object" => of["enabled"] == false,
            "flattened" | "flat_object" => flat(held, name, 20),
            other => panic!("{other}"),
        };
        (!fits).then(|| format!("{name}: {of} does not take {held:?}"))
    })
}

fn is_time(text: &str) -> bool {
    ("1970-".."2263").contains(&text) && text.parse::<quipu_core::Timestamp>().is_ok()
}

/// Lucene's longest term.
const TERM: usize = 32_766;

fn scalars(held: &Strict, any_length: bool) -> bool {
    match held {
        Strict::Leaf(Value::String(text)) => any_length || text.len() <= TERM,
        Strict::Leaf(_) => true,
        Strict::List(list) => list.iter().all(|one| scalars(one, any_length)),
        Strict::Object(_) => false,
    }
}

fn flat(held: &Strict, path: &str, depth: usize) -> bool {
    match held {
        Strict::Leaf(leaf) => path.len() + leaf.to_string().len() < TERM,
        Strict::List(list) => list.iter().all(|one| flat(one, path, depth)),
        Strict::Object(fields) => {
            let plain = |key: &str| key.split('.').all(|part| !part.trim().is_empty()) && !key.contains('\0');
            depth > 0
                && fields
                    .iter()
                    .all(|(key, one)| plain(key) && flat(one, &format!("{path}.{key}"), depth - 1))
        }
    }
}
