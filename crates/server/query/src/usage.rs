//! Queries for sums: usage, tools, and the values of a field.

use quipu_core::{FacetField, GroupBy, TraceFilter, UsageQuery};

use crate::language::FIELDS;
use crate::{FILTER_PARAMS, ParamError, Params, parse_trace_filter};

/// Parameters of a query for usage, in addition to [`FILTER_PARAMS`].
pub const USAGE_PARAMS: &[&str] = &["group_by"];
/// Parameters of a query for a field's values, in addition to [`FILTER_PARAMS`].
pub const FACET_PARAMS: &[&str] = &["field", "limit"];
/// Default number of values of a field.
pub const FACET_ROWS: usize = 100;

const GROUPS: &[(&str, GroupBy)] = &[
    ("model", GroupBy::Model),
    ("provider", GroupBy::Provider),
    ("agent", GroupBy::Agent),
    ("framework", GroupBy::Framework),
    ("service", GroupBy::Service),
    ("session", GroupBy::Session),
    ("user", GroupBy::User),
    ("convention", GroupBy::Convention),
    ("hour", GroupBy::Hour),
    ("day", GroupBy::Day),
    ("week", GroupBy::Week),
    ("month", GroupBy::Month),
    ("tool", GroupBy::Tool),
    ("tag", GroupBy::Tag),
    ("env", GroupBy::Environment),
    ("version", GroupBy::Version),
    ("project", GroupBy::Project),
    ("commit", GroupBy::Commit),
    ("branch", GroupBy::Branch),
    ("billing", GroupBy::Billing),
];

/// The word of a key, as `group_by` takes it.
pub fn group_word(key: GroupBy) -> &'static str {
    GROUPS.iter().find(|(_, known)| *known == key).map_or("", |(word, _)| word)
}

/// A query for the values of a field.
#[derive(Debug, Clone, PartialEq)]
pub struct FacetAsk {
    /// The field.
    pub field: FacetField,
    /// Which traces count.
    pub filter: TraceFilter,
    /// Most values wanted.
    pub limit: usize,
}

impl Params {
    /// Reads a query for usage. Without `group_by` it has one group.
    ///
    /// # Errors
    /// A parameter is unknown, given twice, or has a value that cannot be used; a key is named twice.
    pub fn usage_query(&self) -> Result<UsageQuery, ParamError> {
        self.allow(&[FILTER_PARAMS, USAGE_PARAMS], &[])?;
        let words: Vec<&str> = GROUPS.iter().map(|(word, _)| *word).collect();
        let expected = format!("a comma list of {}, each at most once", words.join(", "));
        let group_by = self.read("group_by", &expected, group_list)?.unwrap_or_default();
        Ok(UsageQuery { filter: parse_trace_filter(self)?, group_by })
    }

    /// Reads a query for tools: filters only.
    ///
    /// # Errors
    /// A parameter is unknown, given twice, or has a value that cannot be used.
    pub fn tool_filter(&self) -> Result<TraceFilter, ParamError> {
        self.allow(&[FILTER_PARAMS], &[])?;
        parse_trace_filter(self)
    }

    /// Reads a query for the values of `field`: 100 values by default.
    ///
    /// # Errors
    /// A parameter is unknown, missing, given twice, or has a value that cannot be used.
    pub fn facet_ask(&self) -> Result<FacetAsk, ParamError> {
        self.allow(&[FILTER_PARAMS, FACET_PARAMS], &[])?;
        let words: Vec<&str> = FIELDS.iter().map(|(word, _)| *word).collect();
        let missing =
            || ParamError::Missing { name: "field", expected: format!("one of {}", words.join(", ")) };
        Ok(FacetAsk {
            field: self.word("field", FIELDS)?.ok_or_else(missing)?,
            filter: parse_trace_filter(self)?,
            limit: self.limit(FACET_ROWS, self.max_rows())?,
        })
    }
}

fn group_list(text: &str) -> Option<Vec<GroupBy>> {
    let mut keys = Vec::new();
    for word in text.split(',') {
        let (_, key) = GROUPS.iter().find(|(known, _)| *known == word.trim())?;
        if keys.contains(key) {
            return None;
        }
        keys.push(*key);
    }
    Some(keys)
}
