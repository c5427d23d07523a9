//! Pages of sessions over all shards: a session can have traces in each.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use compact_str::CompactString;
use quipu_core::{
    Criterion, FacetField, Result, SessionPage, SessionQuery, SessionRow, Sort, Term, Timestamp, TraceFilter,
    TraceQuery, TraceRow, Usd, Wanted,
};

use crate::merge::{Part, merged};
use crate::shards::Shards;

/// Sessions whose parts one query asks for.
const NAMES: usize = 200;

type Place = (Reverse<Timestamp>, String);

fn place(row: &SessionRow) -> Place {
    (Reverse(row.last_at), row.session.to_string())
}

impl Shards {
    /// One page, latest activity first.
    ///
    /// The parts of a session come at different places of the shards' lists, at its own place or later. So
    /// the first `limit` sessions of every list include the first `limit` of all.
    pub(crate) async fn page_of_sessions(&self, query: &SessionQuery) -> Result<SessionPage> {
        let limit = query.limit.max(1);
        let after: Option<Place> = query.cursor.clone().map(|(at, session)| (Reverse(at), session));
        let mut cursor = query.cursor.clone();
        let mut rows: Vec<SessionRow> = Vec::new();
        loop {
            let asked = SessionQuery { limit, cursor: cursor.clone(), ..query.clone() };
            let pages = self.lists(asked).await?;
            let parts = pages.into_iter().map(|page| Part { more: page.next.is_some(), rows: page.rows });
            // Every part counts: a session of one list may also be in another one, further behind.
            let (found, more) = merged(parts, usize::MAX, place);
            let Some(end) = found.last().map(place) else { return Ok(SessionPage { rows, next: None }) };
            let names: BTreeSet<CompactString> = found.into_iter().map(|row| row.session).collect();
            let whole = self.whole(query, &names).await?;
            let is_here = |row: &SessionRow| {
                let at = place(row);
                let is_new =
                    cursor.as_ref().is_none_or(|(time, session)| at > (Reverse(*time), session.clone()));
                is_new && after.as_ref().is_none_or(|after| at > *after) && (!more || at <= end)
            };
            rows.extend(whole.into_iter().filter(is_here));
            rows.sort_by_cached_key(place);
            if rows.len() >= limit || !more {
                let more = more || rows.len() > limit;
                rows.truncate(limit);
                let next = rows.last().filter(|_| more).map(|row| (row.last_at, row.session.to_string()));
                self.name_users(query, &mut rows).await?;
                return Ok(SessionPage { rows, next });
            }
            cursor = Some((end.0.0, end.1));
        }
    }

    async fn lists(&self, query: SessionQuery) -> Result<Vec<SessionPage>> {
        let query = Arc::new(query);
        let pages = self
            .each(move |store| {
                let query = Arc::clone(&query);
                async move { store.sessions(&query).await }
            })
            .await?;
        Ok(pages.into_iter().map(|(_, page)| page).collect())
    }

    /// These sessions with their parts of every shard.
    async fn whole(&self, query: &SessionQuery, names: &BTreeSet<CompactString>) -> Result<Vec<SessionRow>> {
        let mut whole: BTreeMap<CompactString, SessionRow> = BTreeMap::new();
        let names: Vec<&CompactString> = names.iter().collect();
        for some in names.chunks(NAMES) {
            let wanted = some.iter().map(|name| Wanted::Exactly(name.to_string())).collect();
            let term = Term { not: false, criterion: Criterion::Named(FacetField::Session, wanted) };
            let mut filter = query.filter.clone();
            filter.terms.push(term);
            let mut asked = SessionQuery { filter, limit: some.len(), cursor: None };
            loop {
                // A page may end early for its bytes.
                let pages = self.lists(asked.clone()).await?;
                let parts = pages.into_iter().map(|page| Part { more: page.next.is_some(), rows: page.rows });
                let (rows, more) = merged(parts, usize::MAX, place);
                asked.cursor = rows.last().filter(|_| more).map(|row| (row.last_at, row.session.to_string()));
                for row in rows {
                    match whole.get_mut(&row.session) {
                        Some(known) => add(known, row),
                        None => drop(whole.insert(row.session.clone(), row)),
                    }
                }
                if asked.cursor.is_none() {
                    break;
                }
            }
        }
        Ok(whole.into_values().collect())
    }

    /// The user of a session is that of its first trace with one. Shards that name different ones are asked
    /// for this trace.
    async fn name_users(&self, query: &SessionQuery, rows: &mut [SessionRow]) -> Result<()> {
        for row in rows.iter_mut().filter(|row| row.user.as_deref() == Some(SEVERAL)) {
            let mut filter = TraceFilter { session: Some(row.session.to_string()), ..query.filter.clone() };
            filter.terms.push(Term { not: false, criterion: Criterion::Has(FacetField::User) });
            let first = Arc::new(TraceQuery { filter, sort: Sort::Oldest, limit: 1, cursor: None });
            let pages = self
                .each(move |store| {
                    let query = Arc::clone(&first);
                    async move { store.traces(&query).await }
                })
                .await?;
            let first = |row: &TraceRow| (row.started_at, row.trace_id);
            let earliest = pages.into_iter().flat_map(|(_, page)| page.rows).min_by_key(first);
            row.user = earliest.and_then(|trace| trace.user);
        }
        Ok(())
    }
}

/// Stands for several users until the first trace is known; no user has a line break in its id.
const SEVERAL: &str = "\n";

/// Adds the part of a session in another shard.
fn add(row: &mut SessionRow, other: SessionRow) {
    row.user = match (row.user.take(), other.user) {
        (Some(one), Some(other)) if one != other => Some(CompactString::const_new(SEVERAL)),
        (one, other) => one.or(other),
    };
    row.started_at = row.started_at.min(other.started_at);
    row.last_at = row.last_at.max(other.last_at);
    row.traces += other.traces;
    row.llm_calls += other.llm_calls;
    row.tool_calls += other.tool_calls;
    row.errors += other.errors;
    row.tokens = row.tokens.plus(&other.tokens);
    row.cost = Usd::sum_known(row.cost, other.cost);
    row.subscription = Usd::sum_known(row.subscription, other.subscription);
    for (names, more) in [(&mut row.agents, other.agents), (&mut row.models, other.models)] {
        let all: BTreeSet<CompactString> = names.drain(..).chain(more).collect();
        names.extend(all.into_iter().take(TraceRow::MOST_NAMES));
    }
}
