//! Random statements give the rows of a plain SQLite database with the same records.

use std::collections::BTreeMap;

use quipu_sql::{SqlSession, add_functions, declarations, schema};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, params_from_iter};
use serde_json::Value as Json;

use crate::world::{NOW, World, ask};

/// Statements of one run. `QUIPU_SQL_QUERIES` sets another number.
const QUERIES: usize = 1_000;

/// Tables with the column by which they are joined.
const TABLES: [&str; 6] = ["traces", "spans", "calls", "tools", "events", "sessions"];

/// Columns of a table by type, with some of their values.
pub struct Known {
    columns: Vec<(String, String)>,
    pub values: BTreeMap<String, Vec<Json>>,
}

struct Maker {
    dice: fastrand::Rng,
    known: BTreeMap<&'static str, Known>,
}

pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

impl Maker {
    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.dice.usize(..from.len())]
    }

    fn column(&mut self, table: &'static str, kinds: &[&str]) -> (String, String) {
        let columns = &self.known[table].columns;
        let fits: Vec<_> = columns
            .iter()
            .filter(|(_, kind)| kinds.is_empty() || kinds.contains(&kind.as_str()))
            .cloned()
            .collect();
        let at = self.dice.usize(..fits.len());
        fits[at].clone()
    }

    /// A value near those of the column.
    fn literal(&mut self, table: &'static str, column: &str) -> String {
        let values = &self.known[table].values[column];
        if values.is_empty() {
            return "'x'".into();
        }
        let value = values[self.dice.usize(..values.len())].clone();
        match value {
            Json::Null => "NULL".into(),
            Json::String(text) => match self.dice.u8(..8) {
                0 => quoted(text.get(..self.dice.usize(..=text.len().min(19))).unwrap_or(&text)),
                1 => quoted(&format!("{text}x")),
                2 => quoted(&text.to_uppercase()),
                3 => "7".into(),
                _ => quoted(&text),
            },
            number => number.to_string(),
        }
    }

    fn condition(&mut self, table: &'static str, alias: &str, depth: u8) -> String {
        if depth > 0 && self.dice.u8(..3) == 0 {
            let (one, other) =
                (self.condition(table, alias, depth - 1), self.condition(table, alias, depth - 1));
            return match self.dice.u8(..5) {
                0 => format!("NOT ({one})"),
                1 | 2 => format!("({one} OR {other})"),
                _ => format!("({one} AND {other})"),
            };
        }
        // Columns that are compared in the store are the interesting ones.
        let kinds: &[&str] = if self.dice.u8(..3) == 0 { &[] } else { &["text", "time"] };
        let (column, _) = self.column(table, kinds);
        let (one, other) = (self.literal(table, &column), self.literal(table, &column));
        let name = format!("{alias}.\"{column}\"");
        match self.dice.u8(..14) {
            0 => format!("{name} IS NULL"),
            1 => format!("{name} IS NOT NULL"),
            2 => format!("{name} IN ({one}, {other})"),
            3 => format!("{name} BETWEEN {one} AND {other}"),
            4 => format!("{name} LIKE '%a%'"),
            5 => format!("{name} <> {one}"),
            6 => format!("{name} < {one}"),
            7 => format!("{name} <= {one}"),
            8 => format!("{name} > {one}"),
            9 => format!("{name} >= {one}"),
            10 => format!("{name} = {one} COLLATE NOCASE"),
            11 => format!("{name} IS {one}"),
            12 => format!("{one} >= {name}"),
            _ => format!("{name} = {one}"),
        }
    }

    fn aggregate(&mut self, table: &'static str) -> String {
        let has = |kind: &str| self.known[table].columns.iter().any(|(_, known)| known == kind);
        let (integers, amounts) = (has("integer"), has("usd"));
        match self.dice.u8(..6) {
            0 if integers => format!("sum(a.\"{}\")", self.column(table, &["integer"]).0),
            1 => format!("max(a.\"{}\")", self.column(table, &[]).0),
            2 => format!("min(a.\"{}\")", self.column(table, &[]).0),
            3 => format!("count(DISTINCT a.\"{}\")", self.column(table, &[]).0),
            4 if amounts => {
                format!("usd_sum(a.\"{}\")", self.column(table, &["usd"]).0)
            }
            _ => "count(*)".into(),
        }
    }

    fn statement(&mut self) -> String {
        let table = *self.pick(&TABLES);
        let mut from = format!("{table} a");
        let mut filters = vec![self.condition(table, "a", 2)];
        if self.dice.u8(..4) == 0 {
            let other = *self.pick(&TABLES);
            let key = if table == "sessions" || other == "sessions" { "session" } else { "trace_id" };
            let join = *self.pick(&["JOIN", "LEFT JOIN"]);
            from = format!("{from} {join} {other} b ON a.{key} = b.{key}");
            if join == "JOIN" {
                filters.push(self.condition(other, "b", 1));
            }
        } else if self.dice.u8(..5) == 0 && table != "sessions" {
            let other = *self.pick(&["traces", "spans", "calls"]);
            let inner = self.condition(other, "c", 1);
            filters.push(format!("a.trace_id IN (SELECT c.trace_id FROM {other} c WHERE {inner})"));
        }
        let filters = filters.join(" AND ");
        match self.dice.u8(..3) {
            0 => {
                let (group, _) = self.column(table, &[]);
                let (one, other) = (self.aggregate(table), self.aggregate(table));
                format!(
                    "SELECT a.\"{group}\", {one}, {other} FROM {from} WHERE {filters} GROUP BY a.\"{group}\""
                )
            }
            1 => {
                let (one, other) = (self.aggregate(table), self.aggregate(table));
                format!("SELECT {one}, {other} FROM {from} WHERE {filters}")
            }
            _ => {
                let columns: Vec<String> =
                    (0..3).map(|_| format!("a.\"{}\"", self.column(table, &[]).0)).collect();
                let columns = columns.join(", ");
                let distinct = if self.dice.u8(..3) == 0 { "DISTINCT " } else { "" };
                let limit = match self.dice.u8(..3) {
                    0 => format!(" ORDER BY {columns} LIMIT {}", self.dice.u8(1..40)),
                    1 => format!(" ORDER BY 1 {}", self.pick(&["ASC", "DESC"])),
                    _ => String::new(),
                };
                format!("SELECT {distinct}{columns} FROM {from} WHERE {filters}{limit}")
            }
        }
    }
}

