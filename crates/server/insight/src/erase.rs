//! Removal of an id from texts of users: saved views, dashboards, definitions of budgets.

use std::collections::HashSet;

use quipu_core::{FORGOTTEN, TraceId};
use serde_json::Value;

/// A shorter id is recognised only as a whole text or as the value of a filter: within other texts it may
/// mean anything.
const SHORT: usize = 4;

/// Ids in every spelling in which documents have them.
#[derive(Debug, Clone)]
pub struct Ids {
    spellings: Vec<String>,
    traces: HashSet<TraceId>,
}

impl Ids {
    /// Ids of users and sessions as they are, percent-encoded with large and small digits, and as strings of
    /// JSON; and traces.
    pub fn new(ids: impl IntoIterator<Item = String>, traces: HashSet<TraceId>) -> Self {
        let mut spellings = Vec::new();
        for id in ids {
            let encoded = percent(&id);
            let escaped = serde_json::to_string(&id).unwrap_or_default();
            spellings.extend([encoded.to_lowercase(), encoded, escaped.trim_matches('"').to_owned(), id]);
        }
        spellings.retain(|id| !id.is_empty());
        // The longest first, so no id matches within another.
        spellings.sort_unstable_by(|one, other| (other.len(), one).cmp(&(one.len(), other)));
        spellings.dedup();
        Self { spellings, traces }
    }

    /// A text without the ids; `None` if it has none of them.
    pub fn taken_out(&self, text: &str) -> Option<String> {
        let mut clean: Option<String> = None;
        for id in &self.spellings {
            let now = clean.as_deref().unwrap_or(text);
            clean = replaced(now, id).or(clean);
        }
        self.without_traces(clean.as_deref().unwrap_or(text)).or(clean)
    }

    /// A JSON document or a plain text without the ids; `None` if it has none of them.
    pub fn rewritten(&self, text: &str) -> Option<String> {
        match serde_json::from_str::<Value>(text) {
            Ok(mut document) => self.take_out(&mut document).then(|| document.to_string()),
            Err(_) => self.taken_out(text),
        }
    }

    /// A text without ids of traces, in capitals or not.
    fn without_traces(&self, text: &str) -> Option<String> {
        let (mut out, mut copied, mut at) = (String::new(), 0, 0);
        let bytes = text.as_bytes();
        while at < bytes.len() && !self.traces.is_empty() {
            if bytes[at] == b'%' {
                // The digits of an escape sequence are not part of an id.
                at += 3;
                continue;
            }
            let digits = bytes[at..].iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
            let id = text.get(at..at + digits).and_then(|id| id.to_ascii_lowercase().parse::<TraceId>().ok());
            if id.is_some_and(|id| self.traces.contains(&id)) {
                out.push_str(text.get(copied..at).unwrap_or_default());
                out.push_str(FORGOTTEN);
                copied = at + digits;
            }
            at += digits.max(1);
        }
        (copied > 0).then(|| {
            out.push_str(text.get(copied..).unwrap_or_default());
            out
        })
    }

    /// Takes them out of every name and text of a document; whether there were any.
    pub fn take_out(&self, document: &mut Value) -> bool {
        match document {
            Value::String(text) => {
                let clean = self.taken_out(text);
                let found = clean.is_some();
                clean.into_iter().for_each(|clean| *text = clean);
                found
            }
            Value::Array(values) => {
                let mut found = false;
                for value in values {
                    found |= self.take_out(value);
                }
                found
            }
            Value::Object(members) => {
                let mut found = false;
                for (name, mut value) in std::mem::take(members) {
                    let clean = self.taken_out(&name);
                    found |= self.take_out(&mut value) || clean.is_some();
                    members.insert(clean.unwrap_or(name), value);
                }
                found
            }
            Value::Number(number) => {
                let found = self.spellings.iter().any(|id| id.len() >= SHORT && *id == number.to_string());
                if found {
                    *document = FORGOTTEN.into();
                }
                found
            }
            Value::Null | Value::Bool(_) => false,
        }
    }
}

