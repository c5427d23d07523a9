//! One store query for rules of a round that ask the same figures with other thresholds, or with another
//! value of a field.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::Mutex;
use quipu_core::{ErrorKind, Result, Timestamp, TraceFilter, TraceId};
use quipu_query::{FigureAsk, Rank};

use crate::joined::{Families, Family, Joined};
use crate::measure::OwnFigure;
use crate::{BudgetShare, Measure, Measured, MeasuredScore, StatementAsk, StatementRows};

/// A source of figures that remembers its last answers within a round of evaluations.
pub(crate) struct Shared {
    measure: Arc<dyn Measure>,
    round: Mutex<Round>,
}

/// The last answers only: rules with similar queries follow one another, and an answer may have 10,000
/// groups.
#[derive(Default)]
struct Round {
    is_open: bool,
    families: Families,
    last: Option<(FigureAsk, Arc<Measured>)>,
    joined: Option<Joined>,
}

impl Round {
    fn known(&self, ask: &FigureAsk) -> Option<Arc<Measured>> {
        let (asked, measured) = self.last.as_ref()?;
        // Order and number of the groups matter only if some are left out.
        let is_whole = measured.left_out == 0 && measured.groups.len() <= ask.top;
        let same = FigureAsk { rank: ask.rank, top: ask.top, ..asked.clone() } == *ask;
        (same && (is_whole || asked == ask)).then(|| Arc::clone(measured))
    }

    fn of_family(&self, family: &Family, ask: &FigureAsk) -> Option<Arc<Measured>> {
        self.joined.as_ref()?.answer(family, ask)
    }
}

impl Shared {
    pub(crate) fn new(measure: Arc<dyn Measure>) -> Self {
        Self { measure, round: Mutex::default() }
    }

    /// Begins a round in which these queries will be asked. Its answers are of one moment.
    pub(crate) fn round<'a>(&self, asks: impl Iterator<Item = &'a FigureAsk>) -> OpenRound<'_> {
        let mut families = Families::default();
        if self.measure.can_join() {
            asks.filter_map(Family::of).for_each(|family| families.add(&family));
        }
        *self.round.lock() = Round { is_open: true, families, ..Round::default() };
        OpenRound(self)
    }

    /// The answer to the query of a rule, which may come from one for several rules.
    pub(crate) async fn read(&self, ask: &FigureAsk, now: Timestamp) -> Result<Arc<Measured>> {
        let family = Family::of(ask);
        let values = {
            let round = self.round.lock();
            let known = || round.of_family(family.as_ref()?, ask);
            if let Some(known) = round.known(ask).or_else(known) {
                return Ok(known);
            }
            family.as_ref().and_then(|family| round.families.values(family).cloned())
        };
        if let (Some(family), Some(values)) = (&family, values) {
            let joined = self.join(family, values, ask.rank, now).await?;
            let mut round = self.round.lock();
            let answer = joined.as_ref().and_then(|joined| joined.answer(family, ask));
            match joined {
                Some(joined) => round.joined = Some(joined),
                None => round.families.leave_out(family),
            }
            if let Some(answer) = answer {
                return Ok(answer);
            }
        }
        let measured = Arc::new(self.measure.figures(ask, now).await?);
        let mut round = self.round.lock();
        if round.is_open {
            round.last = Some((ask.clone(), Arc::clone(&measured)));
        }
        Ok(measured)
    }

    /// One query for all values of a family. Without memory for it, each value is asked for on its own.
    async fn join(
        &self,
        family: &Family,
        values: BTreeSet<String>,
        rank: Rank,
        now: Timestamp,
    ) -> Result<Option<Joined>> {
        match self.measure.figures(&family.ask(&values, rank), now).await {
            Ok(measured) => Ok(Joined::new(family, values, rank, measured)),
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

    async fn buckets(&self, ask: &FigureAsk, now: Timestamp) -> Result<Measured> {
        self.measure.buckets(ask, now).await
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

    /// Two groups, and one more that is left out.
    struct Counted {
        asked: AtomicUsize,
        left_out: usize,
    }

    #[async_trait]
    impl Measure for Counted {
        async fn figures(&self, _: &FigureAsk, _: Timestamp) -> Result<Measured> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            Ok(Measured { groups: vec![MeasuredGroup::default(); 2], left_out: self.left_out })
        }

        async fn budget(&self, _: &str) -> Result<Vec<BudgetShare>> {
            Ok(Vec::new())
        }

        async fn heaviest(&self, _: &TraceFilter, _: &str) -> Result<Vec<TraceId>> {
            Ok(Vec::new())
        }
    }

    /// Queries of the store for these rules, in one round or in none.
    async fn asked(rules: &[&str], left_out: usize, in_round: bool) -> usize {
        let counted = Arc::new(Counted { asked: AtomicUsize::new(0), left_out });
        let shared = Shared::new(Arc::clone(&counted) as _);
        let at = Timestamp::from_nanos(Timestamp::DAY);
        let ask = |text: &&str| Rule::new("r", toml::from_str(text).unwrap()).unwrap().ask(at, None).unwrap();
        let asks: Vec<FigureAsk> = rules.iter().map(ask).collect();
        let _round = in_round.then(|| shared.round(asks.iter()));
        for ask in &asks {
            shared.read(ask, at).await.unwrap();
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
        assert_eq!(asked(&[errors, more, slow], 0, true).await, 1);
        assert_eq!(asked(&[errors, wider], 0, true).await, 2, "another window");
        assert_eq!(asked(&[errors, more, slow], 1, true).await, 2, "another order leaves out other groups");
        assert_eq!(asked(&[errors, fewer], 0, true).await, 2, "fewer groups are wanted");
        assert_eq!(asked(&[errors, more, slow], 0, false).await, 3, "later records count");
    }
}
