//! Encoding of fields on the instrumented thread.

use quipu_core::{Level, SpanId, SpanKind, Status, TraceId, Usage, Usd, Value};
use quipu_semconv::quipu;

use super::head::{Head, patch, span_word, trace_words};
use super::value::{self, DOUBLE, FALSE, INT, NULL, TEXT, TRUE, field};
use super::words::{WORD, Words};
use super::{Key, key};
use crate::Field;

/// Most bytes of a field; a longer one is left out.
const LONGEST_FIELD: usize = 8 << 20;
/// Most bytes of a record; a field beyond that is left out.
const LARGEST_RECORD: usize = 32 << 20;
/// Most bytes of a key's text; a field with a longer key is left out.
const LONGEST_NAME: usize = 1_024;

/// Number of counters that most calls have.
pub(super) const COMMON: usize = 5;
/// Number of counters that few calls have.
pub(super) const RARE: usize = 8;

/// Encoder of a record. Its memory is reused for the next one.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    words: Words,
    /// The span is unsampled: it takes only fields that totals need.
    slim: bool,
    /// Another instrumentation's span: our key names do not tell which fields totals need.
    foreign: bool,
    /// A field was too large and is left out.
    cut: bool,
}

impl Writer {
    /// Discards the content and starts a record.
    #[inline]
    pub fn begin(&mut self, head: &Head, foreign: bool) {
        self.words.clear();
        self.slim = !head.sampled;
        self.foreign = foreign;
        self.cut = false;
        self.words.put(head.words());
    }

    /// Replaces the head.
    pub fn head(&mut self, head: &Head) {
        if let Some(place) = self.words.used_mut().first_chunk_mut() {
            *place = head.words();
        }
    }

    /// The encoded record so far.
    #[inline]
    pub fn words(&self) -> &[u64] {
        self.words.used()
    }

    /// Type of the record.
    #[inline]
    pub fn what(&self) -> Option<u8> {
        self.words.used().first().map(|word| *word as u8)
    }

    /// Capacity in bytes.
    #[inline]
    pub fn capacity(&self) -> usize {
        self.words.capacity() * WORD
    }

    /// Whether a field was too large and is left out.
    #[inline]
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    #[inline]
    fn leaves_out(&self, key: Key) -> bool {
        self.slim && !key.kept()
    }

    /// Whether there is space for a value of `len` bytes.
    #[inline]
    fn fits(&mut self, len: usize) -> bool {
        let fits = len <= LONGEST_FIELD && self.words.len() * WORD + len <= LARGEST_RECORD;
        self.cut |= !fits;
        fits
    }

    /// Writes text under a well-known key.
    #[inline]
    pub fn text(&mut self, key: Key, text: &str) {
        let first = field(key.0, TEXT, 0, text.len());
        if self.slim || !self.words.try_put_with_bytes(first, text.as_bytes()) {
            self.text_with_care(key, text);
        }
    }

    #[cold]
    fn text_with_care(&mut self, key: Key, text: &str) {
        if !self.leaves_out(key) && self.fits(text.len()) {
            self.words.put_with_bytes(field(key.0, TEXT, 0, text.len()), text.as_bytes());
        }
    }

    /// Writes an integer under a well-known key.
    #[inline]
    pub fn int(&mut self, key: Key, int: i64) {
        self.put(key, INT, int.cast_unsigned());
    }

    /// Writes a double under a well-known key.
    #[inline]
    pub fn double(&mut self, key: Key, double: f64) {
        self.put(key, DOUBLE, double.to_bits());
    }

    /// Writes a boolean under a well-known key.
    #[inline]
    pub fn flag(&mut self, key: Key, flag: bool) {
        if !self.leaves_out(key) && self.fits(WORD) {
            self.words.put([field(key.0, if flag { TRUE } else { FALSE }, 0, 0)]);
        }
    }

    #[inline]
    fn put(&mut self, key: Key, code: u8, bits: u64) {
        if self.slim || !self.words.try_put_two(field(key.0, code, 0, 0), bits) {
            self.put_with_care(key, code, bits);
        }
    }

    #[cold]
    fn put_with_care(&mut self, key: Key, code: u8, bits: u64) {
        if !self.leaves_out(key) && self.fits(WORD) {
            self.words.put([field(key.0, code, 0, 0), bits]);
        }
    }

    /// Writes a value under a custom key.
    pub fn named(&mut self, name: &str, value: &Field<'_>) {
        let text = match value {
            Field::Text(text) => Some(*text),
            Field::Value(Value::String(text)) => Some(text.as_str()),
            _ => None,
        };
        let is_left_out = self.slim && !self.foreign && !key::named_kept(name, text);
        if is_left_out || *value == Field::Absent {
            return;
        }
        if self.fits(value::size(value)) && self.names(name) {
            value::put(&mut self.words, 0, name, value);
        }
    }

