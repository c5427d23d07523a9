//! One store query for all rules of a round that ask the same figures with other thresholds.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::Mutex;
use quipu_core::{Result, Timestamp, TraceFilter, TraceId};
use quipu_query::FigureAsk;

use crate::measure::OwnFigure;
use crate::{BudgetShare, Measure, Measured, MeasuredScore};

/// A source of figures that remembers its last answer within a round of evaluations.
pub(crate) struct Shared {
    measure: Arc<dyn Measure>,
    round: Mutex<Round>,
}

/// One answer only: rules with the same query follow one another, and an answer may have 10,000 groups.
#[derive(Default)]
struct Round {
    is_open: bool,
    last: Option<(FigureAsk, Measured)>,
}

impl Shared {
    pub(crate) fn new(measure: Arc<dyn Measure>) -> Self {
        Self { measure, round: Mutex::default() }
    }

    /// Begins a round. Its answers are of one moment.
    pub(crate) fn round(&self) -> OpenRound<'_> {
        *self.round.lock() = Round { is_open: true, last: None };
        OpenRound(self)
    }

    fn known(&self, ask: &FigureAsk) -> Option<Measured> {
        let round = self.round.lock();
        let (asked, measured) = round.last.as_ref()?;
        // Order and number of the groups matter only if some are left out.
        let is_whole = measured.left_out == 0 && measured.groups.len() <= ask.top;
        let same = FigureAsk { rank: ask.rank, top: ask.top, ..asked.clone() } == *ask;
        (same && (is_whole || asked == ask)).then(|| measured.clone())
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
        if let Some(known) = self.known(ask) {
            return Ok(known);
        }
        let measured = self.measure.figures(ask, now).await?;
        let mut round = self.round.lock();
        if round.is_open {
            round.last = Some((ask.clone(), measured.clone()));
        }
        Ok(measured)
    }

    async fn budget(&self, name: &str) -> Result<Vec<BudgetShare>> {
        self.measure.budget(name).await
    }

    async fn scores(&self, name: &str, since: Timestamp, until: Timestamp) -> Result<Vec<MeasuredScore>> {
        self.measure.scores(name, since, until).await
    }

    async fn own(&self, figure: OwnFigure) -> Result<Vec<(BTreeMap<String, String>, f64)>> {
        self.measure.own(figure).await
    }

    async fn heaviest(&self, filter: &TraceFilter, rank: &str) -> Result<Vec<TraceId>> {
        self.measure.heaviest(filter, rank).await
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
        let _round = in_round.then(|| shared.round());
        for text in rules {
            let at = Timestamp::from_nanos(Timestamp::DAY);
            let ask = Rule::new("r", toml::from_str(text).unwrap()).unwrap().ask(at, None).unwrap();
            shared.figures(&ask, at).await.unwrap();
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
