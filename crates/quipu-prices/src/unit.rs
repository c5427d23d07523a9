//! The units that have prices, and which unit is a part of which.
//!
//! A unit is a point in five dimensions: family, direction, modality, kind and detail. A unit whose set dimensions are
//! all shared by another contains that other: `input_tokens` contains `cache_read_tokens`. The dimensions and the
//! amounts that prices are quoted for are those of the genai-prices unit registry, extended by what LiteLLM prices.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// Which side of a request a unit belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Sent to the model.
    Input,
    /// Made by the model.
    Output,
    /// Neither, such as web searches.
    Other,
}

/// A unit with a price, as an index into the table of units. The order of the table is part of the data file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Unit(u8);

struct Row {
    name: &'static str,
    /// A second name that is understood on input.
    alias: &'static str,
    per: u64,
    /// Family, direction, modality, kind, detail; empty when any.
    dimensions: [&'static str; 5],
}

const MILLION: u64 = 1_000_000;

const fn row(name: &'static str, alias: &'static str, per: u64, dimensions: [&'static str; 5]) -> Row {
    Row { name, alias, per, dimensions }
}

const fn tokens(name: &'static str, rest: [&'static str; 4]) -> Row {
    row(name, "", MILLION, ["tokens", rest[0], rest[1], rest[2], rest[3]])
}

const fn tokens_or(name: &'static str, alias: &'static str, rest: [&'static str; 4]) -> Row {
    row(name, alias, MILLION, ["tokens", rest[0], rest[1], rest[2], rest[3]])
}

#[rustfmt::skip]
const ROWS: &[Row] = &[
    tokens("input_tokens", ["input", "", "", ""]),
    tokens("cache_read_tokens", ["input", "", "cache_read", ""]),
    tokens("cache_write_tokens", ["input", "", "cache_write", ""]),
    tokens("cache_write_5m_tokens", ["input", "", "cache_write", "5m"]),
    tokens("cache_write_1h_tokens", ["input", "", "cache_write", "1h"]),
    tokens("cache_write_12h_tokens", ["input", "", "cache_write", "12h"]),
    tokens("input_text_tokens", ["input", "text", "", ""]),
    tokens_or("cache_read_text_tokens", "cache_text_read_tokens", ["input", "text", "cache_read", ""]),
    tokens_or("cache_write_text_tokens", "cache_text_write_tokens", ["input", "text", "cache_write", ""]),
    tokens_or("cache_write_5m_text_tokens", "cache_text_write_5m_tokens", ["input", "text", "cache_write", "5m"]),
    tokens_or("cache_write_1h_text_tokens", "cache_text_write_1h_tokens", ["input", "text", "cache_write", "1h"]),
    tokens("input_audio_tokens", ["input", "audio", "", ""]),
    tokens_or("cache_read_audio_tokens", "cache_audio_read_tokens", ["input", "audio", "cache_read", ""]),
    tokens_or("cache_write_audio_tokens", "cache_audio_write_tokens", ["input", "audio", "cache_write", ""]),
    tokens_or("cache_write_5m_audio_tokens", "cache_audio_write_5m_tokens", ["input", "audio", "cache_write", "5m"]),
    tokens_or("cache_write_1h_audio_tokens", "cache_audio_write_1h_tokens", ["input", "audio", "cache_write", "1h"]),
    tokens("input_image_tokens", ["input", "image", "", ""]),
    tokens_or("cache_read_image_tokens", "cache_image_read_tokens", ["input", "image", "cache_read", ""]),
    tokens_or("cache_write_image_tokens", "cache_image_write_tokens", ["input", "image", "cache_write", ""]),
    tokens_or("cache_write_5m_image_tokens", "cache_image_write_5m_tokens", ["input", "image", "cache_write", "5m"]),
    tokens_or("cache_write_1h_image_tokens", "cache_image_write_1h_tokens", ["input", "image", "cache_write", "1h"]),
    tokens("input_video_tokens", ["input", "video", "", ""]),
    tokens_or("cache_read_video_tokens", "cache_video_read_tokens", ["input", "video", "cache_read", ""]),
    tokens_or("cache_write_video_tokens", "cache_video_write_tokens", ["input", "video", "cache_write", ""]),
    tokens_or("cache_write_5m_video_tokens", "cache_video_write_5m_tokens", ["input", "video", "cache_write", "5m"]),
    tokens_or("cache_write_1h_video_tokens", "cache_video_write_1h_tokens", ["input", "video", "cache_write", "1h"]),
    tokens_or("tool_prompt_tokens", "input_tool_tokens", ["input", "", "tool", ""]),
    tokens("input_text_tool_tokens", ["input", "text", "tool", ""]),
    tokens("input_audio_tool_tokens", ["input", "audio", "tool", ""]),
    tokens("input_image_tool_tokens", ["input", "image", "tool", ""]),
    tokens("input_video_tool_tokens", ["input", "video", "tool", ""]),
    tokens("output_tokens", ["output", "", "", ""]),
    tokens("output_text_tokens", ["output", "text", "", ""]),
    tokens("output_audio_tokens", ["output", "audio", "", ""]),
    tokens("output_image_tokens", ["output", "image", "", ""]),
    tokens("output_video_tokens", ["output", "video", "", ""]),
    tokens_or("reasoning_tokens", "output_reasoning_tokens", ["output", "", "reasoning", ""]),
    tokens("output_text_reasoning_tokens", ["output", "text", "reasoning", ""]),
    tokens("output_audio_reasoning_tokens", ["output", "audio", "reasoning", ""]),
    tokens("output_image_reasoning_tokens", ["output", "image", "reasoning", ""]),
    tokens("output_video_reasoning_tokens", ["output", "video", "reasoning", ""]),
    tokens("output_citation_tokens", ["output", "", "citation", ""]),
    tokens("output_text_citation_tokens", ["output", "text", "citation", ""]),
    tokens("output_audio_citation_tokens", ["output", "audio", "citation", ""]),
    tokens("output_image_citation_tokens", ["output", "image", "citation", ""]),
    tokens("output_video_citation_tokens", ["output", "video", "citation", ""]),
    row("input_characters", "", MILLION, ["characters", "input", "", "", ""]),
    row("output_characters", "", MILLION, ["characters", "output", "", "", ""]),
    row("input_text_messages", "", 1_000, ["messages", "input", "text", "", ""]),
    row("audio_seconds", "", 3_600, ["durations", "", "audio", "", ""]),
    row("input_audio_seconds", "", 3_600, ["durations", "input", "audio", "", ""]),
    row("output_audio_seconds", "", 3_600, ["durations", "output", "audio", "", ""]),
    row("input_video_seconds", "", 3_600, ["durations", "input", "video", "", ""]),
    row("output_video_seconds", "", 3_600, ["durations", "output", "video", "", ""]),
    row("input_pixels", "", 1_000_000_000, ["pixels", "input", "", "", ""]),
    row("output_pixels", "", 1_000_000_000, ["pixels", "output", "", "", ""]),
    row("input_images", "", 1_000, ["images", "input", "", "", ""]),
    row("output_images", "", 1_000, ["images", "output", "", "", ""]),
    row("input_document_pages", "", 1_000, ["document_pages", "input", "", "", ""]),
    row("input_annotated_document_pages", "", 1_000, ["document_pages", "input", "", "annotated", ""]),
    row("rerank_searches", "", 1_000, ["rerank", "", "", "", ""]),
    row("web_searches", "", 1_000, ["tool_calls", "", "", "web_search", ""]),
    row("social_searches", "", 1_000, ["tool_calls", "", "", "social_search", ""]),
    row("storage_searches", "", 1_000, ["tool_calls", "", "", "storage_search", ""]),
    row("map_searches", "", 1_000, ["tool_calls", "", "", "map_search", ""]),
    row("code_executions", "", 1_000, ["tool_calls", "", "", "code_execution", ""]),
    row("requests", "", 1_000, ["requests", "", "", "", ""]),
    row("call_milliseconds", "", 3_600_000, ["call_time", "", "", "", ""]),
];

/// How many units there are; a set of units fits a `u128`.
pub(crate) const COUNT: usize = ROWS.len();
const _: () = assert!(COUNT <= 128);

static BELOW: LazyLock<[u128; COUNT]> = LazyLock::new(|| {
    std::array::from_fn(|outer| {
        let inside = |inner: &usize| *inner != outer && contains(&ROWS[outer], &ROWS[*inner]);
        (0..COUNT).filter(inside).fold(0, |set, inner| set | 1 << inner)
    })
});

static MOST_SPECIFIC_FIRST: LazyLock<[Unit; COUNT]> = LazyLock::new(|| {
    let mut units = Unit::all_array();
    units.sort_by_key(|unit| (std::cmp::Reverse(unit.rank()), unit.name()));
    units
});

fn contains(outer: &Row, inner: &Row) -> bool {
    outer.dimensions.iter().zip(&inner.dimensions).all(|(outer, inner)| outer.is_empty() || outer == inner)
}

impl Unit {
    pub(crate) const INPUT: Self = named("input_tokens");
    pub(crate) const OUTPUT: Self = named("output_tokens");
    pub(crate) const CACHE_READ: Self = named("cache_read_tokens");
    pub(crate) const CACHE_WRITE: Self = named("cache_write_tokens");
    pub(crate) const CACHE_WRITE_5M: Self = named("cache_write_5m_tokens");
    pub(crate) const CACHE_WRITE_1H: Self = named("cache_write_1h_tokens");
    pub(crate) const INPUT_AUDIO: Self = named("input_audio_tokens");
    pub(crate) const INPUT_IMAGE: Self = named("input_image_tokens");
    pub(crate) const CACHE_READ_AUDIO: Self = named("cache_read_audio_tokens");
    pub(crate) const TOOL_PROMPT: Self = named("tool_prompt_tokens");
    pub(crate) const REASONING: Self = named("reasoning_tokens");
    pub(crate) const OUTPUT_AUDIO: Self = named("output_audio_tokens");
    pub(crate) const OUTPUT_IMAGE: Self = named("output_image_tokens");
    pub(crate) const REQUESTS: Self = named("requests");
    /// How long the call took.
    pub(crate) const CALL_TIME: Self = named("call_milliseconds");

    /// The unit of that name, such as `input_tokens`, `web_searches`; names of the genai-prices registry are
    /// understood too. `None` for other text.
    pub fn by_name(name: &str) -> Option<Self> {
        let found =
            ROWS.iter().position(|row| row.name == name || (!row.alias.is_empty() && row.alias == name))?;
        u8::try_from(found).ok().map(Self)
    }

    /// Its name on bills and in the HTTP interface.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// How many of the unit a price in the book buys: a million tokens, 3,600 seconds, a thousand searches.
    pub fn per(self) -> u64 {
        self.row().per
    }

    /// The side of the request that it belongs to.
    pub fn direction(self) -> Direction {
        match self.row().dimensions[1] {
            "input" => Direction::Input,
            "output" => Direction::Output,
            _ => Direction::Other,
        }
    }

    /// Every unit, in the order of the table.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::all_array().into_iter()
    }

    pub(crate) fn most_specific_first() -> &'static [Self; COUNT] {
        &MOST_SPECIFIC_FIRST
    }

