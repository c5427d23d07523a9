//! Cases on tags, environment, version, project, revision and branch of a trace, and on usage covered by
//! subscriptions.

use compact_str::CompactString;
use quipu_core::{
    Billing, Cost, Criterion, FacetField, GroupBy, SessionQuery, SignalSet, Span, Status, Term, TraceFilter,
    UsageKey, UsageQuery, Usd, Wanted,
};

use super::cases;
use crate::ask;
use crate::outcome::same;
use crate::sample::{batch, cost, draft, priced};
use crate::{Outcome, Subject};

cases! { "labels":
    [Store, Spans] tags_are_those_of_all_spans_sorted_and_once,
    [Store, Spans] of_several_projects_the_first_in_order,
    [Store, Spans] labels_come_late_and_go_with_a_better_copy,
    [Store, Spans] filter_by_label,
    [Store, Spans] values_of_labels,
    [Store, Spans, Costs] a_call_is_in_the_group_of_each_environment_and_version,
    [Store, Spans, Costs] a_call_is_in_the_group_of_each_tag,
    [Store, Spans, Costs] groups_by_project_commit_and_branch,
    [Store, Spans, Costs] usage_of_a_label,
    [Store, Spans, Costs] what_a_subscription_covers_is_no_cost,
    [Store, Spans, Costs] billing_follows_corrections,
    [Store, Spans, Costs] reported_costs_that_are_far_off_are_counted,
    [Store, Reopen, Spans, Costs] labels_and_billing_stay_after_close,
}

fn usd(text: &str) -> Option<Usd> {
    text.parse().ok()
}

fn name(name: &str) -> UsageKey {
    UsageKey::Name(Some(name.into()))
}

const NO_COST: Option<Usd> = None;

const NONE: UsageKey = UsageKey::Name(None);

