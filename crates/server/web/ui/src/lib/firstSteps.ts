// The lines that make a sender talk to this server, for each way in. They are those of docs/guide/sources.
import type { ServerStatus } from "../api/types";

export const WAYS = ["test", "python", "typescript", "coding", "gateway", "files"] as const;
export type Way = (typeof WAYS)[number];

export interface Lines {
  /** What the lines are for: a file or a shell. */
  where: "shell" | "python" | "typescript" | "codex";
  lines: string;
}

const ANY_HOST = /^(0\.0\.0\.0|\[::\])$/;

/**
 * Where telemetry goes, as the reader's machine reaches it. The dashboard's own port takes OTLP too, so that behind a proxy or a
 * mapped port the address of the page is the one that works.
 */
export function endpointOf(listeners: ServerStatus["listeners"] | undefined, page: string): string {
  const own = listeners?.otlp_http;
  if (!own || !listeners?.http) return page;
  const [here, http, otlp] = [new URL(page), new URL(listeners.http), new URL(own)];
  if (here.protocol !== http.protocol || here.port !== http.port) return page;
  if (ANY_HOST.test(otlp.hostname)) otlp.hostname = here.hostname;
  else if (otlp.hostname !== here.hostname && !isLocal(here.hostname)) return page;
  return otlp.origin;
}

const isLocal = (host: string) => /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(host);

function environment(endpoint: string, withKey: boolean): string {
  const lines = [
    `export OTEL_EXPORTER_OTLP_ENDPOINT=${endpoint}`,
    "export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
  ];
  if (withKey) lines.push('export OTEL_EXPORTER_OTLP_HEADERS="x-quipu-key=YOUR_KEY"');
  return lines.join("\n");
}

const PYTHON = `# pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-http openinference-instrumentation-openai
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from openinference.instrumentation.openai import OpenAIInstrumentor
# likewise: .langchain LangChainInstrumentor, .crewai CrewAIInstrumentor, .openai_agents OpenAIAgentsInstrumentor

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(provider)
OpenAIInstrumentor().instrument(tracer_provider=provider)`;

const TYPESCRIPT = `// npm install ai @ai-sdk/otel @opentelemetry/sdk-node @opentelemetry/exporter-trace-otlp-proto
import { OpenTelemetry } from '@ai-sdk/otel';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { registerTelemetry } from 'ai';

new NodeSDK({ traceExporter: new OTLPTraceExporter() }).start();
registerTelemetry(new OpenTelemetry());
// in each call: telemetry: { isEnabled: true, functionId: 'my-agent' }`;

/** One trace of one call, sent by curl. */
function test(endpoint: string, withKey: boolean): string {
  const text = (key: string, value: string) => ({ key, value: { stringValue: value } });
  const count = (key: string, value: string) => ({ key, value: { intValue: value } });
  const span = {
    traceId: "TRACE",
    spanId: "SPAN",
    name: "hello quipu",
    kind: 3,
    startTimeUnixNano: "START",
    endTimeUnixNano: "END",
    attributes: [
      text("gen_ai.operation.name", "chat"),
      text("gen_ai.provider.name", "openai"),
      text("gen_ai.request.model", "gpt-4o-mini"),
      count("gen_ai.usage.input_tokens", "12"),
      count("gen_ai.usage.output_tokens", "5"),
    ],
  };
  const body = {
    resourceSpans: [
      {
        resource: { attributes: [text("service.name", "first-steps")] },
        scopeSpans: [{ scope: { name: "curl" }, spans: [span] }],
      },
    ],
  };
  const json = JSON.stringify(body)
    .replace('"TRACE"', '"\'$(od -An -N16 -tx1 /dev/urandom | tr -d " \\n")\'"')
    .replace('"SPAN"', '"\'$(od -An -N8 -tx1 /dev/urandom | tr -d " \\n")\'"')
    .replace('"START"', "\"'$(($(date +%s)-1))'000000000\"")
    .replace('"END"', "\"'$(date +%s)'000000000\"");
  const key = withKey ? " -H 'x-quipu-key: YOUR_KEY'" : "";
  return `curl -s ${endpoint}/v1/traces -H 'content-type: application/json'${key} -d '${json}'`;
}

function coding(endpoint: string, withKey: boolean): string {
  return [
    "# Claude Code",
    "export CLAUDE_CODE_ENABLE_TELEMETRY=1 CLAUDE_CODE_ENHANCED_TELEMETRY_BETA=1",
    "export OTEL_METRICS_EXPORTER=otlp OTEL_LOGS_EXPORTER=otlp OTEL_TRACES_EXPORTER=otlp",
    environment(endpoint, withKey),
    "# Gemini CLI",
    "export GEMINI_TELEMETRY_ENABLED=true GEMINI_TELEMETRY_TARGET=local GEMINI_TELEMETRY_TRACES_ENABLED=true",
    `export GEMINI_TELEMETRY_OTLP_PROTOCOL=http GEMINI_TELEMETRY_OTLP_ENDPOINT=${endpoint}`,
  ].join("\n");
}

function codex(endpoint: string, withKey: boolean): string {
  const header = withKey ? ', headers = { "x-quipu-key" = "YOUR_KEY" }' : "";
  const one = (name: string, path: string) =>
    `${name} = { otlp-http = { endpoint = "${endpoint}/v1/${path}", protocol = "binary"${header} } }`;
  return [
    "[otel]",
    one("exporter", "logs"),
    one("trace_exporter", "traces"),
    one("metrics_exporter", "metrics"),
  ].join("\n");
}

/** The blocks of lines for one way in; `withKey` where the server wants a key. */
export function stepsOf(way: Way, endpoint: string, page: string, withKey: boolean): Lines[] {
  switch (way) {
    case "test":
      return [{ where: "shell", lines: test(endpoint, withKey) }];
    case "python":
      return [
        { where: "shell", lines: environment(endpoint, withKey) },
        { where: "python", lines: PYTHON },
      ];
    case "typescript":
      return [
        { where: "shell", lines: environment(endpoint, withKey) },
        { where: "typescript", lines: TYPESCRIPT },
      ];
    case "coding":
      return [
        { where: "shell", lines: coding(endpoint, withKey) },
        { where: "codex", lines: codex(endpoint, withKey) },
      ];
    case "gateway":
      return [
        {
          where: "shell",
          lines:
            "quipu serve --gateway 127.0.0.1:8787\nexport OPENAI_BASE_URL=http://127.0.0.1:8787/openai/v1\nexport ANTHROPIC_BASE_URL=http://127.0.0.1:8787/anthropic",
        },
      ];
    case "files":
      return [{ where: "shell", lines: `quipu import --url ${page} ~/.claude/projects ~/.codex/sessions` }];
  }
}
