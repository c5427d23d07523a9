// Objectives: what is promised, what is left of the error budget, how fast it burns; and reports.
import "../../styles/parts.css";
import "../alerts/alerts.css";
import "./slos.css";
import { type Slo, type SloAnswer, useSlo, useSlos } from "../../api/slos";
import { TimeChart } from "../../charts";
import { Link } from "../../components/Link";
import { PageHead } from "../../components/PageTop";
import { Answered } from "../../components/Panel";
import { Segments } from "../../components/Segments";
import { Failure, Loading } from "../../components/States";
import { count, marked, percent } from "../../lib/format";
import { t } from "../../lib/i18n";
import { href, setParams, usePlace } from "../../state/url";
import { StateName, share } from "./parts";
import { Report } from "./Report";

export function Slos() {
  const { params } = usePlace();
  const asked = useSlos();
  const view = params.get("view") === "report" ? "report" : "now";
  const rows = asked.data?.slos ?? [];
  const body = () => {
    if (asked.isError && !asked.data)
      return <Failure error={asked.error} retry={() => void asked.refetch()} />;
    if (!asked.data) return <Loading what={t("Loading …")} />;
    if (rows.length === 0) return <NoObjectives />;
    if (view === "report") return <Report />;
    return rows.map((slo) => <Objective key={slo.name} slo={slo} />);
  };
  return (
    <>
      <PageHead title={t("Objectives")}>
        {rows.length > 0 ? (
          <Segments
            label={t("View")}
            options={[
              { id: "now", label: t("Now") },
              { id: "report", label: t("Report") },
            ]}
            value={view}
            onPick={(id) => setParams({ view: id === "now" ? null : id })}
          />
        ) : null}
      </PageHead>
      <div className="page-body scrolls">
        <div className="slos">{body()}</div>
      </div>
    </>
  );
}

const EXAMPLE = `[slo.answers]
objective = 0.995
of = "kind:llm"
good = "kind:llm status:ok"
period = "30d"`;

function NoObjectives() {
  return (
    <div className="state">
      <h2>{t("No objectives yet")}</h2>
      <p className="state-text">
        {t("An objective promises a share of good records. It is a table of the config file:")}
      </p>
      <pre className="mono slo-example">{EXAMPLE}</pre>
    </div>
  );
}

const burn = (rate: number | null) => (rate === null ? "–" : marked(rate.toFixed(rate < 10 ? 2 : 1)));

function Objective({ slo }: { slo: Slo }) {
  const detail = useSlo(slo.name);
  return (
    <section className="slo" aria-label={slo.name}>
      <header>
        <h2>{slo.name}</h2>
        <StateName state={slo.state} />
        <span className="muted">
          {slo.measured === null
            ? t("{objective} promised", { objective: share(slo.objective) })
            : t("{measured} measured, {objective} promised", {
                measured: share(slo.measured),
                objective: share(slo.objective),
              })}
        </span>
      </header>
      <Budget slo={slo} />
      <Answered query={detail} lines={4}>
        {(of) => <Detail of={of} />}
      </Answered>
    </section>
  );
}

/** The error budget as a bar: what is left of it. */
function Budget({ slo }: { slo: Slo }) {
  const left = slo.budget_left;
  const shown = Math.min(1, Math.max(0, left ?? 0));
  const heat = left === null ? "" : left <= 0 ? " is-spent" : left < 0.25 ? " is-warm" : "";
  return (
    <div className={`slo-budget${heat}`}>
      <span className="slo-bar" aria-hidden="true">
        <i style={{ width: `${shown * 100}%` }} />
      </span>
      <span>
        {left === null
          ? t("No records in the period")
          : left < 0
            ? t("Error budget overspent by {share}", { share: percent(-left, 0) })
            : t("{share} of the error budget left", { share: percent(left, 0) })}
      </span>
    </div>
  );
}

/** Shares of bad records of the days that are, or are not, more than the objective allows. */
const pointsOf = (of: SloAnswer, over: boolean) =>
  of.days.map((day) => {
    const share = day.bad / day.records;
    return { t: Date.parse(day.at), v: share > 1 - of.slo.objective === over ? share : null };
  });

function Detail({ of }: { of: SloAnswer }) {
  if (of.records === 0)
    return (
      <p className="assumption">
        {t("Nothing in {period} matches its filter:", { period: of.period })}{" "}
        <code className="mono">{of.of || of.good}</code>
      </p>
    );
  const until = Date.parse(of.days.at(-1)?.at ?? "") + 86_400_000;
  const since = Date.parse(of.days[0]?.at ?? "");
  return (
    <div className="slo-detail">
      <div className="slo-chart">
        {of.days.length > 1 ? (
          <TimeChart
            shape="bar"
            stacked
            series={[
              { name: t("Within the objective"), hue: "--other", points: pointsOf(of, false) },
              { name: t("More than it allows"), hue: "--failure", points: pointsOf(of, true) },
            ]}
            unit="percent"
            since={since}
            until={until}
            stepMs={86_400_000}
            onBrush={null}
            height={140}
            label={t("Share of bad records by day")}
            legend={false}
            target={1 - of.slo.objective}
            targetText={(value) => t("allowed {value}", { value })}
          />
        ) : null}
        <p className="assumption">
          {t("{bad} of {records} records are bad in {period}; the objective allows {allowed}.", {
            bad: count(of.bad),
            records: count(of.records),
            period: of.period,
            allowed: count(Math.floor(of.allowed)),
          })}{" "}
          <code className="mono">{of.good || of.of}</code>
        </p>
      </div>
      <div>
        <table className="slip rows slo-windows" aria-label={t("Burn rates")}>
          <thead>
            <tr>
              <th scope="col">{t("Windows")}</th>
              <th scope="col" className="figure">
                {t("Long")}
              </th>
              <th scope="col" className="figure">
                {t("Short")}
              </th>
              <th scope="col" className="figure">
                {t("Counts above")}
              </th>
              <th scope="col">
                <span className="sr-only">{t("State")}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {of.windows.map((pair) => (
              <tr key={pair.long}>
                <th scope="row">{t("{long} and {short}", { long: pair.long, short: pair.short })}</th>
                <td className="figure">{burn(pair.burn_long)}</td>
                <td className="figure">{burn(pair.burn_short)}</td>
                <td className="figure">{marked(String(pair.line))}</td>
                <td>{pair.burns ? <span className="alert-firing">{t("burns")}</span> : null}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <p className="assumption">
          {of.rules.length > 0 ? (
            <>
              {t("Watched by:")}{" "}
              {of.rules.map((rule) => (
                <Link key={rule} href={href("/alerts", { view: "rules", rule })}>
                  {rule}{" "}
                </Link>
              ))}
            </>
          ) : (
            <>
              {t("No rule watches it. A rule of this kind does:")}{" "}
              <code className="mono">kind = "burn_rate"</code>
            </>
          )}
        </p>
      </div>
    </div>
  );
}
