// Versions of a span that were refused, because it had ended and they differ from it.
import type { Span, SpanConflict } from "../../api/types";
import { Json } from "../../components/Json";
import { t } from "../../lib/i18n";
import { fullTime } from "../../lib/time";
import { Note } from "./Happened";
import { differences } from "./versions";

export function Conflicts({ span }: { span: Span }) {
  return (
    <>
      <Note>
        {t("This span had ended when these versions arrived. They were refused, and no figure counts them.")}
      </Note>
      <ol className="events">
        {(span.conflicts ?? []).map((conflict, index) => (
          <Version key={index} span={span} conflict={conflict} />
        ))}
      </ol>
    </>
  );
}

function Version({ span, conflict }: { span: Span; conflict: SpanConflict }) {
  const others = differences(span, conflict);
  return (
    <li className="event">
      <header>
        <strong>{conflict.name || t("no name")}</strong>
        <span className="figure faint push" title={conflict.arrived_at}>
          {fullTime(conflict.arrived_at)}
        </span>
      </header>
      <p>
        {conflict.same_sender
          ? t("From the same sender, more than 10 minutes after the span.")
          : t("From another sender.")}
        {conflict.ended_at ? ` ${t("It ends at {time}.", { time: fullTime(conflict.ended_at) })}` : null}
      </p>
      {conflict.attributes === undefined ? (
        <p className="faint">{t("Its attributes are too large to store.")}</p>
      ) : Object.keys(others).length > 0 ? (
        <Json value={others} />
      ) : null}
    </li>
  );
}
