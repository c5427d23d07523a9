// Which other trace to compare with: the newest of the same name first, or any by its id.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get } from "../../api/client";
import type { TraceSummary, TracesPage } from "../../api/types";
import { Icon } from "../../components/Icon";
import { Link } from "../../components/Link";
import { Menu } from "../../components/Menu";
import { Trouble } from "../../components/States";
import { StatusText } from "../../components/StatusText";
import { compact, seconds, usdHeadline } from "../../lib/format";
import { t } from "../../lib/i18n";
import { listTime } from "../../lib/time";
import { href, navigate } from "../../state/url";

const SHOWN = 12;

export function ComparePicker({ trace }: { trace: TraceSummary }) {
  return (
    <Menu
      align="end"
      className="button compare-button"
      title={t("Compare with another trace")}
      label={
        <>
          <Icon name="compare" size={14} />
          <span>{t("Compare")}</span>
        </>
      }
    >
      {(close) => <Choices trace={trace} close={close} />}
    </Menu>
  );
}

/** Quoted for the query language. */
const quoted = (text: string) => `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;

const addressOf = (trace: string, other: string) => href(`/traces/${trace}`, { diff: other });

function Choices({ trace, close }: { trace: TraceSummary; close: () => void }) {
  const [typed, setTyped] = useState("");
  const query = useQuery({
    queryKey: ["same-name", trace.name],
    queryFn: ({ signal }) =>
      get<TracesPage>(
        "/traces",
        { filter: `name:${quoted(trace.name)}`, sort: "-started_at", limit: SHOWN + 1 },
        signal,
      ),
  });
  const others = query.data?.traces.filter((other) => other.trace_id !== trace.trace_id).slice(0, SHOWN);
  const id = /[0-9a-f]{32}/i.exec(typed)?.[0]?.toLowerCase();
  return (
    <div className="compare-menu">
      <p className="menu-note">{t("Compare with another run of the same name")}</p>
      {query.isError ? (
        <div className="menu-note">
          <Trouble error={query.error} retry={() => void query.refetch()} />
        </div>
      ) : null}
      <div className="menu-list">
        {others?.map((other) => (
          <Link
            key={other.trace_id}
            className="menu-item"
            href={addressOf(trace.trace_id, other.trace_id)}
            onClick={close}
          >
            <span className="figure">{listTime(other.started_at)}</span>
            <StatusText status={other.status} />
            <span className="muted compare-model">{other.models.join(", ")}</span>
            <span className="figure end">
              {t("{n} tokens", { count: other.tokens.total, n: compact(other.tokens.total) })}
            </span>
            <span className="figure end">{other.cost_usd === null ? "–" : usdHeadline(other.cost_usd)}</span>
            <span className="figure end">{seconds(other.duration_ms)}</span>
          </Link>
        ))}
        {others?.length === 0 ? <p className="menu-note">{t("No other trace has this name.")}</p> : null}
      </div>
      <form
        className="compare-id"
        onSubmit={(event) => {
          event.preventDefault();
          if (!id) return;
          close();
          navigate(addressOf(trace.trace_id, id));
        }}
      >
        <input
          className="field"
          value={typed}
          placeholder={t("or a trace id or link")}
          aria-label={t("Trace id or link to compare with")}
          spellCheck={false}
          onChange={(event) => setTyped(event.target.value)}
        />
        <button type="submit" className="button" disabled={!id || id === trace.trace_id}>
          {t("Compare")}
        </button>
      </form>
    </div>
  );
}
