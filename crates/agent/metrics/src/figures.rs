//! Queries of recorded values.

use crate::Stats;
use crate::fine::Counts;
use crate::kind::InstrumentKind;
use crate::registry::Registry;
use crate::stats::Moments;

impl Registry {
    /// Statistics of a distribution over all its series; `None` if there is none with that name.
    pub fn stats(&self, name: &str) -> Option<Stats> {
        let instrument = self.shown(name).filter(|instrument| instrument.kind.is_distribution())?;
        let (mut moments, mut counts) = (Moments::default(), Counts::default());
        instrument.all().iter().for_each(|series| series.read_into(&mut moments, &mut counts));
        Some(moments.stats(&counts))
    }

    /// Statistics of one series of a distribution; `None` if there is none with that name and these labels.
    pub fn stats_of(&self, name: &str, labels: &[(&str, &str)]) -> Option<Stats> {
        let instrument = self.shown(name).filter(|instrument| instrument.kind.is_distribution())?;
        instrument.all().iter().find(|series| series.has(labels)).map(|series| series.stats())
    }

    /// Value of one series of a counter or gauge; `None` if there is none with that name and these labels.
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        self.shown(name)?.all().iter().find(|series| series.has(labels))?.number()
    }

    /// Sum over all series of a counter or up-down counter; `None` if there is none with that name.
    pub fn total(&self, name: &str) -> Option<f64> {
        let instrument = self.shown(name)?;
        let sums = matches!(instrument.kind, InstrumentKind::Counter | InstrumentKind::UpDownCounter);
        sums.then(|| instrument.all().iter().filter_map(|series| series.number()).sum())
    }
}
