// Who or what the money goes to: models, agents, users, sessions.
import { useState } from "react";
import { type Scope, useUsage } from "../../api/queries";
import type { UsageGroup } from "../../api/types";
import { Bars } from "../../charts";
import { Link } from "../../components/Link";
import { Answered, Panel } from "../../components/Panel";
import { Segments } from "../../components/Segments";
import { compact, compareUsd, usd, usdColumnPlaces, usdPixels } from "../../lib/format";
import { t } from "../../lib/i18n";
import { filterHref } from "../../state/filters";
import { recall, remember } from "../../state/memory";

const WHO = ["model", "agent", "user", "session"] as const;
type Who = (typeof WHO)[number];
const MOST = 7;

const hues: Record<Who, string> = { model: "llm", agent: "agent", user: "other", session: "other" };

function label(who: Who): string {
  return { model: t("models"), agent: t("agents"), user: t("users"), session: t("sessions") }[who];
}

function nobody(who: Who): string {
  return {
    model: t("(no model)"),
    agent: t("no agent named"),
    user: t("no user named"),
    session: t("no session named"),
  }[who];
}

/** Dearest first; what has no price after all that has one, by its tokens. */
function dearest(groups: readonly UsageGroup[]): UsageGroup[] {
  return groups
    .filter((group) => group.cost_usd !== null || group.tokens.total > 0)
    .sort((a, b) => -compareUsd(a.cost_usd, b.cost_usd) || b.tokens.total - a.tokens.total)
    .slice(0, MOST);
}

export function Spenders({ scope, refetch }: { scope: Scope; refetch: number | false }) {
  const [who, setWho] = useState<Who>(() => WHO.find((one) => one === recall("spenders")) ?? "model");
  const query = useUsage(scope, who, refetch);
  return (
    <Panel
      title={t("Top cost")}
      note={
        <Segments
          label={t("Top cost")}
          options={WHO.map((id) => ({ id, label: label(id) }))}
          value={who}
          onPick={(next) => {
            setWho(next);
            remember("spenders", next);
          }}
        />
      }
    >
      <Answered query={query} lines={5}>
        {(usage) => {
          const by = WHO.find((one) => one === usage.groupBy) ?? who;
          const rows = dearest(usage.groups);
          if (rows.length === 0) return <p className="part-empty">{t("No cost in this range.")}</p>;
          const places = Math.min(4, usdColumnPlaces(rows.map((row) => row.cost_usd)));
          return (
            <>
              <Bars
                unit="usd"
                label={t("Top cost")}
                hue={hues[by]}
                rows={rows.map((row) => ({
                  name: row.key[by] ?? nobody(by),
                  value: row.cost_usd === null ? null : usdPixels(row.cost_usd),
                  text: costText(row, places),
                  note: t("{n} tokens", { count: row.tokens.total, n: compact(row.tokens.total) }),
                  href: filterHref("/calls", { [by]: row.key[by] ?? null }, { sort: "-cost" }),
                }))}
              />
              <p className="overview-more">
                <Link className="quiet-button" href={filterHref("/cost", {}, { by })}>
                  {t("View all")}
                </Link>
              </p>
            </>
          );
        }}
      </Answered>
    </Panel>
  );
}

function costText(row: UsageGroup, places: number): string {
  if (row.cost_usd !== null) return `${row.unpriced_calls > 0 ? "≥" : ""}${usd(row.cost_usd, places)}`;
  // Within a subscription nothing is billed by the call: there is no price to lack.
  if (row.subscription_usd) return t("subscription");
  return t("unpriced");
}
