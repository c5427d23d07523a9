//! Conversion of field values into attribute values.

use std::error::Error;
use std::fmt::Debug;

use quipu_core::Value;
use quipu_sdk::Field as Attribute;
use tracing::field::{Field, Visit};
use tracing::span::Record;

use crate::text::{bounded, formatted};

/// Receiver of fields.
pub(crate) trait Sink {
    /// Receives a value that is no text.
    fn put(&mut self, field: &Field, value: Attribute<'_>);

    /// Receives a text of limited length.
    fn text(&mut self, field: &Field, text: &str);

    /// Whether a field with this name needs formatting.
    fn wants(&self, _: &str) -> bool {
        true
    }
}

/// Passes fields to a sink.
pub(crate) struct Visitor<'a, S>(pub &'a mut S);

impl<S: Sink> Visit for Visitor<'_, S> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.0.put(field, Attribute::Double(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.put(field, Attribute::Int(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.put(field, value.into());
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        match i64::try_from(value) {
            Ok(int) => self.record_i64(field, int),
            Err(_) => self.record_debug(field, &value),
        }
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        match i64::try_from(value) {
            Ok(int) => self.record_i64(field, int),
            Err(_) => self.record_debug(field, &value),
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.put(field, Attribute::Bool(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.text(field, bounded(value));
    }

    fn record_bytes(&mut self, field: &Field, value: &[u8]) {
        self.0.put(field, Attribute::Value(Value::Bytes(value.to_vec())));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        if self.0.wants(field.name()) {
            formatted(format_args!("{value}"), |text| self.0.text(field, text));
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if self.0.wants(field.name()) {
            formatted(format_args!("{value:?}"), |text| self.0.text(field, text));
        }
    }
}

/// Whether reading these fields runs user code: a formatter can do anything, including tracing.
pub(crate) fn runs_code(values: &Record<'_>) -> bool {
    let mut formats = Formats(false);
    values.record(&mut formats);
    formats.0
}

struct Formats(bool);

impl Visit for Formats {
    fn record_f64(&mut self, _: &Field, _: f64) {}
    fn record_i64(&mut self, _: &Field, _: i64) {}
    fn record_u64(&mut self, _: &Field, _: u64) {}
    fn record_bool(&mut self, _: &Field, _: bool) {}
    fn record_str(&mut self, _: &Field, _: &str) {}
    fn record_bytes(&mut self, _: &Field, _: &[u8]) {}

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {
        self.0 = true;
    }
}

/// Formatted fields that wait for a sink.
#[derive(Default)]
pub(crate) struct Gathered(Vec<(Field, Value)>);

impl Gathered {
    /// Formats all fields.
    pub fn of(values: &Record<'_>) -> Self {
        let mut gathered = Self::default();
        values.record(&mut Visitor(&mut gathered));
        gathered
    }

    /// Passes the fields to a sink.
    pub fn give(self, sink: &mut impl Sink) {
        for (field, value) in self.0 {
            match value {
                Value::String(text) => sink.text(&field, &text),
                value => sink.put(&field, Attribute::Value(value)),
            }
        }
    }
}

impl Sink for Gathered {
    fn put(&mut self, field: &Field, value: Attribute<'_>) {
        self.0.push((field.clone(), value.into_value()));
    }

    fn text(&mut self, field: &Field, text: &str) {
        self.0.push((field.clone(), text.into()));
    }
}
