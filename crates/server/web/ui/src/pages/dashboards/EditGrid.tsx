// The grid while it is edited: panels are dragged by their handle and sized at their corner. Read only then.
import { useEffect, useRef } from "react";
import ReactGridLayout, { type Layout } from "react-grid-layout";
import type { DashboardPanel } from "../../api/dashboards";
import { useWidth } from "../../charts/useSize";
import type { PanelProps } from "./PanelBody";
import { type Editing, PanelCard } from "./PanelCard";
import { COLUMNS, LEAST, MOST_ROWS } from "./place";

/** Of the grid in dashboards.css. */
const ROW = 36;
const GAPS = [24, 12] as const;

interface Props extends Omit<PanelProps, "panel"> {
  panels: readonly DashboardPanel[];
  editing: (panel: DashboardPanel) => Editing;
  onPlaced: (panels: DashboardPanel[]) => void;
}

/**
 * The library below the grid writes a <style> element into the page when a drag begins, unless one of this id is there. The
 * page's policy allows no such element, and its rule stands in dashboards.css: so an element of this id is there.
 */
const DRAG_STYLE = "react-draggable-style-el";

export default function EditGrid({ panels, editing, onPlaced, ...rest }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  useEffect(() => {
    if (document.getElementById(DRAG_STYLE)) return;
    const stand = document.createElement("meta");
    stand.id = DRAG_STYLE;
    document.head.append(stand);
  }, []);
  const layout = panels.map(({ id, x, y, w, h }) => ({
    i: id,
    x,
    y,
    w,
    h,
    minW: LEAST.w,
    minH: LEAST.h,
    maxH: MOST_ROWS,
  }));
  const placed = (next: Layout) => {
    const places = new Map(next.map((one) => [one.i, one]));
    onPlaced(
      panels.map((panel) => {
        const place = places.get(panel.id);
        return place ? { ...panel, x: place.x, y: place.y, w: place.w, h: place.h } : panel;
      }),
    );
  };
  return (
    <div ref={box} className="panels-edit">
      {width > 0 ? (
        <ReactGridLayout
          width={width}
          layout={layout}
          gridConfig={{ cols: COLUMNS, rowHeight: ROW, margin: GAPS, containerPadding: [0, 0] }}
          dragConfig={{
            enabled: true,
            bounded: false,
            handle: ".panel > header",
            cancel: "button:not(.panel-handle)",
            threshold: 3,
          }}
          resizeConfig={{ enabled: true, handles: ["se"] }}
          // Not at every change of the layout: that tells of it late, and would undo what a key has done meanwhile.
          onDragStop={placed}
          onResizeStop={placed}
        >
          {panels.map((panel) => (
            <div key={panel.id}>
              <PanelCard panel={panel} {...rest} editing={editing(panel)} />
            </div>
          ))}
        </ReactGridLayout>
      ) : null}
    </div>
  );
}
