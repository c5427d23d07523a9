// What is kept, held and forgotten, on a server with rules of its own: a trace is held and released, the rules are looked at and
// followed, and somebody is forgotten with proof.
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { json, settled, watch } from "./browser.mjs";
import { judged } from "./pages.mjs";
import { sendTrace, text } from "./send.mjs";
import { serve } from "./server.mjs";
import { button, gone, holds, LIMIT, run, shown } from "./steps.mjs";

const SCREENS = [["light", 1440], ["dark", 390]];
const CONFIG = '[retention]\ntraces = "3d"\nlogs = "12h"\nmax_bytes = "2GiB"\n\n[[retention.rule]]\nservice = "checkout"\ntraces = "90d"\n';
const OLD_DAYS = 10;
/** Holds; the page draws 100 at a time. */
const MANY = 103;
/** The server follows its rules for the first time 20 seconds after its start. */
const FIRST_RUN_MS = 60_000;

async function wouldGo(http) {
  const answer = await fetch(`${http}/api/v1/retention/preview`, { method: "POST", headers: { "content-type": "application/json", origin: http }, body: "{}" });
  if (!answer.ok) throw new Error(`no preview: ${answer.status}`);
  return (await answer.json()).days;
}

const spansOf = async (http, id) => (await json(`${http}/api/v1/traces/${id}`)).spans?.length ?? 0;

/**
 * Once the first run is over, the next one is minutes away: what is sent then goes by hand or not at all. The server takes the
 * newest record for the present, so that one of today goes first.
 */
async function firstRun(http) {
  await sendTrace(http, "walk-today");
  await sendTrace(http, "walk-before", undefined, { days: OLD_DAYS });
  const until = Date.now() + FIRST_RUN_MS;
  while ((await wouldGo(http)).length > 0) {
    if (Date.now() > until) throw new Error("the server does not follow its rules by itself");
    await new Promise((later) => setTimeout(later, 250));
  }
}

