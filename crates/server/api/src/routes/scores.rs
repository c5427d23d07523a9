//! Scores of traces, spans and sessions. A score is an event in the words of OpenTelemetry's conventions, so
//! that results of evaluations in telemetry are scores too.

use std::collections::HashSet;
use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use compact_str::CompactString;
use quipu_admission::Principal;
use quipu_core::{
    Batch, Event, EventQuery, Intake as _, Level, Resource, Scope, SpanId, Timestamp, TraceId, Value,
};

use super::Answer;
use crate::Problem;
use crate::body::{Write, bad};
use crate::dto::{Score, ScoreAsk, ScoreValue, ScoresAnswer, ScoresAsk, ScoresParams};
use crate::extract::Ask;
use crate::json::Json;
use crate::shared::{Api, Shared};

/// The event of an evaluation, and its attributes (OpenTelemetry semantic conventions for generative AI).
const EVENT: &str = "gen_ai.evaluation.result";
const NAME: &str = "gen_ai.evaluation.name";
const NUMBER: &str = "gen_ai.evaluation.score.value";
const LABEL: &str = "gen_ai.evaluation.score.label";
const COMMENT: &str = "gen_ai.evaluation.explanation";
const ID: &str = "quipu.score.id";
const SOURCE: &str = "quipu.score.source";
const BY: &str = "quipu.score.by";

/// Limit of scores per request.
const MOST: usize = 100;
/// Events that are read at a time, and for one answer.
const PAGE: usize = 500;
const READ: usize = 5_000;
const ID_CHARACTERS: usize = 128;
const NAME_CHARACTERS: usize = 100;
const LABEL_CHARACTERS: usize = 200;
const COMMENT_CHARACTERS: usize = 4_000;

/// Scores
///
/// The latest version of each score, latest first: scores that were stored here, and
/// `gen_ai.evaluation.result` events of telemetry.
#[utoipa::path(get, path = "/api/v1/scores", tag = "events", params(ScoresParams),
    responses((status = 200, description = "Scores.", body = ScoresAnswer)))]
pub(crate) async fn scores(State(api): Shared, Ask(params): Ask) -> Answer<ScoresAnswer> {
    params.allow(&[&["trace_id", "session", "limit"]], &[])?;
    let limit = params.limit(PAGE, PAGE)?;
    let mut query = EventQuery {
        name: Some(EVENT.to_owned()),
        trace_id: params.read("trace_id", "32 hexadecimal digits, not all zero", |text| text.parse().ok())?,
        session: params.text("session")?,
        limit: PAGE,
        ..EventQuery::default()
    };
    let (mut scores, mut known, mut left) = (Vec::new(), HashSet::new(), READ);
    loop {
        let page = api.store.events(&query).await?;
        left = left.saturating_sub(page.rows.len());
        for score in page.rows.iter().map(of_event) {
            // A later version of the same score came before.
            if known.insert(score.id.clone()) && (score.value.is_some() || score.comment.is_some()) {
                scores.push(score);
            }
        }
        query.cursor = page.next;
        if query.cursor.is_none() || left == 0 || scores.len() >= limit {
            break;
        }
    }
    scores.truncate(limit);
    Ok(Json(ScoresAnswer { scores }))
}

/// Store scores
///
/// Stores scores about traces, spans and sessions. A score replaces the one with the same id.
#[utoipa::path(post, path = "/api/v1/scores", tag = "events", request_body = ScoresAsk,
    responses((status = 200, description = "The stored scores.", body = ScoresAnswer),
        (status = 503, description = "The server receives no records, or its queue is full.", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn post_scores(
    State(api): Shared,
    author: Option<Extension<Principal>>,
    body: Write,
) -> Answer<ScoresAnswer> {
    let ask: ScoresAsk = body.json()?;
    if !(1..=MOST).contains(&ask.scores.len()) {
        return Err(bad(format!("scores: expected 1 to {MOST} scores, got {}.", ask.scores.len())));
    }
    let by = author.and_then(|Extension(principal)| principal.label()).unwrap_or_default();
    let now = api.clock.now();
    let events = ask.scores.iter().enumerate().map(|(at, score)| event(at, score, &by, now));
    let events: Vec<Event> = events.collect::<Result<_, Problem>>()?;
    let scores = events.iter().map(of_event).collect();
    submit(&api, events).await?;
    Ok(Json(ScoresAnswer { scores }))
}

async fn submit(api: &Arc<Api>, events: Vec<Event>) -> Result<(), Problem> {
    let Some(pipeline) = &api.pipeline else {
        let detail = "This server receives no records, so it cannot store scores.";
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "No receiver", detail));
    };
    pipeline.submit(Batch { events, ..Batch::default() }).await?;
    Ok(())
}

