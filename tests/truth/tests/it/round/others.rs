//! Names in the names of spans, failures in attributes, and logs beside streams.

use serde_json::{Value, json};

use super::Shape;
use super::call::Call;
use super::words::{genai, id, join, openai_usage};
use super::world::{CLIENT, World};

pub const SHAPES: &[Shape] = &[
    ("tools named by their spans", tool_names),
    ("tool under a plain key", plain_tool),
    ("agents named by their spans", agent_names),
    ("sessions under plain keys", plain_sessions),
    ("failures in attributes", failures),
    ("model in the name of the span", model_in_name),
    ("stream whose usage only the log tells", log_of_stream),
    ("log by two exporters", two_logs),
    ("plain log lines about calls", log_lines),
    ("unended copy first", unended),
    ("two programs with equal calls", two_programs),
    ("embeddings of a batch beside their parent", embedding_parent),
    ("reranking in units of search", rerank),
    ("figures with words between", wordy),
    ("usage of the answer and of the conversation", conversation),
    ("tokens of the prompt by role", by_role),
    ("cached answer by its key", cached_flag),
    ("evaluation judge beside the call", judge),
    ("planner and executor with one scope", planner),
    ("details under other languages' cases", cases),
];

/// A call in the words of a home-made program.
fn own(call: &Call) -> Value {
    json!({"llm.model": call.model, "llm.prompt_tokens": call.input,
        "llm.completion_tokens": call.output})
}

fn tool_names(w: &mut World) {
    let call = w.call(Call::plain);
    let root = w.span("loop", "turn").around(&call, 800).send();
    w.span("loop", "llm").under(&root).around(&call, 0).with(own(&call)).send();
    for (at, name) in [(10, "tool.grep"), (60, "tool:read_file"), (110, "execute_tool edit")] {
        w.span("loop", name).under(&root).time(call.end() + at, 30).with(json!({"args": "{}"})).send();
    }
    ["grep", "read_file", "edit"].iter().for_each(|tool| w.ran(tool, false));
}

fn plain_tool(w: &mut World) {
    let call = w.call(Call::plain);
    let root = w.span("loop", "turn").around(&call, 800).send();
    w.span("loop", "llm").under(&root).around(&call, 0).with(own(&call)).send();
    w.span("loop", "run tool")
        .under(&root)
        .time(call.end() + 5, 30)
        .with(json!({"tool": "grep",
        "arguments": "{}"}))
        .send();
    w.ran("grep", false);
}

fn agent_names(w: &mut World) {
    let call = w.call(Call::plain);
    let root = w.span("loop", "invoke_agent fixer").around(&call, 80).send();
    w.span("loop", "llm").under(&root).around(&call, 0).with(own(&call)).send();
    w.agents.insert("fixer".into());
}

fn plain_sessions(w: &mut World) {
    for call in w.twice(Call::plain) {
        w.span("svc", "llm")
            .around(&call, 0)
            .with(join(&[
                own(&call),
                json!({"conversation_id": "c-9",
            "user_id": "u-9"}),
            ]))
            .send();
    }
    w.sessions.insert("c-9".into());
}

fn failures(w: &mut World) {
    for error in [
        json!({"error": true, "error.message": "429 slow down"}),
        json!({"llm.success": false,
        "llm.error": "429 slow down"}),
        json!({"llm.status": "error"}),
    ] {
        let call = w.call(Call::refused);
        w.span("svc", "llm")
            .around(&call, 0)
            .with(join(&[
                json!({"span.type": "llm",
            "llm.model": call.model}),
                error,
            ]))
            .send();
    }
    let call = w.call(Call::plain);
    w.span("svc", "llm")
        .around(&call, 0)
        .with(join(&[
            own(&call),
            json!({"llm.success": true,
        "llm.status": "ok", "error": false}),
        ]))
        .send();
}

fn model_in_name(w: &mut World) {
    for call in w.twice(Call::plain) {
        w.span("svc", "completion gpt-4o")
            .around(&call, 0)
            .with(json!({"prompt_tokens": call.input,
            "completion_tokens": call.output}))
            .send();
    }
}

fn log_of_stream(w: &mut World) {
    for call in w.twice(Call::plain) {
        let root = w.span("svc", "POST /chat").around(&call, 50).send();
        w.span("openinference.instrumentation.openai", "ChatCompletion")
            .under(&root)
            .around(&call, 0)
            .with(json!({"openinference.span.kind": "LLM", "llm.model_name": call.model}))
            .send();
        w.log(
            ("app", "llm_stream_usage"),
            call.end() + 1,
            Some(&root),
            json!({"model": call.model,
            "prompt_tokens": call.input, "completion_tokens": call.output, "duration_ms": call.ms}),
        );
    }
}

fn two_logs(w: &mut World) {
    for call in w.twice(Call::plain) {
        let words = json!({"model": call.model, "prompt_tokens": call.input,
            "completion_tokens": call.output, "duration_ms": call.ms});
        w.log(("app.llm", "llm_call"), call.end(), None, words.clone());
        w.log(("filelog", "llm_call"), call.end() + 1, None, json!({"log.body": words.to_string()}));
    }
}

fn log_lines(w: &mut World) {
    let call = Call::new(5, 0);
    w.log(
        ("app", "starting llm call with gpt-4o, max_tokens=4096"),
        5,
        None,
        json!({"model": call.model,
        "max_tokens": 4_096}),
    );
    w.log(
        ("app", "llm session report"),
        9,
        None,
        json!({"model": call.model, "input_tokens": 900,
        "output_tokens": 90}),
    );
}

