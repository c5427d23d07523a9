//! Earlier spending of a budget, read from the store in parts of bounded size.

use compact_str::CompactString;
use quipu_core::{
    AnswerMemory, CostQuery, CostRow, Counted, GroupBy, Posting, Result, Store, Timestamp, TraceFacts,
    TraceFilter, UsageGroup, UsageKey, UsageQuery, UsageTotals,
};

use crate::count::counted;
use crate::definition::Definition;
use crate::{Estimate, Period, Subject};

/// Maximum size of the groups of one query, in bytes.
const GROUP_BYTES: usize = 8 << 20;
/// Maximum number of rows of one query.
const ROWS: usize = 1_000;
/// Spending of a shorter time is read row by row, in nanoseconds.
const LEAST: i64 = Timestamp::SECOND;

/// Spending of a budget in its running period, as postings.
///
/// One query reads all of it if its groups fit into `group_bytes`. Otherwise each day is read by itself, then
/// halves of a day, and at last single rows. So the memory does not depend on the number of accounts.
pub(crate) struct Earlier<'a> {
    store: &'a dyn Store,
    definition: &'a Definition,
    now: Timestamp,
    group_by: Vec<GroupBy>,
    /// Keys that name fields; the hour may follow.
    fields: usize,
    group_bytes: usize,
}

impl<'a> Earlier<'a> {
    pub(crate) fn new(store: &'a dyn Store, definition: &'a Definition, now: Timestamp) -> Self {
        let fields = definition.config.scope.fields();
        let mut group_by: Vec<GroupBy> = fields.filter_map(|(name, _)| key(name)).collect();
        let fields = group_by.len();
        if definition.config.rolling {
            group_by.push(GroupBy::Hour);
        }
        Self { store, definition, now, group_by, fields, group_bytes: GROUP_BYTES }
    }

    /// Visits the postings in parts. An account may occur in several parts.
    ///
    /// # Errors
    /// The store cannot be read, or an error of `take`.
    pub(crate) async fn read(&self, take: &mut (dyn FnMut(Vec<Posting>) -> Result<()> + Send)) -> Result<()> {
        let start = self.definition.window(self.now).start;
        let mut since = (self.definition.config.period != Period::Total).then_some(start);
        if let Some(groups) = self.groups(since, None).await? {
            return take(self.postings(groups));
        }
        while let Some(first) = self.first_from(since).await? {
            let next_day = first.floor(Timestamp::DAY).plus(Timestamp::DAY);
            self.read_between(first, next_day, take).await?;
            since = Some(next_day);
        }
        Ok(())
    }

    async fn read_between(
        &self,
        since: Timestamp,
        until: Timestamp,
        take: &mut (dyn FnMut(Vec<Posting>) -> Result<()> + Send),
    ) -> Result<()> {
        let mut open = vec![(since, until)];
        while let Some((since, until)) = open.pop() {
            if let Some(groups) = self.groups(Some(since), Some(until)).await? {
                take(self.postings(groups))?;
                continue;
            }
            let width = until.since(since);
            if width <= LEAST {
                self.read_rows(since, until, take).await?;
                continue;
            }
            let middle = since.plus(width / 2);
            open.extend([(middle, until), (since, middle)]);
        }
        Ok(())
    }

    /// The time of the first row from `since` on.
    async fn first_from(&self, since: Option<Timestamp>) -> Result<Option<Timestamp>> {
        let filter = TraceFilter { since, ..TraceFilter::default() };
        let page = self.store.costs(&CostQuery { filter, limit: 1, cursor: None }).await?;
        Ok(page.rows.first().map(|row| row.cost.time))
    }

    /// The groups of a time range; `None` if they are too large.
    async fn groups(
        &self,
        since: Option<Timestamp>,
        until: Option<Timestamp>,
    ) -> Result<Option<Vec<UsageGroup>>> {
        let filter = TraceFilter { since, until, ..TraceFilter::default() };
        let query = UsageQuery { filter, group_by: self.group_by.clone() };
        // Spending is counted completely, regardless of the memory limit of the current answer.
        let memory = AnswerMemory::default().with_groups(self.group_bytes);
        let groups = memory.scope(self.store.usage(&query)).await?;
        let is_cut = groups.last().is_some_and(|group| group.key.contains(&UsageKey::Rest));
        Ok((!is_cut).then_some(groups))
    }

    fn postings(&self, groups: Vec<UsageGroup>) -> Vec<Posting> {
        let (definition, now) = (self.definition, self.now);
        let start = definition.window(now).start;
        let mut postings = Vec::new();
        for group in groups {
            let mut subject = Subject::default();
            for (by, key) in self.group_by.iter().zip(&group.key).take(self.fields) {
                if let UsageKey::Name(Some(name)) = key {
                    put(&mut subject, *by, name);
                }
            }
            let time = match group.key.get(self.fields) {
                // Spending within an hour is known by its hour only: it is taken to be as late as possible.
                Some(UsageKey::Time(hour)) if definition.config.period == Period::Hour => {
                    now.min(hour.plus(Timestamp::HOUR - 1))
                }
                Some(UsageKey::Time(hour)) => (*hour).max(start),
                _ => now,
            };
            let scopes = definition.scopes(&subject);
            definition.postings(&scopes, &figures(&group.totals), time, now, &mut postings);
        }
        postings
    }

