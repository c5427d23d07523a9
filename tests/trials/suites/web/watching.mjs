// What can be done with alerts on the screens: a rule is tried, set and removed, a channel tested, an incident handled.
import { send, text } from "./send.mjs";
import { address, button, gone, holds, segment, shown } from "./steps.mjs";

const RULE = "web_walk";

/** Refused at its field, tried over the past, set, changed and removed; then a test notice and a silence. */
export const watched = (page) => {
  const panel = page.locator("aside.panel");
  const field = (label) => panel.getByLabel(label, { exact: true });
  const row = page.locator(".alert-table tr", { hasText: RULE });
  return [
    ["what fires is listed", () => shown(page.locator(".alert-table .alert-firing"))],
    ["n opens the form", () => page.keyboard.press("n").then(() => shown(panel.getByText("New rule")))],
    ["an empty form is refused", async () => {
      await button(panel, "Create").click();
      await shown(panel.locator(".is-wrong .form-error"));
    }],
    ["the past is shown before it is saved", async () => {
      await field("Name").fill(RULE);
      await field("Threshold").fill("1");
      await button(panel, /Back-test over/, false).click();
      await shown(panel.locator(".backtest-sum"));
      await shown(panel.locator(".backtest .chart-target"));
    }],
    ["a window that is none is refused at its field", async () => {
      await field("Window").fill("5 minutes");
      await button(panel, "Create").click();
      await shown(panel.locator(".is-wrong .form-error", { hasText: "5 minutes" }));
    }],
    ["it is set", async () => {
      await field("Window").fill("1h");
      await button(panel, "Create").click();
      await shown(row);
    }],
    ["it is changed", async () => {
      await row.getByRole("button", { name: "Edit" }).click();
      await field("Threshold").fill("2");
      await button(panel, "Save").click();
      await shown(row.getByText("> 2.0%"));
    }],
    ["it is removed", async () => {
      await row.getByRole("button", { name: "Edit" }).click();
      await button(panel, "Delete").click();
      await button(panel, "Delete permanently").click();
      await gone(row);
    }],
    ["a rule of the config file is read-only", async () => {
      await page.locator(".alert-table tr", { hasText: "failing_calls" }).getByRole("button", { name: "Show" }).click();
      await shown(panel.getByText("Defined in the config file."));
      if (await button(panel, "Save").count()) throw new Error("it can be saved");
      await page.keyboard.press("Escape");
    }],
    ["the history has its figures", async () => {
      await segment(page, "History").click();
      await shown(page.locator(".alert-totals", { hasText: "MTTA" }));
      await shown(page.locator(".alert-table tbody tr"));
    }],
    ["a test notice is accepted", async () => {
      await segment(page, "Channels").click();
      await page.locator(".alert-table tr", { hasText: "log" }).first().getByRole("button", { name: "Send a test" }).click();
      await shown(page.getByText("accepted; look whether it is shown there"));
    }],
    ["a silence is set and ended", async () => {
      await segment(page, "Silences").click();
      const middle = (locator) => locator.evaluate((element) => (({ top, bottom }) => (top + bottom) / 2)(element.getBoundingClientRect()));
      const form = page.locator(".silence-form");
      await shown(form);
      const [field, silence] = [await middle(form.locator(".form-box").first()), await middle(form.getByRole("button", { name: "Silence" }))];
      if (Math.abs(field - silence) > 1) throw new Error(`the button is ${silence - field} px below its fields`);
      await page.getByLabel("Matches", { exact: true }).fill(`rule=${RULE}`);
      await page.getByLabel("Reason", { exact: true }).fill("walk");
      await page.locator(".silence-form").getByRole("button", { name: "Silence" }).click();
      const line = page.locator(".alert-table tr", { hasText: RULE });
      await shown(line);
      await line.getByRole("button", { name: "End now" }).click();
      await gone(line);
    }],
  ];
};

