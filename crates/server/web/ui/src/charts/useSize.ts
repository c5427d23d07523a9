// The size of what is drawn into, known before the first picture: a chart without a width would flash as an empty box.
import { type RefObject, useLayoutEffect, useState } from "react";

function useMeasure(ref: RefObject<HTMLElement | null>, side: "clientWidth" | "clientHeight"): number {
  const [size, setSize] = useState(0);
  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setSize(element[side]));
    observer.observe(element);
    setSize(element[side]);
    return () => observer.disconnect();
  }, [ref, side]);
  return size;
}

/** In pixels; 0 before it is laid out. */
export const useWidth = (ref: RefObject<HTMLElement | null>): number => useMeasure(ref, "clientWidth");
export const useHeight = (ref: RefObject<HTMLElement | null>): number => useMeasure(ref, "clientHeight");
