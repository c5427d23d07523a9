//! Incremental JSON scanner that keeps wanted members only. It reads an answer of any size in bounded memory
//! and never buffers the vectors of an embedding.

use serde_json::{Map, Value};

use super::reader::MOST_TREE;

/// Most named members of an object.
const MOST_MEMBERS: usize = 1024;
/// Limit of all kept members of an object, in multiples of the longest member.
const MOST_LONG: usize = 4;

/// Result of a scan.
#[derive(Debug, PartialEq)]
pub(crate) enum Scanned {
    /// A complete object; unwanted and too long members are `null`.
    Object(Map<String, Value>),
    /// One element of an array.
    Element(Value),
}

/// Whether a member of the outermost object is wanted.
pub(crate) type Wanted = fn(&str) -> bool;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// Before the document.
    Before,
    /// In an object, before a key or after a value.
    Between,
    /// Within a key.
    Key,
    /// After a key, before its colon.
    Colon,
    /// Before a value.
    Value,
    /// Within a value.
    Within,
    /// After the document, or after invalid JSON.
    After,
}

/// Scanner of one document.
#[derive(Debug)]
pub(crate) struct Scanner {
    wanted: Wanted,
    limit: usize,
    at: At,
    is_array: bool,
    /// Open brackets in the value.
    depth: u32,
    in_string: bool,
    escaped: bool,
    key: Vec<u8>,
    value: Vec<u8>,
    keep: bool,
    cut: bool,
    members: Map<String, Value>,
    /// Bytes of the values in `members`.
    held: usize,
}

impl Scanner {
    /// Creates a scanner that keeps values of at most `limit` bytes each, and at most four times as much per
    /// object.
    pub fn new(limit: usize, wanted: Wanted) -> Self {
        Self {
            wanted,
            limit,
            at: At::Before,
            is_array: false,
            depth: 0,
            in_string: false,
            escaped: false,
            key: Vec::new(),
            value: Vec::new(),
            keep: false,
            cut: false,
            members: Map::new(),
            held: 0,
        }
    }

    /// Buffered bytes.
    pub fn held(&self) -> usize {
        self.key.len() + self.value.len() + self.held
    }

    /// Whether a wanted value exceeded the limit and is missing.
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// Reads the next bytes. It calls `found` for each element of an array, and once at the end of an object.
    pub fn feed(&mut self, bytes: &[u8], found: &mut dyn FnMut(Scanned)) {
        let mut rest = bytes;
        while let Some(&byte) = rest.first() {
            let taken = match self.at {
                At::Key | At::Within => self.take_run(rest, found),
                At::After => return,
                _ => {
                    self.step(byte, found);
                    1
                }
            };
            rest = rest.get(taken..).unwrap_or_default();
        }
    }

    /// Members of a truncated object that were read so far.
    pub fn into_members(self) -> Map<String, Value> {
        self.members
    }

    /// Handles one byte outside of keys and values.
    fn step(&mut self, byte: u8, found: &mut dyn FnMut(Scanned)) {
        if byte.is_ascii_whitespace() {
            return;
        }
        match (self.at, byte) {
            // A byte order mark.
            (At::Before, 0xEF | 0xBB | 0xBF) => {}
            (At::Before, b'{') => self.at = At::Between,
            (At::Before, b'[') => (self.is_array, self.at) = (true, At::Value),
            (At::Between, b'"') => {
                self.key.clear();
                self.at = At::Key;
            }
            (At::Between, b',') => {}
            (At::Between, b'}') => self.end(found),
            (At::Colon, b':') => self.at = At::Value,
            (At::Value, b']') if self.is_array => self.end(found),
            (At::Value, b',') if self.is_array => {}
            (At::Value, _) => self.open(byte),
            _ => self.at = At::After,
        }
    }

    /// Handles the first byte of a value.
    fn open(&mut self, byte: u8) {
        self.value.clear();
        self.keep = self.is_array || std::str::from_utf8(&self.key).is_ok_and(self.wanted);
        self.depth = u32::from(matches!(byte, b'{' | b'['));
        self.in_string = byte == b'"';
        self.escaped = false;
        self.at = At::Within;
        self.hold(&[byte]);
    }

