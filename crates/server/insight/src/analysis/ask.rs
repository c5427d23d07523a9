//! Parameters of the cost analysis.

use quipu_core::{Error, ErrorKind, GroupBy, Result, Timestamp, TraceFilter};

/// Most points of a series.
pub const MAX_POINTS: usize = 2_000;
/// Most ledger rows that are read one by one, unless asked otherwise.
pub const MAX_ROWS: u64 = 1_000_000;

/// Length of a point of the series. Buckets are those of UTC; a week begins on Monday.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Bucket {
    /// An hour.
    Hour,
    /// A day.
    #[default]
    Day,
    /// A week.
    Week,
    /// A calendar month.
    Month,
}

impl Bucket {
    /// Every length, shortest first.
    pub const ALL: [Self; 4] = [Self::Hour, Self::Day, Self::Week, Self::Month];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// The length with this name; `None` for an unknown name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|bucket| bucket.as_str() == name)
    }

    /// The key that usage is grouped by.
    pub const fn group(self) -> GroupBy {
        match self {
            Self::Hour => GroupBy::Hour,
            Self::Day => GroupBy::Day,
            Self::Week => GroupBy::Week,
            Self::Month => GroupBy::Month,
        }
    }

    /// The start of the bucket that `time` is in.
    pub fn start(self, time: Timestamp) -> Timestamp {
        self.group().start(time).unwrap_or(time)
    }

    /// The start of the bucket after the one that `time` is in.
    pub fn next(self, time: Timestamp) -> Timestamp {
        let start = self.start(time);
        match self {
            Self::Hour => start.plus(Timestamp::HOUR),
            Self::Day => start.plus(Timestamp::DAY),
            Self::Week => start.plus(7 * Timestamp::DAY),
            Self::Month => start.plus(32 * Timestamp::DAY).month(),
        }
    }

    /// How far back the analysis goes where no time is asked for: two days, thirty, half a year, a year and a
    /// month.
    const fn reach(self) -> i64 {
        let days = match self {
            Self::Hour => 2,
            Self::Day => 30,
            Self::Week => 182,
            Self::Month => 396,
        };
        days * Timestamp::DAY
    }
}

/// Until when spending is forecast: the end of the running day, week or month, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Horizon {
    /// The running day.
    Day,
    /// The running week, to Sunday night.
    Week,
    /// The running month.
    Month,
}

impl Horizon {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// The bucket whose end it is.
    pub const fn bucket(self) -> Bucket {
        match self {
            Self::Day => Bucket::Day,
            Self::Week => Bucket::Week,
            Self::Month => Bucket::Month,
        }
    }
}

/// Parameters of the cost analysis.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ask {
    /// Which calls. Without `until` up to now; without `since` as far back as suits the bucket: 2 days of
    /// hours, 30 days, 26 weeks, 13 months.
    pub filter: TraceFilter,
    /// Length of a point of the series.
    pub bucket: Bucket,
    /// Period of the forecast. Default: the day for hours, the week for weeks, the month for days and months.
    pub horizon: Option<Horizon>,
    /// Most ledger rows to read one by one; by default a million. Beyond it, caches, sessions, suggestions
    /// and deviations cover only the latest rows, and the answer says so.
    pub max_rows: Option<u64>,
}

impl Ask {
    pub(crate) fn horizon(&self) -> Horizon {
        self.horizon.unwrap_or(match self.bucket {
            Bucket::Hour => Horizon::Day,
            Bucket::Week => Horizon::Week,
            Bucket::Day | Bucket::Month => Horizon::Month,
        })
    }

    /// The requested time, half-open.
    pub(crate) fn times(&self, now: Timestamp) -> Result<(Timestamp, Timestamp)> {
        let until = self.filter.until.unwrap_or(now);
        let since = self.filter.since.unwrap_or_else(|| until.plus(-self.bucket.reach()));
        let refused = |why: String| Err(Error::new(ErrorKind::Invalid, "analyse costs", why));
        if since >= until {
            return refused(format!("since ({since}) is not before until ({until})"));
        }
        let shortest = match self.bucket {
            Bucket::Hour => Timestamp::HOUR,
            Bucket::Day => Timestamp::DAY,
            Bucket::Week => 7 * Timestamp::DAY,
            Bucket::Month => 28 * Timestamp::DAY,
        };
        let points = usize::try_from(until.since(since) / shortest).unwrap_or(usize::MAX);
        if points >= MAX_POINTS {
            let bucket = self.bucket.as_str();
            return refused(format!(
                "bucket={bucket}: {points} points, at most {MAX_POINTS}; request longer buckets or a \
                 shorter time"
            ));
        }
        Ok((since, until))
    }
}
