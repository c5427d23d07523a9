import { useEffect, useState } from "react";
import { t } from "../lib/i18n";
import { Icon } from "./Icon";

async function write(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // Plain http on another host has no clipboard API.
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

/** Copies `text`; `label` shows beside the icon, `what` is for screen readers and hover. */
export function Copy({
  text,
  label,
  what = label ?? t("Copy"),
}: {
  text: string;
  label?: string;
  what?: string;
}) {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => setDone(false), 1500);
    return () => clearTimeout(timer);
  }, [done]);
  return (
    <button
      type="button"
      className={label ? "button" : "icon-button"}
      title={done ? t("Copied") : what}
      aria-label={what}
      onClick={(event) => {
        event.stopPropagation();
        void write(text).then(() => setDone(true));
      }}
    >
      <Icon name={done ? "check" : "copy"} size={14} />
      {label ? <span>{done ? t("Copied") : label}</span> : null}
    </button>
  );
}
