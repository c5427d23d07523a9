//! Accounts of a budget's scope, and their names.

use std::collections::BTreeMap;

use compact_str::CompactString;
use quipu_core::budget::Scope;
use quipu_core::{FORGOTTEN, Owner};

use crate::Subject;

/// Parts the fields of an account's name, as no name holds it.
const BETWEEN: char = '\u{1f}';

fn matches(pattern: &str, value: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => value.starts_with(start) && !value.is_empty(),
        None => value == pattern,
    }
}

/// As [`matches`]; providers and price books ignore the case of a model's name.
fn matches_model(pattern: &str, value: &str) -> bool {
    matches(&pattern.to_ascii_lowercase(), &value.to_ascii_lowercase())
}

/// The name of a scope's account, where it has but one.
pub(crate) fn only(scope: &Scope) -> Option<CompactString> {
    let mut name = CompactString::default();
    for (field, pattern) in scope.fields() {
        if pattern == "*" {
            return None;
        }
        name = extended(&name, field, pattern);
    }
    Some(name)
}

/// Names of the accounts of a scope that a subject's spending is in; none where the scope is not about it.
pub(crate) fn accounts(scope: &Scope, subject: &Subject) -> Vec<CompactString> {
    let mut found = vec![CompactString::default()];
    for (name, pattern) in scope.fields() {
        let values = values(subject, name, pattern);
        let known = if pattern == "*" { values.as_slice() } else { values.get(..1).unwrap_or_default() };
        let mut next = Vec::with_capacity(found.len() * known.len());
        for before in &found {
            for value in known {
                // A named value and a prefix have one account for all matched values.
                next.push(extended(before, name, if pattern == "*" { value } else { pattern }));
            }
        }
        found = next;
    }
    found
}

/// Values of a subject that a pattern matches.
fn values<'a>(subject: &'a Subject, name: &str, pattern: &str) -> Vec<&'a str> {
    let fits = |value: &&str| matches(pattern, value);
    let one = |value: &'a Option<CompactString>| value.as_deref().filter(fits).into_iter().collect();
    match name {
        "project" => one(&subject.project),
        "service" => one(&subject.service),
        "framework" => one(&subject.framework),
        "agent" => one(&subject.agent),
        "user" => one(&subject.user),
        "session" => one(&subject.session),
        "provider" => one(&subject.provider),
        "model" => {
            let known = [subject.model.as_deref(), subject.response_model.as_deref()];
            let fits = |value: &&str| matches_model(pattern, value);
            known.into_iter().flatten().find(fits).into_iter().collect()
        }
        _ => {
            let mut tags: Vec<&str> = subject.tags.iter().map(CompactString::as_str).filter(fits).collect();
            tags.sort_unstable();
            tags.dedup();
            tags
        }
    }
}

impl Subject {
    /// Whether one of its values matches a pattern.
    pub(crate) fn is_within(&self, name: &str, pattern: &str) -> bool {
        !values(self, name, pattern).is_empty()
    }
}

fn extended(before: &CompactString, name: &str, value: &str) -> CompactString {
    let mut name_of = before.clone();
    if !name_of.is_empty() {
        name_of.push(BETWEEN);
    }
    name_of.push_str(name);
    name_of.push('=');
    let letters = value.chars().filter(|letter| *letter != BETWEEN);
    // All spellings of a model share one account.
    if name == "model" {
        name_of.extend(letters.map(|letter| letter.to_ascii_lowercase()));
    } else {
        name_of.extend(letters);
    }
    name_of
}

/// An account's name without these users and sessions; `None` if it has none of them.
pub(crate) fn without(name: &str, owners: &[Owner]) -> Option<CompactString> {
    let mut found = false;
    let parts: Vec<String> = name
        .split(BETWEEN)
        .map(|part| {
            let theirs = part.split_once('=').is_some_and(|(field, value)| {
                owners.iter().any(|owner| owner.kind.as_str() == field && is_value_of(value, &owner.id))
            });
            found |= theirs;
            match part.split_once('=') {
                Some((field, _)) if theirs => format!("{field}={FORGOTTEN}"),
                _ => part.to_owned(),
            }
        })
        .collect();
    found.then(|| parts.join(&BETWEEN.to_string()).into())
}

fn is_value_of(value: &str, id: &str) -> bool {
    value.chars().eq(id.chars().filter(|letter| *letter != BETWEEN))
}

/// The fields of an account's name.
pub(crate) fn read(name: &str) -> BTreeMap<String, String> {
    let parts = name.split(BETWEEN).filter_map(|part| part.split_once('='));
    parts.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
