//! Routes of SQL: statements and the schema of their tables.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use quipu_budget::{BudgetError, Budgets};
use quipu_core::{AnswerMemory, Error, Timestamp};
use quipu_query::parse_time;
use quipu_sql::{GivenRows, SqlAnswer, SqlError, SqlErrorKind, SqlLimits, SqlQuestion};
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

use super::Answer;
use crate::Problem;
use crate::body::{bad, read};
use crate::csv::Row;
use crate::documents::FieldError;
use crate::dto::{Budget, SqlAsk, SqlResult, SqlSchema};
use crate::extract::{Ask, NoParams};
use crate::json;
use crate::shared::{Api, Shared};
use crate::spawned::blocking;
use crate::state::Deed;

/// Memory of a result in this process, as a multiple of its bytes.
const COPIES: usize = 2;

/// Why a store has no SQL.
const NO_SQL: &str = "This store cannot be read by SQL; a store on disk (`sqlite:`) can.";

/// Form of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    Csv,
    Ndjson,
}

const FORMS: [(&str, &str, Form); 3] = [
    ("json", "application/json", Form::Json),
    ("csv", "text/csv", Form::Csv),
    ("ndjson", "application/x-ndjson", Form::Ndjson),
];

/// SQL
///
/// Answers one read-only `SELECT` statement over the tables of `/api/v1/sql/schema`. It runs in a process of
/// its own with limits of time (10 s), memory (256 MiB), rows (10,000) and bytes (10 MiB). The answer is
/// JSON, or CSV or NDJSON by `format` or by the header `Accept`. An error names its position in characters.
#[utoipa::path(post, path = "/api/v1/sql", tag = "sql", request_body = SqlAsk,
    params(("format" = Option<String>, Query, description = "`json` (default), `csv` or `ndjson`.")),
    responses((status = 200, description = "The result.", content((SqlResult = "application/json"), (String = "text/csv"), (String = "application/x-ndjson"))),
        (status = 422, description = "The statement exceeded its time or memory.", body = Problem, content_type = "application/problem+json"),
        (status = 501, description = "The store cannot be read by SQL.", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn sql(
    State(api): Shared,
    Ask(params): Ask,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    params.allow(&[&["format"]], &[])?;
    let named = params.read("format", "json, csv or ndjson", |word| {
        FORMS.iter().find(|(known, ..)| *known == word).map(|(.., form)| *form)
    })?;
    let form = named.unwrap_or_else(|| accepted(&headers));
    let body = body?;
    let ask: SqlAsk = if body.is_empty() { SqlAsk::default() } else { read(&body)? };
    let limits = limits(&ask)?;
    let now = api.clock.now();
    let (since, until) =
        (time("since", ask.since.as_deref(), now)?, time("until", ask.until.as_deref(), now)?);
    let query = ask.query.filter(|query| !query.trim().is_empty());
    let query = query.ok_or_else(|| bad("query: expected a SELECT statement."))?;
    let Some(runner) = &api.sql else {
        return Err(Problem::new(StatusCode::NOT_IMPLEMENTED, "unsupported", "No SQL", NO_SQL));
    };
    let params = ask.params.unwrap_or_default();
    let question = SqlQuestion { query: query.clone(), params, since, until, check: false };
    let given = given(&api, &query).await?;
    // A statement that waits holds no memory, so it cannot keep others from it.
    let turn = runner.turn().await.map_err(|error| problem(&error, &query))?;
    let hold = AnswerMemory::current().hold(COPIES * limits.bytes)?;
    let sum: String = Sha256::digest(&query).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let answer = runner.ask_in(&turn, question, given, limits, now).await;
    let answer = answer.map_err(|error| problem(&error, &query))?;
    // The memory goes before the turn, so the next statement finds it free.
    drop(hold);
    drop(turn);
    let detail = vec![("statement_sha256", sum), ("rows", answer.rows.len().to_string())];
    // A large result takes milliseconds to write, and other requests wait for this thread.
    let written = blocking(move || written(form, answer)).await.map_err(|_| Problem::internal())?;
    Ok(Deed { preview: false, detail }.with(written?))
}

/// Schema of SQL
///
/// Tables with their columns, and functions beyond those of SQLite.
#[utoipa::path(get, path = "/api/v1/sql/schema", tag = "sql",
    responses((status = 200, description = "Tables and functions.", body = SqlSchema)))]
