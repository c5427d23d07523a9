//! Several layers around one call: instrumentations, gateways, agents of other processes.

use serde_json::json;

use super::Shape;
use super::call::Call;
use super::words::{genai, id, join, openai_answer, openinference, openllmetry};
use super::world::{At, CLIENT, SERVER, World};

pub const SHAPES: &[Shape] = &[
    ("client, gateway and server in three processes", three_processes),
    ("chain of gateways without contexts", chain),
    ("embeddings at once told by two instrumentations", embeddings),
    ("hedged requests told by two instrumentations", hedged),
    ("voters with equal answers", voters),
    ("voters with equal answers told by two instrumentations", voters_twice),
    ("Laminar over LiteLLM over the SDK", laminar),
    ("deployment's name beside the model's", deployment),
    ("collector that drops the scopes", scopeless),
    ("attempts that fail below a wrapper without usage", attempts),
    ("embedding of a query within its retriever and its vector store", retriever),
];

const OI: &str = "openinference.instrumentation.openai";
const OLLM: &str = "opentelemetry.instrumentation.openai.v1";

fn three_processes(w: &mut World) {
    let how = |call: Call| call.plain().model("meta-llama/Llama-3.1-8B-Instruct", "openai");
    for call in w.twice(how) {
        w.process("shop", 4);
        let client = w
            .span(OLLM, "openai.chat")
            .kind(CLIENT)
            .around(&call, 20)
            .with(join(&[openllmetry(&call), id(&call)]))
            .send();
        w.process("gateway", 9);
        let gateway = w
            .span("envoyproxy/ai-gateway", "ChatCompletion")
            .kind(SERVER)
            .under(&client)
            .around(&call, 10)
            .with(join(&[openinference(&call), json!({"output.value": openai_answer(&call).to_string()})]))
            .send();
        w.process("vllm", 11);
        w.span("vllm.llm_engine", "llm_request")
            .kind(SERVER)
            .under(&gateway)
            .around(&call, 0)
            .with(json!({"gen_ai.request.id": call.id(), "gen_ai.response.model": call.model,
                "gen_ai.usage.prompt_tokens": call.input, "gen_ai.usage.completion_tokens": call.output,
                "gen_ai.latency.e2e": 0.8}))
            .send();
    }
}

fn chain(w: &mut World) {
    for call in w.twice(Call::mute) {
        w.process("shop", 4);
        w.span(OI, "ChatCompletion")
            .around(&call, 25)
            .with(join(&[openinference(&call), json!({"output.value": openai_answer(&call).to_string()})]))
            .send();
        w.process("edge", 9);
        w.span("edge.proxy", "proxy")
            .kind(SERVER)
            .around(&call, 12)
            .with(json!({"llm.model": "smart", "llm.upstream.body": openai_answer(&call).to_string()}))
            .send();
        w.process("hub", 12);
        w.span("hub", "chat").kind(CLIENT).around(&call, 0).with(join(&[genai(&call), id(&call)])).send();
    }
}

fn embeddings(w: &mut World) {
    let calls: Vec<Call> = (0..4).map(|n| w.call(|call| Call { start: n * 3, ..call.embedding() })).collect();
    let root = w.span("app", "index").time(-20, 400).send();
    for call in &calls {
        let outer =
            w.span(OI, "CreateEmbeddings").under(&root).around(call, 2).with(openinference(call)).send();
        w.span("opentelemetry.instrumentation.openai_v2", "embeddings text-embedding-3-small")
            .kind(CLIENT)
            .under(if call.n % 2 == 0 { &outer } else { &root })
            .around(call, 0)
            .with(genai(call))
            .send();
    }
}

fn hedged(w: &mut World) {
    let lost = w.call(|call| Call { start: 0, ms: 460, ..call.refused() });
    let won = w.call(|call| Call { start: 200, ms: 250, ..call.plain() });
    let root = w.span("app", "hedge").time(-5, 480).send();
    for call in [&lost, &won] {
        let outer = w.span(OI, "ChatCompletion").under(&root).around(call, 3).with(openinference(call));
        let outer = if call.failed { outer.fail("CancelledError") } else { outer }.send();
        let inner = w
            .span(OLLM, "openai.chat")
            .kind(CLIENT)
            .under(&outer)
            .around(call, 1)
            .with(join(&[openllmetry(call), id(call)]));
        if call.failed { inner.fail("asyncio.CancelledError") } else { inner }.send();
    }
}

/// Five calls at once that have the same figures and the same answer.
fn five(w: &mut World) -> (At, Vec<Call>) {
    let first = w.call(Call::plain);
    let more = (1..5).map(|n| {
        w.call(|call| Call {
            n,
            start: i64::try_from(n).unwrap(),
            ms: first.ms,
            input: first.input,
            output: first.output,
            ..call.plain()
        })
    });
    let mut calls: Vec<Call> = more.collect();
    calls.insert(0, first);
    (w.span("app", "vote").time(-5, 1_500).send(), calls)
}

