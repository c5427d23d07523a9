//! Routes of alerts: states, rules, history, silences, back-tests, objectives and health.

use axum::Extension;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use quipu_admission::Principal;
use quipu_alert::{
    AlertError, Alerts, HistoryAsk, PRESETS, RuleConfig, STATES, Silencing, StatesAsk, read_span,
};
use quipu_core::Timestamp;
use quipu_query::parse_time;

use super::Answer;
use crate::Problem;
use crate::body::{Write, bad};
use crate::dto::{
    AlertAckAsk, AlertBacktest, AlertBacktestAsk, AlertChannel, AlertFireAsk, AlertFired, AlertHistory,
    AlertHistoryParams, AlertRule, AlertRulesAnswer, AlertStatesParams, AlertsAnswer, HealthParams,
    HealthScore, Silence, SilenceAsk, SilencesAnswer, SlosAnswer,
};
use crate::extract::{Ask, NoParams};
use crate::json::Json;
use crate::paths::Sight;
use crate::shared::{Api, Shared};

/// Rows of the history.
pub(super) const ROWS: usize = 50;
pub(super) const MOST_ROWS: usize = 1_000;
/// Rows of current states: a thousand rules may have a hundred groups each.
const STATE_ROWS: usize = 1_000;
const MOST_STATE_ROWS: usize = 10_000;
/// Default range of a back-test.
const RANGE: i64 = 30 * Timestamp::DAY;
/// Name of a rule that has none yet.
const UNNAMED: &str = "backtest";

type Named = Result<Path<String>, PathRejection>;
pub(super) type Author = Option<Extension<Principal>>;

/// Alerts
///
/// Current state of each group of each rule; firing ones first, and critical ones first among them.
#[utoipa::path(get, path = "/api/v1/alerts", tag = "alerts", params(AlertStatesParams),
    responses((status = 200, description = "States.", body = AlertsAnswer)))]
pub(crate) async fn alerts(State(api): Shared, Ask(params): Ask) -> Answer<AlertsAnswer> {
    params.allow(&[&["rule", "state", "limit"]], &[])?;
    let ask = StatesAsk {
        rule: params.text("rule")?,
        state: params.word("state", &STATES.map(|state| (state, state)))?.map(str::to_owned),
        limit: Some(params.limit(STATE_ROWS, MOST_STATE_ROWS)?),
    };
    Ok(Json(engine(&api)?.states(&ask).into()))
}

/// Alert rules
///
/// Rules of the config file, which are read-only, and rules that were set here.
#[utoipa::path(get, path = "/api/v1/alerts/rules", tag = "alerts",
    responses((status = 200, description = "Rules by name, the channels that they can name, and presets.", body = AlertRulesAnswer)))]
pub(crate) async fn alert_rules(State(api): Shared, _: NoParams) -> Answer<AlertRulesAnswer> {
    let engine = engine(&api)?;
    let channel = |(name, kind): (String, &str)| AlertChannel { name, kind: kind.to_owned() };
    Ok(Json(AlertRulesAnswer {
        rules: engine.rules().into_iter().map(Into::into).collect(),
        channels: engine.channels().into_iter().map(channel).collect(),
        presets: PRESETS.iter().map(Into::into).collect(),
    }))
}

/// Alert rule
///
/// One rule.
#[utoipa::path(get, path = "/api/v1/alerts/rules/{name}", tag = "alerts",
    params(("name" = String, Path, description = "Name.")),
    responses((status = 200, description = "The rule.", body = AlertRule),
        (status = 404, description = "There is no such rule.", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn alert_rule(State(api): Shared, path: Named, _: NoParams) -> Answer<AlertRule> {
    let Path(name) = path?;
    let found = engine(&api)?.rules().into_iter().find(|rule| rule.name == name);
    let missing = || Problem::from(AlertError::Missing { what: "alert rule", name });
    Ok(Json(found.ok_or_else(missing)?.into()))
}

/// Set an alert rule
///
/// Creates or replaces a stored rule. The body has the keys of `[alert.NAME]` in the config file. A rule that
/// runs a program needs an admin of every project.
#[utoipa::path(put, path = "/api/v1/alerts/rules/{name}", tag = "alerts", request_body = Object,
    params(("name" = String, Path, description = "Name: 1 to 64 characters of `a-z`, `0-9`, `_` and `-`.")),
    responses((status = 200, description = "The stored rule.", body = AlertRule),
        (status = 403, description = "The rule runs a program, and the caller is not an admin of every project.",
            body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The config file defines a rule of this name.", body = Problem,
            content_type = "application/problem+json")))]
