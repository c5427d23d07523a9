//! Traces and meetings in memory, and the reload of those that were evicted.

use compact_str::CompactString;
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use quipu_core::{Batch, Meeting, Node, Result, Signal, Span, Store, Timestamp, TraceId};

use crate::answers::Answers;
use crate::called::{CallsOf, is_of_a_call};
use crate::meetings::{BEFORE, Meetings, WINDOW, day_of};
use crate::moments::Moments;
use crate::recent::{Recent, recent};
use crate::row::Row;
use crate::trace::Trace;

/// Maximum number of services whose lookup in the store is remembered.
const SERVICES: usize = 4_096;
/// Maximum number of services that are remembered as having metrics.
const METERED: usize = 65_536;
/// Meetings to look up, by day, each with the time of a record.
pub(crate) type Absent = HashMap<(Meeting, i64), Timestamp>;

/// Counts calls over all traces. Keeps recent traces in memory and reads the others from the store.
pub struct Ledger {
    pub(crate) traces: Recent<TraceId, Trace>,
    pub(crate) nodes: usize,
    pub(crate) most_nodes: usize,
    pub(crate) meetings: Meetings,
    pub(crate) moments: Moments,
    /// The meeting of the metrics of a service, for each service seen on a day.
    services: Recent<(CompactString, i64), Meeting>,
    /// The meetings of services that have metrics.
    metered: HashSet<Meeting>,
    answers: Answers,
    /// The latest second of arrival.
    second: i64,
}

impl Ledger {
    /// Spans kept in memory by default: some 10 MiB.
    pub const NODES: usize = 16_384;

    /// Creates a ledger that keeps about `most_nodes` spans in memory. Traces of the current batch are always
    /// kept.
    pub fn new(most_nodes: usize) -> Self {
        // A cache created with a bound allocates all of it at once.
        let mut services = recent();
        services.resize(std::num::NonZeroUsize::new(SERVICES).unwrap_or(std::num::NonZeroUsize::MIN));
        Self {
            traces: recent(),
            nodes: 0,
            most_nodes,
            meetings: Meetings::new(most_nodes / 2),
            moments: Moments::new(most_nodes / 2),
            services,
            metered: HashSet::new(),
            answers: Answers::default(),
            second: 0,
        }
    }

    /// Leaves records in the store that need no comparison, and reads them back once they do. The store must
    /// have each counted batch before the next one is counted, and return it.
    #[must_use]
    pub fn leaving_in_store(mut self) -> Self {
        self.moments.leave_in_store();
        self
    }

    /// Adds a row to the batch for each of its spans that is a call, holds usage or runs a tool. Adds a
    /// corrected row for each earlier span whose standing changes, because of its own trace or of another
    /// signal.
    ///
    /// # Errors
    /// The store cannot be read. The batch is then unchanged.
    pub async fn count(&mut self, batch: &mut Batch, store: &dyn Store) -> Result<()> {
        let mut groups: HashMap<TraceId, Vec<Node>> = HashMap::new();
        let mut order = Vec::new();
        for span in &batch.spans {
            self.second = self.second.max(span.arrival.millisecond.div_euclid(1_000));
            groups.entry(span.trace_id).or_insert_with(|| {
                order.push((span.trace_id, span.start));
                Vec::new()
            });
            if let Some(group) = groups.get_mut(&span.trace_id) {
                group.push(Node::of(span));
            }
        }
        self.answers.begin(self.second);
        let recalled = self.recall(&order, store).await?;
        self.return_again(&recalled, &groups);
        let mut rows = Vec::new();
        for (trace_id, _) in order {
            let nodes = groups.remove(&trace_id).unwrap_or_default();
            rows.append(&mut self.add(trace_id, nodes));
        }
        match self.meet(rows, store).await {
            Ok(mut costs) => batch.costs.append(&mut costs),
            Err(error) => {
                self.clear();
                return Err(error);
            }
        }
        self.shrink(&batch.spans);
        Ok(())
    }

    /// Has the rows of repeated spans decided again with their meetings and moments, if their traces were
    /// just read. A write can fail after some of its days are stored, and rows of other days are then older.
    fn return_again(&mut self, recalled: &[(TraceId, Timestamp)], groups: &HashMap<TraceId, Vec<Node>>) {
        for (trace_id, _) in recalled {
            let Some(trace) = self.traces.peek_mut(trace_id) else { continue };
            groups.get(trace_id).into_iter().flatten().for_each(|node| trace.return_again(node.span_id));
        }
    }

