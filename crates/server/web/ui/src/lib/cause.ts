// Failures grouped by cause. SDKs write one failure in many ways; the status code or the message is what they share.
import { t } from "./i18n";
import { errorIs, type Named, type Narrowing } from "./query";

export interface Failed {
  error: string | null;
  count: number;
  trace_id: string | null;
  last_at?: string | null;
}

export interface Cause {
  /** Unique among the causes. */
  key: string;
  label: string;
  /** The error texts as they were reported, the most frequent first. */
  errors: string[];
  /** The filter of the traces with this cause. */
  where: Narrowing;
  /** The error texts by which lists of spans find exactly these failures; "-" for those without a text. */
  messages: string[];
  count: number;
  trace_id: string | null;
  last_at: string | null;
}

/** Status codes whose message adds nothing: one code is one cause. */
function statusName(code: string): string | undefined {
  const names: Record<string, string> = {
    "401": t("not authenticated"),
    "402": t("payment required"),
    "408": t("timeout"),
    "429": t("rate limit"),
    "500": t("server error"),
    "502": t("bad gateway"),
    "503": t("unavailable"),
    "504": t("timeout"),
    "529": t("overloaded"),
  };
  return names[code];
}

const STATUS = /\b(?:error code|status(?: code)?|http(?: error)?|code)["']?\W{0,4}([45]\d\d)\b/i;
const TYPED = /^(?:[\w.]+\.)?(\w+(?:Error|Exception))(?::\s*|\()(.*)$/s;
const INNER = /["'](?:message|error|detail)["']\s*:\s*(["'])((?:\\.|(?!\1).)*)\1/gs;

const TRIPWIRE = /guardrail tripwire triggered.*?["']guardrail["']\s*:\s*["']([^"']+)["']/i;

const unquoted = (text: string): string =>
  text
    .replace(/\)$/, "")
    .replace(/^(["'])(.*)\1,?$/s, "$2")
    .trim();

interface Reading {
  key: string;
  label: string;
  type: string | null;
}

/** What an error text says, without its stack and the wrapping of its SDK. */
function readingOf(error: string): Reading {
  const [start = ""] = error.trim().split(/\s*Traceback \(most recent|[\r\n]/);
  const words = start || error.trim();
  const [, code] = STATUS.exec(words) ?? [];
  const name = code && statusName(code);
  if (name) return { key: `status ${code}`, label: `${code} ${name}`, type: null };
  const [, guardrail] = TRIPWIRE.exec(words) ?? [];
  if (guardrail)
    return { key: `guardrail ${guardrail}`, label: t("guardrail {name}", { name: guardrail }), type: null };
  const [, type = null, rest] = TYPED.exec(words) ?? [];
  const inner = [...words.matchAll(INNER)].at(-1)?.[2];
  const message = inner || unquoted(rest ?? words) || words;
  return { key: message.toLowerCase(), label: message, type };
}

/** Failures by cause, the most frequent first. */
export function causesOf(failed: readonly Failed[]): Cause[] {
  const causes = new Map<string, Cause & { types: Set<string> }>();
  for (const one of [...failed].sort((a, b) => b.count - a.count)) {
    const reading = one.error ? readingOf(one.error) : { key: "", label: "", type: null };
    const known = causes.get(reading.key);
    const cause = known ?? {
      key: reading.key,
      label: reading.label,
      errors: [],
      where: {},
      messages: [],
      count: 0,
      trace_id: null,
      last_at: null,
      types: new Set<string>(),
    };
    causes.set(reading.key, cause);
    cause.count += one.count;
    if (one.error) cause.errors.push(one.error);
    cause.messages.push(one.error || "-");
    if (reading.type) cause.types.add(reading.type);
    if (known === undefined || (one.last_at ?? "") > (cause.last_at ?? "")) {
      cause.trace_id = one.trace_id;
      cause.last_at = one.last_at ?? null;
    }
  }
  return [...causes.values()]
    .map(({ types, ...cause }) => {
      const [type] = types;
      const label =
        types.size === 1 && !cause.key.startsWith("status ") ? `${type}: ${cause.label}` : cause.label;
      return { ...cause, label: label || t("no error message"), where: whereOf(cause.errors) };
    })
    .sort((a, b) => b.count - a.count);
}

/** Bytes of a filter that the server reads, with room for other terms; and values of all its terms. */
const FILTER_BYTES = 3_000;
const FILTER_VALUES = 40;
const SHORTENED = 60;

/** Long lists name the errors by their beginnings, because a filter has a limited length. */
function whereOf(errors: readonly string[]): Narrowing {
  const names = errors.slice(0, FILTER_VALUES).map(errorIs);
  if (names.length === 0) return { errors: ">0" };
  const text = (name: Named) => (typeof name === "string" ? name : name.begins);
  const long = new TextEncoder().encode(names.map(text).join()).length > FILTER_BYTES;
  const short = long
    ? names.map((name) => ({ begins: [...text(name)].slice(0, SHORTENED).join("") }))
    : names;
  const known = new Map(short.map((name) => [JSON.stringify(name), name]));
  const [first, ...others] = known.values();
  return { error_message: first !== undefined && others.length === 0 ? first : [...known.values()] };
}
