//! Conversion of the genai-prices list to price rules.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::error::{ConvertError, Place};
use super::{Arena, encode};
use crate::Unit;
use crate::decimal::exact;
use crate::schema::{
    Body, Clause, Dated, Decimal, Minimum, Price, Provider, Rule, Rules, Variant, When, Window,
};

type Result<T> = std::result::Result<T, ConvertError>;

/// The export of the package, or the list of its repository.
#[derive(Deserialize)]
struct Facts {
    providers: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Named {
    id: Option<String>,
}

#[derive(Deserialize)]
struct RawProvider {
    id: String,
    provider_match: Option<Match>,
    model_match: Option<Match>,
    #[serde(default)]
    fallback_model_providers: Vec<String>,
    models: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Model {
    id: String,
    #[serde(rename = "match")]
    matches: Match,
    prices: Box<RawValue>,
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

type Amounts = BTreeMap<String, Box<RawValue>>;

#[derive(Deserialize)]
struct Conditional {
    constraint: Option<Constraint>,
    prices: Amounts,
}

#[derive(Deserialize)]
struct RawVariant {
    when: BTreeMap<String, String>,
    constraint: Option<Constraint>,
    prices: Amounts,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Constraint {
    From { start_date: String },
    Hours { start_time: String, end_time: String },
}

#[derive(Deserialize)]
struct Tiered {
    base: Box<RawValue>,
    tiers: Vec<RawTier>,
}

#[derive(Deserialize)]
struct RawTier {
    start: u64,
    price: Box<RawValue>,
}

/// Whether the text has the format of this list.
pub(super) fn is_list(text: &str) -> bool {
    providers(text).is_ok()
}

fn providers(text: &str) -> Result<Vec<Box<RawValue>>> {
    let read = if text.trim_start().starts_with('[') {
        serde_json::from_str(text)
    } else {
        serde_json::from_str(text).map(|facts: Facts| facts.providers)
    };
    read.key("")
}

/// All rules, in the order of the list: earlier rules win.
pub(super) fn rules<'a>(text: &str, arena: &'a Arena) -> Result<Rules<'a>> {
    let providers = providers(text)?;
    Ok(Rules { providers: providers.iter().map(|raw| provider(raw.get(), arena)).collect::<Result<_>>()? })
}

/// The id of an entry, for errors.
fn name_of(raw: &str) -> String {
    let named = serde_json::from_str::<Named>(raw).ok().and_then(|named| named.id);
    named.unwrap_or_else(|| "an entry without id".to_owned())
}

fn provider<'a>(raw: &str, arena: &'a Arena) -> Result<Provider<'a>> {
    let name = name_of(raw);
    let read: RawProvider = serde_json::from_str(raw).entry(&name)?;
    let rule = |raw: &RawValue| {
        let entry = format!("{name}/{}", name_of(raw.get()));
        let model = serde_json::from_str::<Model>(raw.get()).entry(&entry)?;
        rule(&name, &model, arena).entry(&entry)
    };
    let known = |raw: &Option<Match>| raw.as_ref().map(|raw| clause(raw, arena)).transpose().entry(&name);
    Ok(Provider {
        id: arena.text(&read.id),
        provider_match: known(&read.provider_match)?,
        model_match: known(&read.model_match)?,
        fallbacks: read.fallback_model_providers.iter().map(|id| arena.text(id)).collect(),
        rules: read.models.iter().map(|raw| rule(raw)).collect::<Result<_>>()?,
    })
}

fn rule<'a>(provider: &str, model: &Model, arena: &'a Arena) -> Result<Rule<'a>> {
    let variants = model.price_variants.iter().filter(|raw| !raw.prices.is_empty());
    let body = Body {
        base: dated(model.prices.get())?,
        variants: variants.map(|raw| variant(raw, arena)).collect::<Result<_>>()?,
        factors: Vec::new(),
        minimums: minimums(provider, &model.id),
        deprecated: model.deprecated,
    };
    let id = arena.text(format!("{provider}/{}", model.id));
    Ok(Rule { id, matches: clause(&model.matches, arena)?, body: arena.bytes(&encode(&body)?) })
}

/// Prices without an end, or a list of prices by time.
fn dated(raw: &str) -> Result<Vec<Dated>> {
    if !raw.starts_with('[') {
        let always: Amounts = serde_json::from_str(raw).key("prices")?;
        return Ok(vec![Dated { when: When::default(), prices: base(&always)? }]);
    }
    let all: Vec<Conditional> = serde_json::from_str(raw).key("prices")?;
    let dated =
        |one: &Conditional| Ok(Dated { when: when(one.constraint.as_ref())?, prices: base(&one.prices)? });
    all.iter().map(dated).collect()
}

fn variant<'a>(raw: &RawVariant, arena: &'a Arena) -> Result<Variant<'a>> {
    let context = raw.when.iter().map(|(key, value)| (arena.text(key), arena.text(value))).collect();
    Ok(Variant { context, when: when(raw.constraint.as_ref())?, prices: prices(&raw.prices)? })
}

/// A model without any price is free. Its prices are written as zero, so its bill has lines.
fn base(raw: &Amounts) -> Result<Vec<Price>> {
    if raw.is_empty() {
        let free = |unit| Price { unit, price: Decimal::ZERO, tiers: Vec::new() };
        return Ok(vec![free(Unit::INPUT), free(Unit::OUTPUT)]);
    }
    prices(raw)
}

