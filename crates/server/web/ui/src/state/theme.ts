// Light, dark, or as the system says. public/theme.js applies the remembered choice before the first paint.
import { useSyncExternalStore } from "react";
import { recall, remember } from "./memory";

export type Theme = "system" | "light" | "dark";

const listeners = new Set<() => void>();

export function currentTheme(): Theme {
  const stored = recall("theme");
  return stored === "light" || stored === "dark" ? stored : "system";
}

export function setTheme(theme: Theme): void {
  remember("theme", theme === "system" ? null : theme);
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  for (const listener of listeners) listener();
}

/** The next of system, light, dark. */
export function cycleTheme(): void {
  const next: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };
  setTheme(next[currentTheme()]);
}

export function useTheme(): Theme {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, currentTheme);
}
