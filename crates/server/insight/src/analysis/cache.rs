//! Actual and possible savings by prompt caches.

use compact_str::CompactString;
use foldhash::HashMap;
use quipu_core::{Cost, CostRow, Kind, PriceBook, Timestamp, Usage, Usd};
use quipu_pipeline::price_row;

use super::CacheUse;

/// Least input that providers cache: OpenAI, and Anthropic for most models
/// (<https://developers.openai.com/api/docs/guides/prompt-caching>,
/// <https://docs.claude.com/en/docs/build-with-claude/prompt-caching>).
const LEAST_TOKENS: u64 = 1_024;
/// How long they keep it at least: 5 minutes from the last use.
const KEPT: i64 = 300 * Timestamp::SECOND;
/// Conversations remembered before those that no cache remembers are dropped.
const CONVERSATIONS: usize = 8_192;

/// Assumption behind [`CacheUse::missed`].
const ASSUMPTION: &str = "A call counts as missed if the same agent called the same model in the same \
    session at most 5 minutes before. The earlier input must have at least 1,024 tokens and be no longer \
    than this one, and the source must report cache reads but reported none for this call. The earlier input \
    is assumed to be readable from the cache, and the remainder to be written for the next call, at the \
    prices of the time. The texts are not compared. Some models cache only from 2,048 or 4,096 tokens on.";

/// Conversation: session, else trace; agent; model.
type Talk = (CompactString, Option<CompactString>, Option<CompactString>);
/// Source of a call: convention, provider, model.
type Source = (CompactString, Option<CompactString>, Option<CompactString>);

/// The last call of a conversation.
struct Last {
    end: Timestamp,
    input: u64,
    /// Whether its input was, or is counted as, written to a cache.
    written: bool,
}

/// Misses by a source's reports of cache reads: a missing figure is zero only if the source ever reports
/// reads.
#[derive(Default)]
struct CacheReports {
    ever: bool,
    unsaid: (u64, Usd),
}

/// Caches over a run of calls in time.
#[derive(Default)]
pub(super) struct Caches {
    sums: CacheUse,
    talks: HashMap<Talk, Last>,
    told: HashMap<Source, CacheReports>,
}

impl Caches {
    /// Adds a counted row; rows come in order of time.
    pub(super) fn add(&mut self, book: &dyn PriceBook, row: &CostRow) {
        let cost = &row.cost;
        let Some(usage) = cost.usage.as_ref().filter(|usage| usage.is_known()) else { return };
        if cost.amount.is_none() {
            return;
        }
        self.had(book, cost, usage);
        if cost.is_call() && cost.kind == Kind::Llm && !cost.failed {
            self.missed(book, row, usage);
        }
    }

    /// The sums so far.
    pub(super) fn sums(&self) -> CacheUse {
        let mut sums = CacheUse { assumption: ASSUMPTION, ..self.sums.clone() };
        for (tokens, usd) in self.told.values().filter(|told| told.ever).map(|told| told.unsaid) {
            sums.missed_tokens = sums.missed_tokens.saturating_add(tokens);
            sums.missed += usd;
        }
        sums.net = sums.saved - sums.write_extra;
        sums
    }

    fn had(&mut self, book: &dyn PriceBook, cost: &Cost, usage: &Usage) {
        let (reads, writes) = (usage.cache_read.unwrap_or(0), usage.cache_write.unwrap_or(0));
        if reads + writes == 0 {
            return;
        }
        self.sums.read_tokens = self.sums.read_tokens.saturating_add(reads);
        let with = |usage: &Usage| total(book, cost, usage.clone());
        let Some(charged) = with(usage) else { return };
        if reads > 0
            && let Some(plain) = with(&Usage { cache_read: None, cache_read_audio: None, ..usage.clone() })
        {
            self.sums.saved += plain - charged;
        }
        let unwritten =
            Usage { cache_write: None, cache_write_5m: None, cache_write_1h: None, ..usage.clone() };
        if writes > 0
            && let Some(plain) = with(&unwritten)
        {
            self.sums.write_extra += charged - plain;
        }
    }

    fn missed(&mut self, book: &dyn PriceBook, row: &CostRow, usage: &Usage) {
        let cost = &row.cost;
        let reads = usage.cache_read;
        let source = (cost.convention.clone(), cost.provider.clone(), cost.model().cloned());
        let told = self.told.entry(source).or_default();
        told.ever |= reads.is_some();
        let input = usage.input.unwrap_or(0);
        let talk = row.session.clone().unwrap_or_else(|| CompactString::from(cost.trace_id.to_string()));
        let key = (talk, cost.agent.clone(), cost.model().cloned());
        let last = self
            .talks
            .get(&key)
            .filter(|last| cost.time.since(last.end) <= KEPT && (LEAST_TOKENS..=input).contains(&last.input));
        let mut written = reads.unwrap_or(0) > 0 || usage.cache_write.unwrap_or(0) > 0;
        if let Some(last) = last.filter(|_| reads.unwrap_or(0) == 0)
            && let Some(saved) = saving(book, cost, usage, last).filter(|saved| *saved > Usd::ZERO)
        {
            written = true;
            let sum = if reads.is_some() {
                (&mut self.sums.missed_tokens, &mut self.sums.missed)
            } else {
                (&mut told.unsaid.0, &mut told.unsaid.1)
            };
            *sum.0 = sum.0.saturating_add(last.input);
            *sum.1 += saved;
        }
        let end = cost.time.plus(cost.duration.unwrap_or(0).max(0));
        if self.talks.len() >= CONVERSATIONS {
            self.talks.retain(|_, last| cost.time.since(last.end) <= KEPT);
        }
        self.talks.insert(key, Last { end, input, written });
    }
}

/// Savings if the input of the previous call had been read from a cache, less the cost of writing it.
fn saving(book: &dyn PriceBook, cost: &Cost, usage: &Usage, last: &Last) -> Option<Usd> {
    let input = usage.input.unwrap_or(0);
    let cached = Usage {
        cache_read: Some(last.input),
        cache_write: Some(input - last.input),
        cache_write_5m: None,
        cache_write_1h: None,
        ..usage.clone()
    };
    let saved = total(book, cost, usage.clone())? - total(book, cost, cached)?;
    let before = Usage::of(last.input, 0);
    let write_extra = if last.written {
        Usd::ZERO
    } else {
        total(book, cost, before.clone().cache_write(last.input))? - total(book, cost, before)?
    };
    Some(saved - write_extra)
}

/// Cost of a row with another usage.
fn total(book: &dyn PriceBook, cost: &Cost, usage: Usage) -> Option<Usd> {
    let row = Cost { usage: Some(usage), ..cost.clone() };
    price_row(book, &row)?.ok().map(|answer| answer.total)
}
