// What a panel asks, what it may measure, and which traces stand behind it.
import type { Ask, From } from "../../api/ask";
import type {
  DashboardBody,
  DashboardPanel,
  DashboardVariable,
  PanelFrom,
  PanelType,
} from "../../api/dashboards";
import { MEASURES, type Measure } from "../../charts/measures";
import { t } from "../../lib/i18n";
import { rewritten, written } from "../../lib/query";

/** How values spread: what histograms, boxes and heatmaps of latency show. */
export const SPREADS = ["latency", "ttft"] as const;
export type Spreads = (typeof SPREADS)[number];

export const GROUPS: Record<PanelFrom, readonly string[]> = {
  sql: [],
  calls: [
    "model",
    "provider",
    "agent",
    "framework",
    "service",
    "session",
    "user",
    "tool",
    "tag",
    "env",
    "version",
    "project",
    "branch",
    "commit",
    "convention",
    "billing",
  ],
  tools: ["tool", "agent", "framework", "service", "session", "user", "status", "error"],
  agents: ["agent", "framework", "service", "session", "user", "status", "error"],
  workflows: ["name", "framework", "service", "session", "user", "status", "error"],
  guardrails: ["name", "agent", "framework", "service", "session", "user", "status", "error"],
  retrievals: ["name", "agent", "framework", "service", "session", "user", "status", "error"],
  spans: [
    "kind",
    "name",
    "agent",
    "model",
    "tool",
    "framework",
    "service",
    "session",
    "user",
    "status",
    "error",
  ],
  failures: ["error", "kind", "name", "agent", "model", "tool", "framework", "service", "session", "user"],
  traces: ["name", "framework", "service", "session", "user", "status"],
  events: ["name", "level", "agent", "framework", "service", "session"],
  metric: ["model", "agent", "tool", "language", "service", "session", "user"],
};

const MONEY: readonly Measure[] = [
  "tokens",
  "input_tokens",
  "output_tokens",
  "cached_share",
  "cost",
  "subscription",
  "unpriced",
];
const TIMES: readonly Measure[] = ["avg", "p50", "p95", "p99", "max"];
const FIRST: readonly Measure[] = ["ttft_p50", "ttft_p95", "ttft_p99"];
const COUNTS: readonly Measure[] = ["count", "per_min", "errors", "error_rate", "success_rate"];

/** What can be measured of what, in the order of the list. */
export function measuresOf(from: PanelFrom, type: PanelType): readonly string[] {
  if (from === "sql") return ["value"];
  if (type === "histogram" || type === "box")
    return from === "calls" || from === "spans" ? SPREADS : ["latency"];
  const plain = measuresFrom(from);
  if (type === "heatmap")
    return [...(from === "calls" || from === "spans" ? SPREADS : ["latency"]), ...plain];
  if (type === "pie") return plain.filter((measure) => !/rate|share|^(avg|p\d|max|ttft|value)/.test(measure));
  return type === "stat" ? [...plain, "groups"] : plain;
}

function measuresFrom(from: From): readonly Measure[] {
  switch (from) {
    case "metric":
      return ["value"];
    case "events":
    case "failures":
      return ["count", "per_min", "errors"];
    case "calls":
      return MEASURES.filter(
        (one) => one !== "groups" && one !== "value" && one !== "triggered" && one !== "running",
      );
    case "guardrails":
      return [...COUNTS, "triggered", ...TIMES];
    case "spans":
      return [...COUNTS, "running", ...TIMES, ...FIRST];
    case "traces":
      return [...COUNTS, "running", ...MONEY.filter((one) => one !== "cached_share"), ...TIMES];
    default:
      return [...COUNTS, "running", ...TIMES];
  }
}

