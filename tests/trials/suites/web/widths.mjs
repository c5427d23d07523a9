// Every page at four widths and in both themes: over the demo, over names of 200 letters, over many spans, without data, and
// with a server whose answers all fail. The page never scrolls sideways, every figure is whole, nothing is logged as an error.
import { first, settled, several, watch } from "./browser.mjs";
import { listed } from "./pages.mjs";
import { send, text } from "./send.mjs";

const WIDTHS = [1440, 1024, 720, 390];
const AT_ONCE = 2;
const PATIENCE_MS = 30_000;
const LONG = 200;
const CALM_MS = 1_500;

const hex = (bytes) => Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, "0")).join("");
const number = (key, value) => ({ key, value: { intValue: String(value) } });

/** A name without a place to break it. */
const long = (kind) => `${kind}_`.padEnd(LONG, `${kind.slice(0, 3)}${"w".repeat(9)}`);

/** Spans of one run: an agent, two calls of a model with large figures, and tools, one of them failed. */
function spansOf(run, now) {
  const traceId = hex(16);
  const root = hex(8);
  const at = (seconds) => String(now - BigInt(run * 600 + seconds) * 1_000_000_000n);
  const span = (kind, [from, to], attributes, more = {}) => ({ traceId, spanId: hex(8), parentSpanId: root, name: long(kind), kind: 3,
    startTimeUnixNano: at(from), endTimeUnixNano: at(to), attributes: [...attributes, text("gen_ai.agent.name", long("agent")),
      text("gen_ai.conversation.id", long("session")), text("user.id", long("user"))], ...more });
  const call = (model, from, to, input) => span("call", [from, to], [text("gen_ai.operation.name", "chat"), text("gen_ai.provider.name", "openai"),
    text("gen_ai.request.model", model), number("gen_ai.usage.input_tokens", input), number("gen_ai.usage.output_tokens", 1_234_567),
    text("gen_ai.input.messages", JSON.stringify([{ role: "user", parts: [{ type: "text", content: long("question") }] }])),
    text("gen_ai.output.messages", JSON.stringify([{ role: "assistant", parts: [{ type: "text", content: long("answer") }], finish_reason: "stop" }]))]);
  const tool = (name, from, to, failed) => span("step", [from, to], [text("gen_ai.operation.name", "execute_tool"), text("gen_ai.tool.name", name)],
    failed ? { status: { code: 2, message: long("error") }, events: [{ timeUnixNano: at(to), name: "exception",
      attributes: [text("exception.type", long("Type")), text("exception.message", long("message"))] }] } : {});
  return [
    { ...span("run", [560, 5], [text("gen_ai.operation.name", "invoke_agent")]), spanId: root, parentSpanId: "" },
    call("gpt-4o", 550, 300, 987_654_321), call(long("model"), 300, 290, 12_345_678), tool(long("tool"), 250, 100, true), tool(`${long("tool")}2`, 90, 10, false),
  ];
}

/** Sends runs, a log record and a metric whose names are all long. */
async function fill(url) {
  const now = BigInt(Date.now()) * 1_000_000n;
  const resource = { attributes: [text("service.name", long("service")), text("service.version", long("version")), text("deployment.environment.name", long("environment"))] };
  const spans = [0, 1, 2, 3].flatMap((run) => spansOf(run, now));
  const scope = { name: long("scope") };
  await send(url, "/v1/traces", { resourceSpans: [{ resource, scopeSpans: [{ scope, spans }] }] });
  await send(url, "/v1/logs", { resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords: [{ timeUnixNano: String(now), severityNumber: 17, severityText: "ERROR",
    eventName: long("event"), body: { stringValue: long("body") }, traceId: spans[0].traceId, spanId: spans[0].spanId, attributes: [text(long("key"), long("value"))] }] }] }] });
  await send(url, "/v1/metrics", { resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics: [{ name: long("metric"), unit: "1", description: long("description"),
    gauge: { dataPoints: [{ timeUnixNano: String(now), asDouble: 123_456_789.5, attributes: [text(long("label"), long("value"))] }] } }] }] }] });
}

