// Tokens as a small ledger: parts are indented below the total they belong to, and add nothing to it.

import type { Span, Tokens } from "../../api/types";
import { count, percent } from "../../lib/format";
import { t } from "../../lib/i18n";
import { Explain } from "./Explain";

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
    <div className="token-bar" title={t("Input (cached part hatched), then output (reasoning part darker)")}>
      <i className="token-cached" style={share(tokens.cache_read)} />
      <i className="token-in" style={share(tokens.input - tokens.cache_read)} />
      <i className="token-reasoning" style={share(tokens.reasoning)} />
      <i className="token-out" style={share(tokens.output - tokens.reasoning)} />
    </div>
  );
}

export function TokensTab({ span, traceId }: { span: Span; traceId: string }) {
  const { tokens } = span;
  const costs = span.counted && (span.cost_usd !== null || span.cost_reason !== null);
  if (!tokens || tokens.total === 0) {
    return costs ? (
      <div className="tokens-tab">
        <Explain span={span} traceId={traceId} />
      </div>
    ) : (
      <p className="panel-note">{t("This span reports no token usage.")}</p>
    );
  }
  return (
    <div className="tokens-tab">
      <p className={span.counted ? "count-rule" : "count-rule is-repeated"}>
        <i aria-hidden="true" />
        <span>
          {span.counted ? t("Counted in the totals") : t("Not counted in the totals")}
          {span.counted_reason ? <span className="muted">: {span.counted_reason}</span> : null}
        </span>
      </p>
      <Bar tokens={tokens} />
      <table className="slip">
        <tbody>
          <Line label={t("Input")} value={tokens.input} />
          <Line label={t("cached (read)")} value={tokens.cache_read} of={tokens.input} part />
          <Line label={t("cached (written)")} value={tokens.cache_write} of={tokens.input} part />
          <Line label={t("Output")} value={tokens.output} />
          <Line label={t("reasoning")} value={tokens.reasoning} of={tokens.output} part />
        </tbody>
        <tfoot>
          <Line label={t("Total tokens")} value={tokens.total} />
        </tfoot>
      </table>
      <Explain span={span} traceId={traceId} />
      {span.model ? (
        <p className="faint slip-note">
          {span.model}
          {span.provider ? ` · ${span.provider}` : ""}
        </p>
      ) : null}
    </div>
  );
}
