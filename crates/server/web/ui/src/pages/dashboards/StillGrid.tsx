// The grid of panels for viewing: twelve columns, two on a tablet, one on a phone.
import type { CSSProperties } from "react";
import type { DashboardPanel, PanelType } from "../../api/dashboards";
import type { PanelProps } from "./PanelBody";
import type { Editing } from "./PanelCard";
import { PanelCard } from "./PanelCard";
import { inOrder } from "./place";

interface Props extends Omit<PanelProps, "panel"> {
  panels: readonly DashboardPanel[];
  editing?: (panel: DashboardPanel) => Editing;
}

/** Panels that need little height where they stand one below the other. */
const LOW: Partial<Record<PanelType, string>> = {
  stat: "panel-place is-low",
  gauge: "panel-place is-gauge",
};

export function StillGrid({ panels, editing, ...rest }: Props) {
  return (
    <div className="panels">
      {inOrder(panels).map((panel) => (
        <div
          key={panel.id}
          className={`${LOW[panel.type] ?? "panel-place"} ${panel.w > 6 ? "is-wide" : ""}`}
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
