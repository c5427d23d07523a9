//! The filter language: terms joined by spaces, of which all must match, and alternatives joined by `OR`.

mod figure;
mod reader;
mod value;

use quipu_core::{Criterion, FacetField, Term, Wanted};

use crate::ParamError;
use reader::{Mistake, Reader, Reading};

/// Bytes that a filter may have.
pub const MAX_FILTER_BYTES: usize = 4 << 10;
/// Terms that a filter may have.
pub const MAX_FILTER_TERMS: usize = 64;
/// Terms that `OR` may join.
pub const MAX_FILTER_ALTERNATIVES: usize = 16;
/// Values that one term may name.
pub const MAX_FILTER_VALUES: usize = 64;

/// Fields by their words, as `has:` and `field:value` take them; `name` and `error_message` are more, of
/// values only.
pub(crate) const FIELDS: &[(&str, FacetField)] = &[
    ("service", FacetField::Service),
    ("framework", FacetField::Framework),
    ("agent", FacetField::Agent),
    ("model", FacetField::Model),
    ("tool", FacetField::Tool),
    ("session", FacetField::Session),
    ("user", FacetField::User),
    ("status", FacetField::Status),
    ("convention", FacetField::Convention),
    ("tag", FacetField::Tag),
    ("project", FacetField::Project),
    ("commit", FacetField::Commit),
    ("branch", FacetField::Branch),
    ("error", FacetField::Error),
    ("env", FacetField::Environment),
    ("version", FacetField::Version),
];

/// Joins two terms, of which one must match. It binds more tightly than a space.
const OR: &str = "OR";
/// Words that other languages join terms with.
const FOREIGN: [&str; 2] = ["AND", "NOT"];
/// Precedes the name of an attribute.
const ATTRIBUTE: &str = "attr.";
const TERM: &str = "a term: field:value, has:field, a figure such as cost>0.05, a word, or \"a phrase\"";

/// Reads a filter: text of the language that `docs/guide/query-language.md` describes. Words and phrases
/// without a `-` become one criterion, the last, because they have to occur in one span. Words joined by `OR`
/// are searched one by one. A blank text has no terms.
///
/// # Errors
/// The text is no filter, or exceeds [`MAX_FILTER_BYTES`], [`MAX_FILTER_TERMS`],
/// [`MAX_FILTER_ALTERNATIVES`] or [`MAX_FILTER_VALUES`]. The error tells after how many characters, and what
/// was expected there.
pub fn parse_terms(text: &str) -> Result<Vec<Term>, ParamError> {
    let mut reader = Reader::new(text);
    read_terms(&mut reader).map_err(|mistake| mistake.within(text))
}

fn read_terms(reader: &mut Reader<'_>) -> Reading<Vec<Term>> {
    if reader.text().len() > MAX_FILTER_BYTES {
        let within = reader.text().floor_char_boundary(MAX_FILTER_BYTES);
        return Err(Mistake::at(within, format!("the end: a filter has at most {MAX_FILTER_BYTES} bytes")));
    }
    let (mut terms, mut words, mut count) = (Vec::new(), String::new(), 0);
    while reader.skip_spaces() {
        match alternatives(reader, &mut count)? {
            Term { not: false, criterion: Criterion::Words(found) } => {
                words.push_str(if words.is_empty() { "" } else { " " });
                words.push_str(&found);
            }
            term => terms.push(term),
        }
    }
    if !words.is_empty() {
        terms.push(Term { not: false, criterion: Criterion::Words(words) });
    }
    Ok(terms)
}

/// Reads a term, and those that `OR` joins to it. `count` is the number of terms so far.
fn alternatives(reader: &mut Reader<'_>, count: &mut usize) -> Reading<Term> {
    let mut any = Vec::new();
    loop {
        *count += 1;
        if *count > MAX_FILTER_TERMS {
            let expected = format!("the end: a filter has at most {MAX_FILTER_TERMS} terms");
            return Err(Mistake::at(reader.at(), expected));
        }
        if any.len() == MAX_FILTER_ALTERNATIVES {
            let expected = format!("no more: `OR` joins at most {MAX_FILTER_ALTERNATIVES} terms");
            return Err(Mistake::at(reader.at(), expected));
        }
        any.push(term(reader)?);
        reader.skip_spaces();
        if !reader.eat_word(OR) {
            return Ok(joined(any));
        }
        reader.skip_spaces();
    }
}

