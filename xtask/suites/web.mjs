// Opens every page of the dashboard in both themes and at two widths, then walks through what can be changed. Prints one JSON line: {pages, wrong:[…]}.
// usage: node web.mjs PLAYWRIGHT CHROMIUM URL SHOTS
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";

const [playwright, executablePath, url, shots] = process.argv.slice(2);
const { chromium } = createRequire(import.meta.url)(playwright);
const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"];
const WIDTHS = [1440, 390];
const wrong = [];
let pages = 0;

async function listed(browser) {
  const page = await browser.newPage();
  await page.goto(url);
  await page.waitForSelector("nav a[href]", { timeout: 15000 });
  const links = await page.$$eval("nav a[href]", (all) => all.map((link) => new URL(link.href)).filter((to) => to.origin === location.origin).map((to) => to.pathname));
  await page.close();
  const answer = await (await fetch(`${url}/api/v1/traces?limit=3`)).json();
  const sessions = await (await fetch(`${url}/api/v1/sessions?limit=1`)).json();
  if (answer.traces.length === 0) wrong.push("the demo shows no trace");
  const paths = new Map([["start", "/"]]);
  for (const link of links) paths.set(link.slice(1).replace(/[^a-z0-9-]+/gi, "-") || "start", link);
  answer.traces.forEach((trace, index) => paths.set(`trace-${index + 1}`, `/traces/${trace.trace_id}`));
  const [first] = answer.traces;
  const { spans } = await (await fetch(`${url}/api/v1/traces/${first.trace_id}?detail=summary`)).json();
  const call = spans.find((span) => span.kind === "llm") ?? spans[0];
  paths.set("lens", `/traces/${first.trace_id}?span=${call.span_id}&tab=lens`);
  paths.set("explain", `/traces/${first.trace_id}?span=${call.span_id}&tab=tokens`);
  paths.set("cost-by-week", "/cost?range=all&by=time&per=week");
  for (const by of ["tool", "tag", "project", "commit", "branch"]) paths.set(`cost-by-${by}`, `/cost?range=all&by=${by}`);
  for (const session of sessions.sessions) paths.set("session", `/sessions/${encodeURIComponent(session.session_id)}`);
  return paths;
}

async function visit(context, path, name) {
  const page = await context.newPage();
  const seen = (what) => wrong.push(`${name}: ${what}`);
  page.on("console", (message) => message.type() === "error" && seen(`console: ${message.text()}`));
  page.on("pageerror", (error) => seen(`exception: ${error.message}`));
  page.on("response", (response) => response.status() >= 400 && seen(`${response.status()} ${new URL(response.url()).pathname}`));
  await page.goto(url + path);
  await page.waitForSelector("main, [role=main], #root > *", { timeout: 15000 });
  // The live feed never falls silent: wait for what is asked once, not for an idle network.
  await page.waitForTimeout(700);
  const text = (await page.innerText("body")).trim();
  if (text.length < 20) seen("the page is empty");
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  if (wide > 1) seen(`the page is ${wide} px wider than the window`);
  await page.screenshot({ path: `${shots}/${name}.png` });
  await page.close();
  pages += 1;
}

/** What is done, and what must be on the screen after it; the first that is not ends the walk. */
async function walk(browser, name, path, steps) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 1400 } });
  const seen = (what) => wrong.push(`${name}: ${what}`);
  page.on("pageerror", (error) => seen(`exception: ${error.message}`));
  await page.goto(url + path);
  for (const [what, step] of steps(page)) {
    try {
      await step();
    } catch (error) {
      seen(`${what}: ${String(error.message).split("\n")[0]}`);
      break;
    }
  }
  await page.screenshot({ path: `${shots}/${name}.png` });
  await page.close();
  pages += 1;
}

const shown = (page, text) => page.getByText(text).first().waitFor({ timeout: 8000 });

