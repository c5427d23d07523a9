// What a run of the rules would remove, or removed: by signal, then day by day.
import type { Retired, RetiredDay } from "../../api/data";
import { bytes, count } from "../../lib/format";
import { t } from "../../lib/i18n";
import { signalName, sumsOf } from "./rules";

/** Days that are listed one by one. */
const MOST_DAYS = 100;

export function RetiredView({ told }: { told: Retired }) {
  const sizes = { freed: bytes(told.freed_bytes), stored: bytes(told.bytes) };
  const held = told.days.reduce((sum, day) => sum + day.held, 0);
  return (
    <div className="data-told">
      {told.days.length === 0 ? (
        <p className="part-empty" role="status">
          {told.dry_run ? t("The next run would remove nothing.") : t("Nothing to remove.")}
        </p>
      ) : (
        <>
          <p role="status">
            {told.dry_run
              ? t("Nothing is removed yet. About {freed} of {stored} would be free.", sizes)
              : t("{freed} of {stored} are free now.", sizes)}
            {held > 0 ? ` ${t("{n} kept traces stay.", { n: count(held), count: held })}` : null}
          </p>
          <Sums days={told.days} />
          <Days days={told.days} />
        </>
      )}
      {told.over_bytes === null ? null : (
        <p className="trouble">
          <strong>{t("The store stays {size} over its limit.", { size: bytes(told.over_bytes) })}</strong>{" "}
          <span className="muted">{told.over_reason}</span>
        </p>
      )}
      {told.left.map((day) => (
        <p key={day.day} className="trouble">
          <strong>{t("{day} is left for the next run.", { day: day.day })}</strong>{" "}
          <span className="muted">{day.reason}</span>
        </p>
      ))}
    </div>
  );
}

function Sums({ days }: { days: readonly RetiredDay[] }) {
  return (
    <table className="slip rows data-rows data-sums">
      <thead>
        <tr>
          <th scope="col">{t("Signal")}</th>
          <th scope="col">{t("Days")}</th>
          <th scope="col">{t("Records")}</th>
        </tr>
      </thead>
      <tbody>
        {sumsOf(days).map((sum) => (
          <tr key={sum.signal}>
            <th scope="row">{signalName(sum.signal)}</th>
            <td className="figure">{count(sum.days)}</td>
            <td className="figure">{count(sum.records)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Days({ days }: { days: readonly RetiredDay[] }) {
  const shown = days.slice(0, MOST_DAYS);
  return (
    <>
      <table className="slip rows data-rows data-days">
        <thead>
          <tr>
            <th scope="col">{t("Day (UTC)")}</th>
            <th scope="col">{t("Result")}</th>
            <th scope="col">{t("Traces")}</th>
            <th scope="col">{t("Freed")}</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((day) => (
            <tr key={day.day}>
              <th scope="row">{day.day}</th>
              <td>{fate(day)}</td>
              <td className="figure">{count(day.traces)}</td>
              <td className="figure">{bytes(day.freed_bytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {days.length > shown.length ? (
        <p className="assumption">
          {t("The first {n} of {all} days.", { n: MOST_DAYS, all: count(days.length) })}
        </p>
      ) : null}
    </>
  );
}

function fate(day: RetiredDay): string {
  if (day.fate === "removed") return day.why === "age" ? t("removed by age") : t("removed by size");
  return day.why === "age" ? t("reduced by age") : t("reduced by size");
}
