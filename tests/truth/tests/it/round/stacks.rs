//! Several layers around one call: instrumentations, gateways, agents of other processes.

use serde_json::{Value, json};

use super::Shape;
use super::call::Call;
use super::words::{figure, genai, id, join, openai_answer, openinference};
use super::world::{At, CLIENT, SERVER, World};

pub const SHAPES: &[Shape] = &[
    ("client, gateway and server in three processes", three_processes),
    ("chain of gateways without contexts", chain),
    ("remote agent with sums in both processes", remote_agent),
    ("embeddings at once told by two instrumentations", embeddings),
    ("hedged requests told by two instrumentations", hedged),
    ("voters with equal answers", voters),
    ("voters with equal answers told by two instrumentations", voters_twice),
    ("Guardrails with sums over their calls", guardrails),
    ("Laminar over LiteLLM over the SDK", laminar),
    ("deployment's name beside the model's", deployment),
    ("collector that drops the scopes", scopeless),
    ("agents as tools with sums on each level", agent_tools),
    ("attempts that fail below a wrapper without usage", attempts),
    ("Copilot's agent with spans, logs and metrics", copilot),
    ("sum per turn in a trace of its own", turns),
    ("embedding of a query within its retriever and its vector store", retriever),
    ("call told by its start's and its end's record", start_end_logs),
];

const OI: &str = "openinference.instrumentation.openai";
const OLLM: &str = "opentelemetry.instrumentation.openai.v1";

/// A call in the words of OpenLLMetry.
fn openllmetry(call: &Call) -> Value {
    let read = if call.read == 0 { Value::Null } else { json!(call.read) };
    json!({"llm.request.type": "chat", "gen_ai.system": "openai", "gen_ai.request.model": call.model,
        "gen_ai.response.model": if call.failed { Value::Null } else { json!(call.model) },
        "gen_ai.usage.input_tokens": figure(call, call.input),
        "gen_ai.usage.output_tokens": figure(call, call.output),
        "llm.usage.total_tokens": figure(call, call.total()),
        "gen_ai.usage.cache_read_input_tokens": read, "gen_ai.is_streaming": false})
}

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

