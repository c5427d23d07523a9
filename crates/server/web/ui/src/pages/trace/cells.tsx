// Figures of a row of the outline: tokens and cost, and what is not known of them.
import { NoUsage } from "../../components/Money";
import { compact, count, usd, usdColumnPlaces, usdExact } from "../../lib/format";
import { t } from "../../lib/i18n";
import { nanoUsd, type Outline } from "../../lib/outline";

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

export function CostCell({ outline, row, places }: { outline: Outline; row: number; places: number }) {
  if (outline.counted[row] !== 1) return null;
  const cost = outline.cost[row] ?? Number.NaN;
  if (!Number.isNaN(cost)) {
    const text = nanoUsd(cost);
    return <span title={usdExact(text)}>{usd(text, places)}</span>;
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
  /** "gridcell" where it is one itself. */
  role?: "gridcell";
}

export function TokenCell({ outline, row, most, role }: TokenProps) {
  const tokens = outline.tokens(row);
  if (tokens === 0) {
    return (
      <span className="end figure" role={role}>
        {saysNothing(outline, row) ? <NoUsage /> : null}
      </span>
    );
  }
  const input = Math.max(0, outline.input[row] ?? 0);
  const output = Math.max(0, outline.output[row] ?? 0);
  const counted = outline.counted[row] === 1;
  const parts = t("{input} in · {output} out", { input: count(input), output: count(output) });
  const why = counted
    ? t("Counted in the totals")
    : t("Not counted: repeats usage that is counted elsewhere");
  const share = (value: number) => ({
    width: `${Math.min(100, (value / Math.max(1, most)) * 100)}%`,
  });
  return (
    <span
      className={counted ? "end figure tokens-cell" : "end figure tokens-cell tokens-hollow"}
      role={role}
      title={`${parts}\n${why}`}
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
