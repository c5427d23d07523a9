// Which rows of a long list are drawn. All rows have one height, so nothing is measured and a hundred thousand of them
// cost no more than a hundred.
import { type RefObject, useCallback, useEffect, useState } from "react";

/** Rows that are drawn above and below what is seen. */
const OVERSCAN = 10;
/** The drawn part moves on in steps, so that most scroll events draw nothing. */
const STEP = 5;
/** After a jump only what is seen is drawn; the rest follows when scrolling rests. */
const SETTLED_MS = 90;

export interface DrawnRows {
  /** Places of the first and behind the last drawn row. */
  first: number;
  end: number;
  /** Elements are used again: a row that leaves lends its element to one that comes. */
  slot: (place: number) => number;
  scrollTo: (place: number, align?: "near" | "middle") => void;
}

export function useDrawnRows(
  scroller: RefObject<HTMLElement | null>,
  many: number,
  height: number,
  head: number,
): DrawnRows {
  const [view, setView] = useState({ at: 0, seen: 24, jumped: true });
  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    let settling: ReturnType<typeof setTimeout> | undefined;
    const look = () => {
      const at = Math.floor(element.scrollTop / height / STEP) * STEP;
      const seen = Math.ceil(element.clientHeight / height);
      setView((old) => {
        if (old.at === at && old.seen === seen) return old;
        return { at, seen, jumped: Math.abs(at - old.at) > seen / 2 };
      });
      clearTimeout(settling);
      settling = setTimeout(
        () => setView((old) => (old.jumped ? { ...old, jumped: false } : old)),
        SETTLED_MS,
      );
    };
    look();
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      clearTimeout(settling);
      observer.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, [scroller, height]);
  const beyond = view.jumped ? 0 : OVERSCAN;
  const first = Math.max(0, Math.min(view.at - beyond, many - view.seen));
  const end = Math.min(many, view.at + view.seen + STEP + beyond);
  const pool = view.seen + STEP + 2 * OVERSCAN + 1;
  const slot = useCallback((place: number) => place % pool, [pool]);
  const scrollTo = useCallback(
    (place: number, align: "near" | "middle" = "near") => {
      const element = scroller.current;
      if (!element) return;
      const top = place * height;
      const room = element.clientHeight - head;
      const above = top < element.scrollTop;
      const below = top + height > element.scrollTop + room;
      if (!above && !below) return;
      if (align === "middle") element.scrollTop = Math.max(0, top - room / 2);
      else element.scrollTop = above ? top : top + height - room;
    },
    [scroller, height, head],
  );
  return { first, end, slot, scrollTo };
}
