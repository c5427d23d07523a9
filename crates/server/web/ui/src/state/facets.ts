// Whether the panel of facets is open, and which of its fields are folded.
import { useState } from "react";
import { recall, remember } from "./memory";
import { useMedia } from "./screen";

/** Open as the reader left it, and on a wide screen at first. */
export function useFacetsOpen(): [boolean, (open: boolean) => void] {
  const roomy = useMedia("(min-width: 1200px)");
  const [choice, setChoice] = useState<boolean | null>(null);
  const open = choice ?? (roomy && recall("facets") !== "off");
  return [
    open,
    (next) => {
      setChoice(next);
      if (roomy) remember("facets", next ? null : "off");
    },
  ];
}

/** The folded fields of a panel, remembered under the name. */
export function useFolded(name: string, atFirst: string): [ReadonlySet<string>, (field: string) => void] {
  const [folded, setFolded] = useState(new Set((recall(name) ?? atFirst).split(",")));
  return [
    folded,
    (field) => {
      const next = new Set(folded);
      if (!next.delete(field)) next.add(field);
      setFolded(next);
      remember(name, [...next].join(",") || ",");
    },
  ];
}
