//! Tests of propagation: round trips, invalid headers, and random input.
#![cfg(feature = "enable")]

use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;
use quipu_core::{SpanId, TraceId};
use quipu_sdk::propagate::{Format, Formats};
use quipu_sdk::{Context, Recorder, RecorderConfig, Sampler, bind};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";
const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

type Headers = Vec<(String, String)>;

fn read(headers: &[(&str, &str)]) -> Context {
    Context::default().extract(&headers.to_vec())
}

fn place(context: &Context) -> Option<(String, String, bool)> {
    Some((context.trace_id()?.to_string(), context.span_id()?.to_string(), context.is_sampled()?))
}

fn found(headers: &[(&str, &str)]) -> Option<bool> {
    let (trace, span, sampled) = place(&read(headers))?;
    assert_eq!((trace.as_str(), span.as_str()), (TRACE, SPAN), "{headers:?}");
    Some(sampled)
}

fn state(headers: &[&str]) -> String {
    let mut all = vec![("traceparent", PARENT)];
    all.extend(headers.iter().map(|header| ("tracestate", *header)));
    read(&all).bound().map(|bound| bound.trace_state.to_string()).unwrap_or_default()
}

fn written(context: &Context, formats: &str) -> Headers {
    let mut headers = Headers::new();
    context.inject_as(&formats.parse().unwrap(), &mut headers);
    headers
}

fn at(sampled: bool) -> Context {
    Context::default().within(TRACE.parse().unwrap(), SPAN.parse().unwrap(), sampled)
}

#[test]
fn traceparent_as_the_specification_has_it() {
    assert_eq!(found(&[("traceparent", PARENT)]), Some(true));
    assert_eq!(found(&[("TraceParent", &format!(" {PARENT}\t"))]), Some(true));
    let with =
        |version: &str, flags: &str| found(&[("traceparent", &format!("{version}-{TRACE}-{SPAN}-{flags}"))]);
    assert_eq!(with("00", "00"), Some(false));
    // Level 2's flag for random ids, and unknown flags.
    assert_eq!(with("00", "02"), Some(false));
    assert_eq!(with("00", "ff"), Some(true));
    assert_eq!(with("cc", "01"), Some(true));
    assert_eq!(with("cc", "01-what-the-future-brings"), Some(true));
    for (version, flags) in [
        ("ff", "01"),
        ("cc", "01.what"),
        ("00", "01-more"),
        ("0", "01"),
        ("00", "1"),
        ("CC", "01"),
        ("00", "0A"),
        ("00", "zz"),
    ] {
        assert_eq!(with(version, flags), None, "{version} {flags}");
    }
}

#[test]
fn ids_that_are_none_begin_a_new_trace() {
    let zero_trace = format!("00-{}-{SPAN}-01", "0".repeat(32));
    let zero_span = format!("00-{TRACE}-{}-01", "0".repeat(16));
    for parent in [
        "",
        "-",
        "00",
        PARENT.to_uppercase().as_str(),
        &zero_trace,
        &zero_span,
        &PARENT.replace('-', "_"),
        &PARENT[1..],
        "é".repeat(28).as_str(),
    ] {
        assert_eq!(found(&[("traceparent", parent), ("tracestate", "a=1")]), None, "{parent}");
        assert_eq!(read(&[("traceparent", parent), ("tracestate", "a=1")]).bound(), None);
    }
    assert_eq!(found(&[("traceparent", PARENT), ("traceparent", PARENT)]), None);
}

