//! Conversion of LiteLLM's model list to price rules.
//!
//! LiteLLM writes flat keys of dollars for one unit, such as `cache_creation_input_token_cost_above_1hr` or
//! `input_cost_per_token_above_200k_tokens_batches`. A key consists of a base, a lifetime, a bound and a kind
//! of processing.

mod keys;
mod windows;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use self::keys::Key;
use super::error::{ConvertError, Place};
use super::{Arena, encode};
use crate::decimal::{each, exact};
use crate::schema::{Body, Clause, Dated, Decimal, Factor, Price, Provider, Rule, Rules, Variant, When};
use crate::{Unit, provider_id};

type Result<T> = std::result::Result<T, ConvertError>;

type Fields = BTreeMap<String, Box<RawValue>>;

/// A price and its tiers by bound. The price itself may still be unlisted.
#[derive(Debug, Clone, Default)]
struct Steps {
    price: Option<Decimal>,
    tiers: BTreeMap<u64, Decimal>,
}

/// Prices by unit.
type Table = BTreeMap<Unit, Steps>;

/// Whether the text has the format of this list.
pub(super) fn is_list(text: &str) -> bool {
    models(text).is_ok_and(|models| models.values().any(|fields| fields.contains_key("litellm_provider")))
}

/// Keeps the fields that [`rules`] reads, one model per line. Numbers keep their original text.
pub(super) fn reduce(text: &str) -> Result<String> {
    let mut lines = Vec::new();
    for (key, fields) in models(text)? {
        let kept: Fields =
            fields.into_iter().filter(|(name, value)| keys::is_fact(name, value.get())).collect();
        if kept.keys().any(|name| name.contains("cost") || name.ends_with("_pricing")) {
            lines.push(format!(
                "{}:{}",
                serde_json::to_string(&key).entry(&key)?,
                one_line(&serde_json::to_string(&kept).entry(&key)?)
            ));
        }
    }
    Ok(format!("{{\n{}\n}}\n", lines.join(",\n")))
}

/// The same JSON without white space between its tokens.
fn one_line(json: &str) -> String {
    let (mut quoted, mut escaped) = (false, false);
    let kept = |letter: &char| {
        let inside = quoted;
        quoted ^= *letter == '"' && !escaped;
        escaped = quoted && *letter == '\\' && !escaped;
        inside || !letter.is_whitespace()
    };
    json.chars().filter(kept).collect()
}

fn models(text: &str) -> Result<BTreeMap<String, Fields>> {
    let mut models: BTreeMap<String, Fields> = serde_json::from_str(text).entry("")?;
    // These entries are no models: a description of the fields, and rules about names without prices.
    models.remove("sample_spec");
    models.remove("fallback_generalizations");
    Ok(models)
}

/// All rules with a price, by provider.
pub(super) fn rules<'a>(text: &str, arena: &'a Arena) -> Result<Rules<'a>> {
    let mut providers = BTreeMap::<String, Vec<(bool, Rule<'a>)>>::new();
    for (key, fields) in models(text)? {
        let name: Option<String> = field(&fields, "litellm_provider").entry(&key)?;
        let name = name
            .ok_or_else(|| ConvertError::new("it has no provider"))
            .key("litellm_provider")
            .entry(&key)?;
        let provider = book_provider(&name);
        let model = bare_model(&key, &provider).to_lowercase();
        let body = body(&fields).entry(&key)?;
        if body.base.iter().all(|dated| dated.prices.is_empty()) {
            continue;
        }
        let body = arena.bytes(&encode(&body)?);
        let rule = Rule { id: arena.text(&key), matches: Clause::Equals(arena.text(&model)), body };
        providers.entry(provider).or_default().push((model != key.to_lowercase(), rule));
    }
    let provider = |(id, mut rules): (String, Vec<(bool, Rule<'a>)>)| {
        // A key without a provider prefix takes precedence over a prefixed key of the same model.
        rules.sort_by_key(|(prefixed, rule)| (*prefixed, rule.id));
        let mut rules: Vec<_> = rules.into_iter().map(|(_, rule)| rule).collect();
        tell_apart(&mut rules, arena);
        Provider { id: arena.text(id), provider_match: None, model_match: None, fallbacks: Vec::new(), rules }
    };
    Ok(Rules { providers: providers.into_iter().map(provider).collect() })
}

/// Rules of one provider with the same bare name also match by their whole key: `bedrock_mantle/kimi` and
/// `bedrock/kimi`.
fn tell_apart<'a>(rules: &mut [Rule<'a>], arena: &'a Arena) {
    let mut count = BTreeMap::<String, usize>::new();
    for rule in rules.iter() {
        *count.entry(format!("{:?}", rule.matches)).or_default() += 1;
    }
    for rule in rules.iter_mut() {
        let key = rule.id.to_lowercase();
        if count.get(&format!("{:?}", rule.matches)).is_some_and(|count| *count > 1)
            && !rule.matches.holds(&key)
        {
            rule.matches = Clause::Any(vec![rule.matches.clone(), Clause::Equals(arena.text(key))]);
        }
    }
}

