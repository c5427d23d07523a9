//! Figures of alert rules over a store: the queries that `/api/v1/query` answers, budgets, scores, and
//! figures of the program itself.

use std::collections::{BTreeMap, HashSet};
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use quipu_budget::{AccountStatus, Budgets};
use quipu_core::{
    AnswerMemory, Error, ErrorKind, Event, EventQuery, Result, Sort, Store, Timestamp, TraceFilter, TraceId,
    TraceQuery, Value,
};
use quipu_insight::figures::{Answer, Figures, Group, buckets, figures};
use quipu_query::FigureAsk;

use crate::score_keys::ScoreKeys;
use crate::{
    BudgetShare, Measure, Measured, MeasuredGroup, MeasuredScore, OwnFigure, RuleFigures, StatementAsk,
    StatementRows,
};

/// Traces of the evidence of a notice.
const EVIDENCE: usize = 3;
/// The event of an evaluation, and its attributes (OpenTelemetry semantic conventions for generative AI).
const SCORE: &str = "gen_ai.evaluation.result";
const SCORE_NAME: &str = "gen_ai.evaluation.name";
const SCORE_VALUE: &str = "gen_ai.evaluation.score.value";
const SCORE_ID: &str = "quipu.score.id";
/// Events that are read at a time, and for one window.
const PAGE: usize = 500;
const MOST_SCORES: usize = 20_000;

/// Reads a figure of the program itself, by the name of the backend.
pub type ReadOwn = Arc<dyn Fn(OwnFigure) -> Vec<(String, f64)> + Send + Sync>;

/// Runs or checks statements over the store.
pub type RunStatement = Arc<dyn Fn(StatementAsk) -> RunningStatement + Send + Sync>;
/// A statement that runs.
pub type RunningStatement = Pin<Box<dyn Future<Output = Result<StatementRows>> + Send>>;

/// Figures of a store, accounts of budgets and figures of the program, for alert rules.
pub struct StoreMeasure {
    store: Arc<dyn Store>,
    budgets: Budgets,
    own: Option<ReadOwn>,
    keys: ScoreKeys,
    statements: Option<RunStatement>,
}

impl StoreMeasure {
    /// Over a store and its budgets, without figures of the program.
    pub fn new(store: Arc<dyn Store>, budgets: Budgets) -> Self {
        Self { store, budgets, own: None, keys: ScoreKeys::default(), statements: None }
    }

    /// With figures of the program.
    #[must_use]
    pub fn with_own(mut self, own: ReadOwn) -> Self {
        self.own = Some(own);
        self
    }

    /// With statements of SQL; `None` if the store has no SQL.
    #[must_use]
    pub fn with_statements(mut self, run: Option<RunStatement>) -> Self {
        self.statements = run;
        self
    }
}

#[async_trait]
impl Measure for StoreMeasure {
    async fn figures(&self, ask: &FigureAsk, now: Timestamp) -> Result<Measured> {
        Ok(answered(figures(self.store.as_ref(), ask, now).await?, ask))
    }

    async fn buckets(&self, ask: &FigureAsk, now: Timestamp, of_spans: bool) -> Result<Measured> {
        Ok(answered(buckets(self.store.as_ref(), ask, now, of_spans).await?, ask))
    }

    async fn budget(&self, name: &str) -> Result<Vec<BudgetShare>> {
        let budgets = self.budgets.clone();
        let told = |text: String| Error::new(ErrorKind::Unavailable, "read budgets", text);
        let memory = AnswerMemory::current();
        let listed = tokio::task::spawn_blocking(move || memory.enter(|| budgets.list()));
        let listed = listed.await.map_err(|error| told(error.to_string()))?;
        let listed = listed.map_err(|error| told(error.to_string()))?;
        let accounts =
            listed.into_iter().filter(|budget| budget.name == name).flat_map(|budget| budget.accounts);
        let mut shares = Vec::<BudgetShare>::new();
        for account in accounts {
            // A scope may have one account for each unit; the fullest one counts.
            match shares.iter_mut().find(|share| share.scope == account.scope) {
                Some(share) => share.share = share.share.max(account.share),
                None => shares.push(share(account)),
            }
        }
        Ok(shares)
    }