/// The event of one score; `at` is its place in the request.
fn event(at: usize, ask: &ScoreAsk, by: &str, now: Timestamp) -> Result<Event, Problem> {
    let wrong = |(field, expected): (&str, &str)| bad(format!("scores[{at}].{field}: expected {expected}."));
    check(ask).map_err(wrong)?;
    let trace_id = ask.trace_id.as_deref().map(str::parse::<TraceId>).transpose();
    let trace_id = trace_id.map_err(|_| wrong(("trace_id", "32 hexadecimal digits, not all zero")))?;
    let span_id = ask.span_id.as_deref().map(str::parse::<SpanId>).transpose();
    let span_id = span_id.map_err(|_| wrong(("span_id", "16 hexadecimal digits, not all zero")))?;
    if trace_id.is_none() && (span_id.is_some() || ask.session_id.is_none()) {
        return Err(wrong(("trace_id", "a trace id, unless session_id names a session")));
    }
    let resource = [("service.name", "quipu")].into_iter().collect();
    Ok(Event {
        time: now,
        level: Level::Info,
        name: EVENT.into(),
        trace_id,
        span_id,
        session: ask.session_id.as_deref().map(CompactString::from),
        agent: None,
        framework: None,
        body: Value::Null,
        attributes: attributes(ask, by).into_iter().collect(),
        wire: None,
        resource: Arc::new(Resource { attributes: resource, ..Resource::default() }),
        scope: Arc::new(Scope { name: "quipu.scores".into(), ..Scope::default() }),
    })
}

/// The first wrong field and its expected form.
fn check(ask: &ScoreAsk) -> Result<(), (&'static str, &'static str)> {
    let within = |text: &str, most: usize| (1..=most).contains(&text.chars().count());
    let fits = |text: &Option<String>, most: usize| text.as_deref().is_none_or(|text| within(text, most));
    let value = match &ask.value {
        Some(ScoreValue::Number(number)) => number.is_finite(),
        Some(ScoreValue::Label(label)) => within(label, LABEL_CHARACTERS),
        None => true,
    };
    let checks = [
        (within(&ask.id, ID_CHARACTERS), "id", "1 to 128 characters"),
        (within(&ask.name, NAME_CHARACTERS), "name", "1 to 100 characters"),
        (value, "value", "a number, or a label of 1 to 200 characters"),
        (fits(&ask.comment, COMMENT_CHARACTERS), "comment", "1 to 4000 characters"),
        (fits(&ask.source, LABEL_CHARACTERS), "source", "1 to 200 characters"),
        (fits(&ask.session_id, LABEL_CHARACTERS), "session_id", "1 to 200 characters"),
    ];
    let wrong = checks.into_iter().find(|(right, _, _)| !right);
    wrong.map_or(Ok(()), |(_, field, expected)| Err((field, expected)))
}

fn attributes(ask: &ScoreAsk, by: &str) -> Vec<(&'static str, Value)> {
    let source = ask.source.as_deref().unwrap_or("human");
    let mut list: Vec<(&'static str, Value)> =
        vec![(ID, ask.id.as_str().into()), (NAME, ask.name.as_str().into()), (SOURCE, source.into())];
    match &ask.value {
        Some(ScoreValue::Number(number)) => list.push((NUMBER, (*number).into())),
        Some(ScoreValue::Label(label)) => list.push((LABEL, label.as_str().into())),
        None => {}
    }
    if let Some(comment) = &ask.comment {
        list.push((COMMENT, comment.as_str().into()));
    }
    if !by.is_empty() {
        list.push((BY, by.into()));
    }
    list
}

/// The score of an event. An event of telemetry has no id, so its id is made of its time, subject and name.
fn of_event(event: &Event) -> Score {
    let text = |key: &str| event.attributes.text(key).filter(|text| !text.is_empty()).map(str::to_owned);
    let value = match event.attributes.get(NUMBER) {
        Some(Value::Double(value)) => Some(ScoreValue::Number(*value)),
        #[expect(clippy::cast_precision_loss, reason = "scores are small")]
        Some(Value::Int(value)) => Some(ScoreValue::Number(*value as f64)),
        _ => text(LABEL).map(ScoreValue::Label),
    };
    Score {
        id: text(ID).unwrap_or_else(|| {
            let span = event.span_id.map(|id| id.to_string()).unwrap_or_default();
            format!("{}-{span}-{}", event.time, text(NAME).unwrap_or_default())
        }),
        name: text(NAME).unwrap_or_default(),
        value,
        trace_id: event.trace_id.map(|id| id.to_string()),
        span_id: event.span_id.map(|id| id.to_string()),
        session_id: event.session.as_ref().map(ToString::to_string),
        comment: text(COMMENT),
        source: text(SOURCE).or_else(|| event.resource.service().map(str::to_owned)),
        by: text(BY),
        at: event.time.to_string(),
    }
}
