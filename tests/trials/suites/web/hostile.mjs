// Telemetry that carries markup in every field: no page runs any of it, and none makes an element of it.
import { settled, several, watch } from "./browser.mjs";
import { listed } from "./pages.mjs";

const RUN = "globalThis.__ran=1";
const TEXTS = [
  `<img src=x onerror="${RUN}">`,
  `"><script>${RUN}</script>`,
  `</title></style></textarea><svg onload="${RUN}">`,
  `javascript:${RUN}`,
  `{{constructor.constructor('${RUN}')()}}`,
  "'`-alert(1)-`'",
];
const KINDS = ["chat", "execute_tool", "invoke_agent", "embeddings"];

const hex = (bytes) => Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, "0")).join("");
const attribute = (key, value) => ({ key, value: { stringValue: value } });

/** Every name that a page may show, said by the telemetry. */
function attributes(text, kind) {
  const messages = (role, extra) => JSON.stringify([{ role, parts: [{ type: "text", content: text }, { type: "reasoning", content: text },
    { type: text, content: text }, { type: "blob", modality: "image", mime_type: text, content: text }, ...extra] }]);
  const call = { type: "tool_call", id: text, name: text, arguments: { [text]: text } };
  const texts = ["gen_ai.provider.name", "gen_ai.request.model", "gen_ai.response.model", "gen_ai.agent.name", "gen_ai.agent.id", "gen_ai.tool.name",
    "gen_ai.tool.description", "gen_ai.conversation.id", "session.id", "user.id", "enduser.id", "error.type", "gen_ai.response.id", "vcs.ref.head.name",
    "vcs.ref.head.revision", "vcs.repository.name", "gen_ai.guardrail.name", "gen_ai.tool.call.arguments", "gen_ai.tool.call.result", text];
  return [attribute("gen_ai.operation.name", kind), ...texts.map((key) => attribute(key, text)),
    attribute("gen_ai.input.messages", messages("user", [])), attribute("gen_ai.output.messages", messages(text, [call])),
    attribute("gen_ai.system_instructions", JSON.stringify([{ type: "text", content: text }])),
    { key: "tag.tags", value: { arrayValue: { values: [{ stringValue: text }] } } },
    { key: "gen_ai.response.finish_reasons", value: { arrayValue: { values: [{ stringValue: text }] } } },
    { key: "gen_ai.usage.input_tokens", value: { intValue: "10" } }, { key: "gen_ai.usage.output_tokens", value: { intValue: "5" } }];
}

function trace(text, now) {
  const traceId = hex(16);
  let parentSpanId;
  const spans = KINDS.map((kind, index) => {
    const spanId = hex(8);
    const failed = index === 1;
    const span = { traceId, spanId, parentSpanId, name: text, kind: 1, startTimeUnixNano: String(now - BigInt(5 - index) * 1_000_000_000n), endTimeUnixNano: String(now),
      traceState: "", status: failed ? { code: 2, message: text } : { code: 1 }, attributes: attributes(text, kind),
      events: [{ timeUnixNano: String(now), name: failed ? "exception" : text, attributes: ["exception.type", "exception.message", "exception.stacktrace", text].map((key) => attribute(key, text)) }],
      links: [{ traceId: hex(16), spanId: hex(8), attributes: [attribute(text, text)] }] };
    parentSpanId = spanId;
    return span;
  });
  return { resource: { attributes: [attribute("service.name", text), attribute(text, text)] }, scopeSpans: [{ scope: { name: text, version: text }, spans }] };
}

async function send(url, path, body) {
  const answer = await fetch(url + path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path} was refused: ${answer.status} ${await answer.text()}`);
}

/** Sends all three signals, and stores a view and a dashboard with such names. */
async function fill(url) {
  const now = BigInt(Date.now()) * 1_000_000n;
  const of = (text) => ({ attributes: [attribute("service.name", text)] });
  await send(url, "/v1/traces", { resourceSpans: TEXTS.map((text) => trace(text, now)) });
  await send(url, "/v1/logs", { resourceLogs: TEXTS.map((text) => ({ resource: of(text), scopeLogs: [{ scope: { name: text }, logRecords: [
    { timeUnixNano: String(now), severityNumber: 17, severityText: text, eventName: text, body: { stringValue: text }, attributes: [attribute(text, text), attribute("session.id", text)] }] }] })) });
  await send(url, "/v1/metrics", { resourceMetrics: TEXTS.map((text) => ({ resource: of(text), scopeMetrics: [{ scope: { name: text }, metrics: [
    { name: text, unit: text, description: text, gauge: { dataPoints: [{ timeUnixNano: String(now), asDouble: 1, attributes: [attribute(text, text)] }] } }] }] })) });
  const put = (path, body) => fetch(`${url}/api/v1/${path}`, { method: "PUT", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  await put("views/hostile", { title: TEXTS[0], page: "/traces", query: "range=all" });
  await put("dashboards/hostile", { title: TEXTS[0], description: TEXTS[1], range: null, variables: [], panels: [
    { id: "a", title: TEXTS[2], type: "table", x: 0, y: 0, w: 12, h: 4, from: "spans", filter: "", group_by: ["name"], step: "none", measure: "count" }] });
}

export async function hostile(browser, plan) {
  const wrong = [];
  const url = plan.urls.hostile;
  await fill(url);
  const paths = await listed(browser, url);
  paths.delete("wrong-filter");
  const { traces } = await (await fetch(`${url}/api/v1/traces?limit=50`)).json();
  if (traces.length < TEXTS.length) wrong.push(`only ${traces.length} of ${TEXTS.length} hostile traces are listed`);
  traces.forEach((trace, index) => paths.set(`trace-${index}`, `/traces/${trace.trace_id}?view=${["waterfall", "conversation", "graph", "table"][index % 4]}`));
  for (const { trace_id } of traces.slice(0, 3)) {
    const { spans } = await (await fetch(`${url}/api/v1/traces/${trace_id}?detail=summary`)).json();
    for (const [index, span] of spans.entries()) for (const tab of ["messages", "attributes", "events", "lens", "raw"])
      paths.set(`span-${trace_id.slice(0, 4)}-${index}-${tab}`, `/traces/${trace_id}?span=${span.span_id}&tab=${tab}`);
  }
  const context = await browser.newContext({ viewport: { width: 1440, height: 1200 }, reducedMotion: "reduce" });
  await several(paths, 2, async ([name, path]) => {
    const page = await context.newPage();
    const seen = (what) => wrong.push(`${name}: ${what}`);
    await page.addInitScript(() => document.addEventListener("securitypolicyviolation", (event) => {
      globalThis.__refused = `${event.violatedDirective} ${event.blockedURI}`;
    }));
    watch(page, url, seen);
    try {
      await page.goto(url + path);
      await settled(page);
      const found = await page.evaluate(() => ({ ran: globalThis.__ran, refused: globalThis.__refused,
        made: document.querySelectorAll('img[src="x"], svg[onload], [onerror], a[href^="javascript:" i], main script').length }));
      if (found.ran) seen("the telemetry ran");
      if (found.refused) seen(`the policy had to refuse ${found.refused}`);
      if (found.made) seen("markup became elements");
    } catch (error) {
      seen(String(error.message).split("\n")[0]);
    }
    await page.close();
  });
  return { seen: paths.size, wrong };
}
