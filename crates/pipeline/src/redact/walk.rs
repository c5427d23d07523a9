//! Redaction of one value: by its name, its content and the JSON in it.

use compact_str::CompactString;
use foldhash::HashSet;
use quipu_core::{Attributes, Result, Value};
use quipu_semconv as semconv;

use super::config::RedactConfig;
use super::fields::{Deed, Fields};
use super::finder::Finder;
use super::found::Findings;
use super::names::CleanNames;
use super::{json, named, veil};

/// Most passes over a text, because a removed finding may have hidden the beginning of another.
const PASSES: usize = 8;
/// Numbers below it have too few digits for any detector.
const LEAST: u64 = 1_000_000;
/// 2^53: a double holds all whole numbers up to it exactly.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Redaction of values.
pub(super) struct Redactor {
    finder: Finder,
    fields: Fields,
    /// Names of values that the count depends on; only secrets with known formats are removed from these.
    counted: HashSet<&'static str>,
    names: CleanNames,
}

impl Redactor {
    pub fn new(settings: &RedactConfig) -> Result<Self> {
        let counted = [
            semconv::REQUEST_MODEL,
            semconv::RESPONSE_MODEL,
            semconv::MODEL_NAME,
            semconv::PROVIDER,
            semconv::OPERATION,
            semconv::RESPONSE_ID,
        ];
        Ok(Self {
            finder: Finder::new(settings)?,
            fields: Fields::new(&settings.fields),
            counted: counted.into_iter().flatten().copied().collect(),
            names: CleanNames::new(),
        })
    }

    pub fn finder(&self) -> &Finder {
        &self.finder
    }

    /// Rule for the name of a value.
    pub fn deed(&self, name: &str) -> Option<Deed> {
        self.fields.of(name)
    }

    /// Applies a rule to a whole value; `None`: the value is removed.
    pub fn done(&self, deed: Deed, value: &str, found: &mut Findings) -> Option<String> {
        let token = match deed {
            Deed::Leave => return Some(value.to_owned()),
            Deed::Drop => {
                found.add(self.finder.field_kind(), 1);
                None
            }
            Deed::Replace(_) if self.finder.is_mark(value) => return Some(value.to_owned()),
            Deed::Replace(mode) => Some(self.finder.whole_field(mode, value, found)),
        };
        found.note_replaced(value, token.as_deref());
        token
    }

    /// Redacts a text; `None` if nothing was found. `name` is the name of the value.
    ///
    /// A second redaction of the result finds nothing. A text that still has findings after eight passes is
    /// crafted, so it is replaced as a whole.
    pub fn text(&self, text: &str, name: &str, depth: u8, found: &mut Findings) -> Option<String> {
        let clean = self.said(text, name, depth, found);
        let hidden = self.hidden(clean.as_deref().unwrap_or(text), name, depth, found);
        hidden.or(clean)
    }

    /// Redacts the plain text, without decoding.
    fn said(&self, text: &str, name: &str, depth: u8, found: &mut Findings) -> Option<String> {
        let mut clean = match self.pass(text, name, depth, found)? {
            Passed::Json(clean) => return Some(clean),
            Passed::Text(clean) => clean,
        };
        for _ in 1..PASSES {
            match self.pass(&clean, name, depth, found) {
                None => return Some(clean),
                Some(Passed::Json(clean)) => return Some(clean),
                Some(Passed::Text(again)) => clean = again,
            }
        }
        Some(self.finder.whole_text(text, found))
    }

    /// One pass over a text.
    fn pass(&self, text: &str, name: &str, depth: u8, found: &mut Findings) -> Option<Passed> {
        let mut look = self.finder.look(text);
        if json::is_likely(text) {
            // Strings of JSON can be escaped or encoded, which hides them from a search of the whole. Custom
            // patterns can match the ends of a value, which are not ends of the whole.
            let hidden = text.contains('\\') || self.finder.has_own() || veil::is_likely(text);
            if (look.is_worth() || hidden || !self.fields.is_empty())
                && let Ok(rewritten) = json::rewritten(self, text, name, depth, found)
            {
                return rewritten.map(Passed::Json);
            }
        }
        if look.is_worth() && self.counted.contains(name) {
            look = look.for_counted(&self.finder);
        }
        if !look.is_worth() {
            return None;
        }
        let clean = self.finder.replaced(text, name, look, found)?;
        // A replacement in JSON beyond the depth limit could break its syntax, so the whole text is replaced.
        let is_deep = depth >= json::DEPTH && json::is_likely(text) && json::is_json(text);
        Some(Passed::Text(if is_deep { self.finder.whole_text(text, found) } else { clean }))
    }

