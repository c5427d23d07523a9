// Further uses of a statement: a panel of a dashboard, or an alert rule.
import { type ReactNode, useState } from "react";
import { type DashboardEntry, type DashboardPanel, readDashboard, useDashboards } from "../../api/dashboards";
import { useForbidden } from "../../components/Allowed";
import { Icon } from "../../components/Icon";
import { Menu } from "../../components/Menu";
import { Trouble } from "../../components/States";
import { t } from "../../lib/i18n";
import type { SqlChart } from "../../lib/sqlChart";
import { href, navigate } from "../../state/url";
import { leaveRule } from "../alerts/leftRule";
import { leaveChange, leaveDraft } from "../dashboards/drafts";
import { NEW } from "../dashboards/editing";
import { EMPTY, idOf } from "../dashboards/model";
import { bottomOf } from "../dashboards/place";

interface Props {
  statement: string;
  title: string;
  chart: SqlChart | null;
}

/** A panel with the statement, below the others. */
function panelOf({ statement, title, chart }: Props, panels: readonly DashboardPanel[]): DashboardPanel {
  const ids = panels.map((panel) => panel.id);
  return {
    id: idOf(title || "sql", ids),
    title: title || t("Result of a statement"),
    type: chart ?? "table",
    x: 0,
    y: bottomOf(panels),
    w: chart === "stat" ? 3 : 6,
    h: chart === "stat" ? 4 : 6,
    from: "sql",
    sql: statement,
    filter: "",
    group_by: [],
    step: "none",
    measure: "value",
  };
}

export function UseMenu(props: Props) {
  const { statement } = props;
  const dashboards = useDashboards();
  const [failed, setFailed] = useState<unknown>(null);
  const mayWrite = useForbidden("write");
  const mayAlert = useForbidden("admin");
  const isEmpty = statement.trim() === "";
  const own = (dashboards.data ?? []).filter((one) => !one.built_in);
  // The panel is added to a draft. The user sees it in its place, and saves it there.
  const add = async ({ id }: DashboardEntry) => {
    try {
      const found = await readDashboard(id);
      leaveChange(id, { ...found, panels: [...found.panels, panelOf(props, found.panels)] });
      navigate(href(`/dashboards/${encodeURIComponent(id)}`, { edit: "1" }));
    } catch (error) {
      setFailed(error);
    }
  };
  const addToNew = () => {
    leaveDraft({ ...EMPTY, title: props.title, panels: [panelOf(props, [])] });
    navigate(href(`/dashboards/${NEW}`));
  };
  const alert = () => {
    leaveRule(statement);
    navigate("/alerts?view=rules&new=1");
  };
  return (
    <Menu
      align="end"
      title={t("Add this statement to a dashboard or an alert rule")}
      label={
        <>
          {t("Add to …")} <Icon name="down" size={12} />
        </>
      }
    >
      {() => (
        <>
          <ul className="menu-list">
            <Item forbidden={mayAlert} empty={isEmpty} act={alert}>
              {t("New alert rule")}
            </Item>
            <Item forbidden={mayWrite} empty={isEmpty} act={addToNew}>
              {t("New dashboard")}
            </Item>
            {own.map((one) => (
              <Item key={one.id} forbidden={mayWrite} empty={isEmpty} act={() => void add(one)}>
                {t("Panel on {title}", { title: one.title })}
              </Item>
            ))}
          </ul>
          {failed ? <Trouble error={failed} /> : null}
          <p className="menu-note">
            {t("A rule judges the last column. The columns before it, at most two, name its groups.")}
          </p>
        </>
      )}
    </Menu>
  );
}

interface ItemProps {
  /** Why the user may not do it. */
  forbidden: string | null;
  /** Whether there is no statement. */
  empty: boolean;
  act: () => void;
  children: ReactNode;
}

function Item({ forbidden, empty, act, children }: ItemProps) {
  return (
    <li>
      <button
        type="button"
        className="menu-item"
        disabled={forbidden !== null || empty}
        title={forbidden ?? undefined}
        onClick={act}
      >
        {children}
      </button>
    </li>
  );
}
