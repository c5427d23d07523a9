// Agents, models, tools, users and sessions by their names.

/** Fields whose values are opened by name, and the page of a value. */
export const ENTITIES = ["agent", "model", "tool", "user", "session"] as const;
export type Entity = (typeof ENTITIES)[number];

export interface NamedEntity {
  field: Entity;
  value: string;
  count: number;
}

/** Values that have all words in them: those that begin so first, then by how often they occur. */
export function entitiesFor(text: string, known: readonly NamedEntity[], most: number): NamedEntity[] {
  const words = text.trim().toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  const begins = (entity: NamedEntity) => entity.value.toLowerCase().startsWith(words[0] ?? "");
  return known
    .filter((entity) => words.every((word) => `${entity.value} ${entity.field}`.toLowerCase().includes(word)))
    .sort((a, b) => Number(begins(b)) - Number(begins(a)) || b.count - a.count)
    .slice(0, most);
}
