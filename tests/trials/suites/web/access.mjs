// A server that asks who comes: logging in and out, what each role sees, a key that is shown once, and the record of all of it.
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { settled, watch } from "./browser.mjs";
import { judged } from "./pages.mjs";
import { serve } from "./server.mjs";
import { button, gone, LIMIT, run, shown } from "./steps.mjs";

const PASSWORD = "a knot tied in the dark";
const SCREENS = [["light", 1440], ["dark", 390]];
const CONFIG = '[access]\nmode = "required"\n\n[project.shop]\n';

/** Who came by an initial password, by the width of the page that they come by, and what they choose instead. */
const newcomer = (width) => `nina-${width}`;
const OWN = "untied and tied again";

/** People who are made before the server starts: two with passwords of their own, and one for each width whose password somebody else chose. */
function people(plan, folder) {
  const add = (name, role, ...more) =>
    execFileSync(plan.binary, ["users", "add", name, "--role", role, "--data-dir", folder, ...more], { input: `${PASSWORD}\n`, stdio: ["pipe", "ignore", "inherit"] });
  add("ada", "admin", "--own-password");
  add("vera", "viewer", "--own-password");
  for (const [, width] of SCREENS) add(newcomer(width), "viewer");
}

async function login(page, name, password) {
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await button(page, "Log in").click();
}

