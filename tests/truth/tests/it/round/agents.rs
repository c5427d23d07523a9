//! Agents and frameworks whose spans hold the sums of their calls.

use serde_json::json;

use super::Shape;
use super::call::Call;
use super::words::{genai, id, join, openllmetry};
use super::world::{At, CLIENT, World};

pub const SHAPES: &[Shape] = &[
    ("Guardrails with sums over their calls", guardrails),
    ("agents as tools with sums on each level", agent_tools),
    ("Copilot's agent with spans, logs and metrics", copilot),
    ("sum per turn in a trace of its own", turns),
    ("remote agent with sums in both processes", remote_agent),
];

const OLLM: &str = "opentelemetry.instrumentation.openai.v1";

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
