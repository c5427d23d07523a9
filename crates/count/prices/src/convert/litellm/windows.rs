//! Conversion of LiteLLM's off-peak prices.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::keys::{self, Key};
use super::{ConvertError, Fields, Place, Result, Table, list};
use crate::decimal::each;
use crate::schema::{Dated, When, Window};

#[derive(Deserialize)]
struct OffPeak {
    windows: Vec<Hours>,
    weekday_timezone: Option<String>,
    #[serde(flatten)]
    prices: BTreeMap<String, serde_json::Value>,
}

#[derive(Deserialize)]
struct Hours {
    hours_utc: OneOrMore,
    /// Days of the week; 1 is Monday.
    weekdays: Option<Vec<u8>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

/// The prices within each window: the peak prices, overridden by the cheaper ones.
pub(super) fn off_peak(fields: &Fields, peak: &Table) -> Result<Vec<Dated>> {
    let Some(raw) = fields.get("off_peak_pricing") else { return Ok(Vec::new()) };
    let off: OffPeak = serde_json::from_str(raw.get()).key("off_peak_pricing")?;
    let texts: BTreeMap<String, Box<RawValue>> = serde_json::from_str(raw.get()).key("off_peak_pricing")?;
    let mut table = peak.clone();
    for name in off.prices.keys() {
        if let (Some(Key { unit, above: None, context: None }), Some(value)) =
            (keys::parse(name, None), texts.get(name))
        {
            table.entry(unit).or_default().add(None, each(value.get(), unit.per()).key(name)?);
        }
    }
    let prices = list(&table, None);
    let weekday_offset = match off.weekday_timezone.as_deref() {
        None => 0,
        Some("Asia/Shanghai") => 8 * 3_600,
        Some(other) => {
            return Err(ConvertError::new(format!("no offset is known for the time zone {other}")))
                .key("off_peak_pricing");
        }
    };
    let mut dated = Vec::new();
    for hours in off.windows {
        let weekdays = hours.weekdays.map_or(0x7f, |days| {
            days.iter().filter_map(|day| day.checked_sub(1)).fold(0, |set, day| set | 1 << (day % 7))
        });
        let spans = match hours.hours_utc {
            OneOrMore::One(span) => vec![span],
            OneOrMore::More(spans) => spans,
        };
        for span in spans {
            let (start, end) = parse(&span)?;
            let window = Window { start, end, weekdays, weekday_offset };
            dated.push(Dated { when: When { from_day: None, window: Some(window) }, prices: prices.clone() });
        }
    }
    Ok(dated)
}

/// Parses `10:00-00:00` as seconds of the day. Midnight as an end is the end of the day.
fn parse(span: &str) -> Result<(u32, u32)> {
    let second = |clock: &str| {
        let (hour, minute) = clock.split_once(':')?;
        let (hour, minute) = (hour.parse::<u32>().ok()?, minute.parse::<u32>().ok()?);
        (hour <= 24 && minute < 60).then_some(hour * 3_600 + minute * 60)
    };
    let times = span.split_once('-').and_then(|(start, end)| Some((second(start)?, second(end)?)));
    let (start, end) = times
        .ok_or_else(|| ConvertError::new(format!("{span} is not a range of hours")))
        .key("off_peak_pricing")?;
    Ok((start, if end == 0 { 86_400 } else { end }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn spans_end_with_the_day() {
        assert_eq!(parse("00:00-01:30").unwrap(), (0, 5_400));
        assert_eq!(parse("10:00-00:00").unwrap(), (36_000, 86_400));
        assert!(parse("10:00").is_err());
    }
}
