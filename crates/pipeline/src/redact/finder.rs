//! Search for sensitive values in a text, and their replacement.

use aho_corasick::{AhoCorasick, AhoCorasickKind, StartKind};
use quipu_core::Result;
use regex::{Regex, RegexSet};

use super::config::{Mode, OwnPattern, PiiKind, RedactConfig, wrong};
use super::detect::{Class, Detector, ENTROPY, Hint, PERSONAL, SECRETS, whole};
use super::found::Findings;
use super::hits::{Hit, Search, Shape, merged};
use super::seen::Scan;
use super::token::Tokens;
use super::{fields, glob, marks, named, own};

/// Length of the shortest finding, except by a custom pattern.
const SHORTEST: usize = 4;

/// Detectors that can match in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    /// One bit per detector.
    detectors: u64,
    /// Custom patterns.
    own: bool,
    /// The text may contain a value with the name of a secret.
    named: bool,
}

impl Look {
    pub fn is_worth(&self) -> bool {
        self.detectors != 0 || self.own || self.named
    }

    /// Keeps only the detectors of secrets with known formats, for values that the count depends on.
    pub fn for_counted(self, finder: &Finder) -> Self {
        Self { detectors: self.detectors & finder.secrets, own: false, named: false }
    }
}

struct Own {
    kind: usize,
    regex: Regex,
    mode: Option<Mode>,
}

/// A secret of a known format in a text, and its replacement.
pub(super) struct Format {
    pub start: usize,
    pub end: usize,
    pub kind: usize,
    pub token: String,
}

/// Search for all configured kinds.
pub(super) struct Finder {
    detectors: Vec<&'static Detector>,
    /// Kind of each detector.
    kinds_of: Vec<usize>,
    own: Vec<Own>,
    own_any: Option<RegexSet>,
    kinds: Vec<(String, Class)>,
    words: Option<AhoCorasick>,
    /// Detectors of each word; the highest bit stands for names of secrets.
    of_word: Vec<u64>,
    at: u64,
    digits: u64,
    address: u64,
    account: u64,
    long: u64,
    secrets: u64,
    named: Option<usize>,
    field: usize,
    mode: Mode,
    tokens: Tokens,
    allow: Vec<String>,
}

/// The bit for names of secrets.
const NAMED: u64 = 1 << 63;

impl Finder {
    pub fn new(settings: &RedactConfig) -> Result<Self> {
        let mut finder = Self {
            detectors: chosen(settings),
            kinds_of: Vec::new(),
            own: Vec::new(),
            own_any: None,
            kinds: Vec::new(),
            words: None,
            of_word: Vec::new(),
            at: 0,
            digits: 0,
            address: 0,
            account: 0,
            long: 0,
            secrets: 0,
            named: None,
            field: 0,
            mode: settings.mode,
            tokens: Tokens::new(settings.key.as_ref()),
            allow: settings.allow.iter().map(|entry| entry.to_lowercase()).collect(),
        };
        finder.field = finder.kind(fields::KIND, Class::Pii);
        finder.named = settings.secrets.then(|| finder.kind(named::KIND, Class::Secret));
        finder.take_detectors()?;
        finder.take_own(&settings.patterns)?;
        Ok(finder)
    }

