//! Cases on sessions.

use quipu_core::{Cost, SessionQuery, SessionRow, TraceFilter, TraceStatus, Usd};

use super::cases;
use crate::outcome::{check, same};
use crate::sample::{agent_runs, at, batch, draft, priced};
use crate::{Failure, Outcome, Subject};

cases! { "sessions":
    [Store, Spans, Costs] sum_up_their_traces,
    [Store, Spans] latest_activity_comes_first,
    [Store, Spans, Costs] pages_are_complete,
    [Store, Spans] of_filtered_traces,
    [Store, Spans] one_by_its_id,
    [Store, Spans] a_trace_may_change_its_session,
}

async fn all(on: &Subject, filter: TraceFilter, limit: usize) -> Outcome<Vec<SessionRow>> {
    let mut query = SessionQuery { filter, limit, cursor: None };
    let mut rows = Vec::new();
    loop {
        let page = on.store()?.sessions(&query).await?;
        check!(
            page.rows.len() <= limit,
            "a page of {} sessions where {limit} were asked for",
            page.rows.len()
        );
        rows.extend(page.rows);
        match page.next {
            Some(next) if query.cursor.as_ref() == Some(&next) => {
                return Err(Failure::new("the cursor stands still"));
            }
            Some(next) => query.cursor = Some(next),
            None => return Ok(rows),
        }
    }
}

fn names(rows: &[SessionRow]) -> Vec<&str> {
    rows.iter().map(|row| row.session.as_str()).collect()
}

async fn sum_up_their_traces(on: &Subject) -> Outcome {
    let spans = [
        draft(1, 1).session("s").user("u").span(),
        draft(1, 2).below(1).llm("gpt-5", 10, 1).span(),
        draft(2, 5).session("s").span(),
        draft(2, 6).below(5).llm("claude", 20, 2).failed("x").span(),
        draft(2, 7).below(5).tool("search").span(),
        draft(3, 9).span(),
    ];
    let by = |cost: Cost, agent: &str| Cost { agent: Some(agent.into()), ..cost };
    let costs = [
        by(priced(&spans[1], "0.1"), "zed"),
        by(priced(&spans[3], "0.2"), "amy"),
        by(crate::sample::cost(&spans[4]), "zed"),
    ];
    on.write(batch(spans, costs)).await?;
    let rows = all(on, TraceFilter::default(), 10).await?;
    same!(names(&rows), vec!["s"], "sessions");
    let Some(row) = rows.first() else { return Ok(()) };
    same!((&row.user, row.started_at, row.last_at), (Some("u"), at(1), at(5)), "user and times");
    same!((row.traces, row.llm_calls, row.tool_calls, row.errors), (2, 2, 1, 1), "counts");
    same!((row.tokens.input, row.tokens.output), (30, 3), "tokens");
    same!(row.cost, "0.3".parse::<Usd>().ok(), "cost");
    same!((&row.agents, &row.models), (vec!["amy", "zed"], vec!["claude", "gpt-5"]), "agents and models");
    Ok(())
}

async fn latest_activity_comes_first(on: &Subject) -> Outcome {
    let spans = [
        draft(1, 1).session("a").span(),
        draft(2, 2).session("b").span(),
        draft(3, 3).session("c").span(),
        draft(4, 4).session("a").span(),
    ];
    on.write(batch(spans, [])).await?;
    same!(names(&all(on, TraceFilter::default(), 10).await?), vec!["a", "c", "b"], "sessions");
    Ok(())
}

async fn pages_are_complete(on: &Subject) -> Outcome {
    on.write(agent_runs(31, 30)).await?;
    let tied = (60..80).map(|trace| draft(trace, 1).starts(at(10)).session(&format!("tied {trace}")).span());
    on.write(batch(tied.collect::<Vec<_>>(), [])).await?;
    let whole = all(on, TraceFilter::default(), 1_000).await?;
    same!(whole.len(), 30, "sessions");
    let falling = whole.windows(2).all(|pair| pair[0].last_at >= pair[1].last_at);
    check!(falling, "a session with earlier activity stands before a later one");
    for limit in [1, 3, 10] {
        same!(all(on, TraceFilter::default(), limit).await?, whole, "sessions in pages of {limit}");
    }
    Ok(())
}

async fn of_filtered_traces(on: &Subject) -> Outcome {
    let spans = [
        draft(1, 1).session("a").service("shop").good().span(),
        draft(2, 2).session("b").service("bank").good().span(),
        draft(3, 3).session("c").service("shop").failed("x").span(),
    ];
    on.write(batch(spans, [])).await?;
    let shop = TraceFilter { service: Some("shop".to_owned()), ..TraceFilter::default() };
    same!(names(&all(on, shop.clone(), 10).await?), vec!["c", "a"], "sessions of a service");
    let failed = TraceFilter { status: Some(TraceStatus::Error), ..shop };
    same!(names(&all(on, failed, 10).await?), vec!["c"], "sessions of failed traces");
    let early = TraceFilter { until: Some(at(2)), ..TraceFilter::default() };
    same!(names(&all(on, early, 10).await?), vec!["a"], "sessions of a time");
    Ok(())
}

async fn one_by_its_id(on: &Subject) -> Outcome {
    on.write(batch([draft(1, 1).session("a").span(), draft(2, 2).session("b").span()], [])).await?;
    let one = |id: &str| TraceFilter { session: Some(id.to_owned()), ..TraceFilter::default() };
    same!(names(&all(on, one("a"), 10).await?), vec!["a"], "sessions");
    same!(names(&all(on, one("none"), 10).await?), Vec::<&str>::new(), "sessions of an unknown id");
    Ok(())
}

async fn a_trace_may_change_its_session(on: &Subject) -> Outcome {
    on.write(batch([draft(1, 2).below(1).session("child's").span()], [])).await?;
    on.write(batch([draft(1, 1).session("root's").span()], [])).await?;
    same!(names(&all(on, TraceFilter::default(), 10).await?), vec!["root's"], "sessions");
    Ok(())
}
