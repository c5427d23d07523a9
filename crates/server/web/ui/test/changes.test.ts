import { describe, expect, it } from "vitest";
import type { TraceSummary } from "../src/api/types";
import { markOf } from "../src/pages/trace/changes";

const tokens = { input: 10, output: 2, cache_read: 0, cache_write: 0, reasoning: 0, total: 12 };
const trace = { spans: 3, status: "running", tokens, duration_ms: 5 } as TraceSummary;

describe("an open trace", () => {
  it("is worth reading again when spans, status or tokens differ, and only then", () => {
    expect(markOf({ ...trace, duration_ms: 900 })).toBe(markOf(trace));
    expect(markOf({ ...trace, spans: 4 })).not.toBe(markOf(trace));
    expect(markOf({ ...trace, status: "ok" })).not.toBe(markOf(trace));
    expect(markOf({ ...trace, tokens: { ...tokens, cache_read: 4 } })).not.toBe(markOf(trace));
  });
});
