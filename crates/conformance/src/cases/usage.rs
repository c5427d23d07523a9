//! Cases on sums of usage, by every key.

use quipu_core::{
    Cost, EstimatedTotals, GroupBy, Rule, Span, Spread, Timestamp, TokenSpread, Tokens, TraceFilter,
    TraceStatus, Usage, UsageEstimate, UsageKey, UsageQuery, UsageTotals, Usd,
};

use super::cases;
use crate::ask;
use crate::outcome::same;
use crate::sample::{agent_runs, at, batch, draft, priced};
use crate::{Outcome, Subject};

cases! { "usage":
    [Store] without_data_one_empty_group,
    [Store, Spans, Costs] by_what_the_call_says,
    [Store, Spans, Costs] by_session_and_user_of_the_trace,
    [Store, Spans, Costs] by_hour_and_day,
    [Store, Spans, Costs] by_week_and_month,
    [Store, Spans, Costs] by_the_tool_that_a_call_ran_within,
    [Store, Spans, Costs] by_two_keys,
    [Store, Spans, Costs] groups_add_up_to_the_total,
    [Store, Spans, Costs] times_are_those_of_the_call,
    [Store, Spans, Costs] times_are_half_open_to_the_nanosecond,
    [Store, Spans, Costs] filters_of_the_call,
    [Store, Spans, Costs] filters_of_the_trace,
    [Store, Spans, Costs] session_and_user_may_come_late,
    [Store, Spans, Costs] latencies_are_within_one_percent,
    [Store, Spans, Costs] estimates_stand_apart,
}

fn query(group_by: &[GroupBy]) -> UsageQuery {
    UsageQuery { filter: TraceFilter::default(), group_by: group_by.to_vec() }
}

fn name(name: &str) -> UsageKey {
    UsageKey::Name(Some(name.into()))
}

const NONE: UsageKey = UsageKey::Name(None);

/// Keys with calls, tokens and cost, in the order of the keys.
async fn groups(on: &Subject, query: &UsageQuery) -> Outcome<Vec<(Vec<UsageKey>, u64, u64, Option<Usd>)>> {
    let short = |(key, totals): (Vec<UsageKey>, UsageTotals)| {
        (key, totals.llm_calls, totals.tokens.total(), totals.cost)
    };
    Ok(ask::groups(on.store()?, query).await?.into_iter().map(short).collect())
}

async fn without_data_one_empty_group(on: &Subject) -> Outcome {
    same!(ask::total(on.store()?, TraceFilter::default()).await?, UsageTotals::default(), "the sum");
    same!(groups(on, &query(&[GroupBy::Model])).await?.len(), 0, "groups");
    Ok(())
}

/// Two calls without common values, and a roll-up like the first.
fn three() -> (Vec<Span>, Vec<Cost>) {
    let spans = vec![
        draft(1, 1)
            .llm("openai/gpt-5", 10, 1)
            .service("shop")
            .framework("crewai")
            .session("s1")
            .user("u1")
            .span(),
        draft(2, 2).llm("anthropic/claude", 20, 2).session("s2").span(),
        draft(2, 3).below(2).agent("amy").span(),
    ];
    let amy = |cost: Cost| Cost { agent: Some("amy".into()), ..cost };
    let usage = Some(Usage { input: Some(100), ..Usage::default() });
    let costs = vec![
        amy(priced(&spans[0], "1")),
        Cost { convention: "openinference".into(), ..priced(&spans[1], "2") },
        amy(Cost { rule: Rule::OrphanRollup, usage, ..priced(&spans[2], "4") }),
    ];
    (spans, costs)
}

fn usd(whole: i32) -> Option<Usd> {
    whole.to_string().parse().ok()
}

