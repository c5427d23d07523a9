//! Extraction of the indexed words of a span.

use foldhash::{HashMap, HashMapExt};

use crate::codec::{SpanTexts, ValueIn};
use crate::search::once::Once;
use crate::words::spaced;

/// Maximum bytes of one span that are indexed, each word once. Words beyond are not found.
const MOST_BYTES: usize = 256 << 10;
/// Minimum length of a text without spaces that is treated as an id if it looks random.
const ID_BYTES: usize = 16;

/// Maximum length of a label. A longer value without spaces is text under any key.
const LABEL_BYTES: usize = 40;
/// Parts of keys whose values are always indexed: messages, answers, errors and similar texts.
const TELLING: [&str; 26] = [
    "message",
    "prompt",
    "completion",
    "content",
    "input",
    "output",
    "question",
    "answer",
    "query",
    "request.text",
    "response.text",
    "argument",
    "parameter",
    "result",
    "error",
    "exception",
    "description",
    "document",
    "instruction",
    "text",
    "summary",
    "note",
    "comment",
    "title",
    "subject",
    "reason",
];

/// Maximum number of keys in the cache of text keys.
const MOST_KEYS: usize = 4_096;

/// Builds the indexed texts of spans.
pub(crate) struct TextMaker {
    words: Once,
    /// Whether a key is about text.
    keys: HashMap<Box<str>, bool>,
}

impl Default for TextMaker {
    fn default() -> Self {
        Self { words: Once::default(), keys: HashMap::new() }
    }
}

impl TextMaker {
    /// The searchable words of a span: its name, its status message, and its attributes and events. Labels
    /// are omitted: short values without a space under a key that is not about text (`region`,
    /// `http.method`). They are on every span, have filters, and would take much of the index.
    pub(crate) fn of_span(&mut self, name: &str, body: &SpanTexts<'_>) -> &str {
        self.words.clear();
        add(&mut self.words, name);
        add(&mut self.words, body.message);
        self.add_attributes(&body.attributes);
        for (_, name, attributes) in &body.events {
            add(&mut self.words, name);
            self.add_attributes(attributes);
        }
        self.words.text()
    }

    fn add_attributes(&mut self, attributes: &[(&str, ValueIn<'_>)]) {
        for (key, value) in attributes {
            if may_speak(value) {
                let telling = self.is_telling(key);
                add_value(&mut self.words, value, telling);
            }
        }
    }

    /// Whether a key is about text. Cached, because keys are few and their parts many.
    fn is_telling(&mut self, key: &str) -> bool {
        if let Some(telling) = self.keys.get(key) {
            return *telling;
        }
        if self.keys.len() >= MOST_KEYS {
            self.keys.clear();
        }
        let telling = TELLING.iter().any(|part| key.contains(part));
        self.keys.insert(key.into(), telling);
        telling
    }
}

const fn may_speak(value: &ValueIn<'_>) -> bool {
    matches!(value, ValueIn::String(_) | ValueIn::Array(_) | ValueIn::Map(_))
}

fn add_value(words: &mut Once, value: &ValueIn<'_>, telling: bool) {
    match value {
        ValueIn::String(string) if telling || !is_label(string) => add(words, string),
        ValueIn::Array(values) => values.iter().for_each(|value| add_value(words, value, telling)),
        ValueIn::Map(pairs) => pairs.iter().for_each(|(_, value)| add_value(words, value, telling)),
        _ => {}
    }
}

fn is_label(string: &str) -> bool {
    string.len() <= LABEL_BYTES && string.is_ascii() && !string.contains(char::is_whitespace)
}

/// Whether a text is an id. Each id would be a separate word, and the index as large as the ids.
fn is_id(string: &str) -> bool {
    string.len() >= ID_BYTES
        && string.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        && string.bytes().filter(u8::is_ascii_digit).count() * 5 >= string.len()
}

fn add(words: &mut Once, string: &str) {
    let room = MOST_BYTES.saturating_sub(words.text().len());
    if string.is_empty() || room == 0 || is_id(string) {
        return;
    }
    let string = &string[..string.floor_char_boundary(room)];
    words.add(&spaced(string));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_left_out_unless_their_key_speaks_of_text() {
        let long = "a/long/path/that/nobody/would/use/as/a/label.txt";
        let attributes = [
            ("app.region", "eu-west"),
            ("app.place", "lyon old town"),
            ("app.path", long),
            ("gen_ai.tool.call.result", "snow"),
            ("app.city", "東京"),
        ];
        let attributes = attributes.map(|(key, value)| (key, ValueIn::String(value)));
        let mut maker = TextMaker::default();
        maker.add_attributes(&attributes);
        maker.add_attributes(&attributes);
        let words = "lyon old town a long path that nobody would use as label txt snow 東 京 ";
        assert_eq!(maker.words.text(), words);
    }

    #[test]
    fn ids_are_left_out_and_names_are_not() {
        for id in [
            "0af7651916cd43dd8448eb211c80319c",
            "6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b",
            "chatcmpl-CuHX83jq0Yz7719a2",
        ] {
            assert!(is_id(id), "{id}");
        }
        for name in
            ["gpt-4o-mini", "search_knowledge_base", "claude-sonnet-4-5-20250929x and more", "Valparaiso"]
        {
            assert!(!is_id(name), "{name}");
        }
    }
}
