//! Keys of scores: those of the event, otherwise those of its trace.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use quipu_core::locks::Mutex;
use quipu_core::{Event, Result, Store, TraceId, TraceRow};

/// Keys that scores can be grouped by.
pub(crate) const KEYS: [&str; 6] = ["agent", "framework", "project", "service", "session", "user"];
/// Traces whose keys are remembered, and how long. A late root can change them.
const MOST: usize = 20_000;
const AGE: Duration = Duration::from_secs(60);

/// Keys of a trace in the order of [`KEYS`]; the agent only if the trace has one agent.
type TraceKeys = [Option<String>; KEYS.len()];

/// Keys of the traces of recent scores.
#[derive(Default)]
pub(crate) struct ScoreKeys(Mutex<HashMap<TraceId, (Instant, TraceKeys)>>);

impl ScoreKeys {
    /// The values of these keys.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(crate) async fn of(
        &self,
        store: &dyn Store,
        event: &Event,
        by: &[String],
    ) -> Result<Vec<Option<String>>> {
        if by.is_empty() {
            return Ok(Vec::new());
        }
        let of_trace = match event.trace_id {
            Some(trace) => self.of_trace(store, trace).await?,
            None => TraceKeys::default(),
        };
        Ok(by.iter().map(|key| value(event, &of_trace, key)).collect())
    }

    async fn of_trace(&self, store: &dyn Store, trace: TraceId) -> Result<TraceKeys> {
        if let Some((read_at, keys)) = self.0.lock().get(&trace)
            && read_at.elapsed() < AGE
        {
            return Ok(keys.clone());
        }
        let keys = store.trace(trace).await?.map(trace_keys).unwrap_or_default();
        let mut known = self.0.lock();
        if known.len() >= MOST {
            known.retain(|_, (read_at, _)| read_at.elapsed() < AGE);
        }
        if known.len() < MOST {
            known.insert(trace, (Instant::now(), keys.clone()));
        }
        Ok(keys)
    }
}

fn trace_keys(row: TraceRow) -> TraceKeys {
    let agent = if row.agents.len() == 1 { row.agents.into_iter().next() } else { None };
    [agent, row.framework, row.project, row.service, row.session, row.user].map(|name| name.map(String::from))
}

/// A score that a user stored has the service of Quipu itself, so the service of the trace comes first.
fn value(event: &Event, of_trace: &TraceKeys, key: &str) -> Option<String> {
    let of_trace = KEYS.iter().position(|known| *known == key).and_then(|at| of_trace[at].clone());
    let own = match key {
        "agent" => event.agent.as_deref(),
        "framework" => event.framework.as_deref(),
        "session" => event.session.as_deref(),
        "service" if of_trace.is_none() => event.resource.service(),
        _ => None,
    };
    own.map(str::to_owned).or(of_trace)
}