/// As `encodeURIComponent` spells it.
fn percent(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte);
    let byte = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(byte).collect()
}

fn replaced(text: &str, id: &str) -> Option<String> {
    let (mut out, mut copied, mut from) = (String::new(), 0, 0);
    while let Some(found) = text.get(from..).and_then(|rest| rest.find(id)) {
        let (begin, end) = (from + found, from + found + id.len());
        if is_whole(text, begin, end) {
            out.push_str(text.get(copied..begin).unwrap_or_default());
            out.push_str(FORGOTTEN);
            copied = end;
            from = end;
        } else {
            from = begin + text[begin..].chars().next().map_or(1, char::len_utf8);
        }
    }
    (copied > 0).then(|| {
        out.push_str(text.get(copied..).unwrap_or_default());
        out
    })
}

/// Whether an id occurs as a whole: no adjacent letter or digit belongs to it. A short one must be all of the
/// text, or the value after a colon or an equals sign.
fn is_whole(text: &str, begin: usize, end: usize) -> bool {
    let (before, after) = (text.get(..begin).unwrap_or_default(), text.get(end..).unwrap_or_default());
    // The digits of an escape sequence before it are not part of the id.
    let escape = before.len() >= 3 && before.as_bytes()[before.len() - 3] == b'%';
    let joins = |letter: char| letter.is_alphanumeric() || letter == '_';
    let apart = (escape || !before.ends_with(joins)) && !after.starts_with(joins);
    let value =
        before.trim_end_matches(['"', '\'']).ends_with([':', '=']) || before.to_lowercase().ends_with("%3a");
    apart && (end - begin >= SHORT || (before.is_empty() && after.is_empty()) || value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn out(id: &str, text: &str) -> String {
        let ids = Ids::new([id.to_owned()], HashSet::new());
        ids.taken_out(text).unwrap_or_else(|| text.to_owned())
    }

    #[test]
    fn an_id_goes_in_every_spelling_and_what_only_has_it_within_stays() {
        assert_eq!(out("u-17", "filter=user:u-17&range=24h"), "filter=user:[forgotten]&range=24h");
        assert_eq!(out("jane@x.org", "filter=user%3Ajane%40x.org"), "filter=user%3A[forgotten]");
        assert_eq!(out("jane@x.org", "user%3ajane%40x.org"), "user%3a[forgotten]");
        assert_eq!(out("u-17", "of u-170 and u-17."), "of u-170 and [forgotten].");
        assert_eq!(out("7", "7 days, user=7, user:\"7\""), "7 days, user=[forgotten], user:\"[forgotten]\"");
        assert_eq!(out("a\"b-cd", r#"say a\"b-cd"#), "say [forgotten]");
    }

    #[test]
    fn traces_go_in_capitals_and_behind_escapes_too() {
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        let ids = Ids::new([], HashSet::from([id.parse().unwrap()]));
        let text = format!("/traces/{id}?x={}&t%3A{id} {id}0", id.to_uppercase());
        let want = format!("/traces/[forgotten]?x=[forgotten]&t%3A[forgotten] {id}0");
        assert_eq!(ids.taken_out(&text).unwrap(), want);
        assert_eq!(ids.taken_out("nothing of it"), None);
    }

    #[test]
    fn a_document_is_looked_through_as_a_whole() {
        let mut document = json!({"title": "of u-17", "panels": [{"u-17": [1, "u-17", null]}]});
        assert!(Ids::new(["u-17".to_owned()], HashSet::new()).take_out(&mut document));
        assert_eq!(
            document,
            json!({"title": "of [forgotten]", "panels": [{"[forgotten]": [1, "[forgotten]", null]}]})
        );
        assert!(!Ids::new(["u-17".to_owned()], HashSet::new()).take_out(&mut document));
    }
}
