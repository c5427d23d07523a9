import { type ReactNode, useRef, useState } from "react";
import { recall, remember } from "../state/memory";

const LEAST = 320;

/** Two areas side by side with a border to drag. With `covers` a panel that is open covers the rest. */
export function PanelSplit({
  children,
  panel,
  covers,
}: {
  children: ReactNode;
  panel: ReactNode;
  covers: boolean;
}) {
  const [width, setWidth] = useState(Number(recall("panel-width")));
  const box = useRef<HTMLDivElement>(null);
  const dragging = useRef(false);
  const chosen = width > 0;
  const covered = covers && Boolean(panel);
  const resize = (clientX: number) => {
    const right = box.current?.getBoundingClientRect().right ?? 0;
    const whole = box.current?.clientWidth ?? 0;
    const next = Math.round(Math.min(whole - 360, Math.max(LEAST, right - clientX)));
    setWidth(next);
    remember("panel-width", String(next));
  };
  return (
    <div className={covered ? "split is-covered" : "split"} ref={box}>
      <div className="split-main">{children}</div>
      {panel ? (
        <div
          className="split-panel"
          style={
            covered ? undefined : { width: chosen ? `min(${width}px, 60%)` : "clamp(300px, 36%, 440px)" }
          }
        >
          <i
            className="split-border"
            onPointerDown={(event) => {
              event.currentTarget.setPointerCapture(event.pointerId);
              dragging.current = true;
            }}
            onPointerMove={(event) => {
              if (dragging.current) resize(event.clientX);
            }}
            onPointerUp={() => {
              dragging.current = false;
            }}
          />
          {panel}
        </div>
      ) : null}
    </div>
  );
}
