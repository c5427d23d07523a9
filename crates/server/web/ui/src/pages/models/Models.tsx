// Which models are called, how fast do they answer, what do they cost, and what fails?
import { useMemo } from "react";
import { type AskGroup, type Figures, useAsk } from "../../api/ask";
import { Stat } from "../../charts";
import { Money, reasonText } from "../../components/Money";
import { compact, count, duration, headlinePlaces, percent, usdPixels } from "../../lib/format";
import { t } from "../../lib/i18n";
import type { Narrowing } from "../../lib/query";
import { rangeLabel } from "../../lib/time";
import { useScopeBefore } from "../../state/compare";
import { filterHref } from "../../state/filters";
import type { Params } from "../../state/url";
import { Against, deltaOf, pointsOf } from "../roster/Against";
import { boxColumn, costColumn, failedColumn, percentileColumn } from "../roster/columns";
import { type Scale, scaleOf } from "../roster/kinds";
import { costPlaces } from "../roster/money";
import { keyOf } from "../roster/names";
import { OverTime, useOverTime, useSparks } from "../roster/OverTime";
import { CacheShare, Nil, Num, scaleText } from "../roster/parts";
import { useWorkPlace } from "../roster/place";
import { callMeasures, share } from "../roster/series";
import { WorkPage, WorkPart } from "../roster/WorkPage";
import { type WorkColumn, WorkTable } from "../roster/WorkTable";
import { ModelDetail } from "./ModelDetail";

const MOST_MODELS = 500;

export const modelOf = (group: AskGroup): string | null => group.key.model ?? null;
const providerOf = (group: AskGroup): string | null => group.key.provider ?? null;
const rowKey = (group: AskGroup) => `${keyOf(providerOf(group))}/${keyOf(modelOf(group))}`;
export const modelName = (group: AskGroup) => modelOf(group) ?? t("(no model)");

/** The calls of a model at a provider, one by one. */
export const modelCalls = (group: AskGroup, params: Params = {}, by: Narrowing = {}) =>
  filterHref("/calls", { model: modelOf(group), ...by }, { provider: providerOf(group) ?? "-", ...params });

export function ModelCost({ figures, places }: { figures: Figures; places: number }) {
  return (
    <Money
      value={figures.cost_usd}
      places={places}
      unpriced={figures.unpriced_calls}
      used={(figures.tokens?.total ?? 0) > 0 || figures.unpriced_calls > 0}
      reason={reasonText("unpriced")}
    />
  );
}

function columnsFor(
  places: number,
  scale: Scale,
  before: ReadonlyMap<string, number> | null,
): readonly WorkColumn<AskGroup>[] {
  const calls = modelCalls;
  return [
    {
      id: "calls",
      head: t("Calls"),
      end: true,
      least: 56,
      by: (row) => row.count,
      cell: (row) => (
        <>
          <Num value={row.count} to={calls(row)} />
          {before ? <Against now={row.count} before={before.get(rowKey(row)) ?? 0} /> : null}
        </>
      ),
    },
    failedColumn(
      (row) => row.count,
      (row) => calls(row, { state: "failed" }),
    ),
    {
      id: "in",
      head: t("Tokens in"),
      end: true,
      least: 72,
      drop: 4,
      by: (row) => row.tokens?.input ?? null,
      cell: (row) => (
        <Num
          value={row.tokens?.input ?? null}
          text={compact(row.tokens?.input ?? 0)}
          to={calls(row, { sort: "-tokens" })}
        />
      ),
    },
    {
      id: "out",
      head: t("Tokens out"),
      end: true,
      least: 76,
      drop: 4,
      by: (row) => row.tokens?.output ?? null,
      cell: (row) => (
        <Num
          value={row.tokens?.output ?? null}
          text={compact(row.tokens?.output ?? 0)}
          to={calls(row, { sort: "-tokens" })}
        />
      ),
    },
    {
      id: "cache",
      head: t("Cache hits"),
      title: t("Share of input tokens that the provider read from its cache"),
      end: true,
      least: 84,
      drop: 3,
      by: (row) => share(row.tokens?.cache_read, row.tokens?.input),
      cell: (row) => <CacheShare read={row.tokens?.cache_read ?? 0} input={row.tokens?.input ?? 0} />,
    },
    {
      id: "ttft",
      head: t("Time to first token"),
      title: t("Median time to first token, over calls that report it"),
      end: true,
      least: 76,
      drop: 2,
      by: (row) => row.ttft_ms?.p50 ?? null,
      cell: (row) =>
        row.ttft_ms ? (
          <span className="figure" title={t("p95 {time}", { time: duration(row.ttft_ms.p95) })}>
            {duration(row.ttft_ms.p50)}
          </span>
        ) : (
          <Nil title={t("no call reports its time to first token")} />
        ),
    },
    boxColumn((row) => row.latency_ms, {
      head: t("Latency, {scale}", { scale: scaleText(scale) }),
      title: t("Logarithmic scale. Line: minimum to p95. Box: middle half of the calls. Mark: median"),
      least: 150,
      drop: 1,
      scale,
    }),
    percentileColumn("p50", (row) => row.latency_ms),
    percentileColumn("p95", (row) => row.latency_ms, {
      slowest: {
        title: t("The slowest calls of this model"),
        to: (row) => calls(row, { sort: "-duration" }),
      },
    }),
    costColumn(
      (row) => row.cost_usd,
      (row) => <ModelCost figures={row} places={places} />,
    ),
  ];
}

