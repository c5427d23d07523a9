//! Layers around one call whose records differ in time, names or figures.

use serde_json::{Value, json};

use super::Shape;
use super::call::Call;
use super::words::{genai, id, join, openai_answer, openai_usage, openinference, openllmetry};
use super::world::{CLIENT, SERVER, World};

pub const SHAPES: &[Shape] = &[
    ("LoongSuite's entry, agent and call", loongsuite),
    ("Ruby's controller over its library over the HTTP client", ruby_http),
    ("calls of a tool in traces of their own", detached_tool),
    ("batch job fetched until it is done", batch_job),
    ("hit of a semantic cache beside a miss", semantic_cache),
    ("moderation before the call", moderation),
    ("stream that two instrumentations end at different times", late_end),
    ("failed stream with partial usage in two instrumentations", partial_stream),
    ("nested frameworks with three names of the model", three_names),
    ("embeddings of many chunks at once in two instrumentations", many_embeddings),
    ("answers in parallel by one batch of LangChain over the SDK", batch_pairs),
    ("voice agent with its stages and the SDK below", voice),
    ("tool of an agent over MCP in two processes that calls a model", mcp_sampling),
    ("image and audio tokens in two instrumentations", modalities_pair),
    ("rerank of Cohere in framework and SDK", rerank_pair),
    ("timeout in the framework that the SDK repeats", timeout_retry),
];

const OI: &str = "openinference.instrumentation.openai";
const OLLM: &str = "opentelemetry.instrumentation.openai.v1";
const CONTRIB: &str = "opentelemetry.instrumentation.openai_v2";

fn loongsuite(w: &mut World) {
    let calls = w.twice(Call::plain);
    let sum = |of: fn(&Call) -> u64| calls.iter().map(of).sum::<u64>();
    let sums = json!({"gen_ai.usage.input_tokens": sum(|c| c.input),
        "gen_ai.usage.output_tokens": sum(|c| c.output), "gen_ai.usage.total_tokens": sum(Call::total)});
    let entry = w
        .span("loongsuite.instrumentation.agentscope", "enter_ai_application_system")
        .time(-30, 6_000)
        .with(json!({"gen_ai.span.kind": "ENTRY", "gen_ai.session.id": "ls-1"}))
        .send();
    let agent = w
        .span("loongsuite.instrumentation.agentscope", "invoke_agent Friday")
        .under(&entry)
        .time(-20, 5_900)
        .with(join(&[
            sums,
            json!({"gen_ai.span.kind": "AGENT", "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": "Friday"}),
        ]))
        .send();
    for (n, call) in calls.iter().enumerate() {
        let step = w
            .span("loongsuite.instrumentation.agentscope", "react step")
            .under(&agent)
            .around(call, 8)
            .with(json!({"gen_ai.span.kind": "STEP", "gen_ai.react.round": n + 1}))
            .send();
        w.span("loongsuite.instrumentation.agentscope", "chat gpt-4o")
            .kind(CLIENT)
            .under(&step)
            .around(call, 4)
            .with(join(&[
                genai(call),
                json!({"gen_ai.span.kind": "LLM",
                "gen_ai.usage.total_tokens": call.total()}),
            ]))
            .send();
    }
    w.agents.insert("Friday".into());
    w.sessions.insert("ls-1".into());
}

fn ruby_http(w: &mut World) {
    for call in w.twice(Call::mute) {
        let root = w
            .span("OpenTelemetry::Instrumentation::Rack", "POST /chats")
            .kind(SERVER)
            .around(&call, 30)
            .with(json!({"http.request.method": "POST"}))
            .send();
        let outer = w
            .span("ruby_llm", "chat gpt-4o")
            .kind(CLIENT)
            .under(&root)
            .around(&call, 4)
            .with(json!({"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai",
                "gen_ai.request.model": "gpt-4o", "gen_ai.usage.input_tokens": call.input,
                "gen_ai.usage.output_tokens": call.output,
                "gen_ai.usage.cached_tokens": call.read}))
            .send();
        w.span("OpenTelemetry::Instrumentation::Faraday", "HTTP POST")
            .kind(CLIENT)
            .under(&outer)
            .around(&call, 0)
            .with(json!({"http.request.method": "POST", "http.response.body":
                openai_answer(&call).to_string()}))
            .send();
    }
}

