// Words and figures of alerts.
import { Fragment } from "react";
import type { AlertEpisode, AlertState, RuleKeys, Severity } from "../../api/alerts";
import type { Unit } from "../../charts";
import { duration, marked, percent, usd } from "../../lib/format";
import { t } from "../../lib/i18n";

type State = AlertState["state"] | AlertEpisode["state"];

function stateName(state: State): string {
  switch (state) {
    case "ok":
      return t("OK");
    case "pending":
      return t("pending");
    case "firing":
      return t("firing");
    case "no_data":
      return t("no data");
    case "error":
      return t("cannot be read");
    case "resolved":
      return t("resolved");
    case "withdrawn":
      return t("withdrawn");
  }
}

export function EpisodeState({ state }: { state: State }) {
  return <span className={`alert-${state}`}>{stateName(state)}</span>;
}

export const severityNames = (): Record<Severity, string> => ({
  info: t("info"),
  warning: t("warning"),
  critical: t("critical"),
});

export function SeverityTag({ severity }: { severity: Severity }) {
  return <span className={`severity is-${severity}`}>{severityNames()[severity]}</span>;
}

/** A name that a narrow column cuts after its underscores and hyphens, and not within a word. */
export function RuleName({ name }: { name: string }) {
  let at = 0;
  return name.split(/(?<=_)/).map((part) => {
    at += part.length;
    return (
      <Fragment key={at}>
        {part}
        <wbr />
      </Fragment>
    );
  });
}

/** Unit of a rule's value. */
export function unitOfRule(rule: RuleKeys | undefined): Unit {
  switch (rule?.kind) {
    case "error_rate":
    case "tool_failures":
    case "budget":
    case "coverage":
      return "percent";
    case "latency":
    case "ttft":
      return "ms";
    case "cost":
    case "cost_rate":
      return "usd";
    case "tokens":
      return "tokens";
    case "calls":
    case "unpriced":
    case "guardrails":
    case "no_data":
    case "quota_errors":
    case "dead_letters":
      return "count";
    default:
      return "number";
  }
}

/** A value in the rule's own unit. */
export function figure(value: number | null, unit: Unit = "number"): string {
  if (value === null) return "–";
  if (unit === "percent") return percent(value);
  if (unit === "ms") return duration(value);
  if (unit === "usd") return usd(String(value), 2);
  return marked(Number(value.toPrecision(4)).toString());
}

export function groupText(group: Record<string, string>): string {
  return (
    Object.entries(group)
      .map(([key, value]) => `${key}: ${value || "–"}`)
      .join(", ") || "–"
  );
}

/** Seconds in at most two units. */
export function lengthText(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return hours % 24 ? `${Math.floor(hours / 24)} d ${hours % 24} h` : `${Math.floor(hours / 24)} d`;
}

/** The threshold of a rule with its side. */
export function limitText(rule: RuleKeys): string {
  const unit = unitOfRule(rule);
  if (typeof rule.above === "number") return `> ${figure(rule.above, unit)}`;
  return typeof rule.below === "number" ? `< ${figure(rule.below, unit)}` : "–";
}
