//! Integrity check: damage, and sums that differ from their rows.

use std::collections::{BTreeSet, HashMap};

use quipu_core::{Result, Timestamp};
use rusqlite::Connection;

use crate::codec::{
    CallRow, Dictionary, Figures, MARK_COUNTS, MARK_TOOL, MARK_USAGE, Picks, decode_event, decode_span,
};
use crate::fault::{self, Fault};
use crate::folder::{Day, Part};
use crate::listed;
use crate::readers::DayReader;
use crate::schema::{INTEGRITY, QUICK, structure};
use crate::shared::Shared;
use crate::strays::{split, strays};

/// Maximum number of listed findings of one kind; the rest is only counted.
const MOST_TOLD: usize = 5;

/// Findings in the files of a day.
#[derive(Debug, Default)]
pub(crate) struct DayFindings {
    /// Findings in its records and sums.
    pub(crate) data: Vec<String>,
    /// Findings in its full text index.
    pub(crate) text: Vec<String>,
}

/// One sentence per finding; `deep` reads every record too.
pub(crate) fn findings(shared: &Shared, deep: bool) -> Result<Vec<String>> {
    shared.sound_days()?;
    let aside = shared.folder.damaged();
    let mut findings: Vec<String> =
        aside.iter().map(|path| format!("{} was damaged and is set aside.", path.display())).collect();
    findings.extend(catalog(shared, deep).into_iter().map(|what| format!("Catalog: {what}.")));
    for day in shared.days.newest_first().into_iter().rev() {
        let found = self::day(shared, day, deep)?;
        findings.extend(found.data.into_iter().map(|what| format!("Day {day}: {what}.")));
        findings.extend(found.text.into_iter().map(|what| format!("Full text of day {day}: {what}.")));
    }
    Ok(findings)
}

/// Checks every page and dictionary of the catalog. `deep` also compares indices with their tables, and with
/// the days.
pub(crate) fn catalog(shared: &Shared, deep: bool) -> Vec<String> {
    // A separate connection, because cached pages may differ from those on the disk.
    let looked = crate::catalog::open_to_read(&shared.folder).and_then(|conn| {
        let mut found: Vec<String> =
            structure(&conn, if deep { INTEGRITY } else { QUICK })?.into_iter().collect();
        found.extend(dictionaries(&conn)?);
        found.extend(wrong_rows(&conn)?);
        found.extend(lost_days(&conn)?);
        Ok((conn, found))
    });
    let (conn, mut found) = match looked {
        Ok(looked) => looked,
        Err(fault) => return vec![fault.at("check", &shared.folder.catalog()).to_string()],
    };
    if deep {
        match split(shared) {
            Ok(split) if split.is_empty() => {}
            Ok(split) => found.push(format!("{} traces have spans in several day files", split.len())),
            Err(error) => found.push(error.to_string()),
        }
        let unknown: u64 =
            shared.days.sound().into_iter().map(|day| unknown_strays(shared, &conn, day)).sum();
        if unknown > 0 {
            found.push(format!("it lacks the day of {unknown} traces with spans of several days"));
        }
    }
    found
}

/// Rows of the catalog that this program cannot have written.
fn wrong_rows(conn: &Connection) -> fault::Result<Vec<String>> {
    let counts = [
        ("strays without a trace or day", "strays", "length(trace) != 16 OR typeof(day) != 'integer'"),
        (
            "homes of meetings without a day",
            "stray_meetings",
            "typeof(meeting) != 'integer' OR typeof(day) != 'integer'",
        ),
        ("holds without a trace", "holds", "length(trace) != 16 OR typeof(since) != 'integer'"),
        ("days without a date", "days", "typeof(day) != 'integer'"),
    ];
    let mut found = Vec::new();
    for (what, table, wrong) in counts {
        let count: u64 =
            conn.query_row(&format!("SELECT count(*) FROM {table} WHERE {wrong}"), [], |row| row.get(0))?;
        if count > 0 {
            found.push(format!("it has {count} {what}"));
        }
    }
    let epoch =
        conn.prepare("SELECT 1 FROM meta WHERE key = 'epoch' AND typeof(value) = 'integer'")?.exists([])?;
    found.extend((!epoch).then(|| "the count of openings of the store is missing".to_owned()));
    Ok(found)
}