pub(crate) async fn put_alert_rule(
    State(api): Shared,
    path: Named,
    author: Author,
    sight: Sight,
    body: Write,
) -> Answer<AlertRule> {
    let Path(name) = path?;
    let config: RuleConfig = body.json()?;
    // The program runs on the host of all projects, with arguments of the rule.
    if config.runs_programs() && !sight.0 {
        let detail = "A rule with an action `command` can be set by an admin of every project only.";
        return Err(Problem::new(StatusCode::FORBIDDEN, "denied", "Not allowed", detail));
    }
    Ok(Json(engine(&api)?.put_rule(&name, config, &by(author)).await?.into()))
}

/// Remove an alert rule
///
/// Removes a stored rule and ends its open episodes.
#[utoipa::path(delete, path = "/api/v1/alerts/rules/{name}", tag = "alerts",
    params(("name" = String, Path, description = "Name.")),
    responses((status = 204, description = "The rule is removed."),
        (status = 404, description = "There is no such rule.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The config file defines the rule.", body = Problem,
            content_type = "application/problem+json")))]
pub(crate) async fn remove_alert_rule(
    State(api): Shared,
    path: Named,
    _: Write,
) -> Result<StatusCode, Problem> {
    let Path(name) = path?;
    engine(&api)?.remove_rule(&name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Back-test a rule
///
/// Returns the episodes that a rule would have had. It stores nothing and sends nothing.
#[utoipa::path(post, path = "/api/v1/alerts/backtest", tag = "alerts", request_body = AlertBacktestAsk,
    responses((status = 200, description = "Episodes.", body = AlertBacktest)))]
pub(crate) async fn backtest(State(api): Shared, body: Write) -> Answer<AlertBacktest> {
    let ask: AlertBacktestAsk = body.json()?;
    let now = api.clock.now();
    let time = |name: &str, text: &str| {
        let expected =
            || bad(format!("{name}: expected an RFC 3339 time or a duration such as -7d, got {text:?}."));
        parse_time(text, now).ok_or_else(expected)
    };
    let until = ask.until.as_deref().map_or(Ok(now), |text| time("until", text))?;
    let since = ask.since.as_deref().map_or(Ok(until.plus(-RANGE)), |text| time("since", text))?;
    Ok(Json(engine(&api)?.backtest(UNNAMED, ask.rule, since, until).await?.into()))
}

/// Alert history
///
/// Episodes, the latest first, with their notices.
#[utoipa::path(get, path = "/api/v1/alerts/history", tag = "alerts", params(AlertHistoryParams),
    responses((status = 200, description = "Episodes.", body = AlertHistory)))]
pub(crate) async fn alert_history(State(api): Shared, Ask(params): Ask) -> Answer<AlertHistory> {
    params.allow(&[&["rule", "state", "since", "until", "incident", "limit"]], &[])?;
    let states = ["firing", "resolved", "withdrawn"].map(|state| (state, state));
    let (since, until) = params.times()?;
    let ask = HistoryAsk {
        rule: params.text("rule")?,
        state: params.word("state", &states)?.map(str::to_owned),
        since,
        until,
        incident: params.read("incident", "the number of an incident", |text| text.parse().ok())?,
        limit: params.limit(ROWS, MOST_ROWS)?,
    };
    let engine = engine(&api)?;
    let figures = engine.history_figures(ask.clone()).await?.into();
    let episodes = engine.history(ask).await?;
    Ok(Json(AlertHistory { episodes: episodes.into_iter().map(Into::into).collect(), figures }))
}

/// Acknowledge an episode
///
/// Stops repetition and escalation of an open episode.
#[utoipa::path(post, path = "/api/v1/alerts/ack", tag = "alerts", request_body = AlertAckAsk,
    responses((status = 204, description = "The episode is acknowledged."),
        (status = 404, description = "No episode of this id is open.", body = Problem,
            content_type = "application/problem+json")))]
pub(crate) async fn acknowledge(
    State(api): Shared,
    author: Author,
    body: Write,
) -> Result<StatusCode, Problem> {
    let ask: AlertAckAsk = body.json()?;
    engine(&api)?.acknowledge(&ask.episode, &by(author)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Silences
///
/// Silences that are in force, and ended ones until they expire.
#[utoipa::path(get, path = "/api/v1/alerts/silences", tag = "alerts",
    responses((status = 200, description = "Silences.", body = SilencesAnswer)))]
pub(crate) async fn silences(State(api): Shared, _: NoParams) -> Answer<SilencesAnswer> {
    let silences = engine(&api)?.silences().await?;
    Ok(Json(SilencesAnswer { silences: silences.into_iter().map(Into::into).collect() }))
}

/// Add a silence
///
/// Holds the notices of matching episodes from now.
#[utoipa::path(post, path = "/api/v1/alerts/silences", tag = "alerts", request_body = SilenceAsk,
    responses((status = 200, description = "The silence.", body = Silence)))]
