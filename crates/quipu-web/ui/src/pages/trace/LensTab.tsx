// How this span was read: which attribute gave each value, by which rule, and why the span counts or does not.
import { useLens } from "../../api/queries";
import type { Lens, LensLine } from "../../api/types";
import { reasonText } from "../../components/Money";
import { Failure, SkeletonRows } from "../../components/States";
import { Breakable } from "./Attributes";

const SIGNALS: Record<string, string> = {
  details: "made from a log record with this span's attributes",
  log: "made from a log record",
  transcript: "made from an imported session file",
  metric: "made from a metric",
};

function Verdict({ lens }: { lens: Lens }) {
  if (!lens.rule) return <p className="muted">Holds no call, tool run or usage: nothing to count.</p>;
  return (
    <p className={lens.counted ? "count-rule" : "count-rule is-repeated"}>
      <i aria-hidden="true" />
      <span>
        {lens.counted ? "Counted" : "Not counted"}
        <span className="muted">: {lens.rule_text}</span>
      </span>
    </p>
  );
}

function Reader({ lens }: { lens: Lens }) {
  const facts = [
    lens.adapter ? `read by ${lens.adapter}` : "no adapter reads it",
    lens.enriched_by.length > 0 ? `enriched by ${lens.enriched_by.join(", ")}` : null,
    SIGNALS[lens.signal] ?? null,
    lens.priced_by
      ? `priced by ${lens.priced_by.source} ${lens.priced_by.version}, ${lens.priced_by.id}`
      : lens.cost_reason
        ? reasonText(lens.cost_reason)
        : null,
  ];
  return <p className="muted">{facts.filter(Boolean).join(" · ")}</p>;
}

function Row({ line }: { line: LensLine }) {
  return (
    <div className="lens-line">
      <dt>{line.field.replaceAll("_", " ")}</dt>
      <dd>
        <span className="lens-value">{line.value}</span>
        {line.key ? (
          <span className="lens-key">
            <Breakable name={line.key} />
          </span>
        ) : null}
        {line.rule ? <span className="lens-rule">{line.rule}</span> : null}
        {line.passed_over.map((key) => (
          <span key={key} className="lens-passed" title="Also sent; a more trusted attribute gave the value">
            <Breakable name={key} />
          </span>
        ))}
      </dd>
    </div>
  );
}

export function LensTab({ traceId, spanId }: { traceId: string; spanId: string }) {
  const query = useLens(traceId, spanId);
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <SkeletonRows rows={8} />;
  const lens = query.data;
  return (
    <div className="lens">
      <Verdict lens={lens} />
      {lens.reading_text ? <p className="muted">{lens.reading_text}</p> : null}
      <Reader lens={lens} />
      {lens.lines.length > 0 ? (
        <dl>
          {lens.lines.map((line) => (
            <Row key={line.field} line={line} />
          ))}
        </dl>
      ) : (
        <p className="panel-note">Nothing in this span is known to any convention.</p>
      )}
      {lens.notes.length > 0 ? (
        <section>
          <h3 className="attributes-title">Mended or left out</h3>
          {lens.notes.map((note) => (
            <p key={note} className="muted">
              {note}
            </p>
          ))}
        </section>
      ) : null}
      {lens.unread.length > 0 ? (
        <section>
          <h3 className="attributes-title">Not understood</h3>
          <p className="lens-unread">
            {lens.unread.map((key) => (
              <span key={key}>
                <Breakable name={key} />
              </span>
            ))}
          </p>
        </section>
      ) : null}
    </div>
  );
}
