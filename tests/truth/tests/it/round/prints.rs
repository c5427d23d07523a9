//! Objects printed by frameworks, and names of models and figures beside those of the call.

use serde_json::{Value, json};

use super::Shape;
use super::call::Call;
use super::words::{join, openai_answer, openai_usage};
use super::world::{CLIENT, World};

pub const SHAPES: &[Shape] = &[
    ("answer that is fetched in two traces", fetched_apart),
    ("text of two streams", two_streams),
    ("message of LangChain as text", langchain_message),
    ("response of Google's SDK as text", genai_response),
    ("response of LangChain4j as text", langchain4j),
    ("usage of Spring AI as text", spring_ai),
    ("dictionary with an object of Python", mixed_python),
    ("usage as a map of Clojure", clojure),
    ("usage as TOML", toml),
    ("figures so far beside those of the call", so_far),
    ("tokens left and context beside those of the call", left),
    ("router with the asked and the routed model", router),
    ("models under past participles", participles),
    ("tokenizer and draft beside the model", tokenizer),
    ("two usages in one text", two_in_text),
    ("usage of an answer below the usage of its request", estimate_and_usage),
    ("stream in the body of a log record", stream_log),
    ("calls in a loop with one span each and a last span of all", loop_sum),
];

const OLLM: &str = "opentelemetry.instrumentation.openai.v1";

fn own(w: &mut World, call: &Call, more: &Value) {
    w.span("app.llm", "llm.request")
        .kind(CLIENT)
        .around(call, 0)
        .with(join(&[json!({"llm.model": call.model}), more.clone()]))
        .send();
}

fn fetched_apart(w: &mut World) {
    for call in w.twice(Call::plain) {
        for wait in [0, 1_000] {
            w.span(OLLM, "openai.response")
                .kind(CLIENT)
                .time(call.end() + wait, 40)
                .with(json!({"gen_ai.system": "openai", "llm.request.type": "chat",
                    "gen_ai.request.model": call.model, "gen_ai.response.model": call.model,
                    "gen_ai.response.id": format!("resp_{}", call.id()),
                    "gen_ai.usage.input_tokens": call.input, "gen_ai.usage.output_tokens": call.output,
                    "llm.usage.total_tokens": call.total()}))
                .send();
        }
    }
}

fn two_streams(w: &mut World) {
    let calls = [Call::new(9, 0).plain(), Call::new(9, 1).plain()];
    let chunk = |call: &Call| {
        json!({"id": call.id(), "object": "chat.completion.chunk",
        "model": call.model, "choices": [], "usage": openai_usage(call)})
    };
    let text: String = calls.iter().map(|call| format!("data: {}\n\n", chunk(call))).collect();
    own(w, &calls[0], &json!({ "llm.response.body": text }));
}

fn langchain_message(w: &mut World) {
    for call in w.twice(|call| call) {
        let text = format!(
            "content='{}' additional_kwargs={{'refusal': None}} response_metadata={{'token_usage': \
             {{'completion_tokens': {output}, 'prompt_tokens': {input}, 'total_tokens': {total}, \
             'completion_tokens_details': {{'reasoning_tokens': {reasoning}}}, 'prompt_tokens_details': \
             {{'cached_tokens': {read}}}}}, 'model_name': '{}', 'finish_reason': 'stop'}} \
             id='run--7e1f-0' usage_metadata={{'input_tokens': {input}, 'output_tokens': {output}, \
             'total_tokens': {total}, 'input_token_details': {{'cache_read': {read}}}, \
             'output_token_details': {{'reasoning': {reasoning}}}}}",
            call.text(),
            call.model,
            input = call.input,
            output = call.output,
            total = call.total(),
            read = call.read,
            reasoning = call.reasoning
        );
        own(w, &call, &json!({ "llm.result": text }));
    }
}

fn genai_response(w: &mut World) {
    for call in w.twice(|call| call.plain().model("gemini-2.5-flash", "gcp.gemini")) {
        let text = format!(
            "candidates=[Candidate(content=Content(parts=[Part(text='{}')], role='model'), \
             finish_reason=<FinishReason.STOP: 'STOP'>)] model_version='{}' \
             usage_metadata=GenerateContentResponseUsageMetadata(candidates_token_count={}, \
             prompt_token_count={}, total_token_count={}) parsed=None",
            call.text(),
            call.model,
            call.output,
            call.input,
            call.total()
        );
        own(w, &call, &json!({ "llm.result": text }));
    }
}

fn langchain4j(w: &mut World) {
    for call in w.twice(Call::mute) {
        let text = format!(
            "ChatResponse {{ aiMessage = AiMessage {{ text = \"{}\", toolExecutionRequests = [] }}, metadata \
             = OpenAiChatResponseMetadata{{id='{}', modelName='{}', tokenUsage=OpenAiTokenUsage {{ \
             inputTokenCount = {}, inputTokensDetails = InputTokensDetails {{ cachedTokens = {} }}, \
             outputTokenCount = {}, totalTokenCount = {} }}, finishReason=STOP}} }}",
            call.text(),
            call.id(),
            call.model,
            call.input,
            call.read,
            call.output,
            call.total()
        );
        own(w, &call, &json!({ "llm.result": text }));
    }
}

