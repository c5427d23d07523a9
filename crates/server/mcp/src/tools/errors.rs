//! Tool `errors`: failures by error and kind.

use super::Called;
use crate::answer::Answer;
use crate::arguments::Arguments;
use crate::ask::Asker;
use crate::shape::{key, list, name};

pub(super) async fn call(asker: &dyn Asker, arguments: &Arguments<'_>) -> Called {
    let question = arguments.question("/api/v1/query")?.with("from", Some("failures"));
    let answer = asker.ask(question.with("group_by", Some("error,kind")).with("top", Some("200"))).await?;
    let lines: Vec<String> = list(&answer, "groups")
        .iter()
        .map(|group| {
            format!(
                "{} times: {} (last {}, example trace {})",
                name(&group["count"]),
                key(group),
                name(&group["last_at"]),
                name(&group["trace_id"])
            )
        })
        .collect();
    let head = format!("{} failures, each where it began.", name(&answer["total"]["count"]));
    Ok(Answer::new(head, lines))
}
