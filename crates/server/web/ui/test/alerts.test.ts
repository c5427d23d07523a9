import { describe, expect, it } from "vitest";
import { keysOf, matcherText, readMatchers, ruleDraft } from "../src/pages/alerts/draft";
import { figure, lengthText, limitText } from "../src/pages/alerts/parts";
import { share } from "../src/pages/slos/parts";

describe("the form of a rule", () => {
  it("gives back the keys that it was made of", () => {
    const rule = {
      kind: "latency",
      quantile: "p99",
      filter: "service:shop",
      group_by: ["model", "user"],
      window: "15m",
      above: 2500,
      for: "2m",
      severity: "critical",
      channels: ["ops"],
      recover: 2000,
    } as const;
    const config = { ...rule, group_by: [...rule.group_by], channels: [...rule.channels] };
    const draft = ruleDraft("slow", config, config);
    expect(draft.limit).toBe("2.5");
    expect(keysOf(draft, config)).toEqual({ keys: config, errors: {} });
  });

  it("reads shares in per cent, and a comma as a point", () => {
    const draft = { ...ruleDraft("a", {}, {}), limit: "2,5" };
    expect(keysOf(draft).keys).toMatchObject({ kind: "error_rate", above: 0.025, window: "5m" });
  });

  it("removes the other side of the threshold", () => {
    const config = { kind: "calls", above: 5 };
    const draft = { ...ruleDraft("a", config, config), side: "below" as const };
    expect(keysOf(draft, config).keys).not.toHaveProperty("above");
  });

  it("opens incidents for critical rules unless it is told otherwise", () => {
    const critical = { ...ruleDraft("a", {}, { severity: "critical" }), limit: "5" };
    expect(critical.incident).toBe(true);
    expect(keysOf(critical).keys).not.toHaveProperty("incident");
    expect(keysOf({ ...critical, incident: false }).keys.incident).toBe(false);
  });

  it("has a field for what the figure is about, under the key of its kind", () => {
    const config = { kind: "budget", budget: "daily", above: 0.9 };
    const draft = ruleDraft("a", config, config);
    expect([draft.subject, draft.limit]).toEqual(["daily", "90"]);
    expect(keysOf(draft, config)).toEqual({ keys: { ...config, severity: "warning" }, errors: {} });
    const other = keysOf({ ...draft, kind: "burn_rate", subject: "answers", limit: "1" }, config).keys;
    expect(other).toEqual({ kind: "burn_rate", slo: "answers", above: 1, severity: "warning" });
    expect(keysOf({ ...draft, subject: " " }, config).errors).toHaveProperty("budget");
  });

  it("sends the statement of a rule of SQL, without the fields that it has no use for", () => {
    const config = { kind: "sql", sql: "SELECT 1", above: 5, filter: "", group_by: [] as string[] };
    const draft = { ...ruleDraft("a", config, config), filter: "service:shop", groups: "model" };
    const { keys, errors } = keysOf(draft, config);
    expect([keys.sql, keys.filter, keys.group_by, errors]).toEqual(["SELECT 1", undefined, undefined, {}]);
    expect(Object.keys(keysOf({ ...draft, sql: " " }, config).errors)).toEqual(["sql"]);
    expect(keysOf({ ...draft, kind: "calls" }, config).keys).not.toHaveProperty("sql");
  });

  it("names the field that cannot be read", () => {
    const draft = { ...ruleDraft("No name", {}, {}), limit: "much", groups: "a, b, c" };
    expect(Object.keys(keysOf(draft).errors).sort()).toEqual(["above", "group_by", "name"]);
  });
});

describe("words of alerts", () => {
  it("have the unit of their rule", () => {
    expect(limitText({ kind: "error_rate", above: 0.05 })).toBe("> 5.0%");
    expect(limitText({ kind: "tokens", below: 10 })).toBe("< 10");
    expect(limitText({ kind: "budget" })).toBe("–");
    expect(figure(null)).toBe("–");
  });

  it("say lengths in two units at most", () => {
    expect([5, 90, 7_800, 90_000, 172_800].map(lengthText)).toEqual([
      "5 s",
      "2 min",
      "2 h 10 min",
      "25 h",
      "2 d",
    ]);
  });

  it("read the matchers of a silence", () => {
    expect(readMatchers("rule=slow, model=gpt-*")).toEqual({ rule: "slow", model: "gpt-*" });
    expect(readMatchers('rule=slow agent="night shift"')).toEqual({ rule: "slow", agent: "night shift" });
    expect(readMatchers("slow")).toBeNull();
    expect(readMatchers(" ")).toBeNull();
  });

  it("writes matchers as it reads them", () => {
    const matchers = { rule: "slow", agent: "night shift", model: "gpt-*" };
    expect(matcherText(matchers)).toBe('rule=slow agent="night shift" model=gpt-*');
    expect(readMatchers(matcherText(matchers))).toEqual(matchers);
  });

  it("tell a share from its objective", () => {
    expect([0.9995, 0.99, 1, null].map(share)).toEqual(["99.95%", "99%", "100%", "–"]);
  });
});