#[test]
fn tracestate_as_the_specification_has_it() {
    assert_eq!(state(&["foo=1,bar=2"]), "foo=1,bar=2");
    assert_eq!(state(&["foo=1", "bar=2,rojo=3"]), "foo=1,bar=2,rojo=3");
    assert_eq!(state(&[" foo=1 \t,\tbar=2 ", ""]), "foo=1,bar=2");
    assert_eq!(state(&["foo=1,,,bar=2"]), "foo=1,bar=2");
    assert_eq!(state(&["foo=1,foo=2", "bar=3,foo=4"]), "foo=1,bar=3");
    let all = "0a_-*/@z= !\"#$%&'()*+-./0123456789:;<>?@AZ[\\]^_`az{|}~";
    assert_eq!(state(&[all]), all);
    for broken in
        ["foo", "=1", "foo=", "Foo=1", "foo=1=2", "f o=1", "_a=1", "foo=\u{e9}", "foo=\u{7f}", "a.b=1"]
    {
        assert_eq!(state(&[broken, "bar=2"]), "", "{broken}");
    }
}

#[test]
fn tracestate_has_limits() {
    let members = |count: usize| (0..count).map(|n| format!("k{n}={n}")).collect::<Vec<_>>().join(",");
    assert_eq!(state(&[&members(32)]).split(',').count(), 32);
    assert_eq!(state(&[&members(33)]), "");
    assert_eq!(state(&[&format!("{}=1", "k".repeat(256))]).len(), 258);
    assert_eq!(state(&[&format!("{}=1", "k".repeat(257))]), "");
    assert_eq!(state(&[&format!("k={}", "v".repeat(257))]), "");
    // Long members are dropped first, then those at the end.
    let long = format!("long={}", "v".repeat(200));
    let short: Vec<_> = (0..20).map(|n| format!("k{n}={}", "v".repeat(20))).collect();
    let kept = state(&[&format!("{},{long}", short.join(","))]);
    assert_eq!(kept, short.join(","));
    let many: Vec<_> = (10..40).map(|n| format!("k{n}={}", "v".repeat(20))).collect();
    let kept = state(&[&many.join(",")]);
    assert!(kept.len() <= 512 && many.join(",").starts_with(&kept), "{kept}");
}

#[test]
fn state_goes_on_and_never_into_another_trace() {
    let first = read(&[("traceparent", PARENT), ("tracestate", "a=1")]);
    let headers = written(&first, "tracecontext");
    assert_eq!(headers, [("traceparent".into(), PARENT.to_owned()), ("tracestate".into(), "a=1".to_owned())]);
    let next = first.extract(&[("traceparent", PARENT)]);
    assert!(!written(&next, "tracecontext").iter().any(|(name, _)| name == "tracestate"));
    let mut context = at(false);
    context.change(|bound| bound.trace_state = "a=1\r\nevil: yes".into());
    assert_eq!(written(&context, "tracecontext").len(), 1);
}

#[test]
fn baggage_carries_who_and_the_users_data() {
    let context = bind()
        .session("s 1")
        .user("ü,;=\"\\")
        .correlation_id("c%1")
        .data("tenant", "acme")
        .data("not a token", "stays")
        .data("quipu.session_id", "not mine")
        .context();
    let headers = written(&context, "baggage");
    let expected =
        "quipu.session_id=s%201,quipu.user_id=%C3%BC%2C%3B%3D%22%5C,quipu.correlation_id=c%251,tenant=acme";
    assert_eq!(headers, [("baggage".to_owned(), expected.to_owned())]);
    let bound = Context::default().extract(&headers);
    let bound = bound.bound().unwrap();
    assert_eq!((bound.session.as_deref(), bound.user.as_deref()), (Some("s 1"), Some("ü,;=\"\\")));
    assert_eq!(bound.correlation.as_deref(), Some("c%1"));
    assert_eq!(bound.data, [("tenant".into(), "acme".into())]);
}

#[test]
fn baggage_of_others_is_read_as_they_write_it() {
    let headers = [
        ("baggage", "userId=Am%C3%A9lie, serverNode = DF%2028 ;ttl=30;secret,isProduction=false"),
        ("baggage", "broken,=x,a b=c,userId=Zoe,odd=%zz%4,latin=%E9"),
    ];
    let context = read(&headers);
    let data: BTreeMap<_, _> =
        context.bound().unwrap().data.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let expected = [
        ("userId", "Zoe"),
        ("serverNode", "DF 28"),
        ("isProduction", "false"),
        ("odd", "%zz%4"),
        ("latin", "\u{fffd}"),
    ];
    assert_eq!(data, BTreeMap::from(expected));
}

