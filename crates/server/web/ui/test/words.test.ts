import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { placeholders, readSources } from "../scripts/words.mjs";
import de from "../src/locales/de.json";
import en from "../src/locales/en.json";

const { used, unread, unwrapped } = readSources();
const german: Record<string, string> = de;
const english: Record<string, string> = en;

const counted = new Set(used.filter(({ values }) => values?.includes("count")).map(({ key }) => key));
const forms = (key: string) => (counted.has(key) ? [`${key}_one`, `${key}_other`] : [key]);
const keys = [...new Set(used.map(({ key }) => key))].sort();
const allowed = new Set(keys.flatMap(forms));

describe("the words of the screen", () => {
  it("are found", () => {
    expect(keys.length).toBeGreaterThan(1000);
    expect(counted.size).toBeGreaterThan(20);
  });

  it("are given to t() as written texts", () => {
    expect(unread).toEqual([]);
  });

  it("stand nowhere on the screen without t()", () => {
    expect(unwrapped).toEqual([]);
  });

  it("have their values filled in", () => {
    const wrong = used.filter(
      ({ key, values }) => values && placeholders(key).some((name) => !values.includes(name.slice(1, -1))),
    );
    expect(wrong).toEqual([]);
  });

  it("count wherever they count once", () => {
    expect(used.filter(({ key, values }) => counted.has(key) && !values?.includes("count"))).toEqual([]);
  });

  it("are all there in German", () => {
    expect(keys.flatMap(forms).filter((key) => !german[key])).toEqual([]);
  });

  it("have a singular and a plural in English where they count", () => {
    expect([...counted].flatMap(forms).filter((key) => !english[key])).toEqual([]);
  });

  it.each(["en", "de"])("are sorted and stand once in the file: %s", (locale) => {
    const file = readFileSync(new URL(`../src/locales/${locale}.json`, import.meta.url), "utf8");
    const found = [...file.matchAll(/^ {2}("(?:[^"\\]|\\.)*"):/gm)].map(([, key]) => JSON.parse(key ?? ""));
    expect(found).toEqual([...new Set(found)].sort());
  });

  it.each([
    ["en", english],
    ["de", german],
  ])("keep their values and have a use: %s", (_, words) => {
    expect(Object.keys(words).filter((key) => !allowed.has(key))).toEqual([]);
    const bare = (key: string) => (allowed.has(key) ? key.replace(/_(one|other)$/, "") : key);
    const wrong = Object.entries(words).filter(
      ([key, text]) => placeholders(text).join() !== placeholders(bare(key)).join(),
    );
    expect(wrong).toEqual([]);
  });
});