    /// The units that are parts of this one.
    pub(crate) fn below(self) -> u128 {
        BELOW[self.index()]
    }

    pub(crate) const fn bit(self) -> u128 {
        1 << self.index()
    }

    pub(crate) fn of_lowest_bit(set: u128) -> Option<Self> {
        u8::try_from(set.trailing_zeros()).ok().filter(|index| usize::from(*index) < COUNT).map(Self)
    }

    /// Position in the table; a number from a damaged file is folded into it.
    pub(crate) const fn index(self) -> usize {
        self.0 as usize % COUNT
    }

    pub(crate) fn is_tokens(self) -> bool {
        self.row().dimensions[0] == "tokens"
    }

    fn all_array() -> [Self; COUNT] {
        std::array::from_fn(|index| Self(index as u8))
    }

    fn rank(self) -> usize {
        self.row().dimensions.iter().filter(|dimension| !dimension.is_empty()).count()
    }

    fn row(self) -> &'static Row {
        &ROWS[self.index()]
    }
}

const fn named(name: &str) -> Unit {
    let mut index = 0;
    while index < COUNT {
        if same(ROWS[index].name.as_bytes(), name.as_bytes()) {
            return Unit(index as u8);
        }
        index += 1;
    }
    // Reached only while compiling: every call is a constant.
    assert!(index < COUNT, "no such unit");
    Unit(0)
}

const fn same(left: &[u8], right: &[u8]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    let mut index = 0;
    while index < left.len() {
        if left[index] != right[index] {
            return false;
        }
        index += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_lie_below_their_whole() {
        assert_ne!(Unit::INPUT.below() & Unit::CACHE_READ_AUDIO.bit(), 0);
        assert_ne!(Unit::CACHE_WRITE.below() & Unit::CACHE_WRITE_1H.bit(), 0);
        assert_eq!(Unit::OUTPUT.below() & Unit::INPUT_AUDIO.bit(), 0);
        assert_eq!(Unit::INPUT.below() & Unit::INPUT.bit(), 0);
    }

    #[test]
    fn names_are_unique_and_found() {
        for unit in Unit::all() {
            assert_eq!(Unit::by_name(unit.name()), Some(unit));
        }
        assert_eq!(Unit::by_name("output_reasoning_tokens"), Some(Unit::REASONING));
        assert_eq!(Unit::by_name(""), None);
    }
}
