import { describe, expect, it } from "vitest";
import { Problem } from "../src/api/client";
import type { BudgetAccount } from "../src/api/money";
import type { EventRow } from "../src/api/signals";
import { fieldErrors } from "../src/lib/fieldErrors";
import {
  configOf,
  DRAFT_FIELDS,
  draftOf,
  kindOfScope,
  readAmount,
  readCount,
  readThresholds,
  SCOPE_FIELDS,
  scopeOfKind,
} from "../src/pages/budgets/draft";
import { enforcementText, refusalOf, refusalsOf } from "../src/pages/budgets/enforcement";

describe("what is typed into a budget", () => {
  it("is about all spending, about each of a kind, or about some of it", () => {
    for (const kind of ["all", "some", ...SCOPE_FIELDS.map((field) => `each ${field}`)])
      expect(kindOfScope(scopeOfKind(kind))).toBe(kind);
    expect(kindOfScope([{ field: "model", value: "gpt-4*" }])).toBe("some");
    expect(
      kindOfScope([
        { field: "user", value: "*" },
        { field: "model", value: "*" },
      ]),
    ).toBe("some");
  });

  it("reads counts, amounts and percentages, and nothing that only looks like them", () => {
    expect(readCount("5M")).toBe(5_000_000);
    expect(readCount("1,250")).toBe(1250);
    expect(readCount("0.5k")).toBe(500);
    expect(readCount("0.0005k")).toBeNull();
    expect(readCount("-3")).toBeNull();
    expect(readAmount("$1,000.10")).toBe("1000.10");
    expect(readAmount("1e3")).toBeNull();
    expect(readThresholds("100, 80 90%")).toEqual([0.8, 0.9, 1]);
    expect(readThresholds("80, many")).toBeNull();
  });

  it("comes back as it was, with what the form does not show", () => {
    const config = {
      limit_usd: "25.000000000000000001",
      limit_tokens: null,
      limit_calls: 400,
      period: "week" as const,
      rolling: true,
      time_zone: "Europe/Vienna",
      scope: { user: "*", model: "gpt-4*" },
      thresholds: [0.55, 0.9, 1],
      action: "degrade" as const,
      degrade_to: "gpt-4o-mini",
      throttle_ms: 1000,
      hold_ms: 120_000,
      loop: { repeats: 5, usd_per_minute: "1.5", turns: null, reset_ms: 5000 },
    };
    const { config: sent, errors } = configOf(draftOf("daily", config), config);
    expect(errors).toEqual({});
    expect(sent).toEqual(config);
  });

  it("says what is missing at its field", () => {
    const draft = { ...draftOf("", {}), thresholds: "x", scope: [{ field: "user" as const, value: " " }] };
    expect(Object.keys(configOf(draft).errors).sort()).toEqual([
      "limit_usd",
      "name",
      "scope.user",
      "thresholds",
    ]);
  });
});

describe("a refusal", () => {
  const refused = (detail: string) => fieldErrors(new Problem("Bad body", 400, detail, "/x"), DRAFT_FIELDS);
  it("is shown at the field that it names", () => {
    expect(refused('time_zone: "Mars" is no IANA time zone such as Europe/Vienna').of).toEqual({
      time_zone: '"Mars" is no IANA time zone such as Europe/Vienna',
    });
    expect(refused("set limit_usd, limit_tokens, limit_calls or loop").of).toEqual({
      limit_usd: "Set limit_usd, limit_tokens, limit_calls or loop",
    });
    expect(refused("loop.repeats is below 2").of).toEqual({ "loop.repeats": "Is below 2" });
    expect(refused("scope.user is empty").of).toEqual({ "scope.user": "Is empty" });
    expect(refused("unknown field `degrade_to`, expected one of …").of).toHaveProperty("degrade_to");
  });

  it("stands below the form when it names none, or is no refusal", () => {
    expect(refused("The name of the thing is odd.").of).toEqual({});
    const down = new Problem("Store is not reachable", 503, "limit_usd: busy", "/x");
    expect(fieldErrors(down, DRAFT_FIELDS)).toEqual({ of: {}, rest: down });
  });
});

describe("whether a budget stops anything", () => {
  const account = (share: number, user?: string): BudgetAccount => ({
    scope: user ? { user } : {},
    unit: "usd",
    limit: "1",
    spent: String(share),
    reserved: "0",
    share,
    period_start: "2026-11-22T00:00:00Z",
    resets_at: null,
    fired: [],
  });
  const event = (time: string, name: string, user?: string) =>
    refusalOf({
      time,
      attributes: { "budget.name": name, ...(user ? { "budget.scope.user": user } : {}) },
    } as unknown as EventRow);
  const all = [
    event("2026-11-22T03:00:00Z", "daily", "ada"),
    event("2026-11-22T02:00:00Z", "daily", "bob"),
    event("2026-11-22T01:00:00Z", "daily", "ada"),
    event("2026-11-21T23:00:00Z", "daily", "ada"),
    event("2026-11-22T02:00:00Z", "other", "ada"),
  ];

  it("counts the refusals of the account in its period", () => {
    expect(refusalsOf(account(1.2, "ada"), "daily", all)).toHaveLength(2);
    expect(refusalsOf(account(1.2), "daily", all)).toHaveLength(3);
    const said = enforcementText(account(1.2, "ada"), "block", refusalsOf(account(1.2, "ada"), "daily", all));
    expect(said?.enforced).toBe(true);
    expect(said?.text).toMatch(/^Blocking since .*, 2 calls refused$/);
  });

  it("says when nothing asked a budget that is used up", () => {
    expect(enforcementText(account(59), "block", [])).toMatchObject({ enforced: false });
    expect(enforcementText(account(0.9), "block", [])).toBeNull();
    expect(enforcementText(account(59), "notify", [])).toBeNull();
  });
});