/** Opened by hand, owned, noted, closed and opened again. */
export const handled = (page, plan) => [
  ["the rules have opened one", () => shown(page.locator(".alert-table tbody tr"))],
  ["it names its traces, and opens them", async () => {
    const row = page.locator(".alert-table tbody tr", { hasText: "slow_answers" }).first();
    await row.getByRole("link").first().click();
    const trace = page.locator(".incident-trace").first();
    await shown(trace);
    await holds(async () => !/^[0-9a-f]{16}$/.test(await trace.innerText()), () => "a trace is named by its ID alone");
    const id = await trace.getAttribute("title");
    await trace.click();
    await address(page, new RegExp(`^/traces/${id}`));
    await page.goto(`${plan.urls.demo}/incidents`);
    await shown(page.locator(".alert-table tbody tr"));
  }],
  ["one is opened by hand", async () => {
    await button(page, "Open an incident").click();
    await page.getByLabel("Title", { exact: true }).fill("Answers are wrong");
    await page.locator(".incident-new").getByRole("button", { name: "Open an incident" }).click();
    await shown(page.locator(".incident-title", { hasText: "Answers are wrong" }));
  }],
  ["it gets an owner", async () => {
    await page.getByLabel("Person or team", { exact: true }).fill("grace");
    await button(page, "Set").click();
    await shown(page.locator(".timeline", { hasText: "set the owner grace" }));
  }],
  ["it gets a note", async () => {
    await page.getByLabel("Note", { exact: true }).fill("The key expired");
    await button(page, "Add the note").click();
    await shown(page.locator(".timeline-note", { hasText: "The key expired" }));
  }],
  ["it is closed and opened again", async () => {
    await button(page, "Close the incident").click();
    await shown(button(page, "Open again"));
    await button(page, "Open again").click();
    await shown(button(page, "Close the incident"));
    await button(page, "Close the incident").click();
    await shown(button(page, "Open again"));
  }],
];

/** The objectives have windows, and the report of the quarter has them too. */
export const promised = (page) => [
  ["each objective has its windows", () => shown(page.locator(".slo", { hasText: "answers" }).locator(".slo-windows tbody tr"))],
  ["the report has a row for each", async () => {
    await segment(page, "Report").click();
    await shown(page.locator(".alert-table tr", { hasText: "answers" }));
    await segment(page, "This quarter").click();
    await shown(page.locator(".slo-files a[href*='quarter']"));
    await segment(page, "This month").click();
    const incidents = page.getByRole("table", { name: "Incidents" });
    await shown(incidents.getByRole("row", { name: /slow_answers/ }).getByText("critical"));
  }],
];

const hex = (bytes) => Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, "0")).join("");
const number = (key, value) => ({ key, value: { intValue: String(value) } });

/** Sends spans of one scope and version, `hours` ago, each in a trace of its own. */
function sendScope(url, name, version, hours, attributes) {
  const now = BigInt(Date.now() - hours * 3_600_000) * 1_000_000n;
  const spans = attributes.map((own, index) => ({ traceId: hex(16), spanId: hex(8), name: "ask", kind: 3, attributes: own,
    startTimeUnixNano: String(now + BigInt(index) * 1_000_000n), endTimeUnixNano: String(now + BigInt(index + 1) * 1_000_000n) }));
  return send(url, "/v1/traces", { resourceSpans: [{ resource: { attributes: [text("service.name", "walked")] }, scopeSpans: [{ scope: { name, version }, spans }] }] });
}

/** A source that is not read, and one whose update sends a field less: both are on the page System. */
export const unread = (page, _plan, way) => {
  const { url } = way;
  const call = [text("gen_ai.operation.name", "chat"), text("gen_ai.provider.name", "openai"), text("gen_ai.request.model", "walk-model-7b"),
    number("gen_ai.usage.input_tokens", 100), number("gen_ai.usage.output_tokens", 20)];
  return [
    ["both are sent", async () => {
      await sendScope(url, "walk.unread", "0.2", 1, [[text("hm.model", "gpt-4o"), text("hm.prompt", "Where is my order?"), number("hm.tokens", 120)]]);
      await sendScope(url, "walk.drift", "1.3", 50, Array.from({ length: 30 }, () => [...call, text("gen_ai.response.id", hex(6))]));
      await sendScope(url, "walk.drift", "1.4", 2, Array.from({ length: 30 }, () => call));
      await page.goto(`${way.url}/system`);
    }],
    ["the source that is not read has a sample that opens its trace", async () => {
      const row = page.locator(".unread tr", { hasText: "walk.unread" });
      await shown(row);
      await page.getByText("A sample: ask").click();
      await shown(page.getByText("hm.prompt"));
    }],
    ["the lost field is named with its shares", async () => {
      await shown(page.locator(".unread tr", { hasText: "walk.drift" }).getByText(/^response_id fell from 100% to 0%/));
    }],
    ["the sample opens", async () => {
      await page.getByRole("link", { name: "Open its trace" }).click();
      await address(page, /^\/traces\/[0-9a-f]{32}/);
    }],
  ];
};
