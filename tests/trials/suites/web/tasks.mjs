// Tasks of a user, each from the overview and within a number of clicks. Every task ends with what the user then sees.
import { readFileSync } from "node:fs";
import { json } from "./browser.mjs";
import { send, text } from "./send.mjs";
import { address, button, holds, meets, rowsOf, shown } from "./steps.mjs";

const hex = (bytes) => Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, "0")).join("");
const number = (key, value) => ({ key, value: { intValue: String(value) } });
const SECOND = 1_000_000_000n;
const DAY = 86_400n * SECOND;

/** A trace of an agent with these steps, one second each, so many days ago; gives its id. */
async function sendRun(url, name, steps, { days = 0, attributes = [], resource = [] } = {}) {
  const end = BigInt(Date.now()) * 1_000_000n - BigInt(days) * DAY;
  const start = end - BigInt(steps.length + 1) * SECOND;
  const [traceId, root] = [hex(16), hex(8)];
  const span = (spanId, parentSpanId, step, from, to, more, status) => ({ traceId, spanId, parentSpanId, name: step, kind: 1, status,
    startTimeUnixNano: String(from), endTimeUnixNano: String(to), attributes: [...more, ...attributes] });
  const spans = steps.map(({ step, more, status }, at) => span(hex(8), root, step, start + BigInt(at) * SECOND, start + BigInt(at + 1) * SECOND, more, status));
  spans.unshift(span(root, undefined, name, start, end, [text("gen_ai.operation.name", "invoke_agent"), text("gen_ai.agent.name", name)]));
  await send(url, "/v1/traces", { resourceSpans: [{ resource: { attributes: [text("service.name", "tasks"), ...resource] }, scopeSpans: [{ scope: { name: "test" }, spans }] }] });
  return traceId;
}

const said = (role, content) => text(`gen_ai.${role === "user" ? "input" : "output"}.messages`, JSON.stringify([{ role, parts: [{ type: "text", content }] }]));
const call = (model, input, output, more = []) => ({ step: `chat ${model}`, more: [text("gen_ai.operation.name", "chat"), text("gen_ai.provider.name", "openai"),
  text("gen_ai.request.model", model), number("gen_ai.usage.input_tokens", input), number("gen_ai.usage.output_tokens", output), ...more] });
const run = (tool, error) => ({ step: `execute_tool ${tool}`, status: error ? { code: 2, message: error } : undefined,
  more: [text("gen_ai.operation.name", "execute_tool"), text("gen_ai.tool.name", tool)] });

/** Clicks that are counted. More than allowed fail the task. */
function finger(most) {
  let clicks = 0;
  const counted = () => {
    clicks += 1;
    if (clicks > most) throw new Error(`more than ${most} clicks`);
  };
  return {
    click: async (locator) => {
      counted();
      await shown(locator);
      await locator.first().click();
    },
    choose: async (locator, value) => {
      counted();
      await locator.selectOption(value);
    },
  };
}

const rail = (page, name) => page.getByRole("navigation").getByRole("link", { name, exact: true });
const digest = (page) => page.getByRole("complementary", { name: "Summary of the trace" });

