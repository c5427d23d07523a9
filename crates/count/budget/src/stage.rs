//! The stage after the price, and the stage before redaction.

use foldhash::{HashMap, HashMapExt};
use quipu_core::{Batch, Cost, Kind, Span, Stage, TraceFacts, TraceId};

use crate::count::merge;
use crate::registry::Mode;
use crate::{Budgets, Subject, loops};

impl Stage for Budgets {
    fn name(&self) -> &'static str {
        "budgets"
    }

    fn only_adds(&self) -> bool {
        true
    }

    /// Counts spending, and adds events for notices.
    fn apply(&self, batch: &mut Batch) {
        if self.0.mode != Mode::On {
            return;
        }
        let mut work = self.0.backlog.lock().take();
        work.facts.extend(facts_of(&batch.spans));
        work.costs.extend(batch.costs.iter().filter(|cost| matters(cost)).cloned());
        if !work.is_empty() {
            self.work_off(work);
        }
        self.tools(&batch.spans);
        batch.events.append(&mut self.take_events());
    }
}

/// Whether a row is or may have been part of spending.
fn matters(cost: &Cost) -> bool {
    cost.kind.is_call() || cost.usage.is_some() || cost.amount.is_some() || cost.reported.is_some()
}

/// Facts of spans about their traces.
fn facts_of(spans: &[Span]) -> HashMap<TraceId, TraceFacts> {
    let mut found: HashMap<TraceId, TraceFacts> = HashMap::new();
    for span in spans {
        let read = &span.canonical;
        if read.project.is_none() && read.user.is_none() && read.session.is_none() && read.tags.is_empty() {
            continue;
        }
        let (project, user, session) = (read.project.clone(), read.user.clone(), read.session.clone());
        let said = TraceFacts { project, user, session, tags: read.tags.clone() };
        merge(found.entry(span.trace_id).or_default(), &said);
    }
    found
}

impl Budgets {
    /// Reports a tool run, for callers that see tool runs and record no spans of them, or none with
    /// arguments. Only a hash of the arguments is kept.
    pub fn tool_ran(&self, subject: &Subject, tool: &str, arguments: &str) {
        self.0.loops.lock().ran(&self.known(), subject, tool, loops::mark(tool, arguments));
    }

    /// Passes tool runs to loop detection.
    fn tools(&self, spans: &[Span]) {
        let known = self.known();
        if !known.all.values().any(|definition| definition.config.r#loop.is_some()) {
            return;
        }
        let ran = spans.iter().filter(|span| span.canonical.kind == Kind::Tool && span.end.is_some());
        let mut ran: Vec<&Span> = ran.collect();
        ran.sort_by_key(|span| span.start);
        for span in ran {
            let tool = span.canonical.tool.as_deref().unwrap_or(&span.name);
            let of = (span.trace_id, span.span_id);
            let Some(mark) =
                self.0.loops.lock().first_run(of, || arguments(span).map(|said| loops::mark(tool, &said)))
            else {
                continue;
            };
            let Ok(facts) = self.with(|sheet, _| sheet.facts(span.trace_id)) else { continue };
            let read = &span.canonical;
            let subject = Subject {
                project: facts.project,
                user: facts.user,
                session: facts.session,
                tags: facts.tags,
                agent: read.agent.clone(),
                framework: read.framework.clone(),
                service: span.resource.service().map(Into::into),
                trace_id: Some(span.trace_id),
                ..Subject::default()
            };
            self.0.loops.lock().ran(&known, &subject, tool, mark);
        }
    }

    /// A stage for before redaction. It keeps a hash of the arguments of each tool run, so repeated arguments
    /// are detected though the arguments themselves are not kept.
    pub fn watch(&self) -> impl Stage + use<> {
        Watch(self.clone())
    }
}

struct Watch(Budgets);

impl Stage for Watch {
    fn name(&self) -> &'static str {
        "budget loops"
    }

    fn apply(&self, batch: &mut Batch) {
        let watching = self.0.known().all.values().any(|definition| {
            definition.config.r#loop.as_ref().is_some_and(|config| config.repeats.is_some())
        });
        if self.0.0.mode != Mode::On || !watching {
            return;
        }
        for span in batch.spans.iter().filter(|span| span.canonical.kind == Kind::Tool) {
            let tool = span.canonical.tool.as_deref().unwrap_or(&span.name);
            if let Some(said) = arguments(span) {
                let of = (span.trace_id, span.span_id);
                self.0.0.loops.lock().saw(of, loops::mark(tool, &said));
            }
        }
    }
}

/// Arguments of a tool run.
fn arguments(span: &Span) -> Option<String> {
    let said = quipu_semconv::TOOL_ARGUMENTS.iter().find_map(|key| span.attributes.get(key))?;
    Some(said.as_str().map_or_else(|| format!("{said:?}"), str::to_owned))
}
