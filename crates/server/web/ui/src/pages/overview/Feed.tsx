// Traces as they come, the newest on top. New ones slide in only while nobody points at the list: nothing jumps under a hand.
import { useEffect, useMemo, useState } from "react";
import { askAnew, paced } from "../../api/again";
import { changesTraces, useLive } from "../../api/live";
import { queryClient, type Scope, useTraces } from "../../api/queries";
import type { TraceSummary } from "../../api/types";
import { Link } from "../../components/Link";
import { Money } from "../../components/Money";
import { Panel } from "../../components/Panel";
import { Trouble } from "../../components/States";
import { TraceStatus } from "../../components/StatusText";
import { Time } from "../../components/Time";
import { duration, usdColumnPlaces } from "../../lib/format";
import { t } from "../../lib/i18n";
import { shortName } from "../../lib/names";
import { filterHref } from "../../state/filters";
import { href } from "../../state/url";

const MOST = 12;
/** Between two looks at the list while traces come one after the other. */
const EVERY_MS = 1500;

export function Feed({ scope }: { scope: Scope }) {
  const query = useTraces(scope, "-started_at", MOST);
  const newest = useMemo(() => (query.data?.pages[0]?.traces ?? []).slice(0, MOST), [query.data]);
  const [held, setHeld] = useState<TraceSummary[] | null>(null);
  const pace = useMemo(
    () => paced(() => askAnew(queryClient, { queryKey: ["traces", scope] }), EVERY_MS),
    [scope],
  );
  useEffect(() => {
    // What is shown again since earlier may lack what came meanwhile.
    if (queryClient.getQueriesData({ queryKey: ["traces", scope] }).some(([, data]) => data)) pace.soon();
    return pace.stop;
  }, [pace, scope]);
  // A frame says that something came; whether it fits the filter is the server's to say, so the list is asked again.
  useLive((frame) => {
    if (changesTraces(frame)) pace.soon();
  });
  const rows = held ?? newest;
  const waiting = held
    ? newest.filter((trace) => !held.some((one) => one.trace_id === trace.trace_id)).length
    : 0;
  const places = Math.min(4, usdColumnPlaces(rows.map((row) => row.cost_usd)));
  return (
    <Panel
      title={t("Latest traces")}
      note={
        waiting > 0 ? (
          <span>{t("{n} new (paused while hovering)", { n: waiting })}</span>
        ) : (
          <Link className="quiet-button" href={filterHref("/traces")}>
            {t("All traces")}
          </Link>
        )
      }
    >
      {query.isError && !query.data ? (
        <Trouble error={query.error} retry={() => void query.refetch()} />
      ) : query.isPending ? (
        <div className="part-wait" aria-hidden="true">
          {Array.from({ length: 6 }, (_, index) => (
            <i key={index} style={{ width: `${88 - ((index * 23) % 40)}%` }} />
          ))}
        </div>
      ) : rows.length === 0 ? (
        <p className="part-empty">{t("No trace matches the time range and the filter.")}</p>
      ) : (
        <ol
          className="feed"
          onPointerEnter={() => setHeld(newest)}
          onPointerLeave={() => setHeld(null)}
          onFocus={() => setHeld((now) => now ?? newest)}
          onBlur={() => setHeld(null)}
        >
          {rows.map((trace) => (
            <li key={trace.trace_id}>
              <Link href={href(`/traces/${encodeURIComponent(trace.trace_id)}`)}>
                <Time at={trace.started_at} />
                <span className="feed-name" title={trace.name}>
                  {shortName(trace.name)}
                </span>
                <TraceStatus trace={trace} />
                <span className="figure end">{duration(trace.duration_ms)}</span>
                <span className="figure end">
                  <Money
                    value={trace.cost_usd}
                    places={places}
                    billable={trace.llm_calls > 0}
                    used={trace.tokens.total > 0}
                  />
                </span>
              </Link>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}
