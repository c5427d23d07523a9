// What every page has: the palette, keys, theme, language, the period before, and the way from a number to its traces.
import { json, settled } from "./browser.mjs";
import { address, button, drag, gone, holds, meets, rowsOf, shown } from "./steps.mjs";

const looks = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);

export const palette = (page) => [
  ["it opens by its keys", async () => {
    await page.keyboard.press("Control+k");
    await shown(page.getByRole("combobox", { name: "Go to" }));
  }],
  ["it finds a page and goes there", async () => {
    await page.keyboard.type("models");
    await shown(page.getByRole("option", { name: /Models/ }));
    await page.keyboard.press("Enter");
    await address(page, /^\/models/);
    await shown(page.getByRole("heading", { level: 1, name: "Models" }));
  }],
  ["it opens a model by its name", async () => {
    await page.keyboard.press("Control+k");
    await page.keyboard.type("gpt-4o-mini");
    const found = page.getByRole("option", { name: /^gpt-4o-mini model/ });
    await shown(found);
    await found.click();
    await address(page, /^\/models.*open=gpt-4o-mini/);
  }],
  ["two keys go to a page", async () => {
    await page.keyboard.press("g");
    await page.keyboard.press("t");
    await address(page, /^\/traces/);
  }],
  ["the keys are listed, and left by escape", async () => {
    await page.keyboard.press("?");
    await shown(page.getByRole("dialog", { name: /shortcuts/i }));
    await page.keyboard.press("Escape");
    await gone(page.getByRole("dialog", { name: /shortcuts/i }));
  }],
];

export const look = (page) => {
  const theme = page.getByRole("button", { name: /^Theme: / });
  const until = async (wanted) => {
    for (let turn = 0; turn < 3 && (await page.evaluate(() => document.documentElement.dataset.theme)) !== wanted; turn += 1) await theme.click();
  };
  return [
    ["light and dark differ, and stay after a reload", async () => {
      await until("light");
      const light = await looks(page);
      await until("dark");
      await holds(async () => (await looks(page)) !== light, () => `both are ${light}`);
      const dark = await looks(page);
      await page.reload();
      await shown(theme);
      await holds(async () => (await looks(page)) === dark, () => "the theme is forgotten");
    }],
    ["German words, and English ones again", async () => {
      await button(page, /change to Deutsch/, false).click();
      await page.locator("html[lang=de]").waitFor();
      await shown(page.getByRole("navigation").getByRole("link", { name: "Kosten", exact: true }));
      await button(page, /English/, false).click();
      await page.locator("html[lang=en]").waitFor();
      await shown(page.getByRole("navigation").getByRole("link", { name: "Cost", exact: true }));
    }],
  ];
};

/** The pages of the rail, one trace and one session. */
async function pagesOf(page, url) {
  const links = await page.locator("nav.cord a, nav a[href^='/']").evaluateAll((all) => [...new Set(all.map((link) => new URL(link.href).pathname))]);
  const [{ trace_id }] = (await json(`${url}/api/v1/traces?limit=1`)).traces;
  const [{ session_id }] = (await json(`${url}/api/v1/sessions?limit=1`)).sessions;
  return [...links, `/traces/${trace_id}`, `/sessions/${encodeURIComponent(session_id)}`];
}

/** KiB on the wire, headers included, until the overview of the demo has drawn its figures. */
const FIRST_LOAD_KIB = 350;

export const weighed = (page, plan) => [
  ["a first visit of the overview is light", async () => {
    const context = await page.context().browser().newContext({ viewport: { width: 1440, height: 900 }, locale: "en-US" });
    try {
      const fresh = await context.newPage();
      const wire = await context.newCDPSession(fresh);
      await wire.send("Network.enable");
      let bytes = 0;
      wire.on("Network.loadingFinished", ({ encodedDataLength }) => { bytes += encodedDataLength; });
      await fresh.goto(plan.urls.demo);
      await settled(fresh);
      const kib = Math.round(bytes / 1024);
      if (kib < 100 || kib > FIRST_LOAD_KIB) throw new Error(`it reads ${kib} KiB, not at most ${FIRST_LOAD_KIB}`);
    } finally {
      await context.close();
    }
  }],
];

