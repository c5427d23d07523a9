//! The answer to a question, and its text forms.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

/// A column of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SqlColumn {
    /// Name.
    pub name: String,
    /// Type of its values: `text`, `integer`, `real`, `blob`, `null` without a value, or `any` for several.
    pub r#type: String,
}

/// Columns and rows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SqlAnswer {
    /// Columns.
    pub columns: Vec<SqlColumn>,
    /// Rows: one value for each column. A blob is hexadecimal text.
    pub rows: Vec<Vec<Json>>,
    /// Whether rows were left out because of a limit.
    pub truncated: bool,
}

impl SqlAnswer {
    /// One JSON object for each row. A repeated column name gets a number: `n`, `n_2`.
    pub fn objects(&self) -> impl Iterator<Item = Json> {
        let names = self.unique_names();
        self.rows.iter().map(move |row| {
            Json::Object(names.iter().cloned().zip(row.iter().cloned()).collect::<Map<String, Json>>())
        })
    }

    /// Names of the columns, each once.
    pub fn unique_names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for column in &self.columns {
            let mut name = column.name.clone();
            let mut number = 1;
            while names.contains(&name) {
                number += 1;
                name = format!("{}_{number}", column.name);
            }
            names.push(name);
        }
        names
    }

    /// A value as plain text; empty for null.
    pub fn text(value: &Json) -> String {
        match value {
            Json::Null => String::new(),
            Json::String(text) => text.clone(),
            other => other.to_string(),
        }
    }
}
