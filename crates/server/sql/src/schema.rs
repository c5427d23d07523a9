//! Schema of SQL: every table and function, for users and for completion.

use crate::functions::FUNCTIONS;
use crate::info::{SqlFunctionInfo, SqlSchema};
use crate::tables;

/// Every table and function.
pub fn schema() -> SqlSchema {
    let function = |(name, usage, about): &(&str, &str, &str)| SqlFunctionInfo {
        name: (*name).to_owned(),
        usage: (*usage).to_owned(),
        about: (*about).to_owned(),
    };
    SqlSchema { tables: tables::described(), functions: FUNCTIONS.iter().map(function).collect() }
}
