//! Meaning of LiteLLM's keys.

use crate::Unit;

/// The meaning of a key.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub unit: Unit,
    /// The price applies to requests with more input tokens than this.
    pub above: Option<u64>,
    /// The price applies in this context.
    pub context: Option<(&'static str, &'static str)>,
}

/// The prefix of a key and its unit.
const UNITS: [(&str, &str); 29] = [
    ("input_cost_per_token", "input_tokens"),
    ("output_cost_per_token", "output_tokens"),
    ("cache_read_input_token_cost", "cache_read_tokens"),
    ("input_cost_per_token_cache_hit", "cache_read_tokens"),
    ("cache_creation_input_token_cost", "cache_write_tokens"),
    ("input_cost_per_audio_token", "input_audio_tokens"),
    ("output_cost_per_audio_token", "output_audio_tokens"),
    ("cache_read_input_audio_token_cost", "cache_read_audio_tokens"),
    ("cache_creation_input_audio_token_cost", "cache_write_audio_tokens"),
    ("input_cost_per_image_token", "input_image_tokens"),
    ("output_cost_per_image_token", "output_image_tokens"),
    ("cache_read_input_image_token_cost", "cache_read_image_tokens"),
    ("input_cost_per_video_token", "input_video_tokens"),
    ("output_cost_per_video_token", "output_video_tokens"),
    ("output_cost_per_reasoning_token", "reasoning_tokens"),
    ("citation_cost_per_token", "output_citation_tokens"),
    ("input_cost_per_character", "input_characters"),
    ("output_cost_per_character", "output_characters"),
    ("input_cost_per_image", "input_images"),
    ("output_cost_per_image", "output_images"),
    ("input_cost_per_pixel", "input_pixels"),
    ("output_cost_per_pixel", "output_pixels"),
    ("input_cost_per_video_per_second", "input_video_seconds"),
    ("output_cost_per_video_per_second", "output_video_seconds"),
    ("input_cost_per_audio_per_second", "input_audio_seconds"),
    ("ocr_cost_per_page", "input_document_pages"),
    ("annotation_cost_per_page", "input_annotated_document_pages"),
    ("google_maps_grounding_cost_per_query", "map_searches"),
    ("code_interpreter_cost_per_session", "code_executions"),
];

/// Other fields that the conversion reads.
const OTHERS: [&str; 9] = [
    "litellm_provider",
    "mode",
    "deprecation_date",
    "tiered_pricing",
    "off_peak_pricing",
    "search_context_cost_per_query",
    "regional_processing_uplift_multiplier_eu",
    "regional_processing_uplift_multiplier_us",
    "regional_endpoint_uplift_multiplier",
];

impl Key {
    /// Number of LiteLLM's priced units in one amount priced by the book. LiteLLM prices a second of a call,
    /// the book an hour in milliseconds.
    pub(super) fn per(&self) -> u64 {
        if self.unit == Unit::CALL_TIME { 3_600 } else { self.unit.per() }
    }
}

/// Whether a field is about prices.
pub(super) fn is_fact(name: &str, value: &str) -> bool {
    let priced = |mode| parse(name, Some(mode)).is_some();
    let modes = ["chat", "audio_transcription", "audio_speech", "video_generation", "rerank", "search"];
    let uplift =
        name == "provider_specific_entry" && (value.contains("\"us\"") || value.contains("\"fast\""));
    value != "null" && (OTHERS.contains(&name) || uplift || modes.into_iter().any(priced))
}

/// Parses a key. The unit of a second or a query depends on the model's mode. `None` for keys that the book
/// does not price.
pub(super) fn parse(key: &str, mode: Option<&str>) -> Option<Key> {
    let by_suffix = |(base, unit): &(&str, &str)| {
        let (hours, above, context) = suffix(key.strip_prefix(base)?)?;
        let unit = match hours {
            None => Unit::by_name(unit)?,
            Some(hours) if *unit == "cache_write_tokens" => {
                Unit::by_name(&format!("cache_write_{hours}h_tokens"))?
            }
            Some(_) => return None,
        };
        Some(Key { unit, above, context })
    };
    UNITS.iter().find_map(by_suffix).or_else(|| by_mode(key, mode?))
}