export const tasks = (page, plan) => {
  const mark = hex(4);
  const home = () => page.goto(`${plan.urls.demo}/`);
  const start = async (most) => {
    await home();
    await shown(page.getByRole("heading", { level: 1, name: "Overview" }));
    return finger(most);
  };
  /** Reloads until the trace is in the list, because full text and sums follow a commit. */
  const listed = (path) => holds(async () => {
    await page.goto(plan.urls.demo + path);
    await shown(page.locator("main h1"));
    await page.waitForTimeout(300);
    return (await page.locator(".grid-row").count()) > 0;
  });
  return [
    ["the most expensive trace of yesterday, and why: 4 clicks", async () => {
      const trace = await sendRun(plan.urls.demo, `dear-${mark}`, [call("gpt-4o", 900_000, 90_000)], { days: 1 });
      const by = await start(4);
      await by.click(page.locator(".overview-figures a", { hasText: "Cost" }));
      await by.click(page.locator(".range-button"));
      await by.click(page.getByRole("button", { name: "Yesterday", exact: true }));
      await address(page, /range=yesterday/);
      await by.click(rowsOf(page, "Traces").filter({ hasText: `dear-${mark}` }));
      await address(page, new RegExp(`^/traces/${trace}`));
      await meets(digest(page).getByText("990k tokens"));
    }],
    ["the failing calls of a tool, and their cause: 2 clicks", async () => {
      const tool = `lookup_${mark}`;
      for (const error of [`RuntimeError: no stock ${mark}`, `no stock ${mark}`, `Error running tool: {'error': 'no stock ${mark}'}`])
        await sendRun(plan.urls.demo, `shop-${mark}`, [run(tool, error)]);
      const by = await start(2);
      await by.click(rail(page, "Tools"));
      await by.click(page.locator("main a", { hasText: tool }));
      const cause = page.locator(".work-detail .kinds li");
      await shown(cause.filter({ hasText: `RuntimeError: no stock ${mark}` }));
      await holds(async () => (await cause.count()) === 1, async () => `${await cause.count()} causes`);
      await cause.getByRole("link", { name: /^3 ×/ }).click();
      await holds(async () => (await rowsOf(page, "Tool runs").count()) === 3, async () => `${await rowsOf(page, "Tool runs").count()} runs behind 3`);
    }],
    ["two models compared: 3 clicks", async () => {
      await sendRun(plan.urls.demo, `pair-${mark}`, [call(`cheap-${mark}`, 100, 10), call(`fast-${mark}`, 50, 50)]);
      const by = await start(3);
      await by.click(rail(page, "Compare"));
      await shown(page.getByRole("combobox", { name: "First", exact: true }));
      await holds(async () => (await page.getByRole("combobox", { name: "First", exact: true }).locator(`option[value="cheap-${mark}"]`).count()) === 1);
      await by.choose(page.getByRole("combobox", { name: "First", exact: true }), `cheap-${mark}`);
      await by.choose(page.getByRole("combobox", { name: "Second", exact: true }), `fast-${mark}`);
      const row = (name) => page.locator(".compare-table tr", { has: page.getByRole("rowheader", { name, exact: true }) });
      await shown(page.getByRole("columnheader", { name: `fast-${mark}` }));
      await holds(async () => (await row("Tokens per call").innerText()).replace(/\s+/g, " ").includes("110 100"), () => row("Tokens per call").innerText());
      await meets(row("Output tokens per second").getByText("better"));
    }],
    ["a release compared with the one before: 4 clicks", async () => {
      const release = (version, output) => sendRun(plan.urls.demo, `shop-${version}`, [call("gpt-4o", 100, output)],
        { resource: [text("service.version", version), text("deployment.environment.name", `stage-${mark}`)] });
      await Promise.all([release(`1-${mark}`, 300), release(`2-${mark}`, 100)]);
      const by = await start(4);
      const choice = (name) => page.getByRole("combobox", { name, exact: true });
      await by.click(rail(page, "Compare"));
      await shown(choice("Compare by"));
      await by.choose(choice("Compare by"), "version");
      await holds(async () => (await choice("First").locator(`option[value="1-${mark}"]`).count()) === 1);
      await by.choose(choice("First"), `1-${mark}`);
      await by.choose(choice("Second"), `2-${mark}`);
      const row = page.locator(".compare-table tr", { has: page.getByRole("rowheader", { name: "Tokens per call", exact: true }) });
      await holds(async () => (await row.innerText()).replace(/\s+/g, " ").includes("400 200"), () => row.innerText());
    }],
    ["the traces of one environment: 3 clicks", async () => {
      const by = await start(3);
      await by.click(rail(page, "Traces"));
      await by.click(page.getByRole("combobox", { name: "Filter" }));
      await page.keyboard.type(`env:stage-${mark}`);
      await page.keyboard.press("Enter");
      await address(page, /filter=env:stage/);
      await holds(async () => (await rowsOf(page, "Traces").count()) === 2, async () => `${await rowsOf(page, "Traces").count()} traces`);
      await page.locator(".facets-panel button.facet-pick[title^='env:stage-'][aria-pressed=true]").waitFor();
    }],
    ["what arrives, live: 2 clicks", async () => {
      const by = await start(2);
      await by.click(rail(page, "Traces"));
      await shown(rowsOf(page, "Traces"));
      await by.click(button(page, "Live"));
      await sendRun(plan.urls.demo, `arrives-${mark}`, [call("gpt-4o", 10, 10)]);
      await meets(rowsOf(page, "Traces").filter({ hasText: `arrives-${mark}` }));
      await button(page, "Live").click();
    }],
    ["a table of all that matches taken along: 2 clicks", async () => {
      await page.goto(`${plan.urls.demo}/traces?range=1h&filter=env:stage-${mark}`);
      await shown(rowsOf(page, "Traces"));
      const by = finger(2);
      await by.click(button(page, "Export"));
      const file = page.waitForEvent("download");
      await by.click(page.getByRole("link", { name: /^CSV/ }));
      const path = `${plan.shots}/tasks-${mark}.csv`;
      await (await file).saveAs(path);
      const lines = readFileSync(path, "utf8").trim().split("\n");
      if (lines.length !== 3) throw new Error(`${lines.length - 1} lines of 2 traces`);
    }],
    ["an agent's goals, and whether they are met: 2 clicks", async () => {
      await sendRun(plan.urls.demo, `goal-${mark}`, [call("gpt-4o", 10, 10)]);
      const by = await start(2);
      await by.click(rail(page, "Dashboards"));
      await by.click(page.getByRole("link", { name: /^Goals of agents/ }));
      const gauge = page.locator("section.panel", { has: page.getByRole("heading", { name: "Success rate", exact: true }) }).locator(".gauge");
      await meets(gauge.getByText("target 95%"));
      await shown(gauge.getByText(/on target|off target/));
    }],
    ["a phrase found and marked: 3 clicks", async () => {
      await sendRun(plan.urls.demo, `talk-${mark}`, [call("gpt-4o", 10, 10, [said("user", `Where is parcel ${mark}?`), said("assistant", `Parcel ${mark} waits in Lund.`)])]);
      await listed(`/traces?range=1h&filter=${mark}%20name:talk-${mark}`);
      const by = await start(3);
      await by.click(page.getByRole("combobox", { name: "Filter" }));
      await page.keyboard.type(`"parcel ${mark}"`);
      await page.keyboard.press("Enter");
      await address(page, /filter=/);
      await by.click(rail(page, "Traces"));
      await shown(rowsOf(page, "Traces").filter({ hasText: `Where is parcel ${mark}?` }));
      await by.click(rowsOf(page, "Traces"));
      await meets(page.locator("main mark", { hasText: mark }));
    }],
    ["a budget of $5 a day for each user: 5 clicks", async () => {
      const by = await start(5);
      const field = (label) => page.locator("aside").getByLabel(label, { exact: true });
      await by.click(rail(page, "Budgets"));
      await by.click(button(page, "New budget"));
      await field("Name").fill(`each-user-${mark}`);
      await field("Dollars").fill("5");
      await by.choose(page.getByRole("combobox", { name: "One limit for" }), { label: "Each user" });
      await by.click(page.getByRole("button", { name: "Create" }));
      const budget = page.locator(".budget", { hasText: `each-user-${mark}` });
      await shown(budget.getByText("$5", { exact: false }));
      await fetch(`${plan.urls.demo}/api/v1/budgets/each-user-${mark}`, { method: "DELETE" });
    }],
    ["a dashboard of three panels, saved and there after a reload: 8 clicks", async () => {
      const by = await start(8);
      await by.click(rail(page, "Dashboards"));
      await by.click(button(page, "New dashboard"));
      for (let at = 0; at < 3; at += 1) await by.click(button(page, "Add a panel"));
      await by.click(button(page, "Save as"));
      await page.locator(".save-as").getByLabel("Title").fill(`Task ${mark}`);
      await by.click(page.locator(".save-as").getByRole("button", { name: "Save", exact: true }));
      await address(page, new RegExp(`^/dashboards/task-${mark}`));
      await page.reload();
      await shown(page.getByRole("heading", { level: 1, name: `Task ${mark}` }));
      await holds(async () => (await page.locator(".dashboard section.panel").count()) === 3);
      await fetch(`${plan.urls.demo}/api/v1/dashboards/task-${mark}`, { method: "DELETE" });
    }],
    ["a filtered list shared with fixed times shows the same to another: 2 clicks", async () => {
      await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
      await page.goto(`${plan.urls.demo}/traces?range=1h&filter=service:tasks`);
      await shown(rowsOf(page, "Traces"));
      const by = finger(2);
      await by.click(page.locator(".views-button"));
      await by.click(button(page, "Copy a link with fixed times"));
      await shown(page.getByText("Copied"));
      const link = await page.evaluate(() => navigator.clipboard.readText());
      if (!/since=.*until=/.test(link) || link.includes("range=")) throw new Error(`the link is ${link}`);
      const here = await rowsOf(page, "Traces").count();
      const other = await page.context().browser().newContext({ locale: "en-US", viewport: { width: 1440, height: 1000 } });
      try {
        const theirs = await other.newPage();
        await theirs.goto(link);
        await shown(rowsOf(theirs, "Traces"));
        await holds(async () => (await rowsOf(theirs, "Traces").count()) === here);
      } finally {
        await other.close();
      }
    }],
    ["a looping agent found: 3 clicks", async () => {
      await sendRun(plan.urls.demo, `looper-${mark}`, Array.from({ length: 90 }, () => run(`search_${mark}`)));
      const by = await start(3);
      await by.click(rail(page, "Traces"));
      await by.click(page.getByRole("columnheader", { name: "Tools", exact: true }).getByRole("button"));
      await by.click(rowsOf(page, "Traces").filter({ hasText: `looper-${mark}` }));
      await meets(digest(page).getByRole("heading", { name: "Possible loop" }));
      await meets(digest(page).getByText("90 calls in a row"));
    }],
    ["a trace annotated: 2 clicks", async () => {
      const trace = await sendRun(plan.urls.demo, `noted-${mark}`, [call("gpt-4o", 10, 10)]);
      await page.goto(`${plan.urls.demo}/traces/${trace}`);
      await shown(digest(page));
      const by = finger(2);
      await by.click(button(page, "Add a note"));
      await page.getByLabel("Note", { exact: true }).fill(`wrong city ${mark}`);
      await by.click(button(page, "Save note"));
      await meets(digest(page).getByText(`wrong city ${mark}`));
      await button(page, "Bad answer").click();
      await page.locator("button[aria-pressed=true][title='Bad answer']").waitFor();
      await page.reload();
      await meets(digest(page).getByText(`wrong city ${mark}`));
      await meets(digest(page).locator("strong", { hasText: "Bad answer" }));
      const { scores } = await json(`${plan.urls.demo}/api/v1/scores?trace_id=${trace}`);
      if (scores.length !== 2) throw new Error(`${scores.length} scores are stored`);
      await button(page, "Remove the note").click();
      await page.getByText(`wrong city ${mark}`).waitFor({ state: "detached" });
    }],
  ];
};

