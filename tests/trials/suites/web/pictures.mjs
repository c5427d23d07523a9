// Pictures of the guide and the README, taken from the demo: their names are those of docs/images.
import { mkdirSync } from "node:fs";
import { first, json, settled } from "./browser.mjs";
import { button, shown } from "./steps.mjs";

const SIZE = { width: 1440, height: 900 };

/** The trace with the highest cost of the last two days: its most expensive call is easy to see. */
async function dearest(url) {
  const { traces } = await json(`${url}/api/v1/traces?limit=1&sort=-cost&since=-2d`);
  return traces[0].trace_id;
}

/** The latest session with several turns. */
async function longest(url) {
  const { sessions } = await json(`${url}/api/v1/sessions?limit=100&since=-2d`);
  return [...sessions].sort((a, b) => b.traces - a.traces)[0].session_id;
}

async function costliestCall(url, trace) {
  const { spans } = await json(`${url}/api/v1/traces/${trace}?detail=summary&limit=500`);
  return [...spans].sort((a, b) => Number(b.cost_usd ?? 0) - Number(a.cost_usd ?? 0))[0].span_id;
}

/** Name, theme, path and what is done before the picture. */
async function wanted(url) {
  const trace = await dearest(url);
  return [
    ["overview-light", "light", "/?range=2d"],
    ["overview-dark", "dark", "/?range=2d"],
    ["trace-light", "light", `/traces/${trace}`],
    ["traces-light", "light", "/traces?range=2d"],
    ["explain-light", "light", `/traces/${trace}?span=${await costliestCall(url, trace)}&tab=tokens`],
    ["conversation-light", "light", `/sessions/${encodeURIComponent(await longest(url))}`],
    ["tools-light", "light", "/tools?range=7d"],
    ["cost-light", "light", "/cost?range=7d"],
    ["events-light", "light", "/events?range=7d&level=warning"],
    ["map3d-dark", "dark", "/map?view=3d"],
    ["dashboard-dark", "dark", "/dashboards/agents-at-work?range=2d"],
    ["sql-dark", "dark", "/sql", (page) => button(page, "Run").click().then(() => shown(page.locator(".sql-result")))],
  ];
}

export async function pictures(browser, plan) {
  const wrong = [];
  const folder = `${plan.shots}/guide`;
  mkdirSync(folder, { recursive: true });
  const url = plan.urls.demo;
  const all = await wanted(url);
  for (const [name, colorScheme, path, act] of all) {
    const context = await browser.newContext({ viewport: SIZE, colorScheme, reducedMotion: "reduce", locale: "en-US", timezoneId: "UTC" });
    const page = await context.newPage();
    try {
      await page.goto(url + path);
      await settled(page, 30_000);
      await act?.(page);
      if (await page.getByRole("alert").count()) throw new Error("the page shows an error");
      // The space of the map turns into place.
      if (path.includes("3d")) await page.waitForTimeout(8_000);
      await page.screenshot({ path: `${folder}/${name}.png` });
    } catch (error) {
      wrong.push(`${name}: ${first(error)}`);
    }
    await context.close();
  }
  return { seen: all.length, wrong };
}
