// Every page of a server, in the themes and widths asked for: nothing logged, nothing failed, nothing wider than the window,
// and nothing that axe objects to.
import { axeSource, first, json, settled, several, watch } from "./browser.mjs";

const AT_ONCE = 2;
/** The first question of a page over many spans may take the server long while other pages ask too. */
const PATIENCE_MS = 30_000;
/** WCAG 2.2 A and AA, and axe's own rules of good practice. */
const AXE = { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] };

/** The pages by name: those of the rail, and what is opened from them. */
export async function listed(browser, url) {
  const page = await browser.newPage();
  await page.goto(url);
  await page.waitForSelector("nav a[href]", { timeout: 15_000 });
  const links = await page.$$eval("nav a[href]", (all) =>
    all.map((link) => new URL(link.href)).filter((to) => to.origin === location.origin).map((to) => to.pathname));
  await page.close();
  const paths = new Map(links.map((link) => [link.slice(1).replace(/[^a-z0-9-]+/gi, "-") || "overview", link]));
  for (const [name, path] of await opened(url)) paths.set(name, path);
  return paths;
}

async function opened(url) {
  const paths = [];
  const { traces } = await json(`${url}/api/v1/traces?limit=3&sort=-tokens`);
  const { sessions } = await json(`${url}/api/v1/sessions?limit=1`);
  const { dashboards } = await json(`${url}/api/v1/dashboards`);
  for (const board of dashboards) paths.push([`dashboard-${board.id}`, `/dashboards/${board.id}`]);
  for (const session of sessions) paths.push(["session", `/sessions/${encodeURIComponent(session.session_id)}`]);
  const [trace, other] = traces;
  if (!trace) return paths;
  const at = `/traces/${trace.trace_id}`;
  paths.push(["trace", at]);
  for (const tab of ["conversation", "graph", "table"]) paths.push([`trace-${tab}`, `${at}?view=${tab}`]);
  if (other) paths.push(["trace-diff", `${at}?diff=${other.trace_id}`]);
  const { spans } = await json(`${url}/api/v1${at}?detail=summary&limit=500`);
  const call = spans.find((span) => span.kind === "llm") ?? spans[0];
  for (const tab of ["lens", "tokens", "attributes"]) paths.push([`span-${tab}`, `${at}?span=${call.span_id}&tab=${tab}`]);
  paths.push(["cost-by-week", "/cost?range=all&by=time&per=week"], ["cost-by-tool", "/cost?range=all&by=tool"], ["cost-treemap", "/cost?range=all&chart=shares"]);
  paths.push(["map-3d", "/map?view=3d"], ["filtered", "/traces?filter=status%3Aerror"], ["nothing", "/traces?filter=model%3Ano-such-model"]);
  paths.push(["calls", "/calls?sort=-cost"], ["tool-runs", "/tool-runs?sort=-status"], ["spans", "/spans?state=failed"], ["compare-agents", "/compare?by=agent"]);
  for (const view of ["history", "rules", "silences", "channels"]) paths.push([`alerts-${view}`, `/alerts?view=${view}`]);
  paths.push(["alert-form", "/alerts?view=rules&new=1"], ["alert-rule", "/alerts?view=rules&rule=failing_calls"]);
  const { incidents } = await json(`${url}/api/v1/incidents?limit=1`);
  for (const { id } of incidents) paths.push(["incident", `/incidents/${id}`]);
  paths.push(["incident-form", "/incidents?new=1"], ["objectives-report", "/slos?view=report"]);
  paths.push(["wrong-filter", "/traces?filter=model%3A"]);
  return paths;
}

/** Visits every page; `options` say in which themes and widths, and whether axe looks too. */
export async function visit(browser, plan, url, state, options) {
  const wrong = [];
  const paths = options.paths ?? await listed(browser, url);
  for (const [colorScheme, width] of options.looks) {
    // One context for all of them: the code is read and compiled once, as for a reader who goes from page to page.
    const context = await browser.newContext({ colorScheme, viewport: { width, height: width > 600 ? 900 : 800 }, reducedMotion: "reduce", locale: "en-US" });
    await several(paths, AT_ONCE, async ([name, path]) => {
      const label = `${state}-${name}-${colorScheme}-${width}`;
      try {
        await look(context, plan, url, path, label, options, (what) => wrong.push(`${label}: ${what}`));
      } catch (error) {
        wrong.push(`${label}: ${first(error)}`);
      }
    });
    await context.close();
  }
  return { seen: paths.size * options.looks.length, wrong };
}

async function look(context, plan, url, path, label, options, seen) {
  const page = await context.newPage();
  const refused = path.includes("filter=model%3A&") || path.endsWith("filter=model%3A");
  watch(page, url, seen, (what) => (options.failing ?? refused) && what.startsWith("/api/"));
  if (options.failing) await page.route("**/api/**", (route) => route.fulfill({ status: 500, contentType: "application/problem+json",
    body: JSON.stringify({ type: "about:blank", title: "The store cannot be read", status: 500, detail: "Disk of the test." }) }));
  await page.goto(url + path);
  await settled(page, PATIENCE_MS);
  // Failed questions are asked once more before that is told.
  if (options.failing) await page.getByRole("alert").first().waitFor({ timeout: 15_000 }).catch(() => seen("a failed answer is not told"));
  if ((await page.innerText("main")).trim().length < 20) seen("the page is empty");
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  if (wide > 1) seen(`the page is ${wide} px wider than the window`);
  await page.screenshot({ path: `${plan.shots}/${label}.png` });
  if (options.axe) for (const what of await judged(page, plan)) seen(`axe: ${what}`);
  await page.close();
}

/** What axe objects to on a page. */
export async function judged(page, plan) {
  await page.evaluate(axeSource(plan));
  const { violations } = await page.evaluate((how) => globalThis.axe.run(document, how), AXE);
  return violations.map((rule) => `${rule.id} at ${rule.nodes.slice(0, 2).map((node) => node.target.join(" ")).join(", ")} (${rule.nodes.length})`);
}
