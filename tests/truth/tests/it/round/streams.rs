//! Streams: usage in a late span, in an event, in each chunk, or nowhere.

use serde_json::json;

use super::Shape;
use super::call::Call;
use super::words::{claude_usage, genai, id, join, openai_usage};
use super::world::{CLIENT, Span, World};

pub const SHAPES: &[Shape] = &[
    ("usage that counts on in each chunk's event", cumulative_events),
    ("usage in the last chunk's event", last_event),
    ("usage in a late span", late_span),
    ("usage in a late span with its id", late_span_id),
    ("chunks as spans", chunk_spans),
    ("events of Claude's stream", claude_events),
    ("events of Gemini's stream", gemini_events),
    ("events of a stream without an id", nameless_events),
    ("list of chunks as JSON", chunk_list),
    ("stream without usage", no_usage),
    ("stream that ends with the tool loop", long_stream),
    ("stream told at its start and at its end", start_and_end),
    ("three parallel streams", parallel),
    ("request and stream in two spans", request_and_stream),
];

fn cumulative_events(w: &mut World) {
    for call in w.twice(Call::plain) {
        let span = w.span("svc", "stream").around(&call, 0).with(json!({"llm.model": call.model}));
        let chunk = |output| {
            json!({"usage.prompt_tokens": call.input,
            "usage.completion_tokens": output, "usage.total_tokens": call.input + output})
        };
        counted_on(span, &call, chunk).send();
    }
}

/// A span with an event for each chunk of its stream, each with the output so far.
fn counted_on<'w>(mut span: Span<'w>, call: &Call, chunk: impl Fn(u64) -> serde_json::Value) -> Span<'w> {
    for step in 1..=4 {
        let at = call.start + 100 * i64::try_from(step).unwrap();
        span = span.event("chunk", at, chunk(call.output * step / 4));
    }
    span
}

fn last_event(w: &mut World) {
    for call in w.twice(|call| call) {
        w.span("svc", "stream")
            .around(&call, 0)
            .with(json!({"llm.model": call.model, "stream": true}))
            .event("first_token", call.start + 90, json!({"ttft_ms": 90}))
            .event(
                "done",
                call.end(),
                json!({"usage": openai_usage(&call).to_string(), "finish_reason": "stop"}),
            )
            .send();
    }
}

fn late_span(w: &mut World) {
    for call in w.twice(|call| call) {
        let root = w.span("app", "handler").around(&call, 40).send();
        let words = genai(&call);
        let bare = json!({"gen_ai.usage.input_tokens": null, "gen_ai.usage.output_tokens": null,
            "gen_ai.usage.cache_read.input_tokens": null, "gen_ai.usage.reasoning.output_tokens": null,
            "gen_ai.response.model": null});
        w.span("app.llm", "chat gpt-4o")
            .kind(CLIENT)
            .under(&root)
            .time(call.start, 90)
            .with(without(&words, &bare))
            .send();
        w.span("app.llm", "stream usage")
            .under(&root)
            .time(call.end(), 0)
            .with(json!({"gen_ai.request.model": call.model, "gen_ai.usage.input_tokens": call.input,
            "gen_ai.usage.output_tokens": call.output,
            "gen_ai.usage.cache_read.input_tokens": call.read,
                "gen_ai.usage.reasoning.output_tokens": call.reasoning}))
            .send();
    }
}

/// An object without the members of another.
fn without(object: &serde_json::Value, other: &serde_json::Value) -> serde_json::Value {
    let members = object.as_object().unwrap().iter().filter(|(key, _)| other.get(key).is_none());
    serde_json::Value::Object(members.map(|(key, value)| (key.clone(), value.clone())).collect())
}

fn late_span_id(w: &mut World) {
    for call in w.twice(|call| call) {
        let bare = json!({"gen_ai.usage.input_tokens": null, "gen_ai.usage.output_tokens": null,
            "gen_ai.usage.cache_read.input_tokens": null, "gen_ai.usage.reasoning.output_tokens": null});
        let words = without(&genai(&call), &bare);
        w.span("app.llm", "chat gpt-4o")
            .kind(CLIENT)
            .time(call.start, 90)
            .with(join(&[words, id(&call)]))
            .send();
        w.span("app.llm", "usage").time(call.end(), 1).with(join(&[genai(&call), id(&call)])).send();
    }
}

fn chunk_spans(w: &mut World) {
    for call in w.twice(|call| call) {
        let at = w
            .span("app.llm", "chat gpt-4o")
            .kind(CLIENT)
            .around(&call, 0)
            .with(join(&[genai(&call), id(&call)]))
            .send();
        for step in 0..3 {
            w.span("app.llm", "chat chunk")
                .under(&at)
                .time(call.start + 100 * (step + 1), 0)
                .with(json!({"gen_ai.operation.name": "chat", "gen_ai.request.model": call.model,
                "chunk.index": step}))
                .send();
        }
    }
}

