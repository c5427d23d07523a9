//! Tests of tokens: spellings, inclusion of cached tokens and of reasoning, and errors of the source.

use quipu_core::{Reading, Usage, Value};

use crate::read;

fn usage(scope: &str, figures: &[(&str, i64)]) -> Usage {
    let attributes: Vec<_> = figures.iter().map(|(key, figure)| (*key, Value::Int(*figure))).collect();
    read(scope, &attributes).usage.unwrap()
}

#[test]
fn the_first_spelling_wins_and_none_are_added_up() {
    let usage = usage(
        "strands.telemetry.tracer",
        &[
            ("gen_ai.usage.prompt_tokens", 999),
            ("gen_ai.usage.input_tokens", 147),
            ("gen_ai.usage.completion_tokens", 45),
            ("gen_ai.usage.cache_read_input_tokens", 64),
            ("gen_ai.usage.cache_read.input_tokens", 64),
        ],
    );
    assert_eq!((usage.input, usage.output, usage.cache_read), (Some(147), Some(45), Some(64)));
    assert_eq!(usage.input_uncached(), 83);
}

#[test]
fn both_names_of_a_cache_write_are_known() {
    for key in ["gen_ai.usage.cache_write.input_tokens", "gen_ai.usage.cache_creation.input_tokens"] {
        assert_eq!(usage("", &[("gen_ai.usage.input_tokens", 50), (key, 32)]).cache_write, Some(32), "{key}");
    }
}

#[test]
fn input_includes_cached_tokens_unless_the_source_is_known_not_to() {
    let figures = [("gen_ai.usage.input_tokens", 100), ("gen_ai.usage.cache_read.input_tokens", 60)];
    let usual = usage("opentelemetry.util.genai.handler", &figures);
    assert_eq!((usual.input, usual.reading), (Some(100), Reading::Inferred), "no provider, no library");
    for scope in [
        "openlit.instrumentation.anthropic",
        "openinference.instrumentation.bedrock",
        "@traceloop/instrumentation-anthropic",
    ] {
        let special = usage(scope, &figures);
        assert_eq!((special.input, special.reading), (Some(160), Reading::Exclusive), "{scope}");
    }
    let bare = usage("", &[("input_tokens", 118), ("cache_read_tokens", 10), ("cache_creation_tokens", 20)]);
    assert_eq!((bare.input, bare.reading), (Some(148), Reading::Exclusive));
}

#[test]
fn figures_prove_more_than_what_is_known() {
    let more_cached = usage(
        "agent_framework",
        &[("gen_ai.usage.input_tokens", 10), ("gen_ai.usage.cache_read.input_tokens", 64)],
    );
    assert_eq!((more_cached.input, more_cached.reading), (Some(74), Reading::ProvenExclusive));

    let by_total = usage(
        "agent_framework",
        &[
            ("gen_ai.usage.input_tokens", 100),
            ("gen_ai.usage.cache_read.input_tokens", 60),
            ("gen_ai.usage.output_tokens", 5),
            ("gen_ai.usage.total_tokens", 165),
        ],
    );
    assert_eq!((by_total.input, by_total.reading), (Some(160), Reading::ProvenExclusive));
}

#[test]
fn a_providers_own_total_proves_inclusion() {
    let attributes = [
        ("gen_ai.provider.name", Value::from("openai")),
        ("gen_ai.usage.input_tokens", 100.into()),
        ("gen_ai.usage.cache_read.input_tokens", 60.into()),
        ("gen_ai.usage.output_tokens", 5.into()),
        ("gen_ai.usage.total_tokens", 105.into()),
    ];
    let usage = read("", &attributes).usage.unwrap();
    assert_eq!((usage.input, usage.reading), (Some(100), Reading::ProvenInclusive));
}