export const helped = (page, plan) => [
  ["each page says what it is for, with a chapter of the guide", async () => {
    const paths = await pagesOf(page, plan.urls.demo);
    if (paths.length < 20) throw new Error(`only ${paths.length} pages`);
    const said = new Set();
    for (const path of paths) {
      await page.goto(plan.urls.demo + path);
      const help = button(page, "About this page");
      await meets(help);
      await help.click();
      const text = page.locator(".page-help-text p");
      await meets(text);
      said.add(await text.innerText());
      const guide = await page.getByRole("link", { name: "Read the guide" }).getAttribute("href");
      const answer = await fetch(plan.urls.demo + guide);
      if (!answer.ok) throw new Error(`${path}: ${guide} answers ${answer.status}`);
    }
    if (said.size !== paths.length) throw new Error(`${paths.length} pages have ${said.size} texts`);
  }],
];

export const overview = (page, plan) => [
  ["a number opens its traces", async () => {
    await page.locator("a.stat", { hasText: "Error rate" }).first().click();
    await address(page, /^\/traces.*filter=status:error/);
    await shown(rowsOf(page, "Traces"));
    await page.goBack();
    await shown(page.locator("a.stat"));
  }],
  ["the period before stands beside", async () => {
    await page.locator(".range-button").click();
    await page.getByRole("button", { name: /7 days/ }).click();
    await page.locator(".range-button").click();
    await page.getByRole("checkbox", { name: "Compare to previous period" }).check();
    await page.keyboard.press("Escape");
    await address(page, /compare=1/);
    await shown(page.locator(".stat-delta, .stat-note .faint"));
    await shown(page.getByText("vs previous period", { exact: true }));
  }],
  ["a failure's cause opens the spans that have it", async () => {
    await page.goto(`${plan.urls.demo}/?range=all`);
    const cause = page.locator(".causes a").first();
    await shown(cause);
    // A label is a status code with its name, or a message after the type of its error.
    const label = await cause.locator(".cause-text").innerText();
    const words = /^\d{3} /.test(label) ? label.slice(0, 3) : label.replace(/^\w+(Error|Exception): /, "");
    await cause.click();
    await address(page, /^\/spans.*message=/);
    const asked = new URL(page.url()).searchParams.getAll("message");
    const query = new URLSearchParams([["limit", "5"], ["state", "failed"], ...asked.map((message) => ["message", message])]);
    const { spans, total } = await json(`${plan.urls.demo}/api/v1/spans?${query}`);
    if (!total) throw new Error(`no span has ${asked}`);
    const other = spans.find((span) => !JSON.stringify(span).includes(words));
    if (other) throw new Error(`span ${other.span_id} has no failure "${words}"`);
    await shown(page.locator(".grid-row"));
  }],
  ["a range is typed as people say it", async () => {
    await page.goto(`${plan.urls.demo}/`);
    await page.locator(".range-button").click();
    await button(page, "Yesterday").click();
    await address(page, /range=yesterday/);
    await page.locator(".range-button").click();
    const field = page.getByRole("textbox", { name: "Range", exact: true });
    await field.fill("someday");
    await shown(page.getByText("Expected a day, two times or a length such as 3d"));
    await field.fill("-3d");
    await field.press("Enter");
    await address(page, /range=3d/);
    await shown(page.locator(".range-button", { hasText: "Last 3 days" }));
    await page.locator(".range-button").click();
    await field.fill("1 Nov 9:00 – 2 Nov 12:00");
    await field.press("Enter");
    await address(page, /since=.*until=/);
    await page.goto(`${plan.urls.demo}/?range=7d`);
    await shown(page.locator("a.stat"));
  }],
  ["a drag over a chart narrows the range", async () => {
    await drag(page, page.getByRole("slider", { name: "Values of Requests per minute by time" }), 0.4, 0.8);
    await address(page, /since=.*until=|until=.*since=/);
  }],
  ["arrow keys read the chart", async () => {
    const chart = page.getByRole("slider", { name: "Values of Requests per minute by time" });
    await chart.focus();
    await page.keyboard.press("End");
    await holds(async () => !/Arrow keys/.test(await chart.getAttribute("aria-valuetext")));
  }],
  ["a chart is a table too", async () => {
    await button(page, "Show Requests per minute as a table").click();
    await shown(page.getByRole("region", { name: "Requests per minute" }).getByRole("row"));
  }],
];
