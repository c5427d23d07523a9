//! Tool `budget`: limits and spending.

use super::Called;
use crate::answer::Answer;
use crate::arguments::Arguments;
use crate::ask::{Asker, Question};
use crate::shape::{list, name};

pub(super) async fn call(asker: &dyn Asker, arguments: &Arguments<'_>) -> Called {
    let wanted = arguments.text("name")?;
    let answer = asker.ask(Question::get("/api/v1/budgets")).await?;
    let budgets = list(&answer, "budgets").iter();
    let budgets = budgets.filter(|budget| wanted.is_none_or(|wanted| budget["name"] == wanted));
    let lines: Vec<String> = budgets
        .flat_map(|budget| {
            let accounts = list(budget, "accounts").iter();
            accounts.map(move |account| {
                let share = account["share"]
                    .as_f64()
                    .map_or_else(|| "-".to_owned(), |share| format!("{:.1}%", share * 100.0));
                let scope = account["scope"].as_object().into_iter().flatten();
                let scope: Vec<_> = scope.map(|(key, value)| format!("{key}={}", name(value))).collect();
                format!(
                    "{} {}: {} of {} {} spent ({share}), resets {}",
                    name(&budget["name"]),
                    scope.join(" "),
                    name(&account["spent"]),
                    name(&account["limit"]),
                    name(&account["unit"]),
                    name(&account["resets_at"]),
                )
            })
        })
        .collect();
    let head = if lines.is_empty() { "No budget is set." } else { "Budgets:" };
    Ok(Answer::new(head, lines).with_more(|_| "budget with `name`, or raise `max_tokens`".to_owned()))
}