#[test]
fn baggage_has_limits() {
    let mut context = Context::default();
    context.change(|bound| (0..100).for_each(|n| bound.set_data(&format!("k{n}"), "v")));
    let header = written(&context, "baggage").remove(0).1;
    assert_eq!(header.split(',').count(), 64);
    assert_eq!(Context::default().extract(&[("baggage", &header)]).bound().unwrap().data.len(), 64);

    let large = bind().session("s").data("large", &"v".repeat(9000)).data("small", "1").context();
    assert_eq!(written(&large, "baggage").remove(0).1, "quipu.session_id=s,small=1");
    let header = format!("a=1,b={}", "v".repeat(9000));
    assert_eq!(Context::default().extract(&[("baggage", &header)]).bound().unwrap().data.len(), 1);
}

#[test]
fn b3_as_one_header() {
    let with = |rest: &str| found(&[("b3", &format!("{TRACE}-{SPAN}{rest}"))]);
    assert_eq!(with(""), Some(true));
    assert_eq!(with("-1"), Some(true));
    assert_eq!(with("-0"), Some(false));
    assert_eq!(with("-d"), Some(true));
    assert_eq!(with("-1-05e3ac9a4f6e3b90"), Some(true));
    for broken in ["-2", "-", "-1-xyz", "-1-05e3ac9a4f6e3b90-1"] {
        assert_eq!(with(broken), None, "{broken}");
    }
    for decision in ["0", "1", "d", ""] {
        assert_eq!(found(&[("b3", decision)]), None);
    }
    assert_eq!(found(&[("b3", &format!("{}-{SPAN}-1", TRACE.to_uppercase()))]), None);
    let (trace, _, _) = place(&read(&[("b3", &format!("a3ce929d0e0e4736-{SPAN}-1"))])).unwrap();
    assert_eq!(trace, "0000000000000000a3ce929d0e0e4736");
    assert_eq!(written(&at(true), "b3"), [("b3".to_owned(), format!("{TRACE}-{SPAN}-1"))]);
}

#[test]
fn b3_as_several_headers() {
    let with = |more: &[(&str, &str)]| {
        let mut headers = vec![("X-B3-TraceId", TRACE), ("X-B3-SpanId", SPAN), ("X-B3-ParentSpanId", SPAN)];
        headers.extend(more);
        found(&headers)
    };
    assert_eq!(with(&[]), Some(true));
    assert_eq!(with(&[("X-B3-Sampled", "1")]), Some(true));
    assert_eq!(with(&[("X-B3-Sampled", "0")]), Some(false));
    assert_eq!(with(&[("X-B3-Sampled", "false")]), Some(false));
    assert_eq!(with(&[("X-B3-Flags", "1"), ("X-B3-Sampled", "0")]), Some(true));
    assert_eq!(found(&[("X-B3-TraceId", TRACE)]), None);
    assert_eq!(found(&[("X-B3-Sampled", "0")]), None);
    let headers: BTreeMap<_, _> = written(&at(false), "b3multi").into_iter().collect();
    assert_eq!(headers["x-b3-sampled"], "0");
    assert_eq!((headers["x-b3-traceid"].as_str(), headers["x-b3-spanid"].as_str()), (TRACE, SPAN));
}

