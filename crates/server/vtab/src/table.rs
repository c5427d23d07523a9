//! The virtual table: the calls of SQLite, passed on to a source.

use std::borrow::Cow;
use std::ffi::{CStr, CString, c_int};
use std::marker::PhantomData;
use std::sync::Arc;

use rusqlite::types::Value;
use rusqlite::vtab::{
    Context, CreateVTab, Filters, IndexConstraintOp, IndexInfo, Module, VTab, VTabConfig, VTabConnection,
    VTabCursor, VTabKind, sqlite3_vtab, sqlite3_vtab_cursor,
};
use rusqlite::{Connection, Error, Result};

use crate::source::{Comparison, Condition, Rows, ScanAsk, Source};

/// Name of the comparison of bytes.
const BINARY: &str = "BINARY";

/// Adds a table to the main database of a connection.
///
/// SQLite finds a table without a `CREATE VIRTUAL TABLE` under every prefix: `x.traces` would be `traces`.
/// This table is a created one, so a name with a prefix other than `main` is an error.
///
/// # Errors
/// SQLite rejects the name, or the connection cannot create tables.
pub fn register(conn: &Connection, name: &str, source: Arc<dyn Source>) -> Result<()> {
    const MODULE: Module<'_, Table<'_>> = Module::read_only_module();
    conn.create_module(name, &MODULE, Some(source))?;
    let name = name.replace('"', "\"\"");
    conn.execute_batch(&format!("CREATE VIRTUAL TABLE main.\"{name}\" USING \"{name}\""))
}

#[repr(C)]
struct Table<'vtab> {
    /// Must be first.
    base: sqlite3_vtab,
    source: Arc<dyn Source>,
    lifetime: PhantomData<&'vtab ()>,
}

#[repr(C)]
struct Cursor<'vtab> {
    /// Must be first.
    base: sqlite3_vtab_cursor,
    source: Arc<dyn Source>,
    rows: Option<Box<dyn Rows>>,
    lifetime: PhantomData<&'vtab ()>,
}

fn failed(text: String) -> Error {
    Error::ModuleError(text)
}

// SAFETY: the struct is `repr(C)` and begins with `sqlite3_vtab`.
unsafe impl<'vtab> VTab<'vtab> for Table<'vtab> {
    type Aux = Arc<dyn Source>;
    type Cursor = Cursor<'vtab>;

    fn connect(
        db: &mut VTabConnection,
        aux: Option<&Self::Aux>,
        _module: &[u8],
        _database: &[u8],
        _table: &[u8],
        _args: &[&[u8]],
    ) -> Result<(Cow<'static, CStr>, Self)> {
        db.config(VTabConfig::Innocuous)?;
        let source = aux.ok_or_else(|| failed("the table has no source".to_owned()))?;
        let declaration = CString::new(source.declaration())?;
        let table = Self { base: sqlite3_vtab::default(), source: Arc::clone(source), lifetime: PhantomData };
        Ok((Cow::Owned(declaration), table))
    }

    fn best_index(&self, info: &mut IndexInfo) -> Result<bool> {
        let (places, conditions) = conditions(info)?;
        let order: Vec<(usize, bool)> = info
            .order_bys()
            .map(|by| (usize::try_from(by.column()).unwrap_or(usize::MAX), by.is_order_by_desc()))
            .collect();
        let Some(plan) = self.source.plan(&conditions, &order) else { return Ok(false) };
        let mut named = Vec::new();
        for (number, used) in (1..).zip(&plan.used) {
            let Some((place, condition)) = places.get(used.at).zip(conditions.get(used.at)) else { continue };
            named.push(format!("{}{}", condition.column, word(condition.comparison)));
            let mut usage = info.constraint_usage(*place);
            usage.set_argv_index(number);
            usage.set_omit(used.exact);
        }
        let ascending = plan.ordered && order.first().is_some_and(|(_, descends)| !descends);
        info.set_idx_str(&format!("{:x} {}", info.col_used(), named.join(",")));
        info.set_idx_num(c_int::from(ascending));
        info.set_order_by_consumed(plan.ordered);
        info.set_estimated_cost(plan.cost);
        info.set_estimated_rows(plan.rows);
        Ok(true)
    }

    fn open(&'vtab mut self) -> Result<Self::Cursor> {
        Ok(Cursor {
            base: sqlite3_vtab_cursor::default(),
            source: Arc::clone(&self.source),
            rows: None,
            lifetime: PhantomData,
        })
    }
}

