//! Values that all records in a context carry: session, user, correlation id, agent …

use compact_str::CompactString;

use crate::{Context, Entered};

/// Values that all records in a context carry.
///
/// ```
/// let context = quipu_sdk::bind().session("s-1").data("tenant", "acme").context();
/// if let Some(bound) = context.bound() {
///     assert_eq!(bound.get_data("tenant"), Some("acme"));
/// }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bound {
    /// Conversation or session.
    pub session: Option<CompactString>,
    /// User on whose behalf the code runs.
    pub user: Option<CompactString>,
    /// Correlation id of one request across services.
    pub correlation: Option<CompactString>,
    /// Agent that does the work.
    pub agent: Option<CompactString>,
    /// Workflow of the work.
    pub workflow: Option<CompactString>,
    /// Framework of the code.
    pub framework: Option<CompactString>,
    /// Custom data; it travels to other services as W3C baggage.
    pub data: Vec<(CompactString, CompactString)>,
    /// Received W3C trace state; empty if there was none.
    pub trace_state: CompactString,
    /// Whether the caller requested the whole trace regardless of sampling: Jaeger's debug flag, B3's `d`.
    pub debug: bool,
}

/// Starts a binding on top of the current context.
///
/// ```
/// let _bound = quipu_sdk::bind().session("s-1").user("u-1").enter();
/// quipu_sdk::event!(INFO, "order.placed"); // an event of the session
/// ```
pub fn bind() -> Binding {
    Binding(Context::current())
}

/// Builder of a context.
///
/// ```
/// let context = quipu_sdk::bind().framework("langgraph").correlation_id("c-1").context();
/// context.scope(|| quipu_sdk::tool("search").end());
/// ```
#[derive(Debug, Clone)]
pub struct Binding(Context);

impl Binding {
    fn with(mut self, set: impl FnOnce(&mut Bound)) -> Self {
        self.0.change(set);
        self
    }

    /// Binds a session.
    #[must_use]
    pub fn session(self, id: &str) -> Self {
        self.with(|bound| bound.session = Some(id.into()))
    }

    /// Binds a user.
    #[must_use]
    pub fn user(self, id: &str) -> Self {
        self.with(|bound| bound.user = Some(id.into()))
    }

    /// Binds a correlation id.
    #[must_use]
    pub fn correlation_id(self, id: &str) -> Self {
        self.with(|bound| bound.correlation = Some(id.into()))
    }

    /// Binds an agent.
    #[must_use]
    pub fn agent(self, name: &str) -> Self {
        self.with(|bound| bound.agent = Some(name.into()))
    }

    /// Binds a workflow.
    #[must_use]
    pub fn workflow(self, name: &str) -> Self {
        self.with(|bound| bound.workflow = Some(name.into()))
    }

    /// Binds a framework.
    #[must_use]
    pub fn framework(self, name: &str) -> Self {
        self.with(|bound| bound.framework = Some(name.into()))
    }

    /// Binds custom data under `key`; a later value replaces an earlier one.
    #[must_use]
    pub fn data(self, key: &str, value: &str) -> Self {
        self.with(|bound| bound.set_data(key, value))
    }

    /// Returns the context with all bound values.
    pub fn context(self) -> Context {
        self.0
    }

    /// Makes this the current thread's context until the returned guard is dropped.
    pub fn enter(self) -> Entered {
        self.0.enter()
    }
}

impl Bound {
    /// Custom data under `key`.
    pub fn get_data(&self, key: &str) -> Option<&str> {
        self.data.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }

    /// Sets custom data under `key`; a later value replaces an earlier one.
    pub fn set_data(&mut self, key: &str, value: &str) {
        match self.data.iter_mut().find(|(known, _)| known == key) {
            Some((_, held)) => *held = value.into(),
            None => self.data.push((key.into(), value.into())),
        }
    }
}
