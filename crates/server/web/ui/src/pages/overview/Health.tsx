// Whether Quipu itself keeps up: what it takes in, what waits, what was lost, and where data goes.
import type { UseQueryResult } from "@tanstack/react-query";
import { type SystemState, useSystem } from "../../api/system";
import { Link } from "../../components/Link";
import { Answered, Panel } from "../../components/Panel";
import { bytes, count, duration, marked, percent } from "../../lib/format";
import { t } from "../../lib/i18n";
import { href } from "../../state/url";

/** Below these shares nobody needs to look. */
const FULL_QUEUE = 0.5;
const FULL_DISK = 0.9;
/** An index that lags less is up to date to the eye. */
const SLOW_SEARCH_MS = 5_000;

interface Line {
  name: string;
  text: string;
  tone: "good" | "warm" | "bad";
}

const healthy = (state: string) => /^(ok|ready|up|healthy|running|connected)$/i.test(state);

export function healthOf(system: SystemState): Line[] {
  const { queue, disk, search } = system;
  const waiting = Math.max(
    queue.max_requests > 0 ? queue.requests / queue.max_requests : 0,
    queue.max_bytes > 0 ? queue.bytes / queue.max_bytes : 0,
  );
  const lost = system.drops.reduce((sum, drop) => sum + drop.count, 0);
  const down = system.backends.filter((backend) => !healthy(backend.state));
  const used = disk.total && disk.free !== null ? 1 - disk.free / disk.total : null;
  return [
    {
      name: t("Ingest rate"),
      text:
        system.ingest.spans_per_s === null
          ? "–"
          : t("{n} spans/s", {
              n:
                system.ingest.spans_per_s < 10
                  ? marked(system.ingest.spans_per_s.toFixed(1))
                  : count(system.ingest.spans_per_s),
            }),
      tone: "good",
    },
    {
      name: t("Queue"),
      text: queue.requests === 0 ? t("nothing") : t("{share} of the queue", { share: percent(waiting, 0) }),
      tone: waiting >= 0.9 ? "bad" : waiting >= FULL_QUEUE ? "warm" : "good",
    },
    {
      name: t("Dropped"),
      text: lost === 0 ? t("nothing") : count(lost),
      tone: lost > 0 ? "bad" : "good",
    },
    {
      name: t("Backends"),
      text:
        down.length === 0
          ? t("{n} of {all} ready", { n: system.backends.length, all: system.backends.length })
          : down.map((backend) => `${backend.name}: ${backend.state}`).join(", "),
      tone: down.length > 0 ? "bad" : "good",
    },
    {
      name: t("Search"),
      text:
        !search || search.lag_spans === 0
          ? t("up to date")
          : t("{time} behind", { time: duration(search.lag_ms) }),
      tone: search && search.lag_ms > SLOW_SEARCH_MS ? "warm" : "good",
    },
    {
      name: t("Disk"),
      text: used === null || disk.free === null ? "–" : t("{free} free", { free: bytes(disk.free) }),
      tone: used !== null && used >= FULL_DISK ? "warm" : "good",
    },
  ];
}

/** All of it while something needs attention, otherwise two lines that change. */
const shownOf = (lines: Line[]): Line[] =>
  lines.some((line) => line.tone !== "good") ? lines : lines.filter((_, index) => index === 0 || index === 5);

export function HealthPanel() {
  const query: UseQueryResult<SystemState> = useSystem();
  const lines = query.data ? healthOf(query.data) : [];
  const troubles = lines.filter((line) => line.tone !== "good").length;
  return (
    <Panel
      title={t("This server")}
      note={
        query.data ? (
          <Link className={troubles > 0 ? "health-sum is-bad" : "health-sum"} href={href("/system")}>
            {troubles > 0 ? t("{count} need attention", { count: troubles }) : t("All healthy")}
          </Link>
        ) : undefined
      }
    >
      <Answered query={query} lines={3}>
        {(system) => (
          <dl className="health">
            {shownOf(healthOf(system)).map((line) => (
              <div key={line.name} className={`health-line is-${line.tone}`}>
                <dt>{line.name}</dt>
                <dd>
                  <i aria-hidden="true" />
                  {line.text}
                </dd>
              </div>
            ))}
          </dl>
        )}
      </Answered>
    </Panel>
  );
}
