//! Scope of a budget: the spending that it counts.

use std::collections::BTreeMap;

use compact_str::CompactString;
use quipu_core::{FORGOTTEN, Owner};
use serde::{Deserialize, Serialize};

use crate::Subject;

/// Parts the fields of an account's name, as no name holds it.
const BETWEEN: char = '\u{1f}';

/// Scope of a budget: all set fields must match. A value matches exactly. A value that ends in `*` matches by
/// its prefix. `*` alone matches every known value, and each has its own account. An empty scope is one
/// account for all spending.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scope {
    /// Project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// Service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// Framework.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub framework: Option<String>,
    /// Agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// User.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// Model provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Model: the one asked for or the one that answered, in any case of its letters. With `*` an account is
    /// that of the model asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Tag: one of those that there are. With `*` a call is in the account of each of its tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
}

/// One field of a scope: its name and the wanted value.
type Field<'a> = (&'static str, &'a str);

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

impl Scope {
    /// Fields that are set.
    pub(crate) fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        let Self { project, service, framework, agent, user, session, provider, model, tag } = self;
        [
            ("project", project),
            ("service", service),
            ("framework", framework),
            ("agent", agent),
            ("user", user),
            ("session", session),
            ("provider", provider),
            ("model", model),
            ("tag", tag),
        ]
        .into_iter()
        .filter_map(|(name, pattern)| Some((name, pattern.as_deref()?)))
    }

    /// Whether the scope is empty: it matches every subject.
    pub fn is_everybody(&self) -> bool {
        self.fields().next().is_none()
    }

    /// The name of its account, where it has but one.
    pub(crate) fn only(&self) -> Option<CompactString> {
        let mut name = CompactString::default();
        for (field, pattern) in self.fields() {
            if pattern == "*" {
                return None;
            }
            name = extended(&name, field, pattern);
        }
        Some(name)
    }

    /// Names of the accounts that a subject's spending is in; none where the scope is not about it.
    pub(crate) fn accounts(&self, subject: &Subject) -> Vec<CompactString> {
        let mut found = vec![CompactString::default()];
        for (name, pattern) in self.fields() {
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
