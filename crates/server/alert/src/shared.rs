//! One store query for rules of a round that ask the same figures with other thresholds, or with another
//! value of a field.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use quipu_core::locks::Mutex;
use quipu_core::{ErrorKind, Result, Timestamp, TraceFilter, TraceId};
use quipu_query::FigureAsk;

use crate::joined::{Families, Family, Joined};
use crate::measure::OwnFigure;
use crate::ranked;
use crate::{BudgetShare, Measure, Measured, MeasuredGroup, MeasuredScore, StatementAsk, StatementRows};

/// A query of a rule, and the family of queries that one query answers.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub ask: FigureAsk,
    pub family: Option<Family>,
}

/// Groups that a rule judges.
#[derive(Debug)]
pub(crate) struct Judged {
    measured: Arc<Measured>,
    /// The groups by index; `None` for all.
    first: Option<Vec<usize>>,
    /// Groups beyond the limit of the rule.
    pub left_out: usize,
}

impl Judged {
    /// The groups within the limit of a query.
    fn of(measured: Arc<Measured>, ask: &FigureAsk) -> Self {
        let beyond = measured.groups.len().saturating_sub(ask.top);
        let first = (beyond > 0).then(|| ranked::first(&measured.groups, ask.rank, ask.top));
        Self { left_out: measured.left_out + beyond, measured, first }
    }

    pub(crate) fn groups(&self) -> Box<dyn Iterator<Item = &MeasuredGroup> + Send + '_> {
        match &self.first {
            Some(first) => Box::new(first.iter().filter_map(|place| self.measured.groups.get(*place))),
            None => Box::new(self.measured.groups.iter()),
        }
    }

    /// The answer, which may have groups beyond the limit.
    pub(crate) fn into_measured(self) -> Arc<Measured> {
        self.measured
    }

    /// All groups, beyond the limit too; `None` if the answer does not have them.
    pub(crate) fn all(&self) -> Option<&[MeasuredGroup]> {
        (self.measured.left_out == 0).then_some(self.measured.groups.as_slice())
    }
}

/// A source of figures that remembers its last answers within a round of evaluations.
pub(crate) struct Shared {
    measure: Arc<dyn Measure>,
    round: Mutex<Round>,
}

/// Look-ups of traces for evidence in one round. Each takes some milliseconds.
const LOOKS: usize = 300;

/// The last answers only: rules with similar queries follow one another, and an answer may have 10,000
/// groups.
#[derive(Default)]
struct Round {
    is_open: bool,
    families: Families,
    last: Option<(FigureAsk, Arc<Measured>)>,
    joined: Option<Joined>,
    /// The same for the window before, which evidence compares with.
    joined_before: Option<Joined>,
    /// Look-ups of traces so far.
    looks: usize,
}

impl Round {
    fn known(&self, ask: &FigureAsk) -> Option<Arc<Measured>> {
        let (asked, measured) = self.last.as_ref()?;
        // Order and number of the groups matter only if some are left out.
        let is_whole = measured.left_out == 0 && measured.groups.len() <= ask.top;
        let same = FigureAsk { rank: ask.rank, top: ask.top, ..asked.clone() } == *ask;
        (same && (is_whole || asked == ask)).then(|| Arc::clone(measured))
    }
}

impl Shared {
    pub(crate) fn new(measure: Arc<dyn Measure>) -> Self {
        Self { measure, round: Mutex::default() }
    }

    /// A query with its family.
    pub(crate) fn asked(&self, ask: FigureAsk) -> Asked {
        Asked { family: Family::of(&ask, self.measure.can_join()), ask }
    }

