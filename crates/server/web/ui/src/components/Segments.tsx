import { useEffect, useRef } from "react";

interface Props<T extends string> {
  label: string;
  options: readonly { id: T; label: string; title?: string }[];
  value: T;
  onPick: (id: T) => void;
}

/** One choice of a few, all in sight. */
export function Segments<T extends string>({ label, options, value, onPick }: Props<T>) {
  const box = useRef<HTMLDivElement>(null);
  // Where the line of choices is wider than the screen, the chosen one is in sight.
  useEffect(() => {
    const line = box.current;
    const chosen = line?.querySelector<HTMLElement>(`[data-id="${value}"]`);
    if (!line || !chosen || line.scrollWidth <= line.clientWidth) return;
    const left = chosen.offsetLeft - line.offsetLeft;
    line.scrollLeft = left - (line.clientWidth - chosen.offsetWidth) / 2;
  }, [value]);
  return (
    <div className="segments" ref={box} role="group" aria-label={label}>
      {options.map((option) => (
        <button
          key={option.id}
          type="button"
          data-id={option.id}
          title={option.title}
          aria-pressed={option.id === value}
          className={option.id === value ? "segment is-chosen" : "segment"}
          onClick={() => onPick(option.id)}
        >
          {option.label}
        </button>
      ))}
    </div>
  );
}
