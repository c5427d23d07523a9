//! Search of a text with one detector after another.

use std::cell::OnceCell;

use regex::Regex;

use super::detect::Site;
use super::marks::{self, Mark};

/// A rejected match of at most this length is searched again from its second character, because another match
/// can begin in it.
const AGAIN: usize = 64;

/// A finding, in bytes of the text.
pub(super) struct Hit {
    pub start: usize,
    pub end: usize,
    pub rank: usize,
}

/// Pattern and check of a detector.
pub(super) struct Shape<'a> {
    pub rank: usize,
    pub regex: &'a Regex,
    pub judge: fn(&Site<'_>) -> Option<(usize, usize)>,
    /// Whether a shorter match can pass if the whole match fails.
    pub shrinks: bool,
}

/// A search in one text.
pub(super) struct Search<'a> {
    text: &'a str,
    name: &'a str,
    is_allowed: &'a dyn Fn(&str) -> bool,
    is_kind: &'a dyn Fn(&str) -> bool,
    marks: OnceCell<Vec<Mark<'a>>>,
    hits: Vec<Hit>,
}

impl<'a> Search<'a> {
    /// `name` is the name of the value. Allowed values stay, and so do marks of known kinds.
    pub fn new(
        text: &'a str,
        name: &'a str,
        is_allowed: &'a dyn Fn(&str) -> bool,
        is_kind: &'a dyn Fn(&str) -> bool,
    ) -> Self {
        Self { text, name, is_allowed, is_kind, marks: OnceCell::new(), hits: Vec::new() }
    }

    /// The findings of all detectors.
    pub fn hits(self) -> Vec<Hit> {
        self.hits
    }

    /// Runs a detector.
    pub fn look(&mut self, shape: &Shape<'_>) {
        let mut from = 0;
        while let Some((whole, part)) = next(shape.regex, self.text, from) {
            from = match self.judged(shape, part) {
                Some((start, end)) if end > start => self.take(start, end, shape.rank),
                _ if shape.shrinks => behind_group(self.text, whole.0),
                _ if whole.1 - whole.0 <= AGAIN => next_char(self.text, whole.0),
                _ => whole.1,
            };
        }
    }

    fn judged(&self, shape: &Shape<'_>, (start, end): (usize, usize)) -> Option<(usize, usize)> {
        let mut site = Site::new(self.text, (start, end), self.name);
        (shape.judge)(&site).or_else(|| {
            let mut ends = shape.shrinks.then(|| shorter(self.text, start, end)).into_iter().flatten();
            ends.find_map(|end| {
                site.end = end;
                (shape.judge)(&site)
            })
        })
    }

    /// Records a finding unless it has to stay; returns the position to continue from.
    fn take(&mut self, start: usize, end: usize, rank: usize) -> usize {
        if let Some(behind) = self.behind_mark(start, end) {
            return behind;
        }
        if !self.text.get(start..end).is_some_and(self.is_allowed) {
            self.hits.push(Hit { start, end, rank });
        }
        end
    }

    /// End of a mark, if the finding equals that mark or cuts it.
    fn behind_mark(&self, start: usize, end: usize) -> Option<usize> {
        let marks = self.marks.get_or_init(|| {
            let known = |mark: &Mark<'_>| (self.is_kind)(mark.kind);
            marks::of(self.text).filter(known).collect()
        });
        let at = marks.partition_point(|mark| mark.end <= start);
        let touched = marks.get(at..)?.iter().take_while(|mark| mark.start < end);
        let parted = |mark: &&Mark<'_>| {
            let holds = start <= mark.start && mark.end <= end;
            !holds || (start, end) == (mark.start, mark.end)
        };
        touched.filter(parted).map(|mark| mark.end).next()
    }
}

/// Next match of a pattern from a position on, and its group 1 if the pattern has one.
fn next(regex: &Regex, text: &str, from: usize) -> Option<((usize, usize), (usize, usize))> {
    if from > text.len() {
        return None;
    }
    // Captures are slower than a plain match.
    if regex.captures_len() == 1 {
        let found = regex.find_at(text, from)?;
        let place = (found.start(), found.end());
        return Some((place, place));
    }
    let groups = regex.captures_at(text, from)?;
    let whole = groups.get(0)?;
    let part = groups.get(1).unwrap_or(whole);
    Some(((whole.start(), whole.end()), (part.start(), part.end())))
}

/// Merges overlapping findings; the first kind in the table wins. The result is sorted.
pub(super) fn merged(mut hits: Vec<Hit>) -> Vec<Hit> {
    hits.sort_by_key(|hit| (hit.start, hit.rank));
    let mut merged: Vec<Hit> = Vec::with_capacity(hits.len());
    for hit in hits {
        match merged.last_mut() {
            Some(last) if hit.start < last.end => {
                last.end = last.end.max(hit.end);
                last.rank = last.rank.min(hit.rank);
            }
            _ => merged.push(hit),
        }
    }
    merged
}

/// Possible ends of a shorter number, the longest first, because another number can follow it.
fn shorter(text: &str, start: usize, end: usize) -> impl Iterator<Item = usize> {
    let found = text.as_bytes().get(start..end).unwrap_or_default();
    let ends =
        (1..found.len()).rev().filter(|at| found[at - 1].is_ascii_digit() && !found[*at].is_ascii_digit());
    ends.map(move |at| start + at)
}

/// Position after the digits at `at`, because no number begins among them; otherwise after one character.
fn behind_group(text: &str, at: usize) -> usize {
    let digits = text.as_bytes().iter().skip(at).take_while(|byte| byte.is_ascii_digit()).count();
    if digits > 0 { at + digits } else { next_char(text, at) }
}

fn next_char(text: &str, at: usize) -> usize {
    let mut next = at + 1;
    while next < text.len() && !text.is_char_boundary(next) {
        next += 1;
    }
    next
}
