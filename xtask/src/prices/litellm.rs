//! LiteLLM's model list as price rules.
//!
//! LiteLLM writes flat keys of dollars for one unit, such as `cache_creation_input_token_cost_above_1hr` or
//! `input_cost_per_token_above_200k_tokens_batches`: a base, a lifetime, a bound, a way of processing.

mod keys;
mod windows;

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use quipu_prices::schema::{
    self, Body, Clause, Dated, Decimal, Factor, Price, Provider, Rule, Rules, Variant, When,
};
use quipu_prices::{Unit, provider_id};
use serde::Deserialize;
use serde_json::value::RawValue;

use self::keys::Key;
use super::decimal::{each, exact};
use super::{keep, keep_bytes};

type Fields = BTreeMap<String, Box<RawValue>>;

/// A price and its tiers by bound, before it is known whether the price itself is listed.
#[derive(Debug, Clone, Default)]
struct Steps {
    price: Option<Decimal>,
    tiers: BTreeMap<u64, Decimal>,
}

/// Prices by unit.
type Table = BTreeMap<Unit, Steps>;

/// Keeps what [`rules`] reads, one model a line, numbers in their own text.
pub(super) fn reduce(text: &str) -> Result<String> {
    let mut lines = Vec::new();
    for (key, fields) in models(text)? {
        let kept: Fields =
            fields.into_iter().filter(|(name, value)| keys::is_fact(name, value.get())).collect();
        if kept.keys().any(|name| name.contains("cost") || name.ends_with("_pricing")) {
            lines.push(format!(
                "{}:{}",
                serde_json::to_string(&key)?,
                one_line(&serde_json::to_string(&kept)?)
            ));
        }
    }
    Ok(format!("{{\n{}\n}}\n", lines.join(",\n")))
}

/// The same JSON without the space between its tokens.
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
    let mut models: BTreeMap<String, Fields> =
        serde_json::from_str(text).context("reading the facts of LiteLLM")?;
    // Neither is a model: a description of the fields, and rules about names without prices.
    models.remove("sample_spec");
    models.remove("fallback_generalizations");
    Ok(models)
}

/// All rules with a price, by provider.
pub(super) fn rules(text: &str) -> Result<Rules<'static>> {
    let mut providers = BTreeMap::<String, Vec<(bool, Rule<'static>)>>::new();
    for (key, fields) in models(text)? {
        let name: String =
            field(&fields, "litellm_provider")?.with_context(|| format!("{key} has no provider"))?;
        let provider = book_provider(&name);
        let model = bare_model(&key, &provider).to_lowercase();
        let body = body(&fields).with_context(|| key.clone())?;
        if body.base.iter().all(|dated| dated.prices.is_empty()) {
            continue;
        }
        let body = keep_bytes(schema::encode(&body)?);
        let rule = Rule { id: keep(&key), matches: Clause::Equals(keep(&model)), body };
        providers.entry(provider).or_default().push((model != key.to_lowercase(), rule));
    }
    let provider = |(id, mut rules): (String, Vec<(bool, Rule<'static>)>)| {
        // A key that is the model's bare name wins over one that names the same model with a prefix.
        rules.sort_by_key(|(prefixed, rule)| (*prefixed, rule.id));
        let rules = rules.into_iter().map(|(_, rule)| rule).collect();
        Provider { id: keep(id), provider_match: None, model_match: None, fallbacks: Vec::new(), rules }
    };
    Ok(Rules { providers: providers.into_iter().map(provider).collect() })
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
        if let Some(Key { unit, above, context }) = keys::parse(name, mode.as_deref())
            && value.get() != "null"
        {
            let steps = tables.entry(context).or_default().entry(unit).or_default();
            steps.add(above, each(value.get(), unit.per()).with_context(|| name.to_owned())?);
        }
    }
    let base = tables.entry(None).or_default();
    add_ranges(base, fields)?;
    add_searches(&mut tables, fields)?;
    let base = tables.remove(&None).unwrap_or_default();
    let variant = |(context, table): (Option<(&'static str, &'static str)>, &Table)| Variant {
        context: context.into_iter().collect(),
        when: When::default(),
        prices: list(table, Some(&base)),
    };
    let variants = tables.iter().map(|(context, table)| variant((*context, table))).collect();
    let always = Dated { when: When::default(), prices: list(&base, None) };
    let cheap = windows::off_peak(fields, &base)?;
    let deprecated = fields.contains_key("deprecation_date");
    let base = [always].into_iter().chain(cheap).collect();
    Ok(Body { base, variants, factors: factors(fields)?, minimums: Vec::new(), deprecated })
}

