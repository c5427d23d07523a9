// Two spans that stand for each other: their figures, and what was said in both, word by word.
import type { ReactNode } from "react";
import { useSpan } from "../../api/queries";
import type { Message, Span } from "../../api/types";
import { Icon } from "../../components/Icon";
import { jsonText } from "../../components/Json";
import { KindTag } from "../../components/KindTag";
import { Link } from "../../components/Link";
import { SkeletonRows, Trouble } from "../../components/States";
import { alignSaid, type DiffRow, diffWords, type Said } from "../../lib/diff";
import { count, duration, usdExact } from "../../lib/format";
import { t } from "../../lib/i18n";
import { hueOf } from "../../lib/kinds";
import type { Outline } from "../../lib/outline";
import { messagesOf } from "../../lib/turns";
import { href } from "../../state/url";
import { errorText } from "./Happened";

interface Props {
  left: Outline;
  right: Outline;
  row: DiffRow;
  onClose: () => void;
}

export function PairPanel({ left, right, row, onClose }: Props) {
  const a = useSpan(left.trace.trace_id, row.left < 0 ? null : (left.ids[row.left] ?? null));
  const b = useSpan(right.trace.trace_id, row.right < 0 ? null : (right.ids[row.right] ?? null));
  const [outline, at] = row.left >= 0 ? [left, row.left] : [right, row.right];
  const kind = outline.kind(at);
  const ready = (row.left < 0 || a.data) && (row.right < 0 || b.data);
  const failed = a.error ?? b.error;
  return (
    <aside className="panel pair" aria-label={t("Both spans")}>
      <header className={`panel-head hue-${hueOf(kind)}`}>
        <div className="panel-title">
          <h2 title={outline.name(at)}>{outline.name(at)}</h2>
          <KindTag kind={kind} />
          <button
            type="button"
            className="icon-button"
            title={t("Close (esc)")}
            aria-label={t("Close")}
            onClick={onClose}
          >
            <Icon name="close" />
          </button>
        </div>
      </header>
      <div className="panel-body" role="region" tabIndex={0} aria-label={t("Differences")}>
        {failed ? (
          <div className="panel-note">
            <Trouble error={failed} />
          </div>
        ) : ready ? (
          <Sides
            left={row.left < 0 ? null : (a.data ?? null)}
            right={row.right < 0 ? null : (b.data ?? null)}
            ids={[left.trace.trace_id, right.trace.trace_id]}
          />
        ) : (
          <SkeletonRows rows={6} />
        )}
      </div>
    </aside>
  );
}

interface SidesProps {
  left: Span | null;
  right: Span | null;
  ids: readonly [string, string];
}

function Sides({ left, right, ids }: SidesProps) {
  return (
    <>
      <Figures left={left} right={right} ids={ids} />
      <Texts left={left} right={right} />
    </>
  );
}

function Figures({ left, right, ids }: SidesProps) {
  const of = (name: string, value: (span: Span) => string | null): [string, string | null, string | null] => [
    name,
    left ? value(left) : null,
    right ? value(right) : null,
  ];
  const lines = [
    of(t("Status"), (span) => span.status),
    of(t("Duration"), (span) => (span.duration_ms === null ? t("running") : duration(span.duration_ms))),
    of(t("Model"), (span) => span.model),
    of(t("Tool"), (span) => span.tool),
    of(t("Agent"), (span) => span.agent),
    of(t("Tokens"), (span) =>
      span.tokens
        ? t("{input} in · {output} out", {
            input: count(span.tokens.input),
            output: count(span.tokens.output),
          })
        : null,
    ),
    of(t("Cost"), (span) => (span.cost_usd ? usdExact(span.cost_usd) : null)),
    of(t("Finish"), (span) => span.finish_reasons?.join(", ") || null),
    of(t("Error"), errorText),
    ...parameters(left, right),
  ].filter(([, a, b]) => a !== null || b !== null);
  const link = (span: Span | null, id: string, side: string): ReactNode =>
    span ? (
      <Link href={href(`/traces/${id}`, { span: span.span_id })}>{t("open in {side}", { side })}</Link>
    ) : (
      <span className="faint">{t("not in {side}", { side })}</span>
    );
  return (
    <table className="slip pair-figures">
      <thead>
        <tr>
          <td />
          <th scope="col">
            <b className="diff-side">A</b> {link(left, ids[0], "A")}
          </th>
          <th scope="col">
            <b className="diff-side">B</b> {link(right, ids[1], "B")}
          </th>
        </tr>
      </thead>
      <tbody>
        {lines.map(([name, a, b]) => (
          <tr key={name} className={a !== b && left && right ? "is-different" : undefined}>
            <th scope="row">{name}</th>
            <td className="figure">{a ?? "–"}</td>
            <td className="figure">{b ?? "–"}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Request parameters of either side. */
function parameters(left: Span | null, right: Span | null): [string, string | null, string | null][] {
  const names = new Set([...Object.keys(left?.params ?? {}), ...Object.keys(right?.params ?? {})]);
  const text = (span: Span | null, name: string) => {
    const value = span?.params?.[name];
    return value === undefined ? null : typeof value === "string" ? value : JSON.stringify(value);
  };
  return [...names].sort().map((name) => [name.replaceAll("_", " "), text(left, name), text(right, name)]);
}

function textOf(message: Message): string {
  return message.parts
    .map((part) => {
      const fields = part as Record<string, unknown>;
      if (part.type === "text" || part.type === "reasoning") return jsonText(fields.content);
      if (part.type === "tool_call") return `${String(fields.name)}(${jsonText(fields.arguments ?? "")})`;
      if (part.type === "tool_call_response") return jsonText(fields.response ?? fields.result ?? "");
      return `[${part.type}]`;
    })
    .join("\n");
}

const saidIn = (span: Span | null): Said[] =>
  span ? messagesOf(span).map((message) => ({ role: message.role, text: textOf(message) })) : [];

function Texts({ left, right }: { left: Span | null; right: Span | null }) {
  const rows = alignSaid(saidIn(left), saidIn(right));
  if (rows.length === 0) return <p className="panel-note">{t("Neither span has messages to compare.")}</p>;
  return (
    <div className="pair-texts">
      {rows.map(([a, b], index) => {
        const pieces = a && b ? diffWords(a.text, b.text) : null;
        const alike = pieces?.every(({ state }) => state === "same") ?? false;
        return (
          <section key={index} className="pair-text">
            <h3>
              {a?.role ?? b?.role}
              <span className="faint">{alike ? ` ${t("identical")}` : ""}</span>
            </h3>
            {alike ? (
              <details className="pair-alike">
                <summary>{(a?.text ?? "").slice(0, 160)}</summary>
                <p className="text">{a?.text}</p>
              </details>
            ) : (
              <div className="pair-sides">
                <p className="text">
                  {pieces
                    ? pieces.map((piece, at) =>
                        piece.state === "added" ? null : piece.state === "removed" ? (
                          <del key={at}>{piece.text}</del>
                        ) : (
                          piece.text
                        ),
                      )
                    : a && <del>{a.text}</del>}
                  {a ? null : <span className="faint">{t("missing in A")}</span>}
                </p>
                <p className="text">
                  {pieces
                    ? pieces.map((piece, at) =>
                        piece.state === "removed" ? null : piece.state === "added" ? (
                          <ins key={at}>{piece.text}</ins>
                        ) : (
                          piece.text
                        ),
                      )
                    : b && <ins>{b.text}</ins>}
                  {b ? null : <span className="faint">{t("missing in B")}</span>}
                </p>
              </div>
            )}
          </section>
        );
      })}
    </div>
  );
}
