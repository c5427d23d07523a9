// Telemetry of the tests' own, by OTLP over HTTP with JSON.
const hex = (bytes) => Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, "0")).join("");
export const text = (key, value) => ({ key, value: { stringValue: value } });

export async function send(url, path, body) {
  const answer = await fetch(url + path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`the server took nothing at ${path}: ${answer.status}`);
}

const DAY = 86_400_000_000_000n;
const nanos = () => BigInt(Date.now()) * 1_000_000n;

/** One trace of one LLM call, or one more call of a trace, so many days ago; gives its id. */
export async function sendTrace(url, name, traceId = hex(16), { days = 0, attributes = [] } = {}) {
  const now = nanos() - BigInt(days) * DAY;
  const span = { traceId, spanId: hex(8), name, kind: 3, startTimeUnixNano: String(now - 1_000_000_000n), endTimeUnixNano: String(now),
    attributes: [text("gen_ai.operation.name", "chat"), text("gen_ai.provider.name", "openai"), text("gen_ai.request.model", "gpt-4o"),
      { key: "gen_ai.usage.input_tokens", value: { intValue: "10" } }, { key: "gen_ai.usage.output_tokens", value: { intValue: "5" } }, ...attributes] };
  await send(url, "/v1/traces", { resourceSpans: [{ resource: { attributes: [text("service.name", "walked")] }, scopeSpans: [{ scope: { name: "test" }, spans: [span] }] }] });
  return span.traceId;
}

/** A log record that belongs to a trace. */
export async function sendEvent(url, body, traceId) {
  const record = { timeUnixNano: String(nanos()), severityNumber: 13, severityText: "WARN", eventName: "walk.step", body: { stringValue: body }, traceId, spanId: hex(8), attributes: [] };
  await send(url, "/v1/logs", { resourceLogs: [{ resource: { attributes: [text("service.name", "walked")] }, scopeLogs: [{ scope: { name: "test" }, logRecords: [record] }] }] });
}