    async fn scores(
        &self,
        name: &str,
        by: &[String],
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<MeasuredScore>> {
        let mut query = EventQuery {
            name: Some(SCORE.to_owned()),
            since: Some(since),
            until: Some(until),
            limit: PAGE,
            ..EventQuery::default()
        };
        let (mut scores, mut known, mut read) = (Vec::new(), HashSet::new(), 0);
        loop {
            let page = self.store.events(&query).await?;
            read += page.rows.len();
            for event in page.rows.iter().filter(|event| event.attributes.text(SCORE_NAME) == Some(name)) {
                // The latest version comes first.
                let Some(value) = known.insert(score_id(event)).then(|| score(event)).flatten() else {
                    continue;
                };
                let key = self.keys.of(self.store.as_ref(), event, by).await?;
                scores.push(MeasuredScore { value, trace: event.trace_id, key });
            }
            query.cursor = page.next;
            if query.cursor.is_none() {
                scores.reverse();
                return Ok(scores);
            }
            if read >= MOST_SCORES {
                let text = format!("the window has more than {MOST_SCORES} scores; shorten it");
                return Err(Error::new(ErrorKind::Invalid, "read scores", text));
            }
        }
    }

    async fn own(&self, figure: OwnFigure) -> Result<Vec<(BTreeMap<String, String>, f64)>> {
        let Some(own) = &self.own else { return Ok(Vec::new()) };
        let group = |(backend, value)| (BTreeMap::from([("backend".to_owned(), backend)]), value);
        Ok(own(figure).into_iter().map(group).collect())
    }

    fn can_join(&self) -> bool {
        true
    }

    async fn statement(&self, ask: &StatementAsk) -> Result<StatementRows> {
        let none = || {
            let text = "this store cannot be read by SQL; a server over a store on disk can";
            Error::new(ErrorKind::Invalid, "run a statement", text)
        };
        let run = self.statements.as_ref().ok_or_else(none)?;
        run(ask.clone()).await
    }

    async fn heaviest(&self, filter: &TraceFilter, rank: &str) -> Result<Vec<TraceId>> {
        let sort = match rank {
            "latency" => Sort::Longest,
            "cost" => Sort::Dearest,
            "tokens" => Sort::MostTokens,
            _ => Sort::Newest,
        };
        let query = TraceQuery { filter: filter.clone(), sort, limit: EVIDENCE, cursor: None };
        Ok(self.store.traces(&query).await?.rows.iter().map(|row| row.trace_id).collect())
    }
}

fn answered(answer: Answer, ask: &FigureAsk) -> Measured {
    let has_groups =
        !ask.group_by.is_empty() || ask.metric.as_ref().is_some_and(|metric| metric.by.is_some());
    let groups = if has_groups { answer.groups } else { vec![Group { key: Vec::new(), ..answer.total }] };
    // A group that the store left out for lack of memory is not at rest either.
    let left_out = answer.left_out.max(usize::from(answer.truncated));
    Measured { groups: groups.into_iter().map(measured).collect(), left_out }
}

fn share(account: AccountStatus) -> BudgetShare {
    BudgetShare {
        scope: account.scope,
        share: account.share,
        period: account.period_start.zip(account.resets_at),
    }
}

/// The id of a score. An event of telemetry has none, so its id is made of its time and span.
fn score_id(event: &Event) -> String {
    let own = event.attributes.text(SCORE_ID).filter(|id| !id.is_empty()).map(str::to_owned);
    own.unwrap_or_else(|| {
        format!("{}-{}", event.time, event.span_id.map(|id| id.to_string()).unwrap_or_default())
    })
}

fn score(event: &Event) -> Option<f64> {
    match event.attributes.get(SCORE_VALUE)? {
        Value::Double(value) => Some(*value),
        #[expect(clippy::cast_precision_loss, reason = "scores are small")]
        Value::Int(value) => Some(*value as f64),
        _ => None,
    }
}

fn measured(group: Group) -> MeasuredGroup {
    MeasuredGroup {
        key: group.key.into_iter().map(|value| value.map(String::from)).collect(),
        figures: rule_figures(group.figures),
        points: group.points.into_iter().map(|(at, point)| (at, rule_figures(point))).collect(),
    }
}

fn rule_figures(of: Figures) -> RuleFigures {
    RuleFigures {
        count: of.count,
        errors: of.errors,
        triggered: of.triggered,
        tokens: of.tokens.map(|tokens| tokens.input + tokens.output),
        cost: of.cost,
        unpriced: of.unpriced_calls,
        latency: of.latency,
        first_token: of.first_token,
        value: of.value,
        example: of.example,
    }
}