fn voters(w: &mut World) {
    let (root, calls) = five(w);
    for call in &calls {
        w.span(OLLM, "openai.chat")
            .kind(CLIENT)
            .under(&root)
            .around(call, 0)
            .with(join(&[openllmetry(call), json!({"gen_ai.completion.0.content": "yes"})]))
            .send();
    }
}

fn voters_twice(w: &mut World) {
    let (root, calls) = five(w);
    for call in &calls {
        let output = json!({"llm.output_messages.0.message.content": "yes",
            "llm.output_messages.0.message.role": "assistant"});
        w.span(OI, "ChatCompletion")
            .under(&root)
            .around(call, 2)
            .with(join(&[openinference(call), output]))
            .send();
        w.span(OLLM, "openai.chat")
            .kind(CLIENT)
            .under(&root)
            .around(call, 0)
            .with(join(&[openllmetry(call), json!({"gen_ai.completion.0.content": "yes"})]))
            .send();
    }
}

fn laminar(w: &mut World) {
    let calls = w.twice(Call::mute);
    let root = w
        .span("lmnr.sdk.decorators", "agent.step")
        .time(-40, 4_500)
        .with(json!({"lmnr.span.type": "DEFAULT", "lmnr.association.properties.session_id": "conv-1"}))
        .send();
    w.sessions.insert("conv-1".into());
    for call in &calls {
        let outer = w
            .span("lmnr.litellm", "litellm.completion")
            .under(&root)
            .around(call, 8)
            .with(json!({"lmnr.span.type": "LLM", "gen_ai.system": "openai",
                "gen_ai.request.model": "openai/gpt-4o", "gen_ai.response.model": call.model,
                "gen_ai.response.id": call.id(), "gen_ai.usage.input_tokens": call.input,
                "gen_ai.usage.output_tokens": call.output, "llm.usage.total_tokens": call.total(),
                "gen_ai.usage.cache_read_input_tokens": call.read, "gen_ai.usage.cost": 0.004}))
            .send();
        w.span(OLLM, "openai.chat")
            .kind(CLIENT)
            .under(&outer)
            .around(call, 0)
            .with(join(&[openllmetry(call), id(call)]))
            .send();
        w.reported += 4_000;
    }
}

fn deployment(w: &mut World) {
    for call in w.twice(|call| call.plain().model("gpt-4o-2024-08-06", "azure.ai.openai")) {
        let root = w.span("app", "ask").around(&call, 60).send();
        w.span("framework", "chat prod-chat")
            .under(&root)
            .around(&call, 6)
            .with(json!({"openinference.span.kind": "LLM", "llm.model_name": "prod-chat",
                "llm.provider": "azure", "llm.token_count.prompt": call.input,
                "llm.token_count.completion": call.output, "llm.token_count.total": call.total()}))
            .send();
        w.span("opentelemetry.instrumentation.openai_v2", "chat prod-chat")
            .kind(CLIENT)
            .under(&root)
            .around(&call, 0)
            .with(join(&[genai(&call), json!({"gen_ai.request.model": "prod-chat"})]))
            .send();
    }
}

fn scopeless(w: &mut World) {
    for call in w.twice(Call::plain) {
        let outer = w.span("", "ChatCompletion").around(&call, 4).with(openinference(&call)).send();
        w.span("", "openai.chat").kind(CLIENT).under(&outer).around(&call, 0).with(openllmetry(&call)).send();
    }
}

fn attempts(w: &mut World) {
    let refused = [0, 300].map(|start| w.call(|call| Call { start, ..call.refused() }));
    let last = w.call(|call| Call { start: 700, ..call.plain() });
    let root = w
        .span("frame", "llm")
        .time(-4, 720 + last.ms)
        .with(json!({"openinference.span.kind": "CHAIN", "input.value": "hi", "output.value": last.text()}))
        .send();
    for call in refused.iter().chain([&last]) {
        w.span(OI, "ChatCompletion")
            .under(&root)
            .around(call, 2)
            .with(openinference(call))
            .outcome(call)
            .send();
        w.span(OLLM, "openai.chat")
            .kind(CLIENT)
            .under(&root)
            .around(call, 0)
            .with(openllmetry(call))
            .outcome(call)
            .send();
    }
}

fn retriever(w: &mut World) {
    for call in w.twice(Call::embedding) {
        let root = w
            .span("rag", "retrieve")
            .around(&call, 40)
            .with(json!({"openinference.span.kind": "RETRIEVER", "input.value": "birds",
                "retrieval.documents.0.document.content": "Birds sing."}))
            .send();
        let outer = w
            .span("openinference.instrumentation.llama_index", "OpenAIEmbedding._get_query_embedding")
            .under(&root)
            .around(&call, 6)
            .with(json!({"openinference.span.kind": "EMBEDDING", "embedding.model_name": call.model,
                "embedding.embeddings.0.embedding.text": "birds"}))
            .send();
        w.span(OI, "CreateEmbeddings").under(&outer).around(&call, 0).with(openinference(&call)).send();
        w.span("qdrant", "qdrant.query_points")
            .kind(CLIENT)
            .under(&root)
            .time(call.end() + 3, 20)
            .with(json!({"db.system": "qdrant", "db.operation.name": "query_points",
                "db.vector.dimension": 1_536}))
            .send();
    }
}
