import { useRef } from "react";
import type { Span, TraceSummary } from "../../api/types";
import { Copy } from "../../components/Copy";
import { Icon } from "../../components/Icon";
import { Link } from "../../components/Link";
import { ListPrice, NO_USAGE } from "../../components/Money";
import { StatusText } from "../../components/StatusText";
import { TraceCost } from "../../components/traceColumns";
import { count, duration, plural, usd } from "../../lib/format";
import { hueOf } from "../../lib/kinds";
import { fullTime } from "../../lib/time";
import { useKeys } from "../../state/keys";
import { useNarrow } from "../../state/screen";
import { href, setParams } from "../../state/url";

export const VIEWS = [
  { id: "waterfall", label: "Waterfall" },
  { id: "conversation", label: "Conversation" },
  { id: "table", label: "Table" },
] as const;

export type View = (typeof VIEWS)[number]["id"];

/** The one line that says what this run was; with `reload` while more of it has arrived than is shown. */
export function TraceHead({ trace, reload }: { trace: TraceSummary; reload: (() => void) | null }) {
  return (
    <header className="trace-head">
      <div className="trace-title">
        <Link className="icon-button" href={href("/traces")} title="All traces" aria-label="All traces">
          <Icon name="back" />
        </Link>
        <h1 title={trace.name}>{trace.name}</h1>
        <StatusText status={trace.status} />
        {reload ? (
          <button type="button" className="new-pill" onClick={reload}>
            changed · reload
          </button>
        ) : null}
        <span className="push faint mono trace-id" title={trace.trace_id}>
          {trace.trace_id}
        </span>
        <Copy text={trace.trace_id} what="Copy the trace id" />
      </div>
      <p className="facts">
        {trace.framework ? (
          <Link href={href("/traces", { framework: trace.framework })}>{trace.framework}</Link>
        ) : null}
        {trace.service ? (
          <Link href={href("/traces", { service: trace.service })}>{trace.service}</Link>
        ) : null}
        <span className="figure">{trace.duration_ms === null ? "running" : duration(trace.duration_ms)}</span>
        <span className="figure">{plural(trace.llm_calls, "LLM call")}</span>
        <span className="figure">{plural(trace.tool_calls, "tool call")}</span>
        {trace.errors > 0 ? <span className="figure failing">{count(trace.errors)} failed</span> : null}
        {trace.llm_calls === 0 ? null : trace.cost_reason === NO_USAGE ? (
          <span>no usage reported</span>
        ) : (
          <>
            <span className="figure">{count(trace.tokens.total)} tokens</span>
            <span className="figure">
              <strong>
                <TraceCost trace={trace} />
              </strong>
            </span>
          </>
        )}
        {trace.subscription_usd && trace.cost_usd !== null ? (
          <span className="figure">
            <ListPrice value={trace.subscription_usd} /> in a subscription
          </span>
        ) : null}
        {trace.reported_cost_usd ? (
          <span className="figure" title="Cost as the sender reported it">
            reported {usd(trace.reported_cost_usd)}
          </span>
        ) : null}
        {trace.session_id ? (
          <Link href={href(`/sessions/${encodeURIComponent(trace.session_id)}`)}>{trace.session_id}</Link>
        ) : null}
        {trace.user_id ? <Link href={href("/traces", { user: trace.user_id })}>{trace.user_id}</Link> : null}
        <Origin trace={trace} />
        <time className="figure" dateTime={trace.started_at}>
          {fullTime(trace.started_at)}
        </time>
      </p>
    </header>
  );
}

/** The project, branch and commit that the agent worked on, and the trace's tags. */
function Origin({ trace }: { trace: TraceSummary }) {
  const { project, branch, commit, tags = [] } = trace;
  return (
    <>
      {project ? <Link href={href("/traces", { project })}>{project}</Link> : null}
      {branch ? <Link href={href("/traces", { branch })}>{branch}</Link> : null}
      {commit ? (
        <Link href={href("/traces", { commit })} className="mono" title={`Commit ${commit}`}>
          {commit.slice(0, 10)}
        </Link>
      ) : null}
      {tags.map((tag) => (
        <Link key={tag} href={href("/traces", { tag })} title="Tag">
          #{tag}
        </Link>
      ))}
    </>
  );
}

interface ViewBarProps {
  view: View;
  spans: readonly Span[];
  word: string;
  matches: number | null;
  onWord: (word: string) => void;
  onNext: (direction: number) => void;
  onFoldAll: () => void;
  onUnfoldAll: () => void;
}

export function ViewBar(props: ViewBarProps) {
  const { view, word, matches } = props;
  const input = useRef<HTMLInputElement>(null);
  const narrow = useNarrow();
  useKeys({
    "/": (event) => {
      event.preventDefault();
      input.current?.focus();
    },
  });
  return (
    <div className="view-bar">
      <div className="tabs" role="tablist">
        {VIEWS.map((entry) => (
          <button
            key={entry.id}
            type="button"
            role="tab"
            aria-selected={entry.id === view}
            className={entry.id === view ? "tab is-chosen" : "tab"}
            onClick={() => setParams({ view: entry.id === "waterfall" ? null : entry.id })}
          >
            {entry.label}
          </button>
        ))}
      </div>
      {view === "waterfall" ? <Legend spans={props.spans} /> : <span className="push" />}
      {view === "waterfall" ? (
        <>
          <button
            type="button"
            className="icon-button"
            title="Fold all"
            aria-label="Fold all"
            onClick={props.onFoldAll}
          >
            <Icon name="fold" />
          </button>
          <button
            type="button"
            className="icon-button"
            title="Unfold all"
            aria-label="Unfold all"
            onClick={props.onUnfoldAll}
          >
            <Icon name="unfold" />
          </button>
          <div className="find">
            <input
              ref={input}
              className="field"
              value={word}
              placeholder={narrow ? "Search" : "Search in trace"}
              aria-label="Search in trace"
              spellCheck={false}
              onChange={(event) => props.onWord(event.target.value)}
              onKeyDown={(event) => {
                if (event.key === "Enter") props.onNext(event.shiftKey ? -1 : 1);
                if (event.key === "Escape") {
                  props.onWord("");
                  event.currentTarget.blur();
                }
              }}
            />
            {matches === null ? <kbd>/</kbd> : <span className="find-count figure">{count(matches)}</span>}
          </div>
        </>
      ) : null}
    </div>
  );
}

function Legend({ spans }: { spans: readonly Span[] }) {
  const hues = new Map<string, number>();
  for (const span of spans) hues.set(hueOf(span.kind), (hues.get(hueOf(span.kind)) ?? 0) + 1);
  return (
    <div className="legend push">
      {[...hues].map(([hue, number]) => (
        <span key={hue} title={`${count(number)} spans`}>
          <i className={`swatch fill hue-${hue}`} />
          {hue}
        </span>
      ))}
      <span title="At every moment, the work that the end was waiting for">
        <i className="swatch-critical" />
        critical path
      </span>
      <span title="Usage that a parent repeats from its children: shown, never added">
        <i className="swatch-hollow" />
        repeated usage
      </span>
    </div>
  );
}
