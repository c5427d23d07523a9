//! Whose a request is: by its headers first, then by its body, then by its conversation.

use http::HeaderMap;
use quipu_insight::Subject;
use quipu_sdk::{Context, Recorder};

use crate::asked::{Asked, split};
use crate::sessions::Sessions;

/// Most characters of a name that comes in by a header or body.
const MOST: usize = 256;
/// Most tags of a call.
const MOST_TAGS: usize = 32;

/// Whose a call is.
#[derive(Debug, Default)]
pub(crate) struct Who {
    /// Where in which trace the call stands, with session, user and agent bound.
    pub context: Context,
    pub project: Option<String>,
    pub tags: Vec<String>,
    /// The session was made up from the conversation's head.
    pub by_head: bool,
}

impl Who {
    /// Of a request with these headers and this body, in readable form.
    pub fn of(recorder: Recorder, headers: &HeaderMap, asked: &Asked<'_>, sessions: &Sessions) -> Self {
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
            // What is bound as free data reaches records and scopes of budgets alike.
            if let Some(project) = &project {
                bound.set_data("project", project);
            }
        });
        Self { context, project, tags: tags(headers, told.tags), by_head }
    }

    /// The session, if there is one.
    pub fn session(&self) -> Option<&str> {
        self.context.bound()?.session.as_deref()
    }

    /// Who is about to spend.
    pub fn subject(&self, service: &str, provider: &str, model: &str) -> Subject {
        let mut subject = Subject::of(&self.context).service(service).provider(provider);
        // A scope may keep an account for each model.
        subject.model = cut(model).map(Into::into);
        subject.project = self.project.as_deref().map(Into::into).or(subject.project);
        subject.framework = subject.framework.or_else(|| Some("quipu".into()));
        self.tags.iter().fold(subject, |subject, tag| subject.tag(tag.as_str()))
    }
}

/// Tags of headers, which may come several times and hold comma lists, and of the body.
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

/// A name without spaces around it and of a bounded length; `None` where nothing is left.
fn cut(name: &str) -> Option<String> {
    let name: String = name.trim().chars().take(MOST).collect();
    (!name.is_empty()).then_some(name)
}