export function measureName(measure: string): string {
  const names: Record<string, string> = {
    count: t("count"),
    per_min: t("per minute"),
    errors: t("failed"),
    error_rate: t("error rate"),
    success_rate: t("success rate"),
    running: t("running"),
    triggered: t("triggered"),
    groups: t("different ones"),
    tokens: t("tokens"),
    input_tokens: t("input tokens"),
    output_tokens: t("output tokens"),
    cached_share: t("input from the cache"),
    cost: t("cost"),
    subscription: t("subscriptions at list price"),
    unpriced: t("calls without a price"),
    avg: t("average time"),
    p50: t("median time"),
    p95: t("time, p95"),
    p99: t("time, p99"),
    max: t("longest time"),
    ttft_p50: t("first token, median"),
    ttft_p95: t("first token, p95"),
    ttft_p99: t("first token, p99"),
    value: t("value"),
    latency: t("spread of times"),
    ttft: t("spread of first tokens"),
  };
  return names[measure] ?? measure;
}

export function fromName(from: PanelFrom): string {
  return {
    sql: t("a statement of SQL"),
    calls: t("LLM calls"),
    tools: t("tool calls"),
    agents: t("agent runs"),
    workflows: t("workflows"),
    guardrails: t("guardrail checks"),
    retrievals: t("retrievals"),
    spans: t("spans"),
    failures: t("failures"),
    traces: t("traces"),
    events: t("events"),
    metric: t("a metric"),
  }[from];
}

export function typeName(type: PanelType): string {
  return {
    line: t("line"),
    area: t("area"),
    bar: t("bar"),
    stat: t("number"),
    table: t("table"),
    heatmap: t("heatmap"),
    histogram: t("histogram"),
    box: t("box plot"),
    pie: t("pie"),
    gauge: t("gauge"),
  }[type];
}

export const STEPS = ["auto", "1m", "5m", "15m", "1h", "6h", "1d"] as const;
export const AGGREGATES = ["sum", "avg", "min", "max", "last", "p50", "p95", "p99"] as const;
export const RANGES = ["15m", "1h", "6h", "24h", "7d", "30d", "all"] as const;

export const overTime = (type: PanelType) => ["line", "area", "bar", "heatmap"].includes(type);
/** Panels that can show a target. */
export const aims = (type: PanelType) => ["gauge", "line", "area", "bar"].includes(type);
export const grouped = (panel: DashboardPanel) =>
  !(
    panel.type === "histogram" ||
    panel.type === "gauge" ||
    (panel.type === "heatmap" && isSpread(panel.measure))
  );
export const isSpread = (measure: string): measure is Spreads =>
  (SPREADS as readonly string[]).includes(measure);

/** The panel with what does not go together put right, after one of its fields was changed. */
export function fitted(panel: DashboardPanel): DashboardPanel {
  if (panel.from === "sql") return fittedStatement(panel);
  const measures = measuresOf(panel.from, panel.type);
  const measure = measures.includes(panel.measure) ? panel.measure : (measures[0] ?? "count");
  const known = GROUPS[panel.from];
  const first = known[0];
  const mustGroup = panel.type === "table" || panel.type === "pie" || panel.type === "box";
  let group_by = panel.group_by.filter((word) => known.includes(word));
  const { sql: _, ...known_ } = panel;
  const next = { ...known_, measure };
  if (!grouped(next)) group_by = [];
  else if (group_by.length === 0 && mustGroup && first) group_by = [first];
  const step = overTime(panel.type)
    ? panel.step === "none" && panel.type !== "bar"
      ? "auto"
      : panel.step
    : panel.step;
  const whole = panel.type === "histogram" || panel.type === "gauge" || mustGroup;
  return { ...next, group_by, step: whole ? "none" : step };
}

/** Types of panels that a statement can have. */
export const SQL_TYPES: readonly PanelType[] = ["line", "area", "bar", "stat", "table", "pie", "gauge"];

const SQL_FIRST = `SELECT time_floor(started_at, '1h') AS hour, count(*) AS calls
FROM calls
WHERE started_at >= :since AND started_at < :until
GROUP BY hour ORDER BY hour`;

/** The columns of a statement are its groups and figures, so the other fields are empty. */
function fittedStatement(panel: DashboardPanel): DashboardPanel {
  const { name: _name, agg: _agg, top: _top, ...rest } = panel;
  const type = SQL_TYPES.includes(panel.type) ? panel.type : "bar";
  const sql = panel.sql ?? SQL_FIRST;
  return { ...rest, type, sql, filter: "", group_by: [], step: "none", measure: "value" };
}

