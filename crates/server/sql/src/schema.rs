//! Description of tables, columns and functions, for users and for completion.

use serde::{Deserialize, Serialize};

use crate::functions::FUNCTIONS;
use crate::table::{Column, Records};
use crate::tables;

/// Tables and functions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SqlSchema {
    /// Tables.
    pub tables: Vec<SqlTableInfo>,
    /// Functions beyond those of SQLite.
    pub functions: Vec<SqlFunctionInfo>,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SqlTableInfo {
    /// Name.
    pub name: String,
    /// Content.
    pub about: String,
    /// Columns.
    pub columns: Vec<SqlColumnInfo>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SqlColumnInfo {
    /// Name.
    pub name: String,
    /// `text`, `time`, `integer`, `real`, `usd` or `json`.
    pub r#type: String,
    /// Content.
    pub about: String,
    /// Whether `*` leaves it out.
    pub hidden: bool,
}

/// A function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SqlFunctionInfo {
    /// Name.
    pub name: String,
    /// Example of a use.
    pub usage: String,
    /// Result.
    pub about: String,
}

impl SqlTableInfo {
    pub(crate) fn of<T: Records>() -> Self {
        let column = |column: &Column<T::Row>, hidden| SqlColumnInfo {
            name: column.name.to_owned(),
            r#type: column.kind.word().to_owned(),
            about: column.about.to_owned(),
            hidden,
        };
        let shown = T::columns().iter().map(|one| column(one, false));
        let columns = shown.chain(T::hidden().iter().map(|one| column(one, true))).collect();
        Self { name: T::NAME.to_owned(), about: T::ABOUT.to_owned(), columns }
    }
}

/// Every table and function.
pub fn schema() -> SqlSchema {
    let function = |(name, usage, about): &(&str, &str, &str)| SqlFunctionInfo {
        name: (*name).to_owned(),
        usage: (*usage).to_owned(),
        about: (*about).to_owned(),
    };
    SqlSchema { tables: tables::described(), functions: FUNCTIONS.iter().map(function).collect() }
}
