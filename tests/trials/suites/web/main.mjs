// The cases of the suite, by name, as the plan asks for them. Prints one JSON line: {cases:[{name, seen, wrong:[…]}]}.
// usage: node main.mjs PLAN.json
import { readFileSync } from "node:fs";
import { access } from "./access.mjs";
import { first, launch } from "./browser.mjs";
import { data } from "./data.mjs";
import { first as firstTrace } from "./first.mjs";
import { hostile } from "./hostile.mjs";
import { load } from "./load.mjs";
import { visit } from "./pages.mjs";
import { pictures } from "./pictures.mjs";
import { restart } from "./restart.mjs";
import { corners, figuresOpen, walks } from "./walks.mjs";
import { widths } from "./widths.mjs";

const plan = JSON.parse(readFileSync(process.argv[2], "utf8"));
const BOTH = [["light", 1440], ["dark", 390]];

const CASES = {
  demo: (browser) => visit(browser, plan, plan.urls.demo, "demo", { looks: BOTH, axe: true }),
  empty: (browser) => visit(browser, plan, plan.urls.empty, "empty", { looks: [["light", 1440], ["dark", 390]], axe: true }),
  failing: (browser) => visit(browser, plan, plan.urls.demo, "failing", { looks: [["light", 1440]], failing: true }),
  large: (browser) => visit(browser, plan, plan.urls.large, "large", { looks: [["light", 1440]] }),
  walks: (browser) => walks(browser, plan),
  corners: (browser) => corners(browser, plan),
  hostile: (browser) => hostile(browser, plan),
  restart: (browser) => restart(browser, plan),
  access: (browser) => access(browser, plan),
  data: (browser) => data(browser, plan),
  first: (browser) => firstTrace(browser, plan),
  load: (browser) => load(browser, plan),
  behind: (browser) => figuresOpen(browser, plan),
  widths: (browser) => widths(browser, plan),
  pictures: (browser) => pictures(browser, plan),
};

const cases = [];
for (const name of plan.cases) {
  const begun = Date.now();
  const browser = await launch(plan);
  try {
    cases.push({ name, ...(await CASES[name](browser)), seconds: Math.round((Date.now() - begun) / 1000) });
  } catch (error) {
    cases.push({ name, seen: 0, wrong: [first(error)] });
  } finally {
    await browser.close();
  }
  for (const figure of cases.at(-1).figures ?? []) console.error(`${name}: ${figure}`);
  console.error(`${name}: ${Math.round((Date.now() - begun) / 1000)} s`);
}
console.log(JSON.stringify({ cases: cases.map((found) => ({ ...found, wrong: [...new Set(found.wrong)] })) }));
