import { type ReactNode, useEffect, useRef, useState } from "react";

interface Props {
  label: ReactNode;
  title: string;
  align?: "start" | "end";
  className?: string;
  children: (close: () => void) => ReactNode;
}

/** A button with a small panel below it. Escape and a click elsewhere close it. */
export function Menu({ label, title, align = "start", className = "button", children }: Props) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return;
    const outside = (event: PointerEvent) => {
      if (!root.current?.contains(event.target as globalThis.Node)) setOpen(false);
    };
    const onEscape = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      setOpen(false);
    };
    window.addEventListener("pointerdown", outside);
    window.addEventListener("keydown", onEscape, true);
    return () => {
      window.removeEventListener("pointerdown", outside);
      window.removeEventListener("keydown", onEscape, true);
    };
  }, [open]);
  return (
    <div className="menu" ref={root}>
      <button
        type="button"
        className={className}
        title={title}
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        {label}
      </button>
      {open ? <div className={`menu-panel menu-${align}`}>{children(() => setOpen(false))}</div> : null}
    </div>
  );
}
