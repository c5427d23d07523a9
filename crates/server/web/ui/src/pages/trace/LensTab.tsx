// How this span was read: which attribute gave each value, by which rule, and why the span counts or does not.
import { useLens } from "../../api/queries";
import type { Lens, LensLine } from "../../api/types";
import { reasonText } from "../../components/Money";
import { Failure, SkeletonRows } from "../../components/States";
import { t } from "../../lib/i18n";
import { Breakable } from "./Attributes";

function signalText(signal: string): string | null {
  switch (signal) {
    case "details":
      return t("made from a log record with this span's attributes");
    case "log":
      return t("made from a log record");
    case "transcript":
      return t("made from an imported session file");
    case "metric":
      return t("made from a metric");
    default:
      return null;
  }
}

function Verdict({ lens }: { lens: Lens }) {
  if (!lens.rule) return <p className="muted">{t("No call, tool run or usage: nothing to count.")}</p>;
  return (
    <p className={lens.counted ? "count-rule" : "count-rule is-repeated"}>
      <i aria-hidden="true" />
      <span>
        {lens.counted ? t("Counted") : t("Not counted")}
        <span className="muted">: {lens.rule_text}</span>
      </span>
    </p>
  );
}

function Reader({ lens }: { lens: Lens }) {
  const facts = [
    lens.adapter ? t("read by {name}", { name: lens.adapter }) : t("no adapter reads it"),
    lens.enriched_by.length > 0 ? t("enriched by {names}", { names: lens.enriched_by.join(", ") }) : null,
    signalText(lens.signal),
    lens.priced_by
      ? t("priced by {rule}", {
          rule: `${lens.priced_by.source} ${lens.priced_by.version}, ${lens.priced_by.id}`,
        })
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
          <span
            key={key}
            className="lens-passed"
            title={t("Also sent; a more trusted attribute gave the value")}
          >
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
        <p className="panel-note">{t("No attribute of this span belongs to a known convention.")}</p>
      )}
      {lens.notes.length > 0 ? (
        <section>
          <h3 className="attributes-title">{t("Corrected or omitted")}</h3>
          {lens.notes.map((note) => (
            <p key={note} className="muted">
              {note}
            </p>
          ))}
        </section>
      ) : null}
      {lens.unread.length > 0 ? (
        <section>
          <h3 className="attributes-title">{t("Not read")}</h3>
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