async fn by_what_the_call_says(on: &Subject) -> Outcome {
    let (spans, costs) = three();
    on.write(batch(spans, costs)).await?;
    let first = |key: UsageKey| (vec![key], 1, 11, usd(1));
    let second = |key: UsageKey| (vec![key], 1, 22, usd(2));
    let roll_up = |key: UsageKey| (vec![key], 0, 100, usd(4));
    let two_of_none = (vec![NONE], 1, 122, usd(6));
    let cases = [
        (GroupBy::Model, vec![roll_up(NONE), second(name("claude")), first(name("gpt-5"))]),
        (GroupBy::Provider, vec![roll_up(NONE), second(name("anthropic")), first(name("openai"))]),
        (GroupBy::Agent, vec![second(NONE), (vec![name("amy")], 1, 111, usd(5))]),
        (GroupBy::Framework, vec![two_of_none.clone(), first(name("crewai"))]),
        (GroupBy::Service, vec![two_of_none, first(name("shop"))]),
        (GroupBy::Convention, vec![(vec![name("genai")], 1, 111, usd(5)), second(name("openinference"))]),
    ];
    for (key, want) in cases {
        same!(groups(on, &query(&[key])).await?, want, "groups by {key:?}");
    }
    Ok(())
}

async fn by_session_and_user_of_the_trace(on: &Subject) -> Outcome {
    let (spans, costs) = three();
    on.write(batch(spans, costs)).await?;
    let want = vec![(vec![name("s1")], 1, 11, usd(1)), (vec![name("s2")], 1, 122, usd(6))];
    same!(groups(on, &query(&[GroupBy::Session])).await?, want, "groups by session");
    let want = vec![(vec![NONE], 1, 122, usd(6)), (vec![name("u1")], 1, 11, usd(1))];
    same!(groups(on, &query(&[GroupBy::User])).await?, want, "groups by user");
    Ok(())
}

/// A call at the given time.
fn call_at(trace: u64, time: Timestamp) -> (Span, Cost) {
    let span = draft(trace, 1).starts(time).llm("gpt-5", 1, 0).span();
    let cost = priced(&span, "1");
    (span, cost)
}

async fn by_hour_and_day(on: &Subject) -> Outcome {
    let midnight = at(0).floor(Timestamp::DAY).plus(Timestamp::DAY);
    let times = [-Timestamp::HOUR - 1, -Timestamp::HOUR, -1, 0, Timestamp::HOUR - 1, Timestamp::HOUR];
    let calls = (1..).zip(times).map(|(trace, past)| call_at(trace, midnight.plus(past)));
    let (spans, costs): (Vec<_>, Vec<_>) = calls.unzip();
    on.write(batch(spans, costs)).await?;
    let hour = |past: i64| vec![UsageKey::Time(midnight.plus(past * Timestamp::HOUR))];
    let want = vec![
        (hour(-2), 1, 1, usd(1)),
        (hour(-1), 2, 2, usd(2)),
        (hour(0), 2, 2, usd(2)),
        (hour(1), 1, 1, usd(1)),
    ];
    same!(groups(on, &query(&[GroupBy::Hour])).await?, want, "groups by hour");
    let want = vec![(hour(-24), 3, 3, usd(3)), (hour(0), 3, 3, usd(3))];
    same!(groups(on, &query(&[GroupBy::Day])).await?, want, "groups by day");
    Ok(())
}

async fn by_week_and_month(on: &Subject) -> Outcome {
    let time = |text: &str| text.parse::<Timestamp>().unwrap_or_default();
    // A Sunday and a Monday of two months, and the Sunday after.
    let times = ["2026-05-31T23:59:59.999Z", "2026-06-01T00:00:00Z", "2026-06-07T12:00:00Z"];
    let calls = (1..).zip(times).map(|(trace, text)| call_at(trace, time(text)));
    let (spans, costs): (Vec<_>, Vec<_>) = calls.unzip();
    on.write(batch(spans, costs)).await?;
    let group = |day: &str, calls: u64| {
        let start = UsageKey::Time(time(&format!("{day}T00:00:00Z")));
        (vec![start], calls, calls, usd(i32::try_from(calls).unwrap_or(0)))
    };
    let want = vec![group("2026-05-25", 1), group("2026-06-01", 2)];
    same!(groups(on, &query(&[GroupBy::Week])).await?, want, "groups by week");
    let want = vec![group("2026-05-01", 1), group("2026-06-01", 2)];
    same!(groups(on, &query(&[GroupBy::Month])).await?, want, "groups by month");
    Ok(())
}

