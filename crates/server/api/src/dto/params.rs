//! Request parameters of a call as JSON.

use quipu_core::Params;
use serde_json::{Map, Value as Json};

use super::names;

/// Only the request parameters that the source sent.
pub(super) fn sent(params: &Params) -> Map<String, Json> {
    let texts = |texts: &[compact_str::CompactString]| (!texts.is_empty()).then(|| Json::from(names(texts)));
    let pairs = [
        ("temperature", params.temperature.map(Json::from)),
        ("top_p", params.top_p.map(Json::from)),
        ("top_k", params.top_k.map(Json::from)),
        ("max_tokens", params.max_tokens.map(Json::from)),
        ("frequency_penalty", params.frequency_penalty.map(Json::from)),
        ("presence_penalty", params.presence_penalty.map(Json::from)),
        ("seed", params.seed.map(Json::from)),
        ("choice_count", params.choice_count.map(Json::from)),
        ("stream", params.stream.map(Json::from)),
        ("reasoning_level", params.reasoning_level.as_ref().map(|level| Json::from(level.as_str()))),
        ("stop_sequences", texts(&params.stop_sequences)),
    ];
    pairs.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}
