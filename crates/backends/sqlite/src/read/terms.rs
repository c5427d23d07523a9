//! Terms of a filter as SQL for one day. Names become that day's numbers, so a name that the day lacks costs
//! nothing, and no text is bound.

use quipu_core::{
    AnswerMemory, Criterion, FacetField, FigureRange, Pattern, Resource, Term, TraceFigure, TraceStatus,
    Wanted, has_attribute,
};
use rusqlite::Connection;

use crate::codec::{DimKind, find, trace_status_number};
use crate::fault::Result;
use crate::read::filter::{Condition, Driver, few_beside};
use crate::read::hits::{Hits, hits};
use crate::readers::DayReader;
use crate::shared::Shared;

/// Maximum number of inline values; more go into a temporary table.
const MOST_INLINE: usize = 100;

/// Memory of the number of a name and of its row in a temporary table, and how many are reserved at a time.
const NUMBER: usize = 32;
const NUMBERS_A_STEP: usize = 1_024;

/// Number of characters by which errors are compared.
const ERROR_CHARS: usize = 200;

/// All statuses of traces.
pub(crate) const STATUSES: [TraceStatus; 4] =
    [TraceStatus::Unset, TraceStatus::Ok, TraceStatus::Error, TraceStatus::Running];

/// Storage of a field in the traces of a day.
#[derive(Debug, Clone, Copy)]
pub(crate) enum FieldStorage {
    /// In a column with a single name.
    Column(&'static str, DimKind),
    /// As any number of names.
    Names(DimKind),
    /// As a status.
    Status,
}

/// The storage of a field of a trace `t`.
pub(crate) const fn said(field: FacetField) -> FieldStorage {
    match field {
        FacetField::Service => FieldStorage::Column("t.service", DimKind::Service),
        FacetField::Framework | FacetField::TraceFramework => {
            FieldStorage::Column("t.framework", DimKind::Framework)
        }
        FacetField::Session => FieldStorage::Column("t.session", DimKind::Session),
        FacetField::User => FieldStorage::Column("t.user", DimKind::User),
        FacetField::Project => FieldStorage::Column("t.project", DimKind::Project),
        FacetField::Commit => FieldStorage::Column("t.revision", DimKind::Revision),
        FacetField::Branch => FieldStorage::Column("t.branch", DimKind::Branch),
        FacetField::Convention => FieldStorage::Column("t.convention", DimKind::Convention),
        FacetField::Agent => FieldStorage::Names(DimKind::Agent),
        FacetField::Model => FieldStorage::Names(DimKind::Model),
        FacetField::Tool => FieldStorage::Names(DimKind::Tool),
        FacetField::Tag => FieldStorage::Names(DimKind::Tag),
        FacetField::Error => FieldStorage::Names(DimKind::ErrorClass),
        FacetField::Environment => FieldStorage::Names(DimKind::Environment),
        FacetField::Version => FieldStorage::Names(DimKind::Version),
        FacetField::Status => FieldStorage::Status,
    }
}

/// A condition on traces `t`, with a possible driver.
struct Met {
    sql: String,
    driver: Option<Driver>,
}

impl Met {
    const fn by(sql: String) -> Self {
        Self { sql, driver: None }
    }
}

/// Adds the terms to a condition on traces; `false` if nothing here can match.
pub(crate) fn add_terms(
    shared: &Shared,
    reader: &DayReader<'_>,
    (terms, few): (&[Term], usize),
    all: &mut Condition,
    drivers: &mut Vec<Driver>,
) -> Result<bool> {
    for (slot, term) in terms.iter().enumerate() {
        let few = few_beside(drivers, few);
        let reads_spans = term.criterion.reads_spans();
        match (criterion(shared, reader, (&slot.to_string(), few), &term.criterion)?, term.not) {
            (None, false) => return Ok(false),
            (None, true) => {}
            (Some(met), false) => {
                all.sql.push_str(" AND ");
                all.sql.push_str(&met.sql);
                all.tested |= reads_spans && met.driver.is_none();
                drivers.extend(met.driver);
            }
            (Some(met), true) => {
                all.sql.push_str(&format!(" AND ({}) IS NOT TRUE", met.sql));
                all.tested |= reads_spans && met.driver.is_none();
            }
        }
    }
    Ok(true)
}

/// The condition of a criterion; `None` if nothing of the day matches.
fn criterion(
    shared: &Shared,
    reader: &DayReader<'_>,
    (slot, few): (&str, usize),
    criterion: &Criterion,
) -> Result<Option<Met>> {
    let conn = reader.conn;
    match criterion {
        Criterion::Named(field, wanted) => named(conn, slot, *field, wanted),
        Criterion::Has(field) => Ok(Some(Met::by(match said(*field) {
            FieldStorage::Column(column, _) => format!("{column} IS NOT NULL"),
            FieldStorage::Names(kind) => format!(
                "EXISTS (SELECT 1 FROM trace_dims d JOIN dims x ON x.id = d.dim WHERE d.tr = t.pk AND x.kind = {})",
                kind as i64
            ),
            FieldStorage::Status => "1".into(),
        }))),
        Criterion::Title(wanted) => {
            let list = List::of(conn, &format!("wanted{slot}"), numbers(conn, DimKind::SpanName, wanted)?)?;
            Ok(list.map(|list| Met::by(format!("t.name IN {}", list.sql))))
        }
        Criterion::ErrorMessage(wanted) => errors(conn, wanted).map(Some),
        Criterion::Figure(figure, range) => Ok(Some(Met::by(figure_sql(*figure, *range)))),
        Criterion::Words(words) => Ok(match hits(shared, reader, &format!("hits{slot}"), words, few)? {
            Hits::All => Some(Met::by("1".into())),
            Hits::None => None,
            Hits::Traces(sql, driver) => Some(Met { sql, driver }),
        }),
        Criterion::Attribute(name, wanted) => attribute(reader, name, wanted.as_deref()).map(Some),
        Criterion::Any(terms) => any(shared, reader, (slot, few), terms),
    }
}

/// The condition that one of the alternatives matches.
fn any(
    shared: &Shared,
    reader: &DayReader<'_>,
    (slot, few): (&str, usize),
    terms: &[Term],
) -> Result<Option<Met>> {
    let mut any = Vec::new();
    for (at, term) in terms.iter().enumerate() {
        match (criterion(shared, reader, (&format!("{slot}_{at}"), few), &term.criterion)?, term.not) {
            (None, false) => {}
            (None, true) => any.push("1".to_owned()),
            (Some(met), false) => any.push(met.sql),
            (Some(met), true) => any.push(format!("({}) IS NOT TRUE", met.sql)),
        }
    }
    Ok((!any.is_empty()).then(|| Met::by(format!("({})", any.join(" OR ")))))
}

/// The condition of an attribute of a span or its resource. Resources are few and read at once. The bodies of
/// spans are read while traces are tested.
fn attribute(reader: &DayReader<'_>, name: &str, wanted: Option<&[Wanted]>) -> Result<Met> {
    let origins = origins_with(reader.conn, |resource| has_attribute(&resource.attributes, name, wanted))?;
    let origins: Vec<String> = origins.iter().map(i64::to_string).collect();
    let number = reader.attributes(name, wanted)?;
    // An expression that cannot become a join, because SQLite would start with the spans.
    Ok(Met::by(format!(
        "(SELECT 1 FROM spans w WHERE w.tr = t.pk AND (w.origin IN ({}) \
         OR has_attribute({number}, (SELECT z FROM bodies b WHERE b.pk = w.pk))) LIMIT 1) IS NOT NULL",
        origins.join(", ")
    )))
}

/// The numbers of the origins whose resource fits. An undecodable resource fits nothing.
fn origins_with(conn: &Connection, fits: impl Fn(&Resource) -> bool) -> Result<Vec<i64>> {
    let mut look =
        conn.prepare_cached("SELECT o.id, s.bytes FROM origins o JOIN sources s ON s.id = o.resource")?;
    let mut rows = look.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let bytes = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
        if postcard::from_bytes::<(u8, Resource)>(bytes).is_ok_and(|(_, resource)| fits(&resource)) {
            found.push(row.get(0)?);
        }
    }
    Ok(found)
}

