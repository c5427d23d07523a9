// The list of traces: its filter, facets, order, columns, views, what arrives, what is taken along, what is deleted.
import { json } from "./browser.mjs";
import { sendTrace } from "./send.mjs";
import { address, button, drag, gone, holds, meets, rowsOf, shown } from "./steps.mjs";

const field = (page) => page.getByRole("combobox", { name: "Filter" });

export const filtered = (page) => [
  ["a field is completed by keys", async () => {
    await shown(rowsOf(page, "Traces"));
    await page.keyboard.press("/");
    await page.keyboard.type("mod");
    await shown(page.getByRole("option", { name: /^model:/ }));
    await page.keyboard.press("Tab");
    await holds(async () => (await field(page).inputValue()) === "model:", () => field(page).inputValue());
  }],
  ["a value is chosen by keys, and the list is that of the filter", async () => {
    const option = page.getByRole("option").first();
    await page.keyboard.type("gpt-4o-m");
    await shown(page.getByRole("option", { name: /^gpt-4o-m/ }));
    const name = (await option.locator(".menu-label").innerText()).trim();
    await page.keyboard.press("Enter");
    await address(page, /filter=model:gpt-4o-m/);
    if (!name.startsWith("gpt-4o-m")) throw new Error(`the first choice is ${name}`);
    await shown(rowsOf(page, "Traces"));
  }],
  ["a wrong filter is told where it stands, and not applied", async () => {
    await page.keyboard.press("/");
    await field(page).fill("duration>soon");
    await page.keyboard.press("Enter");
    await shown(page.locator("#filter-wrong"));
    await page.locator(".filter-input[aria-invalid=true]").waitFor();
    if (page.url().includes("soon")) throw new Error("it is in the address");
    await field(page).press("Escape");
    await holds(async () => (await field(page).inputValue()).trim().startsWith("model:gpt-4o-m"));
  }],
  ["it is cleared", async () => {
    await button(page, "Clear the filter").click();
    await holds(() => !page.url().includes("filter="));
  }],
  ["a facet filters, and once more not", async () => {
    const facet = page.locator(".facets-panel button.facet-pick[title='status:error']");
    await facet.click();
    await address(page, /filter=status:error/);
    await page.locator(".facets-panel button.facet-pick[title='status:error'][aria-pressed=true]").waitFor();
    await facet.click();
    await holds(() => !page.url().includes("filter="));
    await page.locator(".facets-panel").getByRole("button", { name: "Exclude error" }).first().click();
    await address(page, /filter=-status:error/);
    await button(page, "Clear the filter").click();
  }],
];

export const ordered = (page, plan) => [
  ["every figure orders the list, the largest first", async () => {
    for (const [head, field] of [["LLM", "llm_calls"], ["Tools", "tool_calls"], ["Errors", "errors"], ["Cost", "cost_usd"]]) {
      await page.getByRole("columnheader", { name: head, exact: true }).getByRole("button").click();
      await address(page, /sort=-/);
      const sort = new URL(page.url()).searchParams.get("sort");
      const { traces } = await json(`${plan.urls.demo}/api/v1/traces?limit=50&sort=${sort}`);
      const values = traces.map((trace) => Number(trace[field] ?? 0));
      if (values.some((value, at) => at > 0 && value > values[at - 1])) throw new Error(`${sort}: ${values}`);
    }
    await page.goto(`${plan.urls.demo}/traces?range=all`);
    await shown(rowsOf(page, "Traces"));
  }],
  ["a head orders the list", async () => {
    const head = page.getByRole("columnheader", { name: "Cost" });
    await head.getByRole("button").click();
    await address(page, /sort=-cost/);
    await page.locator("[role=columnheader][aria-sort=descending]", { hasText: "Cost" }).waitFor();
    const { traces } = await json(`${plan.urls.demo}/api/v1/traces?sort=-cost&limit=1`);
    await holds(async () => (await rowsOf(page, "Traces").first().locator("a").first().getAttribute("href")).includes(traces[0].trace_id));
    await head.getByRole("button").click();
    await page.locator("[role=columnheader][aria-sort=ascending]", { hasText: "Cost" }).waitFor();
  }],
  ["a column leaves, also after a reload, and comes back", async () => {
    const head = page.getByRole("columnheader", { name: "Cost" });
    await button(page, "Columns").click();
    await page.locator(".columns-panel").getByRole("checkbox", { name: "Cost" }).uncheck();
    await gone(head);
    await page.reload();
    await shown(rowsOf(page, "Traces"));
    if (await head.count()) throw new Error("it is there again after the reload");
    await button(page, "Columns").click();
    await button(page, "Reset columns").click();
    await shown(head);
    await page.keyboard.press("Escape");
  }],
  ["rows are walked and opened by keys", async () => {
    await page.keyboard.press("j");
    await page.locator(".grid-row.is-cursor").waitFor();
    await page.keyboard.press("Enter");
    await address(page, /^\/traces\/[0-9a-f]{32}/);
    await page.goBack();
    await shown(rowsOf(page, "Traces"));
  }],
  ["what matches is taken along", async () => {
    await button(page, "Export").click();
    for (const [name, type] of [["CSV", "text/csv"], ["JSONL", "json"]]) {
      const href = await page.getByRole("link", { name: new RegExp(`^${name}`) }).getAttribute("href");
      const answer = await fetch(plan.urls.demo + href);
      const lines = (await answer.text()).trim().split("\n");
      if (!answer.headers.get("content-type").includes(type)) throw new Error(`${name} comes as ${answer.headers.get("content-type")}`);
      if (lines.length < 3) throw new Error(`${name} has ${lines.length} lines`);
      const told = name === "CSV" ? lines[0].split(",").includes("trace_id") : JSON.parse(lines[0]).trace_id;
      if (!told) throw new Error(`${name} begins with ${lines[0].slice(0, 80)}`);
    }
    await page.keyboard.press("Escape");
  }],
  ["a drag over the strip narrows the range", async () => {
    await drag(page, page.getByRole("slider", { name: "Values of Traces over time by time" }), 0.5, 0.9);
    await address(page, /since=.*until=|until=.*since=/);
  }],
];

