//! Subject of a call: who spends.

use compact_str::CompactString;
use quipu_core::{Counted, RecordScope, TraceFacts, TraceId};
use quipu_sdk::Context;

use crate::Scope;

/// Subject of a call; scopes of budgets match it. Unknown fields are `None`.
///
/// ```
/// use quipu_budget::{Budget, Budgets, Subject};
/// use quipu_core::Usd;
///
/// let budgets = Budgets::new([("daily".to_owned(), Budget::usd(Usd::cents(500)))].into());
/// budgets.budget("daily").check_for(&Subject::current().user("u-1"), Usd::cents(2))?;
/// # Ok::<(), quipu_budget::BudgetError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subject {
    /// Project that the work belongs to.
    pub project: Option<CompactString>,
    /// Service, as in `service.name`.
    pub service: Option<CompactString>,
    /// Framework that the code is written with.
    pub framework: Option<CompactString>,
    /// Agent that does the work.
    pub agent: Option<CompactString>,
    /// User on whose behalf it runs.
    pub user: Option<CompactString>,
    /// Conversation or session.
    pub session: Option<CompactString>,
    /// Model provider.
    pub provider: Option<CompactString>,
    /// Requested model.
    pub model: Option<CompactString>,
    /// Model of the answer, if known already.
    pub response_model: Option<CompactString>,
    /// Free words.
    pub tags: Vec<CompactString>,
    /// Trace that the call will be in: by it the counted call finds its reservation.
    pub trace_id: Option<TraceId>,
}

macro_rules! setters {
    ($($(#[doc = $doc:literal])* $name:ident,)*) => {$(
        $(#[doc = $doc])*
        #[must_use]
        pub fn $name(mut self, name: impl Into<CompactString>) -> Self {
            self.$name = Some(name.into());
            self
        }
    )*};
}

impl Subject {
    /// The subject of the current context: session, user, agent, framework and trace.
    pub fn current() -> Self {
        Self::of(&Context::current())
    }

    /// The subject of a context.
    pub fn of(context: &Context) -> Self {
        let trace_id = context.trace_id();
        let Some(bound) = context.bound() else { return Self { trace_id, ..Self::default() } };
        Self {
            framework: bound.framework.clone(),
            agent: bound.agent.clone(),
            user: bound.user.clone(),
            session: bound.session.clone(),
            project: bound.get_data("project").map(CompactString::from),
            trace_id,
            ..Self::default()
        }
    }

    setters! {
        /// With a project.
        project,
        /// With a service.
        service,
        /// With a framework.
        framework,
        /// With an agent.
        agent,
        /// With a user.
        user,
        /// With a session.
        session,
        /// With a model provider.
        provider,
        /// With the requested model.
        model,
    }

    /// With a further tag.
    #[must_use]
    pub fn tag(mut self, tag: impl Into<CompactString>) -> Self {
        self.tags.push(tag.into());
        self
    }

    /// With the trace that the call will be in.
    #[must_use]
    pub const fn trace(mut self, trace_id: TraceId) -> Self {
        self.trace_id = Some(trace_id);
        self
    }

    /// The subject of a counted call.
    pub(crate) fn of_call(call: &Counted, facts: &TraceFacts) -> Self {
        Self {
            project: facts.project.clone(),
            service: call.service.clone(),
            framework: call.framework.clone(),
            agent: call.agent.clone(),
            user: facts.user.clone(),
            session: facts.session.clone(),
            provider: call.provider.clone(),
            model: call.request_model.clone(),
            response_model: call.response_model.clone(),
            tags: facts.tags.clone(),
            trace_id: Some(call.trace_id),
        }
    }

    /// The subject of another record of a counted call, with the facts of that record's trace.
    pub(crate) fn of_record(call: &Counted, record: &RecordScope, facts: &TraceFacts) -> Self {
        Self {
            service: record.service.clone(),
            framework: record.framework.clone(),
            agent: record.agent.clone(),
            trace_id: Some(record.trace_id),
            ..Self::of_call(call, facts)
        }
    }

    /// Adds the exact values of a scope for unknown fields.
    pub(crate) fn granted(&self, scope: &Scope) -> Self {
        let mut granted = self.clone();
        for (name, pattern) in scope.fields().filter(|(_, pattern)| !pattern.ends_with('*')) {
            if name == "tag" {
                if granted.tags.is_empty() {
                    granted.tags.push(pattern.into());
                }
            } else if let Some(value) = granted.field(name)
                && value.is_none()
            {
                *value = Some(pattern.into());
            }
        }
        granted
    }

    /// Whether a request that is only partly read may name another value of this field than the one that is
    /// known.
    pub(crate) fn may_be_another(&self, name: &str) -> bool {
        match name {
            "model" | "tag" => true,
            _ => self.clone().field(name).is_none_or(|value| value.is_none()),
        }
    }

    fn field(&mut self, name: &str) -> Option<&mut Option<CompactString>> {
        Some(match name {
            "project" => &mut self.project,
            "service" => &mut self.service,
            "framework" => &mut self.framework,
            "agent" => &mut self.agent,
            "user" => &mut self.user,
            "session" => &mut self.session,
            "provider" => &mut self.provider,
            "model" => &mut self.model,
            _ => return None,
        })
    }

    /// The known facts of its trace.
    pub(crate) fn facts(&self) -> TraceFacts {
        let mut tags = self.tags.clone();
        tags.sort_unstable();
        tags.dedup();
        let (project, user, session) = (self.project.clone(), self.user.clone(), self.session.clone());
        TraceFacts { project, user, session, tags }
    }
}
