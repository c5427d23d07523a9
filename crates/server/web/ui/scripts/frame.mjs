// The frame of index.html: the pages with their links, in each language, until the code is there. On a slow
// line that is seconds later.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ui } from "./sources.mjs";

const PAGE =
  /\{\s*path: "([^"]+)",\s*label: \(\) => t\("([^"]+)"\),\s*key: "\w",\s*group: "(\w+)",?([^}]*)\}/g;

/** The pages that everybody has, as `src/state/pages.ts` lists them. */
export function framePages() {
  const source = readFileSync(join(ui, "src/state/pages.ts"), "utf8");
  return [...source.matchAll(PAGE)]
    .filter(([, , , , more]) => !more.includes("isFor"))
    .map(([, path, label, group, more]) => ({ path, label, group, front: more.includes("front") }));
}

function link({ path, label, front }, german) {
  const words = german === label ? label : `<b lang="en">${label}</b><b lang="de">${german}</b>`;
  const mark = '<i class="cord-knot" aria-hidden="true"></i>';
  return `<li${front ? "" : ' class="is-beyond"'}><a href="${path}">${mark}<span>${words}</span></a></li>`;
}

/** The list of pages as HTML, a list for each group. */
export function frameLinks() {
  const german = JSON.parse(readFileSync(join(ui, "src/locales/de.json"), "utf8"));
  const pages = framePages();
  const groups = [...new Set(pages.map(({ group }) => group))];
  return groups
    .map((name) => pages.filter(({ group }) => group === name).map((page) => link(page, german[page.label])))
    .map((links) => `<ul>${links.join("")}</ul>`)
    .join("");
}

/** Fills the frame in. */
export function frame() {
  return {
    name: "frame",
    transformIndexHtml: { order: "pre", handler: (html) => html.replace("<!-- pages -->", frameLinks()) },
  };
}
