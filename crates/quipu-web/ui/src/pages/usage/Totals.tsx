import type { ReactNode } from "react";
import { type Scope, usePreviousUsage } from "../../api/queries";
import type { UsageRow } from "../../api/types";
import { NoUsage, reasonsText } from "../../components/Money";
import { compact, count, duration, percent, usdExact, usdHeadline, usdPixels } from "../../lib/format";

/** Change against the period before, as a share; null where there was nothing to compare with. */
function change(now: number, before: number | undefined): number | null {
  return before && before > 0 ? now / before - 1 : null;
}

function Change({ share, known }: { share: number | null; known: boolean }) {
  if (!known) return null;
  if (share === null) return <span className="faint">nothing before</span>;
  const size = Math.abs(share);
  const text =
    size < 0.005
      ? "unchanged"
      : `${share > 0 ? "+" : "−"}${size >= 10 ? `${Math.round(size)}×` : percent(size, size < 0.1 ? 1 : 0)}`;
  return (
    <span className="muted" title="Against the period of the same length just before">
      {text}
    </span>
  );
}

function Figure({
  label,
  value,
  title,
  children,
}: {
  label: string;
  value: ReactNode;
  title?: string;
  children?: ReactNode;
}) {
  return (
    <div className="total" title={title}>
      <dt>{label}</dt>
      <dd>
        <span className="total-value">{value}</span>
        <span className="total-note">{children}</span>
      </dd>
    </div>
  );
}

const errorRate = (row: UsageRow) => (row.llm_calls > 0 ? row.errors / row.llm_calls : 0);

/** The five figures that answer the page at a glance. */
export function Totals({ total, scope }: { total: UsageRow; scope: Scope }) {
  const before = usePreviousUsage(scope);
  const old = before.data ?? undefined;
  const known = before.isSuccess && before.data !== null;
  const { tokens } = total;
  const cached = tokens.input > 0 ? tokens.cache_read / tokens.input : 0;
  return (
    <dl className="totals">
      <Figure
        label="Cost"
        value={
          total.cost_usd !== null ? (
            usdHeadline(total.cost_usd)
          ) : total.unpriced_calls > 0 || total.tokens.total > 0 ? (
            <span className="unpriced">unpriced</span>
          ) : (
            <NoUsage />
          )
        }
        title={total.cost_usd === null ? undefined : usdExact(total.cost_usd)}
      >
        <Change share={change(usdPixels(total.cost_usd), usdPixels(old?.cost_usd))} known={known} />
        {total.unpriced_calls > 0 ? (
          <span className="unpriced-note" title={reasonsText(total.unpriced_reasons)}>
            + {count(total.unpriced_calls)} unpriced
          </span>
        ) : null}
      </Figure>
      <Figure label="LLM calls" value={count(total.llm_calls)}>
        <Change share={change(total.llm_calls, old?.llm_calls)} known={known} />
      </Figure>
      <Figure
        label="Tokens"
        value={compact(tokens.total)}
        title={`${count(tokens.input)} in, of which ${count(tokens.cache_read)} cached and ${count(tokens.cache_write)} written to the cache\n${count(tokens.output)} out, of which ${count(tokens.reasoning)} reasoning`}
      >
        <span className="muted">
          {compact(tokens.input)} in · {compact(tokens.output)} out
        </span>
      </Figure>
      <Figure
        label="Input from cache"
        value={percent(cached)}
        title="Share of input tokens that the provider read from its cache"
      >
        <span className="muted">{compact(tokens.cache_read)} tok</span>
      </Figure>
      <Figure
        label="Error rate"
        value={<span className={total.errors ? "failing" : undefined}>{percent(errorRate(total))}</span>}
      >
        <span className="muted">{count(total.errors)} failed</span>
      </Figure>
      <Figure
        label="Latency p95"
        value={duration(total.latency_ms.p95)}
        title="95 of 100 LLM calls take at most this long"
      >
        <span className="muted">p50 {duration(total.latency_ms.p50)}</span>
      </Figure>
    </dl>
  );
}
