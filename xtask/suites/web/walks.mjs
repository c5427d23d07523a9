// What can be done on the pages, step by step: what is done, and what must be on the screen after it.
import { boards } from "./boards.mjs";
import { settled, several, watch } from "./browser.mjs";
import { arriving, deleted, filtered, ordered, viewed } from "./list.mjs";
import { budgeted, explained, pricedCall, repriced } from "./money.mjs";
import { look, overview, palette } from "./shell.mjs";
import { events, map, metrics } from "./signals.mjs";
import { LIMIT, run } from "./steps.mjs";
import { looked, opened, turned, worked } from "./trace.mjs";
import { frameworks, opens, talked, tools } from "./work.mjs";

const AT_ONCE = 2;

/** Where each begins, its steps, and the answer that is refused in it on purpose. */
const WALKS = {
  boards: ["/dashboards?range=24h", boards],
  overview: ["/?range=24h", overview],
  palette: ["/", palette],
  look: ["/system", look],
  filter: ["/traces?range=all", filtered, /\/traces/],
  list: ["/traces?range=all", ordered],
  views: ["/traces?range=all&filter=status%3Aerror", viewed],
  arrival: ["/traces?range=all", arriving],
  delete: ["/traces?range=all", deleted],
  trace: [worked, opened],
  span: [worked, looked],
  views_of_a_trace: [worked, turned],
  explain: [pricedCall, explained],
  sessions: ["/sessions?range=all", talked],
  agents: ["/agents?range=all", opens("Agents")],
  models: ["/models?range=all", opens("Models")],
  tools: ["/tools?range=all", tools],
  guardrails: ["/guardrails?range=all", opens("Guardrails")],
  frameworks: ["/frameworks", frameworks],
  events: ["/events?range=all", events],
  metrics: ["/measurements?range=all", metrics],
  map: ["/map?range=all", map],
  budgets: ["/budgets", budgeted, /\/budgets/],
  reprice: ["/cost?range=all", repriced],
};

export async function walks(browser, plan) {
  const wrong = [];
  const only = plan.walks ?? Object.keys(WALKS);
  await several(only, AT_ONCE, async (name) => {
    const [path, steps, refused] = WALKS[name];
    const context = await browser.newContext({ viewport: { width: 1440, height: 1000 }, reducedMotion: "reduce", locale: "en-US" });
    const page = await context.newPage();
    page.setDefaultTimeout(LIMIT);
    watch(page, plan.urls.demo, (what) => wrong.push(`${name}: ${what}`), (what) => refused !== undefined && what.startsWith("/api/") && refused.test(what));
    await run(wrong, name, [
      ["the page opens", async () => {
        await page.goto(plan.urls.demo + (typeof path === "string" ? path : await path(plan.urls.demo)));
        await settled(page);
      }],
      ...steps(page, plan),
    ]);
    await page.screenshot({ path: `${plan.shots}/walk-${name}.png` });
    await context.close();
  });
  return { seen: only.length, wrong };
}
