// Opens every page of the dashboard in both themes and at two widths. Prints one JSON line: {pages, wrong:[…]}.
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
} finally {
  await browser.close();
}
console.log(JSON.stringify({ pages, wrong: [...new Set(wrong)] }));