fn claude_events(w: &mut World) {
    for call in w.twice(Call::claude) {
        let mut begin = claude_usage(&call);
        begin["output_tokens"] = json!(3);
        w.span("writer", "messages.stream")
            .around(&call, 0)
            .event(
                "message_start",
                call.start + 50,
                json!({"data": json!({"type": "message_start",
                "message": {"id": call.id(), "model": call.model, "usage": begin}}).to_string()}),
            )
            .event(
                "message_delta",
                call.end(),
                json!({"data": json!({"type": "message_delta",
                "delta": {"stop_reason": "end_turn"},
                "usage": {"output_tokens": call.output}}).to_string()}),
            )
            .send();
    }
}

fn gemini_events(w: &mut World) {
    for call in w.twice(Call::plain) {
        let span = w.span("writer", "generateContentStream").around(&call, 0);
        let chunk = |output| {
            let usage = json!({"promptTokenCount": call.input, "candidatesTokenCount": output,
                "totalTokenCount": call.input + output});
            let chunk = json!({"responseId": format!("r{}", call.start), "modelVersion": call.model,
                "usageMetadata": usage});
            json!({"body": chunk.to_string()})
        };
        counted_on(span, &call, chunk).send();
    }
}

fn nameless_events(w: &mut World) {
    for call in w.twice(Call::plain) {
        let span = w.span("writer", "stream").around(&call, 0).with(json!({"llm.model": call.model}));
        let chunk = |output| {
            let chunk = json!({"usage": {"input_tokens": call.input, "output_tokens": output}});
            json!({"data": chunk.to_string()})
        };
        counted_on(span, &call, chunk).send();
    }
}

fn chunk_list(w: &mut World) {
    for call in w.twice(|call| call) {
        let chunk = |content: &str| {
            json!({"id": call.id(), "object": "chat.completion.chunk",
            "model": call.model, "choices": [{"index": 0, "delta": {"content": content}}],
            "usage": null})
        };
        let last = json!({"id": call.id(), "object": "chat.completion.chunk", "model": call.model,
            "choices": [], "usage": openai_usage(&call)});
        w.span("svc", "stream")
            .around(&call, 0)
            .with(json!({"raw": json!([chunk("It"), chunk(" is"), last]).to_string()}))
            .send();
    }
}

fn no_usage(w: &mut World) {
    for call in w.twice(|call| Call { input: 0, output: 0, ..call.plain() }) {
        w.span("opentelemetry.instrumentation.openai_v2", "chat gpt-4o")
            .kind(CLIENT)
            .around(&call, 0)
            .with(json!({"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai",
            "gen_ai.request.model": call.model, "gen_ai.response.id": format!("chatcmpl-Zk{}9xQvB{}",
            call.ms, call.start)}))
            .send();
    }
}

fn long_stream(w: &mut World) {
    let calls = w.twice(Call::mute);
    let root = w.span("app", "run").time(-30, 6_000).send();
    for call in &calls {
        w.span("app.llm", "chat gpt-4o")
            .kind(CLIENT)
            .under(&root)
            .time(call.start, call.ms + 2_500)
            .with(join(&[genai(call), id(call)]))
            .send();
        w.span("app.llm", "execute_tool find")
            .under(&root)
            .time(call.end(), 30)
            .with(json!({"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "find"}))
            .send();
        w.ran("find", false);
    }
}

fn start_and_end(w: &mut World) {
    for call in w.twice(|call| call) {
        let at = w.place();
        // The first copy is sent when the span begins, without its end.
        w.span("laminar", "chat gpt-4o")
            .of(&at)
            .kind(CLIENT)
            .around(&call, 0)
            .with(join(&[genai(&call), id(&call)]))
            .send();
        w.span("laminar", "chat gpt-4o")
            .of(&at)
            .kind(CLIENT)
            .around(&call, 0)
            .with(join(&[genai(&call), id(&call)]))
            .send();
    }
}

fn parallel(w: &mut World) {
    let root = w.span("app", "fan out").time(-30, 9_000).send();
    for at in 0..3 {
        let call = w.call(|call| Call { start: 5 * at, ms: 800 + 9 * at, ..call.plain() });
        let outer = w
            .span("langchain.callbacks", "ChatOpenAI")
            .under(&root)
            .around(&call, 3)
            .with(json!({"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o",
            "gen_ai.usage.input_tokens": call.input, "gen_ai.usage.output_tokens": call.output}))
            .send();
        w.span("opentelemetry.instrumentation.openai_v2", "chat gpt-4o")
            .kind(CLIENT)
            .under(&outer)
            .around(&call, 0)
            .with(join(&[genai(&call), id(&call)]))
            .send();
    }
}

fn request_and_stream(w: &mut World) {
    for call in w.twice(Call::mute) {
        let root = w.span("app", "handler").around(&call, 40).send();
        w.span("client.a", "chat gpt-4o")
            .kind(CLIENT)
            .under(&root)
            .time(call.start, 80)
            .with(json!({"gen_ai.operation.name": "chat", "gen_ai.request.model": call.model,
            "gen_ai.provider.name": "openai"}))
            .send();
        w.span("client.b", "stream gpt-4o")
            .under(&root)
            .time(call.start + 81, call.ms - 81)
            .with(join(&[genai(&call), id(&call)]))
            .send();
    }
}
