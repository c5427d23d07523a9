// Words of the screens in the reader's language. English texts are the keys, so that the sources read as the screen does;
// a text without a translation is shown in English.
import i18next from "i18next";
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

/** The language of the words on the screen. */
export const language = (): string => i18next.language ?? "en";

/** Words are read when the page opens, so it opens again. */
export function setLanguage(language: Language): void {
  remember("language", language);
  window.location.reload();
}

/** Reads the words of the current language. To be awaited before the first render. */
export async function startLanguage(): Promise<void> {
  const language = currentLanguage();
  document.documentElement.lang = language;
  const words = {
    en: () => import("../locales/en.json"),
    de: () => import("../locales/de.json"),
  } satisfies Record<Language, () => Promise<{ default: Record<string, string> }>>;
  await i18next.init({
    lng: language,
    fallbackLng: false,
    keySeparator: false,
    nsSeparator: false,
    interpolation: { prefix: "{", suffix: "}", escapeValue: false },
    resources: { [language]: { translation: (await words[language]()).default } },
  });
}

/** Where no language was started, as in tests: English, with the values filled in. */
function filled(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** A text of the screen, with `{name}` filled in; `count` chooses between singular and plural. */
export function t(text: string, values?: Record<string, string | number>): string {
  return i18next.isInitialized ? i18next.t(text, values ?? {}) : filled(text, values ?? {});
}
