// Failures by cause, the most frequent first. Each line opens the traces that have this cause.
import { type AskGroup, useAsk } from "../../api/ask";
import type { Scope } from "../../api/queries";
import { Link } from "../../components/Link";
import { Answered, Panel } from "../../components/Panel";
import { count } from "../../lib/format";
import { t } from "../../lib/i18n";
import { errorIs } from "../../lib/query";
import { ago } from "../../lib/time";
import { filterHref } from "../../state/filters";
import { useNow } from "../../state/screen";
import { FAILURES } from "./asks";

const MOST = 8;

interface Cause {
  words: string;
  /** With what follows it, such as where in the source it happened. */
  whole: string;
  count: number;
  last_at: string | null;
  trace_id: string | null;
}

/** Errors that differ in their stack only are one cause: the words before it. */
export function causesOf(groups: readonly AskGroup[]): Cause[] {
  const causes = new Map<string, Cause>();
  for (const group of groups) {
    const whole = group.key.error ?? "";
    const words = whole.split(/\s*Traceback \(most recent/)[0] || whole;
    const known = causes.get(words);
    const later = (group.last_at ?? "") > (known?.last_at ?? "");
    causes.set(words, {
      words,
      // A line break stands for what follows where it differs.
      whole: known && known.whole !== whole ? `${words}\n` : whole,
      count: (known?.count ?? 0) + group.count,
      last_at: known && !later ? known.last_at : group.last_at,
      trace_id: known && !later ? known.trace_id : group.trace_id,
    });
  }
  return [...causes.values()].sort((a, b) => b.count - a.count);
}

export function Failures({ scope, refetch }: { scope: Scope; refetch: number | false }) {
  const query = useAsk(FAILURES, scope, refetch);
  const total = query.data?.total.count ?? 0;
  return (
    <Panel
      title={t("Failures by cause")}
      note={
        total > 0 ? (
          <Link
            className="quiet-button"
            href={filterHref("/traces", { errors: ">0" })}
            title={t("All traces with a failed span")}
          >
            {t("{n} failed spans", { count: total, n: count(total) })}
          </Link>
        ) : undefined
      }
    >
      <Answered query={query} lines={5}>
        {(answer) =>
          answer.groups.length === 0 ? (
            <p className="part-empty">{t("No failures in this range")}</p>
          ) : (
            <Causes causes={causesOf(answer.groups)} total={total} leftOut={answer.left_out} />
          )
        }
      </Answered>
    </Panel>
  );
}

function Causes({ causes, total, leftOut }: { causes: readonly Cause[]; total: number; leftOut: number }) {
  const now = useNow(30_000);
  const more = Math.max(0, causes.length - MOST) + leftOut;
  return (
    <ol className="causes">
      {causes.slice(0, MOST).map((cause) => (
        <li key={cause.words}>
          <Link
            href={filterHref("/traces", cause.whole ? errorIs(cause.whole) : { errors: ">0" })}
            title={t("Traces with this error")}
          >
            <span className="cause-text" title={cause.whole}>
              {cause.words || t("no error message")}
            </span>
            <span className="cause-facts faint">{cause.last_at ? ago(cause.last_at, now) : ""}</span>
            <span className="figure cause-count">{count(cause.count)}</span>
            <i className="cause-bar" style={{ width: `${total > 0 ? (cause.count / total) * 100 : 0}%` }} />
          </Link>
        </li>
      ))}
      {more > 0 ? (
        <li className="faint cause-more">{t("and {n} other causes", { count: more, n: count(more) })}</li>
      ) : null}
    </ol>
  );
}