pub(crate) async fn sql_schema(_: NoParams) -> Answer<SqlSchema> {
    Ok(json::Json(quipu_sql::schema().into()))
}

/// The form that a client accepts; JSON if it names none.
fn accepted(headers: &HeaderMap) -> Form {
    let accepts = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut wanted = accepts.split(',').map(|one| one.split(';').next().unwrap_or_default().trim());
    let known = |media: &str| FORMS.iter().find(|(_, known, _)| *known == media).map(|(.., form)| *form);
    wanted.find_map(known).unwrap_or(Form::Json)
}

/// A time in nanoseconds since the epoch.
fn time(name: &str, text: Option<&str>, now: Timestamp) -> Result<Option<i64>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let wrong = || bad(format!("{name}: expected an RFC 3339 time or a duration such as -7d, got {text:?}."));
    parse_time(text, now).map(|time| Some(time.nanos())).ok_or_else(wrong)
}

/// Checks a statement of a document or a rule without running it.
///
/// # Errors
/// The statement is wrong: the text names line and column. Or it cannot be checked now.
pub(super) async fn check_statement(api: &Api, path: &str, statement: &str) -> Result<(), Problem> {
    let wrong = |text: String| Problem::from(FieldError::new(path, text));
    let runner = api.sql.as_ref().ok_or_else(|| wrong(NO_SQL.trim_end_matches('.').to_owned()))?;
    let question = SqlQuestion { query: statement.to_owned(), check: true, ..SqlQuestion::default() };
    match runner.ask(question, GivenRows::default(), SqlLimits::default(), api.clock.now()).await {
        Ok(_) => Ok(()),
        Err(error) if error.kind == SqlErrorKind::Statement => Err(wrong(error.placed(statement))),
        Err(error) => Err(problem(&error, statement)),
    }
}

fn limits(ask: &SqlAsk) -> Result<SqlLimits, Problem> {
    let most = SqlLimits::default();
    let rows = ask.max_rows.unwrap_or(most.rows);
    if !(1..=most.rows).contains(&rows) {
        return Err(bad(format!("max_rows: expected 1 to {}, got {rows}.", most.rows)));
    }
    let time_ms = ask.timeout_ms.unwrap_or(most.time_ms);
    if !(1..=most.time_ms).contains(&time_ms) {
        return Err(bad(format!("timeout_ms: expected 1 to {}, got {time_ms}.", most.time_ms)));
    }
    Ok(SqlLimits { rows, time_ms, ..most })
}

/// Rows of budgets and alerts, if the statement may name them.
async fn given(api: &Arc<Api>, query: &str) -> Result<GivenRows, Problem> {
    let query = query.to_lowercase();
    let mut given = GivenRows::default();
    if query.contains("budgets") {
        let budgets = api.money.budgets.clone();
        let listed = blocking(move || budget_rows(&budgets)).await.map_err(|_| Problem::internal())?;
        given.budgets = Some(Arc::new(listed?));
    }
    if let (true, Some(alerts)) = (query.contains("alerts"), &api.alerts) {
        let states = alerts.list().into_iter().map(|row| {
            let mut state = json!(row);
            state["labels"] = state["group"].take();
            state
        });
        given.alerts = Some(Arc::new(states.collect()));
    }
    Ok(given)
}

/// Rows of the table `budgets`. May block for a moment.
///
/// # Errors
/// The budgets cannot be read.
pub fn budget_rows(budgets: &Budgets) -> Result<Vec<Json>, BudgetError> {
    Ok(budgets.list()?.iter().flat_map(accounts).collect())
}

