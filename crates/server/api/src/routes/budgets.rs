//! Routes of budgets: their state, and changes.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use compact_str::CompactString;
use quipu_budget::{BudgetConfig, BudgetError, Budgets, Estimate, Subject};

use super::Answer;
use crate::Problem;
use crate::body::{Write, bad};
use crate::dto::{Budget, BudgetAsk, BudgetRefusal, BudgetScope, BudgetVerdict, BudgetsAnswer};
use crate::extract::NoParams;
use crate::json::Json;
use crate::shared::{Api, Shared};
use crate::spawned::blocking;

/// Budgets
///
/// Every budget with its accounts: spent, reserved and remaining amounts, and the start of the next period.
#[utoipa::path(get, path = "/api/v1/budgets", tag = "budgets",
    responses((status = 200, description = "Budgets by name.", body = BudgetsAnswer)))]
pub(crate) async fn budgets(State(api): Shared, _: NoParams) -> Answer<BudgetsAnswer> {
    let budgets = off_thread(&api, |budgets| budgets.list()).await?;
    Ok(Json(BudgetsAnswer { budgets: budgets.iter().map(Budget::from).collect() }))
}

/// Set a budget
///
/// Creates or changes a stored budget. Earlier spending in the current period counts.
#[utoipa::path(put, path = "/api/v1/budgets/{name}", tag = "budgets", request_body = crate::dto::BudgetSettings,
    params(("name" = String, Path, description = "Name, percent-encoded: 1 to 128 bytes.")),
    responses((status = 200, description = "The stored budget.", body = Budget),
        (status = 409, description = "The config file defines a budget of this name.", body = Problem,
            content_type = "application/problem+json")))]
pub(crate) async fn set_budget(
    State(api): Shared,
    path: Result<Path<String>, PathRejection>,
    body: Write,
) -> Answer<Budget> {
    let Path(name) = path?;
    writable(&api)?;
    let config: BudgetConfig = body.json()?;
    config.check().map_err(|why| bad(format!("{why}.")))?;
    let named = name.clone();
    off_thread(&api, move |budgets| budgets.set(&named, config)).await?;
    api.money.budgets.begin(api.store.as_ref()).await?;
    let budgets = off_thread(&api, |budgets| budgets.list()).await?;
    let set = budgets.iter().find(|budget| budget.name == name);
    let gone =
        || Problem::not_found("Budget not found", format!("The budget {name:?} was removed meanwhile."));
    Ok(Json(set.ok_or_else(gone)?.into()))
}

/// Remove a budget
///
/// Removes a stored budget and its counted spending.
#[utoipa::path(delete, path = "/api/v1/budgets/{name}", tag = "budgets",
    params(("name" = String, Path, description = "Name, percent-encoded.")),
    responses((status = 204, description = "The budget is removed."),
        (status = 404, description = "There is no such budget.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The config file defines the budget.", body = Problem,
            content_type = "application/problem+json")))]
pub(crate) async fn remove_budget(
    State(api): Shared,
    path: Result<Path<String>, PathRejection>,
    _: Write,
) -> Result<StatusCode, Problem> {
    let Path(name) = path?;
    writable(&api)?;
    off_thread(&api, move |budgets| budgets.remove(&name)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Check a budget
///
/// Checks whether a budget admits a call. Nothing is reserved.
#[utoipa::path(post, path = "/api/v1/budgets/{name}/check", tag = "budgets", request_body = BudgetAsk,
    params(("name" = String, Path, description = "Name, percent-encoded.")),
    responses((status = 200, description = "The result of the check.", body = BudgetVerdict),
        (status = 404, description = "There is no such budget.", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn check_budget(
    State(api): Shared,
    path: Result<Path<String>, PathRejection>,
    body: Write,
) -> Answer<BudgetVerdict> {
    let Path(name) = path?;
    let ask: BudgetAsk = body.json()?;
    let subject = subject_of(ask.subject);
    let mut estimate = Estimate::call();
    estimate = ask.usd.map_or(estimate, |usd| estimate.usd(usd));
    estimate = ask.tokens.map_or(estimate, |tokens| estimate.tokens(tokens));
    let verdict = off_thread(&api, move |budgets| verdict(budgets, &name, &subject, estimate)).await?;
    Ok(Json(verdict))
}

fn verdict(
    budgets: &Budgets,
    name: &str,
    subject: &Subject,
    estimate: Estimate,
) -> Result<BudgetVerdict, BudgetError> {
    let none =
        BudgetVerdict { allowed: true, refusal: None, delay_ms: None, degrade_to: None, notices: Vec::new() };
    match budgets.budget(name).look_for(subject, estimate) {
        Ok(admission) => {
            let delay_ms = admission.delay().map(|delay| delay.as_secs_f64() * 1e3);
            let degrade_to = admission.degrade_to().map(str::to_owned);
            Ok(BudgetVerdict { delay_ms, degrade_to, notices: admission.notices().to_vec(), ..none })
        }
        Err(error) => match BudgetRefusal::of(&error) {
            Some(refusal) => Ok(BudgetVerdict { allowed: false, refusal: Some(refusal), ..none }),
            None => Err(error),
        },
    }
}

fn subject_of(scope: BudgetScope) -> Subject {
    let compact = |text: Option<String>| text.map(CompactString::from);
    Subject {
        project: compact(scope.project),
        service: compact(scope.service),
        framework: compact(scope.framework),
        agent: compact(scope.agent),
        user: compact(scope.user),
        session: compact(scope.session),
        provider: compact(scope.provider),
        model: compact(scope.model),
        tags: compact(scope.tag).into_iter().collect(),
        ..Subject::default()
    }
}

/// Accounts may be a file that other processes also write, so this thread does not wait for it.
async fn off_thread<T: Send + 'static>(
    api: &Api,
    work: impl FnOnce(&Budgets) -> Result<T, BudgetError> + Send + 'static,
) -> Result<T, Problem> {
    let budgets = api.money.budgets.clone();
    let done = blocking(move || work(&budgets)).await;
    done.map_err(|error| {
        tracing::error!(error = %error, "reading budgets failed");
        let detail = "Reading the budgets failed; the server's log says where.";
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error", detail)
    })?
    .map_err(Problem::from)
}

fn writable(api: &Api) -> Result<(), Problem> {
    if api.money.writable {
        return Ok(());
    }
    let detail = "Budgets cannot be changed here: the store is open for reading only.";
    Err(Problem::new(StatusCode::FORBIDDEN, "denied", "Read only", detail))
}

impl From<BudgetError> for Problem {
    fn from(error: BudgetError) -> Self {
        let (status, word, title) = match &error {
            BudgetError::Unknown { .. } => (StatusCode::NOT_FOUND, "not_found", "Budget not found"),
            BudgetError::DefinedInFile { .. } => (StatusCode::CONFLICT, "conflict", "Defined elsewhere"),
            BudgetError::Invalid { .. } => (StatusCode::BAD_REQUEST, "bad_request", "Bad budget"),
            BudgetError::Exceeded(_) | BudgetError::Loop(_) => {
                (StatusCode::CONFLICT, "conflict", "Rejected by a budget")
            }
            _ => (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Budgets do not answer now"),
        };
        Self::new(status, word, title, error.to_string())
    }
}
