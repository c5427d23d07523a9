// One event in full.
import type { EventRow } from "../../api/signals";
import { Copy } from "../../components/Copy";
import { Icon } from "../../components/Icon";
import { Json, jsonText } from "../../components/Json";
import { Link } from "../../components/Link";
import { t } from "../../lib/i18n";
import { fullTime, utcTime } from "../../lib/time";
import { useKeys } from "../../state/keys";
import { href, setParams } from "../../state/url";

function narrowTo(name: string, value: string | null) {
  if (value) setParams({ [name]: value });
}

function Fact({ name, param, value }: { name: string; param?: string; value: string | null }) {
  if (!value) return null;
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>
        {param ? (
          <button
            type="button"
            className="quiet-button"
            title={t("Only events with this value")}
            onClick={() => narrowTo(param, value)}
          >
            {value}
          </button>
        ) : (
          value
        )}
      </td>
    </tr>
  );
}

export function EventPanel({ event, close }: { event: EventRow; close: () => void }) {
  useKeys({
    Escape: (pressed) => {
      pressed.preventDefault();
      close();
    },
  });
  const trace = event.trace_id;
  return (
    <aside className="event-panel" aria-label={t("Event")}>
      <header>
        <span className={`event-level is-${event.level}`}>{event.level}</span>
        <h2>{event.type ?? t("log line")}</h2>
        <button type="button" className="icon-button push" aria-label={t("Close")} onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      <div className="event-panel-body">
        <table className="slip">
          <tbody>
            <tr>
              <th scope="row">{t("Time")}</th>
              <td className="figure" title={utcTime(event.time)}>
                {fullTime(event.time)}
              </td>
            </tr>
            <Fact name={t("Event")} param="type" value={event.type} />
            <Fact name={t("Service")} value={event.service} />
            <Fact name={t("Framework")} param="framework" value={event.framework} />
            <Fact name={t("Agent")} param="agent" value={event.agent} />
            <Fact name={t("Session")} param="session" value={event.session_id} />
            <Fact name={t("Scope")} value={event.scope} />
            {trace ? (
              <tr>
                <th scope="row">{t("Trace")}</th>
                <td className="mono">
                  <Link href={href(`/traces/${trace}`, { span: event.span_id })}>{trace}</Link>{" "}
                  <button type="button" className="quiet-button" onClick={() => narrowTo("trace_id", trace)}>
                    {t("Only its events")}
                  </button>
                </td>
              </tr>
            ) : null}
          </tbody>
        </table>
        {event.body === null || event.body === "" ? null : (
          <section>
            <header>
              <h3>{t("Body")}</h3>
              <Copy text={jsonText(event.body)} label={t("Copy")} what={t("Copy the body")} />
            </header>
            <Json value={event.body} />
          </section>
        )}
        {Object.keys(event.attributes).length === 0 ? null : (
          <section>
            <header>
              <h3>{t("Attributes")}</h3>
              <Copy text={jsonText(event.attributes)} label={t("Copy")} what={t("Copy the attributes")} />
            </header>
            <Json value={event.attributes} />
          </section>
        )}
      </div>
    </aside>
  );
}
