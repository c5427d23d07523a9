//! The query for one group of a rule: that of the rule, with the values of the group in its filter.

use std::collections::BTreeMap;

use quipu_core::{Criterion, FacetField, Term, Wanted};
use quipu_query::{FigureAsk, FigureKey, FigureSource};

/// The query for one group; `None` if a filter cannot select the group, such as one without a value.
pub(crate) fn narrowed(mut ask: FigureAsk, group: &BTreeMap<String, String>) -> Option<FigureAsk> {
    for key in &ask.group_by {
        let value = group.get(key.word).filter(|value| !value.is_empty())?;
        let field = field_of(ask.source, *key)?;
        let wanted = vec![Wanted::Exactly(value.clone())];
        ask.filter.terms.push(Term { not: false, criterion: Criterion::Named(field, wanted) });
    }
    ask.top = usize::MAX;
    Some(ask)
}

/// The field of a key of a source; `None` if the field and the key can select different records.
fn field_of(source: FigureSource, key: FigureKey) -> Option<FacetField> {
    let field = match key.word {
        "service" => FacetField::Service,
        "agent" => FacetField::Agent,
        "model" => FacetField::Model,
        "tool" => FacetField::Tool,
        "session" => FacetField::Session,
        "user" => FacetField::User,
        _ => return None,
    };
    selects_records(source, field).then_some(field)
}

/// Whether a filter by a field selects the records of a source that have the value themselves.
pub(crate) fn selects_records(source: FigureSource, field: FacetField) -> bool {
    match source {
        // A call has the tool that it ran within, which a filter does not mean.
        FigureSource::Calls => field != FacetField::Tool,
        FigureSource::Tools => field != FacetField::Model,
        _ => false,
    }
}
