//! Bounded parser of JSON inside text, with limits on size and depth.

use std::fmt;

use compact_str::CompactString;
use quipu_core::Value;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::text;

/// Maximum size of a parsed text, in bytes.
const LARGEST: usize = 8 << 20;
/// Maximum nesting of a parsed text.
const DEEPEST: usize = 64;

/// The value of a JSON object or array in text. `None` if it is neither, is invalid, or exceeds 8 MiB or 64
/// levels. Objects keep their order.
pub fn parse(text: &str) -> Option<Value> {
    let text = text.trim();
    if !text.starts_with(['{', '[']) || text.len() > LARGEST {
        return None;
    }
    let mut json = serde_json::Deserializer::from_str(text);
    let value = Seed(DEEPEST).deserialize(&mut json).ok()?;
    json.end().ok().map(|()| value)
}

/// The JSON object at the start of a text. The rest need not be JSON.
pub(crate) fn parse_first(text: &str) -> Option<Value> {
    let is_object = text.starts_with('{') && text.len() <= LARGEST;
    let mut json = serde_json::Deserializer::from_str(if is_object { text } else { return None });
    Seed(DEEPEST).deserialize(&mut json).ok()
}

/// The values under the wanted keys of a JSON object in text, without a full tree. The parser stops when it
/// has all of them, so the rest need not be JSON.
pub fn pick<const N: usize>(text: &str, wanted: [&str; N]) -> [Option<Value>; N] {
    let mut found = [const { None }; N];
    if text.len() <= LARGEST && text.trim_start().starts_with('{') {
        let mut json = serde_json::Deserializer::from_str(text);
        // An error here is invalid text or the early stop. The values found before it are valid in both
        // cases.
        let _ = json.deserialize_map(Picker { wanted: &wanted, found: &mut found });
    }
    found
}

/// The label at a path of a JSON object in text, without a full tree. An array on the path is represented by
/// its first element. The parser stops at the label, so the rest need not be JSON.
pub fn label_at_path(text: &str, path: &[&str]) -> Option<CompactString> {
    let mut found = None;
    if text.len() <= LARGEST && text.trim_start().starts_with('{') && path.len() < DEEPEST {
        let mut json = serde_json::Deserializer::from_str(text);
        // An error here is invalid text or the early stop. The values found before it are valid in both
        // cases.
        let _ = Path { steps: path, found: &mut found }.deserialize(&mut json);
    }
    found
}

/// The rest of a path, and the output for the value at its end.
struct Path<'p> {
    steps: &'p [&'p str],
    found: &'p mut Option<CompactString>,
}

impl<'de> DeserializeSeed<'de> for Path<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Path<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        if self.steps.is_empty() {
            *self.found = text::label(&Value::from(text));
        }
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        if !self.steps.is_empty() {
            seq.next_element_seed(self)?;
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Some((step, rest)) = self.steps.split_first() else {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(());
        };
        while let Some(place) = map.next_key_seed(KeyPlace(&[step]))? {
            if place.is_none() {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            map.next_value_seed(Path { steps: rest, found: self.found })?;
            if self.found.is_some() {
                return Err(A::Error::custom("found"));
            }
        }
        Ok(())
    }
}

struct Seed(usize);

impl<'de> DeserializeSeed<'de> for Seed {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E: Error>(self, int: i64) -> Result<Value, E> {
        Ok(Value::Int(int))
    }

    fn visit_u64<E: Error>(self, int: u64) -> Result<Value, E> {
        Ok(i64::try_from(int).map_or(Value::Double(int as f64), Value::Int))
    }

    fn visit_f64<E: Error>(self, double: f64) -> Result<Value, E> {
        Ok(Value::Double(double))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let deeper = self.0.checked_sub(1).ok_or_else(|| A::Error::custom("nested too deeply"))?;
        let mut values = Vec::new();
        while let Some(value) = seq.next_element_seed(Self(deeper))? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let deeper = self.0.checked_sub(1).ok_or_else(|| A::Error::custom("nested too deeply"))?;
        let mut pairs = Vec::new();
        while let Some(key) = map.next_key::<CompactString>()? {
            pairs.push((key, map.next_value_seed(Self(deeper))?));
        }
        Ok(Value::Map(pairs))
    }
}

struct Picker<'p> {
    wanted: &'p [&'p str],
    found: &'p mut [Option<Value>],
}

impl<'de> Visitor<'de> for Picker<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut missing = self.wanted.len();
        while let Some(place) = map.next_key_seed(KeyPlace(self.wanted))? {
            let Some(place) = place else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let value = map.next_value_seed(Seed(DEEPEST))?;
            if self.found[place].replace(value).is_none() {
                missing -= 1;
            }
            if missing == 0 {
                return Err(A::Error::custom("all found"));
            }
        }
        Ok(())
    }
}

struct KeyPlace<'p>(&'p [&'p str]);

impl<'de> DeserializeSeed<'de> for KeyPlace<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeyPlace<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().position(|wanted| *wanted == key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_keep_their_order() {
        let value = parse(r#" {"b": 1, "a": [true, null, 1.5, "x"]} "#).unwrap();
        let Value::Map(pairs) = value else { panic!("a map") };
        assert_eq!(pairs[0], ("b".into(), Value::Int(1)));
        let list = vec![Value::Bool(true), Value::Null, Value::Double(1.5), "x".into()];
        assert_eq!(pairs[1], ("a".into(), Value::Array(list)));
    }

    #[test]
    fn what_is_not_json_is_none() {
        for text in ["", "hello", "12", "{broken", r#"{"a":1} tail"#, "{'python': 1}"] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse(&"[".repeat(100_000)), None);
        assert_eq!(parse(&format!("{}{}", "[".repeat(100), "]".repeat(100))), None);
        assert_eq!(parse(&u64::MAX.to_string()), None);
    }

    #[test]
    fn follows_a_path_into_first_elements() {
        let text = r#"{"a": [[{"b": {"c": "x", "d": 1}}, {"b": {"c": "y"}}]], "e": {"c": "z"}, broken"#;
        assert_eq!(label_at_path(text, &["a", "b", "c"]).as_deref(), Some("x"));
        assert_eq!(label_at_path(text, &["e", "c"]).as_deref(), Some("z"));
        for path in [&["a", "b", "d"][..], &["a", "b"], &["a", "x"], &["c"]] {
            assert_eq!(label_at_path(text, path), None, "{path:?}");
        }
    }

    #[test]
    fn picks_without_reading_to_the_end() {
        let [id, model] = pick(r#"{"id": "x", "deep": {"id": "y"}, "model": "m", broken"#, ["id", "model"]);
        assert_eq!((id, model), (Some("x".into()), Some("m".into())));
        let [absent] = pick(r#"{"a": {"id": 1}}"#, ["id"]);
        assert_eq!(absent, None);
        let [not_an_object] = pick(r#"[{"id": 1}]"#, ["id"]);
        assert_eq!(not_an_object, None);
    }
}
