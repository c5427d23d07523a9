import { describe, expect, it } from "vitest";
import { findWords, markedParts } from "../src/components/Marked";
import { documentsOf } from "../src/lib/documents";
import { hasMarkdown, inlines, markdown } from "../src/lib/markdown";
import { wordsOf } from "../src/lib/query";
import { mediaOf } from "../src/pages/trace/Picture";
import { likelyRows } from "../src/pages/trace/Talked";
import { outline } from "./outline";
import { span } from "./span";

describe("markdown of messages", () => {
  it("reads blocks", () => {
    const text =
      "# Plan\n\nFirst **do** `it`.\n\n- one\n  - deeper\n- two\n\n1. a\n2. b\n\n> said\n\n```py\nx = 1\n# no heading\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n---";
    const blocks = markdown(text);
    expect(blocks.map((block) => block.type)).toEqual([
      "heading",
      "paragraph",
      "list",
      "list",
      "quote",
      "code",
      "table",
      "rule",
    ]);
    expect(blocks[2]).toMatchObject({ ordered: false, items: [[{}, { type: "list" }], [{}]] });
    expect(blocks[5]).toMatchObject({ language: "py", text: "x = 1\n# no heading" });
    expect(blocks[6]).toMatchObject({
      head: [[{ text: "a" }], [{ text: "b" }]],
      rows: [[[{ text: "1" }], [{ text: "2" }]]],
    });
  });

  it("keeps an address as text and leaves HTML alone", () => {
    expect(inlines("[here](javascript:alert(1)) ![x](http://evil/x.png) <b>no</b>")).toEqual([
      { type: "text", text: "[here](javascript:alert(1)) " },
      { type: "link", parts: [{ type: "text", text: "x" }], address: "http://evil/x.png" },
      { type: "text", text: " <b>no</b>" },
    ]);
  });

  it("does not take snake_case, sums and lone stars for marks", () => {
    for (const text of ["a snake_case_name", "2 * 3 * 4", "5 ** 2", "*", "__init__ failed_"])
      expect(
        inlines(text).filter((part) => part.type === "em"),
        text,
      ).toEqual([]);
    expect(hasMarkdown(markdown("plain words, and one more line\nhere"))).toBe(false);
  });

  it("ends on any text, and loses no letter of it", () => {
    const letters = (text: string) => text.replace(/[^a-z]/g, "");
    const flat = (value: unknown): string =>
      Array.isArray(value)
        ? value.map(flat).join("")
        : value && typeof value === "object"
          ? Object.entries(value)
              .filter(([name]) => !["type", "level", "ordered", "start"].includes(name))
              .map(([, one]) => flat(one))
              .join("")
          : typeof value === "string"
            ? value
            : "";
    const pieces = [
      "**",
      "*",
      "_",
      "`",
      "```",
      "\n",
      "- ",
      "1. ",
      "# ",
      "> ",
      "|",
      "|-|",
      "a",
      "b c",
      "[x](y)",
      "~~",
      "  ",
    ];
    let seed = 7;
    for (let round = 0; round < 400; round += 1) {
      let text = "";
      for (let piece = 0; piece < 24; piece += 1) {
        seed = (seed * 1103515245 + 12345) % 2147483648;
        text += pieces[seed % pieces.length];
      }
      const drawn = letters(flat(markdown(text)));
      expect([...drawn].sort().join(""), JSON.stringify(text)).toBe([...letters(text)].sort().join(""));
    }
  });

  it("is quick on a long line of marks", () => {
    const begun = performance.now();
    markdown("*a ".repeat(20_000));
    markdown("[".repeat(20_000));
    expect(performance.now() - begun).toBeLessThan(3_000);
  });
});

describe("what was searched for", () => {
  it("comes from the words of the filter alone", () => {
    expect(wordsOf('status:error "rate limit" -jacket refun* cost>2')).toBe("rate limit refun");
    expect(findWords('"rate limit" refun*')).toEqual(["rate limit", "refun"]);
  });

  it("is marked whatever its case", () => {
    expect(markedParts("A light Jacket.", ["jacket"])).toEqual([
      { text: "A light ", hit: false },
      { text: "Jacket", hit: true },
      { text: ".", hit: false },
    ]);
    expect(markedParts("a.b", ["."])[1]).toEqual({ text: ".", hit: true });
  });
});

describe("documents of a retrieval", () => {
  const of = (attributes: Record<string, unknown>, events = []) =>
    documentsOf({ ...span("a", null, 0, 1), attributes, events });

  it("are read from numbered attributes, in their order", () => {
    const many = Object.fromEntries(
      Array.from({ length: 12 }, (_, index) => [
        [`retrieval.documents.${index}.document.content`, `text ${index}`],
        [`retrieval.documents.${index}.document.score`, 1 - index / 20],
      ]).flat(),
    );
    const found = of(many);
    expect(found.map(({ content }) => content)).toEqual(
      Array.from({ length: 12 }, (_, index) => `text ${index}`),
    );
    expect(found[1]?.score).toBeCloseTo(0.95);
  });

  it("are read from a list, as text or as values, and from events", () => {
    const list = [{ id: "d1", score: "0.5", content: "one" }, { document: { page_content: "two" } }];
    for (const value of [list, JSON.stringify(list)])
      expect(of({ "gen_ai.retrieval.documents": value }).map(({ content }) => content)).toEqual([
        "one",
        "two",
      ]);
    const events = [
      {
        name: "db.query.result",
        time: "",
        attributes: { "db.query.result.id": "7", "db.query.result.document": "x" },
      },
    ];
    expect(of({}, events as never)).toEqual([{ id: "7", content: "x", score: null, metadata: null }]);
  });

  it("are none where there are none", () => {
    expect(of({ "retrieval.documents": "many", other: 1 })).toEqual([]);
  });
});

describe("pictures", () => {
  const url = "data:image/png;base64,AAAA";

  it.each([
    { type: "image_url", image_url: { url } },
    { type: "image_url", image_url: url },
    { type: "image", image: { image: { url } } },
    { type: "image", image: { url } },
    { type: "input_image", image_url: url },
    { type: "image", "image.image.url": url },
  ])("are found in %j", (part) => {
    expect(mediaOf(part)).toEqual({ mime: "image/png", data: "AAAA", address: null });
  });
});

describe("what was asked and answered", () => {
  it("is looked for in the root, the first call and the last that ended well", () => {
    const rows = outline([
      { id: "root", start: 0, end: 90 },
      { id: "late", parent: "root", start: 50, end: 80, kind: "llm" },
      { id: "early", parent: "root", start: 5, end: 10, kind: "llm" },
      { id: "failed", parent: "root", start: 81, end: 89, kind: "llm", status: "error" },
    ]);
    expect(likelyRows(rows)).toEqual([0, 2, 1]);
    expect(likelyRows(outline([{ id: "root", start: 0, end: 1 }]))).toEqual([0]);
  });
});