fn book_provider(name: &str) -> String {
    let hyphened = name.to_lowercase().replace(['_', ' '], "-");
    provider_id(&hyphened).map_or(hyphened, str::to_owned)
}

/// The key without the provider's prefix: `azure/eu/gpt-5` is `eu/gpt-5` of azure.
fn bare_model<'k>(key: &'k str, provider: &str) -> &'k str {
    key.split_once('/').filter(|(head, _)| book_provider(head) == provider).map_or(key, |(_, rest)| rest)
}

fn body(fields: &Fields) -> Result<Body<'static>> {
    let mode: Option<String> = field(fields, "mode")?;
    let mut tables = BTreeMap::<Option<(&'static str, &'static str)>, Table>::new();
    for (name, value) in fields {
        let name = meant(name, mode.as_deref(), fields);
        if let Some(key) = keys::parse(name, mode.as_deref())
            && value.get() != "null"
        {
            let steps = tables.entry(key.context).or_default().entry(key.unit).or_default();
            steps.add(key.above, each(value.get(), key.per()).key(name)?);
        }
    }
    let base = tables.entry(None).or_default();
    add_ranges(base, fields)?;
    // Time is billed only for models without token prices. Their tokens then cost nothing.
    if base.keys().any(|unit| unit.is_tokens()) {
        base.remove(&Unit::CALL_TIME);
    } else if base.contains_key(&Unit::CALL_TIME) {
        for unit in [Unit::INPUT, Unit::OUTPUT] {
            base.entry(unit).or_default().add(None, Decimal::ZERO);
        }
    }
    add_searches(&mut tables, fields)?;
    let base = tables.remove(&None).unwrap_or_default();
    let variant = |(context, table): (Option<(&'static str, &'static str)>, &Table)| Variant {
        context: context.into_iter().collect(),
        when: When::default(),
        prices: list(table, Some(&base)),
    };
    halve(&mut tables, &base);
    let variants = tables.iter().map(|(context, table)| variant((*context, table))).collect();
    let always = Dated { when: When::default(), prices: list(&base, None) };
    let cheap = windows::off_peak(fields, &base)?;
    let deprecated = fields.contains_key("deprecation_date");
    let base = [always].into_iter().chain(cheap).collect();
    Ok(Body { base, variants, factors: factors(fields)?, minimums: Vec::new(), deprecated })
}

/// The intended key of a price. For image models, an input price per image is the price of a generated image,
/// unless both are listed.
fn meant<'n>(name: &'n str, mode: Option<&str>, fields: &Fields) -> &'n str {
    let made = match name {
        "input_cost_per_image" => "output_cost_per_image",
        "input_cost_per_pixel" => "output_cost_per_pixel",
        _ => return name,
    };
    let listed = fields.get(made).is_some_and(|price| !matches!(price.get(), "0" | "0.0" | "null"));
    if mode == Some("image_generation") && !listed { made } else { name }
}

/// Adds a batch price for output if the list has one for input alone. Output in batches costs half, as
/// LiteLLM bills it (`_batch_or_half`).
fn halve(tables: &mut BTreeMap<Option<(&'static str, &'static str)>, Table>, base: &Table) {
    let Some(batch) = tables.get_mut(&Some(("processing", "batch"))) else { return };
    let output = base.get(&Unit::OUTPUT).and_then(|steps| steps.price);
    if let Some(price) =
        output.filter(|_| batch.contains_key(&Unit::INPUT) && !batch.contains_key(&Unit::OUTPUT))
        && price.scale < 24
    {
        let half = price.by(Decimal { digits: 5, scale: 1 });
        batch.insert(Unit::OUTPUT, Steps { price: Some(half), tiers: BTreeMap::new() });
    }
}

impl Steps {
    fn add(&mut self, above: Option<u64>, price: Decimal) {
        match above {
            // A zero next to a price is a placeholder.
            None if price == Decimal::ZERO && self.price.is_some() => {}
            None => self.price = Some(price),
            Some(bound) => drop(self.tiers.insert(bound, price)),
        }
    }
}

/// Converts a table. A price listed only for large requests, or only for a context, uses the other price
/// below the bound.
fn list(table: &Table, base: Option<&Table>) -> Vec<Price> {
    let price = |(unit, steps): (&Unit, &Steps)| {
        let below = || base.and_then(|base| base.get(unit)).and_then(|steps| steps.price);
        let price = steps.price.or_else(below)?;
        let tiers = steps.tiers.iter().map(|(above, price)| (*above, *price)).collect();
        Some(Price { unit: *unit, price, tiers })
    };
    table.iter().filter_map(price).collect()
}

