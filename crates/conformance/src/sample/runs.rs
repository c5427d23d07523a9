//! Complete, realistic agent runs by seed.

use quipu_core::{Batch, Cost, Level, Rule, Span, SpanEvent, Timestamp, Unpriced, Usd};

use super::{Random, at, cost, draft, event};

const AGENTS: [&str; 4] = ["planner", "researcher", "writer", "critic"];
const TOOLS: [&str; 4] = ["web_search", "read_file", "run_sql", "send_mail"];
const FRAMEWORKS: [&str; 3] = ["langgraph", "crewai", "openai-agents"];
const SERVICES: [&str; 3] = ["shop", "support", "billing"];
/// Model, and its price of one token in billionths of a dollar: input, output.
const MODELS: [(&str, u64, u64); 4] = [
    ("openai/gpt-5", 1_250, 10_000),
    ("openai/gpt-5-mini", 250, 2_000),
    ("anthropic/claude-sonnet-4-5", 3_000, 15_000),
    ("local/llama-unknown", 0, 0),
];
const QUESTIONS: [&str; 4] = [
    "Where is my parcel, and when will it arrive?",
    "Summarise the incident report for the board.",
    "Wie hoch war der Umsatz im März?",
    "東京 の天気 は どう ですか",
];

/// One agent run: a root agent, some steps, model calls with usage and prices, tool runs, occasional
/// failures, and an event. Runs start within the hour after `number` minutes past [`BASE`](super::BASE). The
/// same seed and number give the same run.
pub fn agent_run(seed: u64, number: u64) -> Batch {
    let mut random = Random::new(seed ^ number.wrapping_mul(0x00C0_FFEE));
    let mut run = Run::new(number, &mut random);
    let steps = 1 + random.below(4);
    for _ in 0..steps {
        run.call(&mut random);
        if random.one_in(2) {
            run.use_tool(&mut random);
        }
    }
    run.finish(&mut random)
}

/// Runs `0..count` of [`agent_run`] in one batch.
pub fn agent_runs(seed: u64, count: u64) -> Batch {
    let mut all = Batch::default();
    (0..count).for_each(|number| all.append(agent_run(seed, number)));
    all
}

struct Run {
    trace: u64,
    root: Span,
    now: Timestamp,
    next: u64,
    batch: Batch,
}

fn one<T: Copy>(random: &mut Random, of: &[T; 4]) -> T {
    of[usize::try_from(random.below(4)).unwrap_or(0)]
}

impl Run {
    fn new(number: u64, random: &mut Random) -> Self {
        let trace = number + 1;
        let start = at(i64::try_from(number).unwrap_or(0) * 60).plus(random.within(0, Timestamp::SECOND));
        let agent = one(random, &AGENTS);
        let session = format!("session-{}", number / 3);
        let mut root = draft(trace, trace * 1_000)
            .named(&format!("invoke_agent {agent}"))
            .starts(start)
            .agent(agent)
            .session(&session)
            .framework(FRAMEWORKS[usize::try_from(number % 3).unwrap_or(0)])
            .service(SERVICES[usize::try_from(number / 2 % 3).unwrap_or(0)]);
        if number % 4 != 3 {
            root = root.user(&format!("user-{}", number / 3 % 5));
        }
        let now = start.plus(2_000_000);
        Self { trace, root: root.span(), now, next: trace * 1_000 + 1, batch: Batch::default() }
    }

    fn child(&mut self, random: &mut Random, longest: i64) -> super::Draft {
        let start = self.now;
        let lasts = random.within(1_000_000, longest);
        self.now = start.plus(lasts + random.within(1_000, 5_000_000));
        self.next += 1;
        let mut child =
            draft(self.trace, self.next - 1).below(self.trace * 1_000).starts(start).lasts(lasts).span();
        child.resource = self.root.resource.clone();
        child.scope = self.root.scope.clone();
        child.canonical.framework = self.root.canonical.framework.clone();
        super::Draft::from(child)
    }

    fn call(&mut self, random: &mut Random) {
        let (model, per_input, per_output) = one(random, &MODELS);
        let (input, output) = (50 + random.below(4_000), 1 + random.below(900));
        let mut call = self
            .child(random, 9 * Timestamp::SECOND)
            .named(&format!("chat {model}"))
            .llm(model, input, output)
            .with("gen_ai.input.messages", one(random, &QUESTIONS));
        if random.one_in(9) {
            call = call.failed("upstream did not answer in time");
        }
        let mut call = call.span();
        if let (true, Some(usage)) = (random.one_in(3), call.canonical.usage.as_mut()) {
            usage.cache_read = Some(input / 2);
            usage.reasoning = Some(output / 3);
        }
        let mut row = self.row(&call);
        if per_input == 0 {
            row.unpriced = Some(Unpriced::UnknownModel);
        } else {
            let billionths = i128::from(input * per_input + output * per_output);
            row.amount = Some(Usd::from_raw(billionths * 10_i128.pow(Usd::DIGITS - 9)));
        }
        self.batch.costs.push(row);
        self.batch.spans.push(call);
    }

    fn use_tool(&mut self, random: &mut Random) {
        let tool = one(random, &TOOLS);
        let mut run =
            self.child(random, 2 * Timestamp::SECOND).named(&format!("execute_tool {tool}")).tool(tool);
        if random.one_in(5) {
            run = run.failed("tool refused its arguments");
        }
        let mut run = run.span();
        if random.one_in(4) {
            let attributes = [("exception.message", "connection reset by peer")].into_iter().collect();
            run.events.push(SpanEvent { time: run.start.plus(500), name: "exception".into(), attributes });
        }
        self.batch.costs.push(self.row(&run));
        self.batch.spans.push(run);
    }

    fn row(&self, span: &Span) -> Cost {
        Cost { agent: self.root.canonical.agent.clone(), ..cost(span) }
    }

    fn finish(mut self, random: &mut Random) -> Batch {
        let mut root = super::Draft::from(self.root.clone()).lasts(self.now.since(self.root.start));
        root = match random.below(6) {
            0 => root.failed("the run gave up"),
            1 => root.running(),
            2 => root,
            _ => root.good(),
        };
        self.root = root.span();
        if random.one_in(3) {
            let mut roll_up = self.row(&self.root);
            roll_up.rule = Rule::Repeats;
            self.batch.costs.push(roll_up);
        }
        let mut note = event(self.now, Level::Info, "run.done", "an agent finished its run");
        note.trace_id = Some(self.root.trace_id);
        note.agent.clone_from(&self.root.canonical.agent);
        note.session.clone_from(&self.root.canonical.session);
        self.batch.events.push(note);
        self.batch.spans.push(self.root);
        self.batch
    }
}
