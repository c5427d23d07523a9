// What the walks are made of: steps in order, and the conditions that they wait for.
import { first } from "./browser.mjs";

/** How long anything that is asked for may take to be on the screen. */
export const LIMIT = 30_000;

/** Takes the steps in order; the first that fails ends the walk and says where. */
export async function run(wrong, name, steps) {
  for (const [what, step] of steps) {
    try {
      await step();
    } catch (error) {
      wrong.push(`${name}: ${what}: ${first(error)}`);
      return;
    }
  }
}

/** Waits until the query of the address reads so; a pattern that must not be there is given with `none`. */
export const address = (page, pattern) => page.waitForURL((url) => pattern.test(url.pathname + decodeURIComponent(url.search)), { timeout: LIMIT });

/** Waits until the check holds, and tells what was there instead. */
export async function holds(check, told = () => "it never holds") {
  const until = Date.now() + LIMIT;
  while (!(await check())) {
    if (Date.now() > until) throw new Error(await told());
    await new Promise((later) => setTimeout(later, 50));
  }
}

export const shown = (locator) => locator.first().waitFor({ timeout: LIMIT });
export const gone = (locator) => locator.first().waitFor({ state: "detached", timeout: LIMIT });
export const button = (within, name, exact = true) => within.getByRole("button", { name, exact });
/** Picks one of the choices beside each other. */
export const segment = (page, name) => page.locator(".segments").getByRole("button", { name, exact: true }).first();

/** Drags over a part of the element, from share to share of its width. */
export async function drag(page, locator, from, to) {
  await locator.scrollIntoViewIfNeeded();
  const box = await locator.boundingBox();
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width * from, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * ((from + to) / 2), y, { steps: 4 });
  await page.mouse.move(box.x + box.width * to, y, { steps: 4 });
  await page.mouse.up();
}

/** Data rows of the list with this name, as they are on the screen. */
export const rowsOf = (page, name) => page.getByRole("table", { name, exact: true }).locator(".grid-row");

/** How many different colours the picture of an element has. */
export async function colours(page, locator) {
  const picture = (await locator.screenshot({ timeout: 30_000 })).toString("base64");
  return page.evaluate(async (text) => {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    return new Set(new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer)).size;
  }, picture);
}

/** Waits until the middle of an element is within the window and is what a click there would meet. */
export async function meets(locator) {
  await shown(locator);
  const seen = () => locator.first().evaluate((element) => {
    const { left, right, top, bottom } = element.getBoundingClientRect();
    const within = left >= 0 && top >= 0 && right <= window.innerWidth && bottom <= window.innerHeight;
    const met = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    return within && met !== null && (element.contains(met) || met.contains(element));
  });
  await holds(seen, async () => `${await locator.first().innerText()} cannot be seen at ${JSON.stringify(await locator.first().boundingBox())}`);
}
