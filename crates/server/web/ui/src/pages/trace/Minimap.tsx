// The whole trace in a strip: depth downwards, time across. Dragging zooms the waterfall into a part of it; inside that
// part, dragging moves it.
import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from "react";
import { duration } from "../../lib/format";
import { t } from "../../lib/i18n";
import { ALL_HUES, hueOf } from "../../lib/kinds";
import type { Outline } from "../../lib/outline";
import type { Interval } from "../../lib/tree";
import { useMedia, useWidth } from "../../state/screen";
import { useTheme } from "../../state/theme";
import type { Player } from "./playback";
import { inPieces } from "./work";

const HEIGHT = 48;
const TOP = 6;
const EDGE = 6;
const ROWS_AT_ONCE = 5_000;

interface Props {
  outline: Outline;
  loaded: number;
  total: number;
  zoom: Interval | null;
  onZoom: (zoom: Interval | null) => void;
  hits: Int32Array | null;
  player: Player;
}

interface Colours {
  hues: Record<string, string>;
  accent: string;
  failure: string;
  veil: string;
  line: string;
  ink: string;
}

function coloursOf(element: HTMLElement): Colours {
  const style = getComputedStyle(element);
  const of = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    hues: Object.fromEntries(ALL_HUES.map((hue) => [hue, of(hue)])),
    accent: of("accent"),
    failure: of("failure"),
    veil: of("paper"),
    line: of("line"),
    ink: of("ink"),
  };
}

function prepare(canvas: HTMLCanvasElement, width: number): CanvasRenderingContext2D | null {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.max(1, Math.round(width * ratio));
  canvas.height = Math.round(HEIGHT * ratio);
  const context = canvas.getContext("2d");
  context?.scale(ratio, ratio);
  return context;
}

/** Draws every span as a line at its depth; pauses every few thousand. */
function* drawSpans(
  context: CanvasRenderingContext2D,
  outline: Outline,
  total: number,
  width: number,
  colours: Colours,
): Generator<void, void> {
  let deepest = 0;
  for (let row = 0; row < outline.loaded; row += 1) deepest = Math.max(deepest, outline.depth[row] ?? 0);
  const lane = Math.max(1.5, Math.min(7, (HEIGHT - TOP - 4) / (deepest + 1)));
  const lanes = Math.max(1, Math.floor((HEIGHT - TOP - 4) / lane));
  const hues = outline.words.kind.list.map((kind) => colours.hues[hueOf(kind)] ?? colours.line);
  const drawnTo = new Int32Array(lanes).fill(-1);
  const scale = width / total;
  let steps = 0;
  for (let row = 0; row < outline.loaded; row += 1) {
    steps += 1;
    if (steps > ROWS_AT_ONCE) {
      steps = 0;
      yield;
    }
    const at = Math.min(lanes - 1, outline.depth[row] ?? 0);
    const x = outline.startOf(row) * scale;
    const end = Math.max(x + 1, outline.endOf(row, total) * scale);
    // What another span of this depth covers already is not drawn again.
    if (Math.ceil(end) <= (drawnTo[at] ?? -1)) continue;
    drawnTo[at] = Math.max(drawnTo[at] ?? -1, Math.floor(end));
    context.globalAlpha = outline.hasChildren(row) ? 0.42 : 1;
    context.fillStyle = hues[outline.number("kind", row)] ?? colours.line;
    context.fillRect(x, TOP + at * lane, end - x, Math.max(1, lane - 1));
  }
  context.globalAlpha = 1;
  context.fillStyle = colours.failure;
  const failed = outline.words.status.list.indexOf("error");
  for (let row = 0; failed >= 0 && row < outline.loaded; row += 1)
    if (outline.number("status", row) === failed)
      context.fillRect(outline.startOf(row) * scale - 0.5, HEIGHT - 4, 1.5, 4);
}

export function Minimap(props: Props) {
  const { outline, loaded, total, zoom, hits, player } = props;
  const box = useRef<HTMLDivElement>(null);
  const base = useRef<HTMLCanvasElement>(null);
  const over = useRef<HTMLCanvasElement>(null);
  const cursor = useRef<HTMLElement>(null);
  const width = useWidth(box);
  const theme = useTheme();
  const dark = useMedia("(prefers-color-scheme: dark)");
  const look = `${theme} ${dark}`;
  const { brush, ...handlers } = useBrush(props, width);
  const shown = brush ?? zoom;

  // biome-ignore lint/correctness/useExhaustiveDependencies: `loaded` and the look say when the columns or colours differ
  useEffect(() => {
    const canvas = base.current;
    if (!canvas || width === 0) return;
    let stopped = false;
    // Drawn aside first: what is on the screen stays until the new picture is whole.
    const aside = document.createElement("canvas");
    const context = prepare(aside, width);
    if (!context) return;
    inPieces(
      drawSpans(context, outline, total, width, coloursOf(canvas)),
      () => stopped,
      () => {
        canvas.width = aside.width;
        canvas.height = aside.height;
        canvas.getContext("2d")?.drawImage(aside, 0, 0);
      },
    );
    return () => {
      stopped = true;
    };
  }, [outline, loaded, total, width, look]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the look says when colours differ
  useEffect(() => {
    const canvas = over.current;
    if (!canvas || width === 0) return;
    const context = prepare(canvas, width);
    if (context) drawOver(context, { outline, total, width, zoom: shown, hits, colours: coloursOf(canvas) });
  }, [outline, total, width, shown, hits, look]);

  useEffect(
    () =>
      player.follow((at) => {
        const line = cursor.current;
        if (!line) return;
        line.style.visibility = at === null ? "hidden" : "visible";
        line.style.transform = `translateX(${((at ?? 0) / total) * width}px)`;
      }),
    [player, total, width],
  );

  const [from, to] = zoom ?? [0, total];
  return (
    <div className="minimap">
      <div
        className="minimap-box"
        ref={box}
        role="slider"
        tabIndex={0}
        aria-label={t("Part of the trace in view")}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(((from + to) / 2 / total) * 100)}
        aria-valuetext={t("{from} to {to}", { from: duration(from), to: duration(to) })}
        title={t("Drag to zoom, drag inside to move, double click for the whole trace")}
        onDoubleClick={() => props.onZoom(null)}
        onKeyDown={(event) => steer(event, props)}
        {...handlers}
      >
        <canvas ref={base} />
        <canvas ref={over} />
        <i ref={cursor} className="minimap-cursor" />
      </div>
    </div>
  );
}

