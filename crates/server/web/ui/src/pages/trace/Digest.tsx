// The panel before any span is chosen: where the time and the money of this trace went, and what failed.

import { useMemo } from "react";
import { useSpan } from "../../api/queries";
import { Money } from "../../components/Money";
import { causesOf } from "../../lib/cause";
import type { Path } from "../../lib/critical";
import { addTimes, costByModel, type FailureGroup, groupFailures } from "../../lib/digest";
import { compact, count, duration, durationsUpTo, percent } from "../../lib/format";
import { t } from "../../lib/i18n";
import { loopsOf } from "../../lib/loops";
import type { Outline } from "../../lib/outline";
import { rootFailures } from "../../lib/tree";
import { hueName } from "../../lib/words";
import { saysNothing } from "./cells";
import { errorText } from "./Happened";
import { Scores } from "./Scores";
import { Talked } from "./Talked";
import { labelOf } from "./WaterfallRow";
import { useAfterwards, usePieces } from "./work";

interface Props {
  traceId: string;
  outline: Outline;
  loaded: number;
  path: Path | null;
  total: number;
  /** Decimal places of a cost, as beside it in the list of spans. */
  places: number;
  onPick: (row: number) => void;
}

const MOST_FAILURES = 8;

/** Why it failed: the outline leaves the message out, so the first of the group is asked for its own. */
function FailureMessage({ traceId, spanId }: { traceId: string; spanId: string }) {
  const query = useSpan(traceId, spanId);
  const span = query.data;
  const thrown = span?.events?.find((event) => event.name === "exception")?.attributes["exception.message"];
  const told = (typeof thrown === "string" && thrown) || (span ? errorText(span) : null);
  const [cause] = told ? causesOf([{ error: told, count: 1, trace_id: traceId }]) : [];
  return (
    <span className="muted" title={told || undefined}>
      {cause?.label || (query.isFetching ? "…" : t("no message recorded"))}
    </span>
  );
}

/** Sums over more spans than this wait until all are there. */
const MANY = 12_000;

export function Digest(props: Props) {
  const { outline, loaded } = props;
  const ready = useAfterwards(outline.complete || outline.total <= MANY);
  if (!ready) {
    return (
      <aside className="panel digest" aria-label={t("Summary of the trace")}>
        <p className="panel-note" role="status">
          {outline.complete ? null : (
            <>
              {t("Reading the spans …")} <span className="figure">{percent(loaded / outline.total, 0)}</span>
            </>
          )}
        </p>
      </aside>
    );
  }
  return (
    <aside className="panel digest" aria-label={t("Summary of the trace")}>
      <div className="panel-body" role="region" tabIndex={0} aria-label={t("Summary")}>
        <Failures {...props} />
        <Loops {...props} />
        <Talked traceId={props.traceId} outline={outline} loaded={loaded} />
        <Scores traceId={props.traceId} />
        <Times {...props} />
        <Costs {...props} />
        <p className="faint slip-note keys-note">
          <kbd>j</kbd> <kbd>k</kbd> {t("next/previous")} · <kbd>h</kbd> <kbd>l</kbd> {t("fold")} ·{" "}
          <kbd>⏎</kbd> {t("open")} · <kbd>z</kbd> {t("zoom")} · <kbd>/</kbd> {t("search")} ·{" "}
          <kbd>{t("space")}</kbd> {t("play")} · <kbd>esc</kbd> {t("back")}
        </p>
      </div>
    </aside>
  );
}

function Failures({ traceId, outline, loaded, onPick }: Props) {
  // biome-ignore lint/correctness/useExhaustiveDependencies: `loaded` says when the columns hold more
  const failures = useMemo(() => rootFailures(outline), [outline, loaded]);
  const groups = useMemo(() => groupFailures(outline, failures), [outline, failures]);
  if (failures.length === 0) return null;
  const idOf = (group: FailureGroup) => outline.ids[group.rows[0] ?? -1] ?? "";
  return (
    <section>
      <h2 className="failing">{t("{n} failures", { count: failures.length, n: count(failures.length) })}</h2>
      <ul className="digest-failures">
        {groups.slice(0, MOST_FAILURES).map((group) => (
          <li key={`${group.kind} ${group.what}`}>
            <button
              type="button"
              title={t("Go to the first of them")}
              onClick={() => onPick(group.rows[0] ?? -1)}
            >
              <span>
                <strong>{labelOf(outline, group.rows[0] ?? 0)}</strong>
                {group.rows.length > 1 ? <span className="faint"> × {count(group.rows.length)}</span> : null}
              </span>
              <FailureMessage traceId={traceId} spanId={idOf(group)} />
            </button>
          </li>
        ))}
      </ul>
      {groups.length > MOST_FAILURES ? (
        <p className="faint">
          {t("and {n} more kinds", {
            count: groups.length - MOST_FAILURES,
            n: count(groups.length - MOST_FAILURES),
          })}
        </p>
      ) : null}
    </section>
  );
}