fn named(conn: &Connection, slot: &str, field: FacetField, wanted: &[Wanted]) -> Result<Option<Met>> {
    let (column, kind) = match said(field) {
        FieldStorage::Status => return states(conn, wanted),
        FieldStorage::Column(column, kind) => (Some(column), kind),
        FieldStorage::Names(kind) => (None, kind),
    };
    let table = format!("wanted{slot}");
    let Some(List { sql: list, is_short }) = List::of(conn, &table, numbers(conn, kind, wanted)?)? else {
        return Ok(None);
    };
    let sql = match column {
        // The plus prevents SQLite from using the name's index if a time or a rarer name is faster.
        Some(column) if matches!(field, FacetField::Session | FacetField::User) => {
            format!("+{column} IN {list}")
        }
        Some(column) => format!("{column} IN {list}"),
        None => format!("EXISTS (SELECT 1 FROM trace_dims d WHERE d.tr = t.pk AND d.dim IN {list})"),
    };
    let driver = if is_short { driver(conn, field, &list)? } else { None };
    Ok(Some(Met { sql, driver }))
}

/// The driver to the traces with one of these names, if there is one.
fn driver(conn: &Connection, field: FacetField, list: &str) -> Result<Option<Driver>> {
    let driver = match field {
        FacetField::Service => Driver::of_services(conn, list, None)?,
        FacetField::Session => {
            Driver::found_by(conn, &format!("SELECT pk AS tr FROM traces WHERE session IN {list}"))?
        }
        FacetField::User => {
            Driver::found_by(conn, &format!("SELECT pk AS tr FROM traces WHERE user IN {list}"))?
        }
        // Framework and convention are those of most traces, or of none. Statuses have their own driver.
        FacetField::Framework | FacetField::TraceFramework | FacetField::Convention | FacetField::Status => {
            return Ok(None);
        }
        _ => Driver::of_names(conn, list)?,
    };
    Ok(Some(driver))
}

