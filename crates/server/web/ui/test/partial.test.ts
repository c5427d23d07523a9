// Names of missing shards: shown while answers lack them, and gone half a minute later.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { get } from "../src/api/client";
import { missingParts } from "../src/state/partial";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("a partial answer names its missing parts for half a minute", async () => {
  const headers = new Headers({ "quipu-partial": "s2,s1" });
  vi.stubGlobal("fetch", async () => new Response('{"partial":true}', { headers }));
  await get("/usage");
  expect(missingParts()).toBe("s1, s2");
  vi.stubGlobal("fetch", async () => new Response("{}"));
  await get("/usage");
  expect(missingParts()).toBe("s1, s2");
  vi.advanceTimersByTime(30_000);
  expect(missingParts()).toBe("");
});