const compactModel = (places: number) => (row: AskGroup) => (
  <>
    <span className="compact-line">
      <span className="row-name">{modelName(row)}</span>
      <span className="figure">
        <ModelCost figures={row} places={places} />
      </span>
    </span>
    <span className="compact-line muted">
      <span>
        {t("{n} calls", { count: row.count, n: count(row.count) })}
        {row.errors > 0 ? (
          <span className="failing"> · {t("{n} failed", { n: count(row.errors) })}</span>
        ) : null}
      </span>
      <span className="figure">
        {row.latency_ms ? `p50 ${duration(row.latency_ms.p50)} · p95 ${duration(row.latency_ms.p95)}` : "–"}
      </span>
    </span>
  </>
);

/** Rows by provider and model with the first tokens of their model, where one provider alone serves it. */
export function withFirstTokens(rows: readonly AskGroup[], byModel: readonly AskGroup[]): AskGroup[] {
  const times = new Map(byModel.map((group) => [group.key.model, group.ttft_ms]));
  const providers = new Map<string | null | undefined, number>();
  for (const { key } of rows) providers.set(key.model, (providers.get(key.model) ?? 0) + 1);
  return rows.map((row) => ({
    ...row,
    ttft_ms: row.ttft_ms ?? (providers.get(row.key.model) === 1 ? (times.get(row.key.model) ?? null) : null),
  }));
}

export function Models() {
  const { params, scope, open, refetch } = useWorkPlace();
  const query = useAsk({ from: "calls", group_by: ["provider", "model"], top: MOST_MODELS }, scope, refetch);
  // The server knows first tokens by model and not by provider; a model of one provider has those of its model.
  const streams = useAsk({ from: "calls", group_by: ["model"], top: MOST_MODELS }, scope, refetch);
  const rows = useMemo(
    () => withFirstTokens(query.data?.groups ?? [], streams.data?.groups ?? []),
    [query.data, streams.data],
  );
  const places = useMemo(() => costPlaces(rows.map((row) => row.cost_usd)), [rows]);
  const scale = useMemo(() => scaleOf(rows.map((row) => row.latency_ms)), [rows]);
  const measures = useMemo(() => callMeasures(t), []);
  const overTime = useOverTime({ from: "calls", group_by: ["model"] }, scope, refetch);
  const sparks = useSparks(overTime);
  const scopeBefore = useScopeBefore(scope);
  const before = useAsk(
    { from: "calls", group_by: ["provider", "model"], top: MOST_MODELS },
    scopeBefore ?? scope,
    false,
    { enabled: scopeBefore !== null },
  );
  const earlier = useMemo(
    () =>
      scopeBefore && before.data ? new Map(before.data.groups.map((row) => [rowKey(row), row.count])) : null,
    [scopeBefore, before.data],
  );
  const columns = useMemo(() => columnsFor(places, scale, earlier), [places, scale, earlier]);
  const total = query.data?.total;
  const opened =
    open === null
      ? undefined
      : (rows.find((row) => rowKey(row) === open) ?? rows.find((row) => modelOf(row) === open));
  return (
    <WorkPage
      title={t("Models")}
      facts={
        <span>
          {t("{n} models", { count: rows.length, n: count(rows.length) })} · {rangeLabel(scope.range)}
        </span>
      }
      query={query}
      empty={rows.length === 0}
      what={t("calls to models")}
      detail={opened ? <ModelDetail key={open} group={opened} scope={scope} refetch={refetch} /> : null}
    >
      {total ? (
        <Totals total={total} before={scopeBefore ? before.data?.total : undefined} sparks={sparks} />
      ) : null}
      <OverTime
        title={t("Over time")}
        query={overTime}
        measures={measures}
        nameOf={modelName}
        hrefOf={(group) => filterHref("/calls", { model: modelOf(group) })}
      />
      <WorkPart
        title={t("By model")}
        note={
          query.data?.left_out
            ? t("the {n} largest; narrow the filter to see the others", { n: count(rows.length) })
            : t("Click a row for details, a number for its calls")
        }
      >
        <WorkTable
          label={t("Models")}
          rows={rows}
          columns={columns}
          rowKey={rowKey}
          nameHead={t("Model")}
          nameText={modelName}
          name={(row) => (
            <>
              {modelName(row)} <span className="faint name-note">{providerOf(row)}</span>
            </>
          )}
          compact={compactModel(places)}
          sort={params.get("sort") ?? "-calls"}
        />
      </WorkPart>
    </WorkPage>
  );
}

