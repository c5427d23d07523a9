import { Fragment, useMemo, useState } from "react";
import type { Span } from "../../api/types";
import { Copy } from "../../components/Copy";
import { jsonText } from "../../components/Json";
import { t } from "../../lib/i18n";

const FOLD_AT = 400;

function Value({ value }: { value: unknown }) {
  const [open, setOpen] = useState(false);
  const text = jsonText(value);
  const long = text.length > FOLD_AT;
  return (
    <>
      <span className={typeof value === "string" ? "attribute-text" : "attribute-text is-number"}>
        {long && !open ? `${text.slice(0, FOLD_AT)} …` : text}
      </span>
      {long ? (
        <button type="button" className="quiet-button" onClick={() => setOpen(!open)}>
          {open ? t("less") : t("all")}
        </button>
      ) : null}
    </>
  );
}

/** Values of several lines get the whole width, below their name. */
function isWide(value: unknown): boolean {
  const text = jsonText(value);
  return text.length > 120 || text.includes("\n");
}

/** A dotted name that breaks after its dots and underscores, not within words. */
export function Breakable({ name }: { name: string }) {
  return name.split(/(?<=[._])/).map((part, index) => (
    <Fragment key={index}>
      {part}
      <wbr />
    </Fragment>
  ));
}

interface Section {
  title: string;
  entries: [string, unknown][];
}

function sectionsOf(span: Span): Section[] {
  const section = (title: string, values: Record<string, unknown> | undefined): Section => ({
    title,
    entries: Object.entries(values ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)),
  });
  return [
    section(t("Request parameters"), span.params),
    section(t("Attributes as sent"), span.attributes),
    section(t("Resource"), span.resource),
  ];
}

/** Every attribute as it was stored, sorted by name, searchable in names and values. */
export function Attributes({ span }: { span: Span }) {
  const [word, setWord] = useState("");
  const sections = useMemo(() => sectionsOf(span), [span]);
  const wanted = word.trim().toLowerCase();
  const fits = ([name, value]: [string, unknown]) =>
    name.toLowerCase().includes(wanted) || jsonText(value).toLowerCase().includes(wanted);
  const shown = sections
    .map(({ title, entries }) => ({ title, entries: entries.filter(fits) }))
    .filter(({ entries }) => entries.length > 0);
  const number = sections.reduce((sum, { entries }) => sum + entries.length, 0);
  const { source } = span;
  return (
    <div className="attributes">
      <div className="attributes-head">
        <input
          className="field"
          value={word}
          placeholder={t("Search {n} attributes", { n: number })}
          aria-label={t("Search attributes")}
          onChange={(event) => setWord(event.target.value)}
        />
        <Copy
          text={JSON.stringify({ attributes: span.attributes, resource: span.resource }, null, 2)}
          label={t("Copy all")}
        />
      </div>
      {shown.map(({ title, entries }) => (
        <section key={title}>
          <h3 className="attributes-title">{title}</h3>
          <dl>
            {entries.map(([name, value]) => (
              <div key={name} className={isWide(value) ? "attribute is-wide" : "attribute"}>
                <dt>
                  <Breakable name={name} />
                </dt>
                <dd>
                  <Value value={value} />
                  <Copy text={jsonText(value)} what={t("Copy the value of {name}", { name })} />
                </dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
      {shown.length === 0 ? (
        <p className="panel-note">
          {number === 0 ? t("This span has no attributes.") : t("No attribute matches.")}
        </p>
      ) : null}
      {span.notes?.length ? (
        <section>
          <h3 className="attributes-title">{t("Reader notes")}</h3>
          {span.notes.map((note) => (
            <p key={note} className="muted">
              {note}
            </p>
          ))}
        </section>
      ) : null}
      {source?.instrumentation || source?.convention ? (
        <p className="faint slip-note">
          {[source.convention, source.instrumentation, source.version].filter(Boolean).join(" · ")}
        </p>
      ) : null}
    </div>
  );
}
