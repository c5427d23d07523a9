//! An answer during reading: deltas of a stream are joined here.

use std::collections::BTreeMap;

use compact_str::CompactString;
use serde_json::{Map, Value, json};

use super::fields::{text, word};
use super::{Answer, Failure, ToolCall};

/// Most kept bytes of an answer's contents.
const MOST_CONTENTS: usize = 1 << 20;
/// Most kept parts of an answer.
const MOST_PARTS: usize = 4096;

/// An answer during reading.
#[derive(Debug, Default)]
pub struct Draft {
    /// Known values so far.
    pub answer: Answer,
    contents: bool,
    /// Most kept bytes of contents.
    most: usize,
    has_output: bool,
    held: usize,
    /// Usage of a stream so far, if it arrives in several events.
    pub(crate) usage_object: Map<String, Value>,
    parts: BTreeMap<(u64, Slot), DraftPart>,
    /// Finish reason of each choice.
    stopped: BTreeMap<u64, String>,
}

/// Position of a part in a choice. Parts without an index come first: reasoning, then text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Slot {
    Reasoning,
    Text,
    At(u64),
}

#[derive(Debug)]
enum DraftPart {
    Text(String),
    Reasoning(String),
    Tool(ToolCall),
    Other(Value),
}

impl Draft {
    /// Creates a draft; with `contents`, it keeps the output.
    pub fn new(contents: bool) -> Self {
        Self { contents, most: MOST_CONTENTS, ..Self::default() }
    }

    /// Keeps at most the first `most` bytes of the output.
    pub fn keep(&mut self, most: usize) {
        self.most = most.min(MOST_CONTENTS);
    }

    /// Whether any text, reasoning or tool call has arrived.
    pub fn has_output(&self) -> bool {
        self.has_output
    }

    /// Returns the answer so far.
    pub fn finish(mut self) -> Answer {
        self.answer.finish_reasons = self.stopped.values().cloned().collect();
        self.answer.output = self.contents.then(|| self.messages()).flatten();
        self.answer.tool_calls = std::mem::take(&mut self.parts)
            .into_values()
            .filter_map(|part| if let DraftPart::Tool(call) = part { Some(call) } else { None })
            .filter(|call| !call.name.is_empty())
            .collect();
        self.answer
    }

    /// Kept bytes of the output.
    pub(crate) fn held(&self) -> usize {
        self.held
    }

    pub(crate) fn has_parts(&self) -> bool {
        !self.parts.is_empty()
    }

    pub(crate) fn has_tool_calls(&self) -> bool {
        self.parts.values().any(|part| matches!(part, DraftPart::Tool(_)))
    }

    pub(crate) fn id(&mut self, id: Option<&str>) {
        set(&mut self.answer.id, id);
    }

    pub(crate) fn model(&mut self, model: Option<&str>) {
        set(&mut self.answer.model, model);
    }

    pub(crate) fn service_tier(&mut self, tier: Option<&str>) {
        set(&mut self.answer.service_tier, tier);
    }

    pub(crate) fn stopped(&mut self, choice: u64, reason: Option<&str>) {
        if let Some(reason) = reason.filter(|reason| !reason.is_empty())
            && self.stopped.len() < MOST_PARTS
        {
            self.stopped.insert(choice, reason.to_owned());
        }
    }

    pub(crate) fn text(&mut self, choice: u64, slot: Slot, piece: &str) {
        self.say(choice, slot, piece, DraftPart::Text);
    }

    pub(crate) fn reasoning(&mut self, choice: u64, slot: Slot, piece: &str) {
        self.say(choice, slot, piece, DraftPart::Reasoning);
    }

    fn say(&mut self, choice: u64, slot: Slot, piece: &str, make: fn(String) -> DraftPart) {
        if piece.is_empty() {
            return;
        }
        self.has_output = true;
        if !self.contents || !self.has_room(piece) {
            return;
        }
        if let Some(DraftPart::Text(held) | DraftPart::Reasoning(held)) =
            self.part(choice, slot, || make(String::new()))
        {
            held.push_str(piece);
        }
    }

    /// Adds a tool call's name and id, if this delta has them.
    pub(crate) fn tool(&mut self, choice: u64, slot: Slot, id: Option<&str>, name: Option<&str>) {
        self.has_output |= name.is_some();
        if let Some(DraftPart::Tool(call)) = self.part(choice, slot, || DraftPart::Tool(ToolCall::default()))
        {
            if let Some(id) = id.filter(|id| !id.is_empty()) {
                call.id = Some(id.to_owned());
            }
            if let Some(name) = name.filter(|name| !name.is_empty()) {
                name.clone_into(&mut call.name);
            }
        }
    }

    /// Appends to a tool call's arguments.
    pub(crate) fn arguments(&mut self, choice: u64, slot: Slot, piece: &str) {
        if !self.contents || !self.has_room(piece) {
            return;
        }
        if let Some(DraftPart::Tool(call)) = self.part(choice, slot, || DraftPart::Tool(ToolCall::default()))
        {
            call.arguments.get_or_insert_default().push_str(piece);
        }
    }

