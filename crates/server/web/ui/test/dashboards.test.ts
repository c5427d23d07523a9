import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Answer, AskPoint, Figures } from "../src/api/ask";
import { Problem } from "../src/api/client";
import type { DashboardPanel } from "../src/api/dashboards";
import {
  beforeSeries,
  boundsOf,
  changeOf,
  figureText,
  isMeasure,
  pointsOf,
  seriesOf,
} from "../src/charts/measures";
import { fileText, readFile } from "../src/pages/dashboards/file";
import {
  filled,
  fitted,
  GROUPS,
  idOf,
  isSpread,
  measuresOf,
  newPanel,
  unknownVariables,
} from "../src/pages/dashboards/model";
import { COLUMNS, moved, type Placed, settle } from "../src/pages/dashboards/place";
import { refusalsOf } from "../src/pages/dashboards/refusals";

// Without words of a language a text is its own.
const figures = (patch: Partial<Figures> = {}): Figures => ({
  count: 0,
  errors: 0,
  running: 0,
  triggered: 0,
  tokens: null,
  cost_usd: null,
  subscription_usd: null,
  unpriced_calls: 0,
  latency_ms: null,
  ttft_ms: null,
  value: null,
  last_at: null,
  trace_id: null,
  ...patch,
});
const point = (minute: number, patch: Partial<Figures>): AskPoint => ({
  start: `2026-11-22T00:0${minute}:00Z`,
  ...figures(patch),
});
const naming = { unknown: "unknown", rest: "all others", all: "all", unpriced: "unpriced" };

const answer = (patch: Partial<Answer>): Answer => ({
  from: "calls",
  since: "2026-11-22T00:00:00Z",
  until: "2026-11-22T00:04:00Z",
  step_ms: 60_000,
  group_by: [],
  groups: [],
  total: figures(),
  left_out: 0,
  ...patch,
});

describe("a panel with a statement", () => {
  const plain = newPanel([], 0);
  it("has no filter and no groups, and a type that a result can have", () => {
    const panel = fitted({ ...plain, type: "heatmap", from: "sql", filter: "model:x" });
    expect([panel.type, panel.filter, panel.group_by, panel.step, panel.measure]).toEqual([
      "bar",
      "",
      [],
      "none",
      "value",
    ]);
    expect(panel.sql).toContain(":since");
    expect(panel).not.toHaveProperty("top");
  });
  it("loses its statement with another source", () => {
    const panel = fitted({ ...plain, from: "sql", sql: "SELECT 1" });
    expect(fitted({ ...panel, from: "calls" })).not.toHaveProperty("sql");
  });
  it("is written to a file and read from it", () => {
    const panel = fitted({ ...plain, from: "sql", sql: "SELECT 1,\n 2" });
    const body = { title: "Mine", description: "", range: null, variables: [], panels: [panel] };
    expect(readFile(fileText(body))).toEqual(body);
  });
  it("has its error at the statement", () => {
    const panel = fitted({ ...plain, from: "sql", sql: "SELECT nme" });
    const problem = new Problem(
      "Bad document",
      400,
      "panels[0].sql: no such column: nme (line 1, column 8).",
      "",
    );
    expect(refusalsOf(problem, [panel]).panels[panel.id]).toEqual({
      sql: "no such column: nme (line 1, column 8).",
    });
  });
});

