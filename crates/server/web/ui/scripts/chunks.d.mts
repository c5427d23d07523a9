import type { Plugin, Rolldown } from "vite";

export function groups(): Rolldown.CodeSplittingGroup[];
export function early(): Plugin;
