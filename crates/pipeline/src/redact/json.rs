//! Redaction of JSON in texts: only strings and numbers with findings change, all other bytes stay, so the
//! text stays JSON.

use serde::de::IgnoredAny;

use super::fields::Deed;
use super::found::Findings;
use super::named;
use super::walk::Redactor;

/// Maximal nesting of JSON in strings of JSON.
pub(super) const DEPTH: u8 = 6;

/// Whether a text can be a JSON object, list or string. Numbers and words are handled as plain text.
pub(super) fn is_likely(text: &str) -> bool {
    let text = text.trim_ascii();
    let ends = (text.as_bytes().first(), text.as_bytes().last());
    let pairs = [(b'{', b'}'), (b'[', b']'), (b'"', b'"')];
    text.len() > 2 && pairs.iter().any(|(first, last)| ends == (Some(first), Some(last)))
}

/// Whether a text is JSON.
pub(super) fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// Redacts a JSON text. `Err`: it is no JSON, or nested too deeply.
pub(super) fn rewritten(
    redactor: &Redactor,
    text: &str,
    name: &str,
    depth: u8,
    found: &mut Findings,
) -> Result<Option<String>, ()> {
    if depth >= DEPTH || !is_json(text) {
        return Err(());
    }
    let (once, renamed) = walked(redactor, text, name, depth, found);
    // A renamed member can match other rules, so a second pass runs.
    let again =
        once.as_deref().filter(|_| renamed).and_then(|once| walked(redactor, once, name, depth, found).0);
    Ok(again.or(once))
}

/// One pass over JSON. Returns the new text, `None` if it is unchanged, and whether the name of a member
/// changed.
fn walked(
    redactor: &Redactor,
    text: &str,
    name: &str,
    depth: u8,
    found: &mut Findings,
) -> (Option<String>, bool) {
    let mut walk = Walk { redactor, text, depth, found, out: String::new(), copied: 0, renamed: false };
    walk.value(walk.behind_space(0), name);
    let changed = walk.copied > 0;
    walk.out.push_str(text.get(walk.copied..).unwrap_or_default());
    (changed.then_some(walk.out), walk.renamed)
}

/// A pass over valid JSON.
struct Walk<'a> {
    redactor: &'a Redactor,
    text: &'a str,
    depth: u8,
    found: &'a mut Findings,
    out: String,
    /// Number of input bytes that `out` covers.
    copied: usize,
    /// Whether the name of a member changed.
    renamed: bool,
}

impl<'a> Walk<'a> {
    fn byte(&self, at: usize) -> u8 {
        self.text.as_bytes().get(at).copied().unwrap_or_default()
    }

    fn behind_space(&self, mut at: usize) -> usize {
        while matches!(self.byte(at), b' ' | b'\n' | b'\r' | b'\t') {
            at += 1;
        }
        at
    }

    fn put(&mut self, from: usize, to: usize, text: &str) {
        self.out.push_str(self.text.get(self.copied..from).unwrap_or_default());
        // A string always serialises.
        self.out.push_str(&serde_json::to_string(text).unwrap_or_else(|_| "\"\"".into()));
        self.copied = to;
    }

    /// Redacts the value at a position; returns its end.
    fn value(&mut self, at: usize, name: &str) -> usize {
        match self.byte(at) {
            b'{' => self.object(at, name),
            b'[' => self.list(at, name),
            b'"' => self.string(at, name),
            b'-' | b'0'..=b'9' => self.number(at, name),
            _ => self.end_of_word(at),
        }
    }

    fn object(&mut self, at: usize, name: &str) -> usize {
        let mut at = self.behind_space(at + 1);
        let (first, is_all) = (at, named::is_secret(name));
        let mut label = None;
        while self.byte(at) == b'"' {
            let end = self.end_of_string(at);
            let member = self.content(at, end);
            if let Some(clean) = self.redactor.text(&member, "", self.depth + 1, self.found) {
                self.put(at, end, &clean);
                self.renamed = true;
            }
            at = self.behind_space(self.behind_space(end) + 1);
            let is_text = self.byte(at) == b'"' && self.redactor.deed(&member).is_none();
            let mut is_labelled = || *label.get_or_insert_with(|| self.has_label(first));
            let is_secret = is_text && (is_all || named::is_labelled(&member) && is_labelled());
            at = match is_secret.then(|| self.paired(at)).flatten() {
                Some(end) => end,
                None => self.member(at, &member),
            };
            at = self.behind_comma(at);
        }
        at + 1
    }

    /// Redacts a string that another one marks as a secret; returns its end if it is one.
    fn paired(&mut self, at: usize) -> Option<usize> {
        let end = self.end_of_string(at);
        let clean = self.redactor.paired_text(&self.content(at, end), self.found)?;
        self.put(at, end, &clean);
        Some(end)
    }

