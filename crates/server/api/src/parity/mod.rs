//! Signals of each framework by each convention: sums of the store, traces in pages, and a sample of the
//! latest calls.

mod sample;
mod signals;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use compact_str::CompactString;
use quipu_core::{
    GroupBy, Timestamp, Tokens, TraceFilter, TraceId, TraceQuery, TraceRow, UsageKey, UsageQuery,
    UsageTotals, Usd,
};
use quipu_query::{ParamError, Params, RangeAsk, unpriced_calls};

use crate::Problem;
use crate::dto::{InTraces, ParityAnswer, ParityRow};
use crate::shared::Api;
use signals::Tally;

/// Limit of traces read, the latest.
const MOST_TRACES: usize = 20_000;
/// Time limit for reading traces, and for sampling them. The answer has the results up to then.
const PATIENCE: Duration = Duration::from_secs(5);
/// Traces of one page of them.
const PAGE: usize = 2_000;
/// Most traces of a framework and convention whose calls are sampled, the latest.
const SAMPLED_TRACES: usize = 20;

/// Framework and convention.
type Key = (Option<CompactString>, Option<CompactString>);

/// The parameters of a request.
pub(crate) struct ParityQuery {
    since: Option<Timestamp>,
    now: Timestamp,
    /// Empty for all.
    frameworks: Vec<String>,
}

impl ParityQuery {
    /// Parses the query.
    ///
    /// # Errors
    /// A parameter is unknown, given twice, or has a value that cannot be used.
    pub(crate) fn read(params: &Params) -> Result<Self, ParamError> {
        let RangeAsk { since, frameworks } = params.range_ask()?;
        Ok(Self { since, now: params.now(), frameworks })
    }

    /// A single framework can be asked of the store; several are picked out of the answer.
    fn filter(&self) -> TraceFilter {
        let only = match self.frameworks.as_slice() {
            [only] => Some(only.clone()),
            _ => None,
        };
        let until = self.since.map(|_| self.now);
        TraceFilter { since: self.since, until, framework: only, ..TraceFilter::default() }
    }

    /// Whether rows of this key are included; a row without framework and convention is not from an agent.
    fn wants(&self, (framework, convention): &Key) -> bool {
        if self.frameworks.is_empty() {
            return framework.is_some() || convention.is_some();
        }
        framework.as_ref().is_some_and(|name| self.frameworks.iter().any(|wanted| wanted == name))
    }
}

/// One row before conversion to JSON.
#[derive(Default)]
struct Row {
    totals: UsageTotals,
    traces: u64,
    tool_calls: u64,
    sessions: BTreeSet<CompactString>,
    users: BTreeSet<CompactString>,
    agents: BTreeSet<CompactString>,
    within: Within,
    seen: Option<(Timestamp, Timestamp)>,
    tally: Tally,
}

/// Sums over traces.
#[derive(Default)]
struct Within {
    llm_calls: u64,
    errors: u64,
    tokens: Tokens,
    cost: Option<Usd>,
    reported: Option<Usd>,
    unpriced_calls: u64,
}

/// All rows, and the sampled calls.
#[derive(Default)]
struct Matrix {
    rows: BTreeMap<Key, Row>,
    /// The latest traces of each key.
    latest: BTreeMap<Key, Vec<Latest>>,
    traces_read: usize,
    complete: bool,
}

/// Data of a trace that the sample needs.
struct Latest {
    trace_id: TraceId,
    session: bool,
    user: bool,
    tools: bool,
}

/// Answers the query.
pub(crate) async fn matrix(api: &Arc<Api>, asked: &ParityQuery) -> Result<ParityAnswer, Problem> {
    let mut matrix = Matrix::default();
    matrix.sums(api, asked).await?;
    matrix.pages(api, asked).await?;
    sample::sample(api, asked, &mut matrix).await?;
    Ok(ParityAnswer {
        since: asked.since.map(|since| since.to_string()),
        until: asked.now.to_string(),
        complete: matrix.complete,
        traces_read: matrix.traces_read as u64,
        frameworks: matrix.rows.into_iter().map(|(key, row)| row.answer(key)).collect(),
    })
}

