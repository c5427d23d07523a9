import {
  type KeyboardEvent as Pressed,
  type ReactNode,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from "react";

interface Props {
  label: ReactNode;
  title: string;
  align?: "start" | "end";
  className?: string;
  children: (close: () => void) => ReactNode;
}

const STOPS = "button:not(:disabled), input:not(:disabled), a[href], select, textarea";

/** Arrow keys go from one thing of the panel to the next; keys of the page below rest meanwhile. */
function walk(event: Pressed<HTMLDivElement>): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  // In a line of text up and down have no other meaning; in a number or a date they count.
  const field = event.target instanceof HTMLInputElement ? event.target.type : "";
  const typing = ["number", "date", "time", "datetime-local"].includes(field);
  if (step && !typing) {
    event.preventDefault();
    const stops = [...event.currentTarget.querySelectorAll<HTMLElement>(STOPS)];
    const at = stops.indexOf(document.activeElement as HTMLElement);
    stops[(at + step + stops.length) % stops.length]?.focus();
  }
  if (!(event.metaKey || event.ctrlKey)) event.stopPropagation();
}

/** Pixels between a panel and the edge of the window. */
const MARGIN = 8;

/** Moves an open panel sideways until it lies within the window. */
function keepWithin(panel: HTMLElement): void {
  panel.style.translate = "";
  const { left, right } = panel.getBoundingClientRect();
  const most = document.documentElement.clientWidth - MARGIN;
  const by = left < MARGIN ? MARGIN - left : Math.max(Math.min(0, most - right), MARGIN - left);
  if (by !== 0) panel.style.translate = `${Math.round(by)}px`;
}

/**
 * A button with a small panel below it. Escape and a click elsewhere close it. The keyboard goes to what is marked
 * `data-first`, else to what is chosen, else to the first thing in it.
 */
export function Menu({ label, title, align = "start", className = "button", children }: Props) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return;
    const within = panel.current;
    const first =
      within?.querySelector<HTMLElement>("[data-first]") ?? within?.querySelector<HTMLElement>(".is-chosen");
    (first ?? within?.querySelector<HTMLElement>(STOPS))?.focus({ preventScroll: true });
    const outside = (event: PointerEvent) => {
      if (!root.current?.contains(event.target as globalThis.Node)) setOpen(false);
    };
    const onEscape = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      setOpen(false);
      button.current?.focus();
    };
    window.addEventListener("pointerdown", outside);
    window.addEventListener("keydown", onEscape, true);
    return () => {
      window.removeEventListener("pointerdown", outside);
      window.removeEventListener("keydown", onEscape, true);
    };
  }, [open]);
  useLayoutEffect(() => {
    if (open && panel.current) keepWithin(panel.current);
  }, [open]);
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  return (
    <div className="menu" ref={root}>
      <button
        ref={button}
        type="button"
        className={className}
        title={title}
        aria-expanded={open}
        aria-haspopup="dialog"
        onClick={() => setOpen(!open)}
      >
        {label}
      </button>
      {open ? (
        <div
          ref={panel}
          className={`menu-panel menu-${align}`}
          role="dialog"
          aria-label={title}
          onKeyDown={walk}
        >
          {children(close)}
        </div>
      ) : null}
    </div>
  );
}