    /// Consumes a key or value up to its end or the end of `bytes`; returns the number of consumed bytes.
    fn take_run(&mut self, bytes: &[u8], found: &mut dyn FnMut(Scanned)) -> usize {
        if self.at == At::Key {
            return self.take_key(bytes);
        }
        let mut end = 0;
        while let Some(&byte) = bytes.get(end) {
            if self.in_string {
                end += self.take_string(bytes.get(end..).unwrap_or_default());
                continue;
            }
            match byte {
                b'"' => self.in_string = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' if self.depth > 0 => self.depth -= 1,
                b'}' | b']' | b',' if self.depth == 0 => {
                    self.hold(bytes.get(..end).unwrap_or_default());
                    self.close(found);
                    // The byte that ends a bare value belongs to the enclosing object or list.
                    return end;
                }
                _ => {}
            }
            end += 1;
        }
        self.hold(bytes);
        bytes.len()
    }

    /// Skips the rest of a string including its closing quote; returns the number of skipped bytes.
    fn take_string(&mut self, bytes: &[u8]) -> usize {
        let mut end = 0;
        while let Some(&byte) = bytes.get(end) {
            end += 1;
            if self.escaped {
                self.escaped = false;
            } else if byte == b'\\' {
                self.escaped = true;
            } else if byte == b'"' {
                self.in_string = false;
                break;
            }
        }
        end
    }

    fn take_key(&mut self, bytes: &[u8]) -> usize {
        for (at, &byte) in bytes.iter().enumerate() {
            if !self.escaped && byte == b'"' {
                self.at = At::Colon;
                return at + 1;
            }
            self.escaped = !self.escaped && byte == b'\\';
            // A longer key is never wanted.
            if self.key.len() < 256 {
                self.key.push(byte);
            }
        }
        bytes.len()
    }

    fn hold(&mut self, bytes: &[u8]) {
        if !self.keep {
            return;
        }
        let len = self.value.len() + bytes.len();
        if len > self.limit || self.held + len > self.limit.saturating_mul(MOST_LONG) {
            self.keep = false;
            self.cut = true;
            self.value = Vec::new();
        } else {
            self.value.extend_from_slice(bytes);
        }
    }

    /// Handles the end of a value.
    fn close(&mut self, found: &mut dyn FnMut(Scanned)) {
        let is_small = quipu_json::tree_bytes(&self.value) <= MOST_TREE;
        self.cut |= self.keep && !is_small;
        let value = if self.keep && is_small { serde_json::from_slice(&self.value).ok() } else { None };
        let len = self.value.len();
        self.value.clear();
        if self.is_array {
            self.at = At::Value;
            if let Some(value) = value {
                found(Scanned::Element(value));
            }
        } else {
            self.at = At::Between;
            let key = String::from_utf8_lossy(&self.key).into_owned();
            if self.members.len() < MOST_MEMBERS || self.members.contains_key(&key) {
                self.held += len;
                self.members.insert(key, value.unwrap_or_default());
            } else {
                self.cut |= self.keep;
            }
        }
    }