#[test]
fn jaeger_and_its_baggage() {
    let with = |value: &str| found(&[("uber-trace-id", value)]);
    assert_eq!(with(&format!("{TRACE}:{SPAN}:0:1")), Some(true));
    assert_eq!(with(&format!("{TRACE}:{SPAN}::0")), Some(false));
    assert_eq!(with(&format!("{TRACE}:{SPAN}:0:2")), Some(true));
    assert_eq!(with(&format!("{TRACE}:f067aa0ba902b7:0:01")), Some(true));
    assert_eq!(with(&format!("{TRACE}%3A{SPAN}%3a0%3A1")), Some(true));
    for broken in ["", ":::", "0:1:0:1", "1:0:0:1", "1:1:0", "1:1:0:x", "1:1:0:1:1", "1:1:0:+1", "1:1:0:100"]
    {
        assert_eq!(place(&read(&[("uber-trace-id", broken)])), None, "{broken}");
    }
    let short = place(&read(&[("uber-trace-id", "ABC:1:0:1")])).unwrap();
    assert_eq!(short.0, format!("{}abc", "0".repeat(29)));

    let context = bind().session("s 1").data("tenant", "a/b").context();
    let context = Context::default().extract(&written(&context, "baggage")).within(
        TRACE.parse().unwrap(),
        SPAN.parse().unwrap(),
        true,
    );
    let headers = written(&context, "jaeger");
    assert_eq!(
        headers,
        [
            ("uber-trace-id".to_owned(), format!("{TRACE}:{SPAN}:0:1")),
            ("uberctx-quipu.session_id".to_owned(), "s%201".to_owned()),
            ("uberctx-tenant".to_owned(), "a/b".to_owned()),
        ]
    );
    let read = Context::default().extract(&headers);
    assert_eq!(read.bound().unwrap().session.as_deref(), Some("s 1"));
    assert_eq!(read.bound().unwrap().data, [("tenant".into(), "a/b".into())]);
}

#[test]
fn jaegers_headers_by_hand() {
    let (recorder, _drain) = Recorder::new(RecorderConfig {
        sampler: Sampler::Never,
        propagate: "jaeger".parse().unwrap(),
        ..RecorderConfig::default()
    });
    let begun = |headers: &[(&str, &str)]| recorder.context().extract(&headers.to_vec()).agent("a");
    assert_eq!(begun(&[]).context().is_sampled(), Some(false));
    let asked = begun(&[("Jaeger-Debug-Id", "ticket%207")]).context();
    assert_eq!(asked.is_sampled(), Some(true), "kept, though the sampler keeps nothing");
    assert_eq!(asked.bound().unwrap().get_data("jaeger-debug-id"), Some("ticket 7"));
    let mut on = HashMap::new();
    asked.inject(&mut on);
    assert!(on["uber-trace-id"].ends_with(":0:3"), "{on:?}");
    assert_eq!(on["uberctx-jaeger-debug-id"], "ticket%207");
    // In a trace from another process, that process's decision applies.
    let within = format!("{TRACE}:{SPAN}:0:0");
    let within = begun(&[("jaeger-debug-id", "7"), ("uber-trace-id", &within)]).context();
    assert_eq!((within.is_sampled(), within.bound().map(|bound| bound.debug)), (Some(false), Some(false)));
    assert_eq!(begun(&[("jaeger-debug-id", " ")]).context().is_sampled(), Some(false));

    let baggage = |text: &str| {
        let bound = read(&[("jaeger-baggage", text)]).bound().cloned().unwrap_or_default();
        bound.data.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>()
    };
    assert_eq!(baggage("k=v, k2 = a%20b,k=last"), ["k=last", "k2=a b"]);
    assert_eq!(baggage("=v, k, a=b=c, sp ace=1,"), [""; 0]);
    assert_eq!(baggage(&format!("k={}", "x".repeat(9_000))), [""; 0]);
    let many: Vec<String> = (0..100).map(|number| format!("k{number}=v")).collect();
    assert_eq!(baggage(&many.join(",")).len(), 64);
    let both = [("jaeger-baggage", "k=hand"), ("baggage", "k=w3c")];
    assert_eq!(read(&both).bound().unwrap().get_data("k"), Some("w3c"));
}

