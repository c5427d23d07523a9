// Failures by cause, the most frequent first. Each line opens exactly the failures that it counts.
import { useAsk } from "../../api/ask";
import type { Scope } from "../../api/queries";
import { Link } from "../../components/Link";
import { Answered, Panel } from "../../components/Panel";
import { type Cause, causesOf } from "../../lib/cause";
import { count } from "../../lib/format";
import { t } from "../../lib/i18n";
import { ago } from "../../lib/time";
import { filterHref } from "../../state/filters";
import { useNow } from "../../state/screen";
import { FAILURES } from "./asks";

const MOST = 8;

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
            href={filterHref("/spans", {}, { state: "failed" })}
            title={t("All failures, each once where it began")}
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
            <Causes
              causes={causesOf(answer.groups.map((one) => ({ ...one, error: one.key.error ?? null })))}
              total={total}
              leftOut={answer.left_out}
            />
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
        <li key={cause.key}>
          <Link
            href={filterHref("/spans", {}, { state: "failed", message: cause.messages })}
            title={[t("Failures with this cause"), ...cause.errors.slice(0, 5)].join("\n\n")}
          >
            <span className="cause-text">{cause.label}</span>
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
