// What can be done with money on the screens: a cost is explained, a budget made, changed and removed, a re-pricing tried.
import { json } from "./browser.mjs";
import { LIMIT } from "./steps.mjs";

const shown = (page, text) => page.getByText(text).first().waitFor({ timeout: LIMIT });

/** A cost line by line: its sum is what the span cost. */
export const explained = (page) => [
  ["the sum is there", () => page.locator(".explain .bill tfoot").waitFor({ timeout: LIMIT })],
  ["the sum is the cost", async () => {
    const [head, sum] = await Promise.all([page.locator(".explain-head .figure").innerText(), page.locator(".bill tfoot td").last().innerText()]);
    const number = (text) => Number(text.replace(/[^0-9.]/g, ""));
    if (number(head) !== number(sum)) throw new Error(`${sum} for ${head}`);
  }],
  ["the price entry is named", () => shown(page, "Price entry")],
  ["it folds", async () => {
    await page.locator(".explain-head").click();
    await page.locator(".explain .bill").waitFor({ state: "detached", timeout: 3000 });
  }],
];

/** Made, refused at its field, changed and taken away. */
export const budgeted = (page) => {
  const field = (label) => page.locator("aside").getByLabel(label, { exact: true });
  return [
    ["n opens the form", () => page.waitForSelector(".budgets-scroll > *").then(() => page.keyboard.press("n"))],
    ["an empty form is refused", async () => {
      await page.getByRole("button", { name: "Create" }).click();
      await shown(page, "A budget needs a name.");
    }],
    ["a time zone that is none is refused at its field", async () => {
      await field("Name").fill("web-walk");
      await field("Dollars").fill("12.50");
      await field("Time zone").fill("Mars/Olympus");
      await page.getByRole("button", { name: "Create" }).click();
      await page.locator(".form-field.is-wrong .form-error", { hasText: "Mars" }).waitFor({ timeout: LIMIT });
    }],
    ["it is made", async () => {
      await field("Time zone").fill("Europe/Zurich");
      await page.getByRole("combobox", { name: "One limit for" }).selectOption({ label: "Each user" });
      await page.getByRole("button", { name: "Create" }).click();
      await page.locator(".budget h2", { hasText: "web-walk" }).waitFor({ timeout: LIMIT });
    }],
    ["it is changed", async () => {
      await page.locator(".budget", { hasText: "web-walk" }).getByRole("button", { name: "Edit" }).click();
      await field("Calls").fill("5k");
      await page.getByRole("button", { name: "Save" }).click();
      await page.locator(".budget", { hasText: "web-walk" }).getByText("5,000 calls").first().waitFor({ timeout: LIMIT });
    }],
    ["it is taken away", async () => {
      await page.locator(".budget", { hasText: "web-walk" }).getByRole("button", { name: "Edit" }).click();
      await page.getByRole("button", { name: "Delete", exact: true }).click();
      await page.getByRole("button", { name: "Delete permanently" }).click();
      await page.locator(".budget h2", { hasText: "web-walk" }).waitFor({ state: "detached", timeout: LIMIT });
    }],
  ];
};

/** Areas of the treemap are the shares of the models, and each opens its calls. */
export const shared = (page) => [
  ["the treemap covers its box", async () => {
    await page.getByRole("group", { name: "Chart" }).getByRole("button", { name: "Treemap" }).click();
    const areas = () => page.locator(".treemap > li").evaluateAll((tiles) => tiles.map((tile) =>
      (Number.parseFloat(tile.style.width) * Number.parseFloat(tile.style.height)) / 10_000));
    await page.locator(".treemap > li").first().waitFor({ timeout: LIMIT });
    const found = await areas();
    const whole = found.reduce((sum, area) => sum + area, 0);
    if (found.length < 4 || Math.abs(whole - 1) > 0.001) throw new Error(`${found.length} tiles cover ${whole}`);
  }],
  ["the largest area is the largest cost, and opens its calls", async () => {
    const model = await page.locator(".ledger tbody th").first().innerText();
    const tile = page.locator(".treemap .tile").first();
    const about = await tile.getAttribute("title");
    if (!about.startsWith(`${model.trim()}: $`)) throw new Error(`${about} is not of ${model}`);
    await tile.click();
    await page.waitForURL((url) => url.pathname === "/calls" && url.search.includes(encodeURIComponent(model.trim())), { timeout: LIMIT });
    await page.locator(".grid-row").first().waitFor({ timeout: LIMIT });
  }],
];

/** The dry run of a re-pricing says what would change, or that nothing would. */
export const repriced = (page) => [
  ["the panel opens", () => page.getByRole("button", { name: "Recalculate past costs" }).click({ timeout: LIMIT })],
  ["the difference is shown", async () => {
    await page.getByRole("button", { name: "Show the difference" }).click();
    await page.getByText(/Nothing changes|Difference/).first().waitFor({ timeout: LIMIT });
  }],
];

/** The address of a call whose price is known. */
export async function pricedCall(url) {
  const { traces } = await json(`${url}/api/v1/traces?limit=50`);
  for (const { trace_id } of traces.filter((trace) => trace.cost_usd)) {
    const { spans } = await json(`${url}/api/v1/traces/${trace_id}`);
    const call = spans.find((span) => span.counted && span.cost_usd && span.tokens?.total);
    if (call) return `/traces/${trace_id}?span=${call.span_id}&tab=tokens`;
  }
  throw new Error("the demo shows no priced call");
}