    fn end(&mut self, found: &mut dyn FnMut(Scanned)) {
        self.at = At::After;
        self.value = Vec::new();
        if !self.is_array {
            found(Scanned::Object(std::mem::take(&mut self.members)));
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(pieces: &[&[u8]], limit: usize, wanted: Wanted) -> (Vec<Scanned>, bool) {
        let mut scanner = Scanner::new(limit, wanted);
        let mut all = Vec::new();
        for piece in pieces {
            scanner.feed(piece, &mut |found| all.push(found));
        }
        (all, scanner.is_cut())
    }

    fn object(text: &str) -> Option<Value> {
        let (mut all, _) = read(&[text.as_bytes()], 1 << 20, |_| true);
        match all.pop()? {
            Scanned::Object(members) => Some(Value::Object(members)),
            Scanned::Element(_) => None,
        }
    }

    #[test]
    fn objects_are_read_as_they_are() {
        for text in [
            "{}",
            " \n{ \"a\" : 1 , \"b\":\"x,}\\\"]\" }",
            r#"{"a":{"b":[1,2,{"c":"}"}]},"d":null,"e":-1.5e3,"f":[],"g":true}"#,
        ] {
            assert_eq!(object(text), Some(serde_json::from_str(text).unwrap()), "{text}");
        }
    }

    #[test]
    fn elements_of_arrays_come_one_by_one() {
        let (all, _) = read(&[br#" [ {"a":[1]}, 2 , "x" ] "#], 64, |_| true);
        let elements: Vec<Value> = all
            .into_iter()
            .map(|found| match found {
                Scanned::Element(value) => value,
                Scanned::Object(_) => Value::Null,
            })
            .collect();
        assert_eq!(elements, [json!({"a": [1]}), json!(2), json!("x")]);
    }

    #[test]
    fn the_unwanted_and_the_too_long_are_null() {
        let text = br#"{"data":[0.1,0.2,0.3],"usage":{"n":1},"long":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}"#;
        let (all, cut) = read(&[text], 20, |key| key != "data");
        let expected = json!({"data": null, "usage": {"n": 1}, "long": null});
        assert_eq!(all, [Scanned::Object(expected.as_object().unwrap().clone())]);
        assert!(cut);
    }

    #[test]
    fn no_object_is_held_whole_that_is_too_large() {
        let member = |number: usize| format!("\"{number}\":\"xxxxxxxx\"");
        let text = format!("{{{}}}", (0..2_000).map(member).collect::<Vec<_>>().join(","));
        for (limit, members, kept) in [(1 << 20, MOST_MEMBERS, MOST_MEMBERS), (25, MOST_MEMBERS, 10)] {
            let (mut all, cut) = read(&[text.as_bytes()], limit, |_| true);
            let read = match all.pop().unwrap() {
                Scanned::Object(members) => members,
                Scanned::Element(_) => Map::new(),
            };
            let some = read.values().filter(|value| !value.is_null()).count();
            assert_eq!((read.len(), some, cut), (members, kept, true));
        }
    }

    #[test]
    fn what_is_no_json_is_left_alone() {
        for text in
            ["<html>", "data: {}", "]", "}", "nul", "{]", "{\"a\"}", "{\"a\" 1}", "\u{1f}\u{8b}", "{,", "[[["]
        {
            let (all, _) = read(&[text.as_bytes()], 64, |_| true);
            assert_eq!(all, [], "{text}");
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[a-z\"\\\\{}\\[\\],:é ]{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-z\"\\\\]{1,4}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn cut_anywhere_it_reads_the_same(value in any_json(), cuts in prop::collection::vec(0..200_usize, 0..6)) {
            prop_assume!(value.is_object() || value.is_array());
            let text = serde_json::to_string_pretty(&value).unwrap();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).chain([0, text.len()]).collect();
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &text.as_bytes()[pair[0]..pair[1]]).collect();
            let (all, _) = read(&pieces, 1 << 20, |_| true);
            let expected: Vec<Value> = match value {
                Value::Array(elements) => elements,
                object => vec![object],
            };
            let got: Vec<Value> = all.into_iter().map(|found| match found {
                Scanned::Element(value) => value,
                // Keys with escape sequences are kept as written; no provider uses them.
                Scanned::Object(members) => Value::Object(members.into_iter().map(|(key, value)| {
                    (serde_json::from_str::<String>(&format!("\"{key}\"")).unwrap(), value)
                }).collect()),
            }).collect();
            prop_assert_eq!(got, expected);
        }

        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut scanner = Scanner::new(16, |_| true);
            scanner.feed(b"{\"a\":", &mut |_| {});
            scanner.feed(&bytes, &mut |_| {});
            prop_assert!(scanner.value.len() <= 16);
        }
    }
}
