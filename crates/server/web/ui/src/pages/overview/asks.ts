// The questions of the overview. Parts that show the same figures ask them with the same words, so that they are asked once.
import type { Ask } from "../../api/ask";
import type { Naming } from "../../charts/measures";
import { t } from "../../lib/i18n";

/** Models that have a name of their own in a chart: the dearest. */
const NAMED = 6;

export const CALLS: Ask = { from: "calls", group_by: ["model"], step: "auto", top: NAMED, sort: "cost" };
export const CALLS_TOTAL: Ask = { from: "calls", step: "auto" };
export const TRACES: Ask = { from: "traces", step: "auto", histogram: true };
export const SESSIONS: Ask = { from: "traces", group_by: ["session"], filter: "has:session", top: 1 };
export const FAILURES: Ask = { from: "failures", group_by: ["error"], top: 20 };

export const naming = (all: string): Naming => ({
  unknown: t("unknown"),
  rest: t("Other"),
  all,
  unpriced: t("unpriced"),
});
