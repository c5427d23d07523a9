//! Tool `whoami`: the calling agent's own session.

use serde_json::Value;

use super::{CallError, Called};
use crate::answer::Answer;
use crate::arguments::Arguments;
use crate::ask::{Asker, Question, escape};
use crate::own::SelfKnowledge;
use crate::shape::{cost, list, millis, name, usage};

/// Keys under which a client names its session in `_meta`.
const META_KEYS: [&str; 4] = ["quipu/session", "session_id", "sessionId", "claudecode/sessionId"];

pub(super) async fn call(
    asker: &dyn Asker,
    arguments: &Arguments<'_>,
    own: &SelfKnowledge,
    meta: &Value,
) -> Called {
    let told = arguments.text("session")?.map(|id| (id.to_owned(), "as given"));
    let told = told.or_else(|| {
        let id = META_KEYS.iter().find_map(|key| meta[*key].as_str());
        id.map(|id| (id.to_owned(), "from the request's _meta"))
    });
    let told = told.or_else(|| own.session.clone().map(|id| (id, "from the environment")));
    let session = match told {
        Some(found) => Some(found),
        None => latest(asker, own).await?,
    };
    let since = own.today.clone().unwrap_or_else(|| "-24h".to_owned());
    let today = asker.ask(Question::get("/api/v1/usage").with("since", Some(since.clone()))).await?;
    let all = format!("Everything since {since}: {}.", usage(&today["total"]));
    let Some((id, why)) = session else {
        let head = format!("{all}\nYour session is unknown: call whoami with `session`, or search.");
        return Ok(Answer::new(head, Vec::new()));
    };
    let mine = asker.ask(Question::get("/api/v1/usage").with("session", Some(id.clone()))).await?;
    let head = format!("{all}\nYour session ({why}): {}.", usage(&mine["total"]));
    let traces = Question::get("/api/v1/traces").with("session", Some(id.clone())).with("limit", Some("20"));
    let traces = asker.ask(traces).await?;
    let mut lines = vec![format!("session {}", name(&id.clone().into()))];
    lines.extend(list(&traces, "traces").iter().map(line));
    let more = move |_| format!("search with filter session:{}", escape(&id));
    Ok(Answer::new(head, lines).with_more(more).open_ended(!traces["next_cursor"].is_null()))
}

/// The latest session of the agent's project and branch.
async fn latest(asker: &dyn Asker, own: &SelfKnowledge) -> Result<Option<(String, &'static str)>, CallError> {
    if own.project.is_none() {
        return Ok(None);
    }
    let question = Question::get("/api/v1/sessions")
        .with("project", own.project.clone())
        .with("branch", own.branch.clone())
        .with("limit", Some("1"));
    let answer = asker.ask(question).await?;
    let id = answer["sessions"][0]["session_id"].as_str();
    Ok(id.map(|id| (id.to_owned(), "the latest of this project and branch")))
}

fn line(trace: &Value) -> String {
    format!(
        "trace {} {} {} {} errors, {} tokens, {}",
        name(&trace["trace_id"]),
        name(&trace["name"]),
        millis(&trace["duration_ms"]),
        name(&trace["errors"]),
        name(&trace["tokens"]["total"]),
        cost(trace)
    )
}
