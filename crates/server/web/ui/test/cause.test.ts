// Failures that SDKs spell differently are one cause, and its filter finds them all.
import { describe, expect, it } from "vitest";
import { causesOf } from "../src/lib/cause";
import { narrowed } from "../src/lib/query";

const failed = (error: string | null, count: number, last_at: string | null = null) => ({
  error,
  count,
  trace_id: `trace of ${count}`,
  last_at,
});

describe("causes of failures", () => {
  it("groups one status code of five SDKs", () => {
    const causes = causesOf([
      failed("RateLimitError(\"Error code: 429 - {'error': {'message': 'Rate limit reached'}}\")", 4),
      failed("Rate limit reached for requests (status code: 429)", 3),
      failed("Error getting response: {'error': 'Error code: 429 - Rate limit reached'}", 2),
      failed("InternalServerError: Error code: 500 - The server had an error", 1),
    ]);
    expect(causes.map(({ label, count }) => [label, count])).toEqual([
      ["429 rate limit", 9],
      ["500 server error", 1],
    ]);
  });

  it("names the guardrail of a tripwire", () => {
    const [cause] = causesOf([failed("Guardrail tripwire triggered: {'guardrail': 'no_secrets'}", 2)]);
    expect(cause?.label).toBe("guardrail no_secrets");
  });

  it("groups a message with and without the type and the wrapping of its SDK", () => {
    const [cause, ...others] = causesOf([
      failed("RuntimeError: backend down", 5, "2026-01-01"),
      failed("backend down", 3, "2026-01-02"),
      failed("Error running tool: {'tool_name': 'find', 'error': 'backend down'}", 2),
    ]);
    expect(others).toEqual([]);
    expect(cause?.label).toBe("RuntimeError: backend down");
    expect([cause?.count, cause?.trace_id]).toEqual([10, "trace of 3"]);
    expect(cause?.messages).toEqual([
      "RuntimeError: backend down",
      "backend down",
      "Error running tool: {'tool_name': 'find', 'error': 'backend down'}",
    ]);
    expect(narrowed("", cause?.where ?? {})).toBe(
      'error_message:"RuntimeError: backend down","backend down",' +
        "\"Error running tool: {'tool_name': 'find', 'error': 'backend down'}\"",
    );
  });

  it("keeps messages apart that share a code of wrong requests", () => {
    const causes = causesOf([
      failed("Error code: 400 - too long", 1),
      failed("Error code: 400 - no model", 1),
    ]);
    expect(causes).toHaveLength(2);
  });

  it("reads the words before a stack", () => {
    const [cause] = causesOf([
      failed("ValueError('no table free')Traceback (most recent call last):\n File x", 2),
      failed("ValueError('no table free')Traceback (most recent call last):\n File y", 1),
    ]);
    expect([cause?.label, cause?.count]).toEqual(["ValueError: no table free", 3]);
  });

  it("names the errors by their beginnings when the filter would be too long", () => {
    const many = Array.from({ length: 30 }, (_, number) =>
      failed(`Error code: 429 - ${String(number).padStart(3, "0")} ${"x".repeat(150)}`, 1),
    );
    const filter = narrowed("", causesOf(many)[0]?.where ?? {});
    expect(filter.length).toBeLessThan(3_000);
    expect(filter.match(/\*/g)).toHaveLength(30);
  });

  it("has a cause without a message", () => {
    expect(causesOf([failed(null, 2)])).toMatchObject([
      { label: "no error message", where: { errors: ">0" }, messages: ["-"] },
    ]);
  });
});