#[test]
fn reasoning_on_top_of_output_is_told_by_the_total_or_by_its_size() {
    let by_total = usage(
        "",
        &[
            ("gen_ai.usage.input_tokens", 100),
            ("gen_ai.usage.output_tokens", 20),
            ("gen_ai.usage.reasoning.output_tokens", 7),
            ("gen_ai.usage.total_tokens", 127),
        ],
    );
    assert_eq!((by_total.output, by_total.reasoning), (Some(27), Some(7)));
    let by_size =
        usage("", &[("gen_ai.usage.output_tokens", 5), ("gen_ai.usage.reasoning.output_tokens", 9)]);
    assert_eq!(by_size.output, Some(14));
    let within =
        usage("", &[("gen_ai.usage.output_tokens", 20), ("gen_ai.usage.reasoning.output_tokens", 7)]);
    assert_eq!(within.output, Some(20));
    let known_to_leave_it_out = usage(
        "openlit.instrumentation.google_ai_studio",
        &[
            ("gen_ai.usage.input_tokens", 139),
            ("gen_ai.usage.output_tokens", 31),
            ("gen_ai.usage.reasoning_tokens", 6),
            ("gen_ai.client.token.usage", 170),
        ],
    );
    assert_eq!((known_to_leave_it_out.output, known_to_leave_it_out.reasoning), (Some(37), Some(6)));
}

#[test]
fn parts_larger_than_the_whole_are_cut_with_a_note() {
    let attributes =
        [("gen_ai.usage.input_tokens", Value::Int(10)), ("gen_ai.usage.audio.input_tokens", 20.into())];
    let read = read("", &attributes);
    assert_eq!(read.usage.unwrap().input_audio, Some(10));
    assert_eq!(read.notes, ["20 audio input tokens exceed the 10 input: cut"]);
}

#[test]
fn lifetimes_of_a_cache_write_are_parts_of_it() {
    let usage = usage(
        "com.anthropic.sdk.python",
        &[
            ("gen_ai.usage.input_tokens", 100),
            ("anthropic.usage.cache_creation.ephemeral_5m_input_tokens", 20),
            ("anthropic.usage.cache_creation.ephemeral_1h_input_tokens", 12),
        ],
    );
    assert_eq!(
        (usage.cache_write, usage.cache_write_5m, usage.cache_write_1h),
        (Some(32), Some(20), Some(12))
    );
}

#[test]
fn zero_and_missing_differ() {
    let usage = usage("", &[("gen_ai.usage.input_tokens", 0)]);
    assert_eq!((usage.input, usage.output, usage.cache_read), (Some(0), None, None));
    assert_eq!(read("", &[("gen_ai.usage.cache_read.input_tokens", 5.into())]).usage, None);
}

#[test]
fn details_come_from_whole_objects_when_they_have_no_keys() {
    let json = r#"{"input_tokens": 9, "input_tokens_details": {"cached_tokens": 4}, "output_tokens_details": {"reasoning_tokens": 2}}"#;
    let python = "{'prompt_tokens': 9, 'prompt_tokens_details': {'cached_tokens': 4, 'x': None}, 'completion_tokens_details': {'reasoning_tokens': 2}}";
    for (key, object) in [("gen_ai.usage.raw", json), ("metadata.usage_object", python)] {
        let attributes = [
            ("gen_ai.usage.input_tokens", Value::Int(9)),
            ("gen_ai.usage.output_tokens", 3.into()),
            (key, object.into()),
        ];
        let usage = read("", &attributes).usage.unwrap();
        assert_eq!((usage.input, usage.cache_read, usage.reasoning), (Some(9), Some(4), Some(2)), "{key}");
    }
    let flat = [
        ("gen_ai.usage.input_tokens", Value::Int(9)),
        ("gen_ai.usage.input_token_details", "{'cache_read': 4}".into()),
    ];
    assert_eq!(read("", &flat).usage.unwrap().cache_read, Some(4));
}

#[test]
fn a_usage_object_under_a_plain_key_has_the_parts_of_its_own_figures_only() {
    let of = |key: &str, object: &str| {
        let figures = [
            ("gen_ai.request.model", Value::from("gpt-4o-mini")),
            ("gen_ai.usage.input_tokens", Value::Int(214)),
            ("gen_ai.usage.output_tokens", Value::Int(24)),
            (key, Value::from(object)),
        ];
        let usage = read("pydantic-ai", &figures).usage.unwrap();
        (usage.input, usage.output, usage.cache_read, usage.reasoning)
    };
    let own = r#"{"input_tokens":214,"output_tokens":24,"input_tokens_details":{"cached_tokens":64},"output_tokens_details":{"reasoning_tokens":7}}"#;
    let other = own.replace("214", "90214");
    for key in ["usage", "response.usage", "token_usage", "usage_metadata", "acme.agent.usage"] {
        assert_eq!(of(key, own), (Some(214), Some(24), Some(64), Some(7)), "{key}");
        assert_eq!(of(key, &other), (Some(214), Some(24), None, None), "{key}: of another call");
        assert_eq!(of(key, "some words"), (Some(214), Some(24), None, None), "{key}");
    }
}