async fn by_the_tool_that_a_call_ran_within(on: &Subject) -> Outcome {
    let run = draft(1, 1).tool("search").span();
    let calls = [2, 3].map(|number| draft(1, number).below(1).llm("gpt-5", 10, 0).span());
    let within = Cost { tool: Some("search".into()), ..priced(&calls[0], "1") };
    let costs = [crate::sample::cost(&run), within, priced(&calls[1], "2")];
    on.write(batch([vec![run], calls.to_vec()].concat(), costs)).await?;
    let want = vec![(vec![NONE], 1, 10, usd(2)), (vec![name("search")], 1, 10, usd(1))];
    same!(groups(on, &query(&[GroupBy::Tool])).await?, want, "groups by tool");
    let tools = on.store()?.tools(&TraceFilter::default()).await?;
    let runs: Vec<_> = tools.iter().map(|tool| (tool.tool.as_str(), tool.calls)).collect();
    same!(runs, [("search", 1)], "runs of tools");
    let row = ask::trace(on.store()?, 1).await?;
    same!((row.llm_calls, row.tool_calls), (2, 1), "calls and runs of the trace");
    Ok(())
}

async fn by_two_keys(on: &Subject) -> Outcome {
    let (spans, costs) = three();
    on.write(batch(spans, costs)).await?;
    let want = vec![
        (vec![NONE, name("claude")], 1, 22, usd(2)),
        (vec![name("amy"), NONE], 0, 100, usd(4)),
        (vec![name("amy"), name("gpt-5")], 1, 11, usd(1)),
    ];
    same!(groups(on, &query(&[GroupBy::Agent, GroupBy::Model])).await?, want, "groups by agent and model");
    let day = UsageKey::Time(at(0).floor(Timestamp::DAY));
    let want = vec![(vec![name("s1"), day.clone()], 1, 11, usd(1)), (vec![name("s2"), day], 1, 122, usd(6))];
    same!(groups(on, &query(&[GroupBy::Session, GroupBy::Day])).await?, want, "groups by session and day");
    Ok(())
}

async fn groups_add_up_to_the_total(on: &Subject) -> Outcome {
    on.write(agent_runs(41, 40)).await?;
    let total = ask::total(on.store()?, TraceFilter::default()).await?;
    let keys = [
        GroupBy::Week,
        GroupBy::Month,
        GroupBy::Tool,
        GroupBy::Project,
        GroupBy::Commit,
        GroupBy::Branch,
        GroupBy::Billing,
        GroupBy::Model,
        GroupBy::Provider,
        GroupBy::Agent,
        GroupBy::Framework,
        GroupBy::Service,
        GroupBy::Session,
        GroupBy::User,
        GroupBy::Convention,
        GroupBy::Hour,
        GroupBy::Day,
    ];
    for first in keys {
        for second in keys {
            let group_by = if first == second { vec![first] } else { vec![first, second] };
            let mut sum = UsageTotals::default();
            for (_, totals) in ask::groups(on.store()?, &query(&group_by)).await? {
                sum.merge(&totals);
            }
            same!(sum, total, "sum of the groups by {group_by:?}");
        }
    }
    Ok(())
}

async fn times_are_those_of_the_call(on: &Subject) -> Outcome {
    let root = draft(1, 1).lasts(5 * Timestamp::HOUR).span();
    let late = draft(1, 2).below(1).starts(at(7_200)).llm("gpt-5", 1, 0).span();
    on.write(batch([root, late.clone()], [priced(&late, "1")])).await?;
    let since = |seconds| TraceFilter { since: Some(at(seconds)), ..TraceFilter::default() };
    same!(
        ask::total(on.store()?, since(3_600)).await?.llm_calls,
        1,
        "calls since a time after the trace's start"
    );
    same!(ask::total(on.store()?, since(7_201)).await?.llm_calls, 0, "calls since a time after the call");
    let until = TraceFilter { until: Some(at(7_200)), ..TraceFilter::default() };
    same!(ask::total(on.store()?, until).await?.llm_calls, 0, "calls until the call");
    Ok(())
}

