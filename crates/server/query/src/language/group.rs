//! Parentheses and `OR`: a formula of terms, and its form as conditions that must all hold.

use quipu_core::{Criterion, FacetField, Term, Wanted};

use super::reader::{Mistake, Reader, Reading};
use super::{MAX_FILTER_ALTERNATIVES, MAX_FILTER_TERMS, OR, TERM, counted_term};

/// Most parentheses within one another.
const DEPTH: usize = 8;

/// A filter before its parentheses are resolved.
#[derive(Debug)]
pub(super) enum Formula {
    One(Term),
    All(Vec<Formula>),
    Any(Vec<Formula>),
    /// The negated group.
    Not(Box<Formula>),
}

/// Conditions of which one must hold.
type Clause = Vec<Term>;

/// Reads terms up to the end of the text or of the group. `count` is the number of terms so far.
pub(super) fn all(reader: &mut Reader<'_>, count: &mut usize) -> Reading<Formula> {
    let (mut parts, mut said) = (Vec::new(), String::new());
    while reader.skip_spaces() && !(reader.depth() > 0 && reader.peek() == Some(')')) {
        match any(reader, count)? {
            Formula::One(Term { not: false, criterion: Criterion::Words(found) }) => {
                said.push_str(if said.is_empty() { "" } else { " " });
                said.push_str(&found);
            }
            part => parts.push(part),
        }
    }
    if !said.is_empty() {
        parts.push(Formula::One(Term { not: false, criterion: Criterion::Words(said) }));
    }
    Ok(Formula::All(parts))
}

/// Reads a term or group, and those that `OR` joins to it.
fn any(reader: &mut Reader<'_>, count: &mut usize) -> Reading<Formula> {
    let mut any = Vec::new();
    loop {
        if any.len() == MAX_FILTER_ALTERNATIVES {
            let expected = format!("no more: `OR` joins at most {MAX_FILTER_ALTERNATIVES} terms");
            return Err(Mistake::at(reader.at(), expected));
        }
        any.push(unit(reader, count)?);
        reader.skip_spaces();
        if !reader.eat_word(OR) {
            break;
        }
        reader.skip_spaces();
    }
    match <[Formula; 1]>::try_from(any) {
        Ok([one]) => Ok(one),
        Err(any) => Ok(Formula::Any(any)),
    }
}

fn unit(reader: &mut Reader<'_>, count: &mut usize) -> Reading<Formula> {
    let start = reader.at();
    let not = reader.rest().starts_with("-(") && reader.eat('-');
    if !reader.open() {
        return counted_term(reader, count).map(Formula::One);
    }
    if reader.depth() > DEPTH {
        return Err(Mistake::at(start, format!("at most {DEPTH} parentheses within one another")));
    }
    let within = all(reader, count)?;
    if matches!(&within, Formula::All(parts) if parts.is_empty()) {
        return Err(Mistake::at(reader.at(), format!("{TERM}, after the parenthesis")));
    }
    if !reader.close() {
        return Err(Mistake::at(start, "a closing parenthesis; one that is searched for goes in quotes"));
    }
    if !reader.is_word_end() {
        return Err(Mistake::at(reader.at(), "a space after the closing parenthesis"));
    }
    Ok(if not { Formula::Not(Box::new(within)) } else { within })
}

/// The formula as terms that must all match, of which alternatives are not nested. Words that are no
/// alternatives come last, as one term.
pub(super) fn terms(formula: Formula) -> Reading<Vec<Term>> {
    let clauses = clauses(formula, false)?;
    let (mut terms, mut said) = (Vec::new(), String::new());
    for clause in clauses {
        match joined(clause) {
            Term { not: false, criterion: Criterion::Words(found) } => {
                said.push_str(if said.is_empty() { "" } else { " " });
                said.push_str(&found);
            }
            term => terms.push(term),
        }
    }
    if !said.is_empty() {
        terms.push(Term { not: false, criterion: Criterion::Words(said) });
    }
    Ok(terms)
}

/// The conjunctive normal form.
fn clauses(formula: Formula, not: bool) -> Reading<Vec<Clause>> {
    match formula {
        Formula::One(term) => Ok(vec![vec![Term { not: term.not != not, criterion: term.criterion }]]),
        Formula::Not(within) => clauses(*within, !not),
        Formula::All(parts) if !not => each(parts, not),
        Formula::Any(parts) if not => each(parts, not),
        Formula::All(parts) | Formula::Any(parts) => {
            let mut found: Vec<Clause> = vec![Vec::new()];
            for part in parts {
                found = product(&found, &clauses(part, not)?)?;
            }
            Ok(found)
        }
    }
}

fn each(parts: Vec<Formula>, not: bool) -> Reading<Vec<Clause>> {
    let mut found = Vec::new();
    for part in parts {
        found.extend(clauses(part, not)?);
    }
    Ok(found)
}

/// Each clause of one side joined with each of the other.
fn product(left: &[Clause], right: &[Clause]) -> Reading<Vec<Clause>> {
    if left.len() * right.len() > MAX_FILTER_TERMS {
        let expected = format!(
            "fewer parentheses: with each OR joining single terms, the filter has more than \
             {MAX_FILTER_TERMS} conditions"
        );
        return Err(Mistake::at(0, expected));
    }
    let mut found = Vec::with_capacity(left.len() * right.len());
    for one in left {
        for other in right {
            let mut clause = one.clone();
            clause.extend(other.iter().filter(|term| !one.contains(term)).cloned());
            if joined_terms(&clause).len() > MAX_FILTER_ALTERNATIVES {
                let expected = format!("fewer terms: `OR` joins at most {MAX_FILTER_ALTERNATIVES} terms");
                return Err(Mistake::at(0, expected));
            }
            found.push(clause);
        }
    }
    Ok(found)
}

/// Alternatives as one term.
fn joined(any: Clause) -> Term {
    match <[Term; 1]>::try_from(joined_terms(&any)) {
        Ok([term]) => term,
        Err(all) => Term { not: false, criterion: Criterion::Any(all) },
    }
}

/// Alternatives in which those that name values of the same field are one list of values.
fn joined_terms(any: &[Term]) -> Clause {
    let mut all: Clause = Vec::with_capacity(any.len());
    for term in any {
        match values(term) {
            Some((field, more)) => match all.iter_mut().find_map(|known| values_mut(known, field)) {
                Some(list) => list.extend_from_slice(more),
                None => all.push(term.clone()),
            },
            None => all.push(term.clone()),
        }
    }
    all
}

/// The field and values of a term without a `-`.
const fn values(term: &Term) -> Option<(FacetField, &Vec<Wanted>)> {
    match &term.criterion {
        Criterion::Named(field, wanted) if !term.not => Some((*field, wanted)),
        _ => None,
    }
}

fn values_mut(term: &mut Term, wanted_field: FacetField) -> Option<&mut Vec<Wanted>> {
    match &mut term.criterion {
        Criterion::Named(field, wanted) if !term.not && *field == wanted_field => Some(wanted),
        _ => None,
    }
}
