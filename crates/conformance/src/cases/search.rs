//! Cases on full text search. An index may lag, so every case waits up to a limit.

use quipu_core::{GroupBy, SpanEvent, Timestamp, TraceFilter, UsageQuery};

use super::cases;
use crate::ask;
use crate::outcome::{check, same};
use crate::sample::{agent_runs, at, batch, draft, priced};
use crate::{Outcome, Subject};

cases! { "search":
    [Store, Spans] finds_words_of_names_attributes_and_errors,
    [Store, Spans] finds_words_of_events_within_spans,
    [Store, Spans] all_words_must_be_in_one_span,
    [Store, Spans] the_case_does_not_matter,
    [Store, Spans] words_in_many_scripts,
    [Store, Spans] signs_between_words_do_not_matter,
    [Store, Spans] an_updated_span_is_found_by_its_new_words_only,
    [Store, Spans, Costs] together_with_other_filters,
    [Store, Spans] syntax_of_search_engines_is_plain_text,
    [Store, Spans] the_lag_goes_to_zero,
    [Store, Reopen, Spans] words_are_found_after_reopening,
}

fn q(words: &str) -> TraceFilter {
    TraceFilter { q: Some(words.to_owned()), ..TraceFilter::default() }
}

async fn finds(on: &Subject, filter: TraceFilter, want: &[u64]) -> Outcome {
    let store = on.store()?;
    let last = || async {
        let have = ask::picked(store, filter.clone()).await?;
        Ok(have == ask::ids(want))
    };
    ask::eventually(&format!("traces {want:?} for {:?}", filter.q), last).await
}

async fn finds_words_of_names_attributes_and_errors(on: &Subject) -> Outcome {
    let spans = [
        draft(1, 1).named("plan the voyage").span(),
        draft(2, 1)
            .with("gen_ai.input.messages", "[{\"role\":\"user\",\"content\":\"Where is Valparaíso?\"}]")
            .span(),
        draft(3, 1).failed("upstream hiccup").span(),
        draft(4, 1).with("number", 42).span(),
    ];
    on.write(batch(spans, [])).await?;
    finds(on, q("voyage"), &[1]).await?;
    finds(on, q("Valparaíso"), &[2]).await?;
    finds(on, q("hiccup"), &[3]).await?;
    finds(on, q("nowhere"), &[]).await
}

async fn finds_words_of_events_within_spans(on: &Subject) -> Outcome {
    let mut span = draft(1, 1).span();
    let attributes = [("exception.message", "the kraken woke")].into_iter().collect();
    span.events.push(SpanEvent { time: at(1), name: "exception".into(), attributes });
    on.write(batch([span, draft(2, 1).span()], [])).await?;
    finds(on, q("kraken"), &[1]).await
}

async fn all_words_must_be_in_one_span(on: &Subject) -> Outcome {
    let spans = [
        draft(1, 1).with("prompt", "red green").with("answer", "blue").span(),
        draft(2, 1).with("prompt", "red").span(),
        draft(2, 2).below(1).with("prompt", "blue").span(),
    ];
    on.write(batch(spans, [])).await?;
    finds(on, q("red blue"), &[1]).await?;
    finds(on, q("blue green red"), &[1]).await?;
    finds(on, q("red"), &[1, 2]).await?;
    finds(on, q("red yellow"), &[]).await
}

async fn the_case_does_not_matter(on: &Subject) -> Outcome {
    on.write(batch([draft(1, 1).with("prompt", "Straße nach ÅRHUS").span()], [])).await?;
    finds(on, q("NACH"), &[1]).await?;
    finds(on, q("århus"), &[1]).await
}

