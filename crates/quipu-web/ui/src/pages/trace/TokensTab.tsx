// Tokens as a small ledger: parts are indented below the total they belong to, and add nothing to it.

import { usePriceLines } from "../../api/queries";
import type { Span, Tokens } from "../../api/types";
import { reasonText } from "../../components/Money";
import { parseDecimal } from "../../lib/decimal";
import { compact, compareUsd, count, percent, usd, usdExact } from "../../lib/format";

function Line({
  label,
  value,
  of,
  part = false,
}: {
  label: string;
  value: number;
  of?: number;
  part?: boolean;
}) {
  return (
    <tr className={part ? "is-part" : undefined}>
      <th scope="row">{label}</th>
      <td className="figure end faint">{part && of ? percent(value / of) : ""}</td>
      <td className="figure end">{count(value)}</td>
    </tr>
  );
}

function Bar({ tokens }: { tokens: Tokens }) {
  const share = (value: number) => ({ width: `${(value / Math.max(1, tokens.total)) * 100}%` });
  return (
    <div className="token-bar" title="Input (cached part hatched), then output (reasoning part darker)">
      <i className="token-cached" style={share(tokens.cache_read)} />
      <i className="token-in" style={share(tokens.input - tokens.cache_read)} />
      <i className="token-reasoning" style={share(tokens.reasoning)} />
      <i className="token-out" style={share(tokens.output - tokens.reasoning)} />
    </div>
  );
}

function CostLines({ span }: { span: Span }) {
  if (!span.counted) return null;
  return (
    <table className="slip">
      <tbody>
        <tr>
          <th scope="row">Cost</th>
          <td className="figure end" colSpan={2}>
            {span.cost_usd === null ? (
              <span className="unpriced">unpriced</span>
            ) : (
              <strong>{usdExact(span.cost_usd)}</strong>
            )}
          </td>
        </tr>
        {span.cost_usd === null ? (
          <tr className="is-part">
            <th scope="row" colSpan={3}>
              {reasonText(span.cost_reason)}
            </th>
          </tr>
        ) : null}
        {span.cost_usd !== null && span.cost_reason ? (
          <tr className="is-part">
            <th scope="row" colSpan={3}>
              {reasonText(span.cost_reason)}
            </th>
          </tr>
        ) : null}
        {span.reported_cost_usd !== null ? (
          <tr>
            <th scope="row">Cost that the sender reported</th>
            <td className="figure end" colSpan={2} title={usdExact(span.reported_cost_usd)}>
              {usd(span.reported_cost_usd, 6)}
            </td>
          </tr>
        ) : null}
      </tbody>
    </table>
  );
}

/** The lines of the bill, shown only when they add up to exactly what the call was booked with. */
function Bill({ span }: { span: Span }) {
  const answer = usePriceLines(span).data;
  const same = answer?.total_usd && span.cost_usd && compareUsd(answer.total_usd, span.cost_usd) === 0;
  if (!same || !answer.lines?.length) return null;
  const scaleOf = (texts: string[]) => Math.max(2, ...texts.map((text) => parseDecimal(text)?.scale ?? 0));
  const places = scaleOf(answer.lines.map((line) => line.amount_usd));
  const unitPlaces = scaleOf(answer.lines.map((line) => line.unit_price_usd));
  return (
    <table className="slip bill">
      <tbody>
        {answer.lines.map((line) => (
          <tr key={line.unit}>
            <th scope="row">{line.unit.replaceAll("_", " ")}</th>
            <td className="figure end muted">
              {count(line.count)} × {usd(line.unit_price_usd, unitPlaces)} / {compact(line.per)}
            </td>
            <td className="figure end">{usd(line.amount_usd, places)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function TokensTab({ span }: { span: Span }) {
  const { tokens } = span;
  if (!tokens || tokens.total === 0) {
    return <p className="panel-note">This span reports no token usage.</p>;
  }
  return (
    <div className="tokens-tab">
      <p className={span.counted ? "count-rule" : "count-rule is-repeated"}>
        <i aria-hidden="true" />
        <span>
          {span.counted ? "Counted in the totals" : "Not counted in the totals"}
          {span.counted_reason ? <span className="muted">: {span.counted_reason}</span> : null}
        </span>
      </p>
      <Bar tokens={tokens} />
      <table className="slip">
        <tbody>
          <Line label="Input" value={tokens.input} />
          <Line label="of which read from the cache" value={tokens.cache_read} of={tokens.input} part />
          <Line label="of which written to the cache" value={tokens.cache_write} of={tokens.input} part />
          <Line label="Output" value={tokens.output} />
          <Line label="of which reasoning" value={tokens.reasoning} of={tokens.output} part />
        </tbody>
        <tfoot>
          <Line label="Total tokens" value={tokens.total} />
        </tfoot>
      </table>
      <Bill span={span} />
      <CostLines span={span} />
      {span.model ? (
        <p className="faint slip-note">
          {span.model}
          {span.provider ? ` · ${span.provider}` : ""}
          {span.price ? ` · price book ${span.price.source} ${span.price.version}` : ""}
        </p>
      ) : null}
    </div>
  );
}
