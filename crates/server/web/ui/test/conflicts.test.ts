import { expect, test } from "vitest";
import type { SpanConflict } from "../src/api/types";
import { differences } from "../src/pages/trace/versions";
import { span } from "./span";

const conflict = (attributes?: Record<string, unknown>): SpanConflict => ({
  arrived_at: "2026-11-20T07:00:09Z",
  same_sender: false,
  name: "chat",
  started_at: "2026-11-20T07:00:00Z",
  ended_at: "2026-11-20T07:00:01Z",
  service: "shop",
  ...(attributes ? { attributes } : {}),
});

test("a refused version shows what it says otherwise", () => {
  const kept = { ...span("a", null, 0, 1), attributes: { model: "gpt-5", tokens: 9, stop: ["end"] } };
  const other = conflict({ model: "gpt-5", tokens: 1, stop: ["end"], user: "eve" });
  expect(differences(kept, other)).toEqual({ tokens: 1, user: "eve" });
  expect(differences(kept, conflict())).toEqual({});
});
