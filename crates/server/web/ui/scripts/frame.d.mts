import type { Plugin } from "vite";

export function framePages(): { path: string; label: string; group: string; front: boolean }[];
export function frameLinks(): string;
export function frame(): Plugin;
