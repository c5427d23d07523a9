// A TypeScript program with the helper: context, score, budget, and an end without a call of shutdown.
import { trace } from "@opentelemetry/api";
import { context, init } from "./quipu.ts";

const client = init({ service: "helper-typescript" });
const tracer = trace.getTracer("helper");
let traceId = "";
let score = "";
await context({ session: "s-17", user: "u-4", tags: ["beta", "paid"] }, () => {
  const agent = { "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "planner" };
  return tracer.startActiveSpan("invoke_agent planner", { attributes: agent }, async (span) => {
    traceId = span.spanContext().traceId;
    const chat = {
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "openai",
      "gen_ai.request.model": "gpt-4o",
      "gen_ai.usage.input_tokens": 1200,
      "gen_ai.usage.output_tokens": 300,
    };
    tracer.startActiveSpan("chat gpt-4o", { attributes: chat }, (call) => call.end());
    score = await client.score("helpful", 0.8, { comment: "of the suite" });
    span.end();
  });
});
context({ session: "s-18" }, () => tracer.startSpan("outside").end());
const budget = [
  (await client.checkBudget("daily", "0.20")).allowed,
  (await client.checkBudget("daily", "20")).allowed,
];
const error = await client.checkBudget("none", "1").then(
  () => null,
  (wrong: Error) => wrong.message,
);
console.log(JSON.stringify({ trace: traceId, score, budget, error }));