/// A value as text; sums of floats may differ in their last digits.
pub fn shown(value: &Json) -> String {
    match value.as_f64().filter(|_| value.is_f64()) {
        Some(number) => format!("{number:.9e}"),
        None => value.to_string(),
    }
}

pub fn sorted(mut rows: Vec<Vec<String>>) -> Vec<Vec<String>> {
    rows.sort();
    rows
}

fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Number(number) => {
            number.as_i64().map_or_else(|| Value::Real(number.as_f64().unwrap()), Value::Integer)
        }
        Json::String(text) => Value::Text(text.clone()),
        other => panic!("{other}"),
    }
}

/// A plain database with the rows of every table.
pub fn plain(session: &SqlSession) -> (Connection, BTreeMap<&'static str, Known>) {
    let conn = Connection::open_in_memory().unwrap();
    add_functions(&conn, NOW).unwrap();
    let mut known = BTreeMap::new();
    for (declaration, table) in declarations().iter().zip(schema().tables) {
        conn.execute_batch(declaration).unwrap();
        let answer = ask(session, &format!("SELECT * FROM {}", table.name)).unwrap();
        let places = vec!["?"; answer.columns.len()].join(", ");
        let mut insert = conn.prepare(&format!("INSERT INTO {} VALUES ({places})", table.name)).unwrap();
        for row in &answer.rows {
            insert.execute(params_from_iter(row.iter().map(value))).unwrap();
        }
        let Some(name) = TABLES.into_iter().find(|name| *name == table.name) else { continue };
        let columns = table.columns.iter().filter(|column| !column.hidden);
        let columns: Vec<_> = columns.map(|column| (column.name.clone(), column.r#type.clone())).collect();
        let of = |at: usize| answer.rows.iter().map(|row| row[at].clone()).take(200).collect();
        let values = columns.iter().enumerate().map(|(at, (name, _))| (name.clone(), of(at))).collect();
        known.insert(name, Known { columns, values });
    }
    (conn, known)
}

pub fn rows_of(conn: &Connection, query: &str) -> Vec<Vec<String>> {
    let mut statement = conn.prepare(query).unwrap_or_else(|error| panic!("{query}: {error}"));
    let width = statement.column_count();
    let mut found = statement.query([]).unwrap();
    let mut rows = Vec::new();
    while let Some(row) = found.next().unwrap_or_else(|error| panic!("{query}: {error}")) {
        let value = |at: usize| match row.get_ref(at).unwrap() {
            ValueRef::Null => Json::Null,
            ValueRef::Integer(number) => Json::from(number),
            ValueRef::Real(number) => Json::from(number),
            ValueRef::Text(text) => Json::from(String::from_utf8_lossy(text)),
            ValueRef::Blob(_) => panic!("a blob"),
        };
        rows.push((0..width).map(|at| shown(&value(at))).collect());
    }
    rows
}

#[test]
fn random_statements_give_the_rows_of_a_plain_database() {
    let world = World::new(4, 25);
    let session = world.session();
    let (plain, known) = plain(&session);
    let mut maker = Maker { dice: fastrand::Rng::with_seed(20_261_125), known };
    let number =
        std::env::var("QUIPU_SQL_QUERIES").ok().and_then(|text| text.parse().ok()).unwrap_or(QUERIES);
    let mut with_rows = 0;
    for at in 0..number {
        let query = maker.statement();
        let answer = ask(&session, &query).unwrap_or_else(|error| panic!("{at}: {query}: {error}"));
        let found: Vec<Vec<String>> = answer.rows.iter().map(|row| row.iter().map(shown).collect()).collect();
        let want = rows_of(&plain, &query);
        with_rows += usize::from(!want.is_empty());
        if query.contains("ORDER BY 1") {
            let first = |rows: &[Vec<String>]| rows.iter().map(|row| row[0].clone()).collect::<Vec<_>>();
            assert_eq!(first(&found), first(&want), "order of {at}: {query}");
        }
        assert_eq!(sorted(found), sorted(want), "{at}: {query}");
    }
    assert!(with_rows > number / 3, "only {with_rows} of {number} statements have rows");
}
