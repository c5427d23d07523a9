//! The facts of the genai-prices package as price rules.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use quipu_prices::Unit;
use quipu_prices::schema::{
    self, Body, Clause, Dated, Decimal, Minimum, Price, Provider, Rule, Rules, Variant, When, Window,
};
use serde::Deserialize;

use super::decimal::exact;
use super::{keep, keep_bytes};

#[derive(Deserialize)]
struct Facts {
    providers: Vec<RawProvider>,
}

#[derive(Deserialize)]
struct RawProvider {
    id: String,
    provider_match: Option<Match>,
    model_match: Option<Match>,
    #[serde(default)]
    fallback_model_providers: Vec<String>,
    models: Vec<Model>,
}

#[derive(Deserialize)]
struct Model {
    id: String,
    #[serde(rename = "match")]
    matches: Match,
    prices: Prices,
    #[serde(default)]
    price_variants: Vec<RawVariant>,
    #[serde(default)]
    deprecated: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Match {
    Equals(String),
    StartsWith(String),
    EndsWith(String),
    Contains(String),
    Regex(String),
    Or(Vec<Match>),
    And(Vec<Match>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Prices {
    Dated(Vec<Conditional>),
    Always(BTreeMap<String, Amount>),
}

#[derive(Deserialize)]
struct Conditional {
    constraint: Option<Constraint>,
    prices: BTreeMap<String, Amount>,
}

#[derive(Deserialize)]
struct RawVariant {
    when: BTreeMap<String, String>,
    constraint: Option<Constraint>,
    prices: BTreeMap<String, Amount>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Constraint {
    From { start_date: String },
    Hours { start_time: String, end_time: String },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Amount {
    Flat(String),
    Tiered { base: String, tiers: Vec<RawTier> },
}

#[derive(Deserialize)]
struct RawTier {
    start: u64,
    price: String,
}

/// All rules, in the order of the facts: earlier rules win.
pub(super) fn rules(text: &str) -> Result<Rules<'static>> {
    let facts: Facts = serde_json::from_str(text).context("reading the facts of genai-prices")?;
    let providers = facts.providers.iter().map(provider).collect::<Result<_>>()?;
    Ok(Rules { providers })
}

fn provider(raw: &RawProvider) -> Result<Provider<'static>> {
    let rule = |model: &Model| rule(&raw.id, model).with_context(|| format!("{}: {}", raw.id, model.id));
    Ok(Provider {
        id: keep(&raw.id),
        provider_match: raw.provider_match.as_ref().map(clause).transpose()?,
        model_match: raw.model_match.as_ref().map(clause).transpose()?,
        fallbacks: raw.fallback_model_providers.iter().map(keep).collect(),
        rules: raw.models.iter().map(rule).collect::<Result<_>>()?,
    })
}

fn rule(provider: &str, model: &Model) -> Result<Rule<'static>> {
    let base = match &model.prices {
        Prices::Always(prices) => vec![Dated { when: When::default(), prices: base(prices)? }],
        Prices::Dated(all) => all
            .iter()
            .map(|one| Ok(Dated { when: when(one.constraint.as_ref())?, prices: base(&one.prices)? }))
            .collect::<Result<_>>()?,
    };
    let variants = model.price_variants.iter().filter(|raw| !raw.prices.is_empty());
    let body = Body {
        base,
        variants: variants.map(variant).collect::<Result<_>>()?,
        factors: Vec::new(),
        minimums: minimums(provider, &model.id),
        deprecated: model.deprecated,
    };
    let id = keep(format!("{provider}/{}", model.id));
    Ok(Rule { id, matches: clause(&model.matches)?, body: keep_bytes(schema::encode(&body)?) })
}

fn variant(raw: &RawVariant) -> Result<Variant<'static>> {
    let context = raw.when.iter().map(|(key, value)| (keep(key), keep(value))).collect();
    Ok(Variant { context, when: when(raw.constraint.as_ref())?, prices: prices(&raw.prices)? })
}

/// A model without any price is free: said outright, so that its bill has lines.
fn base(raw: &BTreeMap<String, Amount>) -> Result<Vec<Price>> {
    if raw.is_empty() {
        let free = |unit| Price { unit, price: Decimal::ZERO, tiers: Vec::new() };
        return Ok(["input_tokens", "output_tokens"]
            .into_iter()
            .filter_map(Unit::by_name)
            .map(free)
            .collect());
    }
    prices(raw)
}

fn prices(raw: &BTreeMap<String, Amount>) -> Result<Vec<Price>> {
    let mut prices = raw.iter().map(|(key, amount)| price(key, amount)).collect::<Result<Vec<_>>>()?;
    prices.sort_by_key(|price| price.unit);
    Ok(prices)
}

fn price(key: &str, amount: &Amount) -> Result<Price> {
    let unit = unit(key).with_context(|| format!("no unit for the price {key}"))?;
    let (base, tiers) = match amount {
        Amount::Flat(base) => (base, &[][..]),
        Amount::Tiered { base, tiers } => (base, &tiers[..]),
    };
    let mut tiers =
        tiers.iter().map(|tier| Ok((tier.start, exact(&tier.price)?))).collect::<Result<Vec<_>>>()?;
    tiers.sort_by_key(|(start, _)| *start);
    Ok(Price { unit, price: exact(base)?, tiers })
}

/// The unit that a price key is for; the keys say how much a price buys, as the units of the book do.
fn unit(key: &str) -> Option<Unit> {
    let whole = match key {
        "input_mchars" => "input_characters",
        "input_gpixels" => "input_pixels",
        _ => key.strip_suffix("_kcount").unwrap_or(key),
    };
    let endings = [("_mtok", "_tokens"), ("_hours", "_seconds"), ("_kpages", "_pages")];
    let other =
        endings.iter().find_map(|(short, long)| Some(format!("{}{long}", whole.strip_suffix(short)?)));
    Unit::by_name(other.as_deref().unwrap_or(whole))
}

/// Groq bills at least ten seconds of speech (<https://groq.com/pricing>): the package holds this rule in its code.
fn minimums(provider: &str, model: &str) -> Vec<Minimum> {
    if provider != "groq" || !matches!(model, "whisper-large-v3" | "whisper-large-v3-turbo") {
        return Vec::new();
    }
    let units = ["audio_seconds", "input_audio_seconds"].into_iter().filter_map(Unit::by_name).collect();
    vec![Minimum { units, least: 10 }]
}

fn when(constraint: Option<&Constraint>) -> Result<When> {
    Ok(match constraint {
        None => When::default(),
        Some(Constraint::From { start_date }) => When { from_day: Some(day(start_date)?), window: None },
        Some(Constraint::Hours { start_time, end_time }) => {
            let window = Window {
                start: second(start_time)?,
                end: second(end_time)?,
                weekdays: 0x7f,
                weekday_offset: 0,
            };
            When { from_day: None, window: Some(window) }
        }
    })
}

/// `2026-08-21` as days since 1970-01-01.
fn day(date: &str) -> Result<i32> {
    let date: jiff::civil::Date = date.parse().with_context(|| format!("{date} is not a date"))?;
    Ok((date - jiff::civil::date(1970, 1, 1)).get_days())
}

/// `16:30:00+00:00` as a second of the UTC day.
fn second(time: &str) -> Result<u32> {
    let clock = time.strip_suffix("+00:00").with_context(|| format!("{time} is not in UTC"))?;
    let parts =
        clock.split(':').map(str::parse).collect::<Result<Vec<u32>, _>>().with_context(|| time.to_owned())?;
    let [hour, minute, second] = parts[..] else { bail!("{time} is not a time of day") };
    Ok(hour * 3_600 + minute * 60 + second)
}

fn clause(raw: &Match) -> Result<Clause<'static>> {
    let low = |text: &String| keep(text.to_lowercase());
    Ok(match raw {
        Match::Equals(text) => Clause::Equals(low(text)),
        Match::StartsWith(text) => Clause::StartsWith(low(text)),
        Match::EndsWith(text) => Clause::EndsWith(low(text)),
        Match::Contains(text) => Clause::Contains(low(text)),
        Match::Regex(pattern) => regex(pattern)?,
        Match::Or(all) => any(all.iter().map(clause).collect::<Result<_>>()?),
        Match::And(all) => Clause::All(all.iter().map(clause).collect::<Result<_>>()?),
    })
}