interface Over {
  outline: Outline;
  total: number;
  width: number;
  zoom: Interval | null;
  hits: Int32Array | null;
  colours: Colours;
}

function drawOver(
  context: CanvasRenderingContext2D,
  { outline, total, width, zoom, hits, colours }: Over,
): void {
  if (zoom) {
    const [x, end] = [(zoom[0] / total) * width, (zoom[1] / total) * width];
    context.globalAlpha = 0.72;
    context.fillStyle = colours.veil;
    context.fillRect(0, 0, x, HEIGHT);
    context.fillRect(end, 0, width - end, HEIGHT);
    context.globalAlpha = 1;
    context.strokeStyle = colours.accent;
    context.strokeRect(Math.round(x) + 0.5, 0.5, Math.max(2, Math.round(end - x) - 1), HEIGHT - 1);
    context.fillStyle = colours.accent;
    for (const edge of [x, end]) context.fillRect(Math.round(edge) - 1.5, HEIGHT / 2 - 7, 3, 14);
  }
  if (!hits) return;
  context.fillStyle = colours.accent;
  let before = -2;
  for (const row of hits) {
    const x = Math.round((outline.startOf(row) / total) * width);
    if (x === before) continue;
    before = x;
    context.fillRect(x - 0.5, 0, 1.5, TOP - 1);
  }
}

/** Moves and scales the part in view by keys. */
function steer(event: KeyboardEvent, { zoom, total, onZoom }: Props): void {
  const [from, to] = zoom ?? [0, total];
  const length = to - from;
  const moved = (by: number): Interval => {
    const start = Math.max(0, Math.min(total - length, from + by));
    return [start, start + length];
  };
  const scaled = (by: number): Interval | null => {
    const next = length * by;
    if (next >= total) return null;
    const start = Math.max(0, Math.min(total - next, (from + to - next) / 2));
    return [start, start + next];
  };
  const keys: Record<string, () => Interval | null> = {
    ArrowLeft: () => moved(-length / 5),
    ArrowRight: () => moved(length / 5),
    ArrowUp: () => scaled(0.6),
    "+": () => scaled(0.6),
    "=": () => scaled(0.6),
    ArrowDown: () => scaled(1.6),
    "-": () => scaled(1.6),
    Home: () => moved(-total),
    End: () => moved(total),
    Escape: () => null,
  };
  const act = keys[event.key];
  if (!act || (event.key === "Escape" && !zoom)) return;
  event.preventDefault();
  event.stopPropagation();
  onZoom(act());
}

/** Brushing a part, moving it, and pulling at its edges. */
function useBrush({ zoom, total, onZoom }: Props, width: number) {
  const [brush, setBrush] = useState<Interval | null>(null);
  const drag = useRef<{ mode: "brush" | "move" | "from" | "to"; at: number; zoom: Interval } | null>(null);
  const timeAt = (event: PointerEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    return Math.max(0, Math.min(total, ((event.clientX - box.left) / Math.max(1, box.width)) * total));
  };
  const modeAt = (at: number) => {
    if (!zoom) return "brush";
    const edge = (EDGE / Math.max(1, width)) * total;
    if (Math.abs(at - zoom[0]) < edge) return "from";
    if (Math.abs(at - zoom[1]) < edge) return "to";
    return at > zoom[0] && at < zoom[1] ? "move" : "brush";
  };
  const draggedTo = (at: number): Interval => {
    const {
      mode,
      at: began,
      zoom: old,
    } = drag.current ?? { mode: "brush", at, zoom: [0, total] as Interval };
    if (mode === "from") return [Math.min(at, old[1]), Math.max(at, old[1])];
    if (mode === "to") return [Math.min(at, old[0]), Math.max(at, old[0])];
    if (mode === "move") {
      const start = Math.max(0, Math.min(total - (old[1] - old[0]), old[0] + at - began));
      return [start, start + old[1] - old[0]];
    }
    return [Math.min(at, began), Math.max(at, began)];
  };
  return {
    brush,
    onPointerDown: (event: PointerEvent<HTMLDivElement>) => {
      event.currentTarget.setPointerCapture(event.pointerId);
      const at = timeAt(event);
      drag.current = { mode: modeAt(at), at, zoom: zoom ?? [0, total] };
    },
    onPointerMove: (event: PointerEvent<HTMLDivElement>) => {
      const at = timeAt(event);
      const mode = drag.current?.mode ?? modeAt(at);
      event.currentTarget.style.cursor =
        mode === "move" ? "grab" : mode === "brush" ? "crosshair" : "ew-resize";
      if (!drag.current) return;
      const next = draggedTo(at);
      if (drag.current.mode === "brush") setBrush(next);
      else onZoom(next);
    },
    onPointerUp: () => {
      const tiny = (4 / Math.max(1, width)) * total;
      if (brush && brush[1] - brush[0] > tiny) onZoom(brush);
      setBrush(null);
      drag.current = null;
    },
  };
}
