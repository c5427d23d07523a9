//! Forecast of a window or a budget: when a limit is reached if the mean pace goes on.

use jiff::{SignedDuration, Timestamp};

/// Least part of a window from which a pace is computed: one call at its start has none.
const LEAST: f64 = 0.05;

/// Amount of a limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Amount {
    Tokens(f64),
    /// By list price.
    Usd(f64),
}

/// Limits of subscriptions, which no provider reports in telemetry.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Limits {
    pub(crate) five_hours: Option<Amount>,
    pub(crate) week: Option<Amount>,
}

impl Limits {
    /// Reads a limit such as `5h=20usd` or `week=40M`.
    ///
    /// # Errors
    /// The window is unknown, or the amount is not positive.
    pub fn set(&mut self, text: &str) -> Result<(), String> {
        let expected = || format!("expected a limit such as 5h=20usd or week=40M, got {text:?}");
        let (window, amount) = text.split_once('=').ok_or_else(expected)?;
        let amount = Some(amount.trim()).and_then(read).ok_or_else(expected)?;
        match window.trim() {
            "5h" => self.five_hours = Some(amount),
            "week" => self.week = Some(amount),
            _ => return Err(expected()),
        }
        Ok(())
    }

    pub(crate) fn of(&self, kind: &str) -> Option<Amount> {
        if kind == "week" { self.week } else { self.five_hours }
    }
}

fn read(text: &str) -> Option<Amount> {
    let (number, amount): (&str, fn(f64) -> Amount) = match text.strip_suffix("usd") {
        Some(number) => (number, Amount::Usd),
        None => (text, Amount::Tokens),
    };
    let scales = [('k', 1e3), ('M', 1e6), ('G', 1e9)];
    let scaled = scales.iter().find_map(|(unit, scale)| Some((number.strip_suffix(*unit)?, *scale)));
    let (number, scale) = scaled.unwrap_or((number, 1.0));
    let figure: f64 = number.trim().parse().ok()?;
    Some(amount(figure * scale)).filter(|_| figure.is_finite() && figure > 0.0)
}

/// The end of a window at its mean pace.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pace {
    /// Amount at its end.
    pub(crate) at_end: f64,
    /// Time at which the limit is reached; none if that is not before the end.
    pub(crate) reached: Option<Timestamp>,
}

/// The pace of a window; none before it starts, after its end, and without use.
pub(crate) fn pace(
    used: f64,
    limit: Option<f64>,
    started: Timestamp,
    ends: Timestamp,
    now: Timestamp,
) -> Option<Pace> {
    if used <= 0.0 || now < started || now >= ends {
        return None;
    }
    let seconds = |from: Timestamp, to: Timestamp| to.duration_since(from).as_secs_f64();
    let rate = used / seconds(started, now).max(LEAST * seconds(started, ends));
    let at_end = used + rate * seconds(now, ends);
    let reached = limit.filter(|limit| *limit > 0.0 && at_end >= *limit).and_then(|limit| {
        let wait = ((limit - used) / rate).max(0.0);
        now.checked_add(SignedDuration::try_from_secs_f64(wait).ok()?).ok()
    });
    Some(Pace { at_end, reached })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        format!("2026-11-25T{text}:00Z").parse().unwrap()
    }

    #[test]
    fn a_limit_is_read_in_tokens_and_dollars() {
        let mut limits = Limits::default();
        limits.set("5h=20usd").unwrap();
        limits.set("week=1.5M").unwrap();
        assert_eq!(limits.of("5h"), Some(Amount::Usd(20.0)));
        assert_eq!(limits.of("week"), Some(Amount::Tokens(1_500_000.0)));
        for bad in ["5h", "5h=", "day=4", "5h=-1", "week=NaN", "week=infusd", "5h=0"] {
            let error = limits.set(bad).unwrap_err();
            assert!(error.ends_with(&format!("got {bad:?}")), "{error}");
        }
    }

    #[test]
    fn a_limit_is_reached_at_the_mean_pace() {
        let window = |used, limit| pace(used, limit, at("12:00"), at("17:00"), at("14:00"));
        let found = window(60.0, Some(140.0)).unwrap();
        assert_eq!((found.at_end, found.reached), (150.0, Some(at("16:40"))));
        assert_eq!(window(60.0, Some(150.5)).unwrap().reached, None);
        assert_eq!(window(60.0, Some(50.0)).unwrap().reached, Some(at("14:00")));
        assert_eq!(window(60.0, None).unwrap().reached, None);
        assert_eq!(window(0.0, Some(1.0)), None);
    }

    #[test]
    fn a_window_that_is_over_or_new_has_no_wild_forecast() {
        assert_eq!(pace(1.0, None, at("12:00"), at("17:00"), at("17:00")), None);
        assert_eq!(pace(1.0, None, at("12:00"), at("17:00"), at("11:59")), None);
        let new = pace(1.0, None, at("12:00"), at("17:00"), at("12:00")).unwrap();
        assert_eq!(new.at_end, 21.0);
    }
}
