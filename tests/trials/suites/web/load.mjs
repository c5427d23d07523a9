// A first visit to the overview, on the machine's own line and on a slow one: when it shows what, and how
// much it reads. Times are recorded only, because machines differ; sizes fail.
import { settled, watch } from "./browser.mjs";

const SLOW = { offline: false, latency: 400, downloadThroughput: 400_000 / 8, uploadThroughput: 400_000 / 8 };
const LINES = [["as it is", null], ["400 kbit/s, 400 ms", SLOW]];
/** Most kB of files, compressed as they are sent: of the whole visit, and until the figures are there. */
const MOST_KB = 350;
const MOST_FIRST_KB = 180;

/** Notes in the page when something is first there. Each has its selector. */
function noting(seen) {
  globalThis.__first = {};
  const look = () => {
    for (const [name, selector] of Object.entries(seen)) {
      if (document.querySelector(selector)) globalThis.__first[name] ??= performance.now();
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

const SEEN = {
  "links to the pages": "nav a[href='/traces']",
  "title of the page": "main h1",
  figures: ".stat:not(.is-waiting) .stat-value",
  charts: ".overview-main svg",
};

async function visited(browser, url, line, wrong) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "en-US" });
  const page = await context.newPage();
  watch(page, url, (what) => wrong.push(`${line[0]}: ${what}`));
  const session = await context.newCDPSession(page);
  await session.send("Network.enable");
  if (line[1]) await session.send("Network.emulateNetworkConditions", line[1]);
  const files = new Map();
  const asked = [];
  session.on("Network.responseReceived", ({ requestId, response }) => {
    const { pathname } = new URL(response.url);
    if (pathname.startsWith("/api/")) asked.push(pathname);
    else files.set(requestId, { bytes: 0, font: pathname.endsWith(".woff2"), end: Infinity });
  });
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    if (files.has(requestId)) Object.assign(files.get(requestId), { bytes: encodedDataLength, end: Date.now() });
  });
  await page.addInitScript(noting, SEEN);
  await page.goto(`${url}/?range=24h`, { waitUntil: "commit" });
  await page.waitForSelector(SEEN.figures, { timeout: 60_000 });
  const first = Date.now();
  await page.waitForSelector(SEEN.charts, { timeout: 60_000 });
  await settled(page, 60_000);
  const times = await page.evaluate(() => ({ ...globalThis.__first, "all panels": performance.now() }));
  await context.close();
  const kb = (which) => Math.round([...files.values()].filter(which).reduce((sum, { bytes }) => sum + bytes, 0) / 1000);
  return { times, all: kb(() => true), first: kb(({ end, font }) => end <= first && !font), asked };
}

export async function load(browser, plan) {
  const wrong = [];
  const figures = [];
  for (const line of LINES) {
    const { times, all, first, asked } = await visited(browser, plan.urls.demo, line, wrong);
    const told = Object.entries(times).map(([what, ms]) => `${what} ${Math.round(ms)} ms`);
    figures.push(`${line[0]}: ${told.join(", ")}; ${first} kB of files until the figures, ${all} kB in all`);
    if (all > MOST_KB) wrong.push(`${line[0]}: ${all} kB of files, at most ${MOST_KB}`);
    // On a quick line, files that come later are there just as soon.
    if (line[1] && first > MOST_FIRST_KB) wrong.push(`${line[0]}: ${first} kB of files until the figures, at most ${MOST_FIRST_KB}`);
    const again = asked.filter((path) => path === "/api/v1/me").length;
    if (again !== 1) wrong.push(`${line[0]}: /api/v1/me is asked ${again} times`);
    const order = Object.keys(SEEN).map((name) => times[name]);
    if (order.some((at, place) => at === undefined || at < (order[place - 1] ?? 0))) wrong.push(`${line[0]}: shown in another order`);
  }
  return { seen: LINES.length, wrong, figures };
}
