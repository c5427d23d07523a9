//! SQL statements, their results, and the schema of their tables.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::ToSchema;

/// A statement.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SqlAsk {
    /// One `SELECT` statement of at most 50,000 bytes.
    pub query: Option<String>,
    /// Values of `?` in order, at most 100: null, boolean, number or text.
    #[schema(value_type = Option<Vec<Object>>)]
    pub params: Option<Vec<Json>>,
    /// Value of `:since`: RFC 3339, or relative such as `-7d`. Default: 1970.
    pub since: Option<String>,
    /// Value of `:until`; default now.
    pub until: Option<String>,
    /// Rows of the answer, 1 to 10,000. Further rows are left out.
    pub max_rows: Option<usize>,
    /// Time limit in milliseconds, 1 to 10,000.
    pub timeout_ms: Option<u64>,
}

/// The result of a statement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SqlResult {
    /// Columns.
    pub columns: Vec<SqlColumn>,
    /// Rows: one value for each column. A blob is hexadecimal text.
    #[schema(value_type = Vec<Vec<Object>>)]
    pub rows: Vec<Vec<Json>>,
    /// Whether rows were left out because of a limit.
    pub truncated: bool,
}

/// A column of a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SqlColumn {
    /// Name.
    pub name: String,
    /// Type of its values: `text`, `integer`, `real`, `blob`, `null` without a value, or `any` for several.
    pub r#type: String,
}

impl From<quipu_sql::SqlAnswer> for SqlResult {
    fn from(answer: quipu_sql::SqlAnswer) -> Self {
        let column = |column: quipu_sql::SqlColumn| SqlColumn { name: column.name, r#type: column.r#type };
        Self {
            columns: answer.columns.into_iter().map(column).collect(),
            rows: answer.rows,
            truncated: answer.truncated,
        }
    }
}

/// Tables and functions of SQL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SqlSchema {
    /// Tables.
    pub tables: Vec<SqlTableInfo>,
    /// Functions beyond those of SQLite.
    pub functions: Vec<SqlFunctionInfo>,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SqlTableInfo {
    /// Name.
    pub name: String,
    /// Content.
    pub about: String,
    /// Columns.
    pub columns: Vec<SqlColumnInfo>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SqlFunctionInfo {
    /// Name.
    pub name: String,
    /// Example of a use.
    pub usage: String,
    /// Result.
    pub about: String,
}

impl From<quipu_sql::SqlSchema> for SqlSchema {
    fn from(schema: quipu_sql::SqlSchema) -> Self {
        let column = |column: quipu_sql::SqlColumnInfo| SqlColumnInfo {
            name: column.name,
            r#type: column.r#type,
            about: column.about,
            hidden: column.hidden,
        };
        let table = |table: quipu_sql::SqlTableInfo| SqlTableInfo {
            name: table.name,
            about: table.about,
            columns: table.columns.into_iter().map(column).collect(),
        };
        let function = |function: quipu_sql::SqlFunctionInfo| SqlFunctionInfo {
            name: function.name,
            usage: function.usage,
            about: function.about,
        };
        Self {
            tables: schema.tables.into_iter().map(table).collect(),
            functions: schema.functions.into_iter().map(function).collect(),
        }
    }
}
