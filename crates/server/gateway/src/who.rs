//! The identity of a request: from its headers, then its body, then its conversation.

use http::HeaderMap;
use quipu_budget::Subject;
use quipu_sdk::{Context, Recorder};

use crate::asked::{RequestMembers, split};
use crate::sessions::Sessions;

/// The maximum length of a name from a header or body, in characters.
const MOST: usize = 256;
/// The maximum number of tags of a call.
const MOST_TAGS: usize = 32;

/// The identity of a call.
#[derive(Debug, Default)]
pub(crate) struct Who {
    /// The position in the trace, with session, user and agent.
    pub context: Context,
    pub project: Option<String>,
    pub tags: Vec<String>,
    /// Whether the session is derived from the conversation's head.
    pub by_head: bool,
}

impl Who {
    /// Reads the identity from headers and a decompressed body.
    pub fn of(
        recorder: Recorder,
        headers: &HeaderMap,
        asked: &RequestMembers<'_>,
        sessions: &Sessions,
    ) -> Self {
        let mut context = Context::root(recorder).scope(|| quipu_http::extract(headers));
        let told = asked.whose();
        let bound = context.bound().cloned().unwrap_or_default();
        let header = |name: &str| cut(headers.get(name)?.to_str().ok()?);
        let user = header("x-quipu-user")
            .or_else(|| bound.user.map(Into::into))
            .or(told.user)
            .and_then(|user| cut(&user));
        let agent = header("x-quipu-agent").or_else(|| bound.agent.map(Into::into)).or(told.agent);
        let project = header("x-quipu-project").or(told.project.and_then(|project| cut(&project)));
        let session = header("x-quipu-session").or_else(|| bound.session.map(Into::into)).or(told.session);
        let session = session.and_then(|session| cut(&session));
        let before = || asked.previous().and_then(|response| sessions.of(&response));
        let (session, by_head) = match session.or_else(before) {
            Some(session) => (Some(session), false),
            None => {
                let head = asked.head(user.as_deref().unwrap_or_default());
                let by_head = head.is_some();
                (head, by_head)
            }
        };
        context.change(|bound| {
            bound.user = user.map(Into::into);
            bound.session = session.map(Into::into);
            bound.agent = agent.and_then(|agent| cut(&agent)).map(Into::into);
            // Bound data reaches both the records and the scopes of budgets.
            if let Some(project) = &project {
                bound.set_data("project", project);
            }
        });
        Self { context, project, tags: tags(headers, told.tags), by_head }
    }

    /// The same call with the gateway's own tags.
    pub fn tagged(mut self, tags: &[String]) -> Self {
        for tag in tags.iter().filter_map(|tag| cut(tag)) {
            if !self.tags.contains(&tag) {
                self.tags.push(tag);
            }
        }
        self
    }

    /// The session, if there is one.
    pub fn session(&self) -> Option<&str> {
        self.context.bound()?.session.as_deref()
    }

    /// The subject of the budgets.
    pub fn subject(&self, service: &str, provider: &str, model: &str) -> Subject {
        let mut subject = Subject::of(&self.context).service(service).provider(provider);
        // A scope may have one account for each model.
        subject.model = cut(model).map(Into::into);
        subject.project = self.project.as_deref().map(Into::into).or(subject.project);
        subject.framework = subject.framework.or_else(|| Some("quipu".into()));
        self.tags.iter().fold(subject, |subject, tag| subject.tag(tag.as_str()))
    }
}

/// The tags of the body and of the headers, which may repeat and hold comma-separated lists.
fn tags(headers: &HeaderMap, told: Vec<String>) -> Vec<String> {
    let said = headers.get_all("x-quipu-tag").iter().filter_map(|value| value.to_str().ok()).flat_map(split);
    let mut all: Vec<String> = Vec::new();
    for tag in said.chain(told).filter_map(|tag| cut(&tag)) {
        if !all.contains(&tag) && all.len() < MOST_TAGS {
            all.push(tag);
        }
    }
    all
}

/// Trims and shortens a name; `None` if nothing is left.
fn cut(name: &str) -> Option<String> {
    let name: String = name.trim().chars().take(MOST).collect();
    (!name.is_empty()).then_some(name)
}
