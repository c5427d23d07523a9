// Events, metrics, and the map.
import { json } from "./browser.mjs";
import { sendEvent, sendTrace } from "./send.mjs";
import { address, button, colours, gone, holds, rowsOf, segment, shown } from "./steps.mjs";

/** Seven whole days that no test writes into. */
const until = Math.floor(Date.now() / 86_400_000) * 86_400_000 - 86_400_000;
const STILL = `since=${new Date(until - 7 * 86_400_000).toISOString()}&until=${new Date(until).toISOString()}`;

/** Software draws a large picture in seconds where other programs run too. */
const SLOW = { timeout: 30_000 };

export const events = (page, plan) => {
  let trace;
  const panel = page.getByRole("complementary", { name: "Event" });
  return [
    ["what comes is shown by itself while following", async () => {
      await shown(rowsOf(page, "Events"));
      await page.locator(".live-button").click();
      await page.locator(".live-button[aria-pressed=true]").waitFor();
      trace = await sendTrace(plan.urls.demo, "walk-events");
      await sendEvent(plan.urls.demo, "said on a walk", trace);
      await shown(rowsOf(page, "Events").filter({ hasText: "said on a walk" }));
      await page.locator(".live-button").click();
    }],
    ["words find it", async () => {
      await page.keyboard.press("/");
      await page.keyboard.type("walk");
      await page.keyboard.press("Enter");
      await address(page, /q=walk/);
      await shown(rowsOf(page, "Events").filter({ hasText: "said on a walk" }));
    }],
    ["it opens, and narrows by its values", async () => {
      await rowsOf(page, "Events").filter({ hasText: "said on a walk" }).first().click();
      await shown(panel);
      await panel.getByRole("button", { name: "walk.step" }).click();
      await address(page, /type=walk\.step/);
      await button(page, /No longer only/, false).click();
      await holds(() => !page.url().includes("type="));
    }],
    ["the level is chosen", async () => {
      await page.getByRole("combobox", { name: "Min. level" }).selectOption("error");
      await address(page, /level=error/);
      await gone(rowsOf(page, "Events").filter({ hasText: "said on a walk" }));
      await page.getByRole("combobox", { name: "Min. level" }).selectOption("");
    }],
    ["a facet counts what a click on it lists", async () => {
      await page.goto(`${plan.urls.demo}/events?${STILL}`);
      const facets = page.getByRole("complementary", { name: "Facets" });
      await shown(facets.locator(".facet-pick"));
      const picks = await facets.locator(".facet").evaluateAll((sections) => sections.flatMap((section) =>
        [...section.querySelectorAll(".facet-pick")].slice(0, 3).map((pick) => ({ field: section.querySelector("h2").innerText,
          name: pick.querySelector(".facet-name").innerText, count: pick.querySelector(".figure").innerText.trim() }))));
      if (picks.length < 4) throw new Error(`only ${picks.length} values`);
      for (const { field, name, count } of picks) {
        const pick = facets.locator(".facet").filter({ has: page.getByRole("heading", { name: field }) })
          .locator(".facet-pick").filter({ has: page.getByText(name, { exact: true }) });
        await pick.click();
        await shown(page.locator(".facet-pick[aria-pressed=true]", { hasText: name }));
        const listed = () => page.locator(".page-facts [role=status]").innerText();
        await holds(async () => (await listed()).startsWith(`${count} event`), async () => `${field} ${name}: ${count}, but ${await listed()}`);
        await pick.click();
        await gone(page.locator(".facet-pick[aria-pressed=true]"));
      }
    }],
    ["the chart follows the filters of the list", async () => {
      await page.goto(`${plan.urls.demo}/events?level=warning&${STILL}`);
      await shown(page.locator(".events-over-time"));
      const legend = await page.locator(".events-over-time").innerText();
      if (/\binfo\b/.test(legend)) throw new Error(`the chart of warnings has ${legend}`);
      await page.goto(`${plan.urls.demo}/events?range=all&q=walk`);
    }],
    ["its trace opens", async () => {
      await rowsOf(page, "Events").filter({ hasText: "said on a walk" }).first().click();
      await panel.getByRole("link", { name: trace }).click();
      await address(page, new RegExp(`^/traces/${trace}`));
      await shown(page.getByRole("heading", { level: 1, name: "walk-events" }));
    }],
  ];
};