/// `tiered_pricing`: full sets of prices by a range of input tokens, the first from zero.
fn add_ranges(base: &mut Table, fields: &Fields) -> Result<()> {
    let ranges: Vec<Fields> = field(fields, "tiered_pricing")?.unwrap_or_default();
    for (at, prices) in ranges.iter().enumerate() {
        // The price of a search depends on the number of requested results. The first range holds the usual
        // number.
        if at == 0
            && let (Some(raw), Some(unit)) =
                (prices.get("input_cost_per_query"), Unit::by_name("web_searches"))
            && prices.contains_key("max_results_range")
        {
            base.entry(unit).or_default().add(None, each(raw.get(), unit.per()).key("input_cost_per_query")?);
        }
        let Some(range) = field::<Vec<f64>>(prices, "range")? else { continue };
        // Bounds are token counts written as floats without a fraction.
        let from = range.first().map_or(0, |from| *from as u64);
        for (name, value) in prices {
            if let Some(Key { unit, above: None, context: None }) = keys::parse(name, None) {
                let price = each(value.get(), unit.per()).key(name)?;
                base.entry(unit).or_default().add((from > 0).then_some(from), price);
            }
        }
    }
    Ok(())
}

/// Adds web search prices by context size: medium, unless the context has another value.
fn add_searches(
    tables: &mut BTreeMap<Option<(&'static str, &'static str)>, Table>,
    fields: &Fields,
) -> Result<()> {
    let Some(prices) = field::<Fields>(fields, "search_context_cost_per_query")? else { return Ok(()) };
    let Some(unit) = Unit::by_name("web_searches") else { return Ok(()) };
    let price = |size: &str| -> Result<Option<Decimal>> {
        let value = prices.get(&format!("search_context_size_{size}"));
        value.map(|value| each(value.get(), unit.per())).transpose().key("search_context_cost_per_query")
    };
    let Some(medium) = price("medium")?.or(price("low")?).or(price("high")?) else { return Ok(()) };
    tables.entry(None).or_default().entry(unit).or_default().add(None, medium);
    for size in ["low", "high"] {
        if let Some(other) = price(size)?.filter(|other| *other != medium) {
            let context = Some(("search_context_size", size));
            tables.entry(context).or_default().entry(unit).or_default().add(None, other);
        }
    }
    Ok(())
}

/// Factors on token prices for a region or a speed.
fn factors(fields: &Fields) -> Result<Vec<Factor<'static>>> {
    let mut factors = Vec::new();
    for (name, key, value) in [
        ("regional_processing_uplift_multiplier_eu", "region", "eu"),
        ("regional_processing_uplift_multiplier_us", "region", "us"),
        ("regional_endpoint_uplift_multiplier", "region", "!global"),
    ] {
        if let Some(raw) = fields.get(name) {
            factors.push(Factor { key, value, factor: exact(raw.get()).key(name)? });
        }
    }
    let entry: Fields = field(fields, "provider_specific_entry")?.unwrap_or_default();
    for (name, key) in [("us", "region"), ("fast", "speed")] {
        if let Some(raw) = entry.get(name) {
            factors.push(Factor { key, value: name, factor: exact(raw.get()).key(name)? });
        }
    }
    Ok(factors)
}

fn field<'f, T: Deserialize<'f>>(fields: &'f Fields, name: &str) -> Result<Option<T>> {
    let value = fields.get(name).map(|raw| serde_json::from_str(raw.get()));
    value.transpose().key(name)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn reduction_keeps_numbers_as_written() {
        let text = r#"{"sample_spec": {}, "a/b": {"input_cost_per_token": 2.50e-06, "max_tokens": 5,
            "litellm_provider": "x \" y", "tiered_pricing": [ {"range": [0, 1.0]} ]}, "free": {"mode": "chat"}}"#;
        let line = r#""a/b":{"input_cost_per_token":2.50e-06,"litellm_provider":"x \" y","tiered_pricing":[{"range":[0,1.0]}]}"#;
        assert_eq!(reduce(text).unwrap(), format!("{{\n{line}\n}}\n"));
    }

    #[test]
    fn a_bare_key_wins_over_a_prefixed_one() {
        let text = r#"{"azure_ai/m": {"litellm_provider": "azure_ai", "input_cost_per_token": 1},
            "azure/eu/m": {"litellm_provider": "azure", "input_cost_per_token": 2},
            "none": {"litellm_provider": "azure", "mode": "chat"},
            "m": {"litellm_provider": "azure", "input_cost_per_token": 3}}"#;
        let arena = Arena::default();
        let rules = rules(text, &arena).unwrap();
        assert_eq!(rules.providers.len(), 1);
        let ids: Vec<_> = rules.providers[0].rules.iter().map(|rule| rule.id).collect();
        assert_eq!(ids, ["m", "azure/eu/m", "azure_ai/m"]);
        assert_eq!(rules.providers[0].rules[1].matches, Clause::Equals("eu/m"));
    }
}
