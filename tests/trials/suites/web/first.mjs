// An empty server gets its first trace: every page that said so shows data within three seconds, by itself.
import { execFileSync } from "node:child_process";
import { first as line, settled, watch } from "./browser.mjs";
import { sendTrace, text } from "./send.mjs";
import { serve } from "./server.mjs";

const LIMIT_MS = 3_000;
const PATHS = ["/", "/traces", "/sessions", "/users", "/agents", "/models", "/cost", "/map"];

/** Runs the lines that the page offers as a test, as a newcomer would who copies them. */
async function byHand(page) {
  const lines = await page.locator(".command-block pre").first().innerText();
  const answer = execFileSync("sh", ["-c", lines], { encoding: "utf8", timeout: 10_000 });
  if (/error|reject/i.test(answer)) throw new Error(`the lines of the first steps are refused: ${answer}`);
}

async function wakes(browser, plan, path, seen) {
  const { child, urls } = await serve(plan, `${plan.folder}/first${path.replaceAll("/", "-")}`, "127.0.0.1:0");
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, locale: "en-US" });
  try {
    watch(page, urls.http, seen);
    await page.goto(urls.http + path);
    await settled(page);
    await page.locator(".teach").waitFor({ timeout: 10_000 });
    if (path === "/") await byHand(page);
    const attributes = [text("gen_ai.agent.name", "greeter"), text("gen_ai.conversation.id", "first-talk"), text("user.id", "ada")];
    if (path !== "/") await sendTrace(urls.http, "hello", undefined, { attributes });
    const sent = Date.now();
    await page.locator("main .state").waitFor({ state: "detached", timeout: LIMIT_MS * 3 });
    const took = Date.now() - sent;
    if (took > LIMIT_MS) seen(`shows its first data after ${took} ms`);
  } finally {
    await page.close();
    child.kill();
  }
}

export async function first(browser, plan) {
  const wrong = [];
  for (const path of PATHS) {
    await wakes(browser, plan, path, (what) => wrong.push(`${path}: ${what}`)).catch((error) => wrong.push(`${path}: ${line(error)}`));
  }
  return { seen: PATHS.length, wrong };
}