export async function access(browser, plan) {
  const wrong = [];
  const folder = `${plan.folder}/access`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/quipu.toml`, CONFIG);
  people(plan, folder);
  const server = await serve(plan, folder, "127.0.0.1:0", ["--config", `${folder}/quipu.toml`]);
  const { http } = server.urls;
  let seen = 0;
  for (const [colorScheme, width] of SCREENS) {
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 }, reducedMotion: "reduce", locale: "en-US" });
    const page = await context.newPage();
    page.setDefaultTimeout(LIMIT);
    // Whoever is not known, or may not, is refused on purpose.
    watch(page, http, (what) => wrong.push(`${width}: ${what}`), (path) => path.startsWith("/api/"));
    const picture = async (name) => {
      seen += 1;
      for (const what of await judged(page, plan)) wrong.push(`axe: ${name}-${width}: ${what}`);
      await page.screenshot({ path: `${plan.shots}/access-${name}-${colorScheme}-${width}.png` });
    };
    await run(wrong, `access ${width}`, steps(page, http, width, picture));
    await context.close();
  }
  server.child.kill("SIGTERM");
  return { seen, wrong };
}

function steps(page, http, width, picture) {
  return [
    ["a stranger sees the login and nothing else", async () => {
      await page.goto(`${http}/traces`);
      await shown(page.getByRole("heading", { name: "Log in to Quipu" }));
      if (await page.locator("nav").count()) throw new Error("the menu is there");
      await picture("login");
    }],
    ["a wrong password is refused", async () => {
      await login(page, "ada", "not her password at all");
      await shown(page.getByRole("alert"));
      await picture("refused");
    }],
    ["the right one lets in, to the page that was asked for", async () => {
      await login(page, "ada", PASSWORD);
      await gone(page.getByRole("heading", { name: "Log in to Quipu" }));
      await settled(page);
      if (new URL(page.url()).pathname !== "/traces") throw new Error(`it is ${page.url()}`);
    }],
    ["the other project can be looked at", async () => {
      if (width < 600) return;
      await page.getByLabel("Project", { exact: true }).first().selectOption("shop");
      await page.waitForURL(`${http}/`);
      await settled(page);
      await page.getByLabel("Project", { exact: true }).first().selectOption("default");
      await settled(page);
    }],
    ["a key is made and shown once", async () => {
      await page.goto(`${http}/access`);
      await settled(page);
      await button(page, "New key").click();
      await page.getByLabel("Name", { exact: true }).fill(`checkout-${width}`);
      await picture("new-key");
      await button(page, "Create key").click();
      await shown(page.locator(".key-once code"));
      const key = await page.locator(".key-once code").innerText();
      if (!/^qk_/.test(key)) throw new Error(`no key: ${key.length} characters`);
      await picture("key");
      await button(page, "I've saved it").click();
      await page.reload();
      await settled(page);
      if ((await page.locator("body").innerText()).includes(key)) throw new Error("the key is still to be seen");
    }],
    ["a user is listed with the role", async () => {
      await shown(page.getByRole("row", { name: /vera/ }));
      await shown(page.getByRole("row", { name: newcomer(390) }).getByText("initial password", { exact: true }));
      await picture("users");
    }],
    ["what was done is in the record, and the record is whole", async () => {
      await page.goto(`${http}/audit`);
      await settled(page);
      await shown(page.getByText("login", { exact: true }));
      await button(page, "Verify").click();
      await shown(page.getByText(/^Intact/));
      await picture("audit");
    }],
    ["logging out ends it", async () => {
      await page.request.post(`${http}/api/v1/logout`, { data: {}, headers: { origin: http } });
      await page.goto(`${http}/`);
      await shown(page.getByRole("heading", { name: "Log in to Quipu" }));
    }],
    ["a viewer sees no key and no user", async () => {
      await login(page, "vera", PASSWORD);
      await gone(page.getByRole("heading", { name: "Log in to Quipu" }));
      await page.goto(`${http}/access`);
      await settled(page);
      await shown(page.getByText("Only admins can see and change keys and users."));
      if (await page.getByText("checkout").count()) throw new Error("a viewer sees a key");
      await picture("viewer");
    }],
    ["a viewer sees what is kept and held, and who may change it", async () => {
      await page.goto(`${http}/data`);
      await settled(page);
      await shown(page.getByText(/^Nothing expires/));
      await shown(page.getByText("Only editors and admins can keep traces or stop keeping them."));
      await shown(page.getByText("Only admins can delete the data of a user or session."));
      if (await button(page, "Preview").count()) throw new Error("a viewer can look for somebody");
      await picture("data-viewer");
    }],
    ...first(page, http, width, picture),
  ];
}

/** A password that somebody else chose is changed before anything else is shown. */
function first(page, http, width, picture) {
  const heading = page.getByRole("heading", { name: "Choose your own password" });
  const change = async (old, password, again) => {
    await page.getByLabel("Current password", { exact: true }).fill(old);
    await page.getByLabel("New password", { exact: true }).fill(password);
    await page.getByLabel("New password, again", { exact: true }).fill(again);
    await button(page, "Change the password").click();
  };
  return [
    ["whoever comes by an initial password sees nothing before it is changed", async () => {
      await page.request.post(`${http}/api/v1/logout`, { data: {}, headers: { origin: http } });
      await page.goto(`${http}/sessions`);
      await login(page, newcomer(width), PASSWORD);
      await shown(heading);
      if (await page.locator("nav").count()) throw new Error("the menu is there");
      await picture("first-password");
      await page.goto(`${http}/traces`);
      await shown(heading);
    }],
    ["what cannot be the new password is said at its field", async () => {
      await change(PASSWORD, OWN, `${OWN}!`);
      await shown(page.getByText("The passwords differ."));
      await change(PASSWORD, PASSWORD, PASSWORD);
      await shown(page.locator(".is-wrong").getByText(/old one/));
      await picture("first-password-refused");
      await change("not the old password", OWN, OWN);
      await shown(page.locator(".is-wrong").getByText(/old password is wrong/));
    }],
    ["once it is changed, the page that was asked for is there", async () => {
      await change(PASSWORD, OWN, OWN);
      await gone(heading);
      await settled(page);
      if (new URL(page.url()).pathname !== "/traces") throw new Error(`it is ${page.url()}`);
      if ((await page.locator("nav").count()) === 0) throw new Error("the menu is not there");
    }],
  ];
}
