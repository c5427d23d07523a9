//! Tests of structured events: attached values, filters, private contents.
#![cfg(feature = "enable")]

use std::sync::Arc;
use std::time::Duration;

use quipu_core::{Event, Value};
use quipu_sdk::{
    Context, CustomEvent, Drain, EventBuilder, EventFilter, Level, Recorder, RecorderConfig, Usage, bind,
    emit, event, event_at, events,
};

fn recording(settings: RecorderConfig) -> (Recorder, Drain) {
    Recorder::new(settings)
}

fn drained(drain: &mut Drain) -> Vec<Event> {
    drain.collect(Duration::from_millis(100)).events
}

/// The events that `work` records with these settings.
fn recorded(settings: RecorderConfig, work: impl FnOnce()) -> (Vec<Event>, Recorder) {
    let (recorder, mut drain) = recording(settings);
    recorder.context().scope(work);
    (drained(&mut drain), recorder)
}

fn filtering(events: EventFilter) -> RecorderConfig {
    RecorderConfig { events, ..RecorderConfig::default() }
}

fn names(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.name.as_str()).collect()
}

#[test]
fn an_event_says_what_it_was_told() {
    let (events, recorder) = recorded(RecorderConfig::default(), || {
        event("order.placed")
            .level(Level::Success)
            .attribute("order.items", 3)
            .attribute("order.express", true)
            .attribute("order.total", 12.5)
            .attribute("order.place", "Lima")
            .body("shipped today")
            .emit();
    });
    let [event] = &events[..] else { panic!("{events:?}") };
    assert_eq!((event.name.as_str(), event.level), ("order.placed", Level::Success));
    assert_eq!(event.body.as_str(), Some("shipped today"));
    assert_eq!(event.attributes.get("order.items"), Some(&Value::Int(3)));
    assert_eq!(event.attributes.get("order.express"), Some(&Value::Bool(true)));
    assert_eq!(event.attributes.get("order.total"), Some(&Value::Double(12.5)));
    assert_eq!(event.attributes.text("order.place"), Some("Lima"));
    assert_eq!((event.trace_id, event.span_id), (None, None));
    assert_eq!(event.scope.name, "quipu");
    assert!(event.time.nanos() > 1_700_000_000 * 1_000_000_000);
    assert_eq!((recorder.counts().events, recorder.counts().filtered), (1, Vec::new()));
}

#[test]
fn what_is_bound_is_attached_without_asking() {
    let (recorder, mut drain) = recording(RecorderConfig::default());
    let (trace, span) = recorder.context().scope(|| {
        let _bound = bind()
            .session("s-1")
            .user("u-1")
            .correlation_id("c-1")
            .framework("langgraph")
            .workflow("booking")
            .data("tenant", "acme")
            .enter();
        let agent = quipu_sdk::agent("planner").enter();
        events::tool_call("weather", "call_1").emit();
        (agent.trace_id(), agent.span_id())
    });
    let events = drained(&mut drain);
    let [event] = &events[..] else { panic!("{events:?}") };
    assert_eq!((event.trace_id, event.span_id), (trace, span));
    assert_eq!(event.session.as_deref(), Some("s-1"));
    assert_eq!(event.agent.as_deref(), Some("planner"));
    assert_eq!(event.framework.as_deref(), Some("langgraph"));
    for (key, value) in [
        ("session.id", "s-1"),
        ("user.id", "u-1"),
        ("quipu.correlation_id", "c-1"),
        ("quipu.framework", "langgraph"),
        ("quipu.workflow.name", "booking"),
        ("gen_ai.agent.name", "planner"),
        ("quipu.data.tenant", "acme"),
        ("gen_ai.tool.name", "weather"),
        ("gen_ai.tool.call.id", "call_1"),
    ] {
        assert_eq!(event.attributes.text(key), Some(value), "{key}");
    }
}

#[test]
fn a_context_has_events_of_its_own() {
    let (recorder, mut drain) = recording(RecorderConfig::default());
    let agent = recorder.context().agent("a");
    agent.context().event("one").emit();
    agent.context().event_at(Level::Debug, "two").emit();
    recorder.context().scope(|| event("three").attribute("k", 1).in_context(&agent.context()).emit());
    drop(agent);
    let events = drained(&mut drain);
    assert_eq!(names(&events), ["one", "two", "three"]);
    assert!(events.iter().all(|event| event.agent.as_deref() == Some("a") && event.span_id.is_some()));
}

