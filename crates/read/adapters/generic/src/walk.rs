//! A bounded walk over the attributes of a span and of its events, and the JSON in them.

use compact_str::CompactString;
use quipu_core::{Kind, Signal, Span, Status, Value};
use quipu_normalize::{count_of, knows, literal, parse};

use crate::costs::Costs;
use crate::dialect::{self, Object, Whole};
use crate::events;
use crate::figures::Figure;
use crate::kinds;
use crate::names::{self, Names};
use crate::notation;
use crate::stream;
use crate::units;
use crate::words::{self, Meaning, Role};
use crate::worth::{MOST_ATTRIBUTES, attributes, has_role, is_object, may_have_usage};

/// Maximum size of a parsed JSON text, in bytes.
const LARGEST_TEXT: usize = 256 << 10;
/// Maximum size of all parsed JSON texts of one span, in bytes.
const MOST_TEXT: usize = 512 << 10;
/// Maximum number of visited values.
const MOST_VALUES: usize = 8_192;
/// Maximum nesting of visited values.
const DEEPEST: usize = 16;
/// Maximum number of figures and usage objects.
const MOST_FOUND: usize = 64;

/// A usage object and its location.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub whole: Box<Whole>,
    /// Indices of the lists on the path.
    pub at: Vec<usize>,
    pub key: CompactString,
    /// Model and id next to it.
    pub model: Option<CompactString>,
    pub id: Option<CompactString>,
}

/// Findings of a walk.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub answers: Vec<Answer>,
    pub figures: Vec<Figure>,
    pub names: Names,
    /// Found a usage object with input or output only.
    pub pieces: bool,
    /// Found a usage object with an inconsistent sum.
    pub wrong: bool,
    /// Found figures of several calls.
    pub sums: bool,
    /// Found usage in a request, or of an earlier call.
    pub elsewhere: bool,
    /// Found messages of a conversation.
    pub messages: bool,
    /// Found the cost of something.
    pub costs: bool,
    /// The cost that the source itself reports.
    pub reported: Costs,
    /// Found that the figures are those of several calls, by their number.
    pub several: bool,
    /// Found the name of a unit that is not tokens.
    pub other_unit: bool,
    /// The kind of call that a failed span's name tells.
    pub failed: Option<Kind>,
    /// Found JSON that was too large to parse.
    pub too_large: bool,
}

/// Visits all attributes within the limits.
pub(crate) fn walk(span: &Span) -> Findings {
    visit(span, |_, _, _| true)
}

/// Visits the attributes of a span that its convention leaves open, the figures of its events, and the names
/// of models. Contents may be of anything.
pub(crate) fn unknown(span: &Span) -> Findings {
    visit(span, |event, key, value| {
        let mut cut = Vec::new();
        words::cut(key, &mut cut);
        match value {
            Value::Int(_) | Value::Double(_) => !knows(key) || !event.is_empty(),
            Value::String(_) => words::names_model(&cut) || (!knows(key) && !words::is_content(&cut)),
            _ => false,
        }
    })
}

fn visit(span: &Span, takes: impl Fn(&str, &str, &Value) -> bool) -> Findings {
    let mut walk = Walk { values: MOST_VALUES, text: MOST_TEXT, ..Walk::default() };
    let streamed = events::answer(span);
    for (event, key, value) in attributes(span).take(MOST_ATTRIBUTES) {
        if !takes(event, key, value) {
            continue;
        }
        // The answer of the stream has the figures of its events.
        if streamed.is_some() && !event.is_empty() && value.as_str().is_some_and(events::is_chunk) {
            continue;
        }
        walk.words.clear();
        words::cut(event, &mut walk.words);
        words::cut(key, &mut walk.words);
        walk.key = key.clone();
        walk.member = key.clone();
        if let (true, Value::String(text)) = (event.is_empty(), value) {
            walk.found.names.note_kind(&walk.words, key, text);
        }
        walk.value(value, &[]);
    }
    if let Some((key, answer)) = streamed {
        walk.words.clear();
        walk.key = key.clone();
        walk.value(&answer, &[]);
    }
    if span.status == Status::Error {
        words::cut(&span.name, &mut walk.words);
        let of_log = || (Signal::of(&span.attributes) == Signal::Log).then_some(Kind::Llm);
        walk.found.failed = words::requested_kind(&walk.words).or_else(of_log);
    }
    walk.found.names.take_aside();
    if walk.found.names.are_without_model() {
        span.name.split_whitespace().for_each(|word| walk.found.names.note_known_model(word));
    }
    if walk.found.names.are_without_model() {
        names::typed(span).for_each(|model| walk.found.names.note_model(model));
    }
    if walk.found.names.are_without_model() && !walk.found.figures.is_empty() {
        names::qualified(span).for_each(|model| walk.found.names.note_model(model));
        walk.common_models(span);
    }
    walk.found
}

