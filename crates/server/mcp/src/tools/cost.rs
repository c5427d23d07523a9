//! Tool `cost`: usage by group, most expensive first.

use super::Called;
use crate::answer::Answer;
use crate::arguments::Arguments;
use crate::ask::Asker;
use crate::shape::{key, most_expensive, usage};

pub(super) async fn call(asker: &dyn Asker, arguments: &Arguments<'_>) -> Called {
    let group_by = arguments.text("group_by")?.unwrap_or("model");
    let answer = asker.ask(arguments.question("/api/v1/usage")?.with("group_by", Some(group_by))).await?;
    let lines =
        most_expensive(&answer).iter().map(|group| format!("{}: {}", key(group), usage(group))).collect();
    Ok(Answer::new(format!("Total: {}. Groups:", usage(&answer["total"])), lines))
}