fn prices(raw: &Amounts) -> Result<Vec<Price>> {
    let mut prices = raw
        .iter()
        .filter(|(_, amount)| amount.get() != "null")
        .map(|(key, amount)| price(key, amount.get()).key(key))
        .collect::<Result<Vec<_>>>()?;
    prices.sort_by_key(|price| price.unit);
    Ok(prices)
}

fn price(key: &str, amount: &str) -> Result<Price> {
    let unit = unit(key).ok_or_else(|| ConvertError::new("no unit has such a price"))?;
    if !amount.starts_with('{') {
        return Ok(Price { unit, price: number(amount)?, tiers: Vec::new() });
    }
    let Tiered { base, tiers } = serde_json::from_str(amount).key(key)?;
    let tier = |tier: &RawTier| Ok((tier.start, number(tier.price.get())?));
    let mut tiers = tiers.iter().map(tier).collect::<Result<Vec<_>>>()?;
    tiers.sort_by_key(|(start, _)| *start);
    Ok(Price { unit, price: number(base.get())?, tiers })
}

/// The export writes decimals as text, the repository as numbers.
fn number(raw: &str) -> Result<Decimal> {
    exact(raw.trim_matches('"')).key("")
}

/// The unit of a price key. The keys define the amount per price in the same way as the units of the book.
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

/// Groq bills at least ten seconds of speech (<https://groq.com/pricing>). The package has this rule in its
/// code.
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
    let date: jiff::civil::Date =
        date.parse().map_err(|_| ConvertError::new(format!("{date} is not a date")))?;
    Ok((date - jiff::civil::date(1970, 1, 1)).get_days())
}

/// `16:30:00+00:00` as a second of the UTC day.
fn second(time: &str) -> Result<u32> {
    let clock = time.strip_suffix("+00:00").or_else(|| time.strip_suffix('Z'));
    let clock = clock.ok_or_else(|| ConvertError::new(format!("{time} is not in UTC")))?;
    let parts = clock.split(':').map(str::parse).collect::<std::result::Result<Vec<u32>, _>>();
    match parts.as_deref() {
        Ok([hour @ 0..24, minute @ 0..60, second @ 0..60]) => Ok(hour * 3_600 + minute * 60 + second),
        _ => Err(ConvertError::new(format!("{time} is not a time of day"))),
    }
}

fn clause<'a>(raw: &Match, arena: &'a Arena) -> Result<Clause<'a>> {
    let low = |text: &String| arena.text(text.to_lowercase());
    Ok(match raw {
        Match::Equals(text) => Clause::Equals(low(text)),
        Match::StartsWith(text) => Clause::StartsWith(low(text)),
        Match::EndsWith(text) => Clause::EndsWith(low(text)),
        Match::Contains(text) => Clause::Contains(low(text)),
        Match::Regex(pattern) => regex(pattern, arena)?,
        Match::Or(all) => any(all.iter().map(|one| clause(one, arena)).collect::<Result<_>>()?),
        Match::And(all) => Clause::All(all.iter().map(|one| clause(one, arena)).collect::<Result<_>>()?),
    })
}

fn any(mut clauses: Vec<Clause<'_>>) -> Clause<'_> {
    match clauses.pop() {
        Some(only) if clauses.is_empty() => only,
        last => Clause::Any(clauses.into_iter().chain(last).collect()),
    }
}

/// Converts an expression to the dialect of this program. The dialect has no look-ahead, so `^(?!a)b` becomes
/// "not `^a`, and `^b`". A literal prefix becomes a separate condition, which avoids the expression for most
/// names.
fn regex<'a>(pattern: &str, arena: &'a Arena) -> Result<Clause<'a>> {
    if let Some(rest) = pattern.strip_prefix("^(?!") {
        let end =
            closing(rest).ok_or_else(|| ConvertError::new(format!("{pattern} has an unclosed group")))?;
        let mut all = vec![Clause::Not(Box::new(regex(&format!("^{}", &rest[..end]), arena)?))];
        if end + 1 < rest.len() {
            all.push(regex(&format!("^{}", &rest[end + 1..]), arena)?);
        }
        return Ok(if all.len() == 1 { all.remove(0) } else { Clause::All(all) });
    }
    if ["(?!", "(?=", "(?<"].iter().any(|group| pattern.contains(group)) {
        return Err(ConvertError::new(format!("{pattern} has an unsupported look-around")));
    }
    let pattern = pattern.replace(r"\d", "[0-9]");
    if let Err(error) = regex::Regex::new(&pattern) {
        return Err(ConvertError::new(error.to_string()));
    }
    let begins = beginning(&pattern);
    let expression = Clause::Regex(arena.text(pattern));
    Ok(match begins {
        Some(text) => Clause::All(vec![Clause::StartsWith(arena.text(text)), expression]),
        None => expression,
    })
}

/// Index at which the group that is open at the start of the text closes.
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

/// The literal prefix of every match.
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
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
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
        let arena = Arena::default();
        let clause = regex(r"^(?![^/]+/)(?:labs-)?mi", &arena).unwrap();
        assert!(clause.holds("mistral") && clause.holds("labs-mistral") && !clause.holds("x/mistral"));
        let clause = regex(r"^(?!.*-[tT][tT][sS](?:$|-))", &arena).unwrap();
        assert!(clause.holds("gemini-3") && !clause.holds("gemini-3-tts") && !clause.holds("gemini-tts-2"));
        assert!(regex("a(?=b)", &arena).is_err());
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