fn detached_tool(w: &mut World) {
    let first = w.call(Call::plain);
    let inner = w.call(|call| Call { start: first.end() + 20, ..call.plain() });
    let last = w.call(|call| Call { start: inner.end() + 60, ..call.plain() });
    let root = w
        .span("frame", "invoke_agent Max")
        .time(-9, last.end() + 20)
        .with(json!({"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "Max"}))
        .send();
    for call in [&first, &last] {
        w.span(CONTRIB, "chat gpt-4o")
            .under(&root)
            .around(call, 0)
            .with(join(&[genai(call), id(call)]))
            .send();
    }
    w.span("frame", "execute_tool look")
        .under(&root)
        .time(inner.start - 6, inner.ms + 12)
        .with(json!({"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "look"}))
        .send();
    w.span(CONTRIB, "chat gpt-4o").around(&inner, 0).with(join(&[genai(&inner), id(&inner)])).send();
    w.agents.insert("Max".into());
    w.ran("look", false);
}

fn batch_job(w: &mut World) {
    let calls = [Call::new(9, 0).plain(), Call::new(9, 1).plain()];
    let sum = |of: fn(&Call) -> u64| calls.iter().map(of).sum::<u64>();
    let body = |status: &str, done: usize| {
        json!({"id": "batch_6710f2", "object": "batch", "endpoint": "/v1/chat/completions", "status": status,
            "model": "gpt-4o", "request_counts": {"total": 2, "completed": done, "failed": 0},
            "usage": {"input_tokens": sum(|c| c.input), "output_tokens": sum(|c| c.output),
                "total_tokens": sum(Call::total)}})
    };
    for (n, status) in ["finalizing", "completed", "completed"].into_iter().enumerate() {
        w.span("app", "GET /v1/batches/batch_6710f2")
            .kind(CLIENT)
            .time(n as i64 * 4_000, 90)
            .with(json!({"http.response.body": body(status, 2).to_string()}))
            .send();
    }
}

fn semantic_cache(w: &mut World) {
    let call = w.call(Call::mute);
    let hit = Call { start: call.end() + 50, ms: 4, ..call.clone() };
    for (call, is_hit) in [(&call, false), (&hit, true)] {
        let root = w
            .span("redisvl", "semantic_cache.check")
            .around(call, 9)
            .with(json!({"cache.hit": is_hit, "cache.distance": 0.02}))
            .send();
        w.span("app", "answer")
            .under(&root)
            .around(call, 0)
            .with(json!({"cache_hit": is_hit, "response": openai_answer(call).to_string()}))
            .send();
    }
}

fn moderation(w: &mut World) {
    for call in w.twice(Call::mute) {
        let root = w.span("app", "ask").around(&call, 300).with(json!({"app.customer": 7})).send();
        w.span(OLLM, "openai.moderations")
            .kind(CLIENT)
            .under(&root)
            .time(call.start - 200, 90)
            .with(json!({"gen_ai.system": "openai", "gen_ai.request.model": "omni-moderation-latest",
                "llm.request.type": "moderation"}))
            .send();
        w.span(OLLM, "openai.chat")
            .kind(CLIENT)
            .under(&root)
            .around(&call, 0)
            .with(openllmetry(&call))
            .send();
    }
}

fn late_end(w: &mut World) {
    for call in w.twice(Call::mute) {
        let root = w.span("app", "ask").around(&call, 3_000).with(json!({"app.customer": 7})).send();
        w.span(OI, "ChatCompletion")
            .under(&root)
            .time(call.start, call.ms + 400)
            .with(join(&[openinference(&call), json!({"output.value": openai_answer(&call).to_string()})]))
            .send();
        w.span(CONTRIB, "chat gpt-4o")
            .kind(CLIENT)
            .under(&root)
            .time(call.start + 1, 90)
            .with(json!({"gen_ai.operation.name": "chat", "gen_ai.request.model": call.model,
                "gen_ai.provider.name": "openai"}))
            .send();
    }
}

fn partial_stream(w: &mut World) {
    let call = w.call(|call| Call { failed: true, ..call.plain() });
    let root = w.span("app", "ask").around(&call, 30).with(json!({"app.customer": 7})).send();
    let outer = w
        .span(OI, "ChatCompletion")
        .under(&root)
        .around(&call, 4)
        .with(json!({"openinference.span.kind": "LLM", "llm.model_name": call.model,
            "llm.token_count.prompt": call.input, "llm.token_count.completion": call.output}))
        .fail("APIConnectionError")
        .send();
    w.span(CONTRIB, "chat gpt-4o")
        .kind(CLIENT)
        .under(&outer)
        .around(&call, 0)
        .with(json!({"gen_ai.operation.name": "chat", "gen_ai.request.model": call.model,
            "gen_ai.provider.name": "openai", "error.type": "APIConnectionError"}))
        .fail("APIConnectionError")
        .send();
}

fn three_names(w: &mut World) {
    for call in w.twice(Call::claude) {
        let name = |model: &str| {
            let told = json!({"gen_ai.request.model": model, "gen_ai.response.model": model});
            join(&[genai(&call), told])
        };
        let outer = w
            .span("crewai", "LLM.call")
            .around(&call, 9)
            .with(name("bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0"))
            .send();
        let middle = w
            .span("litellm", "litellm_request")
            .under(&outer)
            .around(&call, 5)
            .with(name("us.anthropic.claude-sonnet-4-5-20250929-v1:0"))
            .send();
        w.span("com.anthropic.sdk.python", "anthropic.messages.create")
            .kind(CLIENT)
            .under(&middle)
            .around(&call, 0)
            .with(join(&[genai(&call), id(&call)]))
            .send();
    }
}

fn many_embeddings(w: &mut World) {
    let root = w.span("app", "ingest").time(-9, 900).with(json!({"app.docs": 6})).send();
    for n in 0..6 {
        let call = w.call(|call| Call { start: n, ms: 90 + 5 * n, ..call.embedding() });
        w.span(OI, "CreateEmbeddings").under(&root).around(&call, 1).with(openinference(&call)).send();
        w.span(CONTRIB, "embeddings text-embedding-3-small")
            .kind(CLIENT)
            .under(&root)
            .around(&call, 0)
            .with(genai(&call))
            .send();
    }
}

fn batch_pairs(w: &mut World) {
    let scope = "openinference.instrumentation.langchain";
    for n in 0..4 {
        let call = w.call(|call| Call { start: 2 * n, ms: 700 + 11 * n, ..call.plain() });
        w.span(scope, "ChatOpenAI")
            .around(&call, 6)
            .with(join(&[openinference(&call), json!({"output.value": call.text()})]))
            .send();
        w.span(CONTRIB, "chat gpt-4o")
            .kind(CLIENT)
            .around(&call, 0)
            .with(join(&[genai(&call), id(&call)]))
            .send();
    }
}

fn voice(w: &mut World) {
    for call in w.twice(Call::mute) {
        let turn = w.span("voice", "turn").around(&call, 900).with(json!({"metrics.ttfb": 0.3})).send();
        w.span("voice", "stt.transcribe")
            .under(&turn)
            .time(call.start - 600, 300)
            .with(json!({"model": "nova-3", "audio.seconds": 2.5}))
            .send();
        let llm = w
            .span("voice", "llm.respond")
            .under(&turn)
            .around(&call, 7)
            .with(json!({"model": call.model, "usage.prompt_tokens": call.input,
                "usage.completion_tokens": call.output, "usage.cached_tokens": call.read}))
            .send();
        w.span(OI, "ChatCompletion")
            .under(&llm)
            .around(&call, 0)
            .with(join(&[openinference(&call), json!({"output.value": openai_answer(&call).to_string()})]))
            .send();
        w.span("voice", "tts.speak")
            .under(&turn)
            .time(call.end() + 20, 400)
            .with(json!({"model": "eleven_turbo_v2", "characters": 140}))
            .send();
    }
}

fn mcp_sampling(w: &mut World) {
    let call = w.call(Call::plain);
    w.process("shop", 4);
    let tool = w
        .span("frame", "execute_tool summarize")
        .around(&call, 40)
        .with(json!({"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "summarize"}))
        .send();
    let asked = w
        .span("mcp", "tools/call summarize")
        .kind(CLIENT)
        .under(&tool)
        .around(&call, 30)
        .with(json!({"mcp.method.name": "tools/call", "gen_ai.tool.name": "summarize"}))
        .send();
    w.process("mcp-server", 9);
    let served = w
        .span("mcp", "tools/call summarize")
        .kind(SERVER)
        .under(&asked)
        .around(&call, 20)
        .with(json!({"mcp.method.name": "tools/call", "gen_ai.tool.name": "summarize",
            "gen_ai.operation.name": "execute_tool"}))
        .send();
    w.span(OI, "ChatCompletion").under(&served).around(&call, 0).with(openinference(&call)).send();
    w.ran("summarize", false);
}

fn modalities_pair(w: &mut World) {
    for call in w.twice(Call::plain) {
        let mut usage = openai_usage(&call);
        usage["prompt_tokens_details"]["audio_tokens"] = json!(40);
        let mut answer = openai_answer(&call);
        answer["usage"] = usage;
        let outer = w
            .span(OI, "ChatCompletion")
            .around(&call, 3)
            .with(join(&[openinference(&call), json!({"output.value": answer.to_string()})]))
            .send();
        w.span("http", "POST")
            .kind(CLIENT)
            .under(&outer)
            .around(&call, 0)
            .with(json!({"http.response.body": answer.to_string()}))
            .send();
    }
}

fn rerank_pair(w: &mut World) {
    for call in w.twice(Call::embedding) {
        let root = w
            .span("openinference.instrumentation.langchain", "CohereRerank")
            .around(&call, 9)
            .with(json!({"openinference.span.kind": "RERANKER", "reranker.model_name": "rerank-v3.5",
                "reranker.top_k": 3}))
            .send();
        let body: Value = json!({"id": "r-1", "results": [{"index": 1, "relevance_score": 0.9}],
            "meta": {"billed_units": {"search_units": 1}}});
        w.span("http", "POST")
            .kind(CLIENT)
            .under(&root)
            .around(&call, 0)
            .with(json!({"url.full": "https://api.cohere.com/v2/rerank",
                "http.response.body": body.to_string()}))
            .send();
    }
    for call in &mut w.calls {
        (call.of, call.model, call.provider) = (super::call::Of::Rerank, "rerank-v3.5", "cohere");
        call.input = 0;
    }
}

fn timeout_retry(w: &mut World) {
    let call = w.call(|call| call);
    let outer = w
        .span("openinference.instrumentation.langchain", "ChatOpenAI")
        .time(call.start - 900, call.ms + 905)
        .with(openinference(&call))
        .event("exception", call.start - 30, json!({"exception.type": "APITimeoutError"}))
        .send();
    w.span("http", "POST")
        .kind(CLIENT)
        .under(&outer)
        .time(call.start - 890, 850)
        .with(json!({"server.address": "api.openai.com", "error.type": "ReadTimeout"}))
        .send();
    w.span("http", "POST")
        .kind(CLIENT)
        .under(&outer)
        .around(&call, 0)
        .with(json!({"http.response.body": openai_answer(&call).to_string()}))
        .send();
}
