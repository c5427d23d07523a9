//! Read-only SQL over the records of a store.
//!
//! Verb: ANSWER SQL.
//! Takes: one `SELECT` statement with parameters, and a store.
//! Gives: columns and rows within limits of time, memory, rows and bytes; errors with their position.
//! Never: writes, opens a file that the store does not open, or reads another project's store. A statement
//! runs in a process of its own ([`SqlRunner`]), which ends with it.

mod answer;
mod ask;
mod cell;
mod error;
mod functions;
mod guard;
mod info;
mod limits;
mod parameters;
mod priority;
mod question;
mod runner;
mod schema;
mod table;
mod tables;
mod times;
mod worker;

pub use answer::{SqlAnswer, SqlColumn};
pub use ask::SqlSession;
pub use error::{SqlError, SqlErrorKind};
pub use functions::add_functions;
pub use info::{SqlColumnInfo, SqlFunctionInfo, SqlSchema, SqlTableInfo};
pub use limits::SqlLimits;
pub use question::SqlQuestion;
pub use runner::{SqlRunner, SqlTurn};
pub use schema::schema;
pub use tables::{GivenRows, declarations};
pub use worker::{SqlTask, work};
