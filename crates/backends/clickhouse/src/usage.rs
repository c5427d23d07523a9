//! Sums over calls from the rollup by hour.

use quipu_answers::{Question as _, UsageSum};
use quipu_core::{GroupBy, Result, Timestamp, TraceFilter, UsageGroup, UsageQuery};

use crate::open::Clickhouse;
use crate::preselect::Preselect;
use crate::rollup::{SUMS, column, read_sums};
use crate::sql;

/// A filter's time as whole hours for the rollup, and the cut hours at its ends.
#[derive(Debug, PartialEq, Eq)]
struct Cut {
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    ends: Vec<(Timestamp, Timestamp)>,
}

fn cut(since: Option<Timestamp>, until: Option<Timestamp>) -> Cut {
    let up = |time: Timestamp| {
        let floor = time.floor(Timestamp::HOUR);
        if floor == time { time } else { floor.plus(Timestamp::HOUR) }
    };
    let (first, last) = (since.map(up), until.map(|until| until.floor(Timestamp::HOUR)));
    if let (Some(since), Some(until), Some(first), Some(last)) = (since, until, first, last)
        && first >= last
    {
        // No whole hour is left, so the rows of the range are summed one by one.
        return Cut { since: Some(first), until: Some(first), ends: vec![(since, until)] };
    }
    let head = since.zip(first).filter(|(since, first)| since < first);
    let tail = last.zip(until).filter(|(last, until)| last < until);
    Cut { since: first, until: last, ends: head.into_iter().chain(tail).collect() }
}

impl Clickhouse {
    /// Sums that [`crate::preselect::is_of_rollup`] allows.
    pub(crate) async fn usage_by_rollup(&self, query: &UsageQuery) -> Result<Vec<UsageGroup>> {
        let mut sum = UsageSum::new(query)?;
        let Cut { since, until, ends } = cut(query.filter.since, query.filter.until);
        if since.is_none() || since != until {
            self.add_hours(query, (since, until), &mut sum).await?;
        }
        for (since, until) in ends {
            let filter = TraceFilter { since: Some(since), until: Some(until), ..query.filter.clone() };
            let part = UsageQuery { filter, group_by: query.group_by.clone() };
            let groups = self.ask(&Preselect::of_calls(&part.filter), UsageSum::new(&part)?).await?;
            groups.into_iter().try_for_each(|group| sum.add_sums(group.key, group.totals))?;
        }
        sum.finish()
    }

    async fn add_hours(
        &self,
        query: &UsageQuery,
        (since, until): (Option<Timestamp>, Option<Timestamp>),
        sum: &mut UsageSum<'_>,
    ) -> Result<()> {
        let filter = &query.filter;
        let mut conditions: Vec<String> = Vec::new();
        conditions.extend(since.map(|since| format!("hour >= {}", since.nanos())));
        conditions.extend(until.map(|until| format!("hour < {}", until.nanos())));
        for (by, wanted) in [
            (GroupBy::Service, &filter.service),
            (GroupBy::Framework, &filter.framework),
            (GroupBy::Agent, &filter.agent),
            (GroupBy::Model, &filter.model),
        ] {
            let equal = wanted.as_ref().zip(column(by));
            conditions.extend(equal.map(|(wanted, (name, bit))| {
                format!("{name} = {} AND bitAnd(named, {bit}) != 0", sql::text(wanted))
            }));
        }
        let keys: Vec<String> = query.group_by.iter().map(|by| key(*by)).collect();
        let group = if keys.is_empty() { String::new() } else { format!(" GROUP BY {}", keys.join(", ")) };
        let columns = keys.iter().map(String::as_str).chain([SUMS]).collect::<Vec<_>>().join(", ");
        let table = self.connection.table("usage_hours");
        let sql = format!("SELECT {columns} FROM {table}{}{group}", sql::filter(&conditions));
        let mut rows = self.connection.rows(&sql).await?;
        while !rows.is_empty() {
            if let Some((key, totals)) = read_sums(&mut rows, &query.group_by)? {
                sum.add_sums(key, totals)?;
            }
        }
        Ok(())
    }
}

/// Columns of a key: an hour, the billing, or whether the group has the name with the name.
fn key(by: GroupBy) -> String {
    match (by, column(by)) {
        (GroupBy::Billing, _) => "billing".to_owned(),
        (_, Some((name, bit))) => format!("bitAnd(named, {bit}), {name}"),
        (_, None) => "hour".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(minutes: i64) -> Timestamp {
        Timestamp::from_nanos(minutes * 60 * Timestamp::SECOND)
    }

    #[test]
    fn cut_hours_are_summed_row_by_row() {
        let whole = cut(Some(at(60)), Some(at(180)));
        assert_eq!(whole, Cut { since: Some(at(60)), until: Some(at(180)), ends: Vec::new() });
        let both = cut(Some(at(30)), Some(at(200)));
        let ends = vec![(at(30), at(60)), (at(180), at(200))];
        assert_eq!(both, Cut { since: Some(at(60)), until: Some(at(180)), ends });
        let none = cut(Some(at(10)), Some(at(70)));
        assert_eq!(none.ends, [(at(10), at(70))]);
        assert_eq!(none.since, none.until);
        assert_eq!(cut(None, None), Cut { since: None, until: None, ends: Vec::new() });
    }
}
