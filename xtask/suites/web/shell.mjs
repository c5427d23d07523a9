// What every page has: the palette, keys, theme, language, the period before, and the way from a number to its traces.
import { address, button, drag, holds, rowsOf, shown, gone } from "./steps.mjs";

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

export const overview = (page) => [
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
    await page.getByRole("checkbox", { name: "Compare with the period before" }).check();
    await page.keyboard.press("Escape");
    await address(page, /compare=1/);
    await shown(page.locator(".stat-delta, .stat-note .faint"));
    await shown(page.getByText("compared", { exact: true }));
  }],
  ["a drag over a chart narrows the range", async () => {
    await drag(page, page.getByRole("slider", { name: "Read Requests per minute at a time" }), 0.4, 0.8);
    await address(page, /since=.*until=|until=.*since=/);
  }],
  ["arrow keys read the chart", async () => {
    const chart = page.getByRole("slider", { name: "Read Requests per minute at a time" });
    await chart.focus();
    await page.keyboard.press("End");
    await holds(async () => !/Arrow keys/.test(await chart.getAttribute("aria-valuetext")));
  }],
  ["a chart is a table too", async () => {
    await button(page, "Show Requests per minute as a table").click();
    await shown(page.getByRole("region", { name: "Requests per minute" }).getByRole("row"));
  }],
];
