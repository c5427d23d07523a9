//! Config of redaction.

use std::collections::BTreeMap;
use std::fmt;

use quipu_core::{Error, ErrorKind, Result};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::fields::FieldRules;
use super::glob;

/// Config of redaction, which runs before any storage.
///
/// ```
/// use quipu_pipeline::{Pii, PiiKind, RedactConfig};
///
/// let pii = Pii::Some(vec![PiiKind::Email]);
/// let config = RedactConfig { pii, high_entropy: true, ..RedactConfig::default() };
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RedactConfig {
    /// Services whose message contents are stored, with arguments and results of tools. If absent, the
    /// process that starts the stage decides: a server stores them, the library only with full prompt
    /// logging. The stage alone drops them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contents: Option<Capture>,
    /// Whether secrets with known formats are removed.
    pub secrets: bool,
    /// Kinds of personal data to remove.
    pub pii: Pii,
    /// Whether e-mail addresses are removed, independent of `pii`.
    pub emails: bool,
    /// Whether random-looking texts count as secrets, too.
    pub high_entropy: bool,
    /// Replacement for a finding.
    pub mode: Mode,
    /// Key of [`Mode::Hash`], at least 16 bytes.
    #[serde(skip_serializing)]
    pub key: Option<HashKey>,
    /// Custom patterns.
    pub patterns: Vec<OwnPattern>,
    /// Rules for attributes and JSON members by name.
    pub fields: FieldRules,
    /// Values that always stay; `*` matches any characters, and case does not matter.
    pub allow: Vec<String>,
    /// Whether an event reports each trace with findings: the count by kind, never a value.
    pub events: bool,
}

impl Default for RedactConfig {
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

impl RedactConfig {
    /// Whether the contents of at least one service are dropped.
    pub fn leaves_contents_out(&self) -> bool {
        self.contents.as_ref().is_none_or(|capture| !capture.is_all())
    }
}

/// Services whose message contents are stored: `"on"`, `"off"`, or a table by service. In the table `*`
/// matches any characters, and the longest matching name decides. A service without a match is `"on"`, unless
/// there is a `"*"`.
///
/// ```
/// use quipu_pipeline::Capture;
///
/// let capture = Capture::by_service([("*".to_owned(), false), ("test-*".to_owned(), true)].into());
/// assert!(capture.keeps("test-shop") && !capture.keeps("shop"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capture(BTreeMap<String, bool>);

impl Capture {
    /// Stores the contents of all services, or of none.
    pub fn all(kept: bool) -> Self {
        Self(BTreeMap::from([("*".to_owned(), kept)]))
    }

    /// Decides by service; see [`Capture`].
    pub fn by_service(services: BTreeMap<String, bool>) -> Self {
        Self(services)
    }

    /// Whether the contents of this service are stored.
    pub fn keeps(&self, service: &str) -> bool {
        let fits = self.0.iter().filter(|(name, _)| glob::fits(name, service));
        fits.max_by_key(|(name, _)| name.len()).is_none_or(|(_, kept)| *kept)
    }

    /// Whether the contents of all services are stored.
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
#[serde(untagged, expecting = "expected \"on\", \"off\", or a table with \"on\" or \"off\" for each service")]
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

/// Replacement for a finding.
///
/// ```
/// use quipu_pipeline::{HashKey, Mode, RedactConfig};
///
/// let key = Some(HashKey::new("at least sixteen bytes"));
/// let config = RedactConfig { mode: Mode::Hash, key, ..RedactConfig::default() };
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// `[redacted:email]`.
    #[default]
    Mask,
    /// `[email:9f86d081884c7d65]`: the first 64 bits of a keyed hash (HMAC-SHA-256). Equal values get equal
    /// tokens in any notation, so records stay linkable. Without the key a value cannot be guessed.
    Hash,
    /// Nothing: the finding is deleted.
    Drop,
}

/// Key of the hashes. No output contains it.
///
/// ```
/// let key = quipu_pipeline::HashKey::new("at least sixteen bytes");
/// assert_eq!(format!("{key:?}"), "HashKey(…)");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct HashKey(String);

impl HashKey {
    /// Creates a key from a text.
    pub fn new(key: impl Into<String>) -> Self {
        Self(key.into())
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Replaces the text, for example to expand a variable.
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
        // The derived implementation would show a number that was meant as a key in its error.
        String::deserialize(from).map(Self).map_err(|_| de::Error::custom("expected the key as a text"))
    }
}

/// Personal data to remove: `true` for all, or kinds by name.
///
/// ```
/// use quipu_pipeline::{Pii, PiiKind};
///
/// assert!(Pii::All(true).has(PiiKind::Email));
/// assert!(!Pii::default().has(PiiKind::Email));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected true, false, or a list of kinds such as [\"email\", \"phone\"]")]
pub enum Pii {
    /// All kinds, or none.
    All(bool),
    /// These kinds.
    Some(Vec<PiiKind>),
}

impl Default for Pii {
    fn default() -> Self {
        Self::All(false)
    }
}

impl Pii {
    /// Whether this kind is removed.
    pub fn has(&self, kind: PiiKind) -> bool {
        match self {
            Self::All(all) => *all,
            Self::Some(kinds) => kinds.contains(&kind),
        }
    }
}

/// A kind of personal data.
///
/// ```
/// assert_eq!(quipu_pipeline::PiiKind::Email.as_str(), "email");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PiiKind {
    /// E-mail addresses.
    Email,
    /// Phone numbers: international and North American ones, others if the context marks them.
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

    /// The kind's name in the config.
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

/// A custom pattern in the syntax of the `regex` crate, which matches in linear time. If it has a group 1,
/// only that part of a match is replaced.
///
/// ```
/// use quipu_pipeline::{OwnPattern, RedactConfig};
///
/// let ticket = OwnPattern { name: "ticket".into(), pattern: r"TICKET-\d+".into(), mode: None };
/// let config = RedactConfig { patterns: vec![ticket], ..RedactConfig::default() };
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwnPattern {
    /// Its kind in counts and marks: 1 to 40 of a-z, 0-9 and `_`.
    pub name: String,
    /// The pattern, at most 1,000 bytes.
    pub pattern: String,
    /// Overrides the general mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
}

/// Kind of patterns without a name.
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

/// An error that names the wrong key.
pub(super) fn wrong(key: &str, why: impl fmt::Display) -> Error {
    Error::new(ErrorKind::Invalid, "read settings", format!("redact.{key}: {why}"))
}

/// Most entries of a list.
const ENTRIES: usize = 1_000;
/// Most bytes of an entry.
const ENTRY_BYTES: usize = 256;
/// Fewest bytes of a hash key, because a shorter one can be guessed.
const KEY_BYTES: usize = 16;

/// Checks the lists and the key; a hash mode requires a key.
pub(super) fn check(settings: &RedactConfig) -> Result<()> {
    let lists = settings.fields.lists().map(|(name, list)| (format!("fields.{name}"), list));
    for (name, list) in lists.into_iter().chain([("allow".to_owned(), settings.allow.as_slice())]) {
        if list.len() > ENTRIES {
            return Err(wrong(
                &name,
                format_args!("found {} entries, expected at most {ENTRIES}", list.len()),
            ));
        }
        if let Some(at) = list.iter().position(|entry| entry.is_empty() || entry.len() > ENTRY_BYTES) {
            return Err(wrong(&name, format_args!("entry {at} needs 1 to {ENTRY_BYTES} bytes")));
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
