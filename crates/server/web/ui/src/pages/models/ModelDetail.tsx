// One model: its figures, its series over time, how its latency is spread, what failed, and who calls it.
import { useMemo } from "react";
import { type AskGroup, useAsk } from "../../api/ask";
import type { Scope } from "../../api/queries";
import { Histogram } from "../../charts";
import { Link } from "../../components/Link";
import { Answered } from "../../components/Panel";
import { measuresOf } from "../../lib/compare";
import { compact, count, duration, headlinePlaces, marked, percent, usdHeadline } from "../../lib/format";
import { t } from "../../lib/i18n";
import { ago, fullTime } from "../../lib/time";
import { filterHref } from "../../state/filters";
import { ByAgent, Causes } from "../roster/Causes";
import { Multiples } from "../roster/Multiples";
import { cost, firstTokens, latencies, outcomes, tokens } from "../roster/multiples";
import { only } from "../roster/names";
import { type Fact, Facts, Num } from "../roster/parts";
import { share } from "../roster/series";
import { Detail, WorkPart } from "../roster/WorkPage";
import { ModelCost, modelCalls, modelName, modelOf } from "./Models";

interface Props {
  group: AskGroup;
  scope: Scope;
  refetch: number | false;
}

export function ModelDetail({ group, scope, refetch }: Props) {
  const model = modelOf(group);
  const filter = only("model", model);
  const spread = useAsk({ from: "calls", histogram: true, filter }, scope, refetch);
  const errors = useAsk({ from: "failures", group_by: ["error"], top: 12, filter }, scope, refetch);
  const agents = useAsk({ from: "calls", group_by: ["agent"], top: 12, filter }, scope, refetch);
  const charts = useMemo(
    () => [
      outcomes(t("Calls"), "--llm"),
      latencies(t("Latency, p50 and p95"), "--llm"),
      firstTokens(),
      tokens(),
      cost(),
    ],
    [],
  );
  return (
    <Detail
      kind={t("model")}
      hue="llm"
      title={modelName(group)}
      actions={
        <>
          {model === null ? null : (
            <Link className="quiet-button" href={filterHref("/compare", {}, { by: "model", a: model })}>
              {t("Compare")}
            </Link>
          )}
          <Link className="quiet-button" href={filterHref("/traces", { model })}>
            {t("Traces")}
          </Link>
        </>
      }
    >
      <Facts facts={factsOf(group)} />
      <Multiples ask={{ from: "calls", filter }} scope={scope} refetch={refetch} charts={charts} />
      <WorkPart title={t("Latency of its calls")}>
        <Answered query={spread} lines={3}>
          {({ total }) =>
            total.latency_ms?.histogram?.length ? (
              <Histogram
                bins={total.latency_ms.histogram.map(([upper, calls]) => ({ upper, count: calls }))}
                unit="ms"
                label={t("Calls by duration")}
              />
            ) : (
              <p className="part-empty">{t("No call has ended yet.")}</p>
            )
          }
        </Answered>
      </WorkPart>
      <Causes
        query={errors}
        to={({ messages }) => filterHref("/spans", { model }, { state: "failed", message: messages })}
      />
      <ByAgent
        title={t("Used by")}
        query={agents}
        hrefOf={(agent) => filterHref("/calls", { model, agent })}
        noteOf={(group) => (group.cost_usd ? usdHeadline(group.cost_usd) : undefined)}
      />
    </Detail>
  );
}

/** Figures by which models are chosen: the price of a call and of a million tokens, and the speed. */
function costFacts(group: AskGroup): Fact[] {
  const measures = new Map(measuresOf(group).map(({ id, value }) => [id, value]));
  const [call, million, speed] = [
    measures.get("cost_call"),
    measures.get("cost_million"),
    measures.get("speed"),
  ];
  const dollars = (value: number) => usdHeadline(value.toFixed(9));
  return [
    ...(call ? [{ label: t("Cost per call"), value: dollars(call) }] : []),
    ...(million ? [{ label: t("Cost per 1M tokens"), value: dollars(million) }] : []),
    ...(speed
      ? [
          {
            label: t("Output tokens per second"),
            value: speed < 100 ? marked(speed.toFixed(1)) : compact(speed),
          },
        ]
      : []),
  ];
}

function factsOf(group: AskGroup): Fact[] {
  const { tokens: used } = group;
  const cached = share(used?.cache_read, used?.input);
  const per = group.count > 0 && used ? used.total / group.count : null;
  return [
    {
      label: t("Calls"),
      value: <Num value={group.count} to={modelCalls(group)} />,
      note: group.key.provider ?? undefined,
    },
    {
      label: t("Failed"),
      value: (
        <span className={group.errors ? "failing" : undefined}>
          {percent(group.count > 0 ? group.errors / group.count : 0)}
        </span>
      ),
      note: (
        <Num
          value={group.errors}
          text={t("{n} calls", { count: group.errors, n: count(group.errors) })}
          to={modelCalls(group, { state: "failed" })}
        />
      ),
    },
    {
      label: t("Cost"),
      value: <ModelCost figures={group} places={headlinePlaces(group.cost_usd ?? "0")} />,
      note:
        group.unpriced_calls > 0 ? (
          <Num
            value={group.unpriced_calls}
            text={t("{n} unpriced", { n: count(group.unpriced_calls) })}
            to={modelCalls(group, { state: "unpriced" })}
          />
        ) : undefined,
    },
    ...costFacts(group),
    {
      label: t("Tokens"),
      value: compact(used?.total ?? 0),
      note: per === null ? undefined : t("{n} per call", { n: compact(Math.round(per)) }),
      title: used
        ? t("{in} in, {out} out, {reasoning} of them reasoning", {
            in: count(used.input),
            out: count(used.output),
            reasoning: count(used.reasoning),
          })
        : undefined,
    },
    {
      label: t("Cache hits"),
      value: cached === null ? "–" : percent(cached),
      note: used ? t("{n} written", { n: compact(used.cache_write) }) : undefined,
    },
    {
      label: t("Latency p50"),
      value: duration(group.latency_ms?.p50),
      note: t("p95 {time}", { time: duration(group.latency_ms?.p95) }),
    },
    {
      label: t("First token p50"),
      value: duration(group.ttft_ms?.p50),
      note: group.ttft_ms ? t("p95 {time}", { time: duration(group.ttft_ms.p95) }) : t("not reported"),
    },
    ...(group.last_at
      ? [{ label: t("Last call"), value: ago(group.last_at), title: fullTime(group.last_at) }]
      : []),
  ];
}
