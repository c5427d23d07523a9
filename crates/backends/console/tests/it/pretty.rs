//! Pretty lines for users.

use quipu_backend_console::{Colour, Config};
use quipu_conformance::sample::{at, batch, counter, draft, event, priced, trace_id, unpriced};
use quipu_core::{Batch, Level, Rule, Timestamp, Unpriced};

use crate::shared::shown;

const MILLI: i64 = 1_000_000;

fn run() -> Batch {
    let agent =
        draft(7, 1).named("invoke_agent researcher").agent("researcher").lasts(3_400 * MILLI).good().span();
    let call =
        draft(7, 2).below(1).named("chat gpt-5").llm("gpt-5", 1_200, 80).starts(at(1)).lasts(1_240 * MILLI);
    let call = call.read(|read| read.usage.as_mut().unwrap().cache_read = Some(1_000)).span();
    let local =
        draft(7, 3).below(1).named("call").llm("local/llama", 10, 5).starts(at(2)).lasts(5 * MILLI).span();
    let tool =
        draft(7, 4).below(1).named("execute_tool search").tool("search").starts(at(3)).lasts(212 * MILLI);
    let tool = tool.failed("upstream did not answer").span();
    let roll_up =
        draft(7, 5).below(1).named("repeats").llm("gpt-5", 1_200, 80).starts(at(4)).lasts(1_000).span();
    let mut row = priced(&roll_up, "1");
    (row.rule, row.amount) = (Rule::Repeats, None);
    let costs = [priced(&call, "0.0042"), unpriced(&local, Unpriced::UnknownModel), row];
    let mut batch = batch([agent, call, local, tool, roll_up], costs);
    let mut note = event(at(2), Level::Warning, "agent.stop", "stopped early");
    note.trace_id = Some(trace_id(7));
    note.attributes.push("reason", "budget");
    note.attributes.push("left", 3);
    batch.events = vec![note, event(at(2), Level::Debug, "hidden", "below the level")];
    batch.metrics = vec![counter("calls", "a", &[(at(5), 2.0)])];
    batch
}

#[tokio::test]
async fn a_run_line_by_line_in_the_order_of_its_ends() {
    let want = "\
10:00:02.000 00000000 warning    agent.stop  stopped early  reason=budget  left=3
10:00:02.005 00000000 llm        call  5 ms  llama  10→5 tok  $? unknown_model
10:00:02.240 00000000 llm        chat gpt-5  1.24 s  1,200→80 tok (1,000 cached)  $0.0042
10:00:03.212 00000000 tool       execute_tool search  212 ms  ✗ Timeout: upstream did not answer
10:00:04.000 00000000 llm        repeats  1 µs  gpt-5  1,200→80 tok  not counted
10:00:04.400 00000000 agent      invoke_agent researcher  3.40 s
";
    assert_eq!(shown(Config::default(), run()).await, want);
}

#[tokio::test]
async fn metrics_are_one_line_when_asked_for() {
    let text = shown(Config { metrics: true, ..Config::default() }, run()).await;
    let last = text.lines().last().unwrap();
    assert_eq!(last, "10:00:05.000          metrics    1 series  calls{series=a}=2");
    let many =
        (0..20).map(|series| counter("calls", &series.to_string(), &[(at(1), f64::from(series))])).collect();
    let text =
        shown(Config { metrics: true, ..Config::default() }, Batch { metrics: many, ..Batch::default() })
            .await;
    assert!(text.contains("20 series") && text.ends_with("calls{series=7}=7  and 12 more\n"), "{text}");
}

#[tokio::test]
async fn colours_are_there_when_asked_for_and_take_nothing_away() {
    let plain = shown(Config::default(), run()).await;
    assert!(!plain.contains('\u{1b}'));
    let coloured = shown(Config { colour: Colour::Always, ..Config::default() }, run()).await;
    assert!(coloured.contains("\u{1b}[31m✗ Timeout: upstream did not answer\u{1b}[0m"), "{coloured}");
    assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
}

#[tokio::test]
async fn one_trace_has_one_colour() {
    let colour_of = |trace: u64| async move {
        let config = Config { colour: Colour::Always, ..Config::default() };
        let text = shown(config, batch([draft(trace, 1).span(), draft(trace, 2).span()], [])).await;
        let colours: Vec<_> = text
            .lines()
            .map(|line| line.split("\u{1b}[38;5;").nth(1).unwrap().split('m').next().unwrap().to_owned())
            .collect();
        assert_eq!(colours[0], colours[1]);
        colours[0].clone()
    };
    assert_ne!(colour_of(1).await, colour_of(2).await);
}

#[tokio::test]
async fn contents_show_only_when_asked_for() {
    let said = draft(1, 1)
        .llm("gpt-5", 1, 1)
        .with("gen_ai.input.messages", "SECRET question")
        .with("llm.input_messages.0.message.content", "SECRET too")
        .span();
    let mut message = event(at(1), Level::Info, "gen_ai.user.message", "SECRET body");
    message.attributes.push("gen_ai.tool.call.arguments", "SECRET arguments");
    let batch = Batch { spans: vec![said], events: vec![message], ..Batch::default() };
    assert!(!shown(Config::default(), batch.clone()).await.contains("SECRET"));
    let text = shown(Config { contents: true, ..Config::default() }, batch).await;
    assert_eq!(text.matches("SECRET").count(), 4, "{text}");
    assert!(text.contains("\n    gen_ai.input.messages  SECRET question\n"), "{text}");
}

#[tokio::test]
async fn a_running_span_and_odd_times_have_a_line() {
    let early = draft(1, 2).starts(Timestamp::from_nanos(i64::MIN)).running().span();
    let text = shown(Config::default(), batch([draft(1, 1).running().span(), early], [])).await;
    assert_eq!(text.lines().count(), 2);
    assert!(text.lines().all(|line| line.ends_with("running")), "{text}");
}

#[tokio::test]
async fn what_a_plan_covers_is_not_shown_as_money_spent() {
    let call = draft(7, 2).named("chat gpt-5").llm("gpt-5", 12, 8).lasts(MILLI).span();
    let row = quipu_core::Cost { billing: quipu_core::Billing::Subscription, ..priced(&call, "0.0042") };
    let text = shown(Config::default(), batch([call], [row])).await;
    assert!(text.ends_with("12→8 tok  $0.0042 by list price, under a subscription\n"), "{text}");
}
