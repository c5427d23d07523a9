import { describe, expect, it } from "vitest";
import { blankAt, completed, fieldsLike, takesOr } from "../src/lib/completion";
import {
  chosen,
  endsInQuotes,
  errorIs,
  isField,
  joined,
  narrowed,
  offsetOf,
  rewritten,
  terms,
  toggled,
  without,
  wordsOf,
  written,
} from "../src/lib/query";

describe("quotes", () => {
  it("are open until their end", () => {
    const open = ['"', '"parcel 4', 'model:"gpt', '"a" "b', '"a\\"'];
    const closed = ["", "parcel", '"parcel 4"', '"a\\""', 'model:"gpt 4" x'];
    expect(open.map(endsInQuotes)).toEqual(open.map(() => true));
    expect(closed.map(endsInQuotes)).toEqual(closed.map(() => false));
  });
});

const read = (text: string) =>
  terms(text).map((term) => [
    term.not ? "-" : "+",
    term.field?.text ?? null,
    term.sign?.text ?? null,
    ...term.values.map((value) => value.text),
  ]);

describe("terms", () => {
  it("reads fields, figures, words and phrases", () => {
    expect(read('model:gpt-4o,gpt-* -status:ok duration>=2s weather "two words" -noise')).toEqual([
      ["+", "model", ":", "gpt-4o", "gpt-"],
      ["-", "status", ":", "ok"],
      ["+", "duration", ">=", "2s"],
      ["+", null, null, "weather"],
      ["+", null, null, "two words"],
      ["-", null, null, "noise"],
    ]);
  });

  it("keeps spaces, commas and quotes within quotes", () => {
    expect(read('agent:"a, \\"b\\"",c user:"open')).toEqual([
      ["+", "agent", ":", 'a, "b"', "c"],
      ["+", "user", ":", "open"],
    ]);
  });

  it("reads stars behind quotes, spaces around the sign of a figure, and names it does not know", () => {
    const [first, figure, unknown, word] = terms('agent:"a b"*,c cost > 0.05 gen_ai.x:1 gpt-4o');
    expect(first?.values.map((value) => [value.text, value.open])).toEqual([
      ["a b", true],
      ["c", false],
    ]);
    expect([figure?.field?.text, figure?.sign?.text, figure?.values[0]?.text]).toEqual(["cost", ">", "0.05"]);
    expect(unknown?.field?.text).toBe("gen_ai.x");
    expect(word?.field).toBeNull();
  });

  it("says where everything stands", () => {
    const text = "  -model:a,b  x";
    const [first, second] = terms(text);
    expect(text.slice(first?.start, first?.end)).toBe("-model:a,b");
    expect(first?.values.map((value) => text.slice(value.start, value.end))).toEqual(["a", "b"]);
    expect(second).toMatchObject({ start: 14, end: 15 });
  });

  it("reads unfinished text without getting lost", () => {
    for (const text of ["-", "model:", 'model:"', "a,,b", 'x"', "model:,", '"', "duration>"]) {
      const found = terms(text);
      expect(found.length).toBeGreaterThan(0);
      for (const term of found) expect(term.end).toBeGreaterThan(term.start);
      expect(found[found.length - 1]?.end).toBe(text.length);
    }
  });

  it("writes values so that they are read back", () => {
    const values = [
      "gpt-4o",
      "two words",
      'a"b',
      "a,b",
      "-x",
      "a\\b",
      "x*",
      ">1",
      "claude-sonnet-4:beta",
      "",
      "ä/ö",
    ];
    for (const value of values)
      expect(terms(`model:${written(value)}`)[0]?.values.map((piece) => piece.text)).toEqual([value]);
    expect(written("gpt-4o")).toBe("gpt-4o");
    expect(written("x*")).toBe('"x*"');
    expect(written("two w", true)).toBe('"two w"*');
  });
});

describe("alternatives", () => {
  it("marks the terms that OR joins", () => {
    const found = terms('a model:x OR -tool:y OR "two words" b');
    expect(found.map((term) => term.joined)).toEqual([false, true, true, true, false]);
    expect(found.map((term) => term.values[0]?.text)).toEqual(["a", "x", "y", "two words", "b"]);
    expect(terms("a or b").map((term) => term.joined)).toEqual([false, false, false]);
  });

  it("keeps them whole when another term is added or removed", () => {
    const either = "model:a OR tool:t";
    expect(toggled(`${either} x`, "model", "b")).toBe(`${either} x model:b`);
    expect(toggled(`${either} model:b`, "model", "b")).toBe(either);
    expect(narrowed(`${either} model:b`, { model: "c" })).toBe(`${either} model:c`);
    expect(without(`${either} tool:u`, (term) => term.field?.text === "tool")).toBe(either);
    expect(chosen(either, "model")).toEqual([]);
  });

  it("leaves out single alternatives with their OR", () => {
    const leave = (gone: string) => rewritten("a OR b OR c d", (term) => (gone.includes(term) ? null : term));
    expect([leave(""), leave("a"), leave("b"), leave("bc"), leave("abc")]).toEqual([
      "a OR b OR c d",
      "b OR c d",
      "a OR c d",
      "a d",
      "d",
    ]);
  });

  it("are offered behind a term", () => {
    const offered = (text: string) => takesOr(text, blankAt(text, text.length));
    expect(["model:a ", "model:a O", "a or", "x OR y "].map(offered)).toEqual([true, true, true, true]);
    expect(["", "O", "model:a OR ", "model:O", "a -o", "a xO"].map(offered)).toEqual(Array(6).fill(false));
  });
});

