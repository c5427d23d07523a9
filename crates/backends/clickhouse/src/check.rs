//! Check of the stored sums against the ledger.

use async_trait::async_trait;
use quipu_core::{Conflicts, Result, StoreIntegrity};

use crate::codec::decode_cost;
use crate::open::Clickhouse;
use crate::rollup::{Differences, SUMS, read_group};
use crate::sql;

/// Ledger rows that one query of the check reads, about.
const ROWS: u64 = 200_000;
/// Findings that are told one by one.
const TOLD: usize = 10;
/// Names of a group, in the order that [`read_group`] expects.
const GROUP: &str = "hour, named, billing, model, provider, agent, framework, service, convention, tool";

impl Clickhouse {
    /// The sums of the ledger less those of the rollup: empty if both agree.
    async fn differences(&self) -> Result<Differences> {
        let (ledger, usage) = (self.connection.table("ledger"), self.connection.table("usage_hours"));
        let count = self.connection.rows(&format!("SELECT count() FROM {ledger}")).await?.u64()?;
        // Ids are random, so ranges of their first byte have about equally many rows.
        let parts = u16::try_from((count / ROWS).next_power_of_two().min(256)).unwrap_or(256);
        let mut all = Differences::default();
        for part in 0..parts {
            let width = 256 / parts;
            let bound = |byte: u16| {
                let mut id = [0; 16];
                id[0] = u8::try_from(byte).unwrap_or(u8::MAX);
                sql::bytes(&id)
            };
            let from = format!("trace_id >= {}", bound(part * width));
            let to = (part + 1 < parts).then(|| format!("trace_id < {}", bound((part + 1) * width)));
            let conditions: Vec<String> = [from].into_iter().chain(to).collect();
            let sql = format!(
                "SELECT argMax(body, version) FROM {ledger}{} GROUP BY trace_id, span_id",
                sql::filter(&conditions)
            );
            let mut rows = self.connection.rows(&sql).await?;
            while !rows.is_empty() {
                let body = rows.bytes()?;
                if !body.is_empty() {
                    all.replace(None, Some(&decode_cost(&body)?));
                }
            }
        }
        let sql = format!("SELECT {GROUP}, {SUMS} FROM {usage} GROUP BY {GROUP}");
        let mut rows = self.connection.rows(&sql).await?;
        while !rows.is_empty() {
            let (key, sums) = read_group(&mut rows)?;
            all.take_back(key, &sums);
        }
        Ok(all)
    }
}

#[async_trait]
impl StoreIntegrity for Clickhouse {
    async fn check(&self) -> Result<Vec<String>> {
        // No commit may fall between the two queries.
        let mut writer = self.writer.lock().await;
        writer.finish(&self.connection).await?;
        let differences = self.differences().await?;
        let mut wrong: Vec<_> = differences.changed().collect();
        let again = match wrong.is_empty() {
            true => None,
            // Another process may have committed between the queries; a wrong sum stays as wrong as it is.
            false => Some(self.differences().await?),
        };
        wrong
            .retain(|group| again.as_ref().is_some_and(|again| again.changed().any(|other| other == *group)));
        let told = |(key, _): &(&crate::rollup::Key, _)| {
            format!("the sums of {} are not those of its ledger rows", key.told())
        };
        let mut findings: Vec<String> = wrong.iter().take(TOLD).map(told).collect();
        if wrong.len() > TOLD {
            findings.push(format!("{} further groups have wrong sums", wrong.len() - TOLD));
        }
        Ok(findings)
    }

    fn take_conflicts(&self) -> Conflicts {
        std::mem::take(&mut self.conflicts.lock())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rollup::COLUMNS;

    #[test]
    fn the_group_is_the_beginning_of_the_columns() {
        let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(plain(COLUMNS).starts_with(&plain(GROUP)));
    }
}