/// Whether an object is a metric with its data points, such as the sums that a parent span collects from the
/// calls below it. A label of each point names the kind of tokens, so such figures have no usage of their
/// own.
fn is_series(pairs: &[(CompactString, Value)]) -> bool {
    let is_number = |value: &Value| matches!(value, Value::Int(_) | Value::Double(_));
    let is_point = |value: &Value| match value {
        Value::Map(point) => {
            point.iter().any(|(key, labels)| key == "attributes" && matches!(labels, Value::Map(_)))
                && point.iter().any(|(_, value)| is_number(value))
        }
        _ => false,
    };
    pairs.iter().any(|(_, value)| match value {
        Value::Array(points) => !points.is_empty() && points.iter().all(is_point),
        _ => false,
    })
}

/// Keys of a usage object that is the sum of several calls, with their number.
const CALLS: [&str; 3] = ["requests", "calls", "llm_calls"];

/// Key of the number of requests beside the usage of a provider's batch. A batch can be fetched many times.
const BATCH: &str = "request_counts";

/// Words of the details of a cost, which an upstream provider may have.
const DETAILS: &[&str] = &["details", "upstream"];

/// The word of figures whose object says that they are tokens.
const TOKENS: &str = "tokens";

/// Whether an object says that its figures are tokens: by a unit beside them, or as Langfuse's details of a
/// usage.
fn counts_tokens(object: &Value, words: &[CompactString]) -> bool {
    let unit = object.get("unit").and_then(Value::as_str);
    let are_details = || matches!(words, [.., usage, details] if usage == "usage" && details == "details");
    unit.is_some_and(|unit| unit.eq_ignore_ascii_case(TOKENS)) || are_details()
}

/// State of a walk.
#[derive(Default)]
struct Walk {
    found: Findings,
    /// The current attribute.
    key: CompactString,
    /// The key of the current member of an object.
    member: CompactString,
    /// The words on the path.
    words: Vec<CompactString>,
    /// The indices of lists on the path.
    at: Vec<usize>,
    depth: usize,
    /// Remaining number of values to visit.
    values: usize,
    /// Remaining bytes of JSON text to parse.
    text: usize,
}

impl Walk {
    /// Visits a value; `holders` are the enclosing objects, the innermost last.
    fn value(&mut self, value: &Value, holders: &[&Value]) {
        let Some(left) = self.values.checked_sub(1).filter(|_| self.depth < DEEPEST) else { return };
        self.values = left;
        self.depth += 1;
        match value {
            Value::Map(pairs) => self.object(value, pairs, holders),
            Value::Array(values) => self.list(values, holders),
            Value::String(text) if is_object(text) => self.json(text, holders),
            Value::String(text) if stream::is_text(text) && may_have_usage(text) => {
                self.captured(text, holders);
            }
            Value::String(text) if notation::may_be(text) && !words::is_content(&self.words) => {
                self.printed(text, holders);
            }
            Value::Int(_) | Value::Double(_) => self.figure(value),
            Value::String(text) => {
                if text.len() <= 20 && text.bytes().next().is_some_and(|byte| byte.is_ascii_digit()) {
                    self.figure(value);
                }
                self.found.other_unit |= units::is_other(&self.words, text);
                self.found.names.note(&self.words, text, holders.is_empty());
                if !holders.is_empty() && words::any(&self.words, &["span"]) {
                    self.found.names.note_kind(&self.words, &self.key, text);
                }
            }
            _ => {}
        }
        self.depth -= 1;
    }

    /// Takes the model that all spans of the process or the scope have. A server of one model states it
    /// there.
    fn common_models(&mut self, span: &Span) {
        let common = span.scope.attributes.iter().chain(span.resource.attributes.iter());
        for (key, value) in common.take(MOST_ATTRIBUTES).filter(|(key, _)| key.contains("odel")) {
            self.words.clear();
            words::cut(key, &mut self.words);
            if let Some(text) = value.as_str() {
                self.found.names.note(&self.words, text, true);
            }
        }
    }

    fn json(&mut self, text: &str, holders: &[&Value]) {
        self.found.messages |= has_role(text);
        let states_kind = words::any(&self.words, &["span"]) && text.contains("\"type\"");
        let are_tokens = words::any(&self.words, &[TOKENS]);
        if !may_have_usage(text) && !text.contains("model") && !states_kind && !are_tokens {
            return;
        }
        let Some(left) = self.text.checked_sub(text.len()).filter(|_| text.len() <= LARGEST_TEXT) else {
            self.found.too_large = true;
            return;
        };
        self.text = left;
        if let Some(value) = parse(text).or_else(|| literal(text)) {
            self.value(&value, holders);
        } else if text.contains("}\n{") {
            self.lines(text, holders);
        } else if notation::may_be(text) && !words::is_content(&self.words) {
            self.printed(text, holders);
        }
    }

