import type { RepriceAnswer, RepriceSum } from "../../api/money";
import { count, plural, usd, usdColumnPlaces, usdExact, usdSigned } from "../../lib/format";

/** By which books the figures were, and by which they are or would be. */
export function booksChange(answer: { books_before: string[]; books_after: string[] }): string {
  const before = answer.books_before.join(", ") || "no price";
  const after = answer.books_after.join(", ") || "no price";
  return before === after ? `by ${after}, before and after` : `${before} → ${after}`;
}

/** Old and new, and what that changes, one line a model; those that stay are only counted. */
export function Difference({ answer }: { answer: RepriceAnswer }) {
  const changed = answer.models.filter((row) => row.changed > 0);
  const same = answer.models.length - changed.length;
  if (answer.total.calls === 0) return <p className="part-empty">No call lies in this time.</p>;
  if (changed.length === 0)
    return (
      <p className="part-empty">
        Nothing changes: {plural(answer.total.calls, "call")} already{" "}
        {answer.total.calls === 1 ? "has" : "have"} the price of these books.
      </p>
    );
  const places = usdColumnPlaces(changed.flatMap((row) => [row.old_usd, row.new_usd, row.difference_usd]));
  const line = (row: RepriceSum) => (
    <>
      <td className="figure end" title={`of ${plural(row.calls, "call")}`}>
        {count(row.changed)}
        <span className="faint"> of {count(row.calls)}</span>
      </td>
      <td className="figure end" title={usdExact(row.old_usd)}>
        {row.newly_priced === row.changed && row.changed === row.calls ? (
          <span className="unpriced">unpriced</span>
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
            <th scope="col">Model</th>
            <th scope="col" className="end">
              Changed
            </th>
            <th scope="col" className="end">
              Old
            </th>
            <th scope="col" className="end">
              New
            </th>
            <th scope="col" className="end">
              Difference
            </th>
          </tr>
        </thead>
        <tbody>
          {changed.map((row) => (
            <tr key={`${row.provider} ${row.model}`}>
              <th scope="row" className="two-line" title={row.model ?? undefined}>
                <span className="cut">{row.model ?? <span className="nil">unnamed</span>}</span>
                {row.newly_priced > 0 ? (
                  <span className="unpriced-note">{count(row.newly_priced)} had no price before</span>
                ) : null}
              </th>
              {line(row)}
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">
              Total{same > 0 ? <span className="faint">, with {plural(same, "model")} that stay</span> : null}
            </th>
            {line(answer.total)}
          </tr>
        </tfoot>
      </table>
      <p className="assumption">
        {booksChange(answer)}. Metered and subscription calls together
        {answer.total.kept > 0
          ? `; ${plural(answer.total.kept, "call")} that these books cannot price keep theirs`
          : ""}
        .
      </p>
    </div>
  );
}