async fn times_are_half_open_to_the_nanosecond(on: &Subject) -> Outcome {
    let hour = at(0).floor(Timestamp::HOUR).plus(Timestamp::HOUR);
    let odd = hour.plus(1_234_567_891);
    for (trace, time) in (1..).zip([hour.plus(-1), hour, odd.plus(-1), odd, odd.plus(1)]) {
        let (span, cost) = call_at(trace, time);
        on.write(batch([span], [cost])).await?;
    }
    let filter =
        |since, until| TraceFilter { since: Some(since), until: Some(until), ..TraceFilter::default() };
    let far = hour.plus(Timestamp::DAY);
    for (since, until, want) in [
        (hour, far, 4),
        (hour.plus(-1), hour, 1),
        (hour, odd, 2),
        (odd, odd.plus(1), 1),
        (odd, far, 2),
        (hour.plus(-1), far, 5),
        (odd, odd, 0),
    ] {
        let calls = ask::total(on.store()?, filter(since, until)).await?.llm_calls;
        same!(calls, want, "calls from {since} until {until}");
    }
    Ok(())
}

async fn calls_of(on: &Subject, filter: TraceFilter) -> Outcome<u64> {
    Ok(ask::total(on.store()?, filter).await?.llm_calls)
}

async fn filters_of_the_call(on: &Subject) -> Outcome {
    let spans = [
        draft(1, 1).llm("gpt-5", 1, 0).service("shop").framework("crewai").span(),
        draft(1, 2).llm("claude", 1, 0).service("bank").span(),
    ];
    let amy = Cost { agent: Some("amy".into()), ..priced(&spans[0], "1") };
    on.write(batch(spans.clone(), [amy, priced(&spans[1], "1")])).await?;
    let text = |value: &str| Some(value.to_owned());
    let every = TraceFilter::default;
    same!(calls_of(on, TraceFilter { model: text("claude"), ..every() }).await?, 1, "calls of a model");
    same!(calls_of(on, TraceFilter { agent: text("amy"), ..every() }).await?, 1, "calls of an agent");
    same!(calls_of(on, TraceFilter { service: text("bank"), ..every() }).await?, 1, "calls of a service");
    same!(
        calls_of(on, TraceFilter { framework: text("crewai"), ..every() }).await?,
        1,
        "calls of a framework"
    );
    let both = TraceFilter { agent: text("amy"), model: text("claude"), ..every() };
    same!(calls_of(on, both).await?, 0, "calls of an agent with another's model");
    Ok(())
}

async fn filters_of_the_trace(on: &Subject) -> Outcome {
    let (spans, costs) = three();
    on.write(batch(spans, costs)).await?;
    let tool = draft(1, 9).below(1).tool("search").span();
    let failed = draft(3, 1).llm("gpt-5", 1, 0).failed("x").lasts(3 * Timestamp::HOUR).span();
    on.write(batch([tool.clone(), failed.clone()], [priced(&failed, "8"), crate::sample::cost(&tool)]))
        .await?;
    let text = |value: &str| Some(value.to_owned());
    let every = TraceFilter::default;
    let cost_of = async |filter: TraceFilter| Outcome::Ok(ask::total(on.store()?, filter).await?.cost);
    same!(cost_of(TraceFilter { session: text("s2"), ..every() }).await?, usd(6), "cost of a session");
    same!(cost_of(TraceFilter { user: text("u1"), ..every() }).await?, usd(1), "cost of a user");
    same!(
        cost_of(TraceFilter { tool: text("search"), ..every() }).await?,
        usd(1),
        "cost of traces with a tool"
    );
    let status = Some(TraceStatus::Error);
    same!(cost_of(TraceFilter { status, ..every() }).await?, usd(8), "cost of failed traces");
    let min_duration = Some(Timestamp::HOUR);
    same!(cost_of(TraceFilter { min_duration, ..every() }).await?, usd(8), "cost of long traces");
    same!(cost_of(TraceFilter { min_cost: usd(6), ..every() }).await?, usd(14), "cost of dear traces");
    let claude = TraceFilter { session: text("s2"), model: text("claude"), ..every() };
    same!(cost_of(claude).await?, usd(2), "cost of a session's calls of a model");
    Ok(())
}

