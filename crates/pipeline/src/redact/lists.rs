//! Redaction of lists and maps in which one value tells of another: names of secrets, and pieces of a secret.

use compact_str::CompactString;
use quipu_core::Value;

use super::detect::is_said;
use super::finder::Format;
use super::found::Findings;
use super::named;
use super::walk::Redactor;

/// Most texts of a list that are searched together.
const PIECES: usize = 4_096;
/// Most bytes of these texts.
const JOINED: usize = 64 << 10;

impl Redactor {
    /// Redacts a text that the name in another text marks as a secret. Words such as `string` stay, because
    /// schemas and lists of fields have them there.
    pub fn paired_text(&self, text: &str, found: &mut Findings) -> Option<String> {
        let is_secret = self.finder().knows_names() && is_said(text);
        if is_secret { self.finder().whole_secret(text, found) } else { None }
    }

    /// Redacts a list. A text can name the value of the next one.
    pub fn list(&self, name: &str, values: &mut [Value], found: &mut Findings) {
        let mut is_next = false;
        for value in values.iter_mut() {
            let follows = value.as_str().is_some_and(named::is_before_secret);
            if !(is_next && self.paired(value, found)) {
                self.value(name, value, found);
            }
            is_next = follows;
        }
        self.joined(values, found);
    }

    /// Redacts a secret that lies across several texts of a list, such as the pieces of a stream.
    fn joined(&self, values: &mut [Value], found: &mut Findings) {
        let texts: Option<Vec<&str>> = values.iter().map(Value::as_str).collect();
        let Some(clean) = texts.and_then(|texts| self.across(&texts, found)) else { return };
        for (value, clean) in values.iter_mut().zip(clean) {
            if let Some(clean) = clean {
                *value = Value::String(clean);
            }
        }
    }

    /// The new text of each piece that has a part of a secret of a known format; `None` if there is none. A
    /// piece in which a secret is whole ends it: the next one is another line.
    pub fn across(&self, pieces: &[&str], found: &mut Findings) -> Option<Vec<Option<String>>> {
        let bytes: usize = pieces.iter().map(|piece| piece.len()).sum();
        if !(2..=PIECES).contains(&pieces.len()) || bytes > JOINED {
            return None;
        }
        let mut secrets = self.finder().formats(&pieces.concat());
        secrets.retain(|secret| !self.is_whole(pieces, secret));
        let mut clean = vec![None; pieces.len()];
        let mut start = 0;
        for (piece, clean) in pieces.iter().zip(&mut clean) {
            let end = start + piece.len();
            let is_across = |secret: &&Format| {
                let is_here = secret.start < end && secret.end > start;
                is_here && (secret.start < start || secret.end > end)
            };
            let (mut out, mut copied) = (String::new(), 0);
            for secret in secrets.iter().filter(is_across) {
                let (from, to) = (secret.start.saturating_sub(start), secret.end.min(end) - start);
                out.push_str(piece.get(copied..from).unwrap_or_default());
                // The mark stands where the secret begins.
                if secret.start >= start {
                    out.push_str(&secret.token);
                    found.add(secret.kind, 1);
                }
                copied = to;
            }
            if copied > 0 {
                *clean = Some(out + piece.get(copied..).unwrap_or_default());
            }
            start = end;
        }
        clean.iter().any(Option::is_some).then_some(clean)
    }

    /// Whether the piece in which a secret begins has a whole secret there.
    fn is_whole(&self, pieces: &[&str], secret: &Format) -> bool {
        let mut start = 0;
        for piece in pieces {
            let end = start + piece.len();
            if secret.start < end {
                let is_it = |alone: &Format| start + alone.start == secret.start;
                return secret.end <= end || self.finder().formats(piece).iter().any(is_it);
            }
            start = end;
        }
        false
    }

    /// Redacts the members of a map. The map's own name, or one member, can mark others as secrets.
    pub fn map(&self, name: &str, pairs: &mut Vec<(CompactString, Value)>, found: &mut Findings) {
        let label = |(member, value): &(CompactString, Value)| {
            named::is_label(member) && value.as_str().is_some_and(named::is_before_secret)
        };
        let (is_all, is_labelled) = (named::is_secret(name), pairs.iter().any(label));
        pairs.retain_mut(|(member, value)| {
            let is_secret = is_all || is_labelled && named::is_labelled(member);
            let is_done = is_secret && self.deed(member).is_none() && self.paired(value, found);
            is_done || self.member(member, value, found)
        });
    }

    fn paired(&self, value: &mut Value, found: &mut Findings) -> bool {
        let Value::String(text) = value else { return false };
        let clean = self.paired_text(text, found);
        clean.is_some_and(|clean| {
            *text = clean;
            true
        })
    }
}
