//! Figures in odd forms: texts, parts inside or outside of their totals, costs in other units.

use serde_json::{Value, json};

use super::Shape;
use super::call::Call;
use super::words::{claude_usage, genai, id, join, openai_answer, openai_usage};
use super::world::{CLIENT, World};

pub const SHAPES: &[Shape] = &[
    ("figures as texts", texts),
    ("figures as doubles", doubles),
    ("input without cached tokens, by the total", exclusive),
    ("input with cached tokens, by the total", inclusive),
    ("Claude without cached tokens in GenAI keys, with its answer", claude_answer),
    ("Claude without cached tokens beyond the input", claude_beyond),
    ("output without reasoning, by the total", thoughts_outside),
    ("reasoning beyond the output", thoughts_beyond),
    ("Gemini without thoughts, by the total", gemini_total),
    ("negative placeholders", negative),
    ("zero placeholders before the real keys", zeros),
    ("cost in micro-dollars", micro),
    ("cost in cents", cents),
    ("cost as a text with a sign", dollar_text),
    ("cost split by input and output", split_cost),
    ("audio and image tokens", audio),
    ("cache writes by lifetime", lifetimes),
    ("camel case with details", camel),
    ("Bedrock's usage in camel case", bedrock),
    ("Cohere's billed units", cohere),
    ("figures twice under two conventions", both),
    ("figures twice under two conventions that count caches differently", both_differ),
    ("totals only", total_only),
    ("web searches beside tokens", searches),
];

fn chat(w: &mut World, call: &Call, more: Value) {
    w.span("house.tracer", "chat")
        .kind(CLIENT)
        .around(call, 0)
        .with(join(&[genai(call), id(call), more]))
        .send();
}

fn texts(w: &mut World) {
    for call in w.twice(|call| call) {
        chat(
            w,
            &call,
            json!({"gen_ai.usage.input_tokens": call.input.to_string(),
                "gen_ai.usage.output_tokens": format!("{}.0", call.output),
                "gen_ai.usage.cache_read.input_tokens": format!(" {} ", call.read)}),
        );
    }
}

fn doubles(w: &mut World) {
    for call in w.twice(|call| call) {
        chat(
            w,
            &call,
            json!({"gen_ai.usage.input_tokens": call.input as f64,
                "gen_ai.usage.output_tokens": call.output as f64}),
        );
    }
}

fn exclusive(w: &mut World) {
    for call in w.twice(Call::claude) {
        chat(
            w,
            &call,
            json!({"gen_ai.usage.input_tokens": call.fresh(), "gen_ai.usage.total_tokens": call.total()}),
        );
    }
}

fn inclusive(w: &mut World) {
    for call in w.twice(Call::claude) {
        chat(w, &call, json!({"gen_ai.usage.total_tokens": call.total()}));
    }
}

fn claude_answer(w: &mut World) {
    for call in w.twice(Call::claude) {
        let body = json!({"id": call.id(), "model": call.model, "usage": claude_usage(&call)});
        chat(
            w,
            &call,
            json!({"gen_ai.usage.input_tokens": call.fresh(),
            "output.value": body.to_string()}),
        );
    }
}

fn claude_beyond(w: &mut World) {
    for _ in 0..2 {
        let call = w.call(|call| {
            let claude = call.claude();
            Call { read: claude.input - claude.write - 12, ..claude }
        });
        chat(w, &call, json!({"gen_ai.usage.input_tokens": call.fresh()}));
    }
}

fn thoughts_outside(w: &mut World) {
    for call in w.twice(|call| call) {
        chat(
            w,
            &call,
            json!({"gen_ai.usage.output_tokens": call.output - call.reasoning,
                "gen_ai.usage.total_tokens": call.total()}),
        );
    }
}

fn thoughts_beyond(w: &mut World) {
    for _ in 0..2 {
        let call = w.call(|call| Call { reasoning: call.output - 9, ..call });
        chat(w, &call, json!({"gen_ai.usage.output_tokens": 9}));
    }
}

fn gemini_total(w: &mut World) {
    for call in w.twice(|call| call.model("gemini-2.5-flash", "gcp.gemini")) {
        chat(
            w,
            &call,
            json!({"gen_ai.usage.output_tokens": call.output - call.reasoning,
                "gen_ai.usage.reasoning.output_tokens": null, "gen_ai.usage.total_tokens": call.total()}),
        );
    }
}

fn negative(w: &mut World) {
    for call in w.twice(Call::plain) {
        chat(
            w,
            &call,
            json!({"gen_ai.usage.cache_read.input_tokens": -1, "gen_ai.usage.reasoning.output_tokens": -1,
                "gen_ai.usage.total_tokens": -1}),
        );
    }
}

fn zeros(w: &mut World) {
    for call in w.twice(|call| call) {
        chat(
            w,
            &call,
            json!({"gen_ai.usage.input_tokens": 0, "gen_ai.usage.output_tokens": 0,
                "gen_ai.usage.prompt_tokens": call.input, "gen_ai.usage.completion_tokens": call.output}),
        );
    }
}

fn micro(w: &mut World) {
    for call in w.twice(Call::plain) {
        chat(w, &call, json!({"gen_ai.usage.cost_microusd": 2_500, "llm.cost.micro_usd": 2_500}));
    }
}

