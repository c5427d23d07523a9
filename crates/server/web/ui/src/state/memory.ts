// Small choices kept in this browser (theme, widths). Storage may be blocked, then they last for the visit.
const visit = new Map<string, string>();

export function recall(name: string): string | null {
  try {
    return localStorage.getItem(`quipu.${name}`) ?? visit.get(name) ?? null;
  } catch {
    return visit.get(name) ?? null;
  }
}

export function remember(name: string, value: string | null): void {
  if (value === null) visit.delete(name);
  else visit.set(name, value);
  try {
    if (value === null) localStorage.removeItem(`quipu.${name}`);
    else localStorage.setItem(`quipu.${name}`, value);
  } catch {
    // Kept for the visit only.
  }
}