    /// Writes a value of any type under a well-known key.
    pub fn value(&mut self, key: Key, value: &Field<'_>) {
        if !self.leaves_out(key) && self.fits(value::size(value)) {
            value::put(&mut self.words, key.0, "", value);
        }
    }

    /// Whether a key's text is short enough.
    fn names(&mut self, name: &str) -> bool {
        let fits = name.len() <= LONGEST_NAME;
        self.cut |= !fits;
        fits
    }

    /// Writes token counters as one field: a mask, and the counters. The common ones are always written.
    #[inline]
    pub fn usage(&mut self, usage: &Usage) {
        let common = [usage.input, usage.output, usage.cache_read, usage.cache_write, usage.reasoning];
        let mut mask = usize::from(usage.estimated) << 15;
        let mut words = [0; 1 + COMMON];
        for (bit, counter) in common.into_iter().enumerate() {
            mask |= usize::from(counter.is_some()) << bit;
            words[1 + bit] = counter.unwrap_or(0);
        }
        words[0] = field(Key::USAGE.0, NULL, 0, mask);
        self.words.put(words);
        let rare = rare(usage);
        if rare.iter().any(Option::is_some) {
            self.rare_usage(rare);
        }
        if !usage.units.is_empty() {
            self.units(usage);
        }
    }

    /// Writes other billed units, each under its own name.
    #[cold]
    fn units(&mut self, usage: &Usage) {
        for (unit, count) in &usage.units {
            let count = i64::try_from(*count).unwrap_or(i64::MAX);
            self.named(&format!("{}{unit}", quipu::UNITS_PREFIX), &Field::Int(count));
        }
    }

    #[cold]
    fn rare_usage(&mut self, rare: [Option<u64>; RARE]) {
        let mut mask = 0;
        let mut words = [0; 1 + RARE];
        for (bit, counter) in rare.into_iter().enumerate() {
            mask |= usize::from(counter.is_some()) << bit;
            words[1 + bit] = counter.unwrap_or(0);
        }
        words[0] = field(Key::RARE_USAGE.0, NULL, 0, mask);
        self.words.put(words);
    }

    /// Writes the cost that the provider reported.
    pub fn cost(&mut self, cost: Usd) {
        let bits = cost.raw().cast_unsigned();
        self.words.put([field(Key::COST.0, NULL, 0, 0), bits as u64, (bits >> 64) as u64]);
    }

    /// Writes a span event.
    pub fn event(&mut self, time: u64, name: &str, attributes: &[(&str, Field<'_>)]) {
        let bytes =
            attributes.iter().map(|(key, value)| key.len() + value::size(value) + WORD).sum::<usize>();
        let names = self.names(name) && attributes.iter().all(|(key, _)| self.names(key));
        if self.leaves_out(Key::EVENT) || !names || !self.fits(bytes) {
            return;
        }
        self.words.put([field(Key::EVENT.0, NULL, name.len(), attributes.len()), time]);
        self.words.put_bytes(name.as_bytes());
        for (key, value) in attributes {
            value::put(&mut self.words, 0, key, value);
        }
    }

    /// Writes a link to another span.
    pub fn link(&mut self, trace_id: TraceId, span_id: SpanId) {
        if !self.leaves_out(Key::LINK) {
            let [high, low] = trace_words(Some(trace_id));
            self.words.put([field(Key::LINK.0, NULL, 0, 0), high, low, span_word(Some(span_id))]);
        }
    }

    /// Writes one entry of custom data.
    pub fn data(&mut self, key: &str, value: &str) {
        if self.fits(value.len()) && self.names(key) {
            value::put(&mut self.words, Key::DATA.0, key, &Field::Text(value));
        }
    }

    /// Marks the following fields as bound values.
    pub fn bound(&mut self) {
        self.words.put([field(Key::BOUND.0, NULL, 0, 0)]);
    }

    /// Appends encoded fields, such as those of [`super::bound`].
    #[inline]
    pub fn append(&mut self, fields: &[u64]) {
        self.words.extend(fields);
    }

    /// Sets the end.
    #[inline]
    pub fn end(&mut self, end: u64) {
        patch::end(self.words.used_mut(), end);
    }

    /// Sets the status.
    #[inline]
    pub fn status(&mut self, status: Status) {
        patch::status(self.words.used_mut(), status);
    }

    /// Sets OpenTelemetry's span kind.
    pub fn span_kind(&mut self, kind: SpanKind) {
        patch::span_kind(self.words.used_mut(), kind);
    }
}

/// Number of a level in the encoding.
pub(crate) fn level_number(level: Level) -> u8 {
    Level::ALL.iter().position(|known| *known == level).and_then(|at| u8::try_from(at).ok()).unwrap_or(2)
}

/// The rare counters, in the order of their bits.
#[inline]
const fn rare(usage: &Usage) -> [Option<u64>; RARE] {
    [
        usage.cache_write_5m,
        usage.cache_write_1h,
        usage.input_audio,
        usage.input_image,
        usage.cache_read_audio,
        usage.tool_prompt,
        usage.output_audio,
        usage.output_image,
    ]
}