fn any(mut clauses: Vec<Clause<'static>>) -> Clause<'static> {
    match clauses.pop() {
        Some(only) if clauses.is_empty() => only,
        last => Clause::Any(clauses.into_iter().chain(last).collect()),
    }
}

/// An expression in the dialect that the program reads: it has no look-ahead, so `^(?!a)b` becomes "not `^a`, and
/// `^b`". A literal beginning becomes a condition of its own, which spares most names the expression.
fn regex(pattern: &str) -> Result<Clause<'static>> {
    if let Some(rest) = pattern.strip_prefix("^(?!") {
        let end = closing(rest).with_context(|| format!("{pattern} has an open group"))?;
        let mut all = vec![Clause::Not(Box::new(regex(&format!("^{}", &rest[..end]))?))];
        if end + 1 < rest.len() {
            all.push(regex(&format!("^{}", &rest[end + 1..]))?);
        }
        return Ok(if all.len() == 1 { all.remove(0) } else { Clause::All(all) });
    }
    if ["(?!", "(?=", "(?<"].iter().any(|group| pattern.contains(group)) {
        bail!("{pattern} looks around in a way that is not known");
    }
    let expression = Clause::Regex(keep(pattern.replace(r"\d", "[0-9]")));
    Ok(match beginning(pattern) {
        Some(text) => Clause::All(vec![Clause::StartsWith(keep(text)), expression]),
        None => expression,
    })
}