    /// Begins a round in which these queries will be asked. Its answers are of one moment.
    pub(crate) fn round<'a>(&self, asks: impl Iterator<Item = &'a Asked>) -> OpenRound<'_> {
        let mut families = Families::default();
        asks.filter_map(|asked| asked.family.as_ref()).for_each(|family| families.add(family));
        *self.round.lock() = Round { is_open: true, families, ..Round::default() };
        OpenRound(self)
    }

    /// Whether the round allows one more look-up of traces.
    pub(crate) fn may_look(&self) -> bool {
        let mut round = self.round.lock();
        round.looks += 1;
        round.looks <= LOOKS
    }

    /// The groups that a rule judges; its answer may be one for several rules.
    pub(crate) async fn read(&self, asked: &Asked, now: Timestamp) -> Result<Judged> {
        let Asked { ask, family } = asked;
        if let Some(family) = family
            && let Some(whole) = self.of_family(family, family, now, |round| &mut round.joined).await?
        {
            return Ok(Judged::of(whole, ask));
        }
        let known = self.round.lock().known(ask);
        if let Some(known) = known {
            return Ok(Judged { left_out: known.left_out, measured: known, first: None });
        }
        let measured = Arc::new(self.measure.figures(ask, now).await?);
        let mut round = self.round.lock();
        if round.is_open {
            round.last = Some((ask.clone(), Arc::clone(&measured)));
        }
        Ok(Judged { left_out: measured.left_out, measured, first: None })
    }

    /// All groups of the window before that of a query of this round.
    pub(crate) async fn read_before(&self, asked: &Asked, before: &Asked) -> Result<Arc<Measured>> {
        let now = before.ask.filter.until.unwrap_or_default();
        if let (Some(of_round), Some(family)) = (&asked.family, &before.family)
            && let Some(whole) =
                self.of_family(of_round, family, now, |round| &mut round.joined_before).await?
        {
            return Ok(whole);
        }
        Ok(Arc::new(self.measure.figures(&before.ask, now).await?))
    }

    /// The answer of a family from one query for all values that rules of this round ask for, which is kept
    /// at `place`. `None` if the query has to be asked on its own.
    async fn of_family(
        &self,
        of_round: &Family,
        family: &Family,
        now: Timestamp,
        place: impl Fn(&mut Round) -> &mut Option<Joined>,
    ) -> Result<Option<Arc<Measured>>> {
        let values = {
            let mut round = self.round.lock();
            if let Some(known) = place(&mut round).as_ref().and_then(|joined| joined.answer(family)) {
                return Ok(Some(known));
            }
            // Only one answer is in memory at a time.
            *place(&mut round) = None;
            round.families.values(of_round).cloned()
        };
        let Some(values) = values else { return Ok(None) };
        let joined = self.join(family, values, now).await?;
        let answer = joined.as_ref().and_then(|joined| joined.answer(family));
        let mut round = self.round.lock();
        match joined {
            Some(joined) => *place(&mut round) = Some(joined),
            None => round.families.leave_out(of_round),
        }
        Ok(answer)
    }

    /// One query for all values of a family. Without memory for it, each value is asked for on its own.
    async fn join(
        &self,
        family: &Family,
        values: BTreeSet<String>,
        now: Timestamp,
    ) -> Result<Option<Joined>> {
        match self.measure.figures(&family.ask(&values), now).await {
            Ok(measured) => Ok(Joined::new(family, values, measured)),
            Err(error) if error.kind() == ErrorKind::Exhausted => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// A round of evaluations; dropping it ends it. Later queries see records that came meanwhile.
pub(crate) struct OpenRound<'a>(&'a Shared);

impl Drop for OpenRound<'_> {
    fn drop(&mut self) {
        *self.0.round.lock() = Round::default();
    }
}

#[async_trait]
impl Measure for Shared {
    async fn figures(&self, ask: &FigureAsk, now: Timestamp) -> Result<Measured> {
        let known = self.round.lock().known(ask);
        match known {
            Some(known) => Ok(known.as_ref().clone()),
            None => self.measure.figures(ask, now).await,
        }
    }

    async fn buckets(&self, ask: &FigureAsk, now: Timestamp, of_spans: bool) -> Result<Measured> {
        self.measure.buckets(ask, now, of_spans).await
    }