/// Days that lost their files and were created again since.
fn lost_days(conn: &Connection) -> fault::Result<Vec<String>> {
    let lost = listed::all(conn)?.into_iter().filter_map(|(day, lost)| Some((day, lost?)));
    let text = |(day, at): (Day, i64)| {
        let at = Timestamp::from_nanos(at.saturating_mul(Timestamp::SECOND));
        format!(
            "the file of day {day} was found missing at {at}; its records are lost unless a backup has them"
        )
    };
    Ok(lost.map(text).collect())
}

/// Damaged dictionaries.
pub(crate) fn dictionaries(conn: &Connection) -> fault::Result<Vec<String>> {
    let mut look = conn.prepare("SELECT id, bytes FROM dicts")?;
    let mut rows = look.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (id, bytes): (u32, Vec<u8>) = (row.get(0)?, row.get(1)?);
        if Dictionary::read(bytes).map_or(true, |read| read.id != id) {
            found.push(format!("dictionary {id} cannot be read"));
        }
    }
    Ok(found)
}

/// Traces of a day with spans of other days that the catalog does not list. Read errors are reported with the
/// day.
fn unknown_strays(shared: &Shared, catalog: &Connection, day: Day) -> u64 {
    let strays = shared.ask(day, |reader| strays(reader.conn, day));
    let traces: BTreeSet<Vec<u8>> =
        strays.ok().flatten().unwrap_or_default().into_iter().map(|stray| stray.0).collect();
    let known = |trace: &Vec<u8>| {
        let look = catalog.prepare_cached("SELECT 1 FROM strays WHERE trace = ?1");
        look.and_then(|mut look| look.exists([trace])).unwrap_or(false)
    };
    // A trace removed since the day was read is no longer listed, and is in no day.
    let there = |trace: &Vec<u8>| {
        let found = shared.ask(day, |reader| {
            Ok(reader.conn.prepare_cached("SELECT 1 FROM traces WHERE trace = ?1")?.exists([trace])?)
        });
        matches!(found, Ok(Some(true)))
    };
    traces.iter().filter(|trace| !known(trace) && there(trace)).count() as u64
}

/// Checks one day. A removed day has no findings.
pub(crate) fn day(shared: &Shared, day: Day, deep: bool) -> Result<DayFindings> {
    let mut found = DayFindings::default();
    let Some(state) = shared.days.get(day) else { return Ok(found) };
    if state.damage().is_none() {
        let looked = shared.ask(day, |reader| {
            let mut found = check_day(reader)?;
            if deep {
                found.extend(check_records(reader)?);
            }
            Ok(found)
        });
        match looked {
            Ok(looked) => found.data.extend(looked.unwrap_or_default()),
            Err(error) => found.data.push(error.to_string()),
        }
    }
    // The check itself may have found the damage.
    found.data.extend(state.damage().map(|why| format!("it is damaged: {why}")));
    if shared.folder.file(Part::Text, day).exists() {
        // A connection from before may have cached outdated segments of the index.
        shared.readers.forget(day, Some(Part::Text));
        let pragma = if deep { INTEGRITY } else { QUICK };
        let looked =
            shared.readers.with(Part::Text, day, |conn| Ok((structure(conn, pragma)?, indexed(conn)?)));
        match looked {
            Ok((what, indexed)) => {
                found.text.extend(what);
                found.data.extend(unindexed(shared, day, indexed)?);
            }
            Err(Fault::Unborn) => {}
            Err(fault) => {
                found.text.push(fault.at("check", &shared.folder.file(Part::Text, day)).to_string());
            }
        }
    }
    Ok(found)
}