#[test]
fn debug_is_handed_on() {
    let jaeger = format!("{TRACE}:{SPAN}:0:3");
    for (header, value) in [("uber-trace-id", jaeger.as_str()), ("b3", &format!("{TRACE}-{SPAN}-d"))] {
        let context = read(&[(header, value)]);
        assert!(place(&context).unwrap().2, "debug is a decision to sample");
        let on: BTreeMap<_, _> = written(&context, "jaeger,b3,b3multi").into_iter().collect();
        assert_eq!(on["uber-trace-id"], jaeger);
        assert_eq!(on["b3"], format!("{TRACE}-{SPAN}-d"));
        assert_eq!((on.get("x-b3-flags").map(String::as_str), on.get("x-b3-sampled")), (Some("1"), None));
        // The next trace is not affected.
        let next = context.extract(&[("traceparent", PARENT)]);
        assert!(written(&next, "jaeger")[0].1.ends_with(":0:1"));
    }
}

#[test]
fn formats_are_read_in_order() {
    let other = "11111111111111111111111111111111";
    let b3 = format!("{other}-{SPAN}-1");
    let jaeger = format!("22222222222222222222222222222222:{SPAN}:0:1");
    let headers = [("uber-trace-id", jaeger.as_str()), ("b3", &b3), ("traceparent", PARENT)];
    assert_eq!(place(&read(&headers)).unwrap().0, TRACE);
    assert_eq!(place(&read(&headers[..2])).unwrap().0, other);
    // An invalid header does not hide a valid one.
    let headers = [("uber-trace-id", jaeger.as_str()), ("b3", "nonsense"), ("traceparent", "nonsense")];
    assert_eq!(place(&read(&headers)).unwrap().0, "2".repeat(32));
    // W3C's baggage takes precedence.
    let headers = [("uber-trace-id", jaeger.as_str()), ("uberctx-k", "jaeger"), ("baggage", "k=w3c")];
    assert_eq!(read(&headers).bound().unwrap().data, [("k".into(), "w3c".into())]);
}

#[test]
fn formats_by_their_names() {
    let formats = |names: &str| names.parse::<Formats>().unwrap().iter().collect::<Vec<_>>();
    assert_eq!(formats(""), [Format::TraceContext, Format::Baggage]);
    assert_eq!(formats("tracecontext,baggage,b3,b3multi,jaeger"), Format::ALL);
    assert_eq!(formats(" B3 , b3,jaeger"), [Format::B3, Format::Jaeger]);
    assert_eq!(formats("none"), []);
    assert_eq!("b3,none".parse::<Formats>().unwrap().to_string(), "b3");
    assert_eq!(Formats::none().to_string(), "none");
    let error = "tracecontext,xray".parse::<Formats>().unwrap_err().to_string();
    assert!(error.contains("xray") && error.contains("b3multi"), "{error}");
}

#[test]
fn the_settings_say_what_is_written() {
    let settings = RecorderConfig { propagate: "b3,jaeger".parse().unwrap(), ..RecorderConfig::default() };
    let (recorder, _drain) = Recorder::new(settings);
    let agent = recorder.context().agent("a");
    let mut headers = HashMap::new();
    agent.context().inject(&mut headers);
    let mut names: Vec<_> = headers.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["b3", "uber-trace-id"]);
    let there = recorder.context().extract(&headers);
    assert_eq!((there.trace_id(), there.span_id()), (agent.trace_id(), agent.span_id()));
    let child = there.tool("t");
    assert_eq!(child.trace_id(), agent.trace_id());
}

#[test]
fn any_closure_takes_headers() {
    let mut line = String::new();
    at(true).inject(&mut |name: &str, value: String| line.push_str(&format!("{name}: {value}\n")));
    assert_eq!(line, format!("traceparent: {PARENT}\n"));
}

