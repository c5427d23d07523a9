// The panel before any span is chosen: where the time and the money of this trace went, and what failed.
import { useMemo } from "react";
import { useSpan } from "../../api/queries";
import type { Span } from "../../api/types";
import { ListPrice, Money, NO_USAGE, reasonText, reportsNothing } from "../../components/Money";
import { costByModel, type FailureGroup, groupFailures, rootFailures, timeByHue } from "../../lib/digest";
import { count, durationsUpTo, percent, plural } from "../../lib/format";
import type { Interval, Tree } from "../../lib/tree";

interface Props {
  traceId: string;
  spans: readonly Span[];
  tree: Tree;
  path: ReadonlyMap<string, Interval[]>;
  /** Decimal places of a cost, as beside it in the list of spans. */
  places: number;
  onPick: (spanId: string) => void;
}

const MOST_FAILURES = 8;

/** Why it failed. Summaries of spans leave the message out, so the first of the group is asked for its own. */
function FailureMessage({ traceId, group }: { traceId: string; group: FailureGroup }) {
  const query = useSpan(traceId, group.message === null ? (group.spanIds[0] ?? null) : null);
  const span = query.data;
  const thrown = span?.events?.find((event) => event.name === "exception")?.attributes["exception.message"];
  const told =
    group.message ?? span?.status_message ?? (typeof thrown === "string" ? thrown : span?.error_type);
  return <span className="muted">{told ?? (query.isFetching ? "…" : "no message recorded")}</span>;
}

export function Digest({ traceId, spans, tree, path, places, onPick }: Props) {
  const times = useMemo(() => timeByHue(path, tree.byId), [path, tree]);
  const models = useMemo(() => costByModel(spans), [spans]);
  const failures = useMemo(() => rootFailures(tree.byId.values()), [tree]);
  const groups = useMemo(() => groupFailures(failures), [failures]);
  const total = times.reduce((sum, share) => sum + share.ms, 0);
  const durations = durationsUpTo(tree.total);
  const silent = spans.filter(reportsNothing).length;
  return (
    <aside className="panel digest" aria-label="Summary of the trace">
      <div className="panel-body">
        {failures.length > 0 ? (
          <section>
            <h2 className="failing">{plural(failures.length, "failure")}</h2>
            <ul className="digest-failures">
              {groups.slice(0, MOST_FAILURES).map((group) => (
                <li key={`${group.what} ${group.message}`}>
                  <button
                    type="button"
                    title="Go to the first of them"
                    onClick={() => onPick(group.spanIds[0] ?? "")}
                  >
                    <span>
                      <strong>{group.what}</strong>
                      {group.spanIds.length > 1 ? (
                        <span className="faint"> × {count(group.spanIds.length)}</span>
                      ) : null}
                    </span>
                    <FailureMessage traceId={traceId} group={group} />
                  </button>
                </li>
              ))}
            </ul>
            {groups.length > MOST_FAILURES ? (
              <p className="faint">and {count(groups.length - MOST_FAILURES)} more kinds</p>
            ) : null}
          </section>
        ) : null}
        <section>
          <h2>Where the time went</h2>
          <div className="share-bar" aria-hidden="true">
            {times.map((share) => (
              <i
                key={share.hue}
                className={`fill hue-${share.hue}`}
                style={{ width: `${(share.ms / Math.max(total, 1e-9)) * 100}%` }}
              />
            ))}
          </div>
          <table className="slip">
            <tbody>
              {times.map((share) => (
                <tr key={share.hue}>
                  <th scope="row">
                    <i className={`swatch fill hue-${share.hue}`} />
                    {share.hue}
                  </th>
                  <td className="figure end">{durations(share.ms)}</td>
                  <td className="figure end muted">{total > 0 ? percent(share.ms / total) : "–"}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <p className="faint slip-note">On the critical path: the work that the end was waiting for.</p>
        </section>
        <section>
          <h2>Where the money went</h2>
          {models.length === 0 ? (
            <p className="faint">
              {silent > 0
                ? `${plural(silent, "call")} to a model, without any reported usage.`
                : "No call to a model in this trace."}
            </p>
          ) : null}
          <table className="slip">
            <tbody>
              {models.map((model) => (
                <tr key={model.model}>
                  <th scope="row">
                    {model.model}
                    <span className="faint"> × {model.calls}</span>
                  </th>
                  <td className="figure end muted">{count(model.tokens)} tok</td>
                  <td className="figure end">
                    {model.apart ? <ListPrice value={model.apart} places={places} /> : null}
                    {model.apart && model.cost ? " + " : null}
                    {model.apart && !model.cost ? null : (
                      <Money
                        value={model.cost}
                        places={places}
                        used={model.reason !== NO_USAGE}
                        reason={reasonText(model.reason)}
                        unpriced={model.cost ? model.unpriced : 0}
                      />
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
        <p className="faint slip-note keys-note">
          <kbd>j</kbd> <kbd>k</kbd> walk the spans · <kbd>h</kbd> <kbd>l</kbd> fold · <kbd>/</kbd> search ·{" "}
          <kbd>esc</kbd> back
        </p>
      </div>
    </aside>
  );
}