    fn kind(&mut self, name: &str, class: Class) -> usize {
        self.kinds.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
            self.kinds.push((name.to_owned(), class));
            self.kinds.len() - 1
        })
    }

    fn take_detectors(&mut self) -> Result<()> {
        let mut words: Vec<(&str, u64)> = Vec::new();
        let mut add = |word: &'static str, bit: u64| match words.iter_mut().find(|(known, _)| *known == word)
        {
            Some((_, bits)) => *bits |= bit,
            None => words.push((word, bit)),
        };
        let mut kinds_of = Vec::new();
        for (number, detector) in self.detectors.clone().into_iter().enumerate() {
            let bit = 1 << number;
            match detector.hint {
                Hint::Words(own) => own.iter().for_each(|word| add(word, bit)),
                Hint::At => self.at |= bit,
                Hint::Digits => self.digits |= bit,
                Hint::Address => self.address |= bit,
                Hint::Account => self.account |= bit,
                Hint::Long => self.long |= bit,
            }
            if detector.class == Class::Secret && !matches!(detector.hint, Hint::Long) {
                self.secrets |= bit;
            }
            kinds_of.push(self.kind(detector.kind, detector.class));
        }
        if self.named.is_some() {
            named::WORDS.iter().for_each(|word| add(word, NAMED));
        }
        self.kinds_of = kinds_of;
        self.of_word = words.iter().map(|(_, bits)| *bits).collect();
        if !words.is_empty() {
            // A DFA takes one step per byte; it reads all incoming text.
            let words = AhoCorasick::builder()
                .kind(Some(AhoCorasickKind::DFA))
                .start_kind(StartKind::Unanchored)
                .build(words.iter().map(|(word, _)| word));
            self.words = Some(words.map_err(|cause| wrong("secrets", cause))?);
        }
        Ok(())
    }

    fn take_own(&mut self, patterns: &[OwnPattern]) -> Result<()> {
        let (each, any) = own::compiled(patterns)?;
        for (own, regex) in patterns.iter().zip(each) {
            let kind = self.kind(&own.name, Class::Pii);
            self.own.push(Own { kind, regex, mode: own.mode });
        }
        self.own_any = any;
        Ok(())
    }

    /// Name and class of a kind.
    pub fn kind_of(&self, kind: usize) -> (&str, Class) {
        self.kinds.get(kind).map_or(("", Class::Pii), |(name, class)| (name, *class))
    }

    /// Kind of whole values that a rule replaces by name.
    pub const fn field_kind(&self) -> usize {
        self.field
    }

    /// Whether values with names of secrets are replaced.
    pub fn knows_names(&self) -> bool {
        self.named.is_some()
    }

    /// Whether there are custom patterns.
    pub const fn has_own(&self) -> bool {
        !self.own.is_empty()
    }

    /// Whether numbers are searched.
    pub fn knows_numbers(&self) -> bool {
        self.digits != 0 || !self.own.is_empty()
    }

    /// Selects the detectors for a text: one pass for words, one for digits.
    pub fn look(&self, text: &str) -> Look {
        let mut bits = 0;
        if text.len() < SHORTEST && self.own.is_empty() {
            return Look { detectors: 0, own: false, named: false };
        }
        if let Some(words) = &self.words {
            for word in words.find_overlapping_iter(text) {
                bits |= self.of_word.get(word.pattern().as_usize()).copied().unwrap_or_default();
            }
        }
        if self.at != 0 && text.as_bytes().contains(&b'@') {
            bits |= self.at;
        }
        if self.digits | self.address | self.account != 0 {
            let seen = Scan::of(text.as_bytes());
            bits |= if seen.digits { self.digits } else { 0 };
            bits |= if seen.digits || seen.colons { self.address } else { 0 };
            bits |= if seen.account { self.account } else { 0 };
        }
        bits |= if text.len() >= 20 { self.long } else { 0 };
        let own = self.own_any.as_ref().is_some_and(|any| any.is_match(text));
        Look { detectors: bits & !NAMED, own, named: bits & NAMED != 0 }
    }

    /// Returns the redacted text; `None` if nothing was found.
    pub fn replaced(&self, text: &str, name: &str, look: Look, found: &mut Findings) -> Option<String> {
        self.replaced_at(text, text, name, look, &|at| at, found)
    }

    /// Same for a text that was decoded to `read`; `place` maps a byte of `read` to its position in the text.
    pub fn replaced_at(
        &self,
        text: &str,
        read: &str,
        name: &str,
        look: Look,
        place: &dyn Fn(usize) -> usize,
        found: &mut Findings,
    ) -> Option<String> {
        let hits = if look.is_worth() { self.hits(read, name, look) } else { Vec::new() };
        if hits.is_empty() {
            return None;
        }
        let (mut out, mut copied) = (String::with_capacity(text.len()), 0);
        for hit in merged(hits) {
            out.push_str(text.get(copied..place(hit.start)).unwrap_or_default());
            out.push_str(&self.token(hit.rank, read.get(hit.start..hit.end).unwrap_or_default()));
            copied = place(hit.end);
            found.add(self.kind_of_rank(hit.rank), 1);
        }
        out.push_str(text.get(copied..).unwrap_or_default());
        Some(out)
    }

    /// Secrets of known formats in a text, in order.
    pub fn formats(&self, text: &str) -> Vec<Format> {
        let look = self.look(text).for_counted(self);
        if !look.is_worth() {
            return Vec::new();
        }
        let format = |hit: Hit| {
            let token = self.token(hit.rank, text.get(hit.start..hit.end).unwrap_or_default());
            Format { start: hit.start, end: hit.end, kind: self.kind_of_rank(hit.rank), token }
        };
        merged(self.hits(text, "", look)).into_iter().map(format).collect()
    }

    fn kind_of_rank(&self, rank: usize) -> usize {
        let own = || self.own.get(rank - self.detectors.len()).map(|own| own.kind);
        self.kinds_of.get(rank).copied().or_else(own).unwrap_or_default()
    }

    fn token(&self, rank: usize, value: &str) -> String {
        let (kind, _) = self.kind_of(self.kind_of_rank(rank));
        match self.detectors.get(rank) {
            Some(detector) if self.mode == Mode::Hash => {
                self.tokens.of(self.mode, kind, &(detector.same)(value))
            }
            Some(_) => self.tokens.of(self.mode, kind, value),
            None => {
                let mode = self.own.get(rank - self.detectors.len()).and_then(|own| own.mode);
                self.tokens.of(mode.unwrap_or(self.mode), kind, value)
            }
        }
    }

    /// Replacement for a whole value with a rule for its name.
    pub fn whole_field(&self, mode: Mode, value: &str, found: &mut Findings) -> String {
        found.add(self.field, 1);
        self.tokens.of(mode, fields::KIND, value)
    }

    /// Replacement for a whole text that cannot be changed in part.
    pub fn whole_text(&self, text: &str, found: &mut Findings) -> String {
        self.whole_field(self.mode, text, found)
    }

    /// Replacement for a whole value with the name of a secret. Its kind is that of a detector that matches
    /// the whole value, else `named_secret`.
    pub fn whole_secret(&self, value: &str, found: &mut Findings) -> Option<String> {
        let named = self.named?;
        let allowed = value.is_empty() || super::detect::is_placeholder(value) || self.is_allowed(value);
        if allowed {
            return None;
        }
        let hits = self.hits(value, "", self.look(value));
        let all =
            hits.iter().filter(|hit| (hit.start, hit.end) == (0, value.len())).map(|hit| hit.rank).min();
        if let Some(rank) = all {
            found.add(self.kind_of_rank(rank), 1);
            return Some(self.token(rank, value));
        }
        found.add(named, 1);
        Some(self.tokens.of(self.mode, named::KIND, value))
    }

    fn hits(&self, text: &str, name: &str, look: Look) -> Vec<Hit> {
        let is_allowed = |value: &str| self.is_allowed(value);
        let is_kind = |kind: &str| self.is_kind(kind);
        let mut search = Search::new(text, name, &is_allowed, &is_kind);
        for (rank, detector) in self.detectors.iter().enumerate() {
            if look.detectors & (1 << rank) != 0
                && let Some(regex) = detector.regex()
            {
                let shrinks = matches!(detector.hint, Hint::Digits);
                search.look(&Shape { rank, regex, judge: detector.judge, shrinks });
            }
        }
        if look.own {
            for (at, own) in self.own.iter().enumerate() {
                let rank = self.detectors.len() + at;
                search.look(&Shape { rank, regex: &own.regex, judge: whole, shrinks: false });
            }
        }
        search.hits()
    }

    fn is_kind(&self, name: &str) -> bool {
        self.kinds.iter().any(|(kind, _)| kind == name)
    }

    /// Whether a value is a mark and nothing else.
    pub fn is_mark(&self, value: &str) -> bool {
        let all = |mark: &marks::Mark<'_>| mark.end == value.len() && self.is_kind(mark.kind);
        value.starts_with('[') && marks::of(value).next().is_some_and(|mark| mark.start == 0 && all(&mark))
    }

    fn is_allowed(&self, value: &str) -> bool {
        if self.allow.is_empty() {
            return false;
        }
        let value = value.to_lowercase();
        self.allow.iter().any(|entry| glob::fits(entry, &value))
    }
}

fn chosen(settings: &RedactConfig) -> Vec<&'static Detector> {
    let is_wanted = |kind: &str| {
        let known = PiiKind::ALL.into_iter().find(|known| known.as_str() == kind);
        (kind == PiiKind::Email.as_str() && settings.emails)
            || known.is_some_and(|kind| settings.pii.has(kind))
    };
    let secrets = SECRETS.iter().filter(|_| settings.secrets);
    let personal = PERSONAL.iter().filter(|detector| is_wanted(detector.kind));
    secrets.chain(personal).chain(settings.high_entropy.then_some(&ENTROPY)).collect()
}
