// Page of alerts: firing rules, past episodes, rules, silences and channels.
import "../../styles/parts.css";
import "./alerts.css";
import { useMemo } from "react";
import { useAlertRules, useAlertStates } from "../../api/alerts";
import { AllowedButton, useForbidden } from "../../components/Allowed";
import { PageHead } from "../../components/PageTop";
import { PanelSplit } from "../../components/PanelSplit";
import { Segments } from "../../components/Segments";
import { Trouble } from "../../components/States";
import { count } from "../../lib/format";
import { t } from "../../lib/i18n";
import { useKeys } from "../../state/keys";
import { useNarrow } from "../../state/screen";
import { setParams, usePlace } from "../../state/url";
import { Channels } from "./Channels";
import { History } from "./History";
import { Now } from "./Now";
import { RuleForm } from "./RuleForm";
import { Rules } from "./Rules";
import { Silences } from "./Silences";

const VIEWS = ["now", "history", "rules", "silences", "channels"] as const;
type View = (typeof VIEWS)[number];

const viewNames = (): Record<View, string> => ({
  now: t("Now"),
  history: t("History"),
  rules: t("Rules"),
  silences: t("Silences"),
  channels: t("Channels"),
});

export function Alerts() {
  const { params } = usePlace();
  const narrow = useNarrow();
  const states = useAlertStates();
  const listed = useAlertRules();
  const view = VIEWS.find((one) => one === params.get("view")) ?? "now";
  const firing = states.data?.counts.firing ?? 0;
  const making = params.get("new") !== null;
  const name = params.get("rule");
  const rules = useMemo(() => listed.data?.rules ?? [], [listed.data]);
  const chosen = rules.find((rule) => rule.name === name);
  const close = () => setParams({ new: null, rule: null }, { replace: true });
  const add = () => setParams({ view: "rules", new: "1", rule: null });
  const forbidden = useForbidden("admin");
  useKeys({
    n: (event) => {
      if (forbidden) return;
      event.preventDefault();
      add();
    },
    Escape: (event) => {
      if (!making && !name) return;
      event.preventDefault();
      close();
    },
  });
  const shown = view === "rules" && ((making && !forbidden) || chosen !== undefined);
  const panel = shown ? (
    <RuleForm
      key={chosen?.name ?? "new"}
      rule={making ? null : (chosen ?? null)}
      taken={rules.map((rule) => rule.name)}
      channels={listed.data?.channels ?? []}
      presets={listed.data?.presets ?? []}
      lacks={
        listed.isError && !listed.data ? (
          <Trouble error={listed.error} retry={() => void listed.refetch()} />
        ) : null
      }
      close={close}
    />
  ) : null;
  return (
    <>
      <PageHead
        title={t("Alerts")}
        tools={
          <AllowedButton needs="admin" className="button is-main" title={t("New rule (n)")} onClick={add}>
            {t("New rule")}
          </AllowedButton>
        }
      >
        <Segments
          label={t("View")}
          options={VIEWS.map((id) => ({
            id,
            label: id === "now" && firing > 0 ? t("{n} firing", { n: count(firing) }) : viewNames()[id],
          }))}
          value={view}
          onPick={(id) => setParams({ view: id === "now" ? null : id, new: null, rule: null })}
        />
      </PageHead>
      <PanelSplit panel={panel} covers={narrow && shown}>
        <div className="alerts">
          {view === "now" ? <Now states={states} rules={rules} /> : null}
          {view === "history" ? <History rules={rules} /> : null}
          {view === "rules" ? <Rules asked={listed} chosen={name} /> : null}
          {view === "silences" ? <Silences /> : null}
          {view === "channels" ? <Channels asked={listed} /> : null}
        </div>
      </PanelSplit>
    </>
  );
}
