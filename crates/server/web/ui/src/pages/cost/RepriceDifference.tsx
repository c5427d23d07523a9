import type { RepriceAnswer, RepriceSum } from "../../api/money";
import { count, usd, usdColumnPlaces, usdExact, usdSigned } from "../../lib/format";
import { t } from "../../lib/i18n";
import { callsText } from "../../lib/words";

/** By which books the figures were, and by which they are or would be. */
export function booksChange(answer: { books_before: string[]; books_after: string[] }): string {
  const before = answer.books_before.join(", ") || t("no price");
  const after = answer.books_after.join(", ") || t("no price");
  return before === after ? t("by {books}, before and after", { books: after }) : `${before} → ${after}`;
}

/** Old and new, and what that changes, one line a model; those that stay are only counted. */
export function Difference({ answer }: { answer: RepriceAnswer }) {
  const changed = answer.models.filter((row) => row.changed > 0);
  const same = answer.models.length - changed.length;
  if (answer.total.calls === 0) return <p className="part-empty">{t("No calls in this range.")}</p>;
  if (changed.length === 0)
    return (
      <p className="part-empty">
        {t("Nothing changes: {n} calls already have the price of these books.", {
          count: answer.total.calls,
          n: count(answer.total.calls),
        })}
      </p>
    );
  const places = usdColumnPlaces(changed.flatMap((row) => [row.old_usd, row.new_usd, row.difference_usd]));
  const line = (row: RepriceSum) => (
    <>
      <td className="figure end" title={callsText(row.calls)}>
        {count(row.changed)}
        <span className="faint"> {t("of {n}", { n: count(row.calls) })}</span>
      </td>
      <td className="figure end" title={usdExact(row.old_usd)}>
        {row.newly_priced === row.changed && row.changed === row.calls ? (
          <span className="unpriced">{t("unpriced")}</span>
        ) : (
          usd(row.old_usd, places)
        )}
      </td>
      <td className="figure end" title={usdExact(row.new_usd)}>
        {usd(row.new_usd, places)}
      </td>
      <td className="figure end" title={usdExact(row.difference_usd)}>
        {usdSigned(row.difference_usd, places)}
      </td>
    </>
  );
  return (
    <div className="scroll-x">
      <table className="slip rows">
        <thead>
          <tr>
            <th scope="col">{t("Model")}</th>
            <th scope="col" className="end">
              {t("Changed")}
            </th>
            <th scope="col" className="end">
              {t("Old")}
            </th>
            <th scope="col" className="end">
              {t("New")}
            </th>
            <th scope="col" className="end">
              {t("Difference")}
            </th>
          </tr>
        </thead>
        <tbody>
          {changed.map((row) => (
            <tr key={`${row.provider} ${row.model}`}>
              <th scope="row" className="two-line" title={row.model ?? undefined}>
                <span className="cut">{row.model ?? <span className="faint">{t("unnamed")}</span>}</span>
                {row.newly_priced > 0 ? (
                  <span className="unpriced-note">
                    {t("{n} had no price before", { n: count(row.newly_priced) })}
                  </span>
                ) : null}
              </th>
              {line(row)}
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">
              {t("Total")}
              {same > 0 ? (
                <span className="faint"> · {t("{n} models stay", { count: same, n: count(same) })}</span>
              ) : null}
            </th>
            {line(answer.total)}
          </tr>
        </tfoot>
      </table>
      <p className="assumption">
        {booksChange(answer)}. {t("Metered and subscription calls together.")}{" "}
        {answer.total.kept > 0
          ? t("{n} calls that these books cannot price keep theirs.", {
              count: answer.total.kept,
              n: count(answer.total.kept),
            })
          : ""}
      </p>
    </div>
  );
}
