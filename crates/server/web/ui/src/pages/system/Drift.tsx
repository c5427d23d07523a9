// Fields that sources stopped or began to send, and what of their traces is missing.
import { type FieldChange, type SourceCompleteness, useDrift } from "../../api/system";
import { Panel } from "../../components/Panel";
import { Failure } from "../../components/States";
import { count, percent } from "../../lib/format";
import { t } from "../../lib/i18n";
import { ago, fullTime } from "../../lib/time";

/** Changes that are shown, the latest. */
const MOST = 20;

export function Drift() {
  const query = useDrift();
  const changes = query.data?.changes ?? [];
  const lacking = (query.data?.sources ?? []).filter(lacks);
  return (
    <Panel title={t("Changed sources")} note={t("new, lost and missing fields")}>
      {query.isError && !query.data ? (
        <Failure error={query.error} retry={() => void query.refetch()} />
      ) : changes.length + lacking.length === 0 ? (
        <p className="part-empty">{t("No source has changed its fields.")}</p>
      ) : (
        <table className="slip rows unread">
          <tbody>
            {changes.slice(0, MOST).map((change) => (
              <Changed
                key={`${change.source} ${change.version} ${change.field} ${change.kind} ${change.since}`}
                change={change}
              />
            ))}
            {lacking.map((source) => (
              <Lacking key={`${source.source} ${source.version}`} source={source} />
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

function lacks(source: SourceCompleteness) {
  return (
    source.orphan_spans + source.rootless_traces + source.missing_records > 0 || source.silent_since !== null
  );
}

/** A share of spans; a change is reported from 30 points on, so tenths say nothing. */
const wholePercent = (share: number) => percent(share, 0);

function Changed({ change }: { change: FieldChange }) {
  const values = {
    field: change.field,
    before: wholePercent(change.share_before),
    after: wholePercent(change.share_after),
  };
  return (
    <tr>
      <th scope="row">
        {change.source || t("no scope")} <span className="muted">{change.version}</span>
      </th>
      <td className="phrase">
        {change.share_after < change.share_before
          ? t("{field} fell from {before} to {after} of spans", values)
          : t("{field} rose from {before} to {after} of spans", values)}
      </td>
      <td className="muted" title={fullTime(change.since)}>
        {ago(change.since)}
      </td>
    </tr>
  );
}

function Lacking({ source }: { source: SourceCompleteness }) {
  return (
    <tr>
      <th scope="row">
        {source.source || t("no scope")} <span className="muted">{source.version}</span>
      </th>
      <td className="phrase">
        {[
          source.silent_since ? t("silent") : null,
          source.orphan_spans ? t("{n} spans without their parent", { n: count(source.orphan_spans) }) : null,
          source.rootless_traces
            ? t("{n} traces without a root", { n: count(source.rootless_traces) })
            : null,
          source.missing_records ? t("{n} records missing", { n: count(source.missing_records) }) : null,
        ]
          .filter((part) => part !== null)
          .join(", ")}
      </td>
      <td className="muted" title={fullTime(source.last_seen)}>
        {ago(source.last_seen)}
      </td>
    </tr>
  );
}
