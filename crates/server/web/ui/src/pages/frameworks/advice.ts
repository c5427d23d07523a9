// What to set so that a sender tells what it lacks. By convention first, by framework where that has a way of its own; a
// sender that has no such setting gets said so. The settings are those of the senders' own documentation.
import { t } from "../../lib/i18n";

export interface Advice {
  text: string;
  /** Lines to set, where there are any. */
  code?: string;
}

type Way = () => Advice;
type Ways = Record<string, Way>;

const code =
  (text: () => string, lines: string): Way =>
  () => ({ text: text(), code: lines });

/** By framework: "framework/signal". */
const byFramework: Ways = {
  "langgraph/session": code(
    () => t("Name the thread in the run's configuration."),
    'graph.invoke(input, config={"configurable": {"thread_id": "…"}, "metadata": {"session_id": "…"}})',
  ),
  "langgraph/user": code(
    () => t("Name the user in the run's metadata."),
    'graph.invoke(input, config={"metadata": {"user_id": "…"}})',
  ),
  "langgraph/agent": code(
    () => t("Give the graph a name. It becomes the agent's name."),
    'graph.compile(name="planner")',
  ),
  "openai-agents/session": code(
    () => t("Logfire sends the group of a run as its session; with OpenInference set it around the run."),
    'with using_session("…"):\n    await Runner.run(agent, text)',
  ),
  "strands/session": code(
    () => t("Name it among the agent's attributes."),
    'Agent(…, trace_attributes={"session.id": "…", "user.id": "…"})',
  ),
  "strands/user": code(
    () => t("Name it among the agent's attributes."),
    'Agent(…, trace_attributes={"session.id": "…", "user.id": "…"})',
  ),
  "vercel-ai/agent": code(
    () => t("Give the call a function ID. It becomes the agent's name."),
    "telemetry: { isEnabled: true, functionId: 'my-agent' }",
  ),
  "claude-code/messages": code(
    () => t("Claude Code sends messages only when content capture is enabled."),
    "export OTEL_LOG_USER_PROMPTS=1 OTEL_LOG_TOOL_DETAILS=1",
  ),
  "codex/messages": code(
    () => t("Codex sends prompts only when ~/.codex/config.toml enables it."),
    "[otel]\nlog_user_prompt = true",
  ),
};

/** By convention: "convention/signal". */
const byConvention: Ways = {
  "openinference/messages": code(
    () => t("OpenInference sends messages unless they are hidden. Take these out of the environment."),
    "unset OPENINFERENCE_HIDE_INPUTS OPENINFERENCE_HIDE_OUTPUTS OPENINFERENCE_HIDE_INPUT_MESSAGES OPENINFERENCE_HIDE_OUTPUT_MESSAGES",
  ),
  "openinference/params": code(
    () => t("OpenInference sends parameters unless they are hidden."),
    "unset OPENINFERENCE_HIDE_LLM_INVOCATION_PARAMETERS",
  ),
  "openinference/session": code(
    () => t("Set it around the run."),
    'from openinference.instrumentation import using_session\n\nwith using_session("…"):\n    run()',
  ),
  "openinference/user": code(
    () => t("Set it around the run."),
    'from openinference.instrumentation import using_user\n\nwith using_user("…"):\n    run()',
  ),
  "openinference/tool_calls": code(
    () => t("Instrument the framework that runs the tools, not only the client of the provider."),
    "LangChainInstrumentor().instrument()   # or CrewAI, smolagents, OpenAI Agents …",
  ),
  "openllmetry/messages": code(
    () => t("OpenLLMetry sends messages by default."),
    "export TRACELOOP_TRACE_CONTENT=true",
  ),
  "openllmetry/session": code(
    () => t("Set it around the run."),
    'Traceloop.set_association_properties({"session_id": "…"})',
  ),
  "openllmetry/user": code(
    () => t("Set it around the run."),
    'Traceloop.set_association_properties({"user_id": "…"})',
  ),
  "openllmetry/agent": code(
    () => t("Mark agents."),
    'from traceloop.sdk.decorators import agent\n\n@agent(name="planner")\ndef plan(): ...',
  ),
  "openllmetry/tool_calls": code(
    () => t("Mark tools."),
    'from traceloop.sdk.decorators import tool\n\n@tool(name="get_weather")\ndef get_weather(): ...',
  ),
  "genai/messages": code(
    () => t("OpenTelemetry's own instrumentations send messages only when content capture is enabled."),
    "export OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true",
  ),
  "langfuse/session": code(
    () => t("Set it around the run."),
    'with propagate_attributes(session_id="…", user_id="…"):\n    run()',
  ),
  "langfuse/user": code(
    () => t("Set it around the run."),
    'with propagate_attributes(session_id="…", user_id="…"):\n    run()',
  ),
  "langsmith/session": code(
    () => t("Name it in the run's metadata."),
    'chain.invoke(input, config={"metadata": {"session_id": "…"}})',
  ),
  "openlit/messages": code(
    () => t("OpenLIT sends messages by default."),
    "openlit.init(capture_message_content=True)",
  ),
  "quipu/session": code(
    () => t("Name it on the agent."),
    'let agent = quipu::agent("planner").session_id("…").enter();',
  ),
  "quipu/user": code(
    () => t("Name it on the agent."),
    'let agent = quipu::agent("planner").user_id("…").enter();',
  ),
};

/** For any sender of OpenTelemetry. */
const byAnyone: Ways = {
  messages: code(
    () => t("Most instrumentations send messages only when content capture is enabled."),
    "export OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true",
  ),
  session: code(
    () => t("Set it on any span of the trace."),
    'span.set_attribute("gen_ai.conversation.id", "…")',
  ),
  user: code(() => t("Set it on any span of the trace."), 'span.set_attribute("user.id", "…")'),
  agent: code(
    () => t("Open a span for the agent above its calls."),
    'span.set_attribute("gen_ai.operation.name", "invoke_agent")\nspan.set_attribute("gen_ai.agent.name", "planner")',
  ),
  tool_calls: code(
    () => t("Open a span for each run of a tool."),
    'span.set_attribute("gen_ai.operation.name", "execute_tool")\nspan.set_attribute("gen_ai.tool.name", "get_weather")',
  ),
  cache_read: () => ({
    text: t(
      "The instrumentation omits it, or the provider did not report it. Streams report usage only on request.",
    ),
    code: 'stream_options={"include_usage": True}',
  }),
  reasoning: () => ({
    text: t(
      "Models without reasoning report none. Otherwise the instrumentation omits it; a later version may send it.",
    ),
  }),
  ttft: () => ({
    text: t(
      "Only streamed calls have a first token, and only some instrumentations record its time. The gateway measures it for every stream.",
    ),
    code: "quipu gateway",
  }),
  params: () => ({
    text: t("Calls without parameters report none. Otherwise the instrumentation omits them."),
  }),
  // Its use says already that nothing is missing.
  reported_cost: () => ({ text: "" }),
  errors: code(
    () => t("Record the error on the failed span."),
    'span.set_attribute("error.type", type(error).__name__)\nspan.record_exception(error)',
  ),
};

/** What would make this sender tell this. */
export function adviceFor(framework: string | null, convention: string | null, signal: string): Advice {
  const way =
    byFramework[`${framework}/${signal}`] ?? byConvention[`${convention}/${signal}`] ?? byAnyone[signal];
  if (way) return way();
  return {
    text: t("The instrumentation omits it and has no known setting for it. A later version may send it."),
  };
}
