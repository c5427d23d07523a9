// Words that were searched for, marked wherever a text shows them.
import {
  createContext,
  Fragment,
  type ReactNode,
  type RefObject,
  useContext,
  useEffect,
  useMemo,
} from "react";

const LONGEST = 200_000;

/** The words of the search, as the page below it marks them. */
export const FindWords = createContext<readonly string[]>([]);

/** Words and phrases of a search text. */
export function findWords(text: string): string[] {
  return [...text.matchAll(/"([^"]+)"|(\S+)/g)]
    .map((match) => (match[1] ?? match[2] ?? "").replace(/\*$/, "").trim())
    .filter((word) => word.length > 1);
}

export function markedParts(text: string, words: readonly string[]): { text: string; hit: boolean }[] {
  if (words.length === 0 || text.length > LONGEST) return [{ text, hit: false }];
  const escaped = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const parts: { text: string; hit: boolean }[] = [];
  let last = 0;
  for (const match of text.matchAll(new RegExp(escaped.join("|"), "gi"))) {
    if (match.index > last) parts.push({ text: text.slice(last, match.index), hit: false });
    parts.push({ text: match[0], hit: true });
    last = match.index + match[0].length;
  }
  if (last < text.length) parts.push({ text: text.slice(last), hit: false });
  return parts;
}

/** A text with the words of the search marked. */
export function Marked({ text }: { text: string }): ReactNode {
  const words = useContext(FindWords);
  const parts = useMemo(() => markedParts(text, words), [text, words]);
  if (parts.length === 1 && !parts[0]?.hit) return text;
  return parts.map((part, index) =>
    part.hit ? <mark key={index}>{part.text}</mark> : <Fragment key={index}>{part.text}</Fragment>,
  );
}

/** Whether a word of the search stands behind the first `until` characters, so that a folded text would hide it. */
export function useHitsBehind(text: string, until: number): boolean {
  const words = useContext(FindWords);
  return useMemo(() => {
    const parts = markedParts(text, words);
    let at = 0;
    let before = false;
    let behind = false;
    for (const part of parts) {
      at += part.text.length;
      if (part.hit && at <= until) before = true;
      else if (part.hit) behind = true;
    }
    return behind && !before;
  }, [text, words, until]);
}

/** Brings the first mark below `root` into view, once for each `key`: what holds it may come late. */
export function useFirstMark(root: RefObject<HTMLElement | null>, key: string | null): void {
  const words = useContext(FindWords);
  const wanted = words.length > 0 && key !== null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another key is another text
  useEffect(() => {
    const element = root.current;
    if (!wanted || !element) return;
    const look = () => {
      const mark = element.querySelector("mark");
      mark?.scrollIntoView({ block: "center" });
      return mark !== null;
    };
    if (look()) return;
    const observer = new MutationObserver(() => {
      if (look()) observer.disconnect();
    });
    observer.observe(element, { childList: true, subtree: true });
    return () => observer.disconnect();
  }, [root, wanted, key]);
}