function Totals({
  total,
  before,
  sparks,
}: {
  total: Figures;
  before: Figures | undefined;
  sparks: ReturnType<typeof useSparks>;
}) {
  const cached = share(total.tokens?.cache_read, total.tokens?.input);
  const rate = (of: Figures) => (of.count > 0 ? of.errors / of.count : 0);
  return (
    <div className="stats">
      <Stat
        label={t("Calls")}
        value={compact(total.count)}
        href={filterHref("/calls")}
        {...sparks((f) => f.count)}
        {...deltaOf(total.count, before?.count, compact)}
      />
      <Stat
        label={t("Failed")}
        value={percent(rate(total))}
        note={t("{n} calls", { count: total.errors, n: count(total.errors) })}
        href={filterHref("/calls", {}, { state: "failed" })}
        good="down"
        sparkHue="--failure"
        {...sparks((f) => f.errors)}
        {...pointsOf(rate(total), before ? rate(before) : undefined)}
      />
      <Stat
        label={t("Tokens in")}
        value={compact(total.tokens?.input ?? 0)}
        note={cached === null ? undefined : t("{share} from the cache", { share: percent(cached) })}
        href={filterHref("/calls", {}, { sort: "-tokens" })}
        {...sparks((f) => f.tokens?.input ?? 0)}
        {...deltaOf(total.tokens?.input ?? 0, before?.tokens?.input, compact)}
      />
      <Stat
        label={t("Tokens out")}
        value={compact(total.tokens?.output ?? 0)}
        href={filterHref("/calls", {}, { sort: "-tokens" })}
        {...sparks((f) => f.tokens?.output ?? 0)}
        {...deltaOf(total.tokens?.output ?? 0, before?.tokens?.output, compact)}
      />
      <Stat
        label={t("Median latency")}
        value={duration(total.latency_ms?.p50)}
        note={t("p95 {time}", { time: duration(total.latency_ms?.p95) })}
        href={filterHref("/calls", {}, { sort: "-duration" })}
        good="down"
        {...sparks((f) => f.latency_ms?.p50 ?? null, false)}
        {...deltaOf(total.latency_ms?.p50 ?? 0, before?.latency_ms?.p50, duration)}
      />
      <Stat
        label={t("Cost")}
        value={<ModelCost figures={total} places={headlinePlaces(total.cost_usd ?? "0")} />}
        note={
          total.unpriced_calls > 0
            ? t("{n} calls unpriced", { count: total.unpriced_calls, n: count(total.unpriced_calls) })
            : undefined
        }
        href={filterHref("/calls", {}, { sort: "-cost" })}
        good="down"
        {...sparks((f) => usdPixels(f.cost_usd))}
        {...deltaOf(usdPixels(total.cost_usd), before ? usdPixels(before.cost_usd) : undefined)}
      />
    </div>
  );
}
