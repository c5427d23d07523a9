// What can be done on the pages, step by step: what is done, and what must be on the screen after it.
import { behind } from "./behind.mjs";
import { boards } from "./boards.mjs";
import { first, settled, several, watch } from "./browser.mjs";
import { arriving, deleted, filtered, ordered, viewed } from "./list.mjs";
import { budgeted, explained, pricedCall, repriced, shared } from "./money.mjs";
import { late, lateEvents, lateLine, lateTrace, left, oneTrace } from "./late.mjs";
import { helped, look, overview, palette, weighed } from "./shell.mjs";
import { menus, phone } from "./phone.mjs";
import { events, headset, map, metrics } from "./signals.mjs";
import { said } from "./said.mjs";
import { slowed } from "./slow.mjs";
import { counted, tasks } from "./tasks.mjs";
import { LIMIT, run } from "./steps.mjs";
import { looked, opened, turned, worked } from "./trace.mjs";
import { handled, promised, unread, watched } from "./watching.mjs";
import { frameworks, opens, talked, tools } from "./work.mjs";

const AT_ONCE = 2;

/** Where each begins, its steps, the answer that is refused in it on purpose, and how the way to the server is slow; a quiet
 * one gets nothing but what the walk sends. */
const WALKS = {
  boards: ["/dashboards?range=24h", boards],
  menus: ["/dashboards", menus],
  tasks: ["/", tasks],
  counted: ["/", counted],
  phone: ["/events?range=all", phone],
  overview: ["/?range=30d", overview],
  filter: ["/traces?range=all", filtered, /\/traces/],
  list: ["/traces?range=all", ordered],
  arrival: ["/traces?range=all", arriving],
  late_list: [oneTrace, late, undefined, { quiet: true, hold: "/api/v1/traces" }],
  left_list: [oneTrace, left, undefined, { quiet: true }],
  delete: ["/traces?range=all", deleted],
  trace: [worked, opened],
  said: ["/traces?range=1h", said],
  sessions: ["/sessions?range=all", talked],
  tools: ["/tools?range=all", tools],
  events: ["/events?range=all", events],
  late_trace: ["/traces?range=all", lateTrace, undefined, { lineMs: 1500 }],
  budgets: ["/budgets", budgeted, /\/budgets/],
  alerts: ["/alerts", watched, /\/alerts/],
};

/** What users do less often, in the same form. */
const CORNERS = {
  palette: ["/", palette],
  look: ["/system", look],
  help: ["/", helped],
  weight: ["/data", weighed],
  views: ["/traces?range=all&filter=status%3Aerror", viewed],
  span: [worked, looked],
  views_of_a_trace: [worked, turned],
  explain: [pricedCall, explained],
  agents: ["/agents?range=all", opens("Agents")],
  models: ["/models?range=all", opens("Models")],
  guardrails: ["/guardrails?range=all", opens("Guardrails")],
  frameworks: ["/frameworks", frameworks],
  late_line: ["/events?range=all", lateLine, undefined, { lineMs: 1500 }],
  late_events: ["/events?range=all", lateEvents, undefined, { hold: "/api/v1/events" }],
  metrics: ["/measurements?range=all", metrics],
  map: ["/map?range=all", map],
  headset: ["/map?range=all", headset],
  treemap: ["/cost?range=all", shared],
  incidents: ["/incidents", handled],
  objectives: ["/slos", promised],
  unread: ["/system", unread],
  reprice: ["/cost?range=all", repriced],
};

export const walks = (browser, plan) => walk(browser, plan, WALKS);

export const corners = (browser, plan) => walk(browser, plan, CORNERS);

/** Opens every figure, which takes two minutes, so it is a case of its own. */
export const figuresOpen = (browser, plan) => walk(browser, plan, { behind: ["/", behind] });

async function walk(browser, plan, all) {
  const wrong = [];
  const names = Object.keys(all);
  await several(names, AT_ONCE, async (name) => {
    const [path, steps, refused, slowness] = all[name];
    const home = slowness?.quiet ? plan.urls.empty : plan.urls.demo;
    const way = slowness ? await slowed(home, slowness) : { url: home, close: () => {} };
    const context = await browser.newContext({ viewport: { width: 1440, height: 1000 }, reducedMotion: "reduce", locale: "en-US" });
    const page = await context.newPage();
    page.setDefaultTimeout(LIMIT);
    watch(page, way.url, (what) => wrong.push(`${name}: ${what}`), (what) => refused !== undefined && what.startsWith("/api/") && refused.test(what));
    await run(wrong, name, [
      ["the page opens", async () => {
        await page.goto(way.url + (typeof path === "string" ? path : await path(home)));
        if (!slowness?.hold) await settled(page);
      }],
      ...steps(page, plan, way),
    ]);
    // For people to look at: that a busy machine draws none is no finding, and ends no other walk.
    await page.screenshot({ path: `${plan.shots}/walk-${name}.png` }).catch((error) => console.error(`${name}: ${first(error)}`));
    await context.close();
    way.close();
  });
  return { seen: names.length, wrong };
}