#[test]
fn sums_under_names_of_their_own_are_not_usage() {
    let read = read(
        "pydantic-ai",
        &[
            ("gen_ai.operation.name", "invoke_agent".into()),
            ("gen_ai.aggregated_usage.input_tokens", 5.into()),
        ],
    );
    assert_eq!(read.usage, None);
    assert!(read.never_count);
}

#[test]
fn an_unusable_spelling_makes_way_for_the_next() {
    let attributes =
        [("gen_ai.usage.input_tokens", Value::Int(-1)), ("gen_ai.usage.prompt_tokens", "12".into())];
    let read = read("", &attributes);
    assert_eq!(read.usage.unwrap().input, Some(12));
    assert_eq!(read.notes, ["gen_ai.usage.input_tokens is negative: omitted"]);
}

#[test]
fn searches_of_the_web_are_a_unit_of_their_own() {
    let figures = [("gen_ai.usage.input_tokens", Value::Int(9)), ("gen_ai.usage.output_tokens", 3.into())];
    let units = |more: &[(&str, Value)]| {
        let usage = read("", &[&figures[..], more].concat()).usage.unwrap();
        assert_eq!((usage.input, usage.output), (Some(9), Some(3)));
        usage.units.into_iter().map(|(unit, count)| (unit.to_string(), count)).collect::<Vec<_>>()
    };
    let two = [("web_searches".to_owned(), 2)];
    assert_eq!(units(&[("web_search_requests", 2.into())]), two);
    assert_eq!(units(&[("quipu.units.web_searches", 2.into())]), two);
    for (key, object) in [
        ("gen_ai.usage.raw", r#"{"input_tokens": 9, "server_tool_use": {"web_search_requests": 2}}"#),
        ("metadata.usage_object", "{'prompt_tokens': 9, 'server_tool_use': {'web_search_requests': 2}}"),
        (
            "metadata.usage_object",
            "{'prompt_tokens': 9, 'prompt_tokens_details': {'web_search_requests': 2}}",
        ),
        (
            "ai.response.providerMetadata",
            r#"{"anthropic": {"usage": {"input_tokens": 9, "server_tool_use": {"web_search_requests": 2}}}}"#,
        ),
    ] {
        assert_eq!(units(&[(key, object.into())]), two, "{object}");
    }
    let none = r#"{"input_tokens": 9, "server_tool_use": {"web_search_requests": 0}}"#;
    assert_eq!(units(&[("gen_ai.usage.raw", none.into())]), [], "none is no unit");
    assert_eq!(units(&[("gen_ai.usage.raw", r#"{"input_tokens": 9, "server_tool_use": null}"#.into())]), []);
}

#[test]
fn units_alone_are_usage_too() {
    let usage =
        usage("quipu", &[("quipu.units.audio_seconds", 90), ("quipu.units.", 4), ("quipu.units.images", 0)]);
    assert_eq!((usage.input, usage.is_known()), (None, false));
    assert_eq!(usage.units.into_iter().collect::<Vec<_>>(), [("audio_seconds".into(), 90)]);
}

/// A call to Bedrock with its figures and its output.
fn of_bedrock(scope: &str, figures: &[(&str, i64)], output: &str) -> Usage {
    let mut attributes: Vec<_> = figures.iter().map(|(key, figure)| (*key, Value::Int(*figure))).collect();
    attributes.push(("llm.provider", "aws.bedrock".into()));
    attributes.push(("openinference.span.kind", "LLM".into()));
    attributes.push(("output.value", output.into()));
    read(scope, &attributes).usage.unwrap()
}

const JS_BEDROCK: &str = "@arizeai/openinference-instrumentation-bedrock";
const RAW_ANSWER: &str = r#"{"output": {"message": {"content": [{"text": "\"usage\": {\"inputTokens\": 1}"}]}},
    "usage": {"inputTokens": 40, "outputTokens": 20, "totalTokens": 156, "cacheReadInputTokens": 96}}"#;

#[test]
fn the_usage_object_of_the_answer_decides() {
    let converse =
        [("llm.token_count.prompt", 40), ("llm.token_count.completion", 20), ("llm.token_count.total", 156)];
    for scope in [JS_BEDROCK, "acme.tracing"] {
        let told = of_bedrock(scope, &converse, RAW_ANSWER);
        assert_eq!((told.input, told.cache_read, told.output), (Some(136), Some(96), Some(20)), "{scope}");
        assert_eq!(told.reading, Reading::ProvenExclusive);
    }
    let without_total = of_bedrock("acme.tracing", &converse[..2], RAW_ANSWER);
    assert_eq!((without_total.input, without_total.cache_read), (Some(136), Some(96)));
    let inclusive = [("llm.token_count.prompt", 136), ("llm.token_count.completion", 20)];
    let told = of_bedrock(JS_BEDROCK, &inclusive, RAW_ANSWER);
    assert_eq!((told.input, told.cache_read, told.reading), (Some(136), Some(96), Reading::ProvenInclusive));
    let other = [("llm.token_count.prompt", 41), ("llm.token_count.completion", 20)];
    assert_eq!(
        of_bedrock("acme.tracing", &other, RAW_ANSWER).cache_read,
        None,
        "the usage of another answer"
    );
}

#[test]
fn answers_of_every_provider_are_read() {
    let figures = |input: i64| [("llm.token_count.prompt", input), ("llm.token_count.completion", 20)];
    for (input, output) in [
        (
            40,
            r#"{"id": "msg_1", "usage": {"input_tokens": 40, "output_tokens": 20, "cache_read_input_tokens": 96}}"#,
        ),
        (
            136,
            r#"{"usage": {"prompt_tokens": 136, "completion_tokens": 20, "prompt_tokens_details": {"cached_tokens": 96}}}"#,
        ),
        (
            136,
            r#"{"response": {"usage": {"input_tokens": 136, "output_tokens": 20, "input_tokens_details": {"cached_tokens": 96}}}}"#,
        ),
        (
            136,
            r#"{"usageMetadata": {"promptTokenCount": 136, "candidatesTokenCount": 20, "cachedContentTokenCount": 96, "totalTokenCount": 156}}"#,
        ),
        // LangChain.js repeats the provider's usage, which proves nothing about its input, in a notation of
        // its own, which does.
        (
            136,
            r#"{"generations": [[{"message": {"kwargs": {"additional_kwargs": {"usage": {"input_tokens": 40,
                "cache_read_input_tokens": 96, "cache_creation_input_tokens": 0, "output_tokens": 20}},
                "usage_metadata": {"input_tokens": 136, "output_tokens": 20, "total_tokens": 156,
                "input_token_details": {"cache_creation": 0, "cache_read": 96}}}}}]]}"#,
        ),
        (
            136,
            r#"{"generations": [[{"message": {"kwargs": {"usage_metadata": {"input_tokens": 136, "output_tokens": 20, "total_tokens": 156, "input_token_details": {"cache_read": 96}}}}}]]}"#,
        ),
    ] {
        let told = of_bedrock("acme.tracing", &figures(input), output);
        assert_eq!((told.input, told.cache_read, told.output), (Some(136), Some(96), Some(20)), "{output}");
    }
}

