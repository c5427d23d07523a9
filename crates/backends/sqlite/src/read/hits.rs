//! Traces with given words, from the full text of their day.
//!
//! If few spans have the words, their traces are put into a table that a query can start from. If many have
//! them, traces are tested in the order of the query. A page of the latest is then full long before all those
//! spans were read.

use quipu_core::AnswerMemory;

use crate::fault::Result;
use crate::folder::Part;
use crate::read::filter::Driver;
use crate::readers::{DayReader, WordMatches};
use crate::shared::Shared;

/// Memory of a found span and of its row in the table of traces.
const SPAN: usize = 32;

/// Result of a search for words.
pub(crate) enum Hits {
    /// Everything matches, because the filter has no words.
    All,
    /// Nothing matches.
    None,
    /// Traces `t` that meet this condition, with the way to them if they are few.
    Traces(String, Option<Driver>),
}

/// Finds the traces with the words. Traces of up to `few` spans are put into this temporary table.
pub(crate) fn hits(
    shared: &Shared,
    reader: &DayReader<'_>,
    table: &str,
    words: &str,
    few: usize,
) -> Result<Hits> {
    let terms = shared.tokenizer.terms(words)?;
    if terms.is_empty() {
        return Ok(Hits::All);
    }
    if !shared.folder.file(Part::Text, reader.day).exists() {
        return Ok(Hits::None);
    }
    let open = || shared.readers.lend(Part::Text, reader.day);
    Ok(match reader.words.find(open, terms, few) {
        None => Hits::None,
        Some(WordMatches::Few(spans)) => {
            // The spans, and the table of their traces.
            let _hold = AnswerMemory::current().hold(spans.len() * SPAN)?;
            put(reader, table, &spans)?
        }
        // An expression that cannot become a join, because SQLite would start with the spans.
        Some(WordMatches::Many(number)) => Hits::Traces(
            format!(
                "(SELECT 1 FROM spans w WHERE w.tr = t.pk AND has_words({number}, w.pk) LIMIT 1) IS NOT NULL"
            ),
            None,
        ),
    })
}

fn put(reader: &DayReader<'_>, table: &str, spans: &[i64]) -> Result<Hits> {
    reader.conn.execute_batch(&format!(
        "DROP TABLE IF EXISTS temp.{table}; CREATE TEMP TABLE {table}(tr INTEGER PRIMARY KEY)"
    ))?;
    let insert = format!("INSERT OR IGNORE INTO temp.{table} SELECT tr FROM main.spans WHERE pk = ?1");
    let mut keep = reader.conn.prepare(&insert)?;
    let mut rows = 0;
    for span in spans {
        rows += i64::try_from(keep.execute([span])?).unwrap_or(0);
    }
    if rows == 0 {
        return Ok(Hits::None);
    }
    let sql = format!("t.pk IN (SELECT tr FROM temp.{table})");
    Ok(Hits::Traces(sql, Some(Driver::of(&format!("temp.{table}"), rows))))
}
