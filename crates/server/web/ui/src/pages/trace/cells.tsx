// Figures of a row of the outline: tokens and cost, and what is not known of them.
import { NoUsage } from "../../components/Money";
import { compact, count, usd, usdColumnPlaces, usdExact } from "../../lib/format";
import { t } from "../../lib/i18n";
import { nanoUsd, type Outline } from "../../lib/outline";
import type { PassSum } from "../../lib/repeats";

const CALLS = new Set(["llm", "embedding", "rerank"]);

/** A counted call to a model that reported no usage, such as a failed attempt. */
export function saysNothing(outline: Outline, row: number): boolean {
  return (
    outline.counted[row] === 1 &&
    Number.isNaN(outline.cost[row]) &&
    outline.tokens(row) === 0 &&
    CALLS.has(outline.kind(row))
  );
}

/** A figure of several equal steps, in words. */
export const sumTitle = ({ times }: PassSum, figure: string): string =>
  t("{figure} in {n} equal steps", { figure, n: count(times) });

interface CostProps {
  outline: Outline;
  row: number;
  places: number;
  /** Sums of the equal steps that the row stands for. */
  sum?: PassSum | undefined;
}

export function CostCell({ outline, row, places, sum }: CostProps) {
  if (outline.counted[row] !== 1) return null;
  const cost = sum?.cost ?? outline.cost[row] ?? Number.NaN;
  if (!Number.isNaN(cost)) {
    const text = nanoUsd(cost);
    const exact = usdExact(text);
    return <span title={sum ? sumTitle(sum, exact) : exact}>{usd(text, places)}</span>;
  }
  // Rows do not say who pays: where a subscription covers part of the trace, a call without a cost is most likely its own.
  if (outline.tokens(row) > 0 && outline.trace.subscription_usd)
    return (
      <span
        className="apart-value"
        title={t("Within a subscription, or without a price: open the span to see which")}
      >
        {t("not billed")}
      </span>
    );
  if (outline.tokens(row) > 0)
    return (
      <span className="unpriced" title={t("Open the span to see why it has no price")}>
        {t("unpriced")}
      </span>
    );
  return saysNothing(outline, row) ? <NoUsage /> : null;
}

/** The places that the costs of these rows need. */
export function placesOf(outline: Outline): number {
  let least = Number.POSITIVE_INFINITY;
  let most = 0;
  for (let row = 0; row < outline.loaded; row += 1) {
    const cost = outline.cost[row] ?? Number.NaN;
    if (!(cost > 0) || outline.counted[row] !== 1) continue;
    least = Math.min(least, cost);
    most = Math.max(most, cost);
  }
  return usdColumnPlaces(most > 0 ? [nanoUsd(least), nanoUsd(most)] : []);
}

/** A figure that fits its column; its parts are told whole on hover. */
const short = (tokens: number) => (tokens < 10_000_000 ? count(tokens) : compact(tokens));

interface TokenProps {
  outline: Outline;
  row: number;
  /** The largest counted usage, the full length of the bar. */
  most: number;
  /** Sums of the equal steps that the row stands for. */
  sum?: PassSum | undefined;
  /** "gridcell" where it is one itself. */
  role?: "gridcell";
}

export function TokenCell({ outline, row, most, sum, role }: TokenProps) {
  const counted = outline.counted[row] === 1;
  const of = counted ? sum : undefined;
  const tokens = of ? of.input + of.output : outline.tokens(row);
  if (tokens === 0) {
    return (
      <span className="end figure" role={role}>
        {saysNothing(outline, row) ? <NoUsage /> : null}
      </span>
    );
  }
  const input = Math.max(0, of?.input ?? outline.input[row] ?? 0);
  const output = Math.max(0, of?.output ?? outline.output[row] ?? 0);
  const parts = t("{input} in · {output} out", { input: count(input), output: count(output) });
  const why = counted
    ? t("Counted in the totals")
    : t("Not counted: repeats usage that is counted elsewhere");
  const share = (value: number) => ({
    // A sum can be larger than the largest single call, which is the full length.
    width: `${(value / Math.max(1, most, tokens)) * 100}%`,
  });
  return (
    <span
      className={counted ? "end figure tokens-cell" : "end figure tokens-cell tokens-hollow"}
      role={role}
      title={`${of ? sumTitle(of, parts) : parts}\n${why}`}
    >
      {counted ? short(tokens) : `(${short(tokens)})`}
      <span className="tokens-line">
        {counted ? (
          <>
            <i className="token-in" style={share(input)} />
            <i className="token-out" style={share(output)} />
          </>
        ) : (
          <i className="is-hollow" style={share(tokens)} />
        )}
      </span>
    </span>
  );
}