fn spring_ai(w: &mut World) {
    for call in w.twice(Call::plain) {
        let text = format!(
            "DefaultUsage{{promptTokens={}, completionTokens={}, totalTokens={}}}",
            call.input,
            call.output,
            call.total()
        );
        own(w, &call, &json!({ "llm.usage": text }));
    }
}

fn mixed_python(w: &mut World) {
    for call in w.twice(Call::plain) {
        let text = format!(
            "{{'model': '{}', 'usage': CompletionUsage(completion_tokens={}, prompt_tokens={}, \
             total_tokens={}), 'latency': 0.7}}",
            call.model,
            call.output,
            call.input,
            call.total()
        );
        own(w, &call, &json!({ "llm.result": text }));
    }
}

fn clojure(w: &mut World) {
    for call in w.twice(Call::plain) {
        let text = format!(
            "{{:prompt_tokens {}, :completion_tokens {}, :total_tokens {}}}",
            call.input,
            call.output,
            call.total()
        );
        own(w, &call, &json!({ "llm.usage": text }));
    }
}

fn toml(w: &mut World) {
    for call in w.twice(Call::plain) {
        let text = format!("prompt_tokens = {}\ncompletion_tokens = {}\n", call.input, call.output);
        own(w, &call, &json!({ "llm.usage": text }));
    }
}

fn so_far(w: &mut World) {
    let (mut input, mut output) = (0, 0);
    for call in w.twice(Call::plain) {
        (input, output) = (input + call.input, output + call.output);
        own(
            w,
            &call,
            &json!({"llm.input_tokens": call.input, "llm.output_tokens": call.output,
            "llm.input_tokens_so_far": input, "llm.output_tokens_so_far": output}),
        );
    }
}

fn left(w: &mut World) {
    for call in w.twice(Call::plain) {
        own(
            w,
            &call,
            &json!({"llm.input_tokens": call.input, "llm.output_tokens": call.output,
            "llm.tokens_left": 91_204, "llm.context_tokens": 8_192, "llm.tokens_saved": 120}),
        );
    }
}

fn router(w: &mut World) {
    for call in w.twice(Call::plain) {
        w.span("router", "route")
            .kind(CLIENT)
            .around(&call, 0)
            .with(json!({"router.requested_model": "auto", "router.routed_model": call.model,
                "router.prompt_tokens": call.input, "router.completion_tokens": call.output}))
            .send();
    }
}

fn participles(w: &mut World) {
    for call in w.twice(Call::plain) {
        w.span("app.llm", "completion")
            .around(&call, 0)
            .with(json!({"llm.model.requested": "smart", "llm.model.used": call.model,
                "llm.prompt_tokens": call.input, "llm.completion_tokens": call.output}))
            .send();
    }
}

fn tokenizer(w: &mut World) {
    for call in w.twice(Call::plain) {
        own(
            w,
            &call,
            &json!({"llm.tokenizer_model": "cl100k_base", "llm.draft_model": "gpt-4o-mini",
            "llm.input_tokens": call.input, "llm.output_tokens": call.output}),
        );
    }
}

fn two_in_text(w: &mut World) {
    let call = Call::new(4, 0).plain();
    let text = format!(
        "Result(first=Usage(prompt_tokens={}, completion_tokens={}), second=Usage(prompt_tokens={}, \
         completion_tokens={}))",
        call.input,
        call.output,
        call.input + 5,
        call.output + 1
    );
    own(w, &call, &json!({ "llm.result": text }));
}

fn estimate_and_usage(w: &mut World) {
    for call in w.twice(Call::plain) {
        own(
            w,
            &call,
            &json!({"llm.request": json!({"model": call.model, "max_tokens": 512,
            "estimated_usage": {"prompt_tokens": call.input + 3, "completion_tokens": 512}}).to_string(),
            "llm.response": openai_answer(&call).to_string()}),
        );
    }
}

fn stream_log(w: &mut World) {
    for call in w.twice(Call::plain) {
        let chunk = |choices: Value, usage: Value| {
            json!({"id": call.id(), "object":
            "chat.completion.chunk", "model": call.model, "choices": choices, "usage": usage})
        };
        let text = format!(
            "data: {}\n\ndata: {}\n\ndata: [DONE]\n\n",
            chunk(json!([{"index": 0, "delta": {"content": "Birds"}}]), Value::Null),
            chunk(json!([]), openai_usage(&call))
        );
        w.log(
            ("proxy", "llm.response"),
            call.end(),
            None,
            json!({"http.status_code": 200, "duration_ms": call.ms, "payload": text}),
        );
    }
}

fn loop_sum(w: &mut World) {
    let calls = [w.call(Call::plain), w.call(Call::plain), w.call(Call::plain)];
    let sum = |of: fn(&Call) -> u64| calls.iter().map(of).sum::<u64>();
    let root = w.span("loop", "solve").time(-20, 7_000).send();
    for call in &calls {
        w.span("loop", "step")
            .under(&root)
            .around(call, 0)
            .with(json!({"model": call.model, "prompt_tokens": call.input,
                "completion_tokens": call.output}))
            .send();
    }
    let last = calls[2].end() + 10;
    w.span("loop", "summary")
        .under(&root)
        .time(last, 3)
        .with(json!({"model": calls[0].model, "llm.calls": 3, "prompt_tokens": sum(|call| call.input),
            "completion_tokens": sum(|call| call.output)}))
        .send();
}
