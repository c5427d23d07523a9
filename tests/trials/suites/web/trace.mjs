// One trace: folding, search, the part in view, a span with its tabs, graph, conversation, comparison, playback, permalinks.
import { json } from "./browser.mjs";
import { address, button, drag, gone, holds, shown } from "./steps.mjs";

const rows = (page) => page.locator(".waterfall-row:not(.is-coming)");
const span = (page) => page.getByRole("complementary", { name: "Span" });
const tab = (page, name) => page.getByRole("tab", { name, exact: false });

/** Spans of a trace that is drawn as a whole: of a longer one only the rows in view are. */
const DRAWN = 30;

/** The address of a trace in which models and tools were called. */
export async function worked(url) {
  const { traces } = await json(`${url}/api/v1/traces?limit=200&filter=${encodeURIComponent("calls>1 tools>0")}`);
  const [found] = traces.filter((trace) => trace.status !== "running" && trace.spans <= DRAWN).sort((a, b) => b.spans - a.spans);
  if (!found) throw new Error("the demo has no trace with calls of models and tools");
  return `/traces/${found.trace_id}`;
}

export const opened = (page) => {
  let all = 0;
  return [
    ["it folds and unfolds", async () => {
      await shown(rows(page));
      all = await rows(page).count();
      await button(page, "Fold all").click();
      await holds(async () => (await rows(page).count()) < all);
      await address(page, /level=1/);
      await button(page, "Unfold all").click();
      await holds(async () => (await rows(page).count()) === all);
    }],
    ["one row folds by keys", async () => {
      await page.keyboard.press("Home");
      await page.locator(".waterfall-row.is-cursor").waitFor();
      await page.keyboard.press("ArrowLeft");
      await holds(async () => (await rows(page).count()) < all);
      await page.keyboard.press("ArrowRight");
      await holds(async () => (await rows(page).count()) === all);
    }],
    ["a search finds, steps, and shows only what was found", async () => {
      const name = await page.locator(".waterfall-row.hue-tool .span-label").first().innerText();
      await page.keyboard.press("/");
      await page.keyboard.type(name.trim());
      await shown(page.locator(".find-count"));
      await holds(async () => /[1-9]/.test(await page.locator(".find-count").innerText()));
      await page.keyboard.press("Enter");
      await page.locator(".waterfall-row.is-cursor.is-hit").waitFor();
      await button(page, "only these").click();
      await holds(async () => (await rows(page).count()) < all, async () => `${await rows(page).count()} of ${all} rows`);
      await address(page, /find=.*only=1|only=1.*find=/);
      await page.getByRole("textbox", { name: "Search in trace" }).press("Escape");
      await holds(async () => (await rows(page).count()) === all);
    }],
    ["the part in view narrows by a drag and by keys", async () => {
      const map = page.getByRole("slider", { name: "Part of the trace in view" });
      await drag(page, map, 0.3, 0.7);
      await address(page, /zoom=/);
      const before = await map.getAttribute("aria-valuetext");
      await map.focus();
      await page.keyboard.press("ArrowRight");
      await holds(async () => (await map.getAttribute("aria-valuetext")) !== before);
      await page.keyboard.press("Escape");
      await holds(() => !page.url().includes("zoom="));
    }],
  ];
};

export const looked = (page) => [
  ["a call opens with what was said", async () => {
    await page.locator(".waterfall-row.hue-llm").first().click();
    await shown(span(page));
    await tab(page, "Messages").click();
    await shown(span(page).locator(".message"));
  }],
  ["its tabs open", async () => {
    for (const [name, what] of [["Attributes", "table, .attribute, dl, .json, .panel-part"], ["How it was read", "table, p, h3"], ["Raw", ".json, pre"], ["Cost", "table, p"]]) {
      await tab(page, name).click();
      await page.locator(`[role=tab][aria-selected=true]`, { hasText: name }).waitFor();
      await shown(span(page).locator(".panel-body").locator(what));
    }
  }],
  ["the address brings back the span, its tab, the folding and the part in view", async () => {
    const name = await span(page).getByRole("heading", { level: 2 }).innerText();
    await page.getByRole("slider", { name: "Part of the trace in view" }).focus();
    await page.keyboard.press("ArrowUp");
    await address(page, /zoom=/);
    await page.reload();
    await shown(span(page).getByRole("heading", { level: 2, name, exact: true }));
    await page.locator("[role=tab][aria-selected=true]", { hasText: "Cost" }).waitFor();
    if (!page.url().includes("zoom=")) throw new Error("the part in view is lost");
    await page.locator(".waterfall-row.is-picked").waitFor();
  }],
  ["escape closes it", async () => {
    await page.locator(".waterfall").focus();
    await page.keyboard.press("Escape");
    await gone(span(page));
  }],
];

export const turned = (page) => {
  let all = 0;
  return [
    ["a node of the graph narrows the waterfall", async () => {
      await shown(rows(page));
      all = await rows(page).count();
      await tab(page, "Graph").click();
      await page.locator(".graph-node.hue-tool").first().press("Enter");
      await address(page, /node=tool:/);
      await shown(rows(page));
      await holds(async () => (await rows(page).count()) < all, async () => `${await rows(page).count()} of ${all} rows`);
    }],
    ["the conversation reads as a chat, and opens its spans", async () => {
      await tab(page, "Conversation").click();
      await shown(page.locator(".turn .message"));
      await page.locator(".turn-head").first().click();
      await shown(span(page));
      await button(span(page), "Close").click();
      await gone(span(page));
    }],
    ["the table lists the spans", async () => {
      await tab(page, "Table").click();
      await shown(page.locator("[role=table] .grid-row"));
    }],
    ["space plays, and pauses", async () => {
      await page.goto(page.url().split("?")[0]);
      await shown(rows(page));
      await page.keyboard.press("Space");
      const slider = page.getByRole("slider", { name: "Time", exact: true });
      await shown(slider);
      await holds(async () => Number(await slider.inputValue()) > 0);
      await page.keyboard.press("Space");
      await address(page, /[?&]t=/);
      await page.keyboard.press("Escape");
      await gone(slider);
    }],
    ["it is compared with another of its name, by keys alone", async () => {
      await button(page, /Compare/, false).first().click();
      await shown(page.locator(".compare-menu a.menu-item"));
      await page.getByLabel("Trace id or link to compare with").focus();
      await page.keyboard.press("ArrowUp");
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("ArrowUp");
      await page.keyboard.press("Enter");
      await address(page, /diff=[0-9a-f]{32}/);
      await shown(page.locator("main").getByText(/only in|the same|changed|differ/i));
    }],
  ];
};