/** A cost line by line: its sum is what the span cost. */
const explained = (page) => [
  ["the sum is there", () => page.locator(".explain .bill tfoot").waitFor({ timeout: 8000 })],
  ["the sum is the cost", async () => {
    const [head, sum] = await Promise.all([page.locator(".explain-head .figure").innerText(), page.locator(".bill tfoot td").last().innerText()]);
    const number = (text) => Number(text.replace(/[^0-9.]/g, ""));
    if (number(head) !== number(sum)) throw new Error(`${sum} for ${head}`);
  }],
  ["the rule is named", () => shown(page, "Rule")],
  ["it folds", async () => {
    await page.locator(".explain-head").click();
    await page.locator(".explain .bill").waitFor({ state: "detached", timeout: 3000 });
  }],
];

/** Made, refused at its field, changed and taken away. */
const budgeted = (page) => {
  const field = (label) => page.locator("aside").getByLabel(label, { exact: true });
  return [
    ["n opens the form", () => page.waitForSelector(".budgets-scroll > *").then(() => page.keyboard.press("n"))],
    ["an empty form is refused", async () => {
      await page.getByRole("button", { name: "Create" }).click();
      await shown(page, "A budget needs a name.");
    }],
    ["a time zone that is none is refused at its field", async () => {
      await field("Name").fill("web-walk");
      await field("Dollars").fill("12.50");
      await field("Time zone of the calendar").fill("Mars/Olympus");
      await page.getByRole("button", { name: "Create" }).click();
      await page.locator(".form-field.is-wrong .form-error", { hasText: "Mars" }).waitFor({ timeout: 8000 });
    }],
    ["it is made", async () => {
      await field("Time zone of the calendar").fill("Europe/Zurich");
      await page.getByRole("button", { name: "Create" }).click();
      await page.locator(".budget h2", { hasText: "web-walk" }).waitFor({ timeout: 8000 });
    }],
    ["it is changed", async () => {
      await page.locator(".budget", { hasText: "web-walk" }).getByRole("button", { name: "Edit" }).click();
      await field("Calls").fill("5k");
      await page.getByRole("button", { name: "Save" }).click();
      await page.locator(".budget", { hasText: "web-walk" }).getByText("5,000 calls").first().waitFor({ timeout: 8000 });
    }],
    ["it is taken away", async () => {
      await page.locator(".budget", { hasText: "web-walk" }).getByRole("button", { name: "Edit" }).click();
      await page.getByRole("button", { name: "Delete", exact: true }).click();
      await page.getByRole("button", { name: "Delete for good" }).click();
      await page.locator(".budget h2", { hasText: "web-walk" }).waitFor({ state: "detached", timeout: 8000 });
    }],
  ];
};

/** The dry run of a re-pricing says what would change, or that nothing would. */
const repriced = (page) => [
  ["the panel opens", () => page.getByRole("button", { name: "Re-price the past by these prices" }).click({ timeout: 8000 })],
  ["the difference is shown", async () => {
    await page.getByRole("button", { name: "Show the difference" }).click();
    await page.getByText(/Nothing changes|Difference/).first().waitFor({ timeout: 8000 });
  }],
];

/** A call whose price is known. */
async function pricedCall() {
  const { traces } = await (await fetch(`${url}/api/v1/traces?limit=50`)).json();
  for (const { trace_id } of traces.filter((trace) => trace.cost_usd)) {
    const { spans } = await (await fetch(`${url}/api/v1/traces/${trace_id}`)).json();
    const call = spans.find((span) => span.counted && span.cost_usd && span.tokens?.total);
    if (call) return `/traces/${trace_id}?span=${call.span_id}&tab=tokens`;
  }
  return null;
}

mkdirSync(shots, { recursive: true });
const browser = await chromium.launch({ executablePath, headless: true, args });
try {
  const paths = await listed(browser);
  for (const colorScheme of ["light", "dark"]) {
    for (const width of WIDTHS) {
      const context = await browser.newContext({ colorScheme, viewport: { width, height: width > 600 ? 900 : 800 } });
      for (const [name, path] of paths) await visit(context, path, `${name}-${colorScheme}-${width}`);
      await context.close();
    }
  }
  const call = await pricedCall();
  if (call) await walk(browser, "walk-explain", call, explained);
  else wrong.push("the demo shows no priced call");
  await walk(browser, "walk-budgets", "/budgets", budgeted);
  await walk(browser, "walk-reprice", "/cost?range=all", repriced);
} finally {
  await browser.close();
}
console.log(JSON.stringify({ pages, wrong: [...new Set(wrong)] }));
