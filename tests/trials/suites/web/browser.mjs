// A browser whose pages are watched: what they log, fail to load, or ask of another origin is noted.
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const FLAGS = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
  "--disable-sync", "--disable-dev-shm-usage"];
// A machine that runs tests has no graphics card: WebGL is computed, which slows all else down, so that times are taken without it.
const WEBGL = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"];
/** What is drawn before an answer has come. */
const WAITING = ".skeleton-rows, .part-wait, .work-skeleton, .chart-wait, .state[role=status], [aria-busy=true]";

export async function launch(plan, { webgl = true } = {}) {
  const { chromium } = require(plan.playwright);
  mkdirSync(plan.shots, { recursive: true });
  return chromium.launch({ executablePath: plan.chromium, headless: true, args: [...FLAGS, ...(webgl ? WEBGL : ["--disable-gpu"])] });
}

/** Axe's source: it is evaluated in the page, because the page's policy keeps foreign scripts out. */
export const axeSource = (plan) => require(plan.axe).source;

/** Notes everything that must not happen on a page. `expected` says which failed answers are part of the case. */
export function watch(page, origin, seen, expected = () => false) {
  page.on("console", (message) => {
    if (message.type() !== "error") return;
    const text = message.text();
    // A failed answer is told with its address below; the browser's own line about it says less.
    if (!text.startsWith("Failed to load resource") && !expected(text)) seen(`console: ${text}`);
  });
  page.on("pageerror", (error) => seen(`exception: ${error.message}`));
  page.on("dialog", (dialog) => {
    seen(`dialog: ${dialog.message()}`);
    return dialog.dismiss();
  });
  page.on("response", (response) => {
    const { pathname, search } = new URL(response.url());
    // A question that cannot be read is told as it was asked.
    const asked = response.status() === 400 ? pathname + search : pathname;
    if (response.status() >= 400 && !expected(pathname)) seen(`${response.status()} ${asked}`);
  });
  page.on("request", (request) => {
    const to = new URL(request.url());
    if (/^(https?|wss?):$/.test(to.protocol) && to.host !== new URL(origin).host) seen(`asks ${to.host}`);
  });
}

/** Waits until the page has drawn what it asked for; the live feed never falls silent, so the network is no measure. */
export async function settled(page, limit = 15_000) {
  // A page's code is read when it is first opened; until then nothing of it is there.
  await page.waitForSelector("main h1, main [role=alert]", { timeout: limit });
  await page.waitForFunction((waiting) => !document.querySelector(waiting), WAITING, { timeout: limit });
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

/** Runs the work over the items, several at a time, in order of arrival. */
export async function several(items, width, work) {
  const queue = [...items];
  await Promise.all(Array.from({ length: width }, async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  }));
}

export const json = async (url) => (await fetch(url)).json();
export const first = (error) => String(error.message ?? error).split("\n")[0];
