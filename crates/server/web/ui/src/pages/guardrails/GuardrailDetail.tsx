// One guardrail: its checks over time, how long they take, and an example.
import { useMemo } from "react";
import { type AskGroup, useAsk } from "../../api/ask";
import type { GuardrailRow } from "../../api/insight";
import type { Scope } from "../../api/queries";
import { Bars } from "../../charts";
import { Link } from "../../components/Link";
import { Answered } from "../../components/Panel";
import { count, duration, percent } from "../../lib/format";
import { t } from "../../lib/i18n";
import { ago, fullTime } from "../../lib/time";
import { href } from "../../state/url";
import { type Multiple, Multiples } from "../roster/Multiples";
import { latencies } from "../roster/multiples";
import { type Fact, Facts } from "../roster/parts";
import { Detail, WorkPart } from "../roster/WorkPage";
import { guardrailName, guardrailTraces } from "./Guardrails";

interface Props {
  row: GuardrailRow;
  scope: Scope;
  refetch: number | false;
}

const checks = (): Multiple => ({
  id: "checks",
  title: t("Checks"),
  shape: "bar",
  stacked: true,
  unit: "count",
  lines: [
    {
      name: t("passed"),
      hue: "--chart-passed",
      adds: true,
      of: (f) => Math.max(0, f.count - f.triggered - f.errors),
    },
    { name: t("violations"), hue: "--guardrail", adds: true, of: (f) => f.triggered },
    { name: t("check errors"), hue: "--failure", adds: true, of: (f) => f.errors },
  ],
});

export function GuardrailDetail({ row, scope, refetch }: Props) {
  const agents = useAsk({ from: "guardrails", group_by: ["name", "agent"], top: 100 }, scope, refetch);
  const own = (group: AskGroup) => (group.key.name ?? null) === row.name;
  const charts = useMemo(
    () => [checks(), latencies(t("Time of a check, p50 and p95"), "--guardrail", "--muted")],
    [],
  );
  const facts: Fact[] = [
    { label: t("Checks"), value: count(row.checks), note: row.framework ?? undefined },
    {
      label: t("Violations"),
      value: count(row.triggered),
      note: t("{share} of checks", { share: percent(row.checks > 0 ? row.triggered / row.checks : 0) }),
    },
    {
      label: t("Check errors"),
      value: <span className={row.errors ? "failing" : undefined}>{count(row.errors)}</span>,
    },
    {
      label: "p50",
      value: duration(row.latency_ms?.p50),
      note: t("p95 {time}", { time: duration(row.latency_ms?.p95) }),
    },
    {
      label: t("Last check"),
      value: row.last_at ? ago(row.last_at) : "–",
      title: row.last_at ? fullTime(row.last_at) : undefined,
    },
  ];
  return (
    <Detail
      kind={t("guardrail")}
      hue="guardrail"
      title={guardrailName(row)}
      actions={
        <Link className="quiet-button" href={guardrailTraces(row)}>
          {t("Traces")}
        </Link>
      }
    >
      <Facts facts={facts} />
      {row.trace_id ? (
        <p className="detail-line">
          <Link className="quiet-button" href={href(`/traces/${row.trace_id}`)}>
            {t("Open an example")}
          </Link>
        </p>
      ) : null}
      <Multiples
        ask={{ from: "guardrails", group_by: ["name"], top: 100 }}
        pick={own}
        scope={scope}
        refetch={refetch}
        charts={charts}
      />
      <WorkPart title={t("Applies to")}>
        <Answered query={agents} lines={3}>
          {({ groups }) => (
            <Bars
              rows={groups.filter(own).map((one) => ({
                name: one.key.agent ?? t("no agent named"),
                value: one.count,
                hue: one.key.agent ? "agent" : "other",
                note:
                  one.triggered > 0
                    ? t("{n} violations", { count: one.triggered, n: count(one.triggered) })
                    : undefined,
              }))}
              unit="count"
              label={t("Checks by agent")}
            />
          )}
        </Answered>
      </WorkPart>
    </Detail>
  );
}