/// The condition of statuses by name.
fn states(conn: &Connection, wanted: &[Wanted]) -> Result<Option<Met>> {
    let fits = |status: &TraceStatus| wanted.iter().any(|wanted| wanted.fits(status.as_str()));
    let numbers: Vec<String> =
        STATUSES.into_iter().filter(fits).map(|status| trace_status_number(status).to_string()).collect();
    if numbers.is_empty() {
        return Ok(None);
    }
    let numbers = numbers.join(", ");
    // The plus prevents SQLite from using the status index instead of the time index if there are many rows.
    let sql = format!("+t.status IN ({numbers})");
    Ok(Some(Met { sql, driver: Some(Driver::of_states(conn, &numbers)?) }))
}

/// The condition of traces with spans that failed with these errors, by the names of groups by error.
fn errors(conn: &Connection, wanted: &[Wanted]) -> Result<Met> {
    let fits: Vec<String> = wanted
        .iter()
        .map(|wanted| match wanted {
            // SQLite's `substr` ends at a NUL, so the whole text is compared as well.
            Wanted::Exactly(text) => {
                let text = literal(text);
                format!("(f.error = {text} OR substr(f.error, 1, {ERROR_CHARS}) = {text})")
            }
            Wanted::Beginning(text) => {
                let length = text.chars().count().min(ERROR_CHARS);
                format!("substr(f.error, 1, {length}) = {}", literal(text))
            }
            // The language has no pattern here.
            Wanted::Matching(_) => "0".to_owned(),
        })
        .collect();
    let failed = format!("f.status = 2 AND ({})", fits.join(" OR "));
    let found = format!("SELECT DISTINCT f.tr AS tr FROM spans f INDEXED BY spans_failed WHERE {failed}");
    Ok(Met {
        sql: format!("EXISTS (SELECT 1 FROM spans f WHERE f.tr = t.pk AND {failed})"),
        driver: Some(Driver::found_by(conn, &found)?),
    })
}

/// A text as an SQL literal, safe for any content.
fn literal(text: &str) -> String {
    let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("CAST(X'{hex}' AS TEXT)")
}

fn figure_sql(figure: TraceFigure, range: FigureRange) -> String {
    let column = match figure {
        TraceFigure::Duration => "t.dur",
        TraceFigure::Cost => "t.cost_nanos",
        TraceFigure::Tokens => "t.tokens",
        TraceFigure::Spans => "t.spans",
        TraceFigure::LlmCalls => "llm_calls(t.figures)",
        TraceFigure::ToolCalls => "t.tools",
        TraceFigure::Errors => "t.errors",
    };
    let (least, most) = (range.least.unwrap_or(i64::MIN), range.most.unwrap_or(i64::MAX));
    format!("{column} BETWEEN {least} AND {most}")
}