/// Where the group that is open at the start of the text closes.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut escaped) = (1, false);
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '(' => depth += 1,
            ')' if depth == 1 => return Some(at),
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The literal text that every match begins with.
fn beginning(pattern: &str) -> Option<String> {
    let rest = pattern.strip_prefix('^').filter(|rest| !rest.contains('|'))?;
    let (mut text, mut letters) = (String::new(), rest.chars().peekable());
    while let Some(letter) = letters.next() {
        let literal = match letter {
            '\\' => letters.next_if_eq(&'.'),
            '-' | '_' | '/' | '@' => Some(letter),
            _ if letter.is_ascii_alphanumeric() => Some(letter),
            _ => None,
        };
        let repeated = letters.peek().is_some_and(|next| matches!(next, '?' | '*' | '+' | '{'));
        match literal {
            Some(literal) if !repeated => text.push(literal),
            _ => break,
        }
    }
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_count_from_the_epoch() {
        for (date, days) in
            [("1970-01-01", 0), ("2000-03-01", 11_017), ("2024-02-29", 19_782), ("2026-08-21", 20_686)]
        {
            assert_eq!(day(date).unwrap(), days, "{date}");
        }
        assert_eq!(second("16:30:00+00:00").unwrap(), 59_400);
        assert!(second("16:30:00+08:00").is_err() && day("2026").is_err());
    }

    #[test]
    fn look_ahead_becomes_a_condition() {
        let clause = regex(r"^(?![^/]+/)(?:labs-)?mi").unwrap();
        assert!(clause.holds("mistral") && clause.holds("labs-mistral") && !clause.holds("x/mistral"));
        let clause = regex(r"^(?!.*-[tT][tT][sS](?:$|-))").unwrap();
        assert!(clause.holds("gemini-3") && !clause.holds("gemini-3-tts") && !clause.holds("gemini-tts-2"));
        assert!(regex("a(?=b)").is_err());
        assert_eq!(beginning(r"^gpt-5\.6-luna-\d{4}$").as_deref(), Some("gpt-5.6-luna-"));
        assert_eq!(beginning("^ab?c").as_deref(), Some("a"));
        assert_eq!(beginning("^a|b"), None);
    }

    #[test]
    fn every_price_key_has_a_unit() {
        for key in
            ["input_mtok", "cache_audio_read_mtok", "audio_hours", "input_document_kpages", "requests_kcount"]
        {
            assert!(unit(key).is_some(), "{key}");
        }
        assert_eq!(unit("nothing_mtok"), None);
    }
}
