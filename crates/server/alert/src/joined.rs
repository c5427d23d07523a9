//! Queries that differ only in one value of their filter, such as the service, and the query that answers
//! all of them: it has the field as a further key.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use quipu_core::{Criterion, FacetField, GroupBy, Term, Wanted, WorkKey};
use quipu_query::{FigureAsk, FigureKey, FigureSource, Rank, StepAsk};

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

/// A query without the value of one field of its filter.
#[derive(Debug, Clone)]
pub(crate) struct Family {
    /// Identifies queries that one query can answer.
    pub(crate) name: String,
    /// The value.
    pub(crate) value: String,
    field: FacetField,
    key: FigureKey,
    rest: FigureAsk,
}

impl Family {
    /// The family of a query; `None` if its filter has no such value.
    pub(crate) fn of(ask: &FigureAsk) -> Option<Self> {
        if ask.metric.is_some() || ask.step != StepAsk::None {
            return None;
        }
        let fits = |field: FacetField| match ask.source {
            // A call has the tool that it ran within, which a filter does not mean.
            FigureSource::Calls => field != FacetField::Tool,
            FigureSource::Tools => field != FacetField::Model,
            _ => false,
        };
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
        Some(Self { name: format!("{field:?} {rest:?}"), value, field, key, rest })
    }

    /// The query for some values, with all groups in the order of `rank`.
    pub(crate) fn ask(&self, values: &BTreeSet<String>, rank: Rank) -> FigureAsk {
        let mut ask = FigureAsk { rank, ..self.rest.clone() };
        let wanted = values.iter().cloned().map(Wanted::Exactly).collect();
        ask.filter.terms.push(Term { not: false, criterion: Criterion::Named(self.field, wanted) });
        ask.group_by.insert(0, self.key);
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
pub(crate) struct Families(BTreeMap<String, BTreeSet<String>>);

impl Families {
    /// Notes a query that will be asked.
    pub(crate) fn add(&mut self, family: &Family) {
        let values = self.0.entry(family.name.clone()).or_default();
        if values.len() < MOST {
            values.insert(family.value.clone());
        }
    }

    /// Forgets a family: its answer takes too much memory.
    pub(crate) fn leave_out(&mut self, family: &Family) {
        self.0.remove(&family.name);
    }

    /// All values of a family; `None` if it has one value, or not this one.
    pub(crate) fn values(&self, family: &Family) -> Option<&BTreeSet<String>> {
        self.0.get(&family.name).filter(|values| values.len() > 1 && values.contains(&family.value))
    }
}

/// The answer for all values of a family.
pub(crate) struct Joined {
    name: String,
    rank: Rank,
    values: BTreeSet<String>,
    by_value: BTreeMap<String, Arc<Measured>>,
    has_keys: bool,
}

impl Joined {
    /// Splits the answer to [`Family::ask`]; `None` if the store left groups out.
    pub(crate) fn new(
        family: &Family,
        values: BTreeSet<String>,
        rank: Rank,
        measured: Measured,
    ) -> Option<Self> {
        if measured.left_out > 0 {
            return None;
        }
        let mut by_value = BTreeMap::<String, Measured>::new();
        for mut group in measured.groups {
            if let Some(value) = group.key.first_mut().and_then(Option::take) {
                group.key.remove(0);
                by_value.entry(value).or_default().groups.push(group);
            }
        }
        let by_value = by_value.into_iter().map(|(value, of_it)| (value, Arc::new(of_it))).collect();
        let has_keys = !family.rest.group_by.is_empty();
        Some(Self { name: family.name.clone(), rank, values, by_value, has_keys })
    }

    /// The answer to one query; `None` if it has to be asked. Without records, a query without keys has one
    /// group all the same.
    pub(crate) fn answer(&self, family: &Family, ask: &FigureAsk) -> Option<Arc<Measured>> {
        if self.name != family.name || !self.values.contains(&family.value) {
            return None;
        }
        let Some(whole) = self.by_value.get(&family.value) else {
            let groups = if self.has_keys { Vec::new() } else { vec![MeasuredGroup::default()] };
            return Some(Arc::new(Measured { groups, left_out: 0 }));
        };
        if whole.groups.len() <= ask.top {
            return Some(Arc::clone(whole));
        }
        // The order decides which groups are left out.
        (self.rank == ask.rank).then(|| {
            let left_out = whole.groups.len() - ask.top;
            Arc::new(Measured { groups: whole.groups[..ask.top].to_vec(), left_out })
        })
    }
}
