// What comes between a question and its answer, before the live line is open, or while another page is on the screen.
import { sendEvent, sendTrace } from "./send.mjs";
import { address, holds, rowsOf, shown } from "./steps.mjs";

const follow = async (page) => {
  await page.locator(".live-button").click();
  await page.locator(".live-button[aria-pressed=true]").waitFor();
};
const trace = (page, name) => page.getByRole("link", { name: new RegExp(name) }).first();
const event = (page, said) => rowsOf(page, "Events").filter({ hasText: said });

/** Says when the page was told of something with this word by the live line. */
function telling(page) {
  const frames = [];
  page.on("websocket", (line) => line.on("framereceived", ({ payload }) => frames.push(String(payload))));
  return (word) => holds(() => frames.some((frame) => frame.includes(word)), () => `the page was not told of ${word}`);
}

/** The head of a list is asked 1.5 s after what is told: an answer that comes later than that one is from before it. */
const later = () => new Promise((done) => setTimeout(done, 2500));

const there = (url, id) => holds(async () => (await fetch(`${url}/api/v1/traces/${id}`)).ok);

/** The list of a server that has a trace, so that the next does not show itself as the first. The range moves, so that no two
 * questions have one address: a browser puts the same one only once at a time. */
export async function oneTrace(url) {
  await there(url, await sendTrace(url, "walk-before"));
  return "/traces?range=24h";
}

export const late = (page, plan, way) => {
  const told = telling(page);
  return [["what comes while the list is awaited is shown while following", async () => {
    await follow(page);
    await way.held;
    await sendTrace(plan.urls.empty, "walk-meanwhile");
    await told("walk-meanwhile");
    await later();
    way.release();
    await shown(trace(page, "walk-meanwhile"));
  }]];
};

export const left = (page, plan) => {
  const told = telling(page);
  return [["what comes while another page is looked at is there when the list is shown again", async () => {
    await shown(rowsOf(page, "Traces"));
    await follow(page);
    await page.keyboard.press("g");
    await page.keyboard.press("y");
    await address(page, /^\/system/);
    await sendTrace(plan.urls.empty, "walk-elsewhere");
    await told("walk-elsewhere");
    await page.goBack();
    await shown(trace(page, "walk-elsewhere"));
  }]];
};

export const lateLine = (page, plan) => [
  ["what comes before the line is open is shown while following", async () => {
    await shown(rowsOf(page, "Events"));
    await follow(page);
    await sendEvent(plan.urls.demo, "said before the line", (await sendTrace(plan.urls.demo, "walk-early")));
    await shown(event(page, "said before the line"));
  }],
  ["what comes after it is shown too", async () => {
    await sendEvent(plan.urls.demo, "said on the line", (await sendTrace(plan.urls.demo, "walk-after")));
    await shown(event(page, "said on the line"));
  }],
  ["what was counted is shown once it is followed", async () => {
    await page.locator(".live-button").click();
    await sendEvent(plan.urls.demo, "said unfollowed", (await sendTrace(plan.urls.demo, "walk-counted")));
    await shown(page.locator(".new-pill"));
    await follow(page);
    await shown(event(page, "said unfollowed"));
  }],
];

export const lateEvents = (page, plan, way) => {
  const told = telling(page);
  return [["what comes while the list is awaited is shown while following", async () => {
    await follow(page);
    await way.held;
    await sendEvent(plan.urls.demo, "said meanwhile", (await sendTrace(plan.urls.demo, "walk-said")));
    await told("said meanwhile");
    await later();
    way.release();
    await shown(event(page, "said meanwhile"));
  }]];
};

export const lateTrace = (page, plan, way) => [
  ["what an open trace gains before the line is open is shown", async () => {
    const id = await sendTrace(plan.urls.demo, "walk-first");
    await there(plan.urls.demo, id);
    await page.goto(`${way.url}/traces/${id}`);
    await shown(page.getByRole("heading", { level: 1, name: "walk-first" }));
    await sendTrace(plan.urls.demo, "walk-second", id);
    await shown(page.getByText("walk-second"));
  }],
];