    /// Whether a member of an object, from its first one on, names a secret. The search ends at the first
    /// member with members of its own, so nested objects are not searched again and again.
    fn has_label(&self, mut at: usize) -> bool {
        while self.byte(at) == b'"' {
            let end = self.end_of_string(at);
            let member = self.content(at, end);
            at = self.behind_space(self.behind_space(end) + 1);
            if matches!(self.byte(at), b'{' | b'[') {
                return false;
            }
            let end = self.end_of_value(at);
            if named::is_label(&member)
                && self.byte(at) == b'"'
                && named::is_before_secret(&self.content(at, end))
            {
                return true;
            }
            at = self.behind_comma(end);
        }
        false
    }

    fn member(&mut self, at: usize, name: &str) -> usize {
        match self.redactor.deed(name) {
            None => self.value(at, name),
            Some(Deed::Leave) => self.end_of_value(at),
            Some(Deed::Drop) if self.byte(at) == b'n' => self.end_of_word(at),
            Some(deed) => {
                let end = self.end_of_value(at);
                let raw = self.text.get(at..end).unwrap_or_default();
                let value = if self.byte(at) == b'"' { self.content(at, end) } else { raw.into() };
                match self.redactor.done(deed, &value, self.found) {
                    Some(token) => self.put(at, end, &token),
                    None => {
                        self.out.push_str(self.text.get(self.copied..at).unwrap_or_default());
                        self.out.push_str("null");
                        self.copied = end;
                    }
                }
                end
            }
        }
    }

    fn list(&mut self, at: usize, name: &str) -> usize {
        let mut at = self.behind_space(at + 1);
        let mut across = self.across(at).into_iter();
        let mut is_next = false;
        while self.byte(at) != b']' && at < self.text.len() {
            if let Some(Some(clean)) = across.next() {
                let end = self.end_of_string(at);
                self.put(at, end, &clean);
                at = self.behind_comma(end);
                continue;
            }
            let is_text = self.byte(at) == b'"';
            let follows = is_text && named::is_before_secret(&self.content(at, self.end_of_string(at)));
            at = match (is_text && is_next).then(|| self.paired(at)).flatten() {
                Some(end) => end,
                None => self.value(at, name),
            };
            is_next = follows;
            at = self.behind_comma(at);
        }
        at + 1
    }

    /// The new texts of a list's elements that have parts of one secret; empty if there are none.
    fn across(&mut self, mut at: usize) -> Vec<Option<String>> {
        let mut pieces = Vec::new();
        while self.byte(at) == b'"' {
            let end = self.end_of_string(at);
            pieces.push(self.content(at, end));
            at = self.behind_comma(end);
        }
        if self.byte(at) != b']' {
            return Vec::new();
        }
        let pieces: Vec<&str> = pieces.iter().map(AsRef::as_ref).collect();
        self.redactor.across(&pieces, self.found).unwrap_or_default()
    }

    /// The position of the next member or element.
    fn behind_comma(&self, at: usize) -> usize {
        let at = self.behind_space(at);
        if self.byte(at) == b',' { self.behind_space(at + 1) } else { at }
    }

    fn string(&mut self, at: usize, name: &str) -> usize {
        let end = self.end_of_string(at);
        let content = self.content(at, end);
        if let Some(clean) = self.redactor.named_text(&content, name, self.depth + 1, self.found) {
            self.put(at, end, &clean);
        }
        end
    }

    fn number(&mut self, at: usize, name: &str) -> usize {
        let end = self.end_of_word(at);
        let number = self.text.get(at..end).unwrap_or_default();
        if let Some(clean) = self.redactor.number(number, name, self.found) {
            self.put(at, end, &clean);
        }
        end
    }

    /// The unescaped content of a string.
    fn content(&self, at: usize, end: usize) -> std::borrow::Cow<'a, str> {
        let plain = self.text.get(at + 1..end.saturating_sub(1)).unwrap_or_default();
        if !plain.contains('\\') {
            return plain.into();
        }
        let token = self.text.get(at..end).unwrap_or_default();
        serde_json::from_str::<String>(token).map_or_else(|_| plain.into(), Into::into)
    }

    fn end_of_string(&self, at: usize) -> usize {
        let mut at = at + 1;
        while at < self.text.len() {
            match self.byte(at) {
                b'"' => return at + 1,
                b'\\' => at += 2,
                _ => at += 1,
            }
        }
        at
    }

    /// The end of a number, `true`, `false` or `null`.
    fn end_of_word(&self, mut at: usize) -> usize {
        while at < self.text.len()
            && !matches!(self.byte(at), b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t')
        {
            at += 1;
        }
        at
    }

    fn end_of_value(&self, at: usize) -> usize {
        match self.byte(at) {
            b'"' => self.end_of_string(at),
            b'{' | b'[' => self.end_of_nest(at),
            _ => self.end_of_word(at),
        }
    }

    fn end_of_nest(&self, mut at: usize) -> usize {
        let mut open = 0_u32;
        while at < self.text.len() {
            match self.byte(at) {
                b'"' => {
                    at = self.end_of_string(at);
                    continue;
                }
                b'{' | b'[' => open += 1,
                b'}' | b']' => open = open.saturating_sub(1),
                _ => {}
            }
            at += 1;
            if open == 0 {
                break;
            }
        }
        at
    }
}
