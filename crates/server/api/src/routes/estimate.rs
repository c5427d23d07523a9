//! Route of the estimate of a call before it is made.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use quipu_core::{CostEstimate, Timestamp};
use quipu_tokens::{Ask, Estimator, Input};
use serde_json::{Value, json};

use super::Answer;
use crate::Problem;
use crate::body::{bad, read};
use crate::dto::{EstimateAnswer, EstimateAsk};
use crate::extract::NoParams;
use crate::json::Json;
use crate::shared::Shared;
use crate::spawned::blocking;

/// Estimate
///
/// Estimates tokens and cost of a planned call: low, expected and high. The input is a text, messages, or a
/// whole request body.
#[utoipa::path(post, path = "/api/v1/estimate", tag = "figures", request_body = EstimateAsk,
    responses((status = 200, description = "The estimate.", body = EstimateAnswer),
        (status = 413, description = "The body is larger than 4 MiB.", body = Problem,
            content_type = "application/problem+json")))]
pub(crate) async fn estimate(
    State(api): Shared,
    _: NoParams,
    body: Result<Bytes, BytesRejection>,
) -> Answer<EstimateAnswer> {
    let ask: EstimateAsk = read(&body?)?;
    let (estimator, now) = (api.money.estimator.clone(), api.clock.now());
    // Counting a long prompt takes milliseconds, and other questions wait on this thread.
    let estimated = blocking(move || of(&estimator, &ask, now)).await.map_err(failed)??;
    Ok(Json((&estimated).into()))
}

fn failed(error: tokio::task::JoinError) -> Problem {
    tracing::error!(error = %error, "an estimate failed");
    let detail = "The estimate failed; the server's log says where.";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error", detail)
}

fn of(estimator: &Estimator, ask: &EstimateAsk, now: Timestamp) -> Result<CostEstimate, Problem> {
    let named = ask.body.as_ref().and_then(|body| body["model"].as_str()).unwrap_or_default();
    let model = if ask.model.is_empty() { named } else { &ask.model };
    if model.trim().is_empty() {
        return Err(bad("model: found \"\", expected the model's name."));
    }
    let framed: Value;
    let input = match (&ask.text, &ask.messages, &ask.body) {
        (Some(text), None, None) => Input::Text(text),
        (None, Some(messages), None) if messages.is_array() => {
            framed = json!({"model": model, "messages": messages});
            Input::Json(&framed)
        }
        (None, Some(_), None) => return Err(bad("messages: expected a list of messages.")),
        (None, None, Some(body)) if body.is_object() => Input::Json(body),
        (None, None, Some(_)) => return Err(bad("body: expected a request body, which is an object.")),
        _ => return Err(bad("Expected exactly one of text, messages and body.")),
    };
    let (provider, expected_output, max_output) =
        (ask.provider.as_deref(), ask.expected_output, ask.max_output);
    Ok(estimator.estimate(&Ask { provider, model, input, expected_output, max_output, at: now }))
}
