// What the palette can do, for what was typed.
import { queryClient } from "../api/queries";
import type { TracesPage } from "../api/types";
import type { View } from "../api/views";
import { entitiesFor, type NamedEntity } from "../lib/entities";
import { currentLanguage, LANGUAGES, setLanguage, t } from "../lib/i18n";
import { listTime, presetLabel, RANGE_CHOICES } from "../lib/time";
import { fieldName } from "../lib/words";
import { setCompare } from "../state/compare";
import { filterHref, setFilter } from "../state/filters";
import { setFollowing } from "../state/follow";
import { type Page, pageOf } from "../state/pages";
import { setTheme, type Theme } from "../state/theme";
import { href, navigate, setRange } from "../state/url";
import { openView, viewsInOrder } from "../state/views";
import { themeName } from "./Rail";

export interface Command {
  key: string;
  group: string;
  label: string;
  hint: string;
  run: () => void;
}

function pages(listed: readonly Page[]): Command[] {
  return listed.map((page) => ({
    key: page.path,
    group: t("Pages"),
    label: page.label(),
    hint: `g ${page.key}`,
    run: () => navigate(filterHref(page.path)),
  }));
}

function views(list: readonly View[]): Command[] {
  return viewsInOrder(list).map((view) => ({
    key: `view ${view.id}`,
    group: t("Saved views"),
    label: view.title,
    hint: pageOf(view.page)?.label() ?? view.page,
    run: () => openView(view),
  }));
}

function dashboards(list: readonly { id: string; title: string }[]): Command[] {
  return list.map((dashboard) => ({
    key: `dashboard ${dashboard.id}`,
    group: t("Dashboards"),
    label: dashboard.title,
    hint: "",
    run: () => navigate(href(`/dashboards/${encodeURIComponent(dashboard.id)}`)),
  }));
}

function actions(): Command[] {
  const group = t("Actions");
  const themes: Theme[] = ["system", "light", "dark"];
  return [
    ...RANGE_CHOICES.map((id) => ({
      key: id,
      group: t("Time range"),
      label: presetLabel(id),
      hint: "",
      run: () => setRange({ preset: id, since: null, until: null }),
    })),
    {
      key: "compare",
      group,
      label: t("Compare to previous period"),
      hint: "",
      run: () => setCompare(true),
    },
    { key: "alone", group, label: t("Stop comparing"), hint: "", run: () => setCompare(false) },
    { key: "follow", group, label: t("Live on"), hint: "", run: () => setFollowing(true) },
    { key: "pause", group, label: t("Live off"), hint: "", run: () => setFollowing(false) },
    { key: "clear", group, label: t("Clear the filter"), hint: "", run: () => setFilter("") },
    ...themes.map((theme) => ({
      key: `theme ${theme}`,
      group,
      label: t("Theme: {theme}", { theme: themeName(theme) }),
      hint: "",
      run: () => setTheme(theme),
    })),
    ...LANGUAGES.filter((language) => language.code !== currentLanguage()).map((language) => ({
      key: `language ${language.code}`,
      group,
      label: language.name,
      hint: t("language"),
      run: () => setLanguage(language.code),
    })),
  ];
}

/** Traces that were on the screen lately. */
function recentTraces(word: string, most: number): Command[] {
  const seen = new Map<string, Command>();
  for (const [, data] of queryClient.getQueriesData<{ pages: TracesPage[] }>({ queryKey: ["traces"] })) {
    for (const trace of data?.pages.flatMap((page) => page.traces) ?? []) {
      if (seen.size >= most) return [...seen.values()];
      const fits = trace.name.toLowerCase().includes(word) || trace.trace_id.startsWith(word);
      if (!fits || seen.has(trace.trace_id)) continue;
      seen.set(trace.trace_id, {
        key: trace.trace_id,
        group: t("Recent traces"),
        label: trace.name,
        hint: `${listTime(trace.started_at)} · ${trace.trace_id.slice(0, 8)}`,
        run: () => navigate(href(`/traces/${trace.trace_id}`)),
      });
    }
  }
  return [...seen.values()];
}

function entityHref({ field, value }: NamedEntity): string {
  if (field === "session") return href(`/sessions/${encodeURIComponent(value)}`);
  return filterHref(`/${field}s`, {}, { open: value });
}

function entityCommands(text: string, known: readonly NamedEntity[]): Command[] {
  return entitiesFor(text, known, 8).map((entity) => ({
    key: `${entity.field} ${entity.value}`,
    group: t("Agents, models, tools, users, sessions"),
    label: entity.value,
    hint: fieldName(entity.field),
    run: () => navigate(entityHref(entity)),
  }));
}

export function commandsFor(
  text: string,
  lists: {
    pages: readonly Page[];
    views: readonly View[];
    dashboards: readonly { id: string; title: string }[];
    entities: readonly NamedEntity[];
  },
): Command[] {
  const word = text.trim().toLowerCase();
  const id = word.replaceAll("-", "");
  if (/^[0-9a-f]{32}$/.test(id)) {
    const open = { key: id, group: t("Go to"), label: t("Open the trace {id}", { id }), hint: "" };
    return [{ ...open, run: () => navigate(href(`/traces/${id}`)) }];
  }
  const named = [...pages(lists.pages), ...views(lists.views), ...dashboards(lists.dashboards), ...actions()];
  if (!word) {
    // Nothing typed: what people come for first.
    return [
      ...views(lists.views).slice(0, 5),
      ...recentTraces("", 4),
      ...pages(lists.pages),
      ...dashboards(lists.dashboards),
      ...actions(),
    ];
  }
  // Every word must be in it, wherever.
  const words = word.split(/\s+/);
  const fits = (entry: Command) => {
    const whole = `${entry.label} ${entry.group}`.toLowerCase();
    return words.every((part) => whole.includes(part));
  };
  const begins = (entry: Command) => entry.label.toLowerCase().startsWith(word);
  const found = named.filter(fits);
  const search = {
    key: "search",
    group: t("Full text"),
    label: t("Search the traces for {words}", { words: text.trim() }),
    hint: "",
    run: () => navigate(filterHref("/traces", { q: text.trim() })),
  };
  return [
    ...found.filter(begins),
    ...entityCommands(text, lists.entities),
    ...found.filter((entry) => !begins(entry)),
    ...recentTraces(word, 6),
    search,
  ];
}
