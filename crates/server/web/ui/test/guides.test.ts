import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { helpOf } from "../src/lib/guides";
import { PAGES, pageOf } from "../src/state/pages";

const help = (path: string) => helpOf(pageOf(path)?.path ?? "", path);

describe("help of pages", () => {
  it("is there for every page, with a chapter of the guide that exists", () => {
    const paths = PAGES.flatMap(({ path, also }) => [path, ...(also ?? [])]);
    const chapters = paths.map((path) => help(path)?.guide.replace(/^\/docs\//, "") ?? `none for ${path}`);
    const guide = new URL("../../../../../docs/guide/", import.meta.url);
    expect(chapters.filter((chapter) => !existsSync(new URL(chapter, guide)))).toEqual([]);
  });

  it("tells apart the tabs of one page, and one record from its list", () => {
    const texts = [
      "/traces",
      "/traces/0af7",
      "/calls",
      "/tool-runs",
      "/spans",
      "/sessions",
      "/sessions/s1",
    ].map((path) => help(path)?.text);
    expect(new Set(texts).size).toBe(texts.length);
  });
});
