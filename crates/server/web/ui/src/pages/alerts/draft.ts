// A rule as its form has it, and the keys that it stands for.
import type { RuleKeys, Severity } from "../../api/alerts";
import { t } from "../../lib/i18n";
import { hasFilter, hasGroups, hasWindow, isSubjectKind, SUBJECTS } from "./kinds";

export const QUANTILES = ["p50", "p95", "p99"] as const;
/** Latencies have a mean too. */
export const LATENCIES = ["avg", ...QUANTILES] as const;
export const WINDOWS = ["1m", "5m", "15m", "1h", "6h", "1d"] as const;
const GROUPS = ["user", "session", "model", "agent", "tool", "service", "project", "tag"] as const;
export const groupChoices: readonly string[] = GROUPS;

export interface RuleDraft {
  name: string;
  kind: string;
  quantile: string;
  /** What the figure is about, such as the name of a budget. */
  subject: string;
  filter: string;
  /** The statement of the kind "sql". */
  sql: string;
  side: "above" | "below";
  /** In the unit of the form: percent for shares, seconds for durations. */
  limit: string;
  window: string;
  hold: string;
  groups: string;
  severity: Severity;
  channels: string[];
  incident: boolean;
  summary: string;
}

/** Names by which the server's answer can mean a field of the form. */
export const RULE_FIELDS = [
  "name",
  "kind",
  "quantile",
  ...Object.values(SUBJECTS),
  "filter",
  "sql",
  "above",
  "below",
  "window",
  "for",
  "group_by",
  "severity",
  "channels",
  "summary",
] as const;

export type RuleErrors = Partial<Record<string, string>>;

/** How a threshold is typed: the number of the rule times this. */
export function scaleOf(kind: string): number {
  if (["error_rate", "tool_failures", "budget", "coverage"].includes(kind)) return 100;
  return kind === "latency" || kind === "ttft" ? 0.001 : 1;
}

const text = (value: unknown) =>
  typeof value === "string" || typeof value === "number" ? String(value) : "";

export function ruleDraft(name: string, said: RuleKeys, effective: RuleKeys): RuleDraft {
  const kind = effective.kind ?? "error_rate";
  const limit = effective.above ?? effective.below;
  const severity = effective.severity ?? "warning";
  return {
    name,
    kind,
    quantile: effective.quantile ?? "p95",
    subject: isSubjectKind(kind) ? text(effective[SUBJECTS[kind]]) : "",
    filter: effective.filter ?? "",
    sql: effective.sql ?? "",
    side: typeof effective.below === "number" ? "below" : "above",
    limit: typeof limit === "number" ? String(Number((limit * scaleOf(kind)).toPrecision(12))) : "",
    window: effective.window ?? "5m",
    hold: text(effective.for),
    groups: (effective.group_by ?? []).join(", "),
    severity,
    channels: [...(effective.channels ?? [])],
    incident: typeof said.incident === "boolean" ? said.incident : severity === "critical",
    summary: effective.summary ?? "",
  };
}

/** The keys to send, or what cannot be read. `before` keeps the keys that the form does not show. */
export function keysOf(draft: RuleDraft, before: RuleKeys = {}): { keys: RuleKeys; errors: RuleErrors } {
  const errors: RuleErrors = {};
  const { above: _above, below: _below, quantile: _quantile, ...rest } = before;
  const keys: RuleKeys = { ...rest };
  const put = (key: string, value: unknown, isSet: boolean) => {
    if (isSet) keys[key] = value;
    else delete keys[key];
  };
  if (!/^[a-z0-9_-]{1,64}$/.test(draft.name.trim()))
    errors.name = t("1 to 64 characters of a-z, 0-9, _ and -.");
  put("kind", draft.kind, !before.preset || draft.kind !== "");
  put("quantile", draft.quantile, draft.kind === "latency" || draft.kind === "ttft");
  for (const [kind, key] of Object.entries(SUBJECTS)) {
    put(key, draft.subject.trim(), kind === draft.kind && draft.subject.trim() !== "");
    if (kind === draft.kind && draft.subject.trim() === "") errors[key] = t("A name.");
  }
  put("filter", draft.filter.trim(), draft.filter.trim() !== "" && hasFilter(draft.kind));
  const ofStatement = draft.kind === "sql";
  put("sql", draft.sql.trim(), ofStatement);
  if (ofStatement && draft.sql.trim() === "") errors.sql = t("A SELECT statement.");
  const typed = draft.limit.trim().replace(",", ".");
  const limit = Number(typed);
  if (typed === "" && draft.kind !== "no_data") errors.above = t("A number.");
  else if (!Number.isFinite(limit)) errors.above = t("A number.");
  else if (typed !== "") keys[draft.side] = Number((limit / scaleOf(draft.kind)).toPrecision(12));
  put("window", draft.window, hasWindow(draft.kind));
  put("for", draft.hold.trim(), draft.hold.trim() !== "");
  const groups = draft.groups.split(/[,\s]+/).filter(Boolean);
  if (groups.length > 2) errors.group_by = t("At most two keys.");
  put("group_by", groups, groups.length > 0 && hasGroups(draft.kind));
  put("severity", draft.severity, true);
  put("channels", draft.channels, draft.channels.length > 0);
  put("incident", draft.incident, draft.incident !== (draft.severity === "critical"));
  put("summary", draft.summary.trim(), draft.summary.trim() !== "");
  return { keys, errors };
}

/** Pairs of "key=value" with commas or spaces between; null when one is none. */
export function readMatchers(text: string): Record<string, string> | null {
  const words = text.match(/[^\s,="]+=(?:"[^"]*"|[^\s,"]*)|[^\s,]+/g) ?? [];
  const pairs = words.map((word) => /^([^="]+)=(?:"([^"]*)"|([^"]*))$/.exec(word));
  if (pairs.length === 0 || pairs.some((pair) => pair === null)) return null;
  return Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? "", pair?.[2] ?? pair?.[3] ?? ""]));
}

/** Matchers in the form that `readMatchers` reads. */
export const matcherText = (matchers: Record<string, string>): string =>
  Object.entries(matchers)
    .map(([key, value]) => `${key}=${/[\s,]/.test(value) ? `"${value}"` : value}`)
    .join(" ");