export const metrics = (page, plan) => [
  ["the list shows a value and the course of each metric in view", async () => {
    const entry = page.locator(".metric-name[aria-current]");
    await shown(entry.locator(".spark"));
    await holds(async () => /\d/.test(await entry.locator(".metric-value").innerText()));
  }],
  ["one is found and picked", async () => {
    const { metrics: all } = await json(`${plan.urls.demo}/api/v1/metrics`);
    const found = all.find((metric) => metric.instrument.includes("histogram"));
    if (!found) throw new Error("the demo has no histogram");
    await page.getByRole("searchbox", { name: "Find a metric" }).fill(found.name);
    await page.locator(".metric-name", { hasText: found.name }).first().click();
    await address(page, /name=/);
    await shown(page.getByRole("heading", { level: 2, name: found.name }));
  }],
  ["p99 is drawn, and p95", async () => {
    await segment(page, "p99").click();
    await address(page, /agg=p99/);
    await shown(page.getByRole("figure", { name: /p99/ }).locator("svg"));
    await segment(page, "p95").click();
    await shown(page.getByRole("figure", { name: /p95/ }).locator("svg"));
  }],
  ["it is grouped", async () => {
    const by = page.locator(".metric-controls select").first();
    const value = await by.locator("option").nth(2).getAttribute("value");
    await by.selectOption(value);
    await holds(() => page.url().includes("by="));
    await shown(page.locator(".metric tbody tr"));
  }],
];

/** A browser with a headset for VR and AR that rejects every session, as one whose user declines does. */
export const headset = (page) => [
  ["the map offers the sessions of the device", async () => {
    await page.addInitScript(() => {
      const asked = [];
      Object.defineProperty(globalThis, "asked", { value: asked });
      Object.defineProperty(navigator, "xr", { value: {
        isSessionSupported: (reality) => Promise.resolve(reality.startsWith("immersive-")),
        requestSession: (reality) => {
          asked.push(reality);
          return Promise.reject(new DOMException("The user declined.", "NotAllowedError"));
        },
        addEventListener: () => undefined,
        removeEventListener: () => undefined,
      } });
    });
    await page.reload();
    await segment(page, "3D").click();
    await shown(button(page, "Enter VR"));
    await shown(button(page, "Enter AR"));
  }],
  ["a click requests AR, and a rejected session is reported", async () => {
    await button(page, "Enter AR").click();
    await shown(page.getByRole("alert").filter({ hasText: "The user declined." }));
    const asked = await page.evaluate(() => globalThis.asked);
    if (asked.join() !== "immersive-ar") throw new Error(`asked for ${asked}`);
  }],
];

export const map = (page) => {
  const panel = page.locator(".map-panel");
  return [
    ["a node says more, and leads to its traces", async () => {
      await page.locator(".graph-node[aria-label*=' agent · ']").first().press("Enter");
      await address(page, /node=agent:/);
      await shown(panel.getByRole("link", { name: "Its traces" }));
    }],
    ["a neighbour is picked from it", async () => {
      // An agent and its service can have one name, so the address tells them apart.
      const before = page.url();
      await panel.locator("li button").first().click();
      await holds(() => page.url() !== before);
      await page.keyboard.press("Escape");
      await gone(panel);
    }],
    ["the same in space is drawn", async () => {
      await segment(page, "3D").click();
      const canvas = page.locator(".space canvas");
      await shown(canvas);
      await holds(async () => (await colours(page, canvas)) > 20, async () => `${await colours(page, canvas)} colours`);
    }],
    ["it turns by keys", async () => {
      const canvas = page.locator(".space canvas");
      const before = (await canvas.screenshot(SLOW)).toString("base64");
      await canvas.focus();
      await page.keyboard.press("ArrowRight");
      await holds(async () => (await canvas.screenshot(SLOW)).toString("base64") !== before);
    }],
    ["the table says the same", async () => {
      await segment(page, "Table").click();
      await shown(page.locator("main tbody tr, main [role=table] .grid-row"));
    }],
  ];
};