describe("answers as series", () => {
  const points = [
    point(0, { count: 6, cost_usd: "0.3" }),
    point(2, { count: 3, errors: 3, unpriced_calls: 3 }),
  ];
  const one = answer({ total: { ...figures({ count: 9, cost_usd: "0.3", unpriced_calls: 3 }), points } });
  it("has zeros where nothing came, and gaps where nothing is known", () => {
    const values = (measure: "count" | "cost" | "error_rate") =>
      pointsOf(points, measure, boundsOf(one)).map((each) => each.v);
    expect(values("count")).toEqual([6, 0, 3, 0]);
    expect(values("cost")).toEqual([0.3, 0, null, 0]);
    expect(values("error_rate")).toEqual([0, null, 1, null]);
  });
  it("gives no rate of a step that has only begun", () => {
    const bounds = { ...boundsOf(one), until: Date.parse("2026-11-22T00:02:05Z") };
    expect(pointsOf(points, "per_min", bounds).map((each) => each.v)).toEqual([6, 0, null]);
  });
  it("never says $0 of what has no price", () => {
    expect(figureText(figures({ unpriced_calls: 2 }), "cost", 1, "unpriced")).toBe("unpriced");
    expect(figureText(figures(), "cost", 1, "unpriced")).toBe("–");
    expect(figureText(figures({ cost_usd: "1.5", unpriced_calls: 2 }), "cost", 1, "unpriced")).toBe(
      "≥ $1.50",
    );
  });
  it("adds what is left out as one series", () => {
    const grouped = answer({
      group_by: ["model"],
      groups: [{ key: { model: null }, ...figures({ count: 4 }), points: [point(0, { count: 4 })] }],
      total: { ...figures({ count: 9 }), points },
      left_out: 2,
    });
    const series = seriesOf(grouped, "count", naming);
    expect(series.map((each) => each.name)).toEqual(["unknown", "all others"]);
    expect(series[1]?.points.map((each) => each.v)).toEqual([2, 0, 3, 0]);
    expect(seriesOf(grouped, "error_rate", naming)).toHaveLength(1);
  });
  it("lays the period before under the present one", () => {
    const before = answer({
      since: "2026-11-21T23:56:00Z",
      until: "2026-11-22T00:00:00Z",
      total: { ...figures(), points: [{ start: "2026-11-21T23:57:00Z", ...figures({ count: 5 }) }] },
    });
    const moved = beforeSeries(before, "count", "before", boundsOf(one));
    expect(moved.points.find((each) => each.v === 5)?.t).toBe(Date.parse("2026-11-22T00:01:00Z"));
  });
  it("tells changes as shares, and those of shares in points", () => {
    expect(changeOf(figures({ count: 3 }), figures({ count: 2 }), "count")).toBeCloseTo(0.5);
    expect(changeOf(figures({ count: 3 }), figures(), "count")).toBeNull();
    const rate = (errors: number) => figures({ count: 10, errors });
    expect(changeOf(rate(3), rate(1), "error_rate")).toBeCloseTo(0.2);
  });
});

describe("variables", () => {
  it("stand in the filter once they are chosen, and else leave no term behind", () => {
    const filter = 'model:$model -status:ok "a b"';
    expect(filled(filter, { model: "gpt-4o" })).toBe('model:gpt-4o -status:ok "a b"');
    expect(filled(filter, {})).toBe('-status:ok "a b"');
  });
  it("cannot add terms by their value", () => {
    expect(filled("model:$model", { model: "x status:error" })).toBe('model:"x status:error"');
    expect(filled("model:$model", { model: 'a"b' })).toBe('model:"a\\"b"');
  });
  it("are known", () => {
    expect(unknownVariables("model:$model user:$user", [{ name: "user", label: "", field: "user" }])).toEqual(
      ["model"],
    );
  });
});

describe("the grid", () => {
  const box = (id: string, x: number, y: number, w: number, h: number): Placed => ({ id, x, y, w, h });
  const overlap = (panels: readonly Placed[]) =>
    panels.some((a, at) =>
      panels
        .slice(0, at)
        .some((b) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h),
    );
  const three = [box("a", 0, 0, 6, 4), box("b", 6, 0, 6, 4), box("c", 0, 4, 12, 4)];
  it("lets panels rise and never lie on each other", () => {
    const settled = settle([box("a", 0, 3, 6, 4), box("b", 3, 3, 6, 4), box("c", 11, 9, 6, 1)]);
    expect(overlap(settled)).toBe(false);
    expect(settled.every((panel) => panel.x + panel.w <= COLUMNS && panel.h >= 2)).toBe(true);
    expect(Math.min(...settled.map((panel) => panel.y))).toBe(0);
  });
  it("moves a panel past its neighbours by keyboard, both ways", () => {
    const down = moved(three, "a", { y: 1 });
    expect(overlap(down)).toBe(false);
    expect((down.find((panel) => panel.id === "a")?.y ?? 0) > 0).toBe(true);
    const up = moved(three, "c", { y: -1 });
    expect(up.find((panel) => panel.id === "c")?.y).toBe(0);
    expect(overlap(up)).toBe(false);
  });
  it("stays within the grid", () => {
    expect(moved(three, "a", { x: -1 })).toEqual(three);
    expect(moved(three, "b", { w: 1 }).find((panel) => panel.id === "b")?.w).toBe(7);
    expect(overlap(moved(three, "a", { w: 3 }))).toBe(false);
  });
});