export const viewed = (page, plan) => {
  const chip = page.locator(".views-button");
  return [
    ["what is on the screen is saved under a name", async () => {
      await chip.click();
      await page.getByRole("textbox", { name: "Title of the view" }).fill("walk of errors");
      await page.locator(".views-save").getByRole("button", { name: "Save" }).click();
      await shown(chip.filter({ hasText: "walk of errors" }));
    }],
    ["it is a tab of its page, and one click changes the view", async () => {
      const tabs = page.getByRole("navigation", { name: "Saved views" });
      const tab = tabs.getByRole("button", { name: "walk of errors" });
      await meets(tab);
      await holds(async () => (await tab.getAttribute("aria-current")) === "page", () => "the tab of the view is not chosen");
      await button(tabs, "Default view").click();
      await holds(() => !page.url().includes("filter="), () => `the default view has ${page.url()}`);
      await tab.click();
      await address(page, /filter=status:error/);
      await holds(async () => (await tabs.locator("[aria-current]").count()) === 1, () => "not one tab is chosen");
    }],
    ["it is picked, and brings its filter", async () => {
      await page.goto(`${plan.urls.demo}/cost`);
      await chip.click();
      await page.locator(".views-line .menu-item", { hasText: "walk of errors" }).click();
      await address(page, /^\/traces.*filter=status:error/);
    }],
    ["it is deleted after a second click", async () => {
      await chip.click();
      await button(page, "Delete walk of errors").click();
      await button(page, "Delete?").click();
      await gone(page.locator(".views-line", { hasText: "walk of errors" }));
    }],
  ];
};

export const arriving = (page, plan) => {
  const row = (name) => page.getByRole("link", { name: new RegExp(name) }).first();
  return [
    ["what comes is counted, and shown on a key", async () => {
      await shown(rowsOf(page, "Traces"));
      await sendTrace(plan.urls.demo, "walk-arrives");
      await shown(page.locator(".new-pill"));
      await page.keyboard.press("n");
      await shown(row("walk-arrives"));
    }],
    ["what comes is shown by itself while following", async () => {
      const live = page.locator(".live-button");
      await live.click();
      await page.locator(".live-button[aria-pressed=true]").waitFor();
      await sendTrace(plan.urls.demo, "walk-followed");
      await shown(row("walk-followed"));
      await live.click();
    }],
  ];
};

export const deleted = (page, plan) => {
  let id;
  return [
    ["one is selected", async () => {
      id = await sendTrace(plan.urls.demo, "walk-doomed");
      await holds(async () => (await fetch(`${plan.urls.demo}/api/v1/traces/${id}`)).ok);
      await page.goto(`${plan.urls.demo}/traces?range=all&filter=name%3Awalk-doomed`);
      await shown(rowsOf(page, "Traces"));
      await rowsOf(page, "Traces").first().getByRole("checkbox").check();
      await shown(page.getByText("1 selected"));
    }],
    ["how many go is said before", async () => {
      await page.locator(".selection").getByRole("button", { name: "Delete" }).click();
      await shown(page.getByRole("dialog", { name: "Delete traces" }).getByRole("heading", { name: /^Delete 1 trace/ }));
      await button(page, "Keep them").click();
      await gone(page.getByRole("dialog", { name: "Delete traces" }));
      if (!(await fetch(`${plan.urls.demo}/api/v1/traces/${id}`)).ok) throw new Error("it went although it was kept");
    }],
    ["it goes for good", async () => {
      await page.locator(".selection").getByRole("button", { name: "Delete" }).click();
      await button(page, "Delete permanently").click();
      await gone(page.getByRole("dialog", { name: "Delete traces" }));
      await gone(rowsOf(page, "Traces"));
      const { status } = await fetch(`${plan.urls.demo}/api/v1/traces/${id}`);
      if (status !== 404) throw new Error(`the server still answers ${status}`);
    }],
  ];
};
