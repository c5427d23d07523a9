// How fast the dashboard is: sizes, first paint, a filter over a large store, large traces, memory while traces keep coming.
// usage: node figures.mjs PLAN.json, with {url, large, huge, minutes}; prints one JSON line {figures:[{id, value, unit}]}.
import { readFileSync } from "node:fs";
import { json, launch, settled } from "./browser.mjs";

const plan = JSON.parse(readFileSync(process.argv[2], "utf8"));
const RUNS = 5;
const SCROLL_MS = 6_000;
const figures = [];
const add = (id, value, unit) => figures.push({ id: `web.${id}`, value, unit });
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Bytes over the wire of a first visit, and when it painted and could be used. */
async function firstLoad(browser) {
  const seen = { bytes: [], paint: [], usable: [] };
  for (let turn = 0; turn < RUNS; turn += 1) {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send("Network.enable");
    const assets = new Set();
    let bytes = 0;
    session.on("Network.responseReceived", ({ requestId, response }) => response.url.includes("/api/") || assets.add(requestId));
    session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
      if (assets.has(requestId)) bytes += encodedDataLength;
    });
    const begun = performance.now();
    await page.goto(`${plan.url}/?range=24h`);
    await settled(page);
    seen.usable.push(performance.now() - begun);
    seen.bytes.push(bytes / 1000);
    seen.paint.push(await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0));
    await context.close();
  }
  add("first_load_kb", median(seen.bytes), "kB");
  add("first_contentful_paint_ms", median(seen.paint), "ms");
  add("interactive_ms", median(seen.usable), "ms");
}

/** From the moment a filter is given until the rows are those of the filter. */
async function filtered(browser) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(`${plan.url}/traces?range=all`);
  await settled(page);
  const times = [];
  for (const filter of ["status:error", "model:gpt-5", "service:support-bot cost>0.01", "tool:run_sql -status:error", "agent:planner,writer"]) {
    times.push(await page.evaluate(async (text) => {
      const rows = () => [...document.querySelectorAll("[role=row] a, [role=row]")].map((row) => row.textContent).join();
      const before = rows();
      const begun = performance.now();
      history.pushState({}, "", `/traces?range=all&filter=${encodeURIComponent(text)}`);
      dispatchEvent(new PopStateEvent("popstate"));
      while (rows() === before && performance.now() - begun < 20_000) await new Promise(requestAnimationFrame);
      return performance.now() - begun;
    }, filter));
  }
  add("filtered_list_ms", median(times), "ms");
  add("filtered_list_worst_ms", Math.max(...times), "ms");
  await page.close();
}

const ROW = "[role=treegrid] [role=row], [role=tree] [role=treeitem]";

/** From the address to rows that can be used. */
async function opened(browser, id, trace) {
  const times = [];
  for (let turn = 0; turn < RUNS; turn += 1) {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await page.goto(`${plan.url}/traces?range=all`);
    await settled(page);
    times.push(await page.evaluate(async ([path, row]) => {
      const begun = performance.now();
      history.pushState({}, "", path);
      dispatchEvent(new PopStateEvent("popstate"));
      while (!document.querySelector(row) && performance.now() - begun < 30_000) await new Promise(requestAnimationFrame);
      // A task after the next frame: input that came now would be answered.
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      return performance.now() - begun;
    }, [`/traces/${trace}`, ROW]));
    await page.close();
  }
  add(`${id}_interactive_ms`, median(times), "ms");
}

/** The longest frames while the largest trace is scrolled from end to end. */
async function scrolled(browser, trace) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  // All spans are there when nothing is asked any more.
  await page.goto(`${plan.url}/traces/${trace}`, { waitUntil: "networkidle" });
  await page.waitForSelector(ROW, { timeout: 30_000 });
  const frames = await page.evaluate(async ([row, length]) => {
    let box = document.querySelector(row);
    while (box && box.scrollHeight <= box.clientHeight + 1) box = box.parentElement;
    const tall = box.scrollHeight - box.clientHeight;
    const gaps = [];
    const begun = performance.now();
    let last = begun;
    while (last - begun < length) {
      const now = await new Promise(requestAnimationFrame);
      gaps.push(now - last);
      last = now;
      box.scrollTop = tall * Math.min(1, (now - begun) / length);
    }
    return gaps.slice(2).sort((a, b) => b - a);
  }, [ROW, SCROLL_MS]);
  add("trace_100k_worst_frame_ms", frames[0], "ms");
  add("trace_100k_p99_frame_ms", frames[Math.floor(frames.length / 100)], "ms");
  await page.close();
}

async function heap(session) {
  await session.send("HeapProfiler.collectGarbage");
  const { metrics } = await session.send("Performance.getMetrics");
  return metrics.find((metric) => metric.name === "JSHeapUsedSize").value / 1048576;
}

/** Memory of the followed list while traces keep coming: at the start, and how it grew. The first tenth fills caches. */
async function followed(browser, url, minutes) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  await context.addInitScript(() => localStorage.setItem("quipu.follow", "on"));
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send("Performance.enable");
  await page.goto(`${url}/`);
  await settled(page);
  const samples = [];
  const end = Date.now() + minutes * 60_000;
  while (Date.now() < end) {
    await page.waitForTimeout((minutes * 60_000) / 20);
    samples.push(await heap(session));
  }
  add("live_heap_start_mib", median(samples.slice(2, 5)), "MiB");
  add("live_heap_end_mib", median(samples.slice(-3)), "MiB");
  await context.close();
}

const browser = await launch(plan, { webgl: false });
try {
  if (plan.large) {
    await firstLoad(browser);
    await filtered(browser);
    await opened(browser, "trace_10k", plan.large);
    await opened(browser, "trace_100k", plan.huge);
    await scrolled(browser, plan.huge);
  }
  await followed(browser, plan.demo, plan.minutes);
} finally {
  await browser.close();
}
console.log(JSON.stringify({ figures }));
