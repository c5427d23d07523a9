// What was said: found by its words, marked where it stands, formatted, and told at the head of the trace.
import { send, text } from "./send.mjs";
import { address, button, gone, holds, meets, rowsOf, shown } from "./steps.mjs";

const hex = (bytes) => Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, "0")).join("");
const MODEL = "walk-model-7b";

/** An agent with a look-up of two documents and one call, whose answer is Markdown. */
async function sendTalk(url, session) {
  const now = BigInt(Date.now()) * 1_000_000n;
  const traceId = hex(16);
  const [root, look, call] = [hex(8), hex(8), hex(8)];
  const span = (spanId, parentSpanId, name, attributes) => ({ traceId, spanId, parentSpanId, name, kind: 1,
    startTimeUnixNano: String(now - 2_000_000_000n), endTimeUnixNano: String(now), attributes: [...attributes, text("gen_ai.conversation.id", session)] });
  const messages = (role, said) => JSON.stringify([{ role, parts: [{ type: "text", content: said }] }]);
  const documents = [["refunds.md", "Refunds take five days.", "0.91"], ["shipping.md", "We ship on Mondays.", "0.42"]].flatMap(([id, content, score], at) =>
    Object.entries({ id, content, score }).map(([name, value]) => text(`retrieval.documents.${at}.document.${name}`, value)));
  const answer = "A refund takes **five days**.\n\n| step | day |\n|---|---|\n| parcel checked | 2 |\n\nThe word is quillwort.";
  await send(url, "/v1/traces", { resourceSpans: [{ resource: { attributes: [text("service.name", "walked")] }, scopeSpans: [{ scope: { name: "test" }, spans: [
    span(root, undefined, "invoke_agent refunder", [text("gen_ai.operation.name", "invoke_agent"), text("gen_ai.agent.name", "refunder")]),
    span(look, root, "look up", [text("openinference.span.kind", "RETRIEVER"), ...documents]),
    span(call, root, "some.sdk.request", [text("gen_ai.operation.name", "chat"), text("gen_ai.provider.name", "openai"), text("gen_ai.request.model", MODEL),
      text("gen_ai.input.messages", messages("user", "How long does my refund take?")), text("gen_ai.output.messages", messages("assistant", answer)),
      { key: "gen_ai.usage.input_tokens", value: { intValue: "120" } }, { key: "gen_ai.usage.output_tokens", value: { intValue: "30" } }]),
  ] }] }] });
  return traceId;
}

export const said = (page, plan) => {
  const session = `talk-${hex(4)}`;
  const row = (name) => page.locator(".waterfall-row").filter({ hasText: name });
  const panel = page.getByRole("complementary", { name: "Span", exact: true });
  return [
    ["words of an answer find the trace and are marked in it", async () => {
      const trace = await sendTalk(plan.urls.demo, session);
      await page.goto(`${plan.urls.demo}/traces?range=1h&filter=${encodeURIComponent(`quillwort session:${session}`)}`);
      await holds(async () => {
        if (await rowsOf(page, "Traces").count()) return true;
        await page.reload();
        await page.waitForTimeout(500);
        return false;
      });
      await rowsOf(page, "Traces").first().click();
      await address(page, new RegExp(`^/traces/${trace}.*find=quillwort`));
      await meets(panel.locator("mark", { hasText: "quillwort" }));
    }],
    ["the answer is formatted, and raw on request", async () => {
      await shown(panel.locator(".md strong", { hasText: "five days" }));
      await shown(panel.getByRole("cell", { name: "parcel checked" }));
      await panel.locator(".role-assistant").hover();
      await meets(button(panel, "Copy the message").last());
      await button(panel.locator(".role-assistant"), "Raw").click();
      await shown(panel.getByText("**five days**"));
      await button(panel.locator(".role-assistant"), "Formatted").click();
    }],
    ["the panel names model and tokens", async () => {
      await shown(panel.getByRole("heading", { name: MODEL }));
      await shown(panel.getByText("120 in → 30 out"));
    }],
    ["a row is named by its model, and documents are cards", async () => {
      await shown(row(MODEL));
      await row("look up").click();
      await panel.getByRole("tab", { name: /^Documents/ }).waitFor();
      await meets(panel.locator(".document").filter({ hasText: "refunds.md" }).getByText("Refunds take five days."));
      await holds(async () => (await panel.locator(".document").count()) === 2);
    }],
    ["without a span the trace says what was asked and answered", async () => {
      await button(panel, "Close").click();
      await gone(panel);
      const digest = page.getByRole("complementary", { name: "Summary of the trace" });
      await meets(digest.getByText("How long does my refund take?"));
      await shown(digest.getByText(/A refund takes/));
    }],
    ["the session opens at the words too", async () => {
      await page.goto(`${plan.urls.demo}/sessions/${session}?find=quillwort`);
      await meets(page.locator("mark", { hasText: "quillwort" }));
    }],
  ];
};
