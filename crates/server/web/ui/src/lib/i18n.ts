// Words of the screens in the reader's language. English texts are the keys, so that the sources read as the screen does;
// a text without a translation is shown in English.
import english from "../locales/en.json";
import { recall, remember } from "../state/memory";

export const LANGUAGES = [
  { code: "en", name: "English" },
  { code: "de", name: "Deutsch" },
] as const;

export type Language = (typeof LANGUAGES)[number]["code"];

const known = (code: string | undefined | null): Language | undefined =>
  LANGUAGES.find((language) => language.code === code)?.code;

/** The chosen language, else the first of the browser's that there is. */
export function currentLanguage(): Language {
  const wanted = navigator.languages.map((tag) => known(tag.slice(0, 2)));
  return known(recall("language")) ?? wanted.find((code) => code !== undefined) ?? "en";
}

type Words = Readonly<Record<string, string>>;

/** Words by language; the English ones are the sources and their plurals. */
const WORDS = {
  de: () => import("../locales/de.json"),
} satisfies Record<Exclude<Language, "en">, () => Promise<{ default: Words }>>;

let started: Language = "en";
let words: Words = english;
let plurals = new Intl.PluralRules("en");

/** The language of the words on the screen. */
export const language = (): Language => started;

/** Words are read when the page opens, so it opens again. */
export function setLanguage(language: Language): void {
  remember("language", language);
  window.location.reload();
}

/** Reads the words of a language, the current one without. To be awaited before the first render. */
export async function startLanguage(language = currentLanguage()): Promise<void> {
  words = language === "en" ? english : (await WORDS[language]()).default;
  started = language;
  plurals = new Intl.PluralRules(language);
  if (typeof document !== "undefined") document.documentElement.lang = language;
}

/** A text of the screen, with `{name}` filled in; `count` chooses between singular and plural. */
export function t(text: string, values: Readonly<Record<string, string | number>> = {}): string {
  const form =
    typeof values.count === "number" ? words[`${text}_${plurals.select(values.count)}`] : undefined;
  return (form ?? words[text] ?? text).replace(/\{(\w+)\}/g, (whole, name: string) =>
    String(values[name] ?? whole),
  );
}