async fn session_and_user_may_come_late(on: &Subject) -> Outcome {
    let call = draft(1, 2).below(1).llm("gpt-5", 1, 0).span();
    on.write(batch([call.clone()], [priced(&call, "1")])).await?;
    on.write(batch([draft(1, 1).session("s").user("u").span()], [])).await?;
    let want = vec![(vec![name("s"), name("u")], 1, 1, usd(1))];
    same!(groups(on, &query(&[GroupBy::Session, GroupBy::User])).await?, want, "groups");
    Ok(())
}

async fn latencies_are_within_one_percent(on: &Subject) -> Outcome {
    let mut all = Vec::new();
    for number in 1..=200_u64 {
        let lasts = i64::try_from(number * number * 1_000_003).unwrap_or(0);
        all.push(draft(number % 7 + 1, number).lasts(lasts).llm("gpt-5", 1, 0).span());
    }
    let costs: Vec<_> = all.iter().map(|span| priced(span, "1")).collect();
    on.write(batch(all, costs)).await?;
    let latency = ask::total(on.store()?, TraceFilter::default()).await?.latency;
    same!(latency.count(), 200, "latencies");
    same!(latency.sum(), (1..=200_i64).map(|number| number * number * 1_000_003).sum::<i64>(), "their sum");
    for (quantile, rank) in [(0.5, 101_i64), (0.95, 190), (0.99, 198)] {
        let exact = (rank * rank * 1_000_003) as f64;
        let have = latency.quantile(quantile).unwrap_or(0.0);
        let off = (have - exact).abs() / exact;
        crate::outcome::check!(off <= 0.0101, "the {quantile} quantile is {have}, off by {off}");
    }
    Ok(())
}

/// A call without usage that is estimated: a hundred tokens in, ten out, a cent.
fn estimated(span: &Span, has_price: bool) -> Cost {
    let tokens = |expected: u64| TokenSpread { low: expected / 2, expected, high: expected * 2 };
    let usd = |text: &str| text.parse::<Usd>().unwrap_or_default();
    let cost = Spread { low: usd("0.005"), expected: usd("0.01"), high: usd("0.02") };
    let estimate = UsageEstimate { input: tokens(100), output: tokens(10), cost: has_price.then_some(cost) };
    let row = Cost { amount: None, price: None, usage: None, ..priced(span, "0") };
    Cost { estimate: Some(Box::new(estimate)), ..row }
}

async fn estimates_stand_apart(on: &Subject) -> Outcome {
    let spans: Vec<Span> =
        (1..=4).map(|number| draft(number, number).llm("openai/gpt-5", 10, 1).span()).collect();
    let known = priced(&spans[0], "0.25");
    let of_echo = Cost { rule: Rule::Duplicate, ..estimated(&spans[3], true) };
    let rows = [known.clone(), estimated(&spans[1], true), estimated(&spans[2], false), of_echo];
    on.write(batch(spans.clone(), rows)).await?;
    let cent = |cents: &str| cents.parse::<Usd>().unwrap_or_default();
    let cost = Spread { low: cent("0.005"), expected: cent("0.01"), high: cent("0.02") };
    let tokens = Tokens { input: 200, output: 20, ..Tokens::default() };
    let want = EstimatedTotals { calls: 2, tokens, cost: Some(cost) };
    let total = ask::total(on.store()?, TraceFilter::default()).await?;
    same!((total.llm_calls, total.tokens.total(), total.cost), (3, 11, known.amount), "known usage");
    same!(total.estimated, want, "estimates");

    let usage = Some(Usage::of(90, 9));
    let told = Cost { version: 9, usage, ..estimated(&spans[1], true) };
    on.write(batch([], [told])).await?;
    let total = ask::total(on.store()?, TraceFilter::default()).await?;
    same!(
        (total.tokens.total(), total.estimated.calls, total.estimated.cost),
        (110, 1, None::<Spread>),
        "once usage is known"
    );
    same!(on.findings().await?, Vec::<String>::new(), "findings");
    Ok(())
}
