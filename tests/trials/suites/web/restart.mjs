// The server is killed while a page is open, and comes back on the same address: the page says so, keeps what it shows,
// and goes on by itself.
import { once } from "node:events";
import { watch } from "./browser.mjs";
import { serve } from "./server.mjs";
import { run } from "./steps.mjs";

/** One trace of one LLM call, by OTLP. */
async function send(urls, name) {
  const hex = (bytes) => Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const now = BigInt(Date.now()) * 1_000_000n;
  const text = (key, value) => ({ key, value: { stringValue: value } });
  const span = { traceId: hex(16), spanId: hex(8), name, kind: 3, startTimeUnixNano: String(now - 1_000_000_000n), endTimeUnixNano: String(now),
    attributes: [text("gen_ai.operation.name", "chat"), text("gen_ai.provider.name", "openai"), text("gen_ai.request.model", "gpt-4o"),
      { key: "gen_ai.usage.input_tokens", value: { intValue: "10" } }, { key: "gen_ai.usage.output_tokens", value: { intValue: "5" } }] };
  const body = { resourceSpans: [{ resource: { attributes: [text("service.name", "restarted")] }, scopeSpans: [{ scope: { name: "test" }, spans: [span] }] }] };
  const answer = await fetch(`${urls.otlp_http}/v1/traces`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`the server took no span: ${answer.status}`);
}

export async function restart(browser, plan) {
  const wrong = [];
  const folder = `${plan.folder}/restart`;
  let server = await serve(plan, folder, "127.0.0.1:0");
  const { http } = server.urls;
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  let down = false;
  // What fails while the server is down is the case itself.
  watch(page, http, (what) => down || wrong.push(what), (what) => what.startsWith("/api/"));
  const row = (name) => page.getByText(name, { exact: true }).first();
  await run(wrong, "restart", [
    ["a trace that comes is shown", async () => {
      await page.goto(`${http}/traces`);
      await page.waitForSelector("main");
      await send(server.urls, "before-the-end");
      await row("before-the-end").waitFor({ timeout: 15_000 });
    }],
    ["a lost line is told, and what was shown stays", async () => {
      down = true;
      server.child.kill("SIGKILL");
      await once(server.child, "exit");
      await page.locator(".lost-line").waitFor({ timeout: 15_000 });
      await row("before-the-end").waitFor({ timeout: 1_000 });
    }],
    ["the server comes back, and the line with it", async () => {
      server = await serve(plan, folder, new URL(http).host);
      await page.locator(".lost-line").waitFor({ state: "detached", timeout: 30_000 });
      down = false;
    }],
    ["what comes then is shown without a reload", async () => {
      await send(server.urls, "after-the-start");
      const pill = page.getByRole("button", { name: /new/ });
      await row("after-the-start").or(pill).first().waitFor({ timeout: 20_000 });
      if (!(await row("after-the-start").count())) await pill.first().click();
      await row("after-the-start").waitFor({ timeout: 10_000 });
      await row("before-the-end").waitFor({ timeout: 1_000 });
    }],
  ]);
  await page.screenshot({ path: `${plan.shots}/restart.png` });
  server.child.kill("SIGKILL");
  return { seen: 1, wrong };
}
