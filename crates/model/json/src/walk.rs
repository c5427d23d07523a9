//! Members of objects and elements of arrays, as slices of the text.

use std::borrow::Cow;
use std::fmt;
use std::ops::ControlFlow;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// An error: the text is not JSON of the expected type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not JSON of the expected kind")
    }
}

impl std::error::Error for Broken {}

/// Parses a whole text as one value. Only white space may follow it. Each nesting level takes one byte of
/// memory.
///
/// # Errors
/// The text is not JSON.
pub fn raw(text: &str) -> Result<&RawValue, Broken> {
    serde_json::from_str(text).map_err(|_| Broken)
}

/// Calls `each` for every member of an object, in the order of the text, including repeated names.
///
/// # Errors
/// The value is not an object, or a name contains half a surrogate pair. Members before the error were passed
/// to `each`.
pub fn members<'a>(
    object: &'a RawValue,
    each: &mut dyn FnMut(Cow<'a, str>, &'a RawValue),
) -> Result<(), Broken> {
    let mut deserializer = serde_json::Deserializer::from_str(object.get());
    deserializer.deserialize_map(Members(each)).map_err(|_| Broken)
}

/// Calls `each` for every element of an array until it breaks. Other values have no elements.
pub fn elements<'a>(array: &'a RawValue, each: &mut dyn FnMut(&'a RawValue) -> ControlFlow<()>) {
    let mut deserializer = serde_json::Deserializer::from_str(array.get());
    // After a break the reader reports an error, because the rest was not read.
    let _ = deserializer.deserialize_seq(Elements(each));
}

/// The text of a string; `None` for other values and for half of a surrogate pair.
pub fn text(value: &RawValue) -> Option<Cow<'_, str>> {
    let mut deserializer = serde_json::Deserializer::from_str(value.get());
    Name.deserialize(&mut deserializer).ok()
}

/// Whether it is `null`.
pub fn is_null(value: &RawValue) -> bool {
    value.get() == "null"
}

/// The value at a path of names; of a repeated name the last one.
pub fn at<'a>(value: &'a RawValue, path: &[&str]) -> Option<&'a RawValue> {
    path.iter().try_fold(value, |object, name| {
        let mut found = None;
        let whole = members(object, &mut |key, value| {
            if crate::fold(&key) == crate::fold(name) {
                found = Some(value);
            }
        });
        whole.ok().and(found)
    })
}

struct Members<'f, 'a>(&'f mut dyn FnMut(Cow<'a, str>, &'a RawValue));

impl<'a> Visitor<'a> for Members<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key_seed(Name)? {
            let value: &'a RawValue = map.next_value()?;
            (self.0)(name, value);
        }
        Ok(())
    }
}

struct Elements<'f, 'a>(&'f mut dyn FnMut(&'a RawValue) -> ControlFlow<()>);

impl<'a> Visitor<'a> for Elements<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(element) = list.next_element::<&'a RawValue>()? {
            if (self.0)(element).is_break() {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// A string, borrowed if it has no escape sequence.
struct Name;

impl<'a> DeserializeSeed<'a> for Name {
    type Value = Cow<'a, str>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Cow<'a, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'a> Visitor<'a> for Name {
    type Value = Cow<'a, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E>(self, text: &'a str) -> Result<Cow<'a, str>, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Cow<'a, str>, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn listed(text: &str) -> Result<Vec<(String, String)>, Broken> {
        let mut all = Vec::new();
        members(raw(text)?, &mut |name, value| all.push((name.into_owned(), value.get().to_owned())))?;
        Ok(all)
    }

    #[test]
    fn names_are_read_as_they_are_meant_and_values_as_they_stand() {
        let all = listed(r#" {"mess\u0061ges" : [ 1, 2 ], "a":{"b":1} ,"a":"\n"} "#).unwrap();
        let expected = [("messages", "[ 1, 2 ]"), ("a", r#"{"b":1}"#), ("a", r#""\n""#)];
        assert_eq!(all, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        for wrong in ["[]", "", "{", r#"{"a":1}{"b":2}"#, r#"{"\ud800":1}"#, "{'a':1}", "{\"a\":1,}"] {
            assert_eq!(listed(wrong), Err(Broken), "{wrong}");
        }
    }

    #[test]
    fn elements_come_until_enough() {
        let mut all = Vec::new();
        elements(raw(r#"[1,"x",[{}],null]"#).unwrap(), &mut |value| {
            all.push(value.get());
            if all.len() == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert_eq!(all, ["1", "\"x\"", "[{}]"]);
        elements(raw("{}").unwrap(), &mut |_| panic!("an object has no elements"));
    }

    #[test]
    fn texts_and_paths() {
        assert!(matches!(text(raw("\"plain\"").unwrap()), Some(Cow::Borrowed("plain"))));
        assert_eq!(text(raw(r#""\u00e9""#).unwrap()).as_deref(), Some("é"));
        assert_eq!(text(raw("1").unwrap()), None);
        let deep = raw(r#"{"a":{"bC":1,"b_c":2}}"#).unwrap();
        assert_eq!(at(deep, &["a", "bc"]).map(RawValue::get), Some("2"));
        assert!(at(deep, &["a", "x"]).is_none() && at(deep, &["a", "bc", "d"]).is_none());
    }

    #[test]
    fn deep_nesting_takes_no_stack() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(listed(&deep).unwrap().len(), 1);
    }
}
