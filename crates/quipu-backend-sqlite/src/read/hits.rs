//! Which traces have words, by the full text of their day.

use crate::fault::{Fault, Result};
use crate::folder::Part;
use crate::readers::DayReader;
use crate::shared::Shared;

/// What has the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hits {
    /// Everything: there is no word among them.
    All,
    /// Nothing.
    None,
    /// So many traces.
    Traces(i64),
}

/// Puts the traces that have the words into this temporary table.
pub(crate) fn hits(shared: &Shared, reader: &DayReader<'_>, table: &str, words: &str) -> Result<Hits> {
    let Some(expression) = shared.tokenizer.expression(words)? else {
        return Ok(Hits::All);
    };
    if !shared.folder.file(Part::Text, reader.day).exists() {
        return Ok(Hits::None);
    }
    reader.conn.execute_batch(&format!(
        "DROP TABLE IF EXISTS temp.{table}; CREATE TEMP TABLE {table}(tr INTEGER PRIMARY KEY)"
    ))?;
    let insert = format!("INSERT OR IGNORE INTO temp.{table} SELECT tr FROM main.spans WHERE pk = ?1");
    let mut keep = reader.conn.prepare(&insert)?;
    let mut rows = 0;
    let found = shared.readers.with(Part::Text, reader.day, |text| {
        let mut look = text.prepare_cached("SELECT rowid FROM words WHERE words MATCH ?1")?;
        let mut spans = look.query([&expression])?;
        while let Some(span) = spans.next()? {
            rows += i64::try_from(keep.execute([span.get::<_, i64>(0)?])?).unwrap_or(0);
        }
        Ok(())
    });
    if let Err(fault) = found {
        // The indexer builds a damaged index anew; until then its words are not found.
        if !matches!(fault, Fault::Unborn) {
            tracing::warn!(day = %reader.day, kind = ?fault.kind(), "the full text of a day cannot be read");
        }
        return Ok(Hits::None);
    }
    Ok(if rows > 0 { Hits::Traces(rows) } else { Hits::None })
}
