//! Sums, figures in prose, and calls of other kinds.

use serde_json::{Value, json};

use super::Shape;
use super::call::Call;
use super::words::{genai, id, join, openai_answer, openai_usage, openinference};
use super::world::{CLIENT, SERVER, World};

pub const SHAPES: &[Shape] = &[
    ("usage as logfmt", logfmt),
    ("usage as a Python dictionary", python_dict),
    ("steps of a Bedrock agent in one span", bedrock_agent),
    ("turns of a realtime session in one span", realtime),
    ("chain with the sum of its calls", chain_sum),
    ("HTTP server span with the sum of its calls", wide_event),
    ("call told by its HTTP client and by hand", http_and_own),
    ("agent span of kind client without operation", client_agent),
    ("same figures in two calls one after the other", equal_in_turn),
    ("usage on a retriever and its embedding", retriever),
    ("speech and transcription", speech),
    ("image generation", image),
    ("service tiers", tiers),
];

fn logfmt(w: &mut World) {
    for call in w.twice(Call::plain) {
        w.span("svc", "generate")
            .around(&call, 0)
            .with(json!({"llm.model": call.model,
            "llm.usage": format!("prompt_tokens={} completion_tokens={} total_tokens={}", call.input,
            call.output, call.total())}))
            .send();
    }
}

fn python_dict(w: &mut World) {
    for call in w.twice(Call::mute) {
        let usage = format!(
            "{{'token_usage': {{'completion_tokens': {}, 'prompt_tokens': {}, 'total_tokens': {}, 'prompt_tokens_details': {{'audio_tokens': None, 'cached_tokens': {}}}}}, 'model_name': '{}', 'finish_reason': 'stop', 'logprobs': None}}",
            call.output,
            call.input,
            call.total(),
            call.read,
            call.model
        );
        w.span("chains", "invoke").around(&call, 0).with(json!({"response_metadata": usage})).send();
    }
}

fn bedrock_agent(w: &mut World) {
    let steps: Value = [410,
        520].iter().map(|input| json!({"trace": {"orchestrationTrace": {"modelInvocationOutput": {"metadata": {"usage": {"inputTokens": input,
        "outputTokens": 80}}}}}})).collect();
    w.span("lambda", "InvokeAgent")
        .kind(CLIENT)
        .time(0, 5_000)
        .with(json!({"aws.bedrock.agentId": "A1",
        "foundationModel": "anthropic.claude-3-5-sonnet-20241022-v2:0",
        "trace.events": steps.to_string()}))
        .send();
}

fn realtime(w: &mut World) {
    let mut span =
        w.span("voice", "session").time(0, 9_000).with(json!({"voice.model": "gpt-4o-realtime-preview"}));
    for turn in [1, 2] {
        let usage = json!({"total_tokens": 300 * turn, "input_tokens": 200 * turn,
            "output_tokens": 100 * turn, "input_token_details": {"cached_tokens": 64, "text_tokens": 100,
            "audio_tokens": 36}});
        span = span.event(
            "response.done",
            1_000 * turn,
            json!({"response": json!({"id": format!("resp_{turn}"), "usage": usage}).to_string()}),
        );
    }
    span.send();
}

fn chain_sum(w: &mut World) {
    let calls = w.twice(|call| call);
    let sum = |of: fn(&Call) -> u64| calls.iter().map(of).sum::<u64>();
    let root = w
        .span("my.chain", "answer")
        .time(-10, 6_000)
        .with(json!({"openinference.span.kind": "CHAIN", "llm.token_count.prompt": sum(|c| c.input),
        "llm.token_count.completion": sum(|c| c.output)}))
        .send();
    for call in &calls {
        w.span("my.chain", "llm").under(&root).around(call, 0).with(openinference(call)).send();
    }
}

