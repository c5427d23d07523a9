// Words of objectives.
import type { Slo, SloReportRow } from "../../api/slos";
import { marked, percentSign } from "../../lib/format";
import { t } from "../../lib/i18n";

/** A share with enough places to tell it from an objective such as 99.95 %. */
export function share(value: number | null): string {
  if (value === null) return "–";
  const text = (value * 100).toFixed(3).replace(/\.?0+$/, "");
  return `${marked(text)}${percentSign()}`;
}

export function StateName({ state }: { state: Slo["state"] | SloReportRow["verdict"] }) {
  switch (state) {
    case "ok":
      return <span className="alert-ok">{t("on track")}</span>;
    case "met":
      return <span className="alert-ok">{t("met")}</span>;
    case "burning":
      return <span className="alert-firing">{t("burning")}</span>;
    case "exhausted":
      return <span className="alert-firing">{t("exhausted")}</span>;
    case "missed":
      return <span className="alert-firing">{t("missed")}</span>;
    case "unknown":
      return <span className="alert-no_data">{t("unknown")}</span>;
  }
}