/** What is cut or too wide on the page as it stands. Runs in the page. */
function faults() {
  const found = [];
  const wide = document.documentElement.scrollWidth - window.innerWidth;
  if (wide > 1) {
    const out = [...document.querySelectorAll("body *")].filter((element) => element.getBoundingClientRect().right > window.innerWidth + 1);
    found.push(`the page is ${wide} px wider than the window: ${out.slice(0, 3).map((element) => `${element.tagName.toLowerCase()}.${element.className}`).join(", ")}`);
  }
  const FIGURE = /^[≥≤≈~<>×+−±-]?\s*[$€]?\s*\d[\d.,\s ]*(?:[a-zA-Zµ%×$€/]{0,8}\b|%)?(?:\s|$|[·→/])/u;
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const said = node.data.trim();
    const holder = node.parentElement;
    // A long name may end in an ellipsis, a figure never.
    if (said.length === 0 || holder.closest("pre, code, .bubble, .markdown, svg, textarea, [aria-hidden=true], .sr-only, .visually-hidden")) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const { left, right, width, height } = range.getBoundingClientRect();
    if (width === 0 || height === 0) continue;
    const isFigure = said.length <= 40 && FIGURE.test(said);
    let marked = false;
    for (let box = holder; box && box !== document.body; box = box.parentElement) {
      const style = getComputedStyle(box);
      marked ||= style.textOverflow === "ellipsis" || style.webkitLineClamp !== "none";
      if (style.overflowX === "visible" || style.display === "inline") continue;
      // A box that scrolls shows the rest on demand.
      if (style.overflowX === "auto" || style.overflowX === "scroll") break;
      const edge = box.getBoundingClientRect();
      if (edge.width <= 1 || edge.height <= 1) break;
      if (right > edge.right + 1.5 || left < edge.left - 1.5) {
        if (isFigure || !marked) found.push(`cut: "${said.slice(0, 40)}" in ${box.tagName.toLowerCase()}.${box.className}`);
        break;
      }
    }
  }
  const ends = (cell) => {
    const range = document.createRange();
    range.selectNodeContents(cell);
    const { left, right, width } = range.getBoundingClientRect();
    return { left: Math.max(left, cell.getBoundingClientRect().left), right: Math.min(right, cell.getBoundingClientRect().right), width };
  };
  for (const row of document.querySelectorAll("thead tr")) {
    // A heading for screen readers takes one pixel.
    const told = [...row.cells].map((cell) => [cell.textContent, ends(cell)]).filter(([, { width }]) => width > 2);
    told.slice(1).forEach(([text, { left }], at) => {
      if (left - told[at][1].right < 4) found.push(`headings touch: "${told[at][0]}" and "${text}"`);
    });
  }
  for (const list of document.querySelectorAll(".grid"))
    if (list.scrollWidth > list.clientWidth + 1) found.push(`a list is ${list.scrollWidth - list.clientWidth} px wider than its place`);
  return [...new Set(found)];
}

async function look(page, label, plan, seen) {
  let found = await page.evaluate(faults);
  // A panel that slides in and a chart that takes its width are right within a moment.
  for (const until = Date.now() + CALM_MS; found.length > 0 && Date.now() < until; found = await page.evaluate(faults))
    await page.waitForTimeout(100);
  for (const what of found) seen(what);
  if (plan.pictures !== false) await page.screenshot({ path: `${plan.shots}/${label}.png` });
}

/** What every question gets in the state "failing". */
const FAILED = { status: 500, contentType: "application/problem+json",
  body: JSON.stringify({ type: "about:blank", title: "The store cannot be read", status: 500, detail: "Disk of the test." }) };

async function visit(browser, plan, state, url, paths, wrong) {
  const failing = state === "failing";
  for (const width of WIDTHS) {
    const context = await browser.newContext({ viewport: { width, height: width > 600 ? 900 : 800 }, reducedMotion: "reduce", locale: "en-US" });
    await several(paths, AT_ONCE, async ([name, path]) => {
      const page = await context.newPage();
      let theme = "light";
      const seen = (what) => wrong.push(`${state}-${name}-${width}-${theme}: ${what}`);
      const refused = path.includes("filter=model%3A&") || path.endsWith("filter=model%3A");
      watch(page, url, seen, (what) => (refused || failing) && what.startsWith("/api/"));
      if (failing) await page.route("**/api/**", (route) => route.fulfill(FAILED));
      try {
        await page.goto(url + path);
        await settled(page, PATIENCE_MS);
        if (failing) await page.getByRole("alert").first().waitFor({ timeout: PATIENCE_MS });
        for (theme of ["light", "dark"]) {
          await page.emulateMedia({ colorScheme: theme });
          await look(page, `widths-${state}-${name}-${width}-${theme}`, plan, seen);
        }
      } catch (error) {
        seen(first(error));
      }
      await page.close();
    });
    await context.close();
  }
  return paths.size * WIDTHS.length * 2;
}

export async function widths(browser, plan) {
  const wrong = [];
  await fill(plan.urls.hostile);
  const states = [["demo", plan.urls.demo], ["long", plan.urls.hostile], ["huge", plan.urls.large], ["empty", plan.urls.empty], ["failing", plan.urls.demo]];
  let seen = 0;
  for (const [state, url] of states) seen += await visit(browser, plan, state, url, await listed(browser, url), wrong);
  return { seen, wrong };
}