pub(crate) async fn add_silence(State(api): Shared, author: Author, body: Write) -> Answer<Silence> {
    let ask: SilenceAsk = body.json()?;
    let wrong = || bad(format!("duration: expected 1s to 90d, such as 2h, got {:?}.", ask.duration));
    let lasts = read_span(&ask.duration).ok_or_else(wrong)?;
    let new = Silencing { matchers: ask.matchers, author: by(author), reason: ask.reason, lasts };
    Ok(Json(engine(&api)?.silence(new).await?.into()))
}

/// End a silence
///
/// Ends a silence now. Held notices of open episodes are then sent.
#[utoipa::path(delete, path = "/api/v1/alerts/silences/{id}", tag = "alerts",
    params(("id" = String, Path, description = "Id.")),
    responses((status = 204, description = "The silence has ended."),
        (status = 404, description = "No silence of this id is in force.", body = Problem,
            content_type = "application/problem+json")))]
pub(crate) async fn end_silence(State(api): Shared, path: Named, _: Write) -> Result<StatusCode, Problem> {
    let Path(id) = path?;
    engine(&api)?.end_silence(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Send a test notice
///
/// Sends a test notice to a channel, and waits for its answer.
#[utoipa::path(post, path = "/api/v1/alerts/fire", tag = "alerts", request_body = AlertFireAsk,
    responses((status = 200, description = "The result.", body = AlertFired),
        (status = 404, description = "There is no such channel.", body = Problem,
            content_type = "application/problem+json")))]
pub(crate) async fn fire(State(api): Shared, body: Write) -> Answer<AlertFired> {
    let AlertFireAsk { channel } = body.json()?;
    let error = match engine(&api)?.fire(&channel).await {
        Ok(()) => None,
        Err(AlertError::Core(error)) => Some(error.to_string()),
        Err(error) => return Err(error.into()),
    };
    Ok(Json(AlertFired { channel, delivered: error.is_none(), error }))
}

/// Service level objectives
///
/// Measured share, error budget and burn rates of each objective of the config file.
#[utoipa::path(get, path = "/api/v1/slos", tag = "alerts",
    responses((status = 200, description = "Objectives by name.", body = SlosAnswer)))]
pub(crate) async fn slos(State(api): Shared, _: NoParams) -> Answer<SlosAnswer> {
    Ok(Json(SlosAnswer { slos: engine(&api)?.slos().await?.into_iter().map(Into::into).collect() }))
}

/// Health
///
/// Health score from 0 to 100 over the last 24 hours, with its parts. Null with fewer than 20 records.
#[utoipa::path(get, path = "/api/v1/health", tag = "alerts", params(HealthParams),
    responses((status = 200, description = "The score.", body = HealthScore)))]
pub(crate) async fn health(State(api): Shared, Ask(params): Ask) -> Answer<HealthScore> {
    params.allow(&[&["agent", "tool", "days"]], &[])?;
    let (agent, tool) = (params.text("agent")?, params.text("tool")?);
    let in_range = |text: &str| text.parse().ok().filter(|days| (0..=30).contains(days));
    let days: i64 = params.read("days", "a whole number from 0 to 30", in_range)?.unwrap_or(0);
    let engine = engine(&api)?;
    let health = engine.health(agent.as_deref(), tool.as_deref()).await?;
    let trend = match days {
        0 => Vec::new(),
        days => engine.health_trend(agent.as_deref(), tool.as_deref(), days).await?,
    };
    Ok(Json(HealthScore {
        score: health.score,
        reason: health.reason,
        parts: health.parts.into_iter().map(Into::into).collect(),
        concerns: health.concerns,
        recommendations: health.recommendations,
        trend: trend.into_iter().map(Into::into).collect(),
    }))
}

pub(super) fn engine(api: &Api) -> Result<&Alerts, Problem> {
    let missing = || {
        let detail = "This program evaluates no alerts; ask a server.";
        Problem::new(StatusCode::NOT_IMPLEMENTED, "unsupported", "No alerts here", detail)
    };
    api.alerts.as_ref().ok_or_else(missing)
}

pub(super) fn by(author: Author) -> String {
    author.and_then(|Extension(principal)| principal.label()).unwrap_or_else(|| "local".to_owned())
}

impl From<AlertError> for Problem {
    fn from(error: AlertError) -> Self {
        let (status, word, title) = match error {
            AlertError::Core(error) => return error.into(),
            AlertError::Missing { .. } => (StatusCode::NOT_FOUND, "not_found", "Not found"),
            AlertError::OfFile(_) => (StatusCode::CONFLICT, "conflict", "Defined elsewhere"),
            AlertError::Full { .. } => (StatusCode::CONFLICT, "conflict", "The limit is reached"),
            AlertError::File { .. } | AlertError::Version { .. } => {
                tracing::error!(%error, "the alert file cannot be used");
                (StatusCode::INTERNAL_SERVER_ERROR, "internal", "The alert file cannot be used")
            }
            _ => (StatusCode::BAD_REQUEST, "bad_request", "Bad alert"),
        };
        Self::new(status, word, title, error.to_string())
    }
}
