// Every figure of Overview, Tools, Agents, Models and Cost is opened: the list behind it holds exactly that many.
import { json, settled } from "./browser.mjs";
import { holds, shown } from "./steps.mjs";

/** The day before yesterday: other tests write into the last two days, and nothing writes into this one. */
const until = Math.floor(Date.now() / 86_400_000) * 86_400_000 - 86_400_000;
const STILL = `since=${new Date(until - 86_400_000).toISOString()}&until=${new Date(until).toISOString()}`;

/** The links of a page that open lists, with the number that each of them says; null for amounts and times. */
const figures = (page) => page.evaluate(() => {
  const plain = (text) => /^([\d,]+)( ×| \D*)?$/.exec((text ?? "").trim())?.[1]?.replaceAll(",", "");
  const said = (link) => {
    // A list in another order shows what an amount or a time is made of.
    if (/[?&]sort=/.test(link.getAttribute("href"))) return undefined;
    const stat = link.querySelector(".stat-value");
    if (stat) return plain(stat.textContent) ?? /([\d,]+) (?:of [\d,]+ failed|runs|calls?)/.exec(link.innerText)?.[1]?.replaceAll(",", "");
    const cause = link.querySelector(".cause-count") ?? link.querySelector(".hbar-value");
    if (cause) return plain(cause.textContent);
    // A figure that is shortened has the whole one in its title.
    return plain(link.title.split("\n")[0]) ?? plain(link.textContent);
  };
  const lists = ["/calls", "/tool-runs", "/spans", "/traces?"];
  const links = [...document.querySelectorAll("main a[href]")].filter((link) =>
    lists.some((path) => link.getAttribute("href").startsWith(path)) && !link.closest(".chart, nav, .feed, .chart-legend, figure"));
  // A link with words alone is no figure.
  return links.filter((link) => link.matches(".num, .stat") || /^[\d,]+ /.test(link.textContent) || link.querySelector(".cause-count, .hbar-value"))
    .map((link) => ({ href: link.getAttribute("href"), count: said(link) === undefined ? null : Number(said(link)), text: link.textContent.trim().slice(0, 60) }));
});

/** How many rows the open list says that it has; null until it has been asked. */
const total = (page) => page.locator(".page-facts [role=status]").first().innerText({ timeout: 1_000 })
  .then((text) => Number(/^([\d,]+) /.exec(text)?.[1]?.replaceAll(",", "") ?? Number.NaN), () => null);

async function opened(page, plan, { href, count, text }) {
  await page.goto(plan.urls.demo + href);
  await shown(page.locator("main h1"));
  const none = () => page.locator("main .state").count().then((found) => found > 0);
  let found = null;
  await holds(async () => {
    found = await total(page);
    return found !== null && (count === null ? found > 0 : found === count);
  }, async () => `"${text}" opens ${(await none()) ? "nothing" : found}: ${decodeURIComponent(href)}`);
}

/** Opens every figure of a page. Findings are gathered, so that one run tells all of them. */
async function follow(page, plan, path, least) {
  await page.goto(plan.urls.demo + path);
  await settled(page);
  const all = await figures(page);
  const known = new Map(all.map((one) => [`${one.href} ${one.count}`, one]));
  if (known.size < least) throw new Error(`${known.size} figures of ${path} are links, not ${least}`);
  const wrong = [];
  for (const one of known.values()) await opened(page, plan, one).catch((error) => wrong.push(error.message.split("\n")[0]));
  if (wrong.length > 0) throw new Error(`${wrong.length} of ${known.size} on ${path}: ${wrong.slice(0, 6).join("; ")}`);
}

/** The name of the row with most failures, else of the first. */
async function worst(plan, path, of) {
  const rows = of(await json(`${plan.urls.demo}/api/v1/${path}${path.includes("?") ? "&" : "?"}${STILL}`));
  return [...rows].sort((a, b) => b.errors - a.errors)[0];
}

export const behind = (page, plan) => [
  ["every figure of the overview, failures included", () => follow(page, plan, `/?${STILL}`, 8)],
  ["every figure of the tools, as cards", () => follow(page, plan, `/tools?${STILL}`, 6)],
  ["every figure of the tools, as a table", () => follow(page, plan, `/tools?view=table&${STILL}`, 6)],
  ["every figure of one tool", async () => {
    const tool = await worst(plan, "tools/insights", (answer) => answer.tools);
    await follow(page, plan, `/tools?view=table&open=${encodeURIComponent(tool.name)}&${STILL}`, 8);
  }],
  ["every figure of the agents", () => follow(page, plan, `/agents?${STILL}`, 12)],
  ["every figure of one agent", async () => {
    const agent = await worst(plan, "agents", (answer) => answer.agents);
    await follow(page, plan, `/agents?open=${encodeURIComponent(agent.name)}&${STILL}`, 12);
  }],
  ["every figure of the models", () => follow(page, plan, `/models?${STILL}`, 12)],
  ["every figure of the cost", () => follow(page, plan, `/cost?${STILL}`, 12)],
  ...["provider", "agent", "tool", "user", "time"].map((by) =>
    [`every figure of the cost by ${by}`, () => follow(page, plan, `/cost?by=${by}&${STILL}`, 8)]),
  ["a figure is opened by a click, and back returns to it", async () => {
    await page.goto(`${plan.urls.demo}/tools?view=table&${STILL}`);
    const link = page.getByRole("table", { name: "Tools", exact: true }).locator("tbody a.num").first();
    await shown(link);
    const count = Number((await link.innerText()).replace(/\D/g, ""));
    await link.click();
    await holds(async () => (await total(page)) === count, async () => `${count} opens ${await total(page)}`);
    await page.goBack();
    await shown(link);
  }],
];