fn by_mode(key: &str, mode: &str) -> Option<Key> {
    let (unit, context) = match (mode, key) {
        ("audio_transcription", "input_cost_per_second" | "output_cost_per_second") => {
            ("audio_seconds", None)
        }
        ("audio_speech", "output_cost_per_second") => ("output_audio_seconds", None),
        ("video_generation", "output_cost_per_second") => ("output_video_seconds", None),
        ("video_generation", _) => {
            let size = key.strip_prefix("output_cost_per_second_")?;
            let sizes = ["480p", "720p", "768p", "1080p", "2k", "4k"];
            let size = sizes.into_iter().find(|known| *known == size)?;
            ("output_video_seconds", Some(("resolution", size)))
        }
        ("rerank", "input_cost_per_query") => ("rerank_searches", None),
        ("search", "input_cost_per_query") => ("web_searches", None),
        // The duration of the call.
        (
            "chat" | "completion" | "responses",
            "input_cost_per_second" | "output_cost_per_second" | "cost_per_second",
        ) => ("call_milliseconds", None),
        (_, "input_cost_per_request") => ("requests", None),
        (_, "input_cost_per_text_message") => ("input_text_messages", None),
        _ => return None,
    };
    Some(Key { unit: Unit::by_name(unit)?, above: None, context })
}

type Suffix = (Option<u32>, Option<u64>, Option<(&'static str, &'static str)>);

/// Parses `_above_1hr_above_200k_tokens_batches` into hours, bound and context.
fn suffix(mut rest: &str) -> Option<Suffix> {
    let (mut hours, mut above, mut context) = (None, None, None);
    while !rest.is_empty() {
        let contexts = [
            ("_batches", ("processing", "batch")),
            ("_priority", ("service_tier", "priority")),
            ("_flex", ("service_tier", "flex")),
            ("_balanced", ("service_tier", "balanced")),
            ("_ultrafast", ("service_tier", "ultrafast")),
            ("_decisions", ("route", "decisions")),
        ];
        if let Some((word, found)) = contexts.into_iter().find(|(word, _)| rest.starts_with(word)) {
            context = Some(found);
            rest = &rest[word.len()..];
            continue;
        }
        let bound = rest.strip_prefix("_above_")?;
        let digits = bound.find(|letter: char| !letter.is_ascii_digit())?;
        let number: u32 = bound[..digits].parse().ok()?;
        let what = &bound[digits..];
        if let Some(after) = what.strip_prefix("hr") {
            hours = Some(number);
            rest = after;
        } else {
            above = Some(u64::from(number) * 1_000);
            rest = what.strip_prefix("k_tokens")?;
        }
    }
    Some((hours, above, context))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_say_what_they_price() {
        let read = |key| parse(key, None).map(|key| (key.unit.name(), key.above, key.context));
        assert_eq!(read("input_cost_per_token"), Some(("input_tokens", None, None)));
        assert_eq!(
            read("cache_creation_input_token_cost_above_1hr_above_200k_tokens"),
            Some(("cache_write_1h_tokens", Some(200_000), None))
        );
        assert_eq!(
            read("output_cost_per_token_above_272k_tokens_priority"),
            Some(("output_tokens", Some(272_000), Some(("service_tier", "priority"))))
        );
        assert_eq!(read("input_cost_per_token_cache_hit"), Some(("cache_read_tokens", None, None)));
        for key in
            ["input_cost_per_token_above_x", "input_cost_per_video_per_second_above_15s_interval", "mode"]
        {
            assert_eq!(read(key), None, "{key}");
        }
        assert_eq!(parse("output_cost_per_second", Some("moderation")), None);
        assert!(parse("output_cost_per_second_720p", Some("video_generation")).is_some());
    }
}
