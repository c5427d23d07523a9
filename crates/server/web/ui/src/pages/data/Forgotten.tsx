// What there is of somebody, and the proof that it is gone.
import type { ForgetAnswer, ForgottenPlace } from "../../api/data";
import { Copy } from "../../components/Copy";
import { Json, jsonText } from "../../components/Json";
import { count } from "../../lib/format";
import { t } from "../../lib/i18n";
import { isAnything } from "./rules";

export function Found({ answer }: { answer: ForgetAnswer }) {
  return (
    <div className="data-told">
      <p role="status">
        {isAnything(answer)
          ? t("Found data. Nothing is removed yet.")
          : t("No data with this ID is stored or queued.")}
      </p>
      <Places answer={answer} left={false} />
      <Beyond answer={answer} />
    </div>
  );
}

export function Proof({ answer }: { answer: ForgetAnswer }) {
  return (
    <div className="data-told">
      <p role="status">
        {answer.complete ? (
          <strong>{t("Deleted. A second search found no data in any place.")}</strong>
        ) : (
          <strong className="failed">
            {t("Some data remains or could not be read. Fix the cause, then delete again.")}
          </strong>
        )}
      </p>
      <Places answer={answer} left={true} />
      <Beyond answer={answer} />
      <div className="command-block data-proof">
        <div className="command-head">
          <span>{t("Proof")}</span>
          <Copy text={jsonText(answer)} label={t("Copy")} what={t("Copy the proof")} />
        </div>
        <Json value={answer} />
      </div>
      <p className="assumption">
        {t(
          "The proof hides the ID: id_sha256 is the SHA-256 of the salt, a colon and the ID. A reader who knows the ID can verify it.",
        )}
      </p>
    </div>
  );
}

function Places({ answer, left }: { answer: ForgetAnswer; left: boolean }) {
  return (
    <table className="slip rows data-rows data-places">
      <thead>
        <tr>
          <th scope="col">{t("Place")}</th>
          <th scope="col">{t("Records")}</th>
          <th scope="col">{t("Found")}</th>
          {left ? <th scope="col">{t("Left")}</th> : null}
        </tr>
      </thead>
      <tbody>
        {answer.places.map((place) => (
          <PlaceRow key={`${place.place} ${place.what}`} place={place} left={left} />
        ))}
      </tbody>
    </table>
  );
}

function PlaceRow({ place, left }: { place: ForgottenPlace; left: boolean }) {
  return (
    <tr>
      <th scope="row">
        {place.place}
        {place.trouble ? <span className="data-trouble">{place.trouble}</span> : null}
      </th>
      <td>{whatIs(place.what)}</td>
      <td className="figure">{place.trouble && place.found === 0 ? "?" : count(place.found)}</td>
      {left ? <td className="figure">{place.trouble ? "?" : count(place.remaining)}</td> : null}
    </tr>
  );
}

function whatIs(what: string): string {
  const known: Record<string, string> = {
    traces: t("traces"),
    events: t("events"),
    series: t("series of metrics"),
    records: t("records"),
  };
  return known[what] ?? what;
}

/** Where there may be something that nobody can reach from here, as the server says it. */
function Beyond({ answer }: { answer: ForgetAnswer }) {
  return (
    <details className="data-beyond">
      <summary>{t("Not deleted")}</summary>
      <ul>
        {answer.beyond.map((place) => (
          <li key={place}>{place}</li>
        ))}
      </ul>
    </details>
  );
}
