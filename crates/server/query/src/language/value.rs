//! Values of fields in the filter language.

use quipu_core::{Criterion, FacetField, Pattern, Wanted};

use super::MAX_FILTER_VALUES;
use super::reader::{Mistake, Reader, Reading};
use crate::filter::STATUSES;

/// One value as written, with its position.
struct WrittenValue {
    at: usize,
    text: String,
    open: bool,
}

/// Reads the values of a field; a single star matches any value.
pub(super) fn of_field(reader: &mut Reader<'_>, field: FacetField, name: &str) -> Reading<Criterion> {
    if reader.eat_word("*") {
        return Ok(Criterion::Has(field));
    }
    let written = written(reader, name)?;
    if field == FacetField::Status {
        written.iter().try_for_each(state)?;
    }
    Ok(Criterion::Named(field, written.into_iter().map(Wanted::from).collect()))
}

/// Reads a regular expression: a word, or quoted.
pub(super) fn pattern(reader: &mut Reader<'_>) -> Reading<Vec<Wanted>> {
    let at = reader.at();
    let text = match reader.quoted()? {
        Some(text) if reader.is_word_end() => text,
        Some(_) => return Err(Mistake::at(reader.at(), "a space after the closing quote")),
        None => reader.word().to_owned(),
    };
    let pattern = Pattern::new(&text).map_err(|expected| Mistake::at(at, expected))?;
    Ok(vec![Wanted::Matching(pattern)])
}

/// Reads values of which any may be; `None` for a single star, which matches any value.
pub(super) fn any_or_list(reader: &mut Reader<'_>, name: &str) -> Reading<Option<Vec<Wanted>>> {
    if reader.eat_word("*") {
        return Ok(None);
    }
    list(reader, name).map(Some)
}

/// Reads values of which any may be.
pub(super) fn list(reader: &mut Reader<'_>, name: &str) -> Reading<Vec<Wanted>> {
    Ok(written(reader, name)?.into_iter().map(Wanted::from).collect())
}

impl From<WrittenValue> for Wanted {
    fn from(written: WrittenValue) -> Self {
        if written.open { Self::Beginning(written.text) } else { Self::Exactly(written.text) }
    }
}

fn state(written: &WrittenValue) -> Reading<()> {
    let words: Vec<&str> = STATUSES.iter().map(|(word, _)| *word).collect();
    if !written.open && words.contains(&written.text.as_str()) {
        return Ok(());
    }
    Err(Mistake::at(written.at, format!("one of {}", words.join(", "))))
}

fn written(reader: &mut Reader<'_>, name: &str) -> Reading<Vec<WrittenValue>> {
    let mut values = Vec::new();
    loop {
        if values.len() == MAX_FILTER_VALUES {
            let expected = format!("no more: a term has at most {MAX_FILTER_VALUES} values");
            return Err(Mistake::at(reader.at(), expected));
        }
        let after = if values.is_empty() { format!("`{name}:`") } else { "the comma".to_owned() };
        values.push(one(reader, &after)?);
        if !reader.eat(',') {
            break;
        }
    }
    if reader.is_word_end() { Ok(values) } else { Err(Mistake::at(reader.at(), "a space or a comma")) }
}

fn one(reader: &mut Reader<'_>, after: &str) -> Reading<WrittenValue> {
    let at = reader.at();
    if let Some(text) = reader.quoted()? {
        let open = reader.eat('*');
        let empty = || Mistake::at(at, "a value that is not empty; -has:field finds where there is none");
        return if text.is_empty() { Err(empty()) } else { Ok(WrittenValue { at, text, open }) };
    }
    let in_group = reader.depth() > 0;
    let bare = reader.take(|letter| !letter.is_whitespace() && letter != ',' && !(in_group && letter == ')'));
    if bare.is_empty() {
        return Err(Mistake::at(at, format!("a value right after {after}; one with spaces goes in quotes")));
    }
    let stem = bare.strip_suffix('*').unwrap_or(bare);
    if let Some(star) = stem.find('*') {
        return Err(Mistake::at(
            at + star,
            "a star only at the end of a value; a star itself goes in quotes",
        ));
    }
    if stem.is_empty() {
        return Err(Mistake::at(at, "a beginning before the star"));
    }
    Ok(WrittenValue { at, text: stem.to_owned(), open: stem.len() < bare.len() })
}