/// What models that make images list for an image "in" is the price of an image made, unless both are listed.
fn meant<'n>(name: &'n str, mode: Option<&str>, fields: &Fields) -> &'n str {
    let made = match name {
        "input_cost_per_image" => "output_cost_per_image",
        "input_cost_per_pixel" => "output_cost_per_pixel",
        _ => return name,
    };
    let listed = fields.get(made).is_some_and(|price| !matches!(price.get(), "0" | "0.0" | "null"));
    if mode == Some("image_generation") && !listed { made } else { name }
}

impl Steps {
    fn add(&mut self, above: Option<u64>, price: Decimal) {
        match above {
            // A zero beside a price is a field filled in for form's sake.
            None if price == Decimal::ZERO && self.price.is_some() => {}
            None => self.price = Some(price),
            Some(bound) => drop(self.tiers.insert(bound, price)),
        }
    }
}

/// A price that is only listed for large requests, or only for a context, has the other's price below.
fn list(table: &Table, base: Option<&Table>) -> Vec<Price> {
    let price = |(unit, steps): (&Unit, &Steps)| {
        let below = || base.and_then(|base| base.get(unit)).and_then(|steps| steps.price);
        let price = steps.price.or_else(below)?;
        let tiers = steps.tiers.iter().map(|(above, price)| (*above, *price)).collect();
        Some(Price { unit: *unit, price, tiers })
    };
    table.iter().filter_map(price).collect()
}

/// `tiered_pricing`: whole sets of prices by a range of input tokens, the first from zero.
fn add_ranges(base: &mut Table, fields: &Fields) -> Result<()> {
    let ranges: Vec<Fields> = field(fields, "tiered_pricing")?.unwrap_or_default();
    for prices in &ranges {
        let Some(range) = field::<Vec<f64>>(prices, "range")? else { continue };
        // Bounds are counts of tokens that are written as floats; none has a fraction.
        let from = range.first().map_or(0, |from| *from as u64);
        for (name, value) in prices {
            if let Some(Key { unit, above: None, context: None }) = keys::parse(name, None) {
                let price = each(value.get(), unit.per())?;
                base.entry(unit).or_default().add((from > 0).then_some(from), price);
            }
        }
    }
    Ok(())
}

/// Web searches cost by how much they bring back; medium unless the context says another.
fn add_searches(
    tables: &mut BTreeMap<Option<(&'static str, &'static str)>, Table>,
    fields: &Fields,
) -> Result<()> {
    let Some(prices) = field::<Fields>(fields, "search_context_cost_per_query")? else { return Ok(()) };
    let Some(unit) = Unit::by_name("web_searches") else { return Ok(()) };
    let price = |size: &str| -> Result<Option<Decimal>> {
        let value = prices.get(&format!("search_context_size_{size}"));
        value.map(|value| each(value.get(), unit.per())).transpose()
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

/// What a place or a speed multiplies the prices of tokens by.
fn factors(fields: &Fields) -> Result<Vec<Factor<'static>>> {
    let mut factors = Vec::new();
    for (name, key, value) in [
        ("regional_processing_uplift_multiplier_eu", "region", "eu"),
        ("regional_processing_uplift_multiplier_us", "region", "us"),
        ("regional_endpoint_uplift_multiplier", "region", "!global"),
    ] {
        if let Some(raw) = fields.get(name) {
            factors.push(Factor { key, value, factor: exact(raw.get())? });
        }
    }
    let entry: Fields = field(fields, "provider_specific_entry")?.unwrap_or_default();
    for (name, key) in [("us", "region"), ("fast", "speed")] {
        if let Some(raw) = entry.get(name) {
            factors.push(Factor { key, value: name, factor: exact(raw.get())? });
        }
    }
    Ok(factors)
}

fn field<'f, T: Deserialize<'f>>(fields: &'f Fields, name: &str) -> Result<Option<T>> {
    let value = fields.get(name).map(|raw| serde_json::from_str(raw.get()));
    value.transpose().with_context(|| format!("reading {name}"))
}

#[cfg(test)]
mod tests {
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
        let rules = rules(text).unwrap();
        assert_eq!(rules.providers.len(), 1);
        let ids: Vec<_> = rules.providers[0].rules.iter().map(|rule| rule.id).collect();
        assert_eq!(ids, ["m", "azure/eu/m", "azure_ai/m"]);
        assert_eq!(rules.providers[0].rules[1].matches, Clause::Equals("eu/m"));
    }
}
