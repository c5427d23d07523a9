// The map in space: each kind of node on a floor of its own, what runs between them as lines. Drag to turn, wheel to come closer;
// with a headset it stands in a virtual or the real room (WebXR). Only read when it is looked at, for the library is large.
import { useEffect, useRef, useState } from "react";
import { WebGLRenderer } from "three";
import type { Graph } from "../../api/outline";
import { t } from "../../lib/i18n";
import { useMedia } from "../../state/screen";
import { useTheme } from "../../state/theme";
import { type Reality, Scenery } from "./scenery";

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

const REALITIES: readonly Reality[] = ["immersive-vr", "immersive-ar"];

/** The kinds of sessions that the device offers. */
function useRealities(): readonly Reality[] {
  const [offered, setOffered] = useState<readonly Reality[]>([]);
  useEffect(() => {
    let left = false;
    const offers = (reality: Reality) =>
      navigator.xr?.isSessionSupported(reality).catch(() => false) ?? false;
    void Promise.all(REALITIES.map(offers)).then((answers) => {
      if (!left) setOffered(REALITIES.filter((_, at) => answers[at]));
    });
    return () => {
      left = true;
    };
  }, []);
  return offered;
}

export default function Space({ graph, picked, onPick, stirred }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const scenery = useRef<Scenery | null>(null);
  const still = useMedia("(prefers-reduced-motion: reduce)");
  const dark = useMedia("(prefers-color-scheme: dark)");
  const theme = useTheme();
  const [failed, setFailed] = useState(false);
  const realities = useRealities();
  const [refused, setRefused] = useState<string | null>(null);
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
  const enter = (reality: Reality) => {
    setRefused(null);
    scenery.current?.enter(reality).catch((error: unknown) => setRefused(String(error)));
  };

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
      {realities.length > 0 ? (
        <div className="space-headset">
          {realities.map((reality) => (
            <button key={reality} type="button" className="button" onClick={() => enter(reality)}>
              {reality === "immersive-vr" ? t("Enter VR") : t("Enter AR")}
            </button>
          ))}
          {refused ? (
            <p className="failing" role="alert">
              {t("The headset did not start: {why}", { why: refused })}
            </p>
          ) : null}
        </div>
      ) : null}
    </div>
  );
}