describe("panels", () => {
  it("fits what was chosen together", () => {
    const panel = newPanel([], 0);
    expect(fitted({ ...panel, type: "box" }).measure).toBe("latency");
    expect(fitted({ ...panel, type: "histogram" })).toMatchObject({ group_by: [], step: "none" });
    expect(fitted({ ...panel, type: "pie", group_by: [] }).group_by).toEqual(["model"]);
    expect(fitted({ ...panel, from: "traces" }).group_by).toEqual([]);
  });
  it("get ids that are free", () => {
    expect(idOf("My models!", ["my-models"])).toBe("my-models-2");
    expect(idOf("New", [])).toBe("new-2");
    expect(idOf("…", [])).toBe("dashboard");
  });
});

describe("files", () => {
  const folder = new URL("../../../api/src/dashboards/", import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
  const read = (name: string) => {
    const result = readFile(readFileSync(new URL(name, folder), "utf8"));
    if ("wrong" in result) throw new Error(`${name}: ${result.wrong}`);
    return result;
  };
  it("of the dashboards that ship can be shown, and show every type of panel", () => {
    const types = new Set(files.flatMap((name) => read(name).panels.map((panel) => panel.type)));
    expect(types.size).toBe(10);
    for (const name of files) {
      for (const panel of read(name).panels) {
        const where = `${name} ${panel.id}`;
        expect(isMeasure(panel.measure) || isSpread(panel.measure), where).toBe(true);
        expect(measuresOf(panel.from, panel.type), where).toContain(panel.measure);
        for (const word of panel.group_by) expect(GROUPS[panel.from], where).toContain(word);
        expect(unknownVariables(panel.filter, read(name).variables), where).toEqual([]);
      }
      expect(settle(read(name).panels)).toEqual(read(name).panels);
    }
  });
  it("come back as they were written", () => {
    for (const name of files) {
      const body = read(name);
      expect(readFile(fileText(body))).toEqual(body);
    }
  });
  it("that are wrong are told by the field", () => {
    const wrong = (text: string) => (readFile(text) as { wrong: string }).wrong;
    expect(wrong("{")).toBeDefined();
    expect(wrong("[]")).toBeDefined();
    expect(wrong('{"title":"a","panels":[{"id":"x"}]}')).toBeDefined();
    expect(wrong(`{"title":"a","panels":"${"x".repeat(300_000)}"}`)).toBeDefined();
  });
});

describe("refusals", () => {
  const panels = [newPanel([], 0), { ...newPanel([], 0), id: "second" }] as DashboardPanel[];
  const refused = (detail: string, status = 400) =>
    refusalsOf(new Problem("Bad", status, detail, "/x"), panels);
  it("stand at the field of the panel", () => {
    expect(refused("panels[1].filter: a term was expected").panels.second?.filter).toBe(
      "a term was expected",
    );
    expect(refused("panels.second.measure: expected one of a, b").panels.second?.measure).toBe(
      "expected one of a, b",
    );
    expect(refused("title: found 0 characters").of.title).toBe("found 0 characters");
  });
  it("are shown whole where they belong to no field", () => {
    expect(refused("built in", 409).rest).not.toBeNull();
    expect(refusalsOf(null, panels).rest).toBeNull();
  });
});