    async fn read_rows(
        &self,
        since: Timestamp,
        until: Timestamp,
        take: &mut (dyn FnMut(Vec<Posting>) -> Result<()> + Send),
    ) -> Result<()> {
        let filter = TraceFilter { since: Some(since), until: Some(until), ..TraceFilter::default() };
        let mut query = CostQuery { filter, limit: ROWS, cursor: None };
        loop {
            let page = self.store.costs(&query).await?;
            let mut postings = Vec::new();
            for row in &page.rows {
                self.add_row(row, &mut postings).await?;
            }
            take(postings)?;
            query.cursor = page.next;
            if query.cursor.is_none() {
                return Ok(());
            }
        }
    }

    async fn add_row(&self, row: &CostRow, to: &mut Vec<Posting>) -> Result<()> {
        let scope = &self.definition.config.scope;
        let mut facts =
            TraceFacts { user: row.user.clone(), session: row.session.clone(), ..TraceFacts::default() };
        if (scope.project.is_some() || scope.tag.is_some())
            && let Some(trace) = self.store.trace(row.cost.trace_id).await?
        {
            (facts.project, facts.tags) = (trace.project, trace.tags);
        }
        // Sums of the store have calls that are still out, and no estimated usage.
        let call = Counted { calls: u64::from(row.cost.is_call()), ..counted(&row.cost) };
        let figures = Estimate { usd: call.usd, tokens: call.tokens, calls: call.calls };
        let scopes = self.definition.scopes(&Subject::of_call(&call, &facts));
        // Without a rolling window, all earlier spending is that of the running period.
        let time = if self.definition.config.rolling { call.time } else { self.now };
        self.definition.postings(&scopes, &figures, time, self.now, to);
        Ok(())
    }
}

fn figures(totals: &UsageTotals) -> Estimate {
    // Without metered usage, the reported cost is the list price of plans.
    let reported = totals.reported.filter(|_| totals.subscription.is_none());
    Estimate {
        usd: totals.cost.or(reported).unwrap_or_default(),
        tokens: totals.tokens.total(),
        calls: totals.llm_calls,
    }
}

fn key(field: &str) -> Option<GroupBy> {
    Some(match field {
        "project" => GroupBy::Project,
        "service" => GroupBy::Service,
        "framework" => GroupBy::Framework,
        "agent" => GroupBy::Agent,
        "user" => GroupBy::User,
        "session" => GroupBy::Session,
        "provider" => GroupBy::Provider,
        "model" => GroupBy::Model,
        "tag" => GroupBy::Tag,
        _ => return None,
    })
}

fn put(subject: &mut Subject, by: GroupBy, name: &CompactString) {
    let to = match by {
        GroupBy::Project => &mut subject.project,
        GroupBy::Service => &mut subject.service,
        GroupBy::Framework => &mut subject.framework,
        GroupBy::Agent => &mut subject.agent,
        GroupBy::User => &mut subject.user,
        GroupBy::Session => &mut subject.session,
        GroupBy::Provider => &mut subject.provider,
        GroupBy::Model => &mut subject.model,
        _ => return subject.tags.push(name.clone()),
    };
    *to = Some(name.clone());
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use quipu_backend_memory::Memory;
    use quipu_conformance::sample::{at, batch, draft, priced};
    use quipu_core::Backend;

    use super::*;
    use crate::definition::Source;
    use crate::{Budget, Scope};

    async fn figures(store: &Memory, definition: &Definition, group_bytes: usize) -> BTreeMap<String, i128> {
        let earlier = Earlier { group_bytes, ..Earlier::new(store, definition, at(0)) };
        let (mut figures, mut parts) = (BTreeMap::<String, i128>::new(), Vec::new());
        let mut take = |postings: Vec<Posting>| {
            parts.push(postings.len());
            for posting in postings {
                let key = format!("{} {:?} {}", posting.account.scope, posting.account.unit, posting.bucket);
                *figures.entry(key).or_default() += posting.figure;
            }
            Ok(())
        };
        earlier.read(&mut take).await.unwrap();
        assert!(group_bytes > 1 << 20 || parts.iter().all(|postings| *postings <= 2 * ROWS), "{parts:?}");
        figures
    }

    #[tokio::test]
    async fn parts_of_bounded_size_have_the_figures_of_one_query() {
        let store = Memory::new();
        let time = |number: u64| match number % 3 {
            // Very many at one moment.
            0 => at(0).plus(-Timestamp::DAY),
            1 => at(0).plus(-number.cast_signed() * Timestamp::HOUR / 7),
            _ => at(0).plus(-number.cast_signed()),
        };
        let call = |number: u64| {
            let draft = draft(1 + number, 1).starts(time(number)).llm("openai/gpt-5", 100, 10);
            draft.session(&format!("s-{}", number / 2)).project(["a", "b"][(number % 2) as usize]).span()
        };
        let spans: Vec<_> = (0..1_200).map(call).collect();
        let costs: Vec<_> = spans.iter().map(|span| priced(span, "0.25")).collect();
        store.write(std::sync::Arc::new(batch(spans, costs))).await.unwrap();
        let sessions = Scope { session: Some("*".into()), ..Scope::default() };
        let projects = Scope { session: Some("*".into()), project: Some("a".into()), ..Scope::default() };
        for (scope, period, rolling) in [
            (sessions.clone(), Period::Total, false),
            (projects, Period::Month, false),
            (sessions, Period::Week, true),
        ] {
            let budget = Budget::usd("1".parse().unwrap()).scope(scope).per(period);
            let budget = if rolling { budget.rolling() } else { budget };
            let definition = Definition::new("sessions", &budget, Source::File).unwrap();
            let whole = figures(&store, &definition, usize::MAX).await;
            assert!(whole.len() > 100, "{}", whole.len());
            assert_eq!(figures(&store, &definition, 64 << 10).await, whole);
        }
    }
}
