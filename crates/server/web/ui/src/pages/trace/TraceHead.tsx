import type { TraceSummary } from "../../api/types";
import { Copy } from "../../components/Copy";
import { Icon } from "../../components/Icon";
import { Link } from "../../components/Link";
import { ListPrice, NO_USAGE } from "../../components/Money";
import { PageHelp } from "../../components/PageHelp";
import { TraceStatus } from "../../components/StatusText";
import { TraceCost } from "../../components/traceColumns";
import { count, duration, usd } from "../../lib/format";
import { t } from "../../lib/i18n";
import { isIncomplete } from "../../lib/incomplete";
import { shortName } from "../../lib/names";
import { fullTime } from "../../lib/time";
import { filterHref } from "../../state/filters";
import { href } from "../../state/url";
import { ComparePicker } from "./ComparePicker";
import { HeldLine, HoldButton } from "./Hold";
import { ScoreTools } from "./Scores";

interface Props {
  trace: TraceSummary;
  /** Given while more of it has arrived than is shown. */
  reload: (() => void) | null;
  /** In words, when something runs and nothing was heard of it for long. */
  stuck: string | null;
}

/** The one line that says what this run was. */
export function TraceHead({ trace, reload, stuck }: Props) {
  return (
    <header className="trace-head">
      <div className="trace-title">
        <Link
          className="icon-button"
          href={href("/traces")}
          title={t("All traces")}
          aria-label={t("All traces")}
        >
          <Icon name="back" />
        </Link>
        <h1 title={trace.name}>{shortName(trace.name)}</h1>
        <PageHelp />
        <TraceStatus trace={trace} />
        {stuck ? (
          <span className="stuck" title={t("It may be stuck, or its end was never sent")}>
            {stuck}
          </span>
        ) : null}
        {reload ? (
          <button type="button" className="new-pill" onClick={reload}>
            {t("changed · reload")}
          </button>
        ) : null}
        <span className="push faint mono trace-id" title={trace.trace_id}>
          {trace.trace_id}
        </span>
        <Copy text={trace.trace_id} what={t("Copy the trace id")} />
        <a
          className="icon-button"
          href={`/api/v1/traces/${encodeURIComponent(trace.trace_id)}?detail=full`}
          download={`trace-${trace.trace_id}.json`}
          title={t("Download as JSON")}
          aria-label={t("Download as JSON")}
        >
          <Icon name="export" />
        </a>
        <ScoreTools trace={trace} />
        <HoldButton traceId={trace.trace_id} />
        <ComparePicker trace={trace} />
      </div>
      <Facts trace={trace} />
      <HeldLine traceId={trace.trace_id} />
    </header>
  );
}

function Facts({ trace }: { trace: TraceSummary }) {
  return (
    <p className="facts">
      {trace.framework ? (
        <Link href={filterHref("/traces", { framework: trace.framework })} title={trace.framework}>
          {trace.framework}
        </Link>
      ) : null}
      {trace.service ? (
        <Link href={filterHref("/traces", { service: trace.service })} title={trace.service}>
          {trace.service}
        </Link>
      ) : null}
      <span className="figure">
        {trace.duration_ms === null
          ? t("running")
          : trace.status === "running" && !isIncomplete(trace)
            ? t("{time} so far", { time: duration(trace.duration_ms) })
            : duration(trace.duration_ms)}
      </span>
      <span className="figure">{t("{n} spans", { count: trace.spans, n: count(trace.spans) })}</span>
      <span className="figure">
        {t("{n} LLM calls", { count: trace.llm_calls, n: count(trace.llm_calls) })}
      </span>
      <span className="figure">
        {t("{n} tool calls", { count: trace.tool_calls, n: count(trace.tool_calls) })}
      </span>
      {trace.errors > 0 ? (
        <span className="figure failing">{t("{n} failed", { n: count(trace.errors) })}</span>
      ) : null}
      <Used trace={trace} />
      {trace.session_id ? (
        <Link
          href={href(`/sessions/${encodeURIComponent(trace.session_id)}`)}
          title={t("Session {id}", { id: trace.session_id })}
        >
          {trace.session_id}
        </Link>
      ) : null}
      {trace.user_id ? (
        <Link
          href={filterHref("/traces", { user: trace.user_id })}
          title={t("All traces of user {id}", { id: trace.user_id })}
        >
          {trace.user_id}
        </Link>
      ) : null}
      <Origin trace={trace} />
      <time className="figure" dateTime={trace.started_at}>
        {fullTime(trace.started_at)}
      </time>
    </p>
  );
}

/** Tokens and money, where there was something to use. */
function Used({ trace }: { trace: TraceSummary }) {
  return (
    <>
      {trace.llm_calls === 0 ? null : trace.cost_reason === NO_USAGE ? (
        <span>{t("no usage reported")}</span>
      ) : (
        <>
          <span className="figure">
            {t("{n} tokens", { count: trace.tokens.total, n: count(trace.tokens.total) })}
          </span>
          <span className="figure">
            <strong>
              <TraceCost trace={trace} />
            </strong>
          </span>
        </>
      )}
      {trace.subscription_usd && trace.cost_usd !== null ? (
        <span className="figure">
          <ListPrice value={trace.subscription_usd} /> {t("in a subscription")}
        </span>
      ) : null}
      {trace.reported_cost_usd ? (
        <span className="figure" title={t("Cost as the sender reported it")}>
          {t("reported {cost}", { cost: usd(trace.reported_cost_usd) })}
        </span>
      ) : null}
    </>
  );
}

/** The project, branch and commit that the agent worked on, and the trace's tags. */
function Origin({ trace }: { trace: TraceSummary }) {
  const { project, branch, commit, tags = [] } = trace;
  return (
    <>
      {project ? <Link href={filterHref("/traces", { project })}>{project}</Link> : null}
      {branch ? <Link href={filterHref("/traces", { branch })}>{branch}</Link> : null}
      {commit ? (
        <Link
          href={filterHref("/traces", { commit })}
          className="mono"
          title={t("Commit {commit}", { commit })}
        >
          {commit.slice(0, 10)}
        </Link>
      ) : null}
      {tags.map((tag) => (
        <Link key={tag} href={filterHref("/traces", { tag })} title={t("Tag")}>
          #{tag}
        </Link>
      ))}
    </>
  );
}
