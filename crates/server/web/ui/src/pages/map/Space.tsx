// The map in space: each kind of node on a floor of its own, what runs between them as lines. Drag to turn, wheel to come closer;
// with a headset one can stand in it (WebXR). Only read when it is looked at, for the library is large.
import { useEffect, useRef, useState } from "react";
import { WebGLRenderer } from "three";
import type { Graph } from "../../api/outline";
import { t } from "../../lib/i18n";
import { useMedia } from "../../state/screen";
import { useTheme } from "../../state/theme";
import { Scenery } from "./scenery";

interface Props {
  graph: Graph;
  picked: string | null;
  onPick: (id: string | null) => void;
  /** Nodes at which something has just happened. */
  stirred: ReadonlySet<string>;
}

function renderer(canvas: HTMLCanvasElement): WebGLRenderer | null {
  try {
    return new WebGLRenderer({ canvas, antialias: true, alpha: true });
  } catch {
    return null;
  }
}

export default function Space({ graph, picked, onPick, stirred }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const scenery = useRef<Scenery | null>(null);
  const still = useMedia("(prefers-reduced-motion: reduce)");
  const dark = useMedia("(prefers-color-scheme: dark)");
  const theme = useTheme();
  const [failed, setFailed] = useState(false);
  const [headset, setHeadset] = useState(false);
  const pick = useRef(onPick);
  pick.current = onPick;

  // biome-ignore lint/correctness/useExhaustiveDependencies: colours are read anew with the theme
  useEffect(() => {
    const element = canvas.current;
    const gl = element ? renderer(element) : null;
    if (!element || !gl) {
      setFailed(true);
      return;
    }
    const made = new Scenery(gl, element, still, (id) => pick.current(id));
    scenery.current = made;
    return () => {
      scenery.current = null;
      made.end();
    };
  }, [still, theme, dark]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new scenery is filled anew
  useEffect(() => scenery.current?.show(graph), [graph, still, theme, dark]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new scenery is told anew
  useEffect(() => scenery.current?.pick(picked), [picked, graph, still, theme, dark]);
  useEffect(() => scenery.current?.stir(stirred), [stirred]);
  useEffect(() => {
    void navigator.xr
      ?.isSessionSupported("immersive-vr")
      .then(setHeadset)
      .catch(() => setHeadset(false));
  }, []);

  if (failed)
    return (
      <div className="state" role="alert">
        <h2>{t("This browser does not support WebGL")}</h2>
        <p className="state-text">
          {t("WebGL is off or missing here. The flat map and the table show the same.")}
        </p>
      </div>
    );
  return (
    <div className="space">
      <canvas
        ref={canvas}
        tabIndex={0}
        role="img"
        aria-label={t("Map in 3D of {count} nodes; the table shows the same", { count: graph.nodes.length })}
        onKeyDown={(event) => {
          if (scenery.current?.key(event.key)) event.preventDefault();
        }}
      />
      <p className="space-hint faint">{t("Drag or arrow keys turn it, wheel or + and − come closer.")}</p>
      {headset ? (
        <button type="button" className="button space-headset" onClick={() => void scenery.current?.enter()}>
          {t("Enter with a headset")}
        </button>
      ) : null}
    </div>
  );
}
