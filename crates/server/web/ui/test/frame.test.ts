import { describe, expect, it } from "vitest";
import { frameLinks, framePages } from "../scripts/frame.mjs";
import { PAGES } from "../src/state/pages";

describe("the frame of index.html", () => {
  it("has the pages that everybody has, in their order", () => {
    const everybodys = PAGES.filter(({ isFor }) => !isFor);
    expect(framePages()).toEqual(
      everybodys.map(({ path, label, group, front = false }) => ({ path, label: label(), group, front })),
    );
  });

  it("names them in each language", () => {
    const links = frameLinks();
    expect(links).toContain('<b lang="en">Cost</b><b lang="de">Kosten</b>');
    expect(links).not.toMatch(/undefined|style=/);
  });
});
