//! Cases on structured events.

use quipu_core::{Batch, Event, EventQuery, Level, Timestamp, Value};

use super::cases;
use crate::ask;
use crate::outcome::{check, same};
use crate::sample::{at, event, trace_id};
use crate::{Failure, Outcome, Subject};

cases! { "events":
    [Store, Events] newest_come_first,
    [Store, Events] the_same_event_again_changes_nothing,
    [Store, Events] events_that_differ_in_anything_are_two,
    [Store, Events] filter_by_half_open_times,
    [Store, Events] filter_by_least_level,
    [Store, Events] filter_by_name_session_agent_framework_trace,
    [Store, Events] filter_by_text_whatever_the_case,
    [Store, Events] filter_by_text_is_no_pattern,
    [Store, Events] pages_are_complete_over_ties,
    [Store, Events] pages_over_many_days,
}

fn batch(events: impl IntoIterator<Item = Event>) -> Batch {
    Batch { events: events.into_iter().collect(), ..Batch::default() }
}

fn note(second: i64, body: &str) -> Event {
    event(at(second), Level::Info, "note", body)
}

/// Bodies of the events that match a query, newest first.
async fn bodies(on: &Subject, query: EventQuery) -> Outcome<Vec<String>> {
    let page = on.store()?.events(&query).await?;
    Ok(page.rows.iter().map(|event| event.body.as_str().unwrap_or("no text").to_owned()).collect())
}

async fn newest_come_first(on: &Subject) -> Outcome {
    on.write(batch([note(2, "b"), note(3, "c"), note(1, "a")])).await?;
    same!(bodies(on, ask::every_event()).await?, ["c", "b", "a"], "events");
    Ok(())
}

async fn the_same_event_again_changes_nothing(on: &Subject) -> Outcome {
    let twice = Event { body: Value::Double(f64::NAN), ..note(1, "") };
    on.write(batch([twice.clone(), twice.clone(), note(2, "b")])).await?;
    on.write(batch([twice.clone(), note(2, "b")])).await?;
    let rows = on.store()?.events(&ask::every_event()).await?.rows;
    same!(rows, vec![note(2, "b"), twice], "events");
    Ok(())
}

async fn events_that_differ_in_anything_are_two(on: &Subject) -> Outcome {
    let base = note(1, "a");
    let mut with_attribute = base.clone();
    with_attribute.attributes.push("k", 1);
    let mut with_other_attribute = base.clone();
    with_other_attribute.attributes.push("k", "1");
    let rivals = [
        base.clone(),
        with_attribute,
        with_other_attribute,
        Event { level: Level::Debug, ..base.clone() },
        Event { name: "other".into(), ..base.clone() },
        Event { session: Some("s".into()), ..base.clone() },
        Event { trace_id: Some(trace_id(1)), ..base.clone() },
        Event { time: at(1).plus(1), ..base },
    ];
    on.write(batch(rivals)).await?;
    same!(on.store()?.events(&ask::every_event()).await?.rows.len(), 8, "events");
    Ok(())
}

async fn filter_by_half_open_times(on: &Subject) -> Outcome {
    on.write(batch([note(1, "a"), note(2, "b"), note(3, "c")])).await?;
    let between = |since, until| EventQuery { since, until, ..ask::every_event() };
    same!(bodies(on, between(Some(at(2)), Some(at(3)))).await?, ["b"], "events of one second");
    same!(bodies(on, between(Some(at(2)), None)).await?, ["c", "b"], "events since");
    same!(bodies(on, between(None, Some(at(2)))).await?, ["a"], "events until");
    Ok(())
}

async fn filter_by_least_level(on: &Subject) -> Outcome {
    let events = (1..).zip(Level::ALL).map(|(second, level)| event(at(second), level, "n", level.as_str()));
    on.write(batch(events)).await?;
    let query = EventQuery { level: Some(Level::Warning), ..ask::every_event() };
    same!(bodies(on, query).await?, ["critical", "error", "warning"], "events");
    Ok(())
}

