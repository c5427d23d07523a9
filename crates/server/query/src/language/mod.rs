//! The filter language: terms joined by spaces, of which all must match, alternatives joined by `OR`, and
//! parentheses.

mod explain;
mod figure;
mod group;
mod reader;
mod value;

use quipu_core::{Criterion, FacetField, Term};

pub use explain::explain_terms;

use crate::ParamError;
use reader::{Mistake, Reader, Reading};

/// Bytes that a filter may have.
pub const MAX_FILTER_BYTES: usize = 4 << 10;
/// Terms that a filter may have.
pub const MAX_FILTER_TERMS: usize = 64;
/// Terms that `OR` may join, also after parentheses are resolved.
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
    let formula = group::all(reader, &mut 0)?;
    if !reader.rest().is_empty() {
        return Err(Mistake::at(reader.at(), "a term"));
    }
    group::terms(formula)
}

/// Reads a term with its `-`. `count` is the number of terms so far.
fn counted_term(reader: &mut Reader<'_>, count: &mut usize) -> Reading<Term> {
    *count += 1;
    if *count > MAX_FILTER_TERMS {
        let expected = format!("the end: a filter has at most {MAX_FILTER_TERMS} terms");
        return Err(Mistake::at(reader.at(), expected));
    }
    term(reader)
}

fn term(reader: &mut Reader<'_>) -> Reading<Term> {
    let not = reader.eat('-');
    if reader.is_word_end() || reader.peek() == Some('-') {
        return Err(Mistake::at(reader.at(), format!("{TERM}, right after the `-`")));
    }
    let (differs, criterion) = criterion(reader)?;
    Ok(Term { not: not != differs, criterion })
}

/// Reads a condition; `true` if its operator negates it.
fn criterion(reader: &mut Reader<'_>) -> Reading<(bool, Criterion)> {
    let (start, name) = (reader.at(), reader.name().to_ascii_lowercase());
    let then = reader.rest().get(name.len()..).unwrap_or_default();
    let figure = figure::named(&name);
    let sign = if figure.is_some() { then.trim_start() } else { then };
    let negates = sign.starts_with("!=") || sign.starts_with("!~");
    let operator = sign.strip_prefix('!').filter(|_| negates).unwrap_or(sign);
    let is_operator = negates || operator.starts_with([':', '>', '<', '=', '~']);
    if name.is_empty() || !is_operator || (operator.starts_with(':') && sign != then) {
        return words(reader).map(|criterion| (false, criterion));
    }
    let written = reader.rest().get(..name.len()).unwrap_or_default();
    reader.skip(name.len());
    if let Some(figure) = figure {
        reader.skip_spaces();
        reader.eat('!');
        return Ok((negates, Criterion::Figure(figure, figure::range(reader, figure)?)));
    }
    reader.eat('!');
    if reader.eat('~') {
        return matching(reader, start, &name, written).map(|criterion| (negates, criterion));
    }
    if !(reader.eat(':') || (negates && reader.eat('='))) {
        return Err(unknown(start, &name, false));
    }
    let criterion = if name.starts_with(ATTRIBUTE) {
        let attribute = attribute_name(start, written)?;
        Criterion::Attribute(attribute, value::any_or_list(reader, written)?)
    } else {
        match name.as_str() {
            "has" if negates => return Err(Mistake::at(start, "-has:field, right before a field")),
            "has" => has(reader)?,
            "name" => Criterion::Title(value::list(reader, "name")?),
            "error_message" => Criterion::ErrorMessage(value::list(reader, "error_message")?),
            _ => match field(&name) {
                Some(field) => value::of_field(reader, field, &name)?,
                None => return Err(unknown(start, &name, true)),
            },
        }
    };
    Ok((negates, criterion))
}

/// Reads the rest after `name~`: a regular expression that must be found in the value.
fn matching(reader: &mut Reader<'_>, start: usize, name: &str, written: &str) -> Reading<Criterion> {
    if name.starts_with(ATTRIBUTE) {
        let attribute = attribute_name(start, written)?;
        return Ok(Criterion::Attribute(attribute, Some(value::pattern(reader)?)));
    }
    match (name, field(name)) {
        ("name", _) => Ok(Criterion::Title(value::pattern(reader)?)),
        (_, Some(field)) if field != FacetField::Status => {
            Ok(Criterion::Named(field, value::pattern(reader)?))
        }
        ("has" | "error_message" | "status", _) => {
            let expected = format!("{name}:value, because {name} takes no regular expression");
            Err(Mistake::at(start, expected))
        }
        _ => Err(unknown(start, name, true)),
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