/// The accounts of a budget, by the columns of the table.
fn accounts(view: &quipu_budget::BudgetView) -> Vec<Json> {
    let budget = Budget::from(view);
    let account = |account: crate::dto::BudgetAccount| {
        json!({
            "name": budget.name, "scope": account.scope, "unit": account.unit, "limit_amount": account.limit,
            "spent": account.spent, "reserved": account.reserved, "share": account.share,
            "period_start": account.period_start, "resets_at": account.resets_at,
        })
    };
    budget.accounts.clone().into_iter().map(account).collect()
}

fn problem(error: &SqlError, query: &str) -> Problem {
    let text = error.placed(query);
    let (status, word, title) = match error.kind {
        SqlErrorKind::Statement => (StatusCode::BAD_REQUEST, "bad_statement", "Bad statement"),
        SqlErrorKind::Limit => {
            (StatusCode::UNPROCESSABLE_ENTITY, "statement_limit", "The statement exceeds a limit")
        }
        SqlErrorKind::Busy => (StatusCode::SERVICE_UNAVAILABLE, "busy", "Too many statements"),
        SqlErrorKind::Failed => {
            tracing::error!(error = %error.text, "a statement could not be run");
            return Problem::internal();
        }
    };
    Problem { position: error.position, ..Problem::new(status, word, title, format!("{text}.")) }
}

fn written(form: Form, answer: SqlAnswer) -> Result<Response, Problem> {
    let media = FORMS.iter().find(|(.., known)| *known == form).map_or("", |(_, media, _)| *media);
    let mut text = json::Text::default();
    let done = match form {
        Form::Json => return Ok(json::Json(SqlResult::from(answer)).into_response()),
        Form::Csv => csv(&answer, &mut text),
        Form::Ndjson => ndjson(&answer, &mut text),
    };
    done.map_err(|lack| lack.map_or_else(Problem::internal, Problem::from))?;
    let mut response = ([(CONTENT_TYPE, media)], text.into_body()).into_response();
    if answer.truncated {
        response.headers_mut().insert("quipu-truncated", axum::http::HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// Writes a line at a time, so the memory of the request is charged before the next one: a long name of a
/// column is in every line.
fn ndjson(answer: &SqlAnswer, text: &mut json::Text) -> Result<(), Option<Error>> {
    for row in answer.objects() {
        text.json(&row)?;
        text.text("\n")?;
    }
    Ok(())
}

fn csv(answer: &SqlAnswer, text: &mut json::Text) -> Result<(), Option<Error>> {
    text.text(&Row::default().texts(answer.unique_names()).text())?;
    for row in &answer.rows {
        let cells = row.iter().fold(Row::default(), |cells, value| match value {
            Json::String(value) => cells.texts([value.clone()]),
            other => cells.figures([SqlAnswer::text(other)]),
        });
        text.text(&cells.text())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use quipu_sql::SqlColumn;

    use super::*;

    #[test]
    fn a_long_name_of_a_column_in_every_line_is_bounded_by_the_memory_of_answers() {
        let column = SqlColumn { name: "n".repeat(49_000), r#type: "integer".to_owned() };
        let answer = SqlAnswer {
            columns: vec![column],
            rows: vec![vec![json!("x".repeat(900))]; 10_000],
            truncated: false,
        };
        for form in [Form::Ndjson, Form::Csv] {
            let written = AnswerMemory::within(4 << 20).enter(|| written(form, answer.clone()));
            assert!(written.is_err(), "{form:?}");
        }
        let few = SqlAnswer { rows: vec![vec![json!(1)]; 2], ..answer };
        for form in [Form::Ndjson, Form::Csv] {
            assert!(AnswerMemory::within(4 << 20).enter(|| written(form, few.clone())).is_ok(), "{form:?}");
        }
    }
}
