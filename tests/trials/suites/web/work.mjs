// Sessions, users, agents, models, tools, guardrails: a row opens its part, a figure its traces.
import { address, gone, holds, rowsOf, segment, shown } from "./steps.mjs";

const detail = (page) => page.locator(".work-detail");

export const talked = (page, plan) => [
  ["a session opens as a conversation", async () => {
    await rowsOf(page, "Sessions").first().locator("a").first().click();
    await address(page, /^\/sessions\/./);
    await shown(page.locator("main h1"));
  }],
  ["and as traces", async () => {
    await segment(page, "Traces").click();
    await address(page, /view=traces/);
    await shown(rowsOf(page, "Traces of the session"));
  }],
  ["a user opens", async () => {
    await page.goto(`${plan.urls.demo}/users?range=all`);
    await page.locator(".work-table tbody a.row-name").first().click();
    await shown(detail(page).getByRole("heading", { level: 2 }));
  }],
];

/** A row opens its part of the page, by click and by keys; escape closes it. */
export const opens = (name) => (page) => [
  ["a row opens its part", async () => {
    const link = page.getByRole("table", { name, exact: true }).locator("tbody a.row-name").first();
    const title = await link.getAttribute("title");
    // New data may draw the rows again between the press and the release of a click.
    await holds(async () => {
      if (!page.url().includes("open=")) await link.click();
      return page.url().includes("open=");
    });
    await shown(detail(page).getByRole("heading", { level: 2 }));
    const said = await detail(page).getByRole("heading", { level: 2 }).first().getAttribute("title");
    if (said !== title) throw new Error(`${said} opened for ${title}`);
    await gone(detail(page).locator(".chart-wait"));
  }],
  ["its figures have one size, links among them", async () => {
    const sizes = await detail(page).locator(".work-facts").first().evaluate((facts) =>
      [...facts.querySelectorAll("dd:not(.work-facts-note)")].flatMap((value) => [value, ...value.querySelectorAll("a, .figure")])
        .filter((element) => !element.closest(".unpriced, .faint")).map((element) => getComputedStyle(element).fontSize));
    if (new Set(sizes).size > 1) throw new Error(`the sizes are ${[...new Set(sizes)]}`);
  }],
  ["escape closes it", async () => {
    await page.keyboard.press("Escape");
    await gone(detail(page));
  }],
  ["a head orders the rows", async () => {
    const head = page.getByRole("table", { name, exact: true }).locator("thead button").nth(1);
    await head.click();
    await holds(() => page.url().includes("sort="));
  }],
];

export const tools = (page) => [
  ["the cards stand by", async () => {
    await shown(page.locator("main h1"));
    await segment(page, "Cards").click();
    await shown(page.locator(".tool-card .hour-strip"));
  }],
  ["the rows too", async () => {
    await segment(page, "Table").click();
    await shown(page.getByRole("table", { name: "Tools", exact: true }));
  }],
  ...opens("Tools")(page),
];

export const frameworks = (page) => [
  ["every framework is listed with its signals", async () => {
    await shown(page.locator("main").getByRole("table").first());
    await holds(async () => (await page.locator("main tbody tr").count()) > 3);
  }],
];
