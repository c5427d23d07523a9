// The cord of pages: a knot each, in groups. On a small screen the first few and the rest in a sheet.
import { useState } from "react";
import { useStatus } from "../api/queries";
import { bytes, compact } from "../lib/format";
import { currentLanguage, LANGUAGES, setLanguage, t } from "../lib/i18n";
import { filterHref } from "../state/filters";
import { COMMAND_K, useKeys } from "../state/keys";
import { PAGES, type Page, pageOf, usePages } from "../state/pages";
import { useNarrow } from "../state/screen";
import { cycleTheme, type Theme, useTheme } from "../state/theme";
import { usePlace } from "../state/url";
import { Icon } from "./Icon";
import { Link } from "./Link";
import { Mark } from "./Mark";
import { SessionMenu } from "./SessionMenu";

interface Props {
  openPalette: () => void;
  openKeys: () => void;
}

export function Rail({ openPalette, openKeys }: Props) {
  // Every page has the same filter, so it goes along from page to page.
  const { path } = usePlace();
  const narrow = useNarrow();
  const pages = usePages();
  const here = pageOf(path);
  if (narrow) return <FrontPages here={here} openPalette={openPalette} />;
  return (
    <nav className="rail" aria-label={t("Pages")}>
      <Link className="brand" href={filterHref(PAGES[0]?.path ?? "/")} aria-label={t("Quipu: first page")}>
        <Mark size={26} />
        <span>quipu</span>
      </Link>
      <div className="cord">
        {groups(pages).map((pages) => (
          <ul key={pages[0]?.path}>
            {pages.map((page) => (
              <PageLink key={page.path} page={page} here={here} />
            ))}
          </ul>
        ))}
      </div>
      <Foot openPalette={openPalette} openKeys={openKeys} />
    </nav>
  );
}

function groups(pages: readonly Page[]): Page[][] {
  const names = [...new Set(pages.map((page) => page.group))];
  return names.map((name) => pages.filter((page) => page.group === name));
}

function PageLink({ page, here, onClick }: { page: Page; here: Page | undefined; onClick?: () => void }) {
  return (
    <li>
      <Link
        href={filterHref(page.path)}
        title={t("{page} (g {key})", { page: page.label(), key: page.key })}
        aria-current={page === here ? "page" : undefined}
        {...(onClick ? { onClick } : {})}
      >
        <i className="cord-knot" aria-hidden="true" />
        <span>{page.label()}</span>
      </Link>
    </li>
  );
}

function Foot({ openPalette, openKeys }: Props) {
  const status = useStatus();
  const store = status.data?.store;
  const version = status.data?.version;
  const facts = [
    store ? t("{n} spans stored", { n: compact(store.spans), count: store.spans }) : "",
    store && store.bytes !== null ? bytes(store.bytes) : "",
    version ? t("version {version}", { version }) : "",
  ].filter(Boolean);
  return (
    <div className="rail-foot">
      <SessionMenu />
      {status.data?.demo ? <span className="demo-mark">{t("Demo data")}</span> : null}
      <span className="faint" title={store?.uri}>
        {facts.map((fact) => (
          <span key={fact}>{fact}</span>
        ))}
      </span>
      <span className="rail-tools">
        <ThemeButton />
        <LanguageButton />
        <button
          type="button"
          className="icon-button"
          title={t("Keyboard shortcuts (?)")}
          aria-label={t("Keyboard shortcuts")}
          onClick={openKeys}
        >
          <Icon name="help" />
        </button>
        <button
          type="button"
          className="quiet-button push"
          title={t("Go to …")}
          aria-label={t("{keys}: go to …", { keys: COMMAND_K })}
          onClick={openPalette}
        >
          <kbd>{COMMAND_K}</kbd>
        </button>
      </span>
    </div>
  );
}

export function themeName(theme: Theme): string {
  return { system: t("as the system"), light: t("light"), dark: t("dark") }[theme];
}

function ThemeButton() {
  const theme = useTheme();
  const label = t("Theme: {theme}", { theme: themeName(theme) });
  return (
    <button type="button" className="icon-button" title={label} aria-label={label} onClick={cycleTheme}>
      <Icon name={theme} />
    </button>
  );
}

function LanguageButton() {
  const present = currentLanguage();
  const at = LANGUAGES.findIndex((language) => language.code === present);
  const next = LANGUAGES[(at + 1) % LANGUAGES.length];
  if (!next) return null;
  return (
    <button
      type="button"
      className="icon-button language"
      lang={next.code}
      title={next.name}
      aria-label={t("{present}: change to {language}", {
        present: present.toUpperCase(),
        language: next.name,
      })}
      onClick={() => setLanguage(next.code)}
    >
      {present.toUpperCase()}
    </button>
  );
}

function FrontPages({ here, openPalette }: { here: Page | undefined; openPalette: () => void }) {
  const [open, setOpen] = useState(false);
  const pages = usePages();
  const front = PAGES.filter((page) => page.front).slice(0, 4);
  const beyond = here !== undefined && !front.includes(here);
  useKeys({
    Escape: (event) => {
      if (!open) return;
      event.preventDefault();
      setOpen(false);
    },
  });
  return (
    <nav className="rail" aria-label={t("Pages")}>
      <ul className="cord">
        {front.map((page) => (
          <PageLink key={page.path} page={page} here={here} onClick={() => setOpen(false)} />
        ))}
        <li>
          <button
            type="button"
            className={beyond ? "is-here" : undefined}
            aria-expanded={open}
            onClick={() => setOpen(!open)}
          >
            <i className="cord-knot" aria-hidden="true" />
            <span>{beyond ? here.label() : t("More")}</span>
          </button>
        </li>
      </ul>
      {open ? (
        <div className="page-sheet">
          {groups(pages).map((pages) => (
            <ul key={pages[0]?.path} className="cord">
              {pages.map((page) => (
                <PageLink key={page.path} page={page} here={here} onClick={() => setOpen(false)} />
              ))}
            </ul>
          ))}
          <div className="page-sheet-foot">
            <SessionMenu />
            <ThemeButton />
            <LanguageButton />
            <button
              type="button"
              className="button push"
              onClick={() => {
                setOpen(false);
                openPalette();
              }}
            >
              <Icon name="search" size={14} />
              <span>{t("Go to …")}</span>
            </button>
          </div>
        </div>
      ) : null}
    </nav>
  );
}