const figure = async (locator) => Number((await locator.innerText()).replace(/[^0-9]/g, ""));
const total = (page) => page.locator(".page-facts [role=status]");

/** The day before yesterday: other tests write into the last two days, and nothing writes into this one. */
const until = Math.floor(Date.now() / 86_400_000) * 86_400_000 - 86_400_000;
const STILL = `since=${new Date(until - 86_400_000).toISOString()}&until=${new Date(until).toISOString()}`;

/** A figure opens a list of exactly that many. */
export const counted = (page, plan) => [
  ["LLM calls of the overview", async () => {
    await page.goto(`${plan.urls.demo}/?${STILL}`);
    const stat = page.locator(".overview-figures a", { hasText: "LLM calls" });
    await shown(stat);
    const calls = await figure(stat.locator(".stat-value"));
    await stat.click();
    await address(page, /^\/calls/);
    await holds(async () => (await total(page).innerText()).includes(`${calls.toLocaleString("en-US")} calls`), () => total(page).innerText());
  }],
  ["failed traces of the overview", async () => {
    await page.goto(`${plan.urls.demo}/?${STILL}`);
    const stat = page.locator(".overview-figures a", { hasText: "Error rate" });
    // The rate of the traces comes with an answer of its own, after the figures of the calls.
    const said = async () => /([\d,]+) of [\d,]+ failed/.exec(await stat.innerText())?.[1];
    await holds(async () => (await said()) !== undefined, () => stat.innerText());
    const failed = await said();
    await stat.click();
    await address(page, /filter=status:error/);
    await holds(async () => (await total(page).innerText()).match(/([\d,]+) traces?/)?.[1] === failed, async () => `${failed} opens ${await total(page).innerText()}`);
  }],
  ["calls of every model, and the failed ones", async () => {
    await page.goto(`${plan.urls.demo}/models?${STILL}`);
    await shown(page.getByRole("table", { name: "Models", exact: true }).locator("tbody tr"));
    const links = await page.getByRole("table", { name: "Models", exact: true }).locator("tbody a.num[href^='/calls']").evaluateAll((all) =>
      all.filter((one) => !one.href.includes("sort=")).map((one) => [one.getAttribute("href"), one.textContent]));
    if (links.length < 4) throw new Error(`${links.length} figures are links`);
    for (const [href, said] of links) {
      await page.goto(plan.urls.demo + href);
      await holds(async () => (await total(page).innerText().catch(() => "")).match(/([\d,]+) calls?/)?.[1] === said, async () => `${said} opens ${await total(page).innerText()}`);
    }
  }],
];