/// Project, commit, branch and tags of a trace, as text.
async fn labels(on: &Subject, trace: u64) -> Outcome<String> {
    let row = ask::trace(on.store()?, trace).await?;
    let text = |value: &Option<CompactString>| value.as_deref().unwrap_or("-").to_owned();
    Ok([text(&row.project), text(&row.commit), text(&row.branch), row.tags.join(" ")].join(", "))
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

async fn tags_are_those_of_all_spans_sorted_and_once(on: &Subject) -> Outcome {
    let spans = [
        draft(1, 1).tag("nightly").tag("beta").span(),
        draft(1, 2).below(1).tag("beta").tag("Zeta").span(),
        draft(1, 3).below(1).span(),
        draft(2, 1).span(),
    ];
    on.write(batch(spans, [])).await?;
    same!(labels(on, 1).await?, "-, -, -, Zeta beta nightly", "labels of trace 1");
    same!(labels(on, 2).await?, "-, -, -, ", "labels of trace 2");
    Ok(())
}

async fn of_several_projects_the_first_in_order(on: &Subject) -> Outcome {
    let spans = [
        draft(1, 1).project("raft").code("c2", "main").span(),
        draft(1, 2).below(1).project("anvil").span(),
        draft(1, 3).below(1).code("c1", "next").span(),
    ];
    for span in spans {
        on.write(batch([span], [])).await?;
    }
    same!(labels(on, 1).await?, "anvil, c1, main, ", "labels");
    Ok(())
}

/// A more complete copy of a span, which replaces the other.
fn better(span: &Span) -> crate::sample::Draft {
    crate::sample::Draft::from(span.clone()).with("more", "yes").with("and", "more")
}

async fn labels_come_late_and_go_with_a_better_copy(on: &Subject) -> Outcome {
    let plain = draft(1, 1).span();
    on.write(batch([plain.clone(), draft(1, 2).below(1).tag("beta").project("raft").span()], [])).await?;
    same!(labels(on, 1).await?, "raft, -, -, beta", "labels before");
    let named = better(&plain).tag("alpha").project("anvil").code("c", "b").span();
    on.write(batch([named.clone()], [])).await?;
    same!(labels(on, 1).await?, "anvil, c, b, alpha beta", "labels after");
    let other = better(&named).with("third", "copy").read(|read| {
        read.tags = vec!["beta".into()];
        read.project = Some("zebra".into());
        (read.commit, read.branch) = (None, None);
    });
    on.write(batch([other.span()], [])).await?;
    same!(labels(on, 1).await?, "raft, -, -, beta", "labels of the last copy");
    let value = TraceFilter { tag: some("alpha"), ..TraceFilter::default() };
    same!(ask::picked(on.store()?, value).await?, ask::ids(&[]), "traces of a tag that is gone");
    Ok(())
}

async fn two_projects(on: &Subject) -> Outcome {
    let spans = [
        draft(1, 1).project("raft").code("c1", "main").tag("beta").tag("nightly").llm("gpt-5", 1, 0).span(),
        draft(2, 1).project("raft").code("c2", "main").tag("beta").llm("gpt-5", 1, 0).span(),
        draft(3, 1).project("kite").code("c2", "next").llm("gpt-5", 1, 0).span(),
        draft(4, 1).llm("gpt-5", 1, 0).span(),
    ];
    let costs =
        [priced(&spans[0], "1"), priced(&spans[1], "2"), priced(&spans[2], "4"), priced(&spans[3], "8")];
    on.write(batch(spans, costs)).await
}

async fn filter_by_label(on: &Subject) -> Outcome {
    if on.takes(SignalSet::COSTS) {
        two_projects(on).await?;
    } else {
        let spans = [
            draft(1, 1).project("raft").code("c1", "main").tag("beta").tag("nightly").span(),
            draft(2, 1).project("raft").code("c2", "main").tag("beta").span(),
            draft(3, 1).project("kite").code("c2", "next").span(),
            draft(4, 1).span(),
        ];
        on.write(batch(spans, [])).await?;
    }
    let every = TraceFilter::default;
    let cases = [
        (TraceFilter { tag: some("beta"), ..every() }, &[1, 2][..]),
        (TraceFilter { tag: some("nightly"), ..every() }, &[1]),
        (TraceFilter { project: some("raft"), ..every() }, &[1, 2]),
        (TraceFilter { commit: some("c2"), ..every() }, &[2, 3]),
        (TraceFilter { branch: some("next"), ..every() }, &[3]),
        (TraceFilter { project: some("raft"), commit: some("c2"), ..every() }, &[2]),
        (TraceFilter { tag: some("main"), ..every() }, &[]),
        (TraceFilter { branch: some("beta"), ..every() }, &[]),
        (TraceFilter { project: some("%"), ..every() }, &[]),
    ];
    for (filter, want) in cases {
        same!(ask::picked(on.store()?, filter.clone()).await?, ask::ids(want), "traces of {filter:?}");
    }
    Ok(())
}

async fn values_of_labels(on: &Subject) -> Outcome {
    let spans = [
        draft(1, 1)
            .project("raft")
            .code("c1", "main")
            .tag("beta")
            .tag("nightly")
            .release("prod", "1.2")
            .span(),
        draft(1, 2).below(1).project("raft").tag("beta").release("prod", "1.3").span(),
        draft(2, 1).project("raft").code("c2", "main").tag("beta").release("test", "1.3").span(),
        draft(3, 1).project("kite").release("", "").span(),
    ];
    let [mut limited, mut failed, sound, mut slow] = spans;
    for (span, told) in [(&mut limited, "openai.RateLimitError"), (&mut failed, "429")] {
        span.status = Status::Error;
        span.canonical.error_type = Some(told.into());
    }
    slow.canonical.error_type = Some("TimeoutError".into());
    on.write(batch([limited, failed, sound, slow], [])).await?;
    let cases: [(FacetField, &[(&str, u64)]); 6] = [
        (FacetField::Environment, &[("prod", 1), ("test", 1)]),
        (FacetField::Version, &[("1.3", 2), ("1.2", 1)]),
        (FacetField::Error, &[("rate_limit", 1), ("timeout", 1)]),
        (FacetField::Tag, &[("beta", 2), ("nightly", 1)]),
        (FacetField::Project, &[("raft", 2), ("kite", 1)]),
        (FacetField::Branch, &[("main", 2)]),
    ];
    for (field, want) in cases {
        let facets = on.store()?.facets(field, &TraceFilter::default(), 10).await?;
        let have: Vec<_> = facets.iter().map(|facet| (facet.value.as_str(), facet.traces)).collect();
        same!(have, want, "values of {field:?}");
    }
    let named = |field, value: &str| {
        let criterion = Criterion::Named(field, vec![Wanted::Exactly(value.to_owned())]);
        TraceFilter { terms: vec![Term { not: false, criterion }], ..TraceFilter::default() }
    };
    let cases: [(TraceFilter, &[u64]); 3] = [
        (named(FacetField::Version, "1.3"), &[1, 2]),
        (named(FacetField::Environment, "prod"), &[1]),
        (named(FacetField::Environment, "1.3"), &[]),
    ];
    for (filter, want) in cases {
        same!(ask::picked(on.store()?, filter.clone()).await?, ask::ids(want), "traces of {filter:?}");
    }
    Ok(())
}

/// Cost grouped by one key.
async fn costs_by(on: &Subject, by: GroupBy, filter: TraceFilter) -> Outcome<Vec<(UsageKey, Option<Usd>)>> {
    let query = UsageQuery { filter, group_by: vec![by] };
    let groups = ask::groups(on.store()?, &query).await?;
    Ok(groups
        .into_iter()
        .map(|(key, totals)| (key.into_iter().next().unwrap_or(NONE), totals.cost))
        .collect())
}

async fn a_call_is_in_the_group_of_each_environment_and_version(on: &Subject) -> Outcome {
    let spans = [
        draft(1, 1).llm("openai/gpt-4o", 1, 1).release("prod", "1.2").span(),
        draft(1, 2).below(1).release("prod", "1.3").span(),
        draft(2, 1).llm("openai/gpt-4o", 1, 1).release("test", "1.3").span(),
        draft(3, 1).llm("openai/gpt-4o", 1, 1).span(),
    ];
    let costs = [priced(&spans[0], "1"), priced(&spans[2], "2"), priced(&spans[3], "4")];
    on.write(batch(spans, costs)).await?;
    let every = TraceFilter::default;
    let want = vec![(NONE, usd("4")), (name("prod"), usd("1")), (name("test"), usd("2"))];
    same!(costs_by(on, GroupBy::Environment, every()).await?, want, "cost by environment");
    let want = vec![(NONE, usd("4")), (name("1.2"), usd("1")), (name("1.3"), usd("3"))];
    same!(costs_by(on, GroupBy::Version, every()).await?, want, "cost by version");
    let query = UsageQuery { filter: every(), group_by: vec![GroupBy::Version, GroupBy::Environment] };
    let keys: Vec<_> = ask::groups(on.store()?, &query).await?.into_iter().map(|(key, _)| key).collect();
    let want = [
        vec![NONE, NONE],
        vec![name("1.2"), name("prod")],
        vec![name("1.3"), name("prod")],
        vec![name("1.3"), name("test")],
    ];
    same!(keys, want, "groups by version and environment");
    Ok(())
}

async fn a_call_is_in_the_group_of_each_tag(on: &Subject) -> Outcome {
    two_projects(on).await?;
    let want = vec![(NONE, usd("12")), (name("beta"), usd("3")), (name("nightly"), usd("1"))];
    same!(costs_by(on, GroupBy::Tag, TraceFilter::default()).await?, want, "cost by tag");
    let query = UsageQuery { filter: TraceFilter::default(), group_by: vec![GroupBy::Tag, GroupBy::Branch] };
    let keys: Vec<_> = ask::groups(on.store()?, &query).await?.into_iter().map(|(key, _)| key).collect();
    let want = [
        vec![NONE, NONE],
        vec![NONE, name("next")],
        vec![name("beta"), name("main")],
        vec![name("nightly"), name("main")],
    ];
    same!(keys, want, "groups by tag and branch");
    Ok(())
}

async fn groups_by_project_commit_and_branch(on: &Subject) -> Outcome {
    two_projects(on).await?;
    let every = TraceFilter::default;
    let want = vec![(NONE, usd("8")), (name("kite"), usd("4")), (name("raft"), usd("3"))];
    same!(costs_by(on, GroupBy::Project, every()).await?, want, "cost by project");
    let want = vec![(NONE, usd("8")), (name("c1"), usd("1")), (name("c2"), usd("6"))];
    same!(costs_by(on, GroupBy::Commit, every()).await?, want, "cost by commit");
    let want = vec![(NONE, usd("8")), (name("main"), usd("3")), (name("next"), usd("4"))];
    same!(costs_by(on, GroupBy::Branch, every()).await?, want, "cost by branch");
    Ok(())
}

async fn usage_of_a_label(on: &Subject) -> Outcome {
    two_projects(on).await?;
    let every = TraceFilter::default;
    let cases = [
        (TraceFilter { tag: some("beta"), ..every() }, "3"),
        (TraceFilter { project: some("kite"), ..every() }, "4"),
        (TraceFilter { commit: some("c2"), ..every() }, "6"),
        (TraceFilter { branch: some("main"), model: some("gpt-5"), ..every() }, "3"),
    ];
    for (filter, want) in cases {
        same!(ask::total(on.store()?, filter.clone()).await?.cost, usd(want), "cost of {filter:?}");
    }
    Ok(())
}

async fn what_a_subscription_covers_is_no_cost(on: &Subject) -> Outcome {
    let spans = [1, 2, 3].map(|number| draft(1, number).session("s").llm("gpt-5", 10, 0).span());
    let under = |cost: Cost| Cost { billing: Billing::Subscription, ..cost };
    let costs = [priced(&spans[0], "1"), under(priced(&spans[1], "2")), under(cost(&spans[2]))];
    on.write(batch(spans, costs)).await?;
    let row = ask::trace(on.store()?, 1).await?;
    same!((row.cost, row.subscription, row.llm_calls), (usd("1"), usd("2"), 3), "cost of the trace");
    let sessions = on.store()?.sessions(&SessionQuery::default()).await?.rows;
    let costs: Vec<_> = sessions.iter().map(|row| (row.cost, row.subscription)).collect();
    same!(costs, vec![(usd("1"), usd("2"))], "cost of the session");
    let total = ask::total(on.store()?, TraceFilter::default()).await?;
    same!((total.cost, total.subscription, total.llm_calls), (usd("1"), usd("2"), 3), "cost of all");
    let want = vec![(name("metered"), usd("1")), (name("subscription"), None)];
    same!(costs_by(on, GroupBy::Billing, TraceFilter::default()).await?, want, "cost by who pays");
    let none = TraceFilter { min_cost: usd("2"), ..TraceFilter::default() };
    same!(ask::picked(on.store()?, none).await?, ask::ids(&[]), "traces that cost more");
    same!(
        ask::span(on.store()?, 1, 2).await?.cost.map(|cost| cost.billing),
        Some(Billing::Subscription),
        "row"
    );
    Ok(())
}

async fn billing_follows_corrections(on: &Subject) -> Outcome {
    let span = draft(1, 1).llm("gpt-5", 10, 0).span();
    on.write(batch([span.clone()], [priced(&span, "3")])).await?;
    let corrected = Cost { version: 2, billing: Billing::Subscription, ..priced(&span, "3") };
    on.write(batch([], [corrected])).await?;
    let total = ask::total(on.store()?, TraceFilter::default()).await?;
    same!((total.cost, total.subscription), (NO_COST, usd("3")), "cost under a subscription");
    on.write(batch([], [Cost { version: 3, ..priced(&span, "4") }])).await?;
    let total = ask::total(on.store()?, TraceFilter::default()).await?;
    same!((total.cost, total.subscription), (usd("4"), NO_COST), "cost by use");
    Ok(())
}

async fn reported_costs_that_are_far_off_are_counted(on: &Subject) -> Outcome {
    let reported = ["1.05", "1.0501", "0.95", "0.9499"];
    let spans: Vec<_> =
        (1..).zip(reported).map(|(number, _)| draft(1, number).llm("gpt-5", 1, 0).span()).collect();
    let row = |(span, text): (&Span, &str)| Cost { reported: usd(text), ..priced(span, "1") };
    let costs: Vec<_> = spans.iter().zip(reported).map(row).collect();
    on.write(batch(spans.clone(), costs)).await?;
    same!(ask::total(on.store()?, TraceFilter::default()).await?.deviating, 2, "rows that deviate");
    on.write(batch([], [Cost { version: 2, ..priced(&spans[1], "1") }])).await?;
    same!(ask::total(on.store()?, TraceFilter::default()).await?.deviating, 1, "after a correction");
    Ok(())
}

async fn labels_and_billing_stay_after_close(on: &Subject) -> Outcome {
    two_projects(on).await?;
    let span = draft(5, 1).llm("gpt-5", 1, 0).tag("beta").project("raft").span();
    let row = Cost { billing: Billing::Subscription, ..priced(&span, "16") };
    on.write(batch([span], [row])).await?;
    let on = &on.reopened().await?;
    same!(labels(on, 1).await?, "raft, c1, main, beta nightly", "labels");
    let total = ask::total(on.store()?, TraceFilter { tag: some("beta"), ..TraceFilter::default() }).await?;
    same!((total.cost, total.subscription), (usd("3"), usd("16")), "cost of a tag");
    Ok(())
}
