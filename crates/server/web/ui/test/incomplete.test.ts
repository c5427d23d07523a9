// A trace without news for ten minutes is incomplete instead of running.
import { expect, it } from "vitest";
import { isIncomplete } from "../src/lib/incomplete";

const now = Date.parse("2026-01-01T12:00:00Z");
const trace = (started_at: string, duration_ms: number, status: "running" | "ok" = "running") =>
  isIncomplete({ status, started_at, duration_ms }, now);

it("is incomplete ten minutes after its last news", () => {
  expect(trace("2026-01-01T11:49:00Z", 1_000)).toBe(true);
  expect(trace("2026-01-01T11:55:00Z", 1_000)).toBe(false);
  expect(trace("2026-01-01T11:00:00Z", 55 * 60_000)).toBe(false);
  expect(trace("2026-01-01T11:00:00Z", 1_000, "ok")).toBe(false);
});
