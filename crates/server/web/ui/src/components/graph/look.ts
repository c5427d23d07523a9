// Which part of a drawing is seen: moved by dragging and arrow keys, zoomed by wheel and keys.
import {
  type KeyboardEvent,
  type PointerEvent,
  type RefObject,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import type { Placed } from "./layout";

interface Look {
  x: number;
  y: number;
  scale: number;
}

const CLOSEST = 2.5;
const FURTHEST = 0.08;

/** The whole drawing in the middle, no larger than life. */
function wholeOf(placed: Placed, width: number, height: number): Look {
  const scale = Math.min(1, width / Math.max(1, placed.width), height / Math.max(1, placed.height));
  return { scale, x: (width - placed.width * scale) / 2, y: (height - placed.height * scale) / 2 };
}

/** Scale and position of the first look: at least the scale `least`. A drawing that does not fit begins at its root nodes. */
function beginOf(placed: Placed, width: number, height: number, least: number): Look {
  const whole = wholeOf(placed, width, height);
  if (whole.scale >= least) return whole;
  const called = new Set(placed.edges.map(({ edge }) => edge.to));
  const callers = placed.nodes.filter(({ node }) => !called.has(node.id));
  const begin = callers.length > 0 ? callers : placed.nodes;
  const at = (size: number, room: number, places: number[]) => {
    const free = room - size * least;
    const middle = places.reduce((sum, place) => sum + place, 0) / Math.max(1, places.length);
    return free >= 0 ? free / 2 : Math.min(0, Math.max(free, room / 2 - middle * least));
  };
  const x = at(
    placed.width,
    width,
    begin.map((one) => one.x),
  );
  return {
    scale: least,
    x,
    y: at(
      placed.height,
      height,
      begin.map((one) => one.y),
    ),
  };
}

export function useLook(placed: Placed, box: RefObject<SVGSVGElement | null>, width: number, least: number) {
  const [look, setLook] = useState<Look | null>(null);
  const height = box.current?.clientHeight ?? 0;
  const fitted = useMemo(() => wholeOf(placed, width, height), [placed, width, height]);
  const begin = useMemo(() => beginOf(placed, width, height, least), [placed, width, height, least]);
  const current = look ?? begin;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another drawing is looked at as a whole
  useEffect(() => setLook(null), [placed]);
  const latest = useRef(current);
  latest.current = current;
  const zoomBy = (factor: number, x = width / 2, y = height / 2) => {
    const old = latest.current;
    const scale = Math.max(FURTHEST, Math.min(CLOSEST, old.scale * factor));
    const by = scale / old.scale;
    setLook({ scale, x: x - (x - old.x) * by, y: y - (y - old.y) * by });
  };
  const zoom = useRef(zoomBy);
  zoom.current = zoomBy;
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const bounds = element.getBoundingClientRect();
      zoom.current(Math.exp(-event.deltaY / 300), event.clientX - bounds.left, event.clientY - bounds.top);
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  }, [box]);
  const drag = useRef<{ x: number; y: number; look: Look } | null>(null);
  const pan = {
    onPointerDown: (event: PointerEvent<SVGSVGElement>) => {
      if (event.button !== 0) return;
      drag.current = { x: event.clientX, y: event.clientY, look: latest.current };
    },
    onPointerMove: (event: PointerEvent<SVGSVGElement>) => {
      const from = drag.current;
      if (!from) return;
      const [x, y] = [event.clientX - from.x, event.clientY - from.y];
      if (Math.abs(x) + Math.abs(y) < 4) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      setLook({ ...from.look, x: from.look.x + x, y: from.look.y + y });
    },
    onPointerUp: () => {
      drag.current = null;
    },
    onPointerCancel: () => {
      drag.current = null;
    },
  };
  const keys = (event: KeyboardEvent) => {
    const step = 60;
    const moves: Record<string, () => void> = {
      "+": () => zoomBy(1.25),
      "=": () => zoomBy(1.25),
      "-": () => zoomBy(0.8),
      "0": () => setLook(fitted),
      ArrowLeft: () => setLook({ ...current, x: current.x + step }),
      ArrowRight: () => setLook({ ...current, x: current.x - step }),
      ArrowUp: () => setLook({ ...current, y: current.y + step }),
      ArrowDown: () => setLook({ ...current, y: current.y - step }),
    };
    const act = moves[event.key];
    if (!act || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    act();
  };
  return { look: current, pan, keys, zoomBy, whole: () => setLook(fitted) };
}