#[test]
fn every_type_has_its_name_and_level() {
    let (events, _) = recorded(RecorderConfig::default(), || {
        events::agent_start("a").emit();
        events::agent_stop("a").emit();
        events::task_start("t").emit();
        events::task_complete("t").emit();
        events::task_fail("t", "no answer").emit();
        events::tool_call("w", "c").emit();
        events::tool_result("w", "c", true).emit();
        events::tool_result("w", "", false).emit();
        events::safety_violation("no-secrets", "medium").emit();
        events::safety_violation("no-secrets", "critical").emit();
        events::llm_request("openai", "gpt-5").emit();
        events::llm_response("openai", "gpt-5", Usage::of(9, 4).cache_read(2)).emit();
        events::vcs_commit("abc123", "main", "Fix it").emit();
        events::performance_metric("latency", 12.5, "ms").emit();
        events::system_error("disk_full", "no space left").emit();
        events::business("order.placed").emit();
        events::custom("cache.warmed").emit();
    });
    let seen: Vec<_> = events.iter().map(|event| (event.name.as_str(), event.level)).collect();
    let expected = [
        ("agent.start", Level::Info),
        ("agent.stop", Level::Info),
        ("task.start", Level::Info),
        ("task.complete", Level::Success),
        ("task.fail", Level::Error),
        ("tool.call", Level::Info),
        ("tool.result", Level::Info),
        ("tool.result", Level::Error),
        ("safety.violation", Level::Warning),
        ("safety.violation", Level::Critical),
        ("llm.request", Level::Info),
        ("llm.response", Level::Info),
        ("vcs.commit", Level::Info),
        ("performance.metric", Level::Info),
        ("system.error", Level::Error),
        ("business.order.placed", Level::Info),
        ("custom.cache.warmed", Level::Info),
    ];
    assert_eq!(seen, expected);
    let of = |index: usize, key: &str| events[index].attributes.get(key).cloned();
    assert_eq!(of(4, "error.message"), Some("no answer".into()));
    assert_eq!(of(7, "quipu.tool.ok"), Some(Value::Bool(false)));
    assert_eq!(of(7, "gen_ai.tool.call.id"), None);
    assert_eq!(of(11, "gen_ai.usage.cache_read.input_tokens"), Some(Value::Int(2)));
    assert_eq!(of(12, "vcs.ref.head.name"), Some("main".into()));
    assert_eq!(of(13, "quipu.metric.value"), Some(Value::Double(12.5)));
    assert_eq!(of(14, "error.type"), Some("disk_full".into()));
}

struct Placed(u32);

impl CustomEvent for Placed {
    const NAME: &'static str = "order.placed";
    const LEVEL: Level = Level::Debug;

    fn fill(&self, event: EventBuilder) -> EventBuilder {
        assert_ne!(self.0, 0, "not asked for what is not recorded");
        event.attribute("order.items", self.0)
    }
}

#[test]
fn users_define_their_own_types() {
    let (events, _) = recorded(RecorderConfig::default(), || emit(&Placed(3)));
    assert_eq!((events[0].name.as_str(), events[0].level), ("order.placed", Level::Debug));
    assert_eq!(events[0].attributes.get("order.items"), Some(&Value::Int(3)));
    let (events, recorder) =
        recorded(RecorderConfig { level: Level::Info, ..RecorderConfig::default() }, || emit(&Placed(0)));
    assert!(events.is_empty());
    assert_eq!(recorder.counts().filtered, [("level", 1)]);
}

#[test]
fn below_the_level_nothing_is_built() {
    let settings = RecorderConfig { level: Level::Warning, ..RecorderConfig::default() };
    let (events, recorder) = recorded(settings, || {
        assert!(!event_at(Level::Info, "a").is_recording());
        assert!(!event("b").level(Level::Debug).is_recording());
        event_at(Level::Warning, "c").emit();
        // The level may be set last.
        event("d").attribute("k", 1).level(Level::Error).emit();
        event("e").attribute("k", 1).emit();
    });
    assert_eq!(names(&events), ["c", "d"]);
    assert_eq!(events[1].attributes.get("k"), Some(&Value::Int(1)));
    let counts = recorder.counts();
    assert_eq!((counts.events, counts.filtered), (2, vec![("level", 3)]));
    assert!(counts.dropped.is_empty());
}

#[test]
fn types_have_levels_of_their_own() {
    let filter = EventFilter::default()
        .level("tool.*", Level::Error)
        .level("tool.result", Level::Debug)
        .level("quiet", Level::Trace);
    let (events, _) = recorded(RecorderConfig { level: Level::Warning, ..filtering(filter) }, || {
        events::tool_call("t", "c").emit();
        events::tool_result("t", "c", true).emit();
        event("tool").level(Level::Info).emit();
        event_at(Level::Trace, "quiet").emit();
        event_at(Level::Warning, "loud").emit();
    });
    assert_eq!(names(&events), ["tool.result", "quiet", "loud"]);
}

#[test]
fn types_frameworks_and_predicates_keep_out() {
    let filter = EventFilter::default()
        .allow("agent.*")
        .allow("order.placed")
        .deny("agent.stop")
        .deny_framework("LangChain")
        .only(|event| event.session != Some("load-test"))
        .only_shared(Arc::new(|event| event.agent != Some("noisy")));
    let (events, recorder) = recorded(filtering(filter), || {
        events::agent_start("a").emit();
        events::agent_stop("a").emit();
        events::task_start("t").emit();
        event("order.placed").in_context(&bind().framework("langchain").context()).emit();
        event("order.placed").in_context(&bind().session("load-test").context()).emit();
        event("order.placed").in_context(&bind().agent("noisy").context()).emit();
        event("order.placed").in_context(&bind().agent("calm").context()).emit();
    });
    assert_eq!(names(&events), ["agent.start", "order.placed"]);
    assert_eq!(recorder.counts().filtered, [("type", 2), ("framework", 1), ("predicate", 2)]);
}

