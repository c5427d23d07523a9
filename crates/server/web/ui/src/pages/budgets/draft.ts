// A budget as it is typed, and as the server has it. Amounts stay text, so that no digit is lost on the way.

import {
  BUDGET_ACTIONS,
  BUDGET_PERIODS,
  type BudgetAction,
  type BudgetConfig,
  type BudgetPeriod,
} from "../../api/money";
import { parseDecimal } from "../../lib/decimal";
import { t } from "../../lib/i18n";

export const SCOPE_FIELDS = [
  "project",
  "service",
  "framework",
  "agent",
  "user",
  "session",
  "provider",
  "model",
  "tag",
] as const;
export type ScopeField = (typeof SCOPE_FIELDS)[number];

export interface ScopeRow {
  field: ScopeField;
  value: string;
}

export interface Draft {
  name: string;
  limit_usd: string;
  limit_tokens: string;
  limit_calls: string;
  period: BudgetPeriod;
  rolling: boolean;
  time_zone: string;
  scope: ScopeRow[];
  /** In percent, with commas between. */
  thresholds: string;
  action: BudgetAction;
  degrade_to: string;
  /** In seconds. */
  throttle: string;
  loop: boolean;
  repeats: string;
  usd_per_minute: string;
  turns: string;
}

/** Names by which a refusal can mean a field of the form. */
export const DRAFT_FIELDS = [
  "name",
  "limit_usd",
  "limit_tokens",
  "limit_calls",
  "period",
  "rolling",
  "time_zone",
  "scope",
  ...SCOPE_FIELDS.map((field) => `scope.${field}`),
  "thresholds",
  "action",
  "degrade_to",
  "throttle_ms",
  "loop",
  "loop.repeats",
  "loop.usd_per_minute",
  "loop.turns",
] as const;

const text = (value: string | number | null | undefined) =>
  value === null || value === undefined ? "" : String(value);

/** 0.8 as 80, without the digits that floats invent. */
const asPercent = (share: number) => String(Number((share * 100).toPrecision(12)));

export function draftOf(name: string, config: BudgetConfig): Draft {
  const scope = SCOPE_FIELDS.flatMap((field) => {
    const value = config.scope?.[field];
    return value ? [{ field, value }] : [];
  });
  return {
    name,
    limit_usd: text(config.limit_usd),
    limit_tokens: text(config.limit_tokens),
    limit_calls: text(config.limit_calls),
    period: BUDGET_PERIODS.find((period) => period === config.period) ?? "day",
    rolling: config.rolling ?? false,
    time_zone: config.time_zone ?? "",
    scope,
    thresholds: (config.thresholds ?? [0.8, 0.9, 1]).map(asPercent).join(", "),
    action: BUDGET_ACTIONS.find((action) => action === config.action) ?? "block",
    degrade_to: config.degrade_to ?? "",
    throttle: config.throttle_ms ? String(config.throttle_ms / 1000) : "1",
    loop: Boolean(config.loop),
    repeats: text(config.loop?.repeats),
    usd_per_minute: text(config.loop?.usd_per_minute),
    turns: text(config.loop?.turns),
  };
}

const SIZES: Record<string, number> = { "": 1, k: 1e3, m: 1e6, g: 1e9 };

/** A whole number, with separators or as 500k and 5M; null when it is none. */
export function readCount(typed: string): number | null {
  const match = /^(\d+(?:\.\d+)?)([kmg]?)$/.exec(typed.replace(/[,_\s]/g, "").toLowerCase());
  if (!match) return null;
  const value = Number(match[1]) * (SIZES[match[2] ?? ""] ?? 1);
  return Number.isSafeInteger(Math.round(value)) && Math.abs(value - Math.round(value)) < 1e-6
    ? Math.round(value)
    : null;
}

/** An amount of dollars as plain text; null when it is none. */
export function readAmount(typed: string): string | null {
  const amount = typed.replace(/[$,_\s]/g, "");
  return /^\d*\.?\d*$/.test(amount) && parseDecimal(amount) ? amount : null;
}

