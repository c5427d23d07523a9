// Reads the part of Markdown that models write, into plain data. Nothing here becomes markup: a link is its text with its
// address behind it, an image is its description, and HTML stays the text that it is.

export type Inline =
  | { type: "text"; text: string }
  | { type: "code"; text: string }
  | { type: "strong" | "em" | "strike"; parts: Inline[] }
  | { type: "link"; parts: Inline[]; address: string };

export type Block =
  | { type: "paragraph"; parts: Inline[] }
  | { type: "heading"; level: number; parts: Inline[] }
  | { type: "code"; language: string; text: string }
  | { type: "quote"; blocks: Block[] }
  | { type: "list"; ordered: boolean; start: number; items: Block[][] }
  | { type: "table"; head: Inline[][]; rows: Inline[][][] }
  | { type: "rule" };

const MOST_DEEP = 6;
const FENCE = /^ {0,3}(`{3,}|~{3,})[ \t]*([^`]*)$/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$/;
const ITEM = /^( *)([-*+]|\d{1,9}[.)])\s+(.*)$/;
const RULE = /^ {0,3}([-*_])(?:\s*\1){2,}\s*$/;
const DIVIDER = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;

/** One pattern a mark, tried at each place in this order. Bounded, so that no text takes long. */
const INLINE =
  /(`+)([^`]|[^`][\s\S]{0,2000}?[^`])\1(?!`)|!?\[([^\]\n]{0,500})\]\(([^()\s]{1,2000})(?:\s+"[^"\n]{0,200}")?\)|(\*\*|__)(?=\S)([\s\S]{1,2000}?\S)\5|(~~)(?=\S)([\s\S]{1,2000}?\S)~~|(?<![\w*])(\*|_)(?=[^\s*_])([^*_\n]{1,1000}?[^\s*_]|[^\s*_])\9(?![\w*])/g;

export function inlines(text: string, depth = 0): Inline[] {
  const found: Inline[] = [];
  let last = 0;
  const plain = (until: number) => {
    if (until > last) found.push({ type: "text", text: text.slice(last, until) });
  };
  if (depth > MOST_DEEP) return [{ type: "text", text }];
  for (const match of text.matchAll(INLINE)) {
    plain(match.index);
    last = match.index + match[0].length;
    const [, tick, code, label, address, strong, bold, strike, struck, , soft] = match;
    if (tick && code !== undefined) found.push({ type: "code", text: code });
    else if (address !== undefined)
      found.push({ type: "link", parts: inlines(label ?? "", depth + 1), address });
    else if (strong && bold) found.push({ type: "strong", parts: inlines(bold, depth + 1) });
    else if (strike && struck) found.push({ type: "strike", parts: inlines(struck, depth + 1) });
    else if (soft) found.push({ type: "em", parts: inlines(soft, depth + 1) });
  }
  plain(text.length);
  return found;
}

const cells = (line: string): Inline[][] =>
  line
    .trim()
    .replace(/^\||\|$/g, "")
    .split(/(?<!\\)\|/)
    .map((cell) => inlines(cell.trim().replaceAll("\\|", "|")));

class Reader {
  private at = 0;
  private readonly lines: readonly string[];
  private readonly depth: number;

  constructor(lines: readonly string[], depth: number) {
    this.lines = lines;
    this.depth = depth;
  }

  private line(ahead = 0): string | undefined {
    return this.lines[this.at + ahead];
  }

  blocks(): Block[] {
    const found: Block[] = [];
    while (this.at < this.lines.length) {
      const line = this.line() ?? "";
      if (line.trim() === "") this.at += 1;
      else found.push(this.block(line));
    }
    return found;
  }

  private block(line: string): Block {
    const fence = FENCE.exec(line);
    if (fence) return this.code(fence[1] ?? "```", (fence[2] ?? "").trim());
    const heading = HEADING.exec(line);
    if (heading) {
      this.at += 1;
      return { type: "heading", level: heading[1]?.length ?? 1, parts: inlines(heading[2] ?? "") };
    }
    if (RULE.test(line)) {
      this.at += 1;
      return { type: "rule" };
    }
    if (this.depth < MOST_DEEP) {
      if (/^ {0,3}>/.test(line)) return this.quote();
      if (ITEM.test(line)) return this.list(line);
    }
    if (line.includes("|") && DIVIDER.test(this.line(1) ?? "") && (this.line(1) ?? "").includes("-"))
      return this.table();
    return this.paragraph();
  }

  private code(fence: string, language: string): Block {
    this.at += 1;
    const text: string[] = [];
    while (this.at < this.lines.length && !this.closes(fence)) {
      text.push(this.line() ?? "");
      this.at += 1;
    }
    this.at += 1;
    return { type: "code", language, text: text.join("\n") };
  }

  private closes(fence: string): boolean {
    const line = (this.line() ?? "").trim();
    return line.startsWith(fence) && /^(`+|~+)$/.test(line);
  }

  private quote(): Block {
    const inner: string[] = [];
    while (/^ {0,3}>/.test(this.line() ?? "")) {
      inner.push((this.line() ?? "").replace(/^ {0,3}> ?/, ""));
      this.at += 1;
    }
    return { type: "quote", blocks: new Reader(inner, this.depth + 1).blocks() };
  }

  private list(first: string): Block {
    const [, indent = "", mark = "-"] = ITEM.exec(first) ?? [];
    const ordered = /\d/.test(mark);
    const items: Block[][] = [];
    while (this.at < this.lines.length) {
      const item = ITEM.exec(this.line() ?? "");
      if (!item || (item[1]?.length ?? 0) !== indent.length || /\d/.test(item[2] ?? "") !== ordered) break;
      this.at += 1;
      const inner = [item[3] ?? ""];
      while (this.at < this.lines.length && this.belongs(indent.length)) {
        inner.push((this.line() ?? "").replace(new RegExp(`^ {0,${indent.length + 4}}`), ""));
        this.at += 1;
      }
      items.push(new Reader(inner, this.depth + 1).blocks());
      while ((this.line() ?? "x").trim() === "" && ITEM.test(this.line(1) ?? "")) this.at += 1;
    }
    return { type: "list", ordered, start: Number.parseInt(mark, 10) || 1, items };
  }

  /** Whether the line goes on with the item above: it stands further in. */
  private belongs(indent: number): boolean {
    const line = this.line() ?? "";
    if (line.trim() === "")
      return /^ {2,}\S/.test(this.line(1) ?? "") && this.inset(this.line(1) ?? "") > indent;
    return this.inset(line) > indent;
  }

  private inset(line: string): number {
    return line.length - line.trimStart().length;
  }

  private table(): Block {
    const head = cells(this.line() ?? "");
    this.at += 2;
    const rows: Inline[][][] = [];
    while ((this.line() ?? "").includes("|")) {
      rows.push(cells(this.line() ?? ""));
      this.at += 1;
    }
    return { type: "table", head, rows };
  }

  private paragraph(): Block {
    const lines: string[] = [];
    do {
      lines.push(this.line() ?? "");
      this.at += 1;
    } while (!this.ends());
    return { type: "paragraph", parts: inlines(lines.join("\n")) };
  }

  private ends(): boolean {
    const line = this.line();
    if (line === undefined || line.trim() === "") return true;
    return FENCE.test(line) || HEADING.test(line) || ITEM.test(line) || /^ {0,3}>/.test(line);
  }
}

export function markdown(text: string): Block[] {
  return new Reader(text.replaceAll("\r\n", "\n").split("\n"), 0).blocks();
}

/** Whether anything in the text would be drawn in another way than it stands. */
export function hasMarkdown(blocks: readonly Block[]): boolean {
  return blocks.some(
    (block) => block.type !== "paragraph" || block.parts.some((part) => part.type !== "text"),
  );
}