/** One tool or model that was called again and again. */
function Loops({ outline, loaded, onPick }: Props) {
  // biome-ignore lint/correctness/useExhaustiveDependencies: `loaded` says when the columns hold more
  const loops = useMemo(() => loopsOf(outline), [outline, loaded]);
  if (loops.length === 0) return null;
  return (
    <section>
      <h2 className="warned">{t("Possible loop")}</h2>
      <ul className="digest-failures">
        {loops.slice(0, 3).map((loop) => (
          <li key={loop.row}>
            <button type="button" title={t("Go to the first of them")} onClick={() => onPick(loop.row)}>
              <span>
                <strong>{loop.name}</strong> <span className="faint">× {count(loop.times)}</span>
              </span>
              <span className="muted">
                {t("{n} calls in a row within {time}", {
                  n: count(loop.times),
                  time: duration(loop.ms),
                })}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Times({ outline, path, total }: Props) {
  const times = usePieces(() => addTimes(path ?? new Map(), outline), path, path !== null) ?? [];
  const sum = times.reduce((all, share) => all + share.ms, 0);
  const durations = durationsUpTo(total);
  return (
    <section>
      <h2>{t("Time breakdown")}</h2>
      <div className="share-bar" aria-hidden="true">
        {times.map((share) => (
          <i
            key={share.hue}
            className={`fill hue-${share.hue}`}
            style={{ width: `${(share.ms / Math.max(sum, 1e-9)) * 100}%` }}
          />
        ))}
      </div>
      <table className="slip">
        <tbody>
          {times.map((share) => (
            <tr key={share.hue}>
              <th scope="row">
                <i className={`swatch fill hue-${share.hue}`} />
                {hueName(share.hue)}
              </th>
              <td className="figure end">{durations(share.ms)}</td>
              <td className="figure end muted">{sum > 0 ? percent(share.ms / sum) : "–"}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="faint slip-note">{path ? t("Time on the critical path") : t("Reading the spans …")}</p>
    </section>
  );
}

function Costs({ outline, loaded, places }: Props) {
  // biome-ignore lint/correctness/useExhaustiveDependencies: `loaded` says when the columns hold more
  const models = useMemo(() => costByModel(outline), [outline, loaded]);
  const silent = useMemo(() => {
    let many = 0;
    for (let row = 0; row < loaded; row += 1) if (saysNothing(outline, row)) many += 1;
    return many;
  }, [outline, loaded]);
  return (
    <section>
      <h2>{t("Cost breakdown")}</h2>
      {models.length === 0 ? (
        <p className="faint">
          {silent > 0
            ? t("{n} calls to a model, without any reported usage.", { count: silent, n: count(silent) })
            : t("No call to a model in this trace.")}
        </p>
      ) : null}
      <table className="slip">
        <tbody>
          {models.map((model) => (
            <tr key={model.model ?? ""}>
              <th scope="row">
                <span className="slip-name" title={model.model ?? undefined}>
                  {model.model ?? t("unknown model")}
                </span>
                <span className="faint"> × {count(model.calls)}</span>
              </th>
              <td className="figure end muted" title={count(model.tokens)}>
                {t("{n} tokens", { count: model.tokens, n: compact(model.tokens) })}
              </td>
              <td className="figure end">
                <Money value={model.cost} places={places} unpriced={model.cost ? model.unpriced : 0} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {models.length > 0 && silent > 0 ? (
        <p className="faint slip-note">
          {t("{n} more calls without usage, in no sum", { count: silent, n: count(silent) })}
        </p>
      ) : null}
    </section>
  );
}
