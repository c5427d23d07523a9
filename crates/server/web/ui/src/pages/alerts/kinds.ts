// Kinds of rules: their names, and the key that some of them need.
import { t } from "../../lib/i18n";

/** Kinds that the form offers. */
export const KINDS = [
  "error_rate",
  "latency",
  "ttft",
  "cost",
  "cost_rate",
  "tokens",
  "calls",
  "tool_failures",
  "guardrails",
  "quota_errors",
  "unpriced",
  "no_data",
  "budget",
  "burn_rate",
  "score",
  "health",
  "ingest_lag",
  "dead_letters",
  "coverage",
  "metric",
  "query",
  "sql",
] as const;

export type RuleKind = (typeof KINDS)[number];

export const kindNames = (): Record<RuleKind, string> => ({
  error_rate: t("Error rate"),
  latency: t("Latency"),
  ttft: t("Time to first token"),
  cost: t("Cost in the window"),
  cost_rate: t("Cost per hour"),
  tokens: t("Tokens"),
  calls: t("Calls"),
  tool_failures: t("Failed tool runs"),
  guardrails: t("Triggered guardrails"),
  quota_errors: t("Quota errors of providers"),
  unpriced: t("Calls without a price"),
  no_data: t("No data"),
  budget: t("Spent share of a budget"),
  burn_rate: t("Burn rate of an objective"),
  score: t("Score"),
  health: t("Health score"),
  ingest_lag: t("Lag of a backend in seconds"),
  dead_letters: t("Dead letters of a backend"),
  coverage: t("Test coverage"),
  metric: t("Metric"),
  query: t("Query"),
  sql: t("Statement of SQL"),
});

/** The name of a kind; the word itself if the dashboard does not know it. */
export function kindName(kind: string | undefined): string {
  const known = KINDS.find((one) => one === kind);
  return known ? kindNames()[known] : (kind ?? "–");
}

/** The key that says what the figure of a kind is about. */
export const SUBJECTS = {
  budget: "budget",
  burn_rate: "slo",
  score: "score",
  metric: "metric",
  query: "query",
} as const;

export type SubjectKind = keyof typeof SUBJECTS;

export const isSubjectKind = (kind: string): kind is SubjectKind => kind in SUBJECTS;

export const subjectNames = (): Record<SubjectKind, { label: string; example: string }> => ({
  budget: { label: t("Name of the budget"), example: "daily" },
  burn_rate: { label: t("Name of the objective"), example: "answers" },
  score: { label: t("Name of the score"), example: "correctness" },
  metric: { label: t("Name of the metric"), example: "process.memory.usage" },
  query: { label: t("Parameters of the query"), example: "from=failures&error=quota" },
});

/** Kinds without a filter, and kinds without a window. */
export const hasFilter = (kind: string) =>
  ![
    "budget",
    "burn_rate",
    "score",
    "health",
    "ingest_lag",
    "dead_letters",
    "coverage",
    "metric",
    "sql",
  ].includes(kind);
export const hasWindow = (kind: string) =>
  !["budget", "burn_rate", "health", "ingest_lag", "dead_letters"].includes(kind);
/** Kinds with groups of their own. */
export const hasGroups = (kind: string) =>
  !["budget", "burn_rate", "ingest_lag", "dead_letters", "sql"].includes(kind);
