//! The filter language: terms joined by spaces, and all must match.

mod figure;
mod reader;
mod value;

use quipu_core::{Criterion, FacetField, Term};

use crate::ParamError;
use reader::{Mistake, Reader, Reading};

/// Bytes that a filter may have.
pub const MAX_FILTER_BYTES: usize = 4 << 10;
/// Terms that a filter may have.
pub const MAX_FILTER_TERMS: usize = 64;
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

/// Words that other languages join terms with.
const FOREIGN: [&str; 3] = ["AND", "OR", "NOT"];
const TERM: &str = "a term: field:value, has:field, a figure such as cost>0.05, a word, or \"a phrase\"";

/// Reads a filter: text of the language that `docs/guide/query-language.md` describes. Words and phrases
/// without a `-` become one criterion, the last, because they have to occur in one span. A blank text has no
/// terms.
///
/// # Errors
/// The text is no filter, or exceeds [`MAX_FILTER_BYTES`], [`MAX_FILTER_TERMS`] or [`MAX_FILTER_VALUES`]: the
/// error tells after how many characters, and what was expected there.
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
        count += 1;
        if count > MAX_FILTER_TERMS {
            let expected = format!("the end: a filter has at most {MAX_FILTER_TERMS} terms");
            return Err(Mistake::at(reader.at(), expected));
        }
        match term(reader)? {
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
    reader.skip(name.len());
    if let Some(figure) = figure {
        return Ok(Criterion::Figure(figure, figure::range(reader, figure)?));
    }
    if !reader.eat(':') {
        return Err(unknown(start, &name, false));
    }
    match name.as_str() {
        "has" => has(reader).map(Criterion::Has),
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
    if !colon && (field(name).is_some() || matches!(name, "name" | "error_message" | "has")) {
        return Mistake::at(at, format!("{name}:value, because {name} is not a figure"));
    }
    let fields: Vec<&str> = FIELDS.iter().map(|(word, _)| *word).collect();
    let (fields, figures) = (fields.join(", "), figure::words());
    let known =
        if colon { format!("a field ({fields}, name, error_message, has) or ") } else { String::new() };
    Mistake::at(at, format!("{known}a figure ({figures}); a text with such a sign goes in quotes"))
}

fn has(reader: &mut Reader<'_>) -> Reading<FacetField> {
    let (at, name) = (reader.at(), reader.word().to_ascii_lowercase());
    let fields = || FIELDS.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
    field(&name).ok_or_else(|| Mistake::at(at, format!("one of {}, right after `has:`", fields())))
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
    if FOREIGN.contains(&word) {
        let expected = "a term: all of them must hold, `-` before one means not, and `field:a,b` means any; a word \
            that is searched for goes in quotes";
        return Err(Mistake::at(at, expected));
    }
    if !text.contains(char::is_alphanumeric) {
        return Err(Mistake::at(at, format!("{TERM}, with a letter or digit in it")));
    }
    Ok(Criterion::Words(text))
}
