// Traces that no rule removes, the latest hold first.
import { useState } from "react";
import { type HeldTrace, useHolds, useRelease } from "../../api/data";
import { Link } from "../../components/Link";
import { Answered, Panel } from "../../components/Panel";
import { Trouble } from "../../components/States";
import { count } from "../../lib/format";
import { t } from "../../lib/i18n";
import { href } from "../../state/url";
import { When } from "../access/Keys";
import { Sure } from "../access/Sure";

/** Holds that are drawn at a time. */
const PAGE = 100;

export function Holds({ writer }: { writer: boolean }) {
  const holds = useHolds();
  const n = holds.data?.length ?? 0;
  return (
    <Panel title={t("Kept traces")} note={n > 0 ? count(n) : undefined}>
      <Answered query={holds} lines={3}>
        {(list) =>
          list.length > 0 ? (
            <HoldTable holds={list} writer={writer} />
          ) : (
            <p className="part-empty">
              {t("No kept traces. Use Keep on a trace's page to exclude it from all retention rules.")}
            </p>
          )
        }
      </Answered>
      {writer ? null : (
        <p className="assumption">{t("Only editors and admins can keep traces or stop keeping them.")}</p>
      )}
    </Panel>
  );
}

function HoldTable({ holds, writer }: { holds: readonly HeldTrace[]; writer: boolean }) {
  const release = useRelease();
  const [most, setMost] = useState(PAGE);
  const rest = holds.length - most;
  return (
    <>
      {release.error ? <Trouble error={release.error} /> : null}
      <table className="slip rows data-rows data-holds">
        <thead>
          <tr>
            <th scope="col">{t("Trace")}</th>
            <th scope="col">{t("Kept since")}</th>
            <th scope="col">{t("By")}</th>
            <th scope="col">{t("Note")}</th>
            {writer ? (
              <th scope="col">
                <span className="sr-only">{t("Actions")}</span>
              </th>
            ) : null}
          </tr>
        </thead>
        <tbody>
          {holds.slice(0, most).map((hold) => (
            <tr key={hold.trace_id}>
              <th scope="row" className="mono">
                <Link href={href(`/traces/${hold.trace_id}`)} title={hold.trace_id}>
                  {hold.trace_id.slice(0, 12)}
                </Link>
              </th>
              <td>
                <When at={hold.since} />
              </td>
              <td>{hold.by || "–"}</td>
              <td className="data-note">{hold.note || "–"}</td>
              {writer ? (
                <td className="row-action">
                  <Sure
                    ask={t("Stop keeping")}
                    confirm={t("Stop keeping it")}
                    about={hold.trace_id.slice(0, 12)}
                    pending={release.isPending}
                    act={() => release.mutate(hold.trace_id)}
                  />
                </td>
              ) : null}
            </tr>
          ))}
        </tbody>
      </table>
      {rest > 0 ? (
        <button type="button" className="quiet-button" onClick={() => setMost(most + PAGE)}>
          {t("{n} more", { n: count(rest) })}
        </button>
      ) : null}
    </>
  );
}
