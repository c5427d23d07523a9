//! Adapter for configured tables: the first table with a matching scope and name reads a span.

use std::collections::BTreeMap;

use quipu_core::{Adapter, Canonical, Lens, Messages, Result, Span};
use quipu_normalize::{lens, messages};

use crate::config::{self, Map, MapConfig};
use crate::read::{self, NAME};

/// Lines of a lens, and the fields of a table that fill them.
const LINES: &[(&str, &[&str])] = &[
    ("request_model", &["request_model", "model"]),
    ("response_model", &["response_model", "model"]),
    ("provider", &["provider"]),
    ("response_id", &["response_id"]),
    ("input", &["input", "usage"]),
    ("output", &["output", "usage"]),
    ("cache_read", &["cache_read", "usage"]),
    ("cache_write", &["cache_write", "usage"]),
    ("reasoning", &["reasoning", "usage"]),
    ("agent", &["agent"]),
    ("tool", &["tool"]),
    ("workflow", &["workflow"]),
    ("session", &["session"]),
    ("user", &["user"]),
];

/// Reads spans as the tables of a configuration specify.
#[derive(Debug, Clone, Default)]
pub struct Mapped {
    maps: Vec<Map>,
}

impl Mapped {
    /// Checks the tables. If several match a span, the first in alphabetical order reads it.
    ///
    /// # Errors
    /// A table is invalid. The text names the table, the key and the expected value.
    pub fn new(configs: BTreeMap<String, MapConfig>) -> Result<Self> {
        Ok(Self { maps: config::check(configs)? })
    }

    /// Whether there is no table.
    pub fn is_empty(&self) -> bool {
        self.maps.is_empty()
    }

    fn of(&self, span: &Span) -> Option<&Map> {
        self.maps.iter().find(|map| {
            map.scope.fits(&span.scope.name) && map.name.as_ref().is_none_or(|name| name.fits(&span.name))
        })
    }
}

impl Adapter for Mapped {
    fn name(&self) -> &'static str {
        NAME
    }

    fn claims(&self, span: &Span) -> bool {
        self.of(span).is_some()
    }

    fn canonical(&self, span: &Span) -> Canonical {
        self.of(span).map(|map| read::canonical(map, span)).unwrap_or_default()
    }

    fn messages(&self, span: &Span) -> Messages {
        self.of(span).map(|map| read::messages(map, span, messages(span))).unwrap_or_default()
    }

    fn lens(&self, span: &Span, read: &Canonical) -> Lens {
        let mut lens = lens(span, read);
        let Some(map) = self.of(span) else { return lens };
        for line in &mut lens.lines {
            let fields =
                LINES.iter().find(|(name, _)| *name == line.field).map_or(&[][..], |(_, fields)| fields);
            if let Some(place) = fields.iter().find_map(|field| map.places.get(field)) {
                line.key = Some(place.key.as_str().into());
                line.rule = Some(format!("by {} of the configuration", map.title).into());
            }
        }
        lens
    }
}