fn cents(w: &mut World) {
    for call in w.twice(Call::plain) {
        chat(w, &call, json!({"cost.total_cents": 12, "cost.currency": "USD"}));
    }
}

fn dollar_text(w: &mut World) {
    for call in w.twice(Call::plain) {
        w.reported += 1_500;
        chat(w, &call, json!({"gen_ai.usage.cost": "$0.0015"}));
    }
}

fn split_cost(w: &mut World) {
    for call in w.twice(Call::plain) {
        w.reported += 3_000;
        chat(w, &call, json!({"gen_ai.usage.input_cost": 0.002, "gen_ai.usage.output_cost": 0.001}));
    }
}

fn audio(w: &mut World) {
    for call in w.twice(|call| call.mute()) {
        let usage = json!({"prompt_tokens": call.input, "completion_tokens": call.output,
            "total_tokens": call.total(), "prompt_tokens_details": {"cached_tokens": call.read,
            "text_tokens": call.input - 9, "audio_tokens": 9},
            "completion_tokens_details": {"text_tokens": call.output - 5, "audio_tokens": 5,
                "reasoning_tokens": 0}});
        w.span("voice", "speak")
            .around(&call, 0)
            .with(json!({"voice.model": call.model, "voice.usage": usage.to_string()}))
            .send();
    }
}

fn lifetimes(w: &mut World) {
    for call in w.twice(Call::claude) {
        let mut usage = claude_usage(&call);
        usage["cache_creation"] =
            json!({"ephemeral_5m_input_tokens": call.write, "ephemeral_1h_input_tokens": 0});
        w.span("writer", "claude")
            .around(&call, 0)
            .with(json!({"reply": json!({"id": call.id(), "model": call.model,
                "usage": usage}).to_string()}))
            .send();
    }
}

fn camel(w: &mut World) {
    for call in w.twice(|call| call) {
        w.span("svc", "generate")
            .around(&call, 0)
            .with(json!({"modelId": call.model,
            "usage.inputTokens": call.input, "usage.outputTokens": call.output,
            "usage.totalTokens": call.total(),
            "usage.inputTokenDetails.cacheReadTokens": call.read,
                "usage.outputTokenDetails.reasoningTokens": call.reasoning}))
            .send();
    }
}

fn bedrock(w: &mut World) {
    for call in
        w.twice(|call| call.claude().model("anthropic.claude-3-5-sonnet-20241022-v2:0", "aws.bedrock"))
    {
        let usage = json!({"inputTokens": call.fresh(), "outputTokens": call.output,
            "totalTokens": call.total(), "cacheReadInputTokens": call.read,
            "cacheWriteInputTokens": call.write});
        w.span("lambda", "Converse")
            .kind(CLIENT)
            .around(&call, 0)
            .with(json!({"aws.bedrock.modelId": call.model, "aws.bedrock.response": json!({"usage": usage,
            "metrics": {"latencyMs": 812}, "stopReason": "end_turn"}).to_string()}))
            .send();
    }
}

fn cohere(w: &mut World) {
    for call in w.twice(|call| call.plain().model("command-r-plus-08-2024", "cohere")) {
        let usage = json!({"billed_units": {"input_tokens": call.input, "output_tokens": call.output},
            "tokens": {"input_tokens": call.input + 71, "output_tokens": call.output}});
        w.span("rag", "cohere.chat")
            .around(&call, 0)
            .with(json!({"cohere.model": call.model,
            "cohere.response": json!({"id": "c14c80c3-18eb", "usage": usage}).to_string()}))
            .send();
    }
}

fn both(w: &mut World) {
    for call in w.twice(|call| call) {
        chat(
            w,
            &call,
            json!({"llm.token_count.prompt": call.input, "llm.token_count.completion": call.output,
                "llm.usage.total_tokens": call.total(), "gen_ai.usage.prompt_tokens": call.input,
                "gen_ai.usage.completion_tokens": call.output}),
        );
    }
}

fn both_differ(w: &mut World) {
    for call in w.twice(Call::claude) {
        w.span("house.tracer", "claude")
            .around(&call, 0)
            .with(json!({"gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "anthropic", "gen_ai.request.model": call.model,
            "gen_ai.response.id": call.id(),
            "gen_ai.usage.input_tokens": call.fresh(), "gen_ai.usage.output_tokens": call.output,
                "llm.token_count.prompt": call.input, "llm.token_count.completion": call.output,
            "llm.token_count.total": call.total(), "gen_ai.usage.cache_read_input_tokens": call.read,
                "gen_ai.usage.cache_creation_input_tokens": call.write}))
            .send();
    }
}

fn total_only(w: &mut World) {
    let call = Call::new(9, 0).plain();
    w.span("svc", "llm_call")
        .around(&call, 0)
        .with(json!({"llm.model": call.model, "llm.tokens": call.total()}))
        .send();
}

fn searches(w: &mut World) {
    for call in w.twice(Call::mute) {
        let mut body = openai_answer(&call);
        body["usage"] = openai_usage(&call);
        body["usage"]["num_search_queries"] = json!(2);
        w.span("search", "ask").around(&call, 0).with(json!({"answer": body.to_string()})).send();
    }
}