#[test]
fn only_allowed_frameworks_are_recorded() {
    let filter = EventFilter::default().allow_framework("crewai");
    let (events, _) = recorded(filtering(filter), || {
        event("none").emit();
        event("other").in_context(&bind().framework("autogen").context()).emit();
        event("this").in_context(&bind().framework("crewai").context()).emit();
    });
    assert_eq!(names(&events), ["this"]);
}

#[test]
fn a_predicate_sees_the_whole_event() {
    let filter = EventFilter::default().only(|event| {
        assert_eq!((event.name, event.level), ("x", Level::Critical));
        assert_eq!((event.framework, event.session, event.agent), (Some("f"), Some("s"), Some("a")));
        true
    });
    let (events, _) = recorded(filtering(filter), || {
        let context = bind().framework("f").session("s").agent("a").context();
        event("x").level(Level::Critical).in_context(&context).emit();
    });
    assert_eq!(events.len(), 1);
}

fn say_all() {
    events::llm_request("openai", "gpt-5").input("secret prompt").body("secret prompt").emit();
    events::llm_response("openai", "gpt-5", (1, 2)).output("secret answer").body("secret answer").emit();
    events::tool_call("t", "c").arguments("{\"k\":\"secret\"}").body("secret").emit();
    events::tool_result("t", "c", true)
        .result("secret")
        .attribute("gen_ai.tool.call.result", "secret")
        .emit();
    event("mine").attribute("gen_ai.input.messages", "secret").body("not private").emit();
}

#[test]
fn contents_need_full_prompts() {
    let (events, _) = recorded(RecorderConfig::default(), say_all);
    assert_eq!(events.len(), 5);
    assert!(!format!("{events:?}").contains("secret"));
    assert_eq!(events[4].body.as_str(), Some("not private"));

    let (events, _) =
        recorded(RecorderConfig { log_full_prompts: true, ..RecorderConfig::default() }, say_all);
    let prompt = events[0].attributes.text("gen_ai.input.messages").unwrap();
    let messages: serde_json::Value = serde_json::from_str(prompt).unwrap();
    assert_eq!(messages[0]["parts"][0]["content"], "secret prompt");
    assert_eq!(messages[0]["role"], "user");
    assert!(events[1].attributes.text("gen_ai.output.messages").unwrap().contains("assistant"));
    assert_eq!(events[2].attributes.text("gen_ai.tool.call.arguments"), Some("{\"k\":\"secret\"}"));
    assert_eq!(events[3].attributes.text("gen_ai.tool.call.result"), Some("secret"));
    assert!(
        events[..4]
            .iter()
            .zip([true, true, true, false])
            .all(|(event, body)| event.body.as_str().is_some() == body)
    );
}

#[test]
fn without_a_recorder_nothing_happens() {
    let context = Context::default();
    assert!(!context.event("x").attribute("k", 1).is_recording());
    context.event("x").emit();
}

#[test]
fn a_context_given_late_gets_all_that_was_said() {
    for full in [false, true] {
        let (recorder, mut drain) =
            recording(RecorderConfig { log_full_prompts: full, ..RecorderConfig::default() });
        let agent = recorder.context().agent("a").session_id("s");
        // No recorder is current here.
        events::tool_call("w", "c").arguments("secret").body("secret").in_context(&agent.context()).emit();
        events::task_fail("t", "no answer").in_context(&agent.context()).emit();
        let events = drained(&mut drain);
        assert_eq!(names(&events), ["tool.call", "task.fail"]);
        assert_eq!((events[0].span_id, events[0].session.as_deref()), (agent.span_id(), Some("s")));
        assert_eq!(events[0].attributes.text("gen_ai.tool.name"), Some("w"));
        assert_eq!(events[1].attributes.text("error.message"), Some("no answer"));
        assert_eq!(format!("{events:?}").contains("secret"), full);
    }
}

#[test]
fn what_one_recorder_may_hold_does_not_reach_another() {
    let (open, mut drained_open) =
        recording(RecorderConfig { log_full_prompts: true, ..RecorderConfig::default() });
    let (shut, mut drained_shut) = recording(RecorderConfig::default());
    open.context().scope(|| {
        event("x")
            .attribute("gen_ai.input.messages", "secret")
            .in_context(&shut.context())
            .attribute("k", 1)
            .emit();
    });
    assert!(drained(&mut drained_open).is_empty());
    let events = drained(&mut drained_shut);
    assert_eq!(events[0].attributes.get("k"), Some(&Value::Int(1)));
    assert!(!format!("{events:?}").contains("secret"));
}

#[test]
fn threads_are_counted_together() {
    let (recorder, _drain) = recording(RecorderConfig { level: Level::Error, ..RecorderConfig::default() });
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                recorder.context().scope(|| (0..1000).for_each(|_| event_at(Level::Debug, "x").emit()));
            });
        }
    });
    assert_eq!(recorder.counts().filtered, [("level", 8000)]);
}
