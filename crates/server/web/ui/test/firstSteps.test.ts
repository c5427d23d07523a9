import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { endpointOf, stepsOf, WAYS } from "../src/lib/firstSteps";

const listeners = (http: string, otlp_http: string | null) => ({
  http,
  otlp_http,
  otlp_grpc: null,
  prometheus: null,
});

describe("the address to send to", () => {
  it.each([
    ["http://127.0.0.1:8080", "http://127.0.0.1:4318", "http://127.0.0.1:8080", "http://127.0.0.1:4318"],
    ["http://0.0.0.0:8080", "http://0.0.0.0:4318", "http://box.lan:8080", "http://box.lan:4318"],
    ["http://[::]:8080", "http://[::]:4318", "http://10.0.0.7:8080", "http://10.0.0.7:4318"],
    ["http://0.0.0.0:8080", "http://0.0.0.0:4318", "https://quipu.example.com", "https://quipu.example.com"],
    ["http://0.0.0.0:8080", "http://0.0.0.0:4318", "http://localhost:18080", "http://localhost:18080"],
    ["http://0.0.0.0:8080", "http://127.0.0.1:4318", "http://box.lan:8080", "http://box.lan:8080"],
    ["http://127.0.0.1:8080", null, "http://127.0.0.1:8080", "http://127.0.0.1:8080"],
  ])("of %s and %s, seen from %s, is %s", (http, otlp, page, want) => {
    expect(endpointOf(listeners(http, otlp), page)).toBe(want);
  });
});

describe("the lines to copy", () => {
  it("name the address, and a key where one is needed", () => {
    for (const way of WAYS) {
      const text = stepsOf(way, "http://h:1", "http://h:2", true)
        .map(({ lines }) => lines)
        .join("\n");
      if (!["gateway", "files"].includes(way)) expect(text, way).toMatch(/http:\/\/h:1[\s\S]*YOUR_KEY/);
      expect(stepsOf(way, "http://h:1", "http://h:2", false)[0]?.lines, way).not.toContain("YOUR_KEY");
    }
  });

  it("send one whole span by curl", () => {
    const folder = mkdtempSync(join(tmpdir(), "quipu-steps-"));
    writeFileSync(
      join(folder, "curl"),
      `#!/bin/sh\nfor last; do :; done\nprintf %s "$last" > ${folder}/body\n`,
      { mode: 0o755 },
    );
    const [step] = stepsOf("test", "http://h:1", "http://h:2", false);
    execFileSync("sh", ["-c", step?.lines ?? ""], { env: { PATH: `${folder}:${process.env.PATH}` } });
    const body = JSON.parse(readFileSync(join(folder, "body"), "utf8"));
    const span = body.resourceSpans[0].scopeSpans[0].spans[0];
    expect(span.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(span.spanId).toMatch(/^[0-9a-f]{16}$/);
    expect(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)).toBeGreaterThanOrEqual(
      1_000_000_000n,
    );
  });
});