    /// Adds a part of another type.
    pub(crate) fn other(&mut self, choice: u64, slot: Slot, part: Value) {
        self.has_output = true;
        if self.contents {
            self.part(choice, slot, || DraftPart::Other(part));
        }
    }

    /// The first free index of a choice.
    pub(crate) fn next(&self, choice: u64) -> Slot {
        let last = self.parts.range(..=(choice, Slot::At(u64::MAX))).next_back();
        match last {
            Some(((of, Slot::At(at)), _)) if *of == choice => Slot::At(at.saturating_add(1)),
            _ => Slot::At(0),
        }
    }

    /// The last index of a choice, if its part is text, or reasoning if `thought`. A stream without indexes
    /// continues there.
    pub(crate) fn last_said(&self, choice: u64, thought: bool) -> Option<Slot> {
        let ((of, slot), part) = self.parts.range(..=(choice, Slot::At(u64::MAX))).next_back()?;
        let fits = if thought {
            matches!(part, DraftPart::Reasoning(_))
        } else {
            matches!(part, DraftPart::Text(_))
        };
        (*of == choice && fits).then_some(*slot)
    }

    /// Reads an error object in any provider's shape.
    pub(crate) fn failed(&mut self, error: &Value) {
        let code = word(error, "code").filter(|code| !code.bytes().all(|byte| byte.is_ascii_digit()));
        let kind = word(error, "status").or(code).or_else(|| word(error, "type"));
        let message = word(error, "message").or_else(|| error.as_str()).filter(|_| self.contents);
        self.answer.failure = Some(Failure {
            kind: kind.filter(|kind| is_word(kind)).map(CompactString::from),
            message: message.map(|message| message.chars().take(4096).collect()),
        });
    }

    fn has_room(&mut self, piece: &str) -> bool {
        let bytes = u64::try_from(piece.len()).unwrap_or(u64::MAX);
        self.answer.said_bytes = self.answer.said_bytes.saturating_add(bytes);
        let has_room = self.held + piece.len() <= self.most;
        if has_room {
            self.held += piece.len();
        } else {
            self.answer.is_cut = true;
        }
        has_room
    }

    fn part(&mut self, choice: u64, slot: Slot, make: impl FnOnce() -> DraftPart) -> Option<&mut DraftPart> {
        let is_full = self.parts.len() >= MOST_PARTS;
        match self.parts.entry((choice, slot)) {
            std::collections::btree_map::Entry::Occupied(part) => Some(part.into_mut()),
            std::collections::btree_map::Entry::Vacant(_) if is_full => None,
            std::collections::btree_map::Entry::Vacant(place) => Some(place.insert(make())),
        }
    }

    fn messages(&self) -> Option<Value> {
        let mut choices: BTreeMap<u64, Vec<Value>> = BTreeMap::new();
        for ((choice, _), part) in &self.parts {
            choices.entry(*choice).or_default().push(part.value());
        }
        let messages: Vec<Value> = choices
            .into_iter()
            .map(|(choice, parts)| {
                let mut message = Map::from_iter([
                    ("role".to_owned(), json!("assistant")),
                    ("parts".to_owned(), Value::Array(parts)),
                ]);
                if let Some(reason) = self.stopped.get(&choice) {
                    message.insert("finish_reason".to_owned(), json!(reason));
                }
                Value::Object(message)
            })
            .collect();
        (!messages.is_empty()).then_some(Value::Array(messages))
    }
}

impl DraftPart {
    fn value(&self) -> Value {
        match self {
            Self::Text(text) => json!({"type": "text", "content": text}),
            Self::Reasoning(text) => json!({"type": "reasoning", "content": text}),
            Self::Tool(call) => tool_call(call.id.as_deref(), &call.name, call.arguments.as_deref()),
            Self::Other(value) => value.clone(),
        }
    }
}

/// A tool call in the message schema; arguments are parsed if they are JSON.
pub(crate) fn tool_call(id: Option<&str>, name: &str, arguments: Option<&str>) -> Value {
    let arguments = arguments.map(|text| serde_json::from_str(text).unwrap_or_else(|_| json!(text)));
    json!({"type": "tool_call", "id": id, "name": name, "arguments": arguments})
}

fn set(slot: &mut Option<String>, value: Option<&str>) {
    if let Some(value) = value.filter(|value| !value.is_empty()) {
        *slot = Some(value.to_owned());
    }
}

/// Whether an error type is a single word. A sentence may repeat the request.
fn is_word(kind: &str) -> bool {
    kind.len() <= 64 && kind.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
}

/// The error in a body's member `error`, in any provider's shape.
pub(crate) fn error_of(body: &Value) -> Option<&Value> {
    body.get("error").filter(|error| error.is_object() || text(body, "error").is_some())
}