    /// Counts stored traces again and ignores the cache. Returns the rows of all their spans, and corrected
    /// rows of other traces in their meetings.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn recount(
        &mut self,
        traces: &[(TraceId, Timestamp)],
        store: &dyn Store,
    ) -> Result<Vec<quipu_core::Cost>> {
        let stored = store.nodes(traces).await?;
        let mut rows = Vec::new();
        for ((trace_id, _), nodes) in traces.iter().zip(stored) {
            if let Some(known) = self.traces.pop(trace_id) {
                self.nodes -= known.len();
            }
            rows.append(&mut self.add(*trace_id, nodes));
        }
        let costs = self.meet(rows, store).await?;
        self.shrink(&[]);
        Ok(costs)
    }

    /// Clears the cache, because the store alone has the valid state: after a removal, or after a write that
    /// failed. Rows of any trace, meeting or moment can depend on rows that were not stored.
    pub fn clear(&mut self) {
        self.traces.clear();
        self.nodes = 0;
        self.meetings.clear();
        self.moments.clear();
        self.services.clear();
        self.metered.clear();
        self.answers = Answers::default();
    }

    /// Whether the spans of a trace are in memory.
    pub fn knows(&self, trace: TraceId) -> bool {
        self.traces.contains(&trace)
    }

    /// Spans in memory.
    pub const fn len(&self) -> usize {
        self.nodes
    }

    /// Whether no span is in memory.
    pub const fn is_empty(&self) -> bool {
        self.nodes == 0
    }

    /// Decides the rows within their meetings, and returns the rows to write.
    async fn meet(&mut self, rows: Vec<Row>, store: &dyn Store) -> Result<Vec<quipu_core::Cost>> {
        let mut absent = self.absent(&rows);
        let services = self.services_of(&rows, &mut absent);
        let mut metrics = self.open(absent, store).await?;
        let new = rows.iter().filter(|row| is_metric(row));
        metrics.extend(new.filter_map(|row| Some((row.meeting?, row.clone()))));
        let mut again = self.tell_of_calls(&rows, &services);
        again.extend(self.ask_for_calls(metrics, &rows, store).await?);
        let rows = self.meetings.settle(rows, again);
        self.look_around(&rows, store).await?;
        Ok(self.moments.settle(rows))
    }

    /// The meetings of these rows to look up in the store. Most answers are new, and need no look-up.
    fn absent(&mut self, rows: &[Row]) -> Absent {
        let mut absent = Absent::new();
        let meeting = |row: &Row| row.meeting.map(|meeting| (meeting, row.cost.time));
        for (meeting, time) in rows.iter().filter_map(meeting) {
            let is_new = meeting.is_of_answer() && self.answers.is_absent(meeting, time);
            if !is_new && !self.meetings.knows(meeting, time) {
                absent.entry((meeting, day_of(time))).or_insert(time);
            }
        }
        for (meeting, _) in rows.iter().filter_map(meeting).filter(|(meeting, _)| meeting.is_of_answer()) {
            self.answers.note(meeting, self.second);
        }
        absent
    }

    /// The services of calls and metrics, with the meetings of their metrics. Services not yet seen on that
    /// day are looked up.
    fn services_of(&mut self, rows: &[Row], absent: &mut Absent) -> HashMap<CompactString, Meeting> {
        let mut services = HashMap::new();
        let mut last = None;
        for row in rows {
            let Some(service) = &row.cost.service else { continue };
            let day = day_of(row.cost.time);
            // Most rows of a batch are of the same service and day.
            if last.replace((service, day)) == Some((service, day)) {
                continue;
            }
            let known = self.services.get(&(service.clone(), day)).copied();
            let meeting = known.unwrap_or_else(|| Meeting::of(Meeting::SERVICE, service));
            let may_have_metrics = known.is_none() || self.metered.contains(&meeting);
            if may_have_metrics && !self.meetings.knows(meeting, row.cost.time) {
                absent.entry((meeting, day)).or_insert(row.cost.time);
            }
            self.services.put((service.clone(), day), meeting);
            services.insert(service.clone(), meeting);
        }
        services
    }

    /// Loads meetings from the store and returns the metrics among their records.
    pub(crate) async fn open(
        &mut self,
        mut absent: Absent,
        store: &dyn Store,
    ) -> Result<Vec<(Meeting, Row)>> {
        let mut metrics = Vec::new();
        while !absent.is_empty() {
            let asked: Vec<(Meeting, Timestamp)> =
                absent.drain().map(|((meeting, _), time)| (meeting, time)).collect();
            let traces = store.meeting_traces(&asked).await?;
            let found = self
                .rows_in(&traces, store, |trace, at| {
                    let (meeting, _) = asked[at];
                    trace.rows_that_meet().filter(|row| row.meeting == Some(meeting)).collect()
                })
                .await?;
            for ((meeting, time), stored) in asked.iter().copied().zip(found) {
                metrics.extend(stored.iter().filter(|row| is_metric(row)).map(|row| (meeting, row.clone())));
                if stored.is_empty() && !self.meetings.holds(meeting) {
                    continue;
                }
                let times: Vec<Timestamp> = stored.iter().map(|row| row.cost.time).collect();
                self.meetings.open(meeting, stored);
                self.meetings.looked(meeting, time);
                // A trace over several days brings records of days that were not read from the store; their
                // other records are still missing.
                for time in times.into_iter().filter(|time| !self.meetings.covers(meeting, *time)) {
                    absent.entry((meeting, day_of(time))).or_insert(time);
                }
            }
        }
        Ok(metrics)
    }

    /// Informs the metrics of a service of its calls in this batch.
    fn tell_of_calls(
        &mut self,
        rows: &[Row],
        services: &HashMap<CompactString, Meeting>,
    ) -> HashSet<Meeting> {
        let mut told = HashSet::new();
        for row in rows.iter().filter(|row| is_of_a_call(row)) {
            let Some(meeting) = row.cost.service.as_ref().and_then(|service| services.get(service)) else {
                continue;
            };
            if self.meetings.has_metrics(*meeting) && row.meeting != Some(*meeting) {
                let from = row.cost.time.nanos();
                let until = from.saturating_add(row.cost.duration.unwrap_or(0));
                self.meetings.tell(*meeting, (from, until), row.arrival.credentials());
                told.insert(*meeting);
            }
        }
        told
    }

    /// Looks up the calls at the time of a service's metrics, in the store and in this batch.
    pub(crate) async fn ask_for_calls(
        &mut self,
        metrics: Vec<(Meeting, Row)>,
        rows: &[Row],
        store: &dyn Store,
    ) -> Result<HashSet<Meeting>> {
        let mut answers: HashMap<(Meeting, i64, i64, u64), bool> = HashMap::new();
        for (meeting, row) in metrics {
            let Some(service) = row.cost.service.as_deref() else { continue };
            if meeting != Meeting::of(Meeting::SERVICE, service) {
                continue;
            }
            let (from, until) = window_of(&row);
            let credentials = row.arrival.credentials();
            let asked = (meeting, from.nanos(), until.nanos(), credentials);
            let calls = CallsOf { service, from, until, credentials };
            let told = match answers.get(&asked) {
                Some(told) => *told,
                None => calls.are_among(rows) || calls.are_stored(store).await?,
            };
            answers.insert(asked, told);
            self.note_metered(meeting);
            self.meetings.open(meeting, []);
            if told {
                self.meetings.tell(meeting, (row.cost.time.nanos(), until.nanos()), credentials);
            }
        }
        Ok(answers.into_iter().filter(|(_, told)| *told).map(|((meeting, ..), _)| meeting).collect())
    }

    /// Notes that a service has metrics. Beyond the limit, all services are looked up again.
    fn note_metered(&mut self, meeting: Meeting) {
        if self.metered.len() >= METERED {
            self.metered.clear();
            self.services.clear();
        }
        self.metered.insert(meeting);
    }

    pub(crate) fn add(&mut self, trace_id: TraceId, nodes: Vec<Node>) -> Vec<Row> {
        let trace = self.traces.get_or_insert_mut(trace_id, || Trace::new(trace_id));
        let before = trace.len();
        trace.reserve(nodes.len());
        nodes.into_iter().for_each(|node| trace.insert(node));
        self.nodes += trace.len() - before;
        trace.settle()
    }

    fn shrink(&mut self, keep: &[Span]) {
        while self.nodes > self.most_nodes {
            let Some((trace_id, trace)) = self.traces.pop_lru() else { return };
            if keep.iter().any(|span| span.trace_id == trace_id) {
                self.traces.put(trace_id, trace);
                return;
            }
            self.nodes -= trace.len();
        }
    }
}

fn is_metric(row: &Row) -> bool {
    row.cost.signal == Signal::Metric
}

/// The time range whose calls a metric covers, rounded to whole windows to reduce queries.
fn window_of(row: &Row) -> (Timestamp, Timestamp) {
    let end = row.cost.time.plus(row.cost.duration.unwrap_or(0));
    (row.cost.time.plus(-BEFORE).floor(WINDOW), end.floor(WINDOW).plus(WINDOW))
}

impl Default for Ledger {
    fn default() -> Self {
        Self::new(Self::NODES)
    }
}
