//! Values of the parameters of a statement: `?` in order, and the ends of a time range.

use quipu_core::Timestamp;
use rusqlite::Statement;
use rusqlite::types::Value;
use serde_json::Value as Json;

use crate::error::{SqlError, SqlErrorKind};
use crate::question::{SqlQuestion, place_of};

/// Parameters with the ends of the question's time range.
const SINCE: &str = ":since";
const UNTIL: &str = ":until";

fn wrong(text: String) -> SqlError {
    SqlError::new(SqlErrorKind::Statement, text)
}

/// Gives each parameter its value.
///
/// # Errors
/// A name is unknown, the number of values differs from that of the parameters, or a value is a list.
pub(crate) fn bind(
    statement: &mut Statement<'_>,
    question: &SqlQuestion,
    now: Timestamp,
) -> Result<(), SqlError> {
    let mut wanted = 0;
    for index in 1..=statement.parameter_count() {
        let value = match statement.parameter_name(index) {
            Some(SINCE) => time(Timestamp::from_nanos(question.since.unwrap_or(0))),
            Some(UNTIL) => time(question.until.map_or(now, Timestamp::from_nanos)),
            Some(name) if !name.starts_with('?') => {
                let text = format!("the parameter {name} has no value; expected ?, {SINCE} or {UNTIL}");
                return Err(wrong(text).at(place_of(&question.query, name)));
            }
            _ => {
                wanted += 1;
                let value = question.params.get(wanted - 1);
                value.map_or(Ok(Value::Null), |value| read(wanted - 1, value))?
            }
        };
        let bound = statement.raw_bind_parameter(index, value);
        bound.map_err(|error| wrong(format!("cannot set parameter {index}: {error}")))?;
    }
    let given = question.params.len();
    if wanted != given {
        let text = format!("the statement has {wanted} parameters, and params has {given}");
        return Err(wrong(text));
    }
    Ok(())
}

fn time(at: Timestamp) -> Value {
    Value::Text(at.to_string())
}

fn read(at: usize, value: &Json) -> Result<Value, SqlError> {
    Ok(match value {
        Json::Null => Value::Null,
        Json::Bool(flag) => Value::Integer(i64::from(*flag)),
        Json::Number(number) => match number.as_i64() {
            Some(number) => Value::Integer(number),
            None => Value::Real(number.as_f64().unwrap_or_default()),
        },
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(_) | Json::Object(_) => {
            return Err(wrong(format!("params[{at}] expects null, a boolean, a number or a text")));
        }
    })
}
