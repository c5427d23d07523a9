// A dashboard is made of every kind of panel, arranged, kept, taken along, brought back, and deleted.
import { readFileSync } from "node:fs";
import { address, button, drag, gone, holds, shown } from "./steps.mjs";

const TYPES = ["line", "area", "bar", "number", "table", "heatmap", "histogram", "box plot", "pie"];

const panels = (page) => page.locator(".dashboard section.panel");
const side = (page) => page.getByRole("complementary", { name: "Panel" });
const place = async (page) => {
  const said = await side(page).getByText(/column \d+, row \d+/).innerText();
  const [x, y, w, h] = said.match(/\d+/g).map(Number);
  return { x, y, w, h };
};
const differs = (page, field, before) => holds(async () => (await place(page))[field] !== before[field], async () => `${field} stays ${before[field]}`);

export const boards = (page, plan) => {
  let id;
  let file;
  return [
    ["one of every kind of panel is added and drawn", async () => {
      await button(page, "New dashboard").click();
      await address(page, /^\/dashboards\/./);
      for (const [index, type] of TYPES.entries()) {
        await button(page, "Add a panel").first().click();
        await side(page).getByLabel("Title", { exact: true }).fill(`walk ${type}`);
        await side(page).getByRole("button", { name: type, exact: true }).click();
        await side(page).locator(`button[aria-pressed=true]`, { hasText: type }).waitFor();
        await holds(async () => (await panels(page).count()) === index + 1);
      }
      await gone(page.locator(".dashboard .chart-wait"));
      const failed = await page.locator(".dashboard .chart-failed, .dashboard [role=alert]").count();
      if (failed) throw new Error(`${failed} panels failed`);
    }],
    ["the last one is moved and sized by keys", async () => {
      const before = await place(page);
      const handle = button(page, /^Move walk pie/, false);
      await handle.focus();
      const step = before.x > 1 ? "ArrowLeft" : "ArrowRight";
      await handle.press("Shift+ArrowLeft");
      await differs(page, "w", before);
      await handle.press(step);
      await differs(page, "x", before);
      await handle.press("Shift+ArrowDown");
      await differs(page, "h", before);
    }],
    ["it is sized by a drag of its corner, and moved by its head", async () => {
      const card = page.locator(".react-grid-item", { has: page.getByRole("heading", { name: "walk pie" }) });
      const before = await place(page);
      const corner = card.locator(".react-resizable-handle-se");
      await corner.scrollIntoViewIfNeeded();
      const box = await corner.boundingBox();
      await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
      await page.mouse.down();
      await page.mouse.move(box.x - 20, box.y + 60, { steps: 5 });
      await page.mouse.move(box.x - 20, box.y + 110, { steps: 5 });
      await page.mouse.up();
      await differs(page, "h", before);
      const sized = await place(page);
      await drag(page, card.locator("header"), 0.4, sized.x > 1 ? -0.8 : 1.2);
      await differs(page, "x", sized);
    }],
    ["it gets a variable", async () => {
      await button(page, "Settings").click();
      await button(page, "Add a variable").click();
      await shown(page.locator(".variables select"));
    }],
    ["it is saved under a name", async () => {
      await button(page, "Save as").click();
      await page.locator(".save-as").getByLabel("Title").fill("Walked board");
      await page.locator(".save-as").getByRole("button", { name: "Save", exact: true }).click();
      await address(page, /^\/dashboards\/walked-board/);
      await shown(page.getByRole("heading", { level: 1, name: "Walked board" }));
      id = new URL(page.url()).pathname.split("/").pop();
    }],
    ["all of it is there after a reload", async () => {
      await page.reload();
      await holds(async () => (await panels(page).count()) === TYPES.length, async () => `${await panels(page).count()} panels`);
      await gone(page.locator(".dashboard .chart-wait"));
    }],
    ["the variable narrows", async () => {
      const select = page.locator(".variables select").first();
      await holds(async () => (await select.locator("option").count()) > 1);
      await select.selectOption({ index: 1 });
      await address(page, /var-/);
    }],
    ["it is taken along as a file", async () => {
      await button(page, "More").click();
      const [download] = await Promise.all([page.waitForEvent("download"), button(page, "Export as JSON").click()]);
      file = `${plan.shots}/${download.suggestedFilename()}`;
      await download.saveAs(file);
      const body = JSON.parse(readFileSync(file, "utf8"));
      if (body.panels.length !== TYPES.length || body.variables.length !== 1) throw new Error("the file does not hold all of it");
    }],
    ["the file makes another one", async () => {
      await page.goto(`${plan.urls.demo}/dashboards`);
      await page.getByLabel("A dashboard as JSON").setInputFiles(file);
      await holds(async () => (await panels(page).count()) === TYPES.length);
      await button(page, "Save as").click();
      await page.locator(".save-as").getByLabel("Title").fill("Walked twice");
      await page.locator(".save-as").getByRole("button", { name: "Save", exact: true }).click();
      await address(page, /^\/dashboards\/walked-twice/);
    }],
    ["both are deleted", async () => {
      await page.goto(`${plan.urls.demo}/dashboards`);
      for (const title of ["Walked board", "Walked twice"]) {
        const row = page.locator(".dashboard-row", { hasText: title });
        await row.getByRole("button", { name: "Delete", exact: true }).click();
        await row.getByRole("button", { name: "Sure?" }).click();
        await gone(row);
      }
      const { status } = await fetch(`${plan.urls.demo}/api/v1/dashboards/${id}`);
      if (status !== 404) throw new Error(`the server still answers ${status}`);
    }],
  ];
};
