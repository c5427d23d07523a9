//! Tokens and cost from the provider's own metadata, and the definition of input in older releases.

use quipu_core::{Canonical, Reading, Usage, Usd, Value};
use quipu_normalize::{Slots, any_key_begins, count_of, dollars_of, pick};
use quipu_semconv::Field;

/// Providers whose input, passed on by releases up to 5, excludes cached tokens.
const EXCLUSIVE: &[&str] = &["anthropic", "aws.bedrock"];
/// Keys of releases since 6, which count the input of every provider in the same way.
const SINCE_6: &[&str] = &["ai.usage.inputTokenDetails."];
/// Keys that name the release of the SDK: by itself, or as `ai/6.0.326` in the header of a request.
const RELEASES: &[&str] = &["ai.sdk.version", "ai.request.headers.user-agent"];
/// Key of the provider's own metadata.
const METADATA: &str = "ai.response.providerMetadata";
/// Maximum size of metadata that is searched for a cost, in bytes.
const LARGEST: usize = 64 << 10;

/// Corrects values by knowledge of this SDK that the common tables lack.
pub(crate) fn mend(slots: &Slots<'_>, read: &mut Canonical) {
    if read.kind.is_call() {
        read.reported_cost = read.reported_cost.or_else(|| gateway_cost(slots));
    }
    let is_proven =
        |usage: &Usage| matches!(usage.reading, Reading::ProvenExclusive | Reading::ProvenInclusive);
    if read.usage.as_ref().is_some_and(is_proven) {
        return;
    }
    let told = read.usage.as_ref().and_then(|usage| metadata_says(slots, usage));
    let exclusive = told.unwrap_or_else(|| is_exclusive(slots, read));
    if let Some(usage) = &mut read.usage {
        if exclusive {
            exclude_cached(usage);
        } else if told.is_some() {
            usage.reading = Reading::ProvenInclusive;
        }
    }
}

/// Whether the provider's own metadata proves that input excludes cached tokens; `None` without evidence.
fn metadata_says(slots: &Slots<'_>, usage: &Usage) -> Option<bool> {
    let cached = usage.cache_read.unwrap_or(0).saturating_add(usage.cache_write.unwrap_or(0));
    let text = slots.span.attributes.text(METADATA).filter(|text| text.len() <= LARGEST && cached > 0)?;
    let [provider] = pick(text, ["anthropic"]);
    let uncached = provider.as_ref()?.get("usage")?.get("input_tokens").and_then(count_of)?;
    match usage.input? {
        input if input == uncached => Some(true),
        input if Some(input) == uncached.checked_add(cached) => Some(false),
        _ => None,
    }
}

/// Whether input excludes cached tokens. Vertex and gateways serve Anthropic's models under names of their
/// own, so the id as sent counts too.
fn is_exclusive(slots: &Slots<'_>, read: &Canonical) -> bool {
    let listed = read.provider.as_deref().is_some_and(|provider| EXCLUSIVE.contains(&provider));
    let within = || slots.text(Field::Provider).is_some_and(|sent| sent.contains("anthropic"));
    (listed || within())
        && !any_key_begins(&slots.span.attributes, SINCE_6)
        && release(slots).is_none_or(|release| release < 6)
}

/// The major release of the SDK, if the span names it.
fn release(slots: &Slots<'_>) -> Option<u64> {
    let named = RELEASES.iter().find_map(|key| slots.span.attributes.text(key))?;
    let own = named.split_whitespace().find_map(|product| product.strip_prefix("ai/"));
    own.unwrap_or(named).split('.').next()?.parse().ok()
}

/// Adds cached tokens to an input that was assumed to include them.
fn exclude_cached(usage: &mut Usage) {
    if matches!(usage.reading, Reading::Exclusive | Reading::ProvenExclusive) {
        return;
    }
    let cached = usage.cache_read.unwrap_or(0).saturating_add(usage.cache_write.unwrap_or(0));
    usage.input = usage.input.map(|input| input.saturating_add(cached)).or((cached > 0).then_some(cached));
    usage.reading = Reading::Exclusive;
}

/// The gateway's charge, in US dollars.
fn gateway_cost(slots: &Slots<'_>) -> Option<Usd> {
    let text = slots
        .span
        .attributes
        .text(METADATA)
        .filter(|text| text.len() <= LARGEST && text.contains("gateway"))?;
    let [gateway] = pick(text, ["gateway"]);
    gateway.as_ref().and_then(|gateway: &Value| gateway.get("cost")).and_then(dollars_of)
}
