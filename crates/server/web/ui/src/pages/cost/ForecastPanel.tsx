// Where it leads: the trend of the bars, and what is to be expected with the range in which it may well end.

import type { UseQueryResult } from "@tanstack/react-query";
import type { CostAnalysis, Forecast } from "../../api/money";
import { Answered, Panel } from "../../components/Panel";
import type { Grain } from "../../lib/buckets";
import { headlinePlaces, marked, usd, usdExact, usdHeadline, usdPixels, usdSigned } from "../../lib/format";
import { t } from "../../lib/i18n";
import { fullTime, utcTime } from "../../lib/time";
import { grainName } from "../../lib/words";
import { confidenceText, periodName } from "./period";

export function ForecastPanel({ query, grain }: { query: UseQueryResult<CostAnalysis>; grain: Grain }) {
  return (
    <Panel title={t("Forecast")}>
      <Answered query={query} lines={4}>
        {(data) => (
          <>
            {data.forecast ? <Cord forecast={data.forecast} /> : null}
            {data.forecast ? (
              <p className="assumption">
                {confidenceText(data.forecast)}: {data.forecast.method}
              </p>
            ) : (
              <p className="part-empty">{data.forecast_reason ?? t("No forecast yet.")}</p>
            )}
            {data.trend ? <Trend trend={data.trend} grain={grain} /> : null}
          </>
        )}
      </Answered>
    </Panel>
  );
}

function Trend({ trend, grain }: { trend: NonNullable<CostAnalysis["trend"]>; grain: Grain }) {
  const { per_bucket_usd: slope, percent_per_bucket: share } = trend;
  const size = slope.replace(/^-/, "");
  return (
    <p className="trend" title={usdExact(slope)}>
      <span className="muted">{t("Trend")}</span>{" "}
      <span className="figure">{usdSigned(slope, headlinePlaces(size))}</span>
      <span className="muted"> {t("each {grain}", { grain: grainName(grain) })}</span>
      {share === null ? null : (
        <span className="figure muted">
          {" "}
          ({share > 0 ? "+" : share < 0 ? "−" : "±"}
          {marked(Math.abs(share).toFixed(1))}%)
        </span>
      )}
    </p>
  );
}

/** The running period on one line: spent so far, the interval of its end, a knot at what is expected. */
function Cord({ forecast }: { forecast: Forecast }) {
  const spent = forecast.spent_usd;
  const scale = Math.max(usdPixels(forecast.high_usd), usdPixels(spent), 1e-12);
  const at = (amount: string) => Math.min(100, (usdPixels(amount) / scale) * 100);
  const places = headlinePlaces(forecast.expected_usd);
  const sides = {
    low: at(forecast.low_usd),
    high: at(forecast.high_usd),
    expected: at(forecast.expected_usd),
  };
  const label = t("Expected {amount}, between {low} and {high}", {
    amount: usdExact(forecast.expected_usd),
    low: usdExact(forecast.low_usd),
    high: usdExact(forecast.high_usd),
  });
  return (
    <div className="forecast">
      <p className="forecast-line">
        <span>
          <strong className="figure forecast-figure" title={usdExact(forecast.expected_usd)}>
            {usd(forecast.expected_usd, places)}
          </strong>{" "}
          <span
            className="muted"
            title={t("Until {time}", { time: `${fullTime(forecast.until)}, ${utcTime(forecast.until)}` })}
          >
            {t("expected for {period} (UTC)", { period: periodName(forecast) })}
          </span>
        </span>
        <span className="figure muted push">
          {usd(forecast.low_usd, places)} – {usd(forecast.high_usd, places)}
        </span>
      </p>
      <div className="cord-line" role="img" aria-label={label} title={label}>
        <i className="cord-spent" style={{ width: `${at(spent)}%` }} />
        <i className="cord-band" style={{ left: `${sides.low}%`, width: `${sides.high - sides.low}%` }} />
        <i className="cord-expected" style={{ left: `${sides.expected}%` }} />
      </div>
      <p className="faint cord-note">
        <i className="swatch cord-swatch" />
        <span className="figure" title={usdExact(spent)}>
          {usdHeadline(spent)}
        </span>{" "}
        {t("so far")}
      </p>
    </div>
  );
}
