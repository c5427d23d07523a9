// The grid as it is looked at: a CSS grid of twelve columns; on a small screen one panel below the other.
import type { CSSProperties } from "react";
import type { DashboardPanel } from "../../api/dashboards";
import type { PanelProps } from "./PanelBody";
import type { Editing } from "./PanelCard";
import { PanelCard } from "./PanelCard";
import { inOrder } from "./place";

interface Props extends Omit<PanelProps, "panel"> {
  panels: readonly DashboardPanel[];
  editing?: (panel: DashboardPanel) => Editing;
}

export function StillGrid({ panels, editing, ...rest }: Props) {
  return (
    <div className="panels">
      {inOrder(panels).map((panel) => (
        <div
          key={panel.id}
          className={panel.type === "stat" ? "panel-place is-low" : "panel-place"}
          style={
            {
              "--x": panel.x + 1,
              "--y": panel.y + 1,
              "--w": panel.w,
              "--h": panel.h,
            } as CSSProperties
          }
        >
          <PanelCard panel={panel} {...rest} editing={editing?.(panel)} />
        </div>
      ))}
    </div>
  );
}
