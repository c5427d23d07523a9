// An empty server gets its first trace: every page that said so shows data within three seconds, by itself.
import { first as line, settled, watch } from "./browser.mjs";
import { sendTrace, text } from "./send.mjs";
import { serve } from "./server.mjs";

const LIMIT_MS = 3_000;
const PATHS = ["/", "/traces", "/sessions", "/users", "/agents", "/models", "/cost", "/map"];

export async function first(browser, plan) {
  const wrong = [];
  const { child, urls } = await serve(plan, `${plan.folder}/first`, "127.0.0.1:0");
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "en-US" });
  try {
    const pages = [];
    for (const path of PATHS) {
      const page = await context.newPage();
      watch(page, urls.http, (what) => wrong.push(`${path}: ${what}`));
      await page.goto(urls.http + path);
      await settled(page);
      await page.locator(".teach").waitFor({ timeout: 10_000 }).catch(() => wrong.push(`${path}: does not say how to send`));
      pages.push([path, page]);
    }
    const attributes = [text("gen_ai.agent.name", "greeter"), text("gen_ai.conversation.id", "first-talk"), text("user.id", "ada")];
    await sendTrace(urls.http, "hello", undefined, { attributes });
    const sent = Date.now();
    const awake = ([path, page]) => page.locator("main .state").waitFor({ state: "detached", timeout: LIMIT_MS * 3 })
      .then(() => Date.now() - sent, (error) => wrong.push(`${path}: still empty: ${line(error)}`) && 0);
    const took = await Promise.all(pages.map(awake));
    took.forEach((ms, index) => ms > LIMIT_MS && wrong.push(`${PATHS[index]}: shows its first data after ${ms} ms`));
  } finally {
    await context.close();
    child.kill();
  }
  return { seen: PATHS.length, wrong };
}
