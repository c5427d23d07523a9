// Sources whose spans look like model calls and are not read, each with a sample to map or report.
import { type UnreadSource, useUnreadSources } from "../../api/system";
import { Json } from "../../components/Json";
import { Link } from "../../components/Link";
import { Panel } from "../../components/Panel";
import { Failure } from "../../components/States";
import { count } from "../../lib/format";
import { t } from "../../lib/i18n";
import { ago, fullTime } from "../../lib/time";
import { href } from "../../state/url";

export function Unread() {
  const query = useUnreadSources();
  const sources = query.data?.sources ?? [];
  return (
    <Panel title={t("Unread sources")} note={t("spans that look like model calls but are not counted")}>
      {query.isError && !query.data ? (
        <Failure error={query.error} retry={() => void query.refetch()} />
      ) : sources.length === 0 ? (
        <p className="part-empty">{t("Every span that looks like a model call is counted.")}</p>
      ) : (
        <Sources sources={sources} />
      )}
    </Panel>
  );
}

function Sources({ sources }: { sources: readonly UnreadSource[] }) {
  return (
    <table className="slip rows unread">
      <thead>
        <tr>
          <th scope="col">{t("Scope")}</th>
          <th scope="col">{t("Spans")}</th>
          <th scope="col">{t("First seen")}</th>
          <th scope="col">{t("Last seen")}</th>
        </tr>
      </thead>
      <tbody>
        {sources.map((source) => (
          <Source key={`${source.scope} ${source.version}`} source={source} />
        ))}
      </tbody>
    </table>
  );
}

function Source({ source }: { source: UnreadSource }) {
  return (
    <>
      <tr>
        <th scope="row">
          {source.scope || t("no scope")} <span className="muted">{source.version}</span>
        </th>
        <td className="figure">{count(source.spans)}</td>
        <td className="muted" title={fullTime(source.first_seen)}>
          {ago(source.first_seen)}
        </td>
        <td className="muted" title={fullTime(source.last_seen)}>
          {ago(source.last_seen)}
        </td>
      </tr>
      <tr className="unread-sample">
        <td colSpan={4}>
          <p className="muted">{source.why}</p>
          {source.sample ? <Sample sample={source.sample} /> : null}
        </td>
      </tr>
    </>
  );
}

function Sample({ sample }: { sample: NonNullable<UnreadSource["sample"]> }) {
  return (
    <details>
      <summary>{t("A sample: {name}", { name: sample.name })}</summary>
      <Json value={sample.attributes} />
      <Link href={href(`/traces/${sample.trace_id}`)}>{t("Open its trace")}</Link>
    </details>
  );
}
