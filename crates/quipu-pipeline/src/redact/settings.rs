//! What is taken out before anything is kept, as it is configured.

use std::collections::BTreeMap;
use std::fmt;

use quipu_core::{Error, ErrorKind, Result};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::glob;

/// What is taken out before anything is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RedactSettings {
    /// Which services' message contents, and arguments and results of tools, are kept. Not said: decided by who starts the
    /// stage (a server keeps them, a library where full prompts are logged); by itself the stage leaves them out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contents: Option<Capture>,
    /// Whether secrets of known shapes are taken out.
    pub secrets: bool,
    /// Which personal data are taken out.
    pub pii: Pii,
    /// Whether e-mail addresses are, whatever `pii` says.
    pub emails: bool,
    /// Whether texts that look random are taken for secrets, beside those of known shapes.
    pub high_entropy: bool,
    /// What stands in the place of what is found.
    pub mode: Mode,
    /// The key of [`Mode::Hash`], 16 bytes or more.
    #[serde(skip_serializing)]
    pub key: Option<HashKey>,
    /// Further patterns.
    pub patterns: Vec<OwnPattern>,
    /// What is done with attributes and JSON members by their names.
    pub fields: FieldRules,
    /// Values that are never taken out; `*` stands for any characters, and case does not matter.
    pub allow: Vec<String>,
    /// Whether an event tells of each trace in which something was found: how many of which kind, never what.
    pub events: bool,
}

impl Default for RedactSettings {
    fn default() -> Self {
        Self {
            contents: None,
            secrets: true,
            pii: Pii::default(),
            emails: false,
            high_entropy: false,
            mode: Mode::default(),
            key: None,
            patterns: Vec::new(),
            fields: FieldRules::default(),
            allow: Vec::new(),
            events: true,
        }
    }
}

impl RedactSettings {
    /// Whether contents of at least one service are left out.
    pub fn leaves_contents_out(&self) -> bool {
        self.contents.as_ref().is_none_or(|capture| !capture.is_all())
    }
}

/// Whose message contents are kept: `"on"`, `"off"`, or a table of services, in which `*` stands for any characters, the
/// longest name that fits decides, and those that none fits are `"on"` unless there is a `"*"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capture(BTreeMap<String, bool>);

impl Capture {
    /// Everybody's, or nobody's.
    pub fn all(kept: bool) -> Self {
        Self(BTreeMap::from([("*".to_owned(), kept)]))
    }

    /// By service; see [`Capture`].
    pub fn by_service(services: BTreeMap<String, bool>) -> Self {
        Self(services)
    }

    /// Whether the contents of this service are kept.
    pub fn keeps(&self, service: &str) -> bool {
        let fits = self.0.iter().filter(|(name, _)| glob::fits(name, service));
        fits.max_by_key(|(name, _)| name.len()).is_none_or(|(_, kept)| *kept)
    }

    /// Whether everybody's are.
    pub fn is_all(&self) -> bool {
        self.0.values().all(|kept| *kept)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Switch {
    On,
    Off,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "expected \"on\", \"off\", or a table of services with \"on\" or \"off\" each")]
enum Written {
    All(Switch),
    Each(BTreeMap<String, Switch>),
}

impl<'de> Deserialize<'de> for Capture {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        let kept = |switch| matches!(switch, Switch::On);
        Ok(match Written::deserialize(from)? {
            Written::All(switch) => Self::all(kept(switch)),
            Written::Each(services) => {
                Self(services.into_iter().map(|(name, switch)| (name, kept(switch))).collect())
            }
        })
    }
}

impl Serialize for Capture {
    fn serialize<S: Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        let switch = |kept: bool| if kept { Switch::On } else { Switch::Off };
        let each = self.0.iter().map(|(name, kept)| (name.clone(), switch(*kept)));
        Written::Each(each.collect()).serialize(to)
    }
}

/// What stands in the place of what is found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// `[redacted:email]`.
    #[default]
    Mask,
    /// `[email:9f86d081884c7d65]`: the first 64 bits of a keyed hash (HMAC-SHA-256). The same value is the same token, however it
    /// was spelt, so that what belongs together can still be found together; without the key it cannot be guessed.
    Hash,
    /// Nothing.
    Drop,
}

/// The key of hashes. It is in no text that is made of it.
#[derive(Clone, PartialEq, Eq)]
pub struct HashKey(String);

impl HashKey {
    /// This text.
    pub fn new(key: impl Into<String>) -> Self {
        Self(key.into())
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Changes the text, as where a variable is put in its place.
    ///
    /// # Errors
    /// Those of `change`.
    pub fn change<E>(
        &mut self,
        change: impl FnOnce(&str) -> std::result::Result<String, E>,
    ) -> std::result::Result<(), E> {
        self.0 = change(&self.0)?;
        Ok(())
    }
}

impl fmt::Debug for HashKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashKey(…)")
    }
}

impl<'de> Deserialize<'de> for HashKey {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        // Not the derived one, whose error would show a number that was meant as a key.
        String::deserialize(from).map(Self).map_err(|_| de::Error::custom("expected the key as text"))
    }
}