async fn filter_by_name_session_agent_framework_trace(on: &Subject) -> Outcome {
    let full = Event {
        name: "run.done".into(),
        session: Some("s".into()),
        agent: Some("amy".into()),
        framework: Some("crewai".into()),
        trace_id: Some(trace_id(7)),
        ..note(1, "full")
    };
    on.write(batch([full, note(2, "plain")])).await?;
    let text = |value: &str| Some(value.to_owned());
    let questions = [
        EventQuery { name: text("run.done"), ..ask::every_event() },
        EventQuery { session: text("s"), ..ask::every_event() },
        EventQuery { agent: text("amy"), ..ask::every_event() },
        EventQuery { framework: text("crewai"), ..ask::every_event() },
        EventQuery { trace_id: Some(trace_id(7)), ..ask::every_event() },
        EventQuery { session: text("s"), agent: text("amy"), level: Some(Level::Info), ..ask::every_event() },
    ];
    for question in questions {
        let what = format!("{question:?}");
        same!(bodies(on, question).await?, ["full"], "events of {what}");
    }
    let nobody = EventQuery { agent: text("amy"), name: text("note"), ..ask::every_event() };
    same!(bodies(on, nobody).await?.len(), 0, "events of filters that contradict");
    Ok(())
}

async fn finds(on: &Subject, q: &str, want: &[&str]) -> Outcome {
    let query = EventQuery { q: Some(q.to_owned()), ..ask::every_event() };
    same!(bodies(on, query).await?, want, "events with {q:?}");
    Ok(())
}

async fn filter_by_text_whatever_the_case(on: &Subject) -> Outcome {
    let mut with_attribute = note(3, "third");
    with_attribute.attributes.push("reason", "Connection RESET");
    let named = Event { name: "Agent.Reset".into(), ..note(2, "second") };
    on.write(batch([note(1, "the Breaker tripped"), named, with_attribute, note(4, "ÜBERLAUF")])).await?;
    finds(on, "breaker", &["the Breaker tripped"]).await?;
    finds(on, "reset", &["third", "second"]).await?;
    finds(on, "AKER TRIP", &["the Breaker tripped"]).await?;
    finds(on, "überlauf", &["ÜBERLAUF"]).await?;
    finds(on, "nothing of the kind", &[]).await
}

async fn filter_by_text_is_no_pattern(on: &Subject) -> Outcome {
    on.write(batch([note(1, "100% sure"), note(2, "100x sure"), note(3, "it's \"quoted\"")])).await?;
    finds(on, "100%", &["100% sure"]).await?;
    finds(on, "100_", &[]).await?;
    finds(on, "t's \"q", &["it's \"quoted\""]).await
}

async fn paged(on: &Subject, limit: usize) -> Outcome<Vec<Event>> {
    let mut query = EventQuery { limit, ..EventQuery::default() };
    let mut rows = Vec::new();
    loop {
        let page = on.store()?.events(&query).await?;
        check!(page.rows.len() <= limit, "a page of {} events where {limit} were asked for", page.rows.len());
        rows.extend(page.rows);
        match page.next {
            Some(next) if query.cursor == Some(next) => return Err(Failure::new("the cursor stands still")),
            Some(next) => query.cursor = Some(next),
            None => return Ok(rows),
        }
    }
}

async fn pages_hold(on: &Subject, count: usize) -> Outcome {
    let whole = paged(on, 1_000).await?;
    same!(whole.len(), count, "events");
    check!(
        whole.windows(2).all(|pair| pair[0].time >= pair[1].time),
        "an older event stands before a newer one"
    );
    for limit in [1, 4, 10] {
        same!(paged(on, limit).await?, whole, "events in pages of {limit}");
    }
    Ok(())
}

async fn pages_are_complete_over_ties(on: &Subject) -> Outcome {
    on.write(batch((0..30).map(|number| note(number / 10, &format!("event {number}"))))).await?;
    pages_hold(on, 30).await
}

async fn pages_over_many_days(on: &Subject) -> Outcome {
    let step = |number: i64| at(0).plus(number * 7 * Timestamp::HOUR);
    let events =
        (0..30).map(|number| event(step(number * 11 % 30), Level::Info, "n", &format!("event {number}")));
    on.write(batch(events)).await?;
    pages_hold(on, 30).await
}
