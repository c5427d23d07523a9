// A session at a glance: its models with their cost, its tools, and why steps failed.
import { useMemo } from "react";
import { type AskGroup, useAsk } from "../../api/ask";
import type { Scope } from "../../api/queries";
import { Link } from "../../components/Link";
import { causesOf } from "../../lib/cause";
import { count, usd, usdColumnPlaces } from "../../lib/format";
import { t } from "../../lib/i18n";
import { narrowed } from "../../lib/query";
import { filterHref } from "../../state/filters";

const MOST = 6;
const MODELS = { from: "calls", group_by: ["model"], sort: "cost", top: MOST } as const;
const TOOLS = { from: "tools", group_by: ["tool"], top: MOST } as const;
const FAILURES = { from: "failures", group_by: ["error"], top: 40 } as const;

interface Props {
  sessionId: string;
  refetch: number | false;
}

export function SessionDigest({ sessionId, refetch }: Props) {
  const scope = useMemo<Scope>(
    () => ({
      range: { preset: "all", since: null, until: null },
      filters: { filter: narrowed("", { session: sessionId }) },
    }),
    [sessionId],
  );
  const models = useAsk(MODELS, scope, refetch);
  const tools = useAsk(TOOLS, scope, refetch);
  const failures = useAsk(FAILURES, scope, refetch);
  const causes = causesOf(
    (failures.data?.groups ?? []).map((group) => ({ ...group, error: group.key.error ?? null })),
  ).slice(0, MOST);
  return (
    <aside className="session-digest" aria-label={t("Summary of the session")}>
      {causes.length > 0 ? (
        <section>
          <h2 className="failing">
            {t("{n} failures", {
              count: failures.data?.total.count ?? 0,
              n: count(failures.data?.total.count ?? 0),
            })}
          </h2>
          <ul>
            {causes.map((cause) => (
              <li key={cause.key}>
                <Link
                  href={filterHref("/traces", { session: sessionId, ...cause.where }, { range: "all" })}
                  title={cause.errors.join("\n\n")}
                >
                  <span>{cause.label}</span>
                  <span className="figure">{count(cause.count)}</span>
                </Link>
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      <Models groups={models.data?.groups ?? []} sessionId={sessionId} />
      <Tools groups={tools.data?.groups ?? []} sessionId={sessionId} />
    </aside>
  );
}

interface PartProps {
  groups: readonly AskGroup[];
  sessionId: string;
}

function Models({ groups, sessionId }: PartProps) {
  const places = usdColumnPlaces(groups.map((group) => group.cost_usd));
  if (groups.length === 0) return null;
  return (
    <section>
      <h2>{t("Cost breakdown")}</h2>
      <ul>
        {groups.map((group) => {
          const model = group.key.model ?? null;
          return (
            <li key={model ?? ""}>
              <Link
                href={filterHref(
                  "/calls",
                  { session: sessionId, ...(model ? { model } : {}) },
                  { range: "all" },
                )}
                title={model ?? undefined}
              >
                <span>{model ?? t("(no model)")}</span>
                <span className="figure faint">×{count(group.count)}</span>
                <span className="figure">{group.cost_usd === null ? "–" : usd(group.cost_usd, places)}</span>
              </Link>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function Tools({ groups, sessionId }: PartProps) {
  if (groups.length === 0) return null;
  return (
    <section>
      <h2>{t("Tools used")}</h2>
      <ul>
        {groups.map((group) => {
          const tool = group.key.tool ?? null;
          return (
            <li key={tool ?? ""}>
              <Link
                href={filterHref(
                  "/traces",
                  { session: sessionId, ...(tool ? { tool } : {}) },
                  { range: "all" },
                )}
                title={tool ?? undefined}
              >
                <span>{tool ?? t("unnamed tool")}</span>
                <span className="figure">
                  {group.errors > 0 ? (
                    <span className="failing">{t("{n} failed", { n: count(group.errors) })} · </span>
                  ) : null}
                  {count(group.count)}
                </span>
              </Link>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