/** The largest groups of an amount are those with the most of it; of a rate or a time, those with the most work. */
function sortOf(measure: string): Ask["sort"] {
  if (measure === "cost" || measure === "subscription") return "cost";
  if (/tokens$/.test(measure)) return "tokens";
  return measure === "errors" ? "errors" : undefined;
}

export function askOf(panel: DashboardPanel, variables: Record<string, string>): Ask {
  const spread = isSpread(panel.measure) && panel.type !== "box";
  return {
    // A panel with a statement asks another route.
    from: panel.from === "sql" ? "calls" : panel.from,
    group_by: panel.group_by,
    step: panel.step,
    ...(panel.group_by.length > 0 ? { top: panel.top ?? 10, sort: sortOf(panel.measure) } : {}),
    ...(spread ? { histogram: true } : {}),
    ...(panel.from === "metric" && panel.name ? { name: panel.name } : {}),
    ...(panel.from === "metric" && panel.agg ? { agg: panel.agg } : {}),
    filter: filled(panel.filter, variables),
  };
}

const VARIABLE = /\$([a-z][a-z0-9_]*)/g;

/** A filter with the chosen values in place of `$name`. A term whose variable is not chosen says nothing and is left out. */
export function filled(filter: string, variables: Record<string, string>): string {
  return rewritten(filter, (term) =>
    [...term.matchAll(VARIABLE)].every((match) => variables[match[1] ?? ""])
      ? term.replace(VARIABLE, (_, name: string) => written(variables[name] ?? ""))
      : null,
  );
}

/** The names after a "$" that no variable has. */
export function unknownVariables(filter: string, variables: readonly DashboardVariable[]): string[] {
  const names = [...filter.matchAll(VARIABLE)].map((match) => match[1] ?? "");
  return names.filter((name) => !variables.some((variable) => variable.name === name));
}

const HUES: Record<string, string> = { agent: "agent", tool: "tool" };

/** Lists of one kind of work have its hue; series of several have the palette. */
export function hueOfPanel(panel: DashboardPanel): string {
  const { from, measure } = panel;
  if (measure === "errors" || measure === "error_rate" || from === "failures") return "failure";
  return (
    HUES[panel.group_by[0] ?? ""] ??
    (
      {
        calls: "llm",
        tools: "tool",
        agents: "agent",
        guardrails: "guardrail",
        retrievals: "retrieval",
      } as Record<string, string>
    )[from] ??
    "llm"
  );
}

/** A short name for an address, unlike those that are taken. */
export function idOf(title: string, taken: readonly string[]): string {
  const plain =
    title
      .normalize("NFKD")
      .replace(/[^\w\s-]/g, "")
      .trim()
      .toLowerCase()
      .replace(/[\s_]+/g, "-")
      .replace(/^-+|-+$/g, "")
      .slice(0, 48) || "dashboard";
  // "new" is the address of a dashboard that has none yet.
  const free = (id: string) => id !== "new" && !taken.includes(id);
  if (free(plain)) return plain;
  let number = 2;
  while (!free(`${plain}-${number}`)) number += 1;
  return `${plain}-${number}`;
}

export function newPanel(panels: readonly DashboardPanel[], y: number): DashboardPanel {
  const id = idOf(
    "panel",
    panels.map((panel) => panel.id),
  );
  return {
    id,
    title: t("New panel"),
    type: "line",
    x: 0,
    y,
    w: 6,
    h: 6,
    from: "calls",
    filter: "",
    group_by: ["model"],
    step: "auto",
    measure: "count",
    top: 6,
  };
}

export const EMPTY: DashboardBody = { title: "", description: "", range: null, variables: [], panels: [] };

/** In the URL: no value, where the variable has a default. */
export const ALL = "*";

export const chosenVariables = (
  variables: readonly DashboardVariable[],
  params: URLSearchParams,
): Record<string, string> => {
  const chosen: Record<string, string> = {};
  for (const variable of variables) {
    const value = params.get(`var-${variable.name}`) ?? variable.default ?? "";
    if (value && value !== ALL) chosen[variable.name] = value;
  }
  return chosen;
};
