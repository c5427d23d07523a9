//! Retention: removal of expired records, and held traces.

use std::collections::BTreeMap;
use std::sync::Arc;

use quipu_answers::{Fate, bare, day_report, fate};
use quipu_core::{
    Error, ErrorKind, Hold, MOST_HOLDS, Result, Retention, RetentionSignal, Retired, RetiredDay, Retry,
    Timestamp, TraceId,
};

use crate::held::Records;
use crate::memory::NAME;

impl Records {
    /// Removes expired records, or only reports them. There are no files for a size limit.
    pub(crate) fn retire(&mut self, rules: &Retention, now: Timestamp, dry_run: bool) -> Retired {
        let mut told: BTreeMap<Timestamp, RetiredDay> = BTreeMap::new();
        let ended = |time: Timestamp| time.floor(Timestamp::DAY).plus(Timestamp::DAY);
        let fates: BTreeMap<TraceId, Fate> = self
            .traces
            .iter()
            .filter_map(|(id, trace)| {
                let (fate, start) = fate(*id, trace, rules, now)?;
                let day = day_report(&mut told, start);
                if self.holds.contains_key(id) {
                    day.held += 1;
                    return None;
                }
                let rows = trace.values().filter(|entry| entry.cost.is_some()).count() as u64;
                let news = fate == Fate::Goes || trace.values().any(|entry| entry.span.is_sampled());
                day.traces += u64::from(news);
                day.spans += trace.values().filter(|entry| entry.is_one()).count() as u64;
                day.costs += if fate == Fate::Goes { rows } else { 0 };
                Some((*id, fate))
            })
            .collect();
        let goes = |signal, service: Option<&str>, time: Timestamp| {
            ended(time) <= now && rules.keep(signal, service, None).is_past(ended(time), now)
        };
        let event_goes = |holds: &BTreeMap<TraceId, Hold>, event: &quipu_core::Event| {
            !event.trace_id.is_some_and(|id| holds.contains_key(&id))
                && goes(RetentionSignal::Logs, event.resource.service(), event.time)
        };
        for event in self.events.values().filter(|event| event_goes(&self.holds, event)) {
            day_report(&mut told, event.time).events += 1;
        }
        for series in self.series.values() {
            let service = series.labels.get("service.name").map(String::as_str);
            let gone = series.points.keys().filter(|time| goes(RetentionSignal::Metrics, service, **time));
            gone.for_each(|time| day_report(&mut told, *time).points += 1);
        }
        told.retain(|_, day| day.traces + day.events + day.points + day.costs > 0);
        if !dry_run && !told.is_empty() {
            self.thin(&fates);
            let holds = &self.holds;
            self.events.retain(|_, event| !event_goes(holds, event));
            self.event_texts = self.events.values().map(|event| format!("{event:?}")).collect();
            for series in self.series.values_mut() {
                let service = series.labels.get("service.name").cloned();
                series.points.retain(|time, _| !goes(RetentionSignal::Metrics, service.as_deref(), *time));
            }
            self.series.retain(|_, series| !series.points.is_empty());
            self.forget_meetings();
            self.removals += 1;
        }
        Retired { days: told.into_values().collect(), ..Retired::default() }
    }

    fn thin(&mut self, fates: &BTreeMap<TraceId, Fate>) {
        self.traces.retain(|id, _| fates.get(id) != Some(&Fate::Goes));
        let thinned = self.traces.iter_mut().filter(|(id, _)| fates.contains_key(id));
        thinned.flat_map(|(_, trace)| trace.values_mut()).for_each(|entry| {
            entry.span = Arc::new(bare(&entry.span));
            entry.conflicts = Vec::new();
        });
        let points = self.series.values_mut().flat_map(|series| series.points.values_mut());
        points.for_each(|point| point.exemplars.retain(|exemplar| !fates.contains_key(&exemplar.trace_id)));
    }

    /// Adds holds, all or none; gives how many are new.
    pub(crate) fn hold(&mut self, holds: &[Hold]) -> Result<u64> {
        let fresh: BTreeMap<TraceId, &Hold> = holds
            .iter()
            .filter(|hold| !self.holds.contains_key(&hold.trace_id))
            .map(|hold| (hold.trace_id, hold))
            .collect();
        let all = self.holds.len() + fresh.len();
        if all > MOST_HOLDS {
            let text =
                format!("at most {MOST_HOLDS} traces can be held, and {all} would be: release some first");
            return Err(Error::new(ErrorKind::Exhausted, "hold traces", text)
                .with_retry(Retry::No)
                .of_backend(NAME));
        }
        let count = fresh.len() as u64;
        self.holds.extend(fresh.into_iter().map(|(id, hold)| (id, hold.clone())));
        Ok(count)
    }
}
