//! The JSON line of an entry, chained to the line before it.
//!
//! The line is the JSON object of [`Noted`]. Its last member is the hash: the SHA-256 of the same line
//! without that member, i.e. of the bytes before `,"hash":` and a closing brace. `sha256sum` can check
//! it.

use std::collections::BTreeMap;
use std::net::IpAddr;

use quipu_core::Timestamp;
use serde::Serialize;

use crate::{Actor, Digest, Entry, Head, Noted, Outcome, limits};

const BEFORE: &[u8] = b",\"hash\":\"";
const AFTER: &[u8] = b"\"}";
/// Bytes from the comma before the hash to the end of the line.
const SEAL: usize = BEFORE.len() + 64 + AFTER.len();

/// The members of a line before its hash, in their order.
#[derive(Serialize)]
struct Unsealed<'a> {
    seq: u64,
    time: String,
    prev: Digest,
    actor: Actor,
    action: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<&'a str>,
    outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<IpAddr>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    detail: BTreeMap<&'a str, &'a str>,
}

/// The end of a line with this hash, including the newline.
pub(crate) fn seal(hash: Digest) -> Vec<u8> {
    [BEFORE, hash.to_string().as_bytes(), AFTER, b"\n"].concat()
}

/// Appends an entry's line to a text and returns its head; `None` if it cannot be serialised, which no known
/// entry causes.
pub(crate) fn write(entry: &Entry, time: Timestamp, prev: Head, to: &mut Vec<u8>) -> Option<Head> {
    let seq = prev.seq.checked_add(1)?;
    let detail = entry.detail.iter().take(limits::DETAILS);
    let unsealed = Unsealed {
        seq,
        time: time.to_string(),
        prev: prev.hash,
        actor: Actor::new(entry.actor.kind, cut(&entry.actor.id, limits::ACTOR)),
        action: cut(entry.action, limits::ACTOR),
        object: entry.object.as_deref().map(|object| cut(object, limits::OBJECT)),
        project: entry.project.as_deref().map(|project| cut(project, limits::PROJECT)),
        outcome: entry.outcome,
        from: entry.from,
        detail: detail.map(|(name, value)| (*name, cut(value, limits::DETAIL))).collect(),
    };
    let text = serde_json::to_vec(&unsealed).ok()?;
    let hash = Digest::of(&[&text]);
    to.extend_from_slice(text.strip_suffix(b"}")?);
    to.extend_from_slice(&seal(hash));
    Some(Head { seq, hash })
}

/// Reads a line without its newline.
///
/// # Errors
/// The text says what is wrong with the line.
pub(crate) fn read(line: &[u8]) -> Result<Noted, &'static str> {
    serde_json::from_slice(line).map_err(|_| "not an entry: it cannot be parsed")
}

/// Returns whether a line that [`read`] accepted is unchanged: its hash matches.
pub(crate) fn is_sealed(line: &[u8], noted: &Noted) -> bool {
    let Some((body, seal)) = line.len().checked_sub(SEAL).and_then(|at| line.split_at_checked(at)) else {
        return false;
    };
    seal.starts_with(BEFORE) && seal.ends_with(AFTER) && Digest::of(&[body, b"}"]) == noted.hash
}

/// Cuts a text to at most `most` bytes, at a character boundary.
fn cut(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::ActorKind;

    fn line(entry: &Entry) -> (Vec<u8>, Head) {
        let mut text = Vec::new();
        let prev = Head { seq: 4, hash: Digest::of(&[b"before"]) };
        let head = write(entry, Timestamp::from_nanos(7), prev, &mut text).unwrap();
        assert_eq!(text.pop(), Some(b'\n'));
        (text, head)
    }

    #[test]
    fn a_line_reads_back_and_its_hash_fits() {
        let entry = Entry::new(Actor::new(ActorKind::User, "ada\n\u{1b}[31m"), "trace.read")
            .on("4bf92f3577b34da6a3ce929d0e0e4736")
            .within("default")
            .from(Some("::1".parse().unwrap()))
            .with("hash", "not the hash");
        let (text, head) = line(&entry);
        assert!(text.iter().all(|byte| !byte.is_ascii_control()));
        let noted = read(&text).unwrap();
        assert!(is_sealed(&text, &noted));
        assert_eq!((noted.head(), noted.prev), (head, Digest::of(&[b"before"])));
        assert_eq!(
            (noted.actor, noted.outcome, noted.detail["hash"].as_str()),
            (entry.actor, Outcome::Done, "not the hash")
        );
    }

    #[test]
    fn no_byte_of_a_line_can_be_changed() {
        let (text, head) = line(&Entry::new(Actor::system(), "start").on("x"));
        for at in 0..text.len() {
            let mut other = text.clone();
            other[at] ^= 1;
            assert!(
                !read(&other).is_ok_and(|noted| is_sealed(&other, &noted) && noted.head() == head),
                "byte {at}"
            );
        }
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let long = "é".repeat(2_000);
        let mut entry = Entry::new(Actor::new(ActorKind::Unknown, &long), "login").on(&long).within(&long);
        entry.detail = vec![("why", long.clone())];
        let noted = read(&line(&entry).0).unwrap();
        assert_eq!((noted.actor.id.len(), noted.object.unwrap().len()), (limits::ACTOR, limits::OBJECT));
        assert_eq!(
            (noted.project.unwrap().len(), noted.detail["why"].len()),
            (limits::PROJECT, limits::DETAIL)
        );
    }

    #[test]
    fn the_longest_line_is_one_that_is_read() {
        const NAMES: [&str; 20] = [
            "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s",
            "t",
        ];
        let bad = "\u{1}".repeat(5_000);
        let mut entry = Entry::new(Actor::new(ActorKind::Unknown, &bad), "login").on(&bad).within(&bad);
        entry.detail = NAMES.map(|name| (name, bad.clone())).to_vec();
        let (text, _) = line(&entry);
        assert!(text.len() < limits::LINE, "{}", text.len());
        assert_eq!(read(&text).unwrap().detail.len(), limits::DETAILS);
    }
}
