//! Queries about money: analysis, price lists, and disagreements of the books.

use quipu_core::{Criterion, FacetField, GroupBy, Term, Timestamp, TraceFilter, Wanted};

use crate::{FILTER_PARAMS, ParamError, Params, parse_time_range, parse_trace_filter};

/// Parameters of a cost analysis, in addition to [`FILTER_PARAMS`].
pub const ANALYSIS_PARAMS: &[&str] = &["bucket"];
/// Parameters of the short routes.
pub const RANGE_PARAMS: &[&str] = &["time_range", "frameworks"];
/// Parameters of a query for models' prices.
pub const PRICE_LIST_PARAMS: &[&str] = &["provider", "q", "limit"];
/// Parameters of a query for disagreements.
pub const PRICE_CHECK_PARAMS: &[&str] = &["percent"];
/// Default number of models in a price list.
pub const PRICE_LIST_ROWS: usize = 100;
/// Default tolerance between two prices, in percent.
pub const PRICE_CHECK_PERCENT: u64 = 1;

const BUCKETS: &[(&str, GroupBy)] =
    &[("hour", GroupBy::Hour), ("day", GroupBy::Day), ("week", GroupBy::Week), ("month", GroupBy::Month)];

/// A query for a cost analysis.
#[derive(Debug, Clone, PartialEq)]
pub struct AnalysisAsk {
    /// Which calls, read as for usage.
    pub filter: TraceFilter,
    /// Width of a step; `None` lets the length of time decide.
    pub bucket: Option<GroupBy>,
}

/// A time range and frameworks, as the short routes take them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RangeAsk {
    /// Start of the range; `None` for all that is stored.
    pub since: Option<Timestamp>,
    /// Frameworks; empty for all.
    pub frameworks: Vec<String>,
}

impl RangeAsk {
    /// The same as a filter: up to `now`, unless all that is stored is meant.
    pub fn filter(self, now: Timestamp) -> TraceFilter {
        let wanted: Vec<Wanted> = self.frameworks.into_iter().map(Wanted::Exactly).collect();
        let of_them =
            |wanted| Term { not: false, criterion: Criterion::Named(FacetField::Framework, wanted) };
        let terms = Some(wanted).filter(|wanted| !wanted.is_empty()).map(of_them).into_iter().collect();
        TraceFilter { since: self.since, until: self.since.map(|_| now), terms, ..TraceFilter::default() }
    }
}

/// A query for models' prices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceListAsk {
    /// Only of this provider.
    pub provider: Option<String>,
    /// Only models whose name contains this text.
    pub q: Option<String>,
    /// Most models wanted.
    pub limit: usize,
}

impl Params {
    /// Reads a query for a cost analysis.
    ///
    /// # Errors
    /// A parameter is unknown, given twice, or has a value that cannot be used.
    pub fn analysis_ask(&self) -> Result<AnalysisAsk, ParamError> {
        self.allow(&[FILTER_PARAMS, ANALYSIS_PARAMS], &[])?;
        Ok(AnalysisAsk { filter: parse_trace_filter(self)?, bucket: self.word("bucket", BUCKETS)? })
    }

    /// Reads `time_range` and `frameworks`.
    ///
    /// # Errors
    /// A parameter is unknown, given twice, or has a value that cannot be used.
    pub fn range_ask(&self) -> Result<RangeAsk, ParamError> {
        self.allow(&[RANGE_PARAMS], &[])?;
        let range = self.read("time_range", "one of 1h, 24h, 7d, 30d", parse_time_range)?;
        let frameworks = self.read("frameworks", "a comma list of frameworks", names)?;
        let since = range.map(|range| self.now().plus(-range));
        Ok(RangeAsk { since, frameworks: frameworks.unwrap_or_default() })
    }

    /// Reads a query for models' prices; 100 by default.
    ///
    /// # Errors
    /// A parameter is unknown, given twice, or has a value that cannot be used.
    pub fn price_list_ask(&self) -> Result<PriceListAsk, ParamError> {
        self.allow(&[PRICE_LIST_PARAMS], &[])?;
        let (provider, q) = (self.text("provider")?, self.text("q")?);
        Ok(PriceListAsk { provider, q, limit: self.limit(PRICE_LIST_ROWS, self.max_rows())? })
    }

    /// Reads how far apart, in percent, two prices may be before they disagree: 1 unless asked otherwise.
    ///
    /// # Errors
    /// A parameter is unknown, given twice, or is no whole number from 0 to 1,000,000.
    pub fn price_check_percent(&self) -> Result<u64, ParamError> {
        self.allow(&[PRICE_CHECK_PARAMS], &[])?;
        let in_range = |text: &str| text.parse().ok().filter(|percent| *percent <= 1_000_000);
        let percent = self.read("percent", "a whole number of percent from 0 to 1000000", in_range)?;
        Ok(percent.unwrap_or(PRICE_CHECK_PERCENT))
    }
}

/// The word of a bucket, as the parameter `bucket` takes it.
pub fn bucket_word(bucket: GroupBy) -> &'static str {
    BUCKETS.iter().find(|(_, known)| *known == bucket).map_or("", |(word, _)| word)
}

fn names(text: &str) -> Option<Vec<String>> {
    text.split(',').map(str::trim).map(|name| (!name.is_empty()).then(|| name.to_owned())).collect()
}
