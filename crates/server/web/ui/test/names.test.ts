import { expect, test } from "vitest";
import { shortName } from "../src/lib/names";

test("a run is named without its operation", () => {
  expect(shortName("invoke_agent planner")).toBe("planner");
  expect(shortName("invoke_workflow market-research")).toBe("market-research");
  expect(shortName("chat gpt-4o")).toBe("gpt-4o");
});

test("other names stay as they are", () => {
  for (const name of ["invoke_agent", "invoke_agent ", "chatty agent", "llm_call", ""])
    expect(shortName(name)).toBe(name);
});