    /// The text of a stream of server-sent events.
    fn captured(&mut self, text: &str, holders: &[&Value]) {
        match self.text.checked_sub(text.len()).filter(|_| text.len() <= LARGEST_TEXT) {
            Some(left) => {
                self.text = left;
                self.lines(text, holders);
            }
            None => self.found.too_large = true,
        }
    }

    /// The lines of a captured stream: its answer, or else each object of it.
    fn lines(&mut self, text: &str, holders: &[&Value]) {
        if words::is_content(&self.words) {
            return;
        }
        let chunks = stream::objects(text, may_have_usage);
        match events::whole(&chunks) {
            Some(answer) => self.value(&answer, holders),
            None => self.list(&chunks, holders),
        }
    }

    /// An object in the notation of a language.
    fn printed(&mut self, text: &str, holders: &[&Value]) {
        let Some(left) = self.text.checked_sub(text.len()) else { return };
        self.text = left;
        if let Some(value) = notation::parse(text) {
            self.value(&value, holders);
        }
    }

    fn list(&mut self, values: &[Value], holders: &[&Value]) {
        if let Some(answer) = stream::answer(values) {
            return self.value(&answer, holders);
        }
        if let Some(figures) = kinds::figures(values, &self.words) {
            return self.value(&figures, holders);
        }
        // The only item of a list is not one of several answers.
        if let [value] = values {
            return self.value(value, holders);
        }
        for (at, value) in values.iter().enumerate() {
            self.at.push(at);
            self.value(value, holders);
            self.at.pop();
        }
    }

    fn object(&mut self, object: &Value, pairs: &[(CompactString, Value)], holders: &[&Value]) {
        if is_series(pairs) {
            return;
        }
        let within = [holders, &[object]].concat();
        let is_usage = self.usage(object, &within);
        let length = self.words.len();
        if !is_usage && counts_tokens(object, &self.words) {
            self.words.push(TOKENS.into());
        }
        let of_object = self.words.len();
        for (key, value) in pairs {
            words::cut(key, &mut self.words);
            // The members of a usage object belong to it, except for its cost. All other members of an answer
            // are visited.
            let belongs = || !words::is_cost(&self.words[of_object..]) || words::any(&self.words, DETAILS);
            if is_usage && !matches!(value, Value::String(_)) && belongs() {
                self.words.truncate(of_object);
                continue;
            }
            self.member = key.clone();
            self.value(value, &within);
            self.words.truncate(of_object);
        }
        self.words.truncate(length);
    }

    /// Whether the object is a provider's usage.
    fn usage(&mut self, object: &Value, holders: &[&Value]) -> bool {
        let Some(read) = dialect::read(object) else { return false };
        if words::is_elsewhere(&self.words) || words::is_sent(&self.words) {
            self.found.elsewhere = true;
            return true;
        }
        let is_of_batch = || holders.iter().any(|holder| holder.get(BATCH).is_some());
        if words::is_sum(&self.words) || is_of_batch() {
            self.found.sums = true;
            return true;
        }
        match read {
            Object::Piece => self.found.pieces = true,
            Object::Wrong => self.found.wrong = true,
            Object::Whole(whole) if self.found.answers.len() < MOST_FOUND => {
                self.found.several |= CALLS.iter().any(|key| object.get(key).and_then(count_of) > Some(1));
                let (model, id) = names::beside(holders);
                // Some programs list the usage of each model under its name.
                let model = model.or_else(|| names::known_model(&self.member));
                let at = self.at.clone();
                self.found.answers.push(Answer { whole, at, key: self.key.clone(), model, id });
            }
            Object::Whole(_) => {}
        }
        true
    }

    fn figure(&mut self, value: &Value) {
        self.found.several |=
            words::counts_calls(&self.words) && count_of(value).is_some_and(|count| count > 1);
        self.found.costs |= words::is_cost(&self.words);
        self.found.reported.add(&self.words, value);
        match words::meaning(&self.words) {
            Meaning::Figure(role) if self.found.figures.len() < MOST_FOUND => {
                let Some(count) = count_of(value) else {
                    self.found.wrong |= matches!(role, Role::Input | Role::Uncached | Role::Output);
                    return;
                };
                self.found.figures.push(Figure {
                    role,
                    count,
                    unit: units::unit(&self.words),
                    excludes_reasoning: words::is_of_candidates(&self.words),
                    stem: words::stem(&self.words),
                    at: self.at.clone(),
                    key: self.key.clone(),
                });
            }
            Meaning::Sum => self.found.sums = true,
            _ => {}
        }
    }
}