    async fn budget(&self, name: &str) -> Result<Vec<BudgetShare>> {
        self.measure.budget(name).await
    }

    async fn scores(
        &self,
        name: &str,
        by: &[String],
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<MeasuredScore>> {
        self.measure.scores(name, by, since, until).await
    }

    async fn own(&self, figure: OwnFigure) -> Result<Vec<(BTreeMap<String, String>, f64)>> {
        self.measure.own(figure).await
    }

    async fn statement(&self, ask: &StatementAsk) -> Result<StatementRows> {
        self.measure.statement(ask).await
    }

    async fn heaviest(&self, filter: &TraceFilter, rank: &str) -> Result<Vec<TraceId>> {
        self.measure.heaviest(filter, rank).await
    }

    fn can_join(&self) -> bool {
        self.measure.can_join()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::{MeasuredGroup, Rule};

    /// Some groups, and others that the store leaves out for lack of memory.
    struct Counted {
        asked: AtomicUsize,
        groups: usize,
        left_out: usize,
    }

    #[async_trait]
    impl Measure for Counted {
        async fn figures(&self, ask: &FigureAsk, _: Timestamp) -> Result<Measured> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            let groups = vec![MeasuredGroup::default(); self.groups.min(ask.top)];
            Ok(Measured { left_out: self.left_out + self.groups - groups.len(), groups })
        }

        async fn budget(&self, _: &str) -> Result<Vec<BudgetShare>> {
            Ok(Vec::new())
        }

        async fn heaviest(&self, _: &TraceFilter, _: &str) -> Result<Vec<TraceId>> {
            Ok(Vec::new())
        }
    }

    /// Queries of the store for these rules, in one round or in none.
    async fn asked(rules: &[&str], (groups, left_out): (usize, usize), in_round: bool) -> usize {
        let counted = Arc::new(Counted { asked: AtomicUsize::new(0), groups, left_out });
        let shared = Shared::new(Arc::clone(&counted) as _);
        let at = Timestamp::from_nanos(Timestamp::DAY);
        let ask = |text: &&str| {
            let rule = Rule::new("r", toml::from_str(text).unwrap()).unwrap();
            shared.asked(rule.ask(at, None).unwrap())
        };
        let asks: Vec<Asked> = rules.iter().map(ask).collect();
        let _round = in_round.then(|| shared.round(asks.iter()));
        for ask in &asks {
            let judged = shared.read(ask, at).await.unwrap();
            assert_eq!(judged.groups().count(), groups.min(ask.ask.top));
            assert_eq!(judged.left_out, left_out + groups.saturating_sub(ask.ask.top));
        }
        counted.asked.load(Ordering::Relaxed)
    }

    #[tokio::test]
    async fn rules_with_the_same_query_share_one_answer_within_a_round() {
        let errors = "kind = \"error_rate\"\nabove = 0.1\ngroup_by = [\"user\"]";
        let more = "kind = \"error_rate\"\nabove = 0.5\ngroup_by = [\"user\"]";
        let slow = "kind = \"latency\"\nabove = 5.0\ngroup_by = [\"user\"]";
        let wider = "kind = \"latency\"\nabove = 5.0\ngroup_by = [\"user\"]\nwindow = \"10m\"";
        let fewer = "kind = \"latency\"\nabove = 5.0\ngroup_by = [\"user\"]\ngroups = 1";
        assert_eq!(asked(&[errors, more, slow], (2, 0), true).await, 1);
        assert_eq!(asked(&[errors, wider], (2, 0), true).await, 2, "another window");
        assert_eq!(asked(&[errors, more, slow], (200, 0), true).await, 1, "other orders leave out others");
        assert_eq!(asked(&[errors, fewer], (2, 0), true).await, 1, "fewer groups are wanted");
        assert_eq!(asked(&[errors, more, slow], (2, 1), true).await, 3, "the store has no memory for all");
        assert_eq!(asked(&[errors, more, slow], (2, 0), false).await, 3, "later records count");
    }
}
