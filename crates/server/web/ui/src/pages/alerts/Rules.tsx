// All rules. A row opens its form; a rule of the config file is shown and cannot be changed.
import type { AlertChannel, AlertRule } from "../../api/alerts";
import { AllowedButton } from "../../components/Allowed";
import { t } from "../../lib/i18n";
import { setParams } from "../../state/url";
import { kindName } from "./kinds";
import { type Asked, Listing } from "./Listing";
import { limitText, RuleName, SeverityTag } from "./parts";

interface Props {
  asked: Asked & { data?: { rules: AlertRule[]; channels: AlertChannel[] } | undefined };
  chosen: string | null;
}

export function Rules({ asked, chosen }: Props) {
  return (
    <Listing
      label={t("Rules")}
      asked={asked}
      columns={[
        { name: t("Rule") },
        { name: t("Kind"), wide: true },
        { name: t("Threshold"), figure: true },
        { name: t("Window"), figure: true, wide: true },
        { name: t("Severity") },
        { name: t("Channels"), wide: true },
        { name: t("From"), wide: true },
      ]}
      action
      empty={
        <div className="state">
          <h2>{t("No rules yet")}</h2>
          <p className="state-text">
            {t(
              "A rule watches a figure such as the error rate or the cost, and notifies its channels beyond the limit.",
            )}
          </p>
          <div className="state-actions">
            <AllowedButton
              needs="admin"
              className="button is-main"
              onClick={() => setParams({ view: "rules", new: "1", rule: null })}
            >
              {t("New rule")}
            </AllowedButton>
          </div>
          <p className="faint">
            {t("Or from a shell:")} <code className="mono">quipu alerts set mine rule.toml</code>
          </p>
        </div>
      }
    >
      {(asked.data?.rules ?? []).map((row) => (
        <RuleLine key={row.name} row={row} chosen={row.name === chosen} />
      ))}
    </Listing>
  );
}

function RuleLine({ row, chosen }: { row: AlertRule; chosen: boolean }) {
  const { kind, window, channels, severity } = row.effective;
  return (
    <tr className={chosen ? "is-chosen" : undefined}>
      <th scope="row">
        <RuleName name={row.name} />
        {row.left_out > 0 ? (
          <span className="alert-note" title={t("The rule has more groups than its limit.")}>
            {t("{n} groups are not judged", { n: row.left_out, count: row.left_out })}
          </span>
        ) : null}
        <span className="alert-under">{kindName(kind)}</span>
      </th>
      <td className="wide-only">{kindName(kind)}</td>
      <td className="figure">{limitText(row.effective)}</td>
      <td className="figure wide-only">{window ?? "5m"}</td>
      <td>
        <SeverityTag severity={severity ?? "warning"} />
      </td>
      <td className="wide-only alert-word">{channels?.join(", ") || "–"}</td>
      <td className="wide-only">{row.source === "file" ? t("of the configuration") : t("stored")}</td>
      <td className="row-action">
        <button
          type="button"
          className="quiet-button"
          aria-pressed={chosen}
          onClick={() => setParams({ rule: chosen ? null : row.name, new: null })}
        >
          {row.source === "file" ? t("Show") : t("Edit")}
        </button>
      </td>
    </tr>
  );
}