impl Matrix {
    /// Calls, tokens and money, exact over any number of them.
    async fn sums(&mut self, api: &Api, asked: &ParityQuery) -> Result<(), Problem> {
        let group_by = vec![GroupBy::Framework, GroupBy::Convention];
        let groups = api.store.usage(&UsageQuery { filter: asked.filter(), group_by }).await?;
        for group in groups {
            let mut parts = group.key.into_iter().map(|part| match part {
                UsageKey::Name(name) => name.filter(|name| !name.is_empty()),
                UsageKey::Time(_) | UsageKey::Rest => None,
            });
            let key = (parts.next().flatten(), parts.next().flatten());
            if asked.wants(&key) {
                self.rows.entry(key).or_default().totals.merge(&group.totals);
            }
        }
        Ok(())
    }

    /// Reads the figures that only traces have, from the latest traces.
    async fn pages(&mut self, api: &Api, asked: &ParityQuery) -> Result<(), Problem> {
        let mut query = TraceQuery { filter: asked.filter(), limit: PAGE, ..TraceQuery::default() };
        let begin = Instant::now();
        while self.traces_read < MOST_TRACES && begin.elapsed() < PATIENCE {
            let page = api.store.traces(&query).await?;
            self.traces_read += page.rows.len();
            page.rows.into_iter().for_each(|row| self.take(asked, row));
            self.complete = page.next.is_none();
            if self.complete {
                break;
            }
            query.cursor = page.next;
        }
        Ok(())
    }

    fn take(&mut self, asked: &ParityQuery, trace: TraceRow) {
        let key = (trace.framework.clone(), trace.convention.clone().filter(|name| !name.is_empty()));
        if !asked.wants(&key) {
            return;
        }
        let latest = self.latest.entry(key.clone()).or_default();
        if latest.len() < SAMPLED_TRACES {
            latest.push(Latest {
                trace_id: trace.trace_id,
                session: trace.session.is_some(),
                user: trace.user.is_some(),
                tools: trace.tool_calls > 0,
            });
        }
        self.rows.entry(key).or_default().add(trace);
    }
}

impl Within {
    fn add(&mut self, trace: &TraceRow) {
        self.llm_calls += trace.llm_calls;
        self.errors += trace.errors;
        self.tokens = self.tokens.plus(&trace.tokens);
        self.cost = Usd::sum_known(self.cost, trace.cost);
        self.reported = Usd::sum_known(self.reported, trace.reported_cost);
        self.unpriced_calls += trace.unpriced_calls;
    }
}

impl From<Within> for InTraces {
    fn from(within: Within) -> Self {
        Self {
            llm_calls: within.llm_calls,
            errors: within.errors,
            tokens: within.tokens.into(),
            cost_usd: within.cost,
            reported_cost_usd: within.reported,
            unpriced_calls: within.unpriced_calls,
        }
    }
}

impl Row {
    fn add(&mut self, trace: TraceRow) {
        self.traces += 1;
        self.tool_calls += trace.tool_calls;
        self.within.add(&trace);
        self.sessions.extend(trace.session);
        self.users.extend(trace.user);
        self.agents.extend(trace.agents);
        let at = trace.started_at;
        let (first, last) = self.seen.unwrap_or((at, at));
        self.seen = Some((first.min(at), last.max(at)));
    }

    fn answer(self, (framework, convention): Key) -> ParityRow {
        let (sends, lacks) = self.tally.split();
        ParityRow {
            framework: framework.map(Into::into),
            convention: convention.map(Into::into),
            traces: self.traces,
            sessions: self.sessions.len() as u64,
            users: self.users.len() as u64,
            agents: self.agents.len() as u64,
            llm_calls: self.totals.llm_calls,
            tool_calls: self.tool_calls,
            errors: self.totals.errors,
            tokens: self.totals.tokens.into(),
            cost_usd: self.totals.cost,
            reported_cost_usd: self.totals.reported,
            unpriced_calls: unpriced_calls(&self.totals),
            first_seen: self.seen.map(|(first, _)| first.to_string()),
            last_seen: self.seen.map(|(_, last)| last.to_string()),
            in_traces: self.within.into(),
            sampled_calls: self.tally.calls(),
            sends,
            lacks,
        }
    }
}
