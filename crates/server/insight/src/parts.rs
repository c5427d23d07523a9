//! Splits of a store's answers, and filters to which a part does not apply.

use std::vec::IntoIter;

use compact_str::CompactString;
use quipu_core::{
    AnswerMemory, Criterion, FacetField, MemoryHold, Result, Store, Timestamp, TraceFilter, TraceId,
    UsageKey, WorkGroup, WorkKey, WorkQuery, WorkTotals, Worked,
};

/// A name; `None` if the records have none.
pub(crate) type Name = Option<CompactString>;

/// An error, its number of occurrences, and a trace that shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ErrorCount {
    /// Error text of the source, at most 200 characters; `None` when there is none.
    pub error: Name,
    /// Failed records.
    pub count: u64,
    /// A trace of one of them.
    pub example: Option<TraceId>,
}

impl ErrorCount {
    pub(crate) const fn of(error: Name, totals: &WorkTotals) -> Self {
        Self { error, count: totals.count, example: totals.example }
    }
}

/// The names of a key, and the start of its step.
pub(crate) fn split(key: Vec<UsageKey>) -> (Vec<Name>, Option<Timestamp>) {
    let (mut names, mut at) = (Vec::with_capacity(key.len()), None);
    for part in key {
        match part {
            UsageKey::Name(name) => names.push(name),
            UsageKey::Time(start) => at = Some(start),
            // Groups that were left out have neither.
            UsageKey::Rest => {}
        }
    }
    (names, at)
}

/// Rows of a store in their order, with their memory.
pub(crate) struct ChargedRows<T> {
    rows: IntoIter<T>,
    _hold: MemoryHold,
}

impl<T> ChargedRows<T> {
    /// Charges rows of `bytes`.
    ///
    /// # Errors
    /// No memory is left for the request.
    pub(crate) fn of(rows: Vec<T>, bytes: impl Fn(&T) -> usize) -> Result<Self> {
        let hold = AnswerMemory::current().hold(rows.iter().map(bytes).sum())?;
        Ok(Self { rows: rows.into_iter(), _hold: hold })
    }
}

impl<T> Iterator for ChargedRows<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.rows.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.rows.size_hint()
    }
}

/// Sums over work by one key, or by two.
pub(crate) async fn work_by<const N: usize>(
    store: &dyn Store,
    of: Worked,
    filter: &TraceFilter,
    failed: bool,
    keys: [WorkKey; N],
) -> Result<impl Iterator<Item = ([Name; N], WorkTotals)> + use<N>> {
    let query = WorkQuery { of, filter: filter.clone(), failed, group_by: keys.to_vec() };
    let named = |group: WorkGroup| {
        let names: [Name; N] = split(group.key).0.try_into().ok()?;
        Some((names, group.totals))
    };
    Ok(ChargedRows::of(store.work(&query).await?, WorkGroup::bytes)?.filter_map(named))
}

/// The filter without these fields: for records that do not have them.
pub(crate) fn without(filter: &TraceFilter, fields: &[FacetField]) -> TraceFilter {
    let mut filter = filter.clone();
    for field in fields {
        match field {
            FacetField::Model => filter.model = None,
            FacetField::Tool => filter.tool = None,
            _ => {}
        }
    }
    filter.terms.retain(|term| !names_one(&term.criterion, fields));
    filter
}

fn names_one(criterion: &Criterion, fields: &[FacetField]) -> bool {
    fields.iter().any(|field| criterion.tests(*field))
}