#[test]
fn a_listed_scope_decides_only_without_evidence() {
    let figures = |total: i64| {
        [
            ("llm.token_count.prompt", 136),
            ("llm.token_count.completion", 20),
            ("llm.token_count.prompt_details.cache_read", 96),
            ("llm.token_count.total", total),
        ]
    };
    assert_eq!(of_bedrock(JS_BEDROCK, &figures(156), "").input, Some(136));
    assert_eq!(of_bedrock(JS_BEDROCK, &figures(252), "").input, Some(232));
    for scope in ["openlit.instrumentation.bedrock", "opentelemetry.instrumentation.bedrock"] {
        let told = of_bedrock(scope, &figures(156), "");
        assert_eq!((told.input, told.reading), (Some(232), Reading::Exclusive), "{scope} sends its own sum");
        let told = of_bedrock(scope, &figures(156), RAW_ANSWER);
        assert_eq!((told.input, told.reading), (Some(136), Reading::ProvenInclusive), "{scope}");
    }
}

#[test]
fn a_sum_of_the_source_proves_nothing_about_bedrock() {
    let figures = [
        ("llm.token_count.prompt", 120),
        ("llm.token_count.completion", 20),
        ("llm.token_count.prompt_details.cache_read", 96),
        ("llm.token_count.total", 140),
    ];
    assert_ne!(of_bedrock("acme.tracing", &figures, "").reading, Reading::ProvenInclusive);
    let answer = r#"{"usage": {"inputTokens": 120, "outputTokens": 20, "totalTokens": 236, "cacheReadInputTokens": 96}}"#;
    let told = of_bedrock("acme.tracing", &figures, answer);
    assert_eq!((told.input, told.reading), (Some(216), Reading::ProvenExclusive));
}

