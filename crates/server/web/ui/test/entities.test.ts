import { describe, expect, it } from "vitest";
import { entitiesFor, type NamedEntity } from "../src/lib/entities";

const known: NamedEntity[] = [
  { field: "model", value: "gpt-4o", count: 5 },
  { field: "model", value: "gpt-4o-mini", count: 9 },
  { field: "agent", value: "My-gpt", count: 90 },
  { field: "user", value: "ada", count: 2 },
];
const names = (text: string, most = 8) => entitiesFor(text, known, most).map((one) => one.value);

describe("entities by name", () => {
  it("are found by any part of their name or kind, those that begin so first", () => {
    expect(names("GPT")).toEqual(["gpt-4o-mini", "gpt-4o", "My-gpt"]);
    expect(names("gpt mini")).toEqual(["gpt-4o-mini"]);
    expect(names("user")).toEqual(["ada"]);
    expect(names("nobody")).toEqual([]);
  });

  it("are not listed before something is typed, and no more than asked for", () => {
    expect(names("  ")).toEqual([]);
    expect(names("gpt", 2)).toHaveLength(2);
  });
});