    /// Redacts findings in escape sequences or base64; `None` if there are none. JSON was already searched
    /// string by string.
    fn hidden(&self, text: &str, name: &str, depth: u8, found: &mut Findings) -> Option<String> {
        let mut clean: Option<String> = None;
        for _ in 0..PASSES {
            let now = clean.as_deref().unwrap_or(text);
            let is_json = || json::is_likely(now) && json::is_json(now);
            if !veil::is_likely(now) || is_json() {
                return clean;
            }
            if depth >= json::DEPTH {
                // So many layers of encoding only serve to hide a text.
                return Some(self.finder.whole_text(text, found));
            }
            let read =
                veil::Unescaped::of(now).and_then(|read| self.unescaped(now, &read, name, depth, found));
            let Some(next) = read.or_else(|| self.unpacked(now, name, depth, found)) else { return clean };
            clean = Some(next);
        }
        Some(self.finder.whole_text(text, found))
    }

    /// Redacts escaped text. All other bytes keep their encoding.
    fn unescaped(
        &self,
        text: &str,
        read: &veil::Unescaped,
        name: &str,
        depth: u8,
        found: &mut Findings,
    ) -> Option<String> {
        if json::is_likely(&read.text) && json::is_json(&read.text) {
            return self.text(&read.text, name, depth + 1, found);
        }
        let mut look = self.finder.look(&read.text);
        if self.counted.contains(name) {
            look = look.for_counted(&self.finder);
        }
        let place = |at| read.place(at);
        let clean = self.finder.replaced_at(text, &read.text, name, look, &place, found);
        clean.or_else(|| self.text(&read.text, name, depth + 1, found))
    }

    /// Redacts base64. The rest is encoded in the same way.
    fn unpacked(&self, text: &str, name: &str, depth: u8, found: &mut Findings) -> Option<String> {
        let (mut out, mut copied) = (String::new(), 0);
        for packed in veil::packed(text) {
            if let Some(clean) = self.text(&packed.text, name, depth + 1, found) {
                out.push_str(text.get(copied..packed.start).unwrap_or_default());
                out.push_str(&packed.with(&clean));
                copied = packed.end;
            }
        }
        (copied > 0).then(|| {
            out.push_str(text.get(copied..).unwrap_or_default());
            out
        })
    }

    /// Redacts a text whose name may mark it as a secret.
    pub fn named_text(&self, text: &str, name: &str, depth: u8, found: &mut Findings) -> Option<String> {
        if self.finder.knows_names() && named::is_secret(name) {
            // A placeholder or an allowed value is searched like any text.
            return self.finder.whole_secret(text, found).or_else(|| self.text(text, name, depth, found));
        }
        self.text(text, name, depth, found)
    }

    /// Replacement for a number that is a card number, or of a kind that its name marks.
    pub fn number(&self, number: &str, name: &str, found: &mut Findings) -> Option<String> {
        if self.finder.knows_names() && named::is_secret(name) {
            return self.finder.whole_secret(number, found);
        }
        let plain = number.bytes().all(|byte| byte.is_ascii_digit());
        if !plain || number.len() < 7 || !self.finder.knows_numbers() || self.counted.contains(name) {
            return None;
        }
        let look = self.finder.look(number);
        if look.is_worth() { self.finder.replaced(number, name, look, found) } else { None }
    }

    /// Redacts a value in place.
    pub fn value(&self, name: &str, value: &mut Value, found: &mut Findings) {
        match value {
            Value::String(text) => {
                if let Some(clean) = self.named_text(text, name, 0, found) {
                    *text = clean;
                }
            }
            Value::Array(values) => self.list(name, values, found),
            Value::Map(pairs) => self.map(name, pairs, found),
            Value::Int(int) if int.unsigned_abs() >= LEAST || named::is_secret(name) => {
                if let Some(clean) = self.number(&int.to_string(), name, found) {
                    *value = Value::String(clean);
                }
            }
            Value::Double(double) if double.fract() == 0.0 && double.abs() < EXACT => {
                if let Some(clean) = self.number(&format!("{double:.0}"), name, found) {
                    *value = Value::String(clean);
                }
            }
            Value::Bytes(bytes) => {
                // Binary data can contain a text.
                if let Some(clean) = self.named_text(&String::from_utf8_lossy(bytes), name, 0, found) {
                    *bytes = clean.into_bytes();
                }
            }
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Double(_) => {}
        }
    }

