//! Search for the records of a user or session.

use quipu_answers::Series;
use quipu_core::{Event, Owned, Owner, TraceId};

use crate::held::Records;

fn has_series(owner: &Owner, series: &Series) -> bool {
    owner.names.iter().any(|name| series.labels.get(*name) == Some(&owner.id))
}

impl Records {
    pub(crate) fn owned(&self, owner: &Owner) -> Owned {
        let traces =
            self.traces.iter().filter(|(_, trace)| trace.values().any(|entry| owner.has_span(&entry.span)));
        let traces: Vec<TraceId> = traces.map(|(id, _)| *id).collect();
        let alone = |event: &&Event| event.trace_id.is_none_or(|id| traces.binary_search(&id).is_err());
        let events = self.events.values().filter(alone).filter(|event| owner.has_event(event)).count();
        let series = self.series.values().filter(|series| has_series(owner, series)).count();
        Owned { events: events as u64, series: series as u64, traces, ..Owned::default() }
    }

    pub(crate) fn forget_owned(&mut self, owner: &Owner) -> Owned {
        let owned = self.owned(owner);
        self.forget(&owned.traces);
        let texts = &mut self.event_texts;
        self.events.retain(|_, event| {
            let stays = !owner.has_event(event);
            if !stays {
                texts.remove(&format!("{event:?}"));
            }
            stays
        });
        self.series.retain(|_, series| !has_series(owner, series));
        owned
    }
}
