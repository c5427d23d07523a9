//! Queries of a round that one query answers: those for other thresholds or orders, and those that differ
//! only in one value of their filter, such as the service. Such a query has the field as a further key.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use quipu_core::{Criterion, FacetField, GroupBy, Term, Wanted, WorkKey};
use quipu_query::{FigureAsk, FigureKey, Rank, StepAsk};

use crate::narrowed::selects_records;
use crate::{Measured, MeasuredGroup};

/// Most values that one query answers. Further ones are answered by queries of their own.
const MOST: usize = 64;

/// Fields that a record has itself, so that a filter and a key select the same records.
const FIELDS: [(FacetField, FigureKey); 5] = [
    (FacetField::Service, key("service", GroupBy::Service, WorkKey::Service)),
    (FacetField::Model, key("model", GroupBy::Model, WorkKey::Model)),
    (FacetField::Agent, key("agent", GroupBy::Agent, WorkKey::Agent)),
    (FacetField::Framework, key("framework", GroupBy::Framework, WorkKey::Framework)),
    (FacetField::Tool, key("tool", GroupBy::Tool, WorkKey::Tool)),
];

const fn key(word: &'static str, usage: GroupBy, work: WorkKey) -> FigureKey {
    FigureKey { word, usage: Some(usage), work: Some(work) }
}

/// A query without its order and limit, and without the value of one field of its filter.
#[derive(Debug, Clone)]
pub(crate) struct Family {
    /// Identifies queries that one query can answer.
    pub(crate) name: String,
    /// The value; empty without a field.
    pub(crate) value: String,
    /// The field whose values are asked for together; `None` if the filter has no such field.
    field: Option<(FacetField, FigureKey)>,
    rest: FigureAsk,
}

impl Family {
    /// The family of a query; `None` for metrics and for queries with steps. Without `by_field`, queries with
    /// other filters are no family.
    pub(crate) fn of(ask: &FigureAsk, by_field: bool) -> Option<Self> {
        if ask.metric.is_some() || ask.step != StepAsk::None {
            return None;
        }
        let of_field = if by_field { Self::of_field(ask) } else { None };
        Some(of_field.unwrap_or_else(|| {
            let rest = FigureAsk { top: usize::MAX, rank: Rank::Count, ..ask.clone() };
            Self { name: format!("{rest:?}"), value: String::new(), field: None, rest }
        }))
    }

    fn of_field(ask: &FigureAsk) -> Option<Self> {
        let fits = |field: FacetField| selects_records(ask.source, field);
        let (at, field, key, value) = ask.filter.terms.iter().enumerate().find_map(|(at, term)| {
            let (field, value) = value_of(term)?;
            let (_, key) = FIELDS.into_iter().find(|(known, _)| *known == field && fits(field))?;
            (!ask.group_by.contains(&key)).then(|| (at, field, key, value.to_owned()))
        })?;
        let mut rest = FigureAsk { top: usize::MAX, rank: Rank::Count, ..ask.clone() };
        rest.filter.terms.remove(at);
        // A filter that tests the field twice would select other records.
        if rest.filter.terms.iter().any(|term| term.criterion.tests(field)) {
            return None;
        }
        Some(Self { name: format!("{field:?} {rest:?}"), value, field: Some((field, key)), rest })
    }

    /// The query for some values, with all groups.
    pub(crate) fn ask(&self, values: &BTreeSet<String>) -> FigureAsk {
        let mut ask = self.rest.clone();
        if let Some((field, key)) = self.field {
            let wanted = values.iter().cloned().map(Wanted::Exactly).collect();
            ask.filter.terms.push(Term { not: false, criterion: Criterion::Named(field, wanted) });
            if values.len() > 1 {
                ask.group_by.insert(0, key);
            }
        }
        ask
    }
}

fn value_of(term: &Term) -> Option<(FacetField, &str)> {
    match &term.criterion {
        Criterion::Named(field, wanted) if !term.not => match wanted.as_slice() {
            [Wanted::Exactly(value)] => Some((*field, value)),
            _ => None,
        },
        _ => None,
    }
}

/// Values of the due rules, by family.
#[derive(Default)]
pub(crate) struct Families(BTreeMap<String, Members>);

/// Rules of a family.
#[derive(Default)]
struct Members {
    rules: usize,
    values: BTreeSet<String>,
}

impl Families {
    /// Notes a query that will be asked.
    pub(crate) fn add(&mut self, family: &Family) {
        let members = self.0.entry(family.name.clone()).or_default();
        members.rules += 1;
        if members.values.len() < MOST {
            members.values.insert(family.value.clone());
        }
    }

    /// Forgets a family: its answer takes too much memory.
    pub(crate) fn leave_out(&mut self, family: &Family) {
        self.0.remove(&family.name);
    }

    /// All values of a family; `None` if it has one rule, or not this value.
    pub(crate) fn values(&self, family: &Family) -> Option<&BTreeSet<String>> {
        let members = self.0.get(&family.name).filter(|members| members.rules > 1)?;
        members.values.contains(&family.value).then_some(&members.values)
    }
}

/// The answer for all values of a family.
pub(crate) struct Joined {
    name: String,
    values: BTreeSet<String>,
    by_value: BTreeMap<String, Arc<Measured>>,
    has_keys: bool,
}

impl Joined {
    /// Splits the answer to [`Family::ask`]; `None` if the store left groups out.
    pub(crate) fn new(family: &Family, values: BTreeSet<String>, measured: Measured) -> Option<Self> {
        if measured.left_out > 0 {
            return None;
        }
        let mut by_value = BTreeMap::<String, Measured>::new();
        match values.first().filter(|_| values.len() == 1) {
            Some(value) => drop(by_value.insert(value.clone(), measured)),
            None => {
                for mut group in measured.groups {
                    if let Some(value) = group.key.first_mut().and_then(Option::take) {
                        group.key.remove(0);
                        by_value.entry(value).or_default().groups.push(group);
                    }
                }
            }
        }
        let by_value = by_value.into_iter().map(|(value, of_it)| (value, Arc::new(of_it))).collect();
        let has_keys = !family.rest.group_by.is_empty();
        Some(Self { name: family.name.clone(), values, by_value, has_keys })
    }

    /// All groups of a query; `None` if it has to be asked. Without records, a query without keys has one
    /// group all the same.
    pub(crate) fn answer(&self, family: &Family) -> Option<Arc<Measured>> {
        if self.name != family.name || !self.values.contains(&family.value) {
            return None;
        }
        Some(self.by_value.get(&family.value).map_or_else(
            || {
                let groups = if self.has_keys { Vec::new() } else { vec![MeasuredGroup::default()] };
                Arc::new(Measured { groups, left_out: 0 })
            },
            Arc::clone,
        ))
    }
}
