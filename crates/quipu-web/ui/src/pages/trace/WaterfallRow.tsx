import { memo } from "react";
import type { Span, Tokens } from "../../api/types";
import { Icon } from "../../components/Icon";
import { hasCost, NoUsage, reportsNothing, SpanMoney } from "../../components/Money";
import { count, duration } from "../../lib/format";
import { hueOf } from "../../lib/kinds";
import { type Interval, mergeClose, type Node, selfTime } from "../../lib/tree";

interface Props {
  node: Node;
  top: number;
  tracks: string;
  from: number;
  to: number;
  critical: Interval[] | undefined;
  folded: boolean;
  picked: boolean;
  dimmed: boolean;
  /** The largest counted usage of the trace, the full length of a token bar. */
  mostTokens: number;
  places: number;
  durations: (ms: number | null) => string;
  showTokens: boolean;
  showCost: boolean;
  onPick: (spanId: string) => void;
  onFold: (spanId: string) => void;
}

const INDENT = 14;
const DEEPEST_INDENT = 16;

export const WaterfallRow = memo(function WaterfallRow(props: Props) {
  const { node, folded, picked, dimmed, onPick, onFold } = props;
  const { span } = node;
  const failed = span.status === "error";
  const indent = Math.min(node.depth, DEEPEST_INDENT) * INDENT;
  return (
    <div
      role="row"
      aria-level={node.depth + 1}
      aria-expanded={node.children.length > 0 ? !folded : undefined}
      aria-selected={picked}
      className={`waterfall-row hue-${hueOf(span.kind)} ${picked ? "is-picked" : ""} ${dimmed ? "is-dimmed" : ""}`}
      style={{ gridTemplateColumns: props.tracks, transform: `translateY(${props.top}px)` }}
      onClick={() => onPick(span.span_id)}
    >
      <span className="span-name" role="gridcell" style={{ paddingLeft: 8 + indent }}>
        <i className="guides" style={{ width: indent }} aria-hidden="true" />
        {node.children.length > 0 ? (
          <button
            type="button"
            tabIndex={-1}
            className={folded ? "caret is-folded" : "caret"}
            aria-label={folded ? "Unfold" : "Fold"}
            onClick={(event) => {
              event.stopPropagation();
              onFold(span.span_id);
            }}
          >
            <Icon name="down" size={12} />
          </button>
        ) : (
          <i className="caret" />
        )}
        <span className="span-label" title={span.name}>
          {failed ? <span className="failing cross">✕ </span> : null}
          {nameOf(span)}
        </span>
        {folded ? <span className="below">{count(node.size)}</span> : null}
        {folded && node.failedBelow ? <span className="failing cross">✕</span> : null}
        <span className="kind">{span.kind}</span>
      </span>
      <Bars {...props} />
      <span
        className="end figure"
        role="gridcell"
        title={span.duration_ms === null ? undefined : duration(span.duration_ms)}
      >
        {span.duration_ms === null ? "running" : props.durations(span.duration_ms)}
      </span>
      {props.showTokens ? <TokenCell span={span} most={props.mostTokens} /> : null}
      {props.showCost ? (
        <span className="end figure" role="gridcell">
          {hasCost(span) ? <SpanMoney span={span} places={props.places} /> : null}
        </span>
      ) : null}
    </div>
  );
});

/** The operation's name is in the kind already: "chat gpt-4o" reads as gpt-4o, "execute_tool search" as search. */
function nameOf(span: Span): string {
  const match =
    /^(?:chat|text_completion|generate_content|embeddings|execute_tool|invoke_agent|create_agent)\s+(.+)$/.exec(
      span.name,
    );
  return match?.[1] ?? span.name;
}

function Bars({ node, from, to, critical }: Props) {
  const length = to - from;
  const percent = (time: number) => ((Math.min(to, Math.max(from, time)) - from) / length) * 100;
  const left = percent(node.start);
  const width = percent(node.end) - left;
  const outside = node.end < from || node.start > to;
  if (outside) return <span className="track" role="gridcell" />;
  const { span } = node;
  const hollow = !span.counted && span.tokens !== null && span.tokens.total > 0;
  const place = (start: number, end: number) => ({
    left: `${percent(start)}%`,
    width: `${percent(end) - percent(start)}%`,
  });
  const gap = length / 400;
  return (
    <span className="track" role="gridcell">
      <i
        className={`bar ${hollow ? "is-hollow" : ""} ${span.status === "error" ? "is-failed" : ""} ${span.duration_ms === null ? "is-running" : ""}`}
        style={{ left: `${left}%`, width: `${width}%` }}
      />
      {hollow
        ? null
        : mergeClose(selfTime(node, length / 2000), gap).map(([start, end]) => (
            <i key={start} className="bar-self" style={place(start, end)} />
          ))}
      {critical
        ? mergeClose(critical, gap).map(([start, end]) => (
            <i key={start} className="bar-critical" style={place(start, end)} />
          ))
        : null}
    </span>
  );
}

/** Input light, its cached part hatched, output dark; an outline where the usage is only repeated. */
function TokenBar({ tokens, most, hollow }: { tokens: Tokens; most: number; hollow: boolean }) {
  const share = (value: number) => ({ width: `${Math.min(100, (value / Math.max(1, most)) * 100)}%` });
  if (hollow) {
    return (
      <span className="tokens-line">
        <i className="is-hollow" style={share(tokens.total)} />
      </span>
    );
  }
  return (
    <span className="tokens-line">
      <i className="token-cached" style={share(tokens.cache_read)} />
      <i className="token-in" style={share(tokens.input - tokens.cache_read)} />
      <i className="token-out" style={share(tokens.output)} />
    </span>
  );
}

function TokenCell({ span, most }: { span: Span; most: number }) {
  const { tokens } = span;
  if (!tokens || tokens.total === 0) {
    return (
      <span className="end figure" role="gridcell">
        {reportsNothing(span) ? <NoUsage /> : null}
      </span>
    );
  }
  const parts = `${count(tokens.input)} in (${count(tokens.cache_read)} cached) · ${count(tokens.output)} out`;
  if (!span.counted) {
    const why = span.counted_reason ?? "repeats usage that is counted elsewhere";
    return (
      <span
        className="end figure tokens-cell tokens-hollow"
        role="gridcell"
        title={`${parts}\nNot counted: ${why}`}
      >
        ({count(tokens.total)})
        <TokenBar tokens={tokens} most={most} hollow />
      </span>
    );
  }
  return (
    <span
      className="end figure tokens-cell"
      role="gridcell"
      title={`${parts}\nCounted${span.counted_reason ? `: ${span.counted_reason}` : ""}`}
    >
      {count(tokens.total)}
      <TokenBar tokens={tokens} most={most} hollow={false} />
    </span>
  );
}