/// Numbers as an SQL list.
pub(super) struct List {
    pub(super) sql: String,
    is_short: bool,
}

impl List {
    /// `None` without numbers. Many numbers are put into this temporary table.
    pub(super) fn of(conn: &Connection, table: &str, numbers: Vec<i64>) -> Result<Option<Self>> {
        if numbers.is_empty() {
            return Ok(None);
        }
        if numbers.len() <= MOST_INLINE {
            let list: Vec<String> = numbers.iter().map(i64::to_string).collect();
            return Ok(Some(Self { sql: format!("({})", list.join(", ")), is_short: true }));
        }
        conn.execute_batch(&format!(
            "DROP TABLE IF EXISTS temp.{table}; CREATE TEMP TABLE {table}(id INTEGER PRIMARY KEY)"
        ))?;
        let mut keep = conn.prepare(&format!("INSERT OR IGNORE INTO temp.{table} VALUES (?1)"))?;
        for number in numbers {
            keep.execute([number])?;
        }
        Ok(Some(Self { sql: format!("(SELECT id FROM temp.{table})"), is_short: false }))
    }
}

/// The day's numbers of the requested names.
pub(super) fn numbers(conn: &Connection, kind: DimKind, wanted: &[Wanted]) -> Result<Vec<i64>> {
    let mut numbers = Vec::new();
    for wanted in wanted {
        match wanted {
            Wanted::Exactly(text) => numbers.extend(find(conn, kind, text)?),
            Wanted::Beginning(text) => numbers.extend(that_begin(conn, kind, text)?),
            Wanted::Matching(pattern) => numbers.extend(that_match(conn, kind, pattern)?),
        }
    }
    Ok(numbers)
}

/// The day's numbers of names with this prefix. Texts are sorted by their bytes, so those names are adjacent.
fn that_begin(conn: &Connection, kind: DimKind, text: &str) -> Result<Vec<i64>> {
    let mut look = conn
        .prepare_cached("SELECT id FROM dims WHERE kind = ?1 AND text >= ?2 AND (?3 IS NULL OR text < ?3)")?;
    let mut rows = look.query((kind as i64, text, behind(text)))?;
    let (mut found, mut hold) = (Vec::new(), AnswerMemory::current().hold(0)?);
    while let Some(row) = rows.next()? {
        if found.len().is_multiple_of(NUMBERS_A_STEP) {
            hold.grow(NUMBERS_A_STEP * NUMBER)?;
        }
        found.push(row.get(0)?);
    }
    Ok(found)
}

/// The day's numbers of names in which a pattern is found. Each name of the day is read once.
fn that_match(conn: &Connection, kind: DimKind, pattern: &Pattern) -> Result<Vec<i64>> {
    let mut look = conn.prepare_cached("SELECT id, text FROM dims WHERE kind = ?1")?;
    let mut rows = look.query([kind as i64])?;
    let (mut found, mut hold) = (Vec::new(), AnswerMemory::current().hold(0)?);
    while let Some(row) = rows.next()? {
        let text = row.get_ref(1)?.as_str().unwrap_or_default();
        if !pattern.fits(text) {
            continue;
        }
        if found.len().is_multiple_of(NUMBERS_A_STEP) {
            hold.grow(NUMBERS_A_STEP * NUMBER)?;
        }
        found.push(row.get(0)?);
    }
    Ok(found)
}

/// The first text after all texts with this prefix; `None` if there is none.
fn behind(text: &str) -> Option<String> {
    let mut chars: Vec<char> = text.chars().collect();
    while let Some(last) = chars.pop() {
        // The code points in between are surrogates and no characters.
        let next = if last == '\u{d7ff}' { Some('\u{e000}') } else { char::from_u32(last as u32 + 1) };
        if let Some(next) = next {
            chars.push(next);
            return Some(chars.into_iter().collect());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_so_ends_before_the_next_text() {
        for (text, next) in
            [("gpt", Some("gpu")), ("a\u{10ffff}", Some("b")), ("\u{d7ff}", Some("\u{e000}")), ("", None)]
        {
            assert_eq!(behind(text).as_deref(), next);
        }
        assert_eq!(behind("\u{10ffff}\u{10ffff}"), None);
    }
}