    /// Applies the rule for the name, then searches the value; `false`: the value is removed.
    pub fn field(&self, name: &str, value: &mut Value, found: &mut Findings) -> bool {
        match self.deed(name) {
            None => self.value(name, value, found),
            Some(Deed::Leave) => {}
            Some(deed) => {
                let token = self.done(deed, &as_text(value), found);
                found.note_members(value);
                match token {
                    Some(token) => *value = Value::String(token),
                    None => return false,
                }
            }
        }
        true
    }

    /// Redacts a name and its value; `false`: both are removed. A changed name can match another rule, so the
    /// value is checked again.
    pub(super) fn member(&self, name: &mut CompactString, value: &mut Value, found: &mut Findings) -> bool {
        self.field(name, value, found) && (!self.name(name, found) || self.field(name, value, found))
    }

    /// Redacts names and values of attributes.
    pub fn attributes(&self, attributes: &mut Attributes, found: &mut Findings) {
        let mut goes = Vec::new();
        for (at, (name, value)) in attributes.iter_mut().enumerate() {
            if !self.member(name, value, found) {
                goes.push(at);
            }
        }
        if !goes.is_empty() {
            let stays = attributes.iter().enumerate().filter(|(at, _)| !goes.contains(at));
            *attributes = stays.map(|(_, pair)| pair.clone()).collect();
        }
    }

    /// Redacts a name from a sender, such as an attribute's key or a metric's name. Returns whether it
    /// changed.
    pub fn name(&self, name: &mut CompactString, found: &mut Findings) -> bool {
        if self.names.has(name) {
            return false;
        }
        let clean = self.text(name, "", 0, found);
        match clean {
            Some(clean) => *name = clean.into(),
            None => {
                self.names.add(name);
                return false;
            }
        }
        true
    }

    /// Redacts several names.
    pub fn names<'t>(&self, names: impl IntoIterator<Item = &'t mut CompactString>, found: &mut Findings) {
        for name in names {
            self.name(name, found);
        }
    }

    /// Redacts a text without a name.
    pub fn plain(&self, text: &mut String, found: &mut Findings) {
        if let Some(clean) = self.text(text, "", 0, found) {
            *text = clean;
        }
    }

    /// Redacts a short text with this name.
    pub fn short(&self, text: &mut CompactString, name: &str, found: &mut Findings) {
        if let Some(clean) = self.text(text, name, 0, found) {
            *text = clean.into();
        }
    }

    /// Notes the values of a resource that rules replace, because spans have fields read from them. The
    /// resource itself is redacted once for all its spans.
    pub fn note_resource(&self, resource: &Attributes, found: &mut Findings) {
        if self.fields.is_empty() {
            return;
        }
        for (name, value) in resource {
            if let Some(deed) = self.deed(name).filter(|deed| *deed != Deed::Leave) {
                let mut ignored = Findings::default();
                let token = self.done(deed, &as_text(value), &mut ignored);
                found.note_replaced(&as_text(value), token.as_deref());
                found.note_members(value);
            }
        }
    }

    /// Redacts a field by a rule for its name; `false`: no rule applies. `names` are the attributes of such a
    /// field and `clean` the record's redacted attributes.
    ///
    /// The rule is that of the attribute from which the field was read, so both stay equal. A field whose
    /// value still stands in an attribute was not read from a replaced one.
    pub fn ruled(
        &self,
        field: &mut Option<CompactString>,
        names: &[&str],
        clean: &Attributes,
        found: &Findings,
    ) -> bool {
        let Some(value) = field.as_deref().filter(|_| !self.fields.is_empty()) else { return false };
        let deed = names.iter().find_map(|name| self.deed(name));
        let replacement = found.replacement(value);
        let stands = match (&replacement, deed) {
            (_, Some(Deed::Leave)) => return true,
            (None, None) => return false,
            // The value of an attribute of this field was replaced, so only another such attribute counts.
            (Some(_), Some(_)) => names.iter().any(|name| clean.text(name) == Some(value)),
            _ => clean.iter().any(|(_, kept)| kept.as_str() == Some(value)),
        };
        if stands {
            return false;
        }
        let by_name = |deed| self.done(deed, value, &mut Findings::default()).map(Into::into);
        *field = replacement.or_else(|| deed.map(by_name)).flatten();
        true
    }
}

/// Result of a pass over a text.
enum Passed {
    /// JSON whose values have no more findings.
    Json(String),
    /// A text that may have more findings.
    Text(String),
}

/// A whole value as text, for its hash.
fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Int(int) => int.to_string(),
        Value::Bool(flag) => flag.to_string(),
        other => format!("{other:?}"),
    }
}