/** Shares of one from "80, 90 %, 100"; null when one is no percentage. */
export function readThresholds(typed: string): number[] | null {
  const parts = typed
    .split(/[,;\s]+/)
    .map((part) => part.replace(/%$/, ""))
    .filter(Boolean);
  const shares = parts.map((part) => (/^\d+(\.\d+)?$/.test(part) ? Number(part) : Number.NaN));
  if (shares.some((share) => !(share > 0))) return null;
  return shares.map((share) => Number((share / 100).toPrecision(12))).sort((a, b) => a - b);
}

export type DraftErrors = Partial<Record<string, string>>;

/** What to send, or what cannot be read. `before` keeps what the form does not show. */
export function configOf(
  draft: Draft,
  before: BudgetConfig = {},
): { config: BudgetConfig; errors: DraftErrors } {
  const errors: DraftErrors = {};
  const read = <T>(
    name: string,
    typed: string,
    reader: (typed: string) => T | null,
    wrong: string,
  ): T | null => {
    if (typed.trim() === "") return null;
    const value = reader(typed.trim());
    if (value === null) errors[name] = wrong;
    return value;
  };
  const whole = t("A whole number, such as 400, 500k or 5M.");
  const amount = t("An amount, such as 25 or 0.50.");
  const config: BudgetConfig = {
    ...before,
    limit_usd: read("limit_usd", draft.limit_usd, readAmount, amount),
    limit_tokens: read("limit_tokens", draft.limit_tokens, readCount, whole),
    limit_calls: read("limit_calls", draft.limit_calls, readCount, whole),
    period: draft.period,
    rolling: draft.rolling && draft.period !== "total",
    time_zone: draft.time_zone.trim() || null,
    scope: Object.fromEntries(
      draft.scope.map((row) => [row.field, row.value.trim()] as const).filter(([, value]) => value !== ""),
    ),
    thresholds:
      read(
        "thresholds",
        draft.thresholds,
        readThresholds,
        t("Percentages with commas between, such as 80, 100."),
      ) ?? [],
    action: draft.action,
    degrade_to: draft.action === "degrade" ? draft.degrade_to.trim() || null : null,
    loop: null,
  };
  if (draft.action === "throttle") {
    const seconds = read("throttle_ms", draft.throttle, readAmount, t("Seconds, such as 1 or 2.5."));
    if (seconds !== null) config.throttle_ms = Math.round(Number(seconds) * 1000);
  }
  if (draft.loop) {
    config.loop = {
      ...before.loop,
      repeats: read("loop.repeats", draft.repeats, readCount, whole),
      usd_per_minute: read("loop.usd_per_minute", draft.usd_per_minute, readAmount, amount),
      turns: read("loop.turns", draft.turns, readCount, whole),
    };
  }
  if (draft.name.trim() === "") errors.name = t("A budget needs a name.");
  for (const row of draft.scope)
    if (row.value.trim() === "") errors[`scope.${row.field}`] = t("Value, or * for each");
  const limits = [draft.limit_usd, draft.limit_tokens, draft.limit_calls];
  if (!draft.loop && limits.every((limit) => limit.trim() === ""))
    errors.limit_usd = t("Enter a limit in dollars, tokens or calls.");
  return { config, errors };
}

/** Whether a budget is about all spending ("all"), has one limit for each value of a field ("each user"), or is about some of it. */
export function kindOfScope(scope: readonly ScopeRow[]): string {
  const [first, ...rest] = scope;
  if (!first) return "all";
  return rest.length === 0 && first.value === "*" ? `each ${first.field}` : "some";
}

/** The rows that a kind begins with. */
export function scopeOfKind(kind: string): ScopeRow[] {
  const field = SCOPE_FIELDS.find((name) => kind === `each ${name}`);
  if (field) return [{ field, value: "*" }];
  return kind === "some" ? [{ field: "user", value: "" }] : [];
}