/// Alternatives as one term. Those that name values of the same field become one list of values.
fn joined(any: Vec<Term>) -> Term {
    let mut all: Vec<Term> = Vec::with_capacity(any.len());
    for term in any {
        match values(&term) {
            Some((field, more)) => match all.iter_mut().find_map(|known| values_mut(known, field)) {
                Some(list) => list.extend_from_slice(more),
                None => all.push(term),
            },
            None => all.push(term),
        }
    }
    match <[Term; 1]>::try_from(all) {
        Ok([term]) => term,
        Err(all) => Term { not: false, criterion: Criterion::Any(all) },
    }
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

fn term(reader: &mut Reader<'_>) -> Reading<Term> {
    let not = reader.eat('-');
    if reader.is_word_end() || reader.peek() == Some('-') {
        return Err(Mistake::at(reader.at(), format!("{TERM}, right after the `-`")));
    }
    Ok(Term { not, criterion: criterion(reader)? })
}

fn criterion(reader: &mut Reader<'_>) -> Reading<Criterion> {
    let (start, name) = (reader.at(), reader.name().to_ascii_lowercase());
    let then = reader.rest().get(name.len()..).unwrap_or_default();
    let figure = figure::named(&name);
    let sign = if figure.is_some() { then.trim_start() } else { then };
    if name.is_empty() || !sign.starts_with([':', '>', '<', '=']) || (sign.starts_with(':') && sign != then) {
        return words(reader);
    }
    let written = reader.rest().get(..name.len()).unwrap_or_default();
    reader.skip(name.len());
    if let Some(figure) = figure {
        return Ok(Criterion::Figure(figure, figure::range(reader, figure)?));
    }
    if !reader.eat(':') {
        return Err(unknown(start, &name, false));
    }
    if name.starts_with(ATTRIBUTE) {
        let attribute = attribute_name(start, written)?;
        let wanted = value::any_or_list(reader, written)?;
        return Ok(Criterion::Attribute(attribute, wanted));
    }
    match name.as_str() {
        "has" => has(reader),
        "name" => value::list(reader, "name").map(Criterion::Title),
        "error_message" => value::list(reader, "error_message").map(Criterion::ErrorMessage),
        _ => match field(&name) {
            Some(field) => value::of_field(reader, field, &name),
            None => Err(unknown(start, &name, true)),
        },
    }
}

fn field(name: &str) -> Option<FacetField> {
    FIELDS.iter().find(|(word, _)| *word == name).map(|(_, field)| *field)
}

/// Error for an unknown name, or for a field with the operator of a figure, with a suggestion.
fn unknown(at: usize, name: &str, colon: bool) -> Mistake {
    let known = field(name).is_some() || matches!(name, "name" | "error_message" | "has");
    if !colon && (known || name.starts_with(ATTRIBUTE)) {
        return Mistake::at(at, format!("{name}:value, because {name} is not a figure"));
    }
    let fields: Vec<&str> = FIELDS.iter().map(|(word, _)| *word).collect();
    let (fields, figures) = (fields.join(", "), figure::words());
    let known = if colon {
        format!("a field ({fields}, name, error_message, attr.NAME, has) or ")
    } else {
        String::new()
    };
    Mistake::at(at, format!("{known}a figure ({figures}); a text with such a sign goes in quotes"))
}

fn has(reader: &mut Reader<'_>) -> Reading<Criterion> {
    let (at, written) = (reader.at(), reader.word());
    let name = written.to_ascii_lowercase();
    if name.starts_with(ATTRIBUTE) {
        return Ok(Criterion::Attribute(attribute_name(at, written)?, None));
    }
    let fields = || FIELDS.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
    let unknown = || Mistake::at(at, format!("one of {}, attr.NAME, right after `has:`", fields()));
    field(&name).map(Criterion::Has).ok_or_else(unknown)
}

/// The name of an attribute, as it is written after `attr.` at `start`.
fn attribute_name(start: usize, written: &str) -> Reading<String> {
    match written.get(ATTRIBUTE.len()..).unwrap_or_default() {
        "" => Err(Mistake::at(start + ATTRIBUTE.len(), "the name of an attribute right after `attr.`")),
        name => Ok(name.to_owned()),
    }
}

fn words(reader: &mut Reader<'_>) -> Reading<Criterion> {
    let at = reader.at();
    let text = match reader.quoted()? {
        Some(_) if !reader.is_word_end() => {
            return Err(Mistake::at(reader.at(), "a space after the closing quote"));
        }
        Some(text) => text,
        None => reader.word().to_owned(),
    };
    let word = reader.text().get(at..reader.at()).unwrap_or_default();
    if word == OR {
        return Err(Mistake::at(at, "a term before and after `OR`; the word itself goes in quotes"));
    }
    if FOREIGN.contains(&word) {
        let expected = "a term: all of them must hold, `-` before one means not, `OR` between two means either; \
            a word that is searched for goes in quotes";
        return Err(Mistake::at(at, expected));
    }
    if !text.contains(char::is_alphanumeric) {
        return Err(Mistake::at(at, format!("{TERM}, with a letter or digit in it")));
    }
    Ok(Criterion::Words(text))
}