/// Which personal data are taken out: `true` for all, or kinds by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected true, false, or a list of kinds such as [\"email\", \"phone\"]")]
pub enum Pii {
    /// All kinds, or none.
    All(bool),
    /// These.
    Some(Vec<PiiKind>),
}

impl Default for Pii {
    fn default() -> Self {
        Self::All(false)
    }
}

impl Pii {
    /// Whether this kind is taken out.
    pub fn has(&self, kind: PiiKind) -> bool {
        match self {
            Self::All(all) => *all,
            Self::Some(kinds) => kinds.contains(&kind),
        }
    }
}

/// A kind of personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PiiKind {
    /// E-mail addresses.
    Email,
    /// Phone numbers: international ones, North American ones, others where the text says that it is one.
    Phone,
    /// Numbers of payment cards.
    Card,
    /// International bank account numbers.
    Iban,
    /// United States Social Security numbers.
    Ssn,
    /// IP addresses.
    Ip,
}

impl PiiKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [Self::Email, Self::Phone, Self::Card, Self::Iban, Self::Ssn, Self::Ip];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Card => "card",
            Self::Iban => "iban",
            Self::Ssn => "ssn",
            Self::Ip => "ip",
        }
    }
}

/// A pattern of the user's own, in the syntax of the `regex` crate, whose time is linear in the text. Where it has a group 1, that
/// part of a match is taken out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwnPattern {
    /// What it is counted and shown as: a-z, 0-9 and `_`, 1 to 40 of them.
    pub name: String,
    /// The pattern, 1,000 bytes at most.
    pub pattern: String,
    /// Instead of the mode for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
}

/// What patterns without a name are counted as.
const CUSTOM: &str = "custom";

impl From<&str> for OwnPattern {
    fn from(pattern: &str) -> Self {
        Self { name: CUSTOM.to_owned(), pattern: pattern.to_owned(), mode: None }
    }
}

impl<'de> Deserialize<'de> for OwnPattern {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Named {
            name: String,
            pattern: String,
            #[serde(default)]
            mode: Option<Mode>,
        }
        #[derive(Deserialize)]
        #[serde(
            untagged,
            expecting = "expected a regular expression, or { name = …, pattern = …, mode = … }"
        )]
        enum Written {
            Plain(String),
            Named(Named),
        }
        Ok(match Written::deserialize(from)? {
            Written::Plain(pattern) => Self::from(pattern.as_str()),
            Written::Named(Named { name, pattern, mode }) => Self { name, pattern, mode },
        })
    }
}

/// What is done with attributes, and with members of JSON objects in them, by their names. `*` stands for any characters. An
/// attribute also fits by the last part of its dotted name. Where several lists fit, the first of `allow`, `drop`, `hash`, `mask`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FieldRules {
    /// They go.
    pub drop: Vec<String>,
    /// Their whole value becomes a keyed hash.
    pub hash: Vec<String>,
    /// Their whole value is masked.
    pub mask: Vec<String>,
    /// Nothing is looked for in them.
    pub allow: Vec<String>,
}

impl FieldRules {
    pub(super) fn lists(&self) -> [(&'static str, &[String]); 4] {
        [("allow", &self.allow), ("drop", &self.drop), ("hash", &self.hash), ("mask", &self.mask)]
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lists().iter().all(|(_, list)| list.is_empty())
    }
}

/// An error that says which key is wrong.
pub(super) fn wrong(key: &str, why: impl fmt::Display) -> Error {
    Error::new(ErrorKind::Invalid, "read settings", format!("redact.{key}: {why}"))
}

/// Entries of a list, at most.
const ENTRIES: usize = 1_000;
/// Bytes of an entry, at most.
const ENTRY_BYTES: usize = 256;
/// Bytes that a key has at least: shorter ones can be tried out.
const KEY_BYTES: usize = 16;

/// Checks lists, the key, and that there is one where it is needed.
pub(super) fn check(settings: &RedactSettings) -> Result<()> {
    let lists = settings.fields.lists().map(|(name, list)| (format!("fields.{name}"), list));
    for (name, list) in lists.into_iter().chain([("allow".to_owned(), settings.allow.as_slice())]) {
        if list.len() > ENTRIES {
            return Err(wrong(
                &name,
                format_args!("found {} entries, expected at most {ENTRIES}", list.len()),
            ));
        }
        if let Some(at) = list.iter().position(|entry| entry.is_empty() || entry.len() > ENTRY_BYTES) {
            return Err(wrong(&name, format_args!("entry {at} is not of 1 to {ENTRY_BYTES} bytes")));
        }
    }
    let hashes = settings.mode == Mode::Hash
        || !settings.fields.hash.is_empty()
        || settings.patterns.iter().any(|own| own.mode == Some(Mode::Hash));
    match &settings.key {
        None if hashes => Err(wrong("key", "hashing needs a key, such as key = \"${QUIPU_REDACT_KEY}\"")),
        Some(key) if key.0.len() < KEY_BYTES => {
            Err(wrong("key", format_args!("found {} bytes, expected {KEY_BYTES} or more", key.0.len())))
        }
        _ => Ok(()),
    }
}
