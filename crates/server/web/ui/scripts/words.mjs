// Reads the sources for the words of the screen: every text given to t(), and every text on the screen that was not.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseSync } from "vite";
import { ui } from "./sources.mjs";

const SHOWN = new Set(["title", "aria-label", "placeholder", "label", "alt", "aria-description"]);
const NAMED = new Set([...SHOWN, "heading", "text", "hint", "note", "caption"]);

/** Texts that are the same in every language: names, units, keyboard keys, marks. */
const SAME = new Set(
  (
    "Quipu JSON CSV SQL URL HTTP ID OTLP TTFT MCP OpenTelemetry Esc " +
    "ms s min h d px UTC USD p50 p90 p95 p99 max esc tab quipu GET JSONL"
  ).split(" "),
);

/** What is typed into a field or a shell: the same for everyone. */
const TYPED = new Set([
  "gpt-4o-mini",
  "model:gpt-* -status:error cost>0.05",
  "quipu budget set daily --usd 10 --per day",
  "quipu alerts set mine rule.toml",
  "quipu serve --demo",
  "[channel.NAME]",
  "slow_answers",
  "service:shop",
  "model, user",
  "rule=high_error_rate model=gpt-*",
  'kind = "burn_rate"',
]);

const same = (text) =>
  TYPED.has(text.trim()) ||
  text.split(/[\s/·,:()–%+=.$]+/).every((word) => !/\p{L}{2}/u.test(word) || SAME.has(word));

function files(dir) {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) return files(path);
    return /\.tsx?$/.test(entry.name) ? [path] : [];
  });
}

const bare = (node) =>
  node && (node.type === "ParenthesizedExpression" || node.type.startsWith("TS")) && node.expression
    ? bare(node.expression)
    : node;

/** The texts that an expression can be; null when it is anything else as well. */
function textsOf(given) {
  const node = bare(given);
  if (node?.type === "Literal") return typeof node.value === "string" ? [node.value] : null;
  if (node?.type === "TemplateLiteral") return node.expressions.length ? null : [node.quasis[0].value.cooked];
  if (node?.type !== "ConditionalExpression") return null;
  const [yes, no] = [textsOf(node.consequent), textsOf(node.alternate)];
  return yes && no ? [...yes, ...no] : null;
}

/** The texts that stand in an expression as they are, outside of any call. */
function plainTexts(given) {
  const node = bare(given);
  switch (node?.type) {
    case "Literal":
      return typeof node.value === "string" ? [node.value] : [];
    case "TemplateLiteral":
      return node.quasis.map((part) => part.value.cooked);
    case "ConditionalExpression":
      return [...plainTexts(node.consequent), ...plainTexts(node.alternate)];
    case "LogicalExpression":
      return [...(node.operator === "&&" ? [] : plainTexts(node.left)), ...plainTexts(node.right)];
    case "BinaryExpression":
      return node.operator === "+" ? [...plainTexts(node.left), ...plainTexts(node.right)] : [];
    default:
      return [];
  }
}

const nameOf = (node) =>
  node.type === "JSXNamespacedName" ? `${node.namespace.name}:${node.name.name}` : (node.name ?? node.value);

/** Names of the values that a t() call fills in; null when they are not written out. */
function valuesOf(node) {
  if (!node) return [];
  if (node.type !== "ObjectExpression") return null;
  const open = node.properties.some((property) => property.type !== "Property" || property.computed);
  return open ? null : node.properties.map((property) => nameOf(property.key));
}

class Reading {
  used = [];
  unread = [];
  unwrapped = [];

  constructor(file, source) {
    this.file = file;
    this.source = source;
  }

  at(node) {
    return `${this.file}:${this.source.slice(0, node.start).split("\n").length}`;
  }

  bareTexts(node, texts) {
    for (const text of texts) {
      if (/\p{L}/u.test(text) && !same(text)) this.unwrapped.push({ text: text.trim(), at: this.at(node) });
    }
  }

  call(node) {
    if (node.callee.type !== "Identifier" || node.callee.name !== "t") return;
    const keys = textsOf(node.arguments[0]);
    if (!keys) this.unread.push({ at: this.at(node) });
    for (const key of keys ?? [])
      this.used.push({ key, at: this.at(node), values: valuesOf(node.arguments[1]) });
  }

  visit(node) {
    if (node.type === "CallExpression") this.call(node);
    if (node.type === "JSXText") this.bareTexts(node, [node.value]);
    if (node.type === "JSXAttribute" && SHOWN.has(nameOf(node.name)) && node.value) {
      const value = node.value.type === "JSXExpressionContainer" ? node.value.expression : node.value;
      this.bareTexts(node, plainTexts(value));
    }
    if (node.type === "JSXElement" || node.type === "JSXFragment") {
      for (const child of node.children) {
        if (child.type === "JSXExpressionContainer") this.bareTexts(child, plainTexts(child.expression));
      }
    }
    if (node.type === "Property" && !node.computed && NAMED.has(nameOf(node.key))) {
      this.bareTexts(
        node,
        plainTexts(node.value).filter((text) => /^\p{Lu}|\s/u.test(text)),
      );
    }
    for (const value of Object.values(node)) {
      if (Array.isArray(value)) for (const child of value) child?.type && this.visit(child);
      else if (value?.type && typeof value.type === "string") this.visit(value);
    }
  }
}

/**
 * What the sources say: `used` t() calls by key, `unread` calls whose text is no literal,
 * `unwrapped` texts on the screen that no t() holds. Each with `at` as file:line.
 */
export function readSources() {
  const all = { used: [], unread: [], unwrapped: [] };
  for (const path of files(join(ui, "src"))) {
    const source = readFileSync(path, "utf8");
    const file = path.slice(ui.length + 1);
    const reading = new Reading(file, source);
    reading.visit(parseSync(path, source, { lang: path.endsWith("x") ? "tsx" : "ts" }).program);
    for (const kind of Object.keys(all)) all[kind].push(...reading[kind]);
  }
  return all;
}

/** The `{name}`s of a text. */
export const placeholders = (text) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();
