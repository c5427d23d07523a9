// Something that lies over the page and takes the keyboard until it is closed.
import { type ReactNode, useEffect, useRef } from "react";

interface Props {
  label: string;
  className: string;
  close: () => void;
  children: ReactNode;
}

/** Escape and a click beside it close it; focus stays within and goes back to where it was. */
export function Veil({ label, className, close, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    const before = document.activeElement;
    element?.showModal();
    return () => {
      element?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      className={`veil ${className}`}
      aria-label={label}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      onPointerDown={(event) => {
        if (event.target === event.currentTarget) close();
      }}
      // Keys of the page below rest meanwhile.
      onKeyDown={(event) => {
        if (!(event.metaKey || event.ctrlKey)) event.stopPropagation();
      }}
    >
      <div className="veil-body">{children}</div>
    </dialog>
  );
}