/// The last indexed span of a full text index, and its number of spans.
fn indexed(text: &Connection) -> fault::Result<(i64, i64)> {
    Ok(text.query_row("SELECT upto, (SELECT COUNT(*) FROM words_docsize) FROM state", [], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?)
}

/// Spans that the index skipped because their bodies are unreadable. The spans are counted after the index
/// was read. No span number is used twice, so concurrent writes and removals are not counted.
fn unindexed(shared: &Shared, day: Day, (upto, indexed): (i64, i64)) -> Result<Option<String>> {
    let there = shared.ask(day, |reader| {
        let count = "SELECT COUNT(*) FROM spans WHERE pk <= ?1";
        Ok(reader.conn.query_row(count, [upto], |row| row.get::<_, i64>(0))?)
    })?;
    let missing = there.map_or(0, |there| there - indexed);
    Ok((missing > 0).then(|| format!("full text lacks {missing} spans whose bodies cannot be read")))
}

/// Whether the bodies of all spans and events are readable.
fn check_records(reader: &DayReader<'_>) -> fault::Result<Vec<String>> {
    let mut findings: Vec<String> = structure(reader.conn, INTEGRITY)?.into_iter().collect();
    let bodies = unreadable(reader, "bodies", |bytes| decode_span(bytes).map(drop))?;
    let events = unreadable(reader, "event_bodies", |bytes| decode_event(bytes).map(drop))?;
    for (count, what) in [(bodies, "spans"), (events, "events")] {
        if count > 0 {
            findings.push(format!("the bodies of {count} {what} cannot be read"));
        }
    }
    Ok(findings)
}

fn unreadable(
    reader: &DayReader<'_>,
    table: &str,
    decode: impl Fn(&[u8]) -> fault::Result<()>,
) -> fault::Result<u64> {
    let mut look = reader.conn.prepare(&format!("SELECT z FROM {table}"))?;
    let mut rows = look.query([])?;
    let mut count = 0;
    while let Some(row) = rows.next()? {
        let z = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
        count += u64::from(reader.unpack(z).and_then(|bytes| decode(&bytes)).is_err());
    }
    Ok(count)
}

#[derive(Default)]
struct Sums {
    figures: Figures,
    tools: i64,
    /// Numbers of counted spans, of failed ones among them, of spans made from another signal, and of failed
    /// spans with a failed descendant.
    spans: [i64; 4],
}

fn check_day(reader: &DayReader<'_>) -> fault::Result<Vec<String>> {
    let conn = reader.conn;
    let mut findings: Vec<String> = structure(conn, QUICK)?.into_iter().collect();
    let mut sums: HashMap<i64, Sums> = HashMap::new();
    let mut all = Figures::default();
    let mut runs = Figures::default();
    let mut look = conn.prepare(&format!("SELECT tr, {} FROM calls", CallRow::COLUMNS))?;
    let mut rows = look.query([])?;
    while let Some(row) = rows.next()? {
        let call = CallRow::of_row(row, 1)?;
        runs.add(&Figures::of_inferred(i64::try_from(call.inferred()?.len()).unwrap_or(i64::MAX)), 1);
        if call.marks & MARK_COUNTS == 0 {
            continue;
        }
        let cost = call.bare_cost()?;
        let sum = sums.entry(row.get(0)?).or_default();
        if call.marks & MARK_USAGE != 0 {
            let figures = Figures::of_usage(&cost);
            all.add(&figures, 1);
            sum.figures.add(&figures.without_latency(), 1);
        }
        if call.marks & MARK_TOOL != 0 {
            sum.tools += 1;
            if call.tool.is_some() {
                runs.add(&Figures::of_tool(&cost), 1);
            }
        }
    }
    let mut look = conn.prepare(&format!(
        "SELECT tr, SUM(shown), SUM(shown AND status = 2), SUM(made), SUM(shown AND status = 2 AND below) \
         FROM (SELECT s.tr, s.status, s.below, s.signal != 0 AS made, \
         s.signal = 0 OR (s.signal < 8 AND COALESCE(c.marks & {MARK_COUNTS} != 0, 0)) AS shown \
         FROM spans s LEFT JOIN calls c ON c.pk = s.pk) GROUP BY tr"
    ))?;
    let mut rows = look.query([])?;
    while let Some(row) = rows.next()? {
        sums.entry(row.get(0)?).or_default().spans = [row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?];
    }
    findings.extend(wrong_traces(conn, sums)?);
    for (table, want) in [("by_model", &all), ("by_agent", &all), ("by_source", &all), ("by_tool", &runs)] {
        if rollup(conn, table)? != *want {
            findings.push(format!("the hourly totals in {table} differ from the ledger"));
        }
    }
    findings.extend(missing(conn)?);
    Ok(findings)
}

fn wrong_traces(conn: &Connection, mut sums: HashMap<i64, Sums>) -> fault::Result<Vec<String>> {
    let mut findings = Vec::new();
    let mut wrong = 0;
    let mut look =
        conn.prepare("SELECT pk, lower(hex(trace)), spans, errors + echoes, made, tools, figures, picks, echoes FROM traces")?;
    let mut rows = look.query([])?;
    while let Some(row) = rows.next()? {
        let want = sums.remove(&row.get(0)?).unwrap_or_default();
        let spans: [i64; 4] = [row.get(2)?, row.get(3)?, row.get(4)?, row.get(8)?];
        let tools: i64 = row.get(5)?;
        let figures = Figures::unpack(&row.get::<_, Vec<u8>>(6)?)?;
        let picks: Picks = postcard::from_bytes(&row.get::<_, Vec<u8>>(7)?)?;
        if (spans, tools, &figures) != (want.spans, want.tools, &want.figures)
            || [picks.spans, picks.errors] != spans[..2]
        {
            wrong += 1;
            if wrong <= MOST_TOLD {
                findings
                    .push(format!("the totals of trace {} differ from its rows", row.get::<_, String>(1)?));
            }
        }
    }
    if wrong > MOST_TOLD {
        findings.push(format!("the same applies to {} more traces", wrong - MOST_TOLD));
    }
    if !sums.is_empty() {
        findings.push(format!("{} traces have rows but no summary", sums.len()));
    }
    Ok(findings)
}

fn rollup(conn: &Connection, table: &str) -> fault::Result<Figures> {
    let mut sum = Figures::default();
    let mut look = conn.prepare(&format!("SELECT figures FROM {table}"))?;
    let mut rows = look.query([])?;
    while let Some(row) = rows.next()? {
        sum.add(&Figures::unpack(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)?, 1);
    }
    Ok(sum)
}

fn missing(conn: &Connection) -> fault::Result<Vec<String>> {
    let counts = [
        (
            "spans without a correct mark for a failed descendant",
            "WITH RECURSIVE up(tr, id) AS (\
             SELECT tr, parent FROM spans WHERE status = 2 AND signal = 0 AND parent IS NOT NULL AND parent != id \
             UNION SELECT s.tr, s.parent FROM up JOIN spans s ON s.tr = up.tr AND s.id = up.id \
             WHERE s.parent IS NOT NULL AND s.parent != s.id) \
             SELECT COUNT(*) FROM spans WHERE below != ((tr, id) IN (SELECT tr, id FROM up))",
        ),
        (
            "spans without a body",
            "SELECT COUNT(*) FROM spans s LEFT JOIN bodies b ON b.pk = s.pk WHERE b.pk IS NULL",
        ),
        (
            "ledger rows without a span",
            "SELECT COUNT(*) FROM calls c LEFT JOIN spans s ON s.pk = c.pk WHERE s.pk IS NULL",
        ),
        (
            "spans whose meeting lacks their trace",
            "SELECT COUNT(*) FROM spans s WHERE s.meeting IS NOT NULL \
             AND NOT EXISTS (SELECT 1 FROM meetings WHERE meeting = s.meeting AND tr = s.tr) \
             AND NOT EXISTS (SELECT 1 FROM latest_meetings WHERE meeting = s.meeting AND tr = s.tr)",
        ),
        (
            "traces that are wrongly hidden or wrongly visible",
            "SELECT COUNT(*) FROM traces t LEFT JOIN hidden h ON h.tr = t.pk WHERE (t.spans = 0) != (h.tr IS NOT NULL)",
        ),
        (
            "traces whose project, revision or branch is not the first of their spans",
            "SELECT COUNT(*) FROM traces t JOIN (SELECT n.tr, d.kind, MIN(d.text) AS text FROM dims d \
             JOIN trace_dims n ON n.dim = d.id WHERE d.kind BETWEEN 18 AND 20 GROUP BY n.tr, d.kind) first ON first.tr = t.pk \
             LEFT JOIN dims c ON c.id = CASE first.kind WHEN 18 THEN t.project WHEN 19 THEN t.revision ELSE t.branch END \
             WHERE c.text IS NOT first.text",
        ),
        (
            "events without a body",
            "SELECT COUNT(*) FROM events e LEFT JOIN event_bodies b ON b.pk = e.pk WHERE b.pk IS NULL",
        ),
    ];
    let mut findings = Vec::new();
    for (what, sql) in counts {
        let count: i64 = conn.query_row(sql, [], |row| row.get(0))?;
        if count > 0 {
            findings.push(format!("{count} {what}"));
        }
    }
    Ok(findings)
}
