//! Descriptions of tables, columns and functions.

use serde::{Deserialize, Serialize};

use crate::table::{Column, Records};

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