#[test]
fn cached_tokens_in_the_total_alone_are_input() {
    let figures =
        [("llm.token_count.prompt", 40), ("llm.token_count.completion", 20), ("llm.token_count.total", 156)];
    let told = of_bedrock("acme.tracing", &figures, "");
    assert_eq!((told.input, told.cache_read), (Some(136), None));
}

#[test]
fn a_total_decides_over_plain_keys() {
    let plain = |total: &[(&str, i64)]| {
        let figures = [("input_tokens", 100), ("output_tokens", 20), ("cache_read_tokens", 60)];
        usage("acme", &[&figures[..], total].concat()).input
    };
    for key in ["total_tokens", "total_token_count"] {
        assert_eq!(plain(&[(key, 120)]), Some(100), "{key}");
        assert_eq!(plain(&[(key, 180)]), Some(160), "{key}");
    }
    assert_eq!(plain(&[]), Some(160));
}

#[test]
fn a_call_without_figures_has_those_of_its_answer() {
    let call = |key: &str, answer: &str| {
        read("acme", &[("gen_ai.operation.name", "chat".into()), (key, answer.into())]).usage
    };
    let answer = r#"{"id": "msg_1", "usage": {"input_tokens": 40, "output_tokens": 20, "cache_read_input_tokens": 96}}"#;
    let told = call("output.value", answer).unwrap();
    assert_eq!((told.input, told.cache_read, told.output), (Some(136), Some(96), Some(20)));
    let object = r#"{"prompt_tokens": 136, "completion_tokens": 20, "total_tokens": 156}"#;
    assert_eq!(call("gen_ai.usage", object).unwrap().input, Some(136));
    let twice = format!(r#"{{"message": {answer}, "raw": {answer}}}"#);
    assert_eq!(call("output.value", &twice).unwrap().input, Some(136));
    let other = answer.replace("40", "41");
    assert_eq!(call("output.value", &format!(r#"[{answer}, {other}]"#)), None, "several answers");
    assert_eq!(call("output.value", &object.replace("156", "157")), None, "no usage object");
    assert_eq!(call("gen_ai.usage", &object.replace("156", "157")), None, "a wrong total");
    let agent = [("gen_ai.operation.name", "invoke_agent".into()), ("output.value", answer.into())];
    assert_eq!(read("acme", &agent).usage, None, "no call");
}

#[test]
fn billed_tokens_of_an_answer_count_and_not_the_used_ones() {
    let figures = [("llm.token_count.prompt", 287), ("llm.token_count.completion", 25)];
    let answer = r#"{"usage": {"billed_units": {"input_tokens": 207.0, "output_tokens": 22.0},
        "tokens": {"input_tokens": 287.0, "output_tokens": 25.0}}}"#;
    let told = of_bedrock("openinference.instrumentation.cohere", &figures, answer);
    assert_eq!((told.input, told.output), (Some(207), Some(22)));
    let other = answer.replace("287.0", "288.0");
    let told = of_bedrock("openinference.instrumentation.cohere", &figures, &other);
    assert_eq!((told.input, told.output), (Some(287), Some(25)), "the usage of another answer");
}
