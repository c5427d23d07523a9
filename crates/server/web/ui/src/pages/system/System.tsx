// How the server itself is doing: what comes in, what waits, what was left out, what it takes.
import "./system.css";
import type { ReactNode } from "react";
import { useLive } from "../../api/live";
import { queryClient } from "../../api/queries";
import { type SystemSample, type SystemState, useSystem } from "../../api/signals";
import { type Series, Stat, TimeChart, type Unit } from "../../charts";
import { LiveButton } from "../../components/LiveButton";
import { PageHead } from "../../components/PageTop";
import { Panel } from "../../components/Panel";
import { Failure, Loading } from "../../components/States";
import { bytes, compact, count, percent } from "../../lib/format";
import { t } from "../../lib/i18n";
import { Backends } from "./Backends";
import { Drift } from "./Drift";
import { Unread } from "./Unread";

/** One sample every ten seconds. */
const STEP_MS = 10_000;
const HOUR_MS = 3_600_000;
/** The share of a bound from which it is worth a look. */
const TIGHT = 0.8;

export function System() {
  const query = useSystem();
  useLive(
    (frame) => {
      if (frame.type === "system") void queryClient.invalidateQueries({ queryKey: ["system"] });
    },
    ["system"],
  );
  const body = () => {
    if (query.isError && !query.data)
      return <Failure error={query.error} retry={() => void query.refetch()} />;
    if (!query.data) return <Loading what={t("Loading …")} />;
    return <State state={query.data} />;
  };
  return (
    <>
      <header className="top-bar">
        <span className="push" />
        <LiveButton />
      </header>
      <PageHead title={t("System")}>
        {query.data ? <span>{t("up for {time}", { time: uptime(query.data.uptime_s) })}</span> : null}
      </PageHead>
      <div className="page-body scrolls">{body()}</div>
    </>
  );
}

