export interface UsedWords {
  key: string;
  /** file:line */
  at: string;
  /** Names of the values that are filled in; null when they are not written out. */
  values: string[] | null;
}

export function readSources(): {
  used: UsedWords[];
  unread: { at: string }[];
  unwrapped: { text: string; at: string }[];
};

export function placeholders(text: string): string[];
