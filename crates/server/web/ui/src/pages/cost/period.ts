// What a forecast is of, in words.

import type { Forecast } from "../../api/money";
import { percent } from "../../lib/format";
import { t } from "../../lib/i18n";
import { utcMonth } from "../../lib/time";

export function confidenceText(forecast: Forecast): string {
  return t("{share} interval", { share: percent(forecast.confidence, 0) });
}

const DAY_MS = 86_400_000;

/** The period of a forecast in words: today, this week, November. Periods are those of UTC. */
export function periodName({ since, until }: Forecast): string {
  const days = (Date.parse(until) - Date.parse(since)) / DAY_MS;
  if (days <= 1) return t("today");
  return days <= 7 ? t("this week") : utcMonth(new Date(since)).replace(/ \d+$/, "");
}