fn contexts() -> impl Strategy<Value = Context> {
    let text = || proptest::option::of(any::<String>());
    let data = proptest::collection::vec(("[a-zA-Z0-9!#$%&'*+.^_`|~-]{1,12}", any::<String>()), 0..6);
    (any::<u128>(), any::<u64>(), any::<bool>(), text(), text(), text(), data).prop_filter_map(
        "ids are not zero",
        |(trace, span, sampled, session, user, correlation, data)| {
            let trace = TraceId::from_bytes(trace.to_be_bytes()).ok()?;
            let span = SpanId::from_bytes(span.to_be_bytes()).ok()?;
            let mut context = Context::default().within(trace, span, sampled);
            if session.is_some() || user.is_some() || correlation.is_some() || !data.is_empty() {
                context.change(|bound| {
                    bound.session = session.map(Into::into);
                    bound.user = user.map(Into::into);
                    bound.correlation = correlation.map(Into::into);
                    data.iter().for_each(|(key, value)| bound.set_data(key, value));
                });
            }
            Some(context)
        },
    )
}

/// Header values are ASCII without control characters, and the context round-trips.
fn comes_back(context: &Context, formats: &str, with_baggage: bool) -> Result<(), TestCaseError> {
    let headers = written(context, formats);
    for (name, value) in &headers {
        prop_assert!(value.bytes().all(|c| (0x20..0x7f).contains(&c)), "{name}: {value:?}");
    }
    let back = Context::default().extract(&headers);
    prop_assert_eq!(place(&back), place(context));
    if with_baggage {
        prop_assert_eq!(back.bound(), context.bound());
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_context_comes_back(context in contexts()) {
        comes_back(&context, "tracecontext,baggage", true)?;
        comes_back(&context, "b3,baggage", true)?;
        comes_back(&context, "b3multi,baggage", true)?;
        comes_back(&context, "tracecontext,baggage,b3,b3multi,jaeger", true)?;
        comes_back(&context, "b3", false)?;
    }

    #[test]
    fn a_context_comes_back_from_jaeger(context in contexts()) {
        // Header names ignore case, so keys that differ by case alone become one.
        let mut keys: Vec<_> = context.bound().iter().flat_map(|bound| &bound.data).map(|(key, _)| key.to_lowercase()).collect();
        keys.sort();
        keys.dedup();
        let are_apart = keys.len() == context.bound().map_or(0, |bound| bound.data.len());
        comes_back(&context, "jaeger", are_apart)?;
    }

    #[test]
    fn garbage_never_panics(
        values in proptest::collection::vec((0usize..12, any::<String>()), 0..8),
    ) {
        let names = ["traceparent", "tracestate", "baggage", "b3", "x-b3-traceid", "x-b3-spanid", "x-b3-sampled",
            "x-b3-flags", "uber-trace-id", "uberctx-é", "jaeger-debug-id", "jaeger-baggage"];
        let headers: Vec<_> = values.iter().map(|(name, value)| (names[*name], value.as_str())).collect();
        let context = Context::default().extract(&headers);
        let _ = written(&context, "tracecontext,baggage,b3,b3multi,jaeger");
    }

    #[test]
    fn nearly_right_never_panics(
        at in 0usize..120,
        with in any::<char>(),
        which in 0usize..5,
    ) {
        let valid = [
            ("traceparent", PARENT.to_owned()),
            ("tracestate", "foo=1,bar=2;x,baz@q=3".to_owned()),
            ("baggage", "a=1,b=%20%C3%BC;p=1,c=d".to_owned()),
            ("b3", format!("{TRACE}-{SPAN}-1-{SPAN}")),
            ("uber-trace-id", format!("{TRACE}%3A{SPAN}:0:1")),
        ];
        let (name, value) = &valid[which];
        let mut mutant: Vec<char> = value.chars().collect();
        let place = at % mutant.len();
        mutant[place] = with;
        let mutant: String = mutant.into_iter().collect();
        let context = Context::default().extract(&[("traceparent", PARENT), (*name, mutant.as_str())]);
        let _ = written(&context, "tracecontext,baggage,b3,b3multi,jaeger");
        let shorter: String = mutant.chars().take(place).collect();
        let _ = Context::default().extract(&[(*name, shorter.as_str())]);
    }
}