impl<'vtab> CreateVTab<'vtab> for Table<'vtab> {
    const KIND: VTabKind = VTabKind::Default;
}

/// The conditions that a source understands, with their places in SQLite's list.
fn conditions(info: &IndexInfo) -> Result<(Vec<usize>, Vec<Condition>)> {
    let (mut places, mut conditions) = (Vec::new(), Vec::new());
    for (place, constraint) in info.constraints().enumerate() {
        let comparison = match constraint.operator() {
            IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_EQ => Comparison::Equal,
            IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_LT => Comparison::Less,
            IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_LE => Comparison::AtMost,
            IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_GT => Comparison::Greater,
            IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_GE => Comparison::AtLeast,
            IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_MATCH => Comparison::Match,
            _ => continue,
        };
        let Ok(column) = usize::try_from(constraint.column()) else { continue };
        let binary = info.collation(place)?.eq_ignore_ascii_case(BINARY);
        places.push(place);
        conditions.push(Condition { column, comparison, usable: constraint.is_usable(), binary });
    }
    Ok((places, conditions))
}

/// The comparison as a letter.
const fn word(comparison: Comparison) -> char {
    match comparison {
        Comparison::Equal => '=',
        Comparison::Less => '<',
        Comparison::AtMost => 'l',
        Comparison::Greater => '>',
        Comparison::AtLeast => 'g',
        Comparison::Match => 'm',
    }
}

fn comparison(letter: char) -> Option<Comparison> {
    use Comparison::{AtLeast, AtMost, Equal, Greater, Less, Match};
    [Equal, Less, AtMost, Greater, AtLeast, Match].into_iter().find(|known| word(*known) == letter)
}

/// Reads the text of [`VTab::best_index`], with the values of its conditions.
fn ask(text: &str, ascending: bool, args: &Filters<'_>) -> Result<ScanAsk> {
    let (columns, named) = text.split_once(' ').unwrap_or((text, ""));
    let mut conditions = Vec::new();
    for (at, name) in named.split(',').filter(|name| !name.is_empty()).enumerate() {
        let mut letters = name.chars();
        let known = letters.next_back().and_then(comparison);
        let column = letters.as_str().parse().ok();
        let Some((column, comparison)) = column.zip(known) else {
            return Err(failed(format!("unknown plan {name:?}")));
        };
        conditions.push((column, comparison, args.get::<Value>(at)?));
    }
    let columns = u64::from_str_radix(columns, 16).unwrap_or(u64::MAX);
    Ok(ScanAsk { conditions, columns, ascending })
}

// SAFETY: the struct is `repr(C)` and begins with `sqlite3_vtab_cursor`.
unsafe impl VTabCursor for Cursor<'_> {
    fn filter(&mut self, idx_num: c_int, idx_str: Option<&str>, args: &Filters<'_>) -> Result<()> {
        let ask = ask(idx_str.unwrap_or_default(), idx_num == 1, args)?;
        self.rows = Some(self.source.scan(&ask).map_err(failed)?);
        self.next()
    }

    fn next(&mut self) -> Result<()> {
        let Some(rows) = &mut self.rows else { return Ok(()) };
        if !rows.advance().map_err(failed)? {
            self.rows = None;
        }
        Ok(())
    }

    fn eof(&self) -> bool {
        self.rows.is_none()
    }

    fn column(&self, ctx: &mut Context, i: c_int) -> Result<()> {
        let Some((rows, column)) = self.rows.as_ref().zip(usize::try_from(i).ok()) else { return Ok(()) };
        ctx.set_result(rows.value(column).map_err(failed)?)
    }

    fn rowid(&self) -> Result<i64> {
        Ok(self.rows.as_ref().map_or(0, |rows| rows.number()))
    }
}