describe("attributes", () => {
  it("are fields, and the case of their names matters", () => {
    const [term] = terms("-ATTR.Customer.tier:gold,x*");
    expect(term).toMatchObject({ not: true, field: { text: "attr.Customer.tier" } });
    expect(term?.values.map((value) => value.text)).toEqual(["gold", "x"]);
    expect([isField("attr.a"), isField("attr."), isField("attribute.a")]).toEqual([true, false, false]);
    expect(fieldsLike("att")).toEqual(["attr."]);
    expect(narrowed("attr.a:1", { model: "m" })).toBe("attr.a:1 model:m");
  });
});

describe("edits", () => {
  it("toggles values of one field", () => {
    const one = toggled("weather", "model", "a");
    expect(one).toBe("weather model:a");
    const two = toggled(one, "model", "b c");
    expect(two).toBe('weather model:a,"b c"');
    expect(chosen(two, "model")).toEqual(["a", "b c"]);
    expect(toggled(two, "model", "a")).toBe('weather model:"b c"');
    expect(toggled(toggled(two, "model", "a"), "model", "b c")).toBe("weather");
  });

  it("excludes, and an excluded value is not wanted at once", () => {
    expect(toggled("model:a,b", "model", "a", true)).toBe("model:b -model:a");
    expect(toggled("model:b -model:a", "model", "a")).toBe("model:b,a");
    expect(toggled("-model:a", "model", "a", true)).toBe("");
    expect(toggled("model:gpt-*", "model", "x")).toBe("model:gpt-*,x");
    expect(toggled("model:gpt-*,gpt-", "model", "gpt-")).toBe("model:gpt-*");
    expect(chosen("model:gpt-*,a", "model")).toEqual(["a"]);
  });

  it("narrows", () => {
    expect(narrowed("model:gpt-* -model:gpt-5 x", { model: "gpt-4o" })).toBe("-model:gpt-5 x model:gpt-4o");
    expect(narrowed("", { session: null, tool: ["a", "b"], duration: ">2s", q: "no luck" })).toBe(
      '-has:session tool:a,b duration>2s "no luck"',
    );
    expect(narrowed("status:ok", { status: undefined })).toBe("status:ok");
    expect(without("a model:b c", (term) => term.field !== null)).toBe("a c");
    expect(joined("", " a ", "b")).toBe("a b");
    expect(offsetOf("😀 x", 2)).toBe(3);
  });
});

describe("completion", () => {
  const at = (marked: string) => {
    const caret = marked.indexOf("|");
    return blankAt(marked.replace("|", ""), caret);
  };

  it("knows what is being typed", () => {
    expect(at("|")).toMatchObject({ kind: "word", typed: "" });
    expect(at("mod|")).toMatchObject({ kind: "word", typed: "mod", from: 0, to: 3 });
    expect(at("x -mod|")).toMatchObject({ kind: "word", typed: "mod", from: 3 });
    expect(at("model:|")).toMatchObject({ kind: "value", field: "model", typed: "", from: 6, to: 6 });
    expect(at("model:a,gp|t x")).toMatchObject({ kind: "value", typed: "gp", from: 8, to: 11 });
    expect(at('user:"two w|')).toMatchObject({ kind: "value", field: "user", typed: "two w", from: 5 });
    expect(at("duration>|")).toMatchObject({ kind: "amount", field: "duration", typed: "" });
    expect(at("model:a |")).toMatchObject({ kind: "word", typed: "" });
  });

  it("fills in", () => {
    expect(completed("x mod", at("x mod|"), "model:", false)).toEqual({ text: "x model:", caret: 8 });
    expect(completed("model:gp y", at("model:gp| y"), "gpt-4o", true)).toEqual({
      text: "model:gpt-4o y",
      caret: 12,
    });
    expect(completed("model:gp", at("model:gp|"), "gpt-4o", true)).toEqual({
      text: "model:gpt-4o ",
      caret: 13,
    });
  });

  it("offers fields that begin so before those that have it within", () => {
    expect(fieldsLike("to")).toEqual(["tool", "tokens", "tools"]);
    expect(fieldsLike("s").slice(0, 4)).toEqual(["service", "status", "session", "spans"]);
    expect(fieldsLike("")).toContain("has");
  });

  it("narrows to one error, or to all that begin as its first line", () => {
    const to = (error: string) => narrowed("status:ok", { error_message: errorIs(error) });
    expect(to("backend down")).toBe('status:ok error_message:"backend down"');
    expect(to("429")).toBe("status:ok error_message:429");
    expect(to('said "no"\n  at x')).toBe('status:ok error_message:"said \\"no\\""*');
    expect(to("x".repeat(200))).toBe(`status:ok error_message:${"x".repeat(199)}*`);
    expect(chosen('error_message:"a: b"', "error_message")).toEqual(["a: b"]);
  });
});

describe("parentheses and more signs", () => {
  it("keep terms in parentheses together, and change nothing within them", () => {
    const text = 'status:error (model:a OR -tool:"b )") cost>1';
    const cut = terms(text).map((term) => text.slice(term.start, term.end));
    expect(cut).toEqual(["status:error", '(model:a OR -tool:"b )")', "cost>1"]);
    expect(narrowed(text, { model: "c" })).toBe(`${text} model:c`);
    expect(wordsOf("(rain snow) sun")).toBe("sun");
    expect(terms("-(a b) c").map((term) => term.not)).toEqual([true, false]);
    expect(terms("(a b").map((term) => term.end)).toEqual([4]);
  });
  it("read !=, ~ and !~, and leave what is excluded", () => {
    expect(terms("model!=a errors != 0 name~^x session!~y").map((term) => term.sign?.text)).toEqual([
      "!=",
      "!=",
      "~",
      "!~",
    ]);
    expect(narrowed("model!=a model~b", { model: "c" })).toBe("model!=a model:c");
  });
});
