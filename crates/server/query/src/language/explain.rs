//! The meaning of a filter in words.

use quipu_core::{Criterion, FacetField, FigureRange, Term, Timestamp, TraceFigure, Wanted};

use super::FIELDS;

/// Billionths of a dollar.
const DOLLAR: f64 = 1e9;

/// Says what each term means, in the order of the terms; all of them must hold.
pub fn explain_terms(terms: &[Term]) -> Vec<String> {
    terms.iter().map(said).collect()
}

fn said(term: &Term) -> String {
    let text = criterion(&term.criterion);
    match (&term.criterion, term.not) {
        (Criterion::Any(_), true) => format!("not one of these holds: {text}"),
        (_, true) => format!("it is not so that {text}"),
        (_, false) => text,
    }
}

fn criterion(criterion: &Criterion) -> String {
    match criterion {
        Criterion::Named(field, wanted) => format!("{} {}", word(*field), values(wanted)),
        Criterion::Has(field) => format!("{} is known", word(*field)),
        Criterion::Title(wanted) => format!("the name of the trace {}", values(wanted)),
        Criterion::ErrorMessage(wanted) => format!("the error of a failed span {}", values(wanted)),
        Criterion::Figure(figure, range) => format!("{} {}", figure_word(*figure), bounds(*figure, *range)),
        Criterion::Words(text) => {
            let quoted: Vec<String> = text.split_whitespace().map(|word| format!("{word:?}")).collect();
            format!("the text of one span has {}", quoted.join(" and "))
        }
        Criterion::Attribute(name, None) => format!("a span or its resource has the attribute {name}"),
        Criterion::Attribute(name, Some(wanted)) => {
            format!("the attribute {name} of a span or its resource {}", values(wanted))
        }
        Criterion::Any(terms) => terms.iter().map(said).collect::<Vec<_>>().join(", or "),
    }
}

fn word(field: FacetField) -> String {
    let found = FIELDS.iter().find(|(_, known)| *known == field).map_or("field", |(word, _)| word);
    match field {
        FacetField::Error => "the class of a failure".to_owned(),
        FacetField::Agent => "an agent".to_owned(),
        FacetField::Model | FacetField::Tool | FacetField::Tag => format!("a {found}"),
        _ => format!("the {found}"),
    }
}

fn values(wanted: &[Wanted]) -> String {
    let one = |wanted: &Wanted| match wanted {
        Wanted::Exactly(text) => format!("is {text:?}"),
        Wanted::Beginning(text) => format!("begins with {text:?}"),
        Wanted::Matching(pattern) => format!("matches the regular expression {:?}", pattern.as_str()),
    };
    wanted.iter().map(one).collect::<Vec<_>>().join(" or ")
}

const fn figure_word(figure: TraceFigure) -> &'static str {
    match figure {
        TraceFigure::Duration => "the duration",
        TraceFigure::Cost => "the cost",
        TraceFigure::Tokens => "the number of tokens",
        TraceFigure::Spans => "the number of spans",
        TraceFigure::LlmCalls => "the number of calls",
        TraceFigure::ToolCalls => "the number of tool runs",
        TraceFigure::Errors => "the number of failures",
    }
}

fn bounds(figure: TraceFigure, range: FigureRange) -> String {
    let text = |value: i64| match figure {
        TraceFigure::Duration => format!("{} s", value as f64 / Timestamp::SECOND as f64),
        TraceFigure::Cost => format!("${}", value as f64 / DOLLAR),
        _ => value.to_string(),
    };
    match (range.least, range.most) {
        (Some(least), Some(most)) if least == most => format!("is {}", text(least)),
        (Some(least), Some(most)) => format!("is from {} to {}", text(least), text(most)),
        (Some(least), None) => format!("is {} or more", text(least)),
        (None, Some(most)) => format!("is {} or less", text(most)),
        (None, None) => "is known".to_owned(),
    }
}