fn wide_event(w: &mut World) {
    let calls = w.twice(Call::plain);
    let sum = |of: fn(&Call) -> u64| calls.iter().map(of).sum::<u64>();
    let root = w
        .span("honey", "POST /ask")
        .kind(SERVER)
        .time(-10, 6_000)
        .with(json!({"http.request.method": "POST", "app.llm.calls": 2, "app.llm.model": "gpt-4o",
        "app.llm.prompt_tokens": sum(|c| c.input),
        "app.llm.completion_tokens": sum(|c| c.output)}))
        .send();
    for call in &calls {
        w.span("honey", "openai")
            .kind(CLIENT)
            .under(&root)
            .around(call, 0)
            .with(json!({"app.llm.model": call.model, "app.llm.prompt_tokens": call.input,
            "app.llm.completion_tokens": call.output}))
            .send();
    }
}

fn http_and_own(w: &mut World) {
    for call in w.twice(|call| call) {
        let at = w
            .span("shop", "ask")
            .around(&call, 4)
            .with(json!({"shop.model": call.model, "shop.usage": openai_usage(&call).to_string()}))
            .send();
        w.span("@opentelemetry/instrumentation-undici", "POST")
            .kind(CLIENT)
            .under(&at)
            .around(&call, 0)
            .with(json!({"url.full": "https://api.openai.com/v1/chat/completions",
            "http.response.body": openai_answer(&call).to_string()}))
            .send();
    }
}

fn client_agent(w: &mut World) {
    let calls = w.twice(Call::plain);
    let sum = |of: fn(&Call) -> u64| calls.iter().map(of).sum::<u64>();
    let root = w
        .span("frame", "agent Max")
        .kind(CLIENT)
        .time(-10, 6_000)
        .with(json!({"gen_ai.agent.name": "Max", "gen_ai.request.model": "gpt-4o",
        "gen_ai.usage.input_tokens": sum(|c| c.input),
        "gen_ai.usage.output_tokens": sum(|c| c.output)}))
        .send();
    for call in &calls {
        w.span("frame", "chat").kind(CLIENT).under(&root).around(call, 0).with(genai(call)).send();
    }
    w.agents.insert("Max".into());
}

fn equal_in_turn(w: &mut World) {
    let first = w.call(Call::plain);
    let second = w.call(|call| Call { start: first.end() + 20, n: call.n, ..first.clone() });
    for call in [first, second] {
        w.span("a", "chat gpt-4o").kind(CLIENT).around(&call, 1).with(genai(&call)).send();
        w.span("b", "llm")
            .around(&call, 0)
            .with(json!({"llm.model": call.model,
            "llm.prompt_tokens": call.input, "llm.completion_tokens": call.output}))
            .send();
    }
}

fn retriever(w: &mut World) {
    let call = w.call(Call::embedding);
    let root = w
        .span("rag", "retrieve")
        .around(&call, 40)
        .with(json!({"openinference.span.kind": "RETRIEVER", "embedding.model": call.model,
        "embedding.tokens": call.input}))
        .send();
    w.span("rag", "embed").under(&root).around(&call, 0).with(openinference(&call)).send();
}

fn speech(w: &mut World) {
    let call = w.call(|call| call.plain().model("gpt-4o-transcribe", "openai"));
    w.span("openai.audio", "transcription gpt-4o-transcribe")
        .kind(CLIENT)
        .around(&call, 0)
        .with(join(&[
            genai(&call),
            json!({"gen_ai.operation.name": "transcription", "gen_ai.usage.total_tokens": call.total()}),
        ]))
        .send();
}

fn image(w: &mut World) {
    let call = w.call(|call| call.plain().model("gpt-image-1", "openai"));
    let usage = json!({"total_tokens": call.total(), "input_tokens": call.input,
        "output_tokens": call.output, "input_tokens_details": {"text_tokens": call.input,
        "image_tokens": 0}});
    w.span("shop", "draw")
        .kind(CLIENT)
        .around(&call, 0)
        .with(json!({"shop.image.model": call.model,
        "shop.image.reply": json!({"created": 1, "usage": usage}).to_string()}))
        .send();
}

fn tiers(w: &mut World) {
    for call in w.twice(Call::plain) {
        w.span("svc", "chat gpt-4o")
            .kind(CLIENT)
            .around(&call, 0)
            .with(join(&[
                genai(&call),
                id(&call),
                json!({"gen_ai.openai.request.service_tier": "auto",
            "gen_ai.openai.response.service_tier": "default"}),
            ]))
            .send();
    }
}