function uptime(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return `${Math.floor(seconds)} s`;
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

const known = (value: number | null, show: (value: number) => string): string =>
  value === null ? "–" : show(value);
const cpu = (value: number) => percent(value / 100);

function State({ state }: { state: SystemState }) {
  const { process, host, disk, queue, ingest, search } = state;
  const dropped = state.drops.reduce((sum, drop) => sum + drop.count, 0);
  const spark = (of: (sample: SystemSample) => number | null) => state.history.map(of);
  return (
    <div className="system">
      <div className="system-stats">
        <Stat
          label={t("Ingest rate")}
          value={t("{n} spans/s", { n: compact(Math.round(ingest.spans_per_s)) })}
          note={t("{n} spans since the start", { n: compact(ingest.spans) })}
          spark={spark((sample) => sample.spans_per_s)}
        />
        <Stat
          label={t("Queue")}
          value={t("{count} requests", { count: queue.requests })}
          note={t("{used} of {most}", { used: bytes(queue.bytes), most: bytes(queue.max_bytes) })}
          spark={spark((sample) => sample.queue_requests)}
        />
        <Stat
          label={t("Dropped")}
          value={count(dropped)}
          note={dropped === 0 ? t("nothing dropped or rejected") : t("by reason below")}
          spark={spark((sample) => sample.drops_per_s)}
        />
        <Stat
          label={t("CPU")}
          value={known(process.cpu_percent, cpu)}
          note={t("machine CPU {used} of {cpus} cores", {
            used: known(host.cpu_percent, cpu),
            cpus: host.cpus,
          })}
          spark={spark((sample) => sample.cpu_percent)}
        />
        <Stat
          label={t("Memory")}
          value={known(process.rss_bytes, bytes)}
          note={t("of {total} in this machine", { total: known(host.memory_total, bytes) })}
          spark={spark((sample) => sample.rss_bytes)}
        />
        <Stat
          label={t("Store")}
          value={known(disk.store_bytes, bytes)}
          note={t("{free} free on its disk", { free: known(disk.free, bytes) })}
          spark={spark((sample) => sample.store_bytes)}
        />
      </div>
      <div className="system-parts">
        <div>
          <Panel title={t("Storage backends")} note={t("state of each backend")}>
            <Backends backends={state.backends} />
          </Panel>
          <Panel title={t("Dropped by reason")} note={t("since the start")}>
            <Drops state={state} />
          </Panel>
          <Unread />
          <Drift />
          <Panel title={t("Limits")}>
            <Bounds
              rows={[
                [t("queued requests"), queue.requests, queue.max_requests, count],
                [t("queued bytes"), queue.bytes, queue.max_bytes, bytes],
                [t("disk"), taken(disk.total, disk.free), disk.total, bytes],
                [t("system memory"), host.memory_used, host.memory_total, bytes],
              ]}
            />
            {search ? (
              <p className="assumption">
                {search.lag_spans === 0
                  ? t("Search index up to date")
                  : t("Full text search is {n} spans behind.", { n: count(search.lag_spans) })}
              </p>
            ) : null}
          </Panel>
        </div>
        <div>
          <History
            state={state}
            title={t("Spans per second")}
            unit="number"
            of={(sample) => sample.spans_per_s}
          />
          <History
            state={state}
            title={t("Queue length")}
            unit="count"
            of={(sample) => sample.queue_requests}
          />
          <History state={state} title={t("CPU")} unit="percent" of={(sample) => part(sample.cpu_percent)} />
          <History
            state={state}
            title={t("Memory of the server")}
            unit="bytes"
            of={(sample) => sample.rss_bytes}
          />
        </div>
      </div>
    </div>
  );
}

const part = (value: number | null) => (value === null ? null : value / 100);
const taken = (total: number | null, free: number | null) =>
  total === null || free === null ? null : total - free;

function Drops({ state }: { state: SystemState }) {
  if (state.drops.length === 0)
    return <p className="part-empty">{t("Nothing was dropped, rejected or truncated since the start.")}</p>;
  return (
    <table className="slip rows">
      <thead>
        <tr>
          <th scope="col">{t("Reason")}</th>
          <th scope="col">{t("Signal")}</th>
          <th scope="col">{t("Records")}</th>
        </tr>
      </thead>
      <tbody>
        {state.drops.map((drop) => (
          <tr key={`${drop.signal} ${drop.reason}`}>
            <th scope="row">{drop.reason.replaceAll("_", " ")}</th>
            <td className="muted">{drop.signal}</td>
            <td className="figure">{count(drop.count)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

type Bound = [name: string, used: number | null, most: number | null, show: (value: number) => string];

function Bounds({ rows }: { rows: readonly Bound[] }): ReactNode {
  return (
    <table className="slip rows">
      <tbody>
        {rows.map(([name, used, most, show]) => {
          const share = used === null || !most ? null : used / most;
          return (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td className="rows-bar">
                <i
                  className={share !== null && share >= TIGHT ? "bound-bar is-tight" : "bound-bar"}
                  style={{ width: `${Math.min(100, (share ?? 0) * 100)}%` }}
                />
              </td>
              <td className="figure">
                {t("{used} of {most}", { used: known(used, show), most: known(most, show) })}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

interface HistoryProps {
  state: SystemState;
  title: string;
  unit: Unit;
  of: (sample: SystemSample) => number | null;
}

/** The shortest time that a chart of a young server covers. */
const YOUNG_MS = 5 * 60_000;

/** The last hour, or the time since the start if that is shorter. */
function History({ state, title, unit, of }: HistoryProps) {
  const now = Date.parse(state.now);
  const length = Math.min(HOUR_MS, Math.max(YOUNG_MS, state.uptime_s * 1000));
  const young = length < HOUR_MS;
  const series: Series = {
    name: title,
    points: state.history.map((sample) => ({ t: Date.parse(sample.at), v: of(sample) })),
  };
  return (
    <Panel title={title} note={young ? t("since the start") : t("last hour")}>
      <TimeChart
        shape="area"
        series={[series]}
        unit={unit}
        since={now - length}
        until={now}
        stepMs={STEP_MS}
        height={120}
        legend={false}
        onBrush={null}
        label={young ? t("{title} since the start", { title }) : t("{title} over the last hour", { title })}
      />
    </Panel>
  );
}