async fn words_in_many_scripts(on: &Subject) -> Outcome {
    let spans = [
        draft(1, 1).with("prompt", "東京 の 天気").span(),
        draft(2, 1).with("prompt", "погода в Москве").span(),
        draft(3, 1).with("prompt", "الطقس في القاهرة").span(),
    ];
    on.write(batch(spans, [])).await?;
    finds(on, q("天気 東京"), &[1]).await?;
    finds(on, q("Погода"), &[2]).await?;
    finds(on, q("القاهرة"), &[3]).await
}

async fn signs_between_words_do_not_matter(on: &Subject) -> Outcome {
    on.write(batch([draft(1, 1).with("prompt", "look at order-4711/b (urgent!)").span()], [])).await?;
    finds(on, q("order-4711"), &[1]).await?;
    finds(on, q("urgent, order"), &[1]).await?;
    finds(on, q("order 4712"), &[]).await
}

async fn an_updated_span_is_found_by_its_new_words_only(on: &Subject) -> Outcome {
    on.write(batch([draft(1, 1).running().with("answer", "preliminary").span()], [])).await?;
    finds(on, q("preliminary"), &[1]).await?;
    on.write(batch([draft(1, 1).with("answer", "definitive").span()], [])).await?;
    finds(on, q("definitive"), &[1]).await?;
    finds(on, q("preliminary"), &[]).await
}

async fn together_with_other_filters(on: &Subject) -> Outcome {
    let make =
        |trace: u64, model: &str| draft(trace, trace).with("prompt", "shared word").llm(model, 1, 1).span();
    let spans = [make(1, "m1"), make(2, "m2"), make(3, "m1")];
    let costs = spans.each_ref().map(|span| priced(span, "1"));
    on.write(batch(spans, costs)).await?;
    let filter = TraceFilter { model: Some("m1".to_owned()), ..q("shared word") };
    finds(on, filter.clone(), &[1, 3]).await?;
    finds(on, TraceFilter { since: Some(at(2)), ..filter.clone() }, &[3]).await?;
    finds(on, TraceFilter { until: Some(at(0).plus(-Timestamp::DAY)), ..filter.clone() }, &[]).await?;
    same!(ask::total(on.store()?, filter).await?.llm_calls, 2, "calls of the traces found");
    let query = UsageQuery { filter: q("shared"), group_by: vec![GroupBy::Model] };
    same!(ask::groups(on.store()?, &query).await?.len(), 2, "models of the traces found");
    Ok(())
}

async fn syntax_of_search_engines_is_plain_text(on: &Subject) -> Outcome {
    let spans =
        [draft(1, 1).with("prompt", "alpha NEAR beta").span(), draft(2, 1).with("prompt", "alpha").span()];
    on.write(batch(spans, [])).await?;
    finds(on, q("alpha NEAR beta"), &[1]).await?;
    for words in
        ["alpha OR", "\"alpha", "alpha*gamma", "prompt:alpha", "(alpha", "alpha AND NOT beta", "^", "-alpha"]
    {
        on.store()?
            .traces(&quipu_core::TraceQuery { filter: q(words), limit: 5, ..Default::default() })
            .await?;
    }
    finds(on, q("\"alpha\" (*)"), &[1, 2]).await?;
    finds(on, q("alpha AND beta"), &[]).await
}

async fn the_lag_goes_to_zero(on: &Subject) -> Outcome {
    on.write(agent_runs(2, 30)).await?;
    let store = on.store()?;
    let caught_up = || async { Ok(store.info().await?.search_lag_spans == 0) };
    ask::eventually("no lag", caught_up).await?;
    let found = ask::picked(store, q("chat")).await?.len();
    check!(found == 30, "{found} of 30 traces are found without any lag");
    Ok(())
}

async fn words_are_found_after_reopening(on: &Subject) -> Outcome {
    on.write(batch([draft(1, 1).named("before the storm").span()], [])).await?;
    let again = on.reopened().await?;
    again.write(batch([draft(2, 1).named("after the storm").span()], [])).await?;
    finds(&again, q("storm"), &[1, 2]).await?;
    finds(&again, q("before"), &[1]).await
}