export async function data(browser, plan) {
  const wrong = [];
  const folder = `${plan.folder}/data`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/quipu.toml`, CONFIG);
  const server = await serve(plan, folder, "127.0.0.1:0", ["--config", `${folder}/quipu.toml`]);
  const { http } = server.urls;
  let seen = 0;
  try {
    await firstRun(http);
    for (const [colorScheme, width] of SCREENS) {
      const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 }, reducedMotion: "reduce", locale: "en-US" });
      const page = await context.newPage();
      page.setDefaultTimeout(LIMIT);
      watch(page, http, (what) => wrong.push(`${width}: ${what}`));
      const picture = async (name) => {
        seen += 1;
        for (const what of await judged(page, plan)) wrong.push(`axe: ${name}-${width}: ${what}`);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        if (wide > 1) wrong.push(`${name}-${width}: the page is ${wide} px wider than the window`);
        await page.screenshot({ path: `${plan.shots}/data-${name}-${colorScheme}-${width}.png`, fullPage: true });
      };
      const walk = { page, http, width, picture, user: `walked-user-${width}`, note: `incident ${width}` };
      await run(wrong, `data ${width}`, [...held(walk), ...followed(walk), ...forgotten(walk), ...german(walk), ...many(walk)]);
      await context.close();
    }
  } finally {
    server.child.kill("SIGTERM");
  }
  return { seen, wrong };
}

const opened = async ({ page, http }, path) => {
  await page.goto(http + path);
  await settled(page);
};

/** A part of the page by its heading. */
const part = (page, title) => page.locator("section.part").filter({ has: page.getByRole("heading", { name: title }) });

function held(walk) {
  const { page, http, picture, user, note } = walk;
  return [
    ["a trace is held from its page, with a note", async () => {
      walk.trace = await sendTrace(http, "walk-held", undefined, { attributes: [text("user.id", user)] });
      await opened(walk, `/traces/${walk.trace}`);
      await button(page, "Keep").click();
      const form = page.getByRole("dialog", { name: "Keep this trace" });
      await form.getByLabel("Note", { exact: true }).fill(note);
      await picture("hold");
      await page.keyboard.press("Enter");
      await gone(form);
      await shown(page.locator(".held-line").getByText(note));
      if (await button(page, "Keep").count()) throw new Error("it can be held once more");
      await picture("held");
    }],
    ["it is listed, and released", async () => {
      await opened(walk, "/data");
      const row = page.getByRole("row", { name: new RegExp(walk.trace.slice(0, 12)) });
      await shown(row.getByText(note));
      await picture("rules");
      await row.getByRole("button", { name: /^Stop keeping: / }).click();
      await row.getByRole("button", { name: /^Stop keeping it: / }).click();
      await shown(page.getByText(/^No kept traces/));
      const { holds: left } = await json(`${http}/api/v1/holds`);
      if (left.length > 0) throw new Error(`the server still has ${left.length}`);
    }],
  ];
}

function followed(walk) {
  const { page, http, picture } = walk;
  return [
    ["the rules are told: those in force, and for whom", async () => {
      await shown(page.getByRole("row", { name: /service checkout.*90 days/ }));
      await shown(page.getByRole("row", { name: /everything else.*3 days.*12 hours.*forever/ }));
      await shown(page.getByText(/of 2\.00.GiB/));
    }],
    ["a preview says what would go, and removes nothing", async () => {
      walk.old = await sendTrace(http, "walk-old", undefined, { days: OLD_DAYS });
      await button(part(page, "Retention"), "Preview").click();
      await shown(page.getByText(/^Nothing is removed yet/));
      await shown(page.getByRole("row", { name: /reduced by age/ }));
      await picture("preview");
      if ((await spansOf(http, walk.old)) !== 1) throw new Error("its span is gone");
    }],
    ["a run by hand removes it, after a second click", async () => {
      await button(page, /^Run now/, false).click();
      if ((await spansOf(http, walk.old)) !== 1) throw new Error("the first click has removed it");
      await button(page, /^Delete permanently/, false).click();
      await shown(page.getByText(/are free now/));
      const days = await wouldGo(http);
      if (days.length > 0 || (await spansOf(http, walk.old)) > 0) throw new Error(`it is still there: ${JSON.stringify(days)}`);
    }],
  ];
}

function forgotten(walk) {
  const { page, http, picture, user } = walk;
  const proof = page.locator(".data-proof pre");
  return [
    ["a look says what there is of somebody", async () => {
      await page.getByLabel("User ID", { exact: true }).fill(`nobody-${user}`);
      await button(part(page, "Delete a user's data"), "Preview").click();
      await shown(page.getByText(/^No data with this ID is stored/));
      await page.getByLabel("User ID", { exact: true }).fill(user);
      await button(part(page, "Delete a user's data"), "Preview").click();
      await shown(page.getByText(/^Found data/));
      await shown(page.getByRole("row", { name: /^store traces 1$/ }));
      await picture("look");
    }],
    ["nothing goes before the id is typed once more", async () => {
      await button(page, "Delete …").click();
      const sure = page.getByRole("dialog", { name: "Delete permanently" });
      const field = sure.getByLabel("Type the ID again", { exact: true });
      await field.fill(`${user}x`);
      if (await button(sure, "Delete permanently").isEnabled()) throw new Error("another id will do");
      await picture("sure");
      await field.fill(user);
      await button(sure, "Delete permanently").click();
      await shown(page.getByText(/^Deleted\./));
      await picture("proof");
    }],
    ["the proof holds, and does not say who", async () => {
      const told = JSON.parse(await proof.innerText());
      const hash = createHash("sha256").update(`${told.salt}:${user}`).digest("hex");
      if (!told.complete || told.remaining !== 0 || told.id_sha256 !== hash) throw new Error(`it is no proof: ${JSON.stringify(told)}`);
      await holds(async () => (await fetch(`${http}/api/v1/traces/${walk.trace}`)).status === 404, () => "the trace is still there");
    }],
    ["the id stays in no address, storage or form", async () => {
      const kept = await page.evaluate(() => location.href + JSON.stringify({ ...localStorage, ...sessionStorage }) +
        document.body.innerText + [...document.querySelectorAll("input")].map((field) => field.value).join());
      if (kept.includes(user)) throw new Error("it is still to be seen");
    }],
  ];
}

/** Last of all, because it leaves so many behind. */
function many(walk) {
  const { page, http, width, picture } = walk;
  if (width > 600) return [];
  const rows = page.locator(".data-holds tbody tr");
  return [
    ["of many holds a hundred are drawn, the others when they are asked for", async () => {
      const headers = { "content-type": "application/json", origin: http };
      for (let at = 0; at < MANY; at += 1) {
        const id = await sendTrace(http, "walk-many");
        const { status } = await fetch(`${http}/api/v1/traces/${id}/hold`, { method: "POST", headers, body: "{}" });
        if (status !== 200) throw new Error(`the server does not hold it: ${status}`);
      }
      await opened(walk, "/data");
      if ((await rows.count()) !== 100) throw new Error(`${await rows.count()} are drawn`);
      await picture("many");
      await button(page, `${MANY - 100} more`).click();
      await holds(async () => (await rows.count()) === MANY, async () => `${await rows.count()} are drawn`);
    }],
  ];
}

function german(walk) {
  const { page, width, picture } = walk;
  if (width < 600) return [];
  return [
    ["German words", async () => {
      await button(page, /change to Deutsch/, false).click();
      await page.locator("html[lang=de]").waitFor();
      await shown(page.getByRole("heading", { level: 2, name: "Daten eines Nutzers löschen" }));
      await settled(page);
      await picture("german");
    }],
  ];
}