fn remote_agent(w: &mut World) {
    let calls = w.twice(Call::plain);
    let sums = json!({"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "researcher",
        "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o",
        "gen_ai.usage.input_tokens": calls.iter().map(|call| call.input).sum::<u64>(),
        "gen_ai.usage.output_tokens": calls.iter().map(|call| call.output).sum::<u64>()});
    w.process("front", 3);
    let client = w
        .span("a2a.client", "invoke_agent researcher")
        .kind(CLIENT)
        .time(-60, 5_000)
        .with(sums.clone())
        .send();
    w.process("researcher", 8);
    let server =
        w.span("a2a.server", "invoke_agent researcher").under(&client).time(-40, 4_900).with(sums).send();
    w.agents.insert("researcher".into());
    for call in &calls {
        w.span("opentelemetry.instrumentation.openai_v2", "chat gpt-4o")
            .kind(CLIENT)
            .under(&server)
            .around(call, 0)
            .with(join(&[genai(call), id(call)]))
            .send();
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

fn guardrails(w: &mut World) {
    let calls = [w.call(Call::plain), w.call(Call::plain), w.call(Call::plain)];
    let sum = |calls: &[Call], of: fn(&Call) -> u64| calls.iter().map(of).sum::<u64>();
    let root = w
        .span("nemo_guardrails", "guardrails.request")
        .time(-30, 6_000)
        .with(json!({"guardrails.llm_calls_count": 3,
            "llm_calls_total_prompt_tokens": sum(&calls, |call| call.input),
            "llm_calls_total_completion_tokens": sum(&calls, |call| call.output),
            "llm_calls_total_tokens": sum(&calls, Call::total)}))
        .send();
    for call in &calls {
        let rail = w
            .span("nemo_guardrails", "guardrails.rail")
            .under(&root)
            .around(call, 9)
            .with(json!({"rail.type": "input", "rail.name": "self check"}))
            .send();
        let action = w
            .span("nemo_guardrails", "guardrails.action")
            .under(&rail)
            .around(call, 5)
            .with(json!({"action.name": "self_check", "action.llm_calls_count": 1}))
            .send();
        w.span("nemo_guardrails", "completion gpt-4o")
            .kind(CLIENT)
            .under(&action)
            .around(call, 0)
            .with(join(&[
                genai(call),
                json!({"gen_ai.operation.name": "completion",
                "gen_ai.usage.total_tokens": call.total()}),
            ]))
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

fn agent_tools(w: &mut World) {
    let calls = [w.call(Call::plain), w.call(Call::plain), w.call(Call::plain)];
    let agent = |name: &str, calls: &[Call]| {
        json!({"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": name,
            "gen_ai.usage.input_tokens": calls.iter().map(|call| call.input).sum::<u64>(),
            "gen_ai.usage.output_tokens": calls.iter().map(|call| call.output).sum::<u64>()})
    };
    let mut parent: Option<At> = None;
    for (level, name) in ["chief", "scout", "clerk"].into_iter().enumerate() {
        let begin = 2_000 * i64::try_from(level).unwrap() - 20;
        let span = w
            .span("crew", &format!("invoke_agent {name}"))
            .time(begin, 6_000 - begin)
            .with(agent(name, &calls[level..]));
        let at = match &parent {
            Some(parent) => span.under(parent),
            None => span,
        }
        .send();
        w.agents.insert(name.into());
        w.span("opentelemetry.instrumentation.openai_v2", "chat gpt-4o")
            .kind(CLIENT)
            .under(&at)
            .around(&calls[level], 0)
            .with(join(&[genai(&calls[level]), id(&calls[level])]))
            .send();
        if level < 2 {
            let tool = if level == 0 { "ask_scout" } else { "ask_clerk" };
            let run = w
                .span("crew", &format!("execute_tool {tool}"))
                .under(&at)
                .time(begin + 1_900, 4_000 - begin)
                .with(json!({"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": tool}))
                .send();
            w.ran(tool, false);
            parent = Some(run);
        }
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

fn copilot(w: &mut World) {
    let calls = w.twice(Call::mute);
    w.agents.insert("copilot".into());
    w.sessions.insert("cc-1".into());
    let common = json!({"gen_ai.conversation.id": "cc-1"});
    let root = w
        .span("copilot-chat", "invoke_agent copilot")
        .time(-30, 5_000)
        .with(join(&[
            common.clone(),
            json!({"gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": "copilot", "gen_ai.provider.name": "github",
            "gen_ai.usage.input_tokens": calls[0].input + calls[1].input,
            "gen_ai.usage.output_tokens": calls[0].output + calls[1].output,
            "gen_ai.usage.cache_read.input_tokens": calls[0].read + calls[1].read,
            "copilot_chat.turn_count": 2}),
        ]))
        .send();
    for call in &calls {
        let told = join(&[common.clone(), genai(call), id(call)]);
        let at = w
            .span("copilot-chat", "chat gpt-4o")
            .kind(CLIENT)
            .under(&root)
            .around(call, 0)
            .with(told.clone())
            .send();
        w.log(("copilot-chat", "gen_ai.client.inference.operation.details"), call.end() + 1, Some(&at), told);
        w.log(
            ("copilot-chat", "copilot_chat.agent.turn"),
            call.end() + 4,
            Some(&root),
            json!({"turn.index": call.n, "gen_ai.usage.input_tokens": call.input,
                "gen_ai.usage.output_tokens": call.output, "tool_call_count": 0}),
        );
    }
}

fn turns(w: &mut World) {
    for turn in 0..2 {
        let calls = w.twice(Call::plain);
        let (first, last) = (&calls[0], &calls[1]);
        w.span("bot", "turn.summary")
            .time(first.start - 5, last.end() - first.start + 10)
            .with(json!({"turn": turn, "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "bot",
                "gen_ai.usage.input_tokens": first.input + last.input,
                "gen_ai.usage.output_tokens": first.output + last.output}))
            .send();
        w.agents.insert("bot".into());
        for call in &calls {
            w.span(OLLM, "openai.chat")
                .kind(CLIENT)
                .around(call, 0)
                .with(join(&[openllmetry(call), id(call)]))
                .send();
        }
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

fn start_end_logs(w: &mut World) {
    for call in w.twice(Call::plain) {
        let request = format!("7f3a9c{:x}", call.input * 7_919 + call.output);
        w.log(("bot", "llm.call.start"), call.start, None,
            json!({"request_id": request, "model": call.model, "max_tokens": 1_024, "prompt_tokens": call.input}));
        w.log(
            ("bot", "llm.call.end"),
            call.end(),
            None,
            json!({"request_id": request, "model": call.model, "prompt_tokens": call.input,
                "completion_tokens": call.output, "duration_ms": call.ms}),
        );
    }
}