fn unended(w: &mut World) {
    for call in w.twice(|call| call) {
        let at = w.place();
        let start = 1_795_170_000_000_000_000 + call.start * 1_000_000;
        w.span("laminar.sdk", "chat gpt-4o")
            .of(&at)
            .kind(CLIENT)
            .raw_times(&start.to_string(), "0")
            .with(json!({"gen_ai.operation.name": "chat", "gen_ai.request.model": call.model,
            "gen_ai.provider.name": "openai"}))
            .send();
        w.span("laminar.sdk", "chat gpt-4o")
            .of(&at)
            .kind(CLIENT)
            .around(&call, 0)
            .with(join(&[genai(&call), id(&call)]))
            .send();
    }
}

fn two_programs(w: &mut World) {
    let first = w.call(Call::plain);
    let second = w.call(|call| Call { n: call.n, ..first.clone() });
    for (call, (service, scope, pid)) in
        [first, second].into_iter().zip([("a", "tracer.a", 7), ("b", "tracer.b", 8)])
    {
        w.process(service, pid);
        w.span(scope, "chat gpt-4o").kind(CLIENT).around(&call, 0).with(genai(&call)).send();
    }
}

fn embedding_parent(w: &mut World) {
    let calls = [w.call(Call::embedding), w.call(Call::embedding)];
    let sum = calls.iter().map(|call| call.input).sum::<u64>();
    let root = w
        .span("rag", "embed_documents")
        .time(-5, 3_000)
        .with(json!({"embedding.model": calls[0].model, "embedding.total_tokens": sum,
        "embedding.count": 2}))
        .send();
    for call in &calls {
        w.span("rag", "embeddings text-embedding-3-small")
            .kind(CLIENT)
            .under(&root)
            .around(call, 0)
            .with(genai(call))
            .send();
    }
}

fn rerank(w: &mut World) {
    let call = w.call(|call| Call {
        of: super::call::Of::Rerank,
        input: 0,
        output: 0,
        ..call.plain().model("rerank-v3.5", "cohere")
    });
    w.span("rag", "rerank")
        .around(&call, 0)
        .with(json!({"openinference.span.kind": "RERANKER",
        "reranker.model_name": call.model, "reranker.top_k": 3}))
        .send();
}

fn wordy(w: &mut World) {
    for call in w.twice(Call::plain) {
        w.span("svc", "ask")
            .around(&call, 0)
            .with(json!({"model_used": call.model,
            "llm.model": call.model, "number_of_input_tokens": call.input,
            "number_of_output_tokens": call.output}))
            .send();
    }
}

fn conversation(w: &mut World) {
    let mut sums = [0, 0];
    for call in w.twice(Call::plain) {
        sums = [sums[0] + call.input, sums[1] + call.output];
        w.span("svc", "ask")
            .around(&call, 0)
            .with(json!({"model": call.model,
            "answer": json!({"usage": openai_usage(&call),
            "conversation_usage": {"prompt_tokens": sums[0],
            "completion_tokens": sums[1]}}).to_string()}))
            .send();
    }
}

fn by_role(w: &mut World) {
    for call in w.twice(Call::plain) {
        w.span("svc", "ask")
            .around(&call, 0)
            .with(json!({"llm.model": call.model,
            "llm.prompt_tokens": call.input, "llm.completion_tokens": call.output,
            "llm.system_prompt_tokens": 120, "llm.user_prompt_tokens": call.input - 120}))
            .send();
    }
}

fn cached_flag(w: &mut World) {
    let call = w.call(Call::plain);
    w.span("svc", "ask").around(&call, 0).with(join(&[own(&call), json!({"llm.cached": false})])).send();
    let again = Call { start: 7_000, ms: 2, ..call };
    w.span("svc", "ask").around(&again, 0).with(join(&[own(&again), json!({"llm.cached": true})])).send();
}

fn judge(w: &mut World) {
    let call = w.call(Call::plain);
    let eval = w.call(|call| call.plain().model("gpt-4o-mini", "openai"));
    let root = w.span("evals", "run case").time(-9, 5_000).with(json!({"eval.score": 0.8})).send();
    w.span("evals", "task").under(&root).around(&call, 3).with(own(&call)).send();
    w.span("evals", "judge")
        .under(&root)
        .around(&eval, 3)
        .with(json!({"eval.model": eval.model,
        "eval.prompt_tokens": eval.input, "eval.completion_tokens": eval.output}))
        .send();
}

fn planner(w: &mut World) {
    let calls = [
        w.call(Call::plain),
        w.call(|call| call.plain().model("gpt-4o-mini", "openai")),
        w.call(|call| call.plain().model("gpt-4o-mini", "openai")),
    ];
    let root = w.span("plan", "solve").time(-9, 9_000).send();
    let plan = w.span("plan", "plan").under(&root).around(&calls[0], 5).send();
    w.span("plan", "llm").under(&plan).around(&calls[0], 0).with(own(&calls[0])).send();
    for call in &calls[1..] {
        let step = w.span("plan", "execute").under(&root).around(call, 5).send();
        w.span("plan", "llm").under(&step).around(call, 0).with(own(call)).send();
    }
}

fn cases(w: &mut World) {
    for call in w.twice(|call| call) {
        w.span("dotnet", "Complete")
            .around(&call, 0)
            .with(json!({"ModelId": call.model,
            "Usage": {"InputTokenCount": call.input, "OutputTokenCount": call.output,
            "TotalTokenCount": call.total(),
            "InputTokenDetails": {"CachedTokenCount": call.read, "AudioTokenCount": 0},
                "OutputTokenDetails": {"ReasoningTokenCount": call.reasoning,
                "AudioTokenCount": 0}}}))
            .send();
    }
}
