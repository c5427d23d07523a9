//! Words of enum variants in lines.

use quipu_core::{
    Billing, Instrument, Kind, Level, Reading, Rule, Signal, SpanKind, Status, Temporality, Unpriced,
};

use crate::fields::Held;
use crate::json::Json;

/// An enum with a word for each variant.
pub(crate) trait Word: Copy + 'static {
    const ALL: &'static [Self];

    fn word(self) -> &'static str;
}

macro_rules! held {
    ($($of:ty = $what:literal),+) => {$(
        impl Held for $of {
            const WHAT: &'static str = $what;

            fn of(json: Json) -> Option<Self> {
                let Json::Text(text) = json else { return None };
                <$of as Word>::ALL.iter().copied().find(|one| Word::word(*one) == text)
            }
        }
    )+};
}

held! {
    Billing = "a word for the billing",
    Kind = "a kind of span",
    Level = "a level",
    Signal = "a signal",
    SpanKind = "a span kind of OpenTelemetry",
    Status = "a status",
    Instrument = "an instrument",
    Temporality = "a temporality",
    Reading = "a convention of input tokens",
    Rule = "a counting rule",
    Unpriced = "a reason for a missing price"
}

macro_rules! by_method {
    ($($of:ty, $method:ident, $all:expr;)+) => {$(
        impl Word for $of {
            const ALL: &'static [Self] = &$all;

            fn word(self) -> &'static str {
                self.$method()
            }
        }
    )+};
}

by_method! {
    Billing, as_str, [Billing::Metered, Billing::Subscription];
    Kind, as_str, Kind::ALL;
    Level, as_str, Level::ALL;
    Signal, as_str, Signal::ALL;
    Reading, word, [
        Reading::Inclusive, Reading::Exclusive, Reading::ProvenInclusive, Reading::ProvenExclusive,
        Reading::Inferred,
    ];
    Rule, word, [
        Rule::Leaf, Rule::Repeats, Rule::NeverCounted, Rule::OrphanRollup, Rule::Merged, Rule::Duplicate,
        Rule::Fetched, Rule::Echo, Rule::Metric,
    ];
    Unpriced, as_str, [
        Unpriced::UnknownModel, Unpriced::NoModel, Unpriced::NoUsage, Unpriced::NoUnitPrice,
        Unpriced::NotValidThen,
    ];
}

macro_rules! by_table {
    ($($of:ident: $($one:ident = $word:literal),+;)+) => {$(
        impl Word for $of {
            const ALL: &'static [Self] = &[$(Self::$one),+];

            fn word(self) -> &'static str {
                match self {
                    $(Self::$one => $word,)+
                }
            }
        }
    )+};
}

by_table! {
    SpanKind: Unspecified = "unspecified", Internal = "internal", Server = "server", Client = "client",
        Producer = "producer", Consumer = "consumer";
    Status: Unset = "unset", Ok = "ok", Error = "error";
    Instrument: Gauge = "gauge", Counter = "counter", UpDownCounter = "up_down_counter", Histogram = "histogram",
        ExponentialHistogram = "exponential_histogram", Summary = "summary";
    Temporality: Unspecified = "unspecified", Delta = "delta", Cumulative = "cumulative";
}
