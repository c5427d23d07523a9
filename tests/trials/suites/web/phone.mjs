// Menus and lists where there is little room: each open menu lies within the window and is met by a click.
import { settled } from "./browser.mjs";
import { sendEvent, sendTrace } from "./send.mjs";
import { address, button, holds, meets, rowsOf } from "./steps.mjs";

const WIDTHS = [390, 720, 1024, 1440];

const at = (page, width) => page.setViewportSize({ width, height: width < 600 ? 800 : 900 });

/** The menus of a dashboard, in every width. */
export const menus = (page, plan) =>
  WIDTHS.flatMap((width) => [
    [`"More" of a dashboard opens at ${width} px`, async () => {
      await at(page, width);
      await page.goto(`${plan.urls.demo}/dashboards/cost`);
      await settled(page);
      await button(page.locator(".head-tools"), "More").click();
      for (const name of ["Duplicate", "Export as JSON"]) await meets(button(page, name));
      await page.keyboard.press("Escape");
    }],
    [`"Save as" of a new dashboard opens at ${width} px`, async () => {
      await page.goto(`${plan.urls.demo}/dashboards/new`);
      await settled(page);
      await button(page, "Save as").click();
      const form = page.locator(".save-as");
      await meets(form.getByLabel("Title"));
      for (const name of ["Save", "Cancel"]) await meets(button(form, name));
      await button(form, "Cancel").click();
      await page.locator(".head-tools").getByRole("button", { name: /^(Discard|Done)$/ }).click();
      await address(page, /^\/dashboards\/?(\?|$)/);
    }],
  ]);

/** Lists and drawings that stay in sight on a phone while no panel is open. */
export const phone = (page, plan) => [
  ["events are listed", async () => {
    await at(page, 390);
    await sendEvent(plan.urls.demo, "said to a phone", await sendTrace(plan.urls.demo, "walk-phone"));
    await page.goto(`${plan.urls.demo}/events?range=all`);
    await meets(rowsOf(page, "Events"));
  }],
  ["one opens over the list, and closes", async () => {
    await rowsOf(page, "Events").first().click();
    const panel = page.getByRole("complementary", { name: "Event" });
    await meets(button(panel, "Close", false));
    await button(panel, "Close", false).first().click();
    await meets(rowsOf(page, "Events"));
  }],
  ["the map is a table, with every figure in sight", async () => {
    await page.goto(`${plan.urls.demo}/map?range=all`);
    await settled(page);
    const row = page.locator(".graph-table tbody tr").first();
    await meets(row.locator("td:visible").last());
    await button(page, "Cost").first().click();
    await holds(() => page.locator(".graph-table th[aria-sort=descending]", { hasText: "Cost" }).count());
  }],
];
