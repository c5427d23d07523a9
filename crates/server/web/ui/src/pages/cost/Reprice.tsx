// Prices change and are corrected: work out what history would cost by the present book, then book it, or undo that.

import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { get, post } from "../../api/client";
import type { PriceSources, Reprice, RepriceAnswer } from "../../api/money";
import { queryClient, type Scope, usePriceSources } from "../../api/queries";
import { Field } from "../../components/Field";
import { Panel } from "../../components/Panel";
import { Trouble } from "../../components/States";
import { Time } from "../../components/Time";
import { type FieldErrors, fieldErrors } from "../../lib/fieldErrors";
import { count, usdExact, usdSigned } from "../../lib/format";
import { t } from "../../lib/i18n";
import { fromLocalInput, minuteTime, resolveRange, toLocalInput } from "../../lib/time";
import { callsText } from "../../lib/words";
import { booksChange, Difference } from "./RepriceDifference";

interface Asked {
  since: string | null;
  until: string | null;
  provider: string | null;
  model: string | null;
}

const FIELDS = ["since", "until", "provider", "model"] as const;

function useBooked() {
  return useQuery({
    queryKey: ["reprices"],
    queryFn: async ({ signal }) =>
      (await get<{ reprices: Reprice[] }>("/prices/reprices", {}, signal)).reprices,
  });
}

/** Everything that shows money is asked again. */
function costsChanged(): void {
  void queryClient.invalidateQueries();
}

function booksText(books: PriceSources): string {
  const names = books.sources.filter((book) => book.in_use).map((book) => `${book.source} ${book.version}`);
  if (books.user && books.user.entries > 0)
    names.unshift(t("{n} own prices", { count: books.user.entries, n: count(books.user.entries) }));
  return names.join(", ");
}

export function RepricePanel({ scope }: { scope: Scope }) {
  const [open, setOpen] = useState(false);
  const books = usePriceSources();
  return (
    <Panel title={t("Prices")} note={books.data ? booksText(books.data) : undefined}>
      <button type="button" className="disclose" aria-expanded={open} onClick={() => setOpen(!open)}>
        <i aria-hidden="true" />
        {t("Recalculate past costs")}
      </button>
      {open ? <Form scope={scope} /> : null}
    </Panel>
  );
}

function Form({ scope }: { scope: Scope }) {
  const bounds = resolveRange(scope.range);
  const [since, setSince] = useState(toLocalInput(bounds.since ?? null));
  const [until, setUntil] = useState(toLocalInput(bounds.until ?? null));
  const [provider, setProvider] = useState("");
  const [model, setModel] = useState(scope.filters.model ?? "");
  const asked: Asked = {
    since: fromLocalInput(since),
    until: fromLocalInput(until),
    provider: provider.trim() || null,
    model: model.trim() || null,
  };
  const ask = (body: Asked & { dry_run: boolean }) => post<RepriceAnswer>("/prices/reprice", body);
  const dry = useMutation({ mutationFn: (body: Asked) => ask({ ...body, dry_run: true }) });
  const apply = useMutation({
    mutationFn: (body: Asked) => ask({ ...body, dry_run: false }),
    onSuccess: costsChanged,
  });
  const errors: FieldErrors = fieldErrors(dry.error ?? apply.error, FIELDS);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    apply.reset();
    dry.mutate(asked);
  };
  const edit = (change: (value: string) => void) => (value: string) => {
    change(value);
    dry.reset();
    apply.reset();
  };
  return (
    <>
      <form className="reprice-form" onSubmit={submit}>
        <Field
          label={t("From")}
          type="datetime-local"
          value={since}
          error={errors.of.since}
          onChange={edit(setSince)}
        />
        <Field
          label={t("To")}
          type="datetime-local"
          value={until}
          error={errors.of.until}
          onChange={edit(setUntil)}
        />
        <Field
          label={t("Provider")}
          value={provider}
          placeholder={t("any")}
          error={errors.of.provider}
          onChange={edit(setProvider)}
        />
        <Field
          label={t("Model")}
          value={model}
          placeholder={t("any")}
          error={errors.of.model}
          onChange={edit(setModel)}
        />
        <button type="submit" className="button" disabled={dry.isPending}>
          {t(dry.isPending ? "Calculating …" : "Show the difference")}
        </button>
      </form>
      {errors.rest ? <Trouble error={errors.rest} /> : null}
      {dry.data && !apply.data ? (
        <>
          <Difference answer={dry.data} />
          {dry.data.total.changed > 0 ? (
            <div className="form-actions">
              <button
                type="button"
                className="button is-main"
                disabled={apply.isPending}
                onClick={() => dry.variables && apply.mutate(dry.variables)}
              >
                {apply.isPending
                  ? t("Booking …")
                  : t("Apply to {n} calls", {
                      count: dry.data.total.changed,
                      n: count(dry.data.total.changed),
                    })}
              </button>
              <button type="button" className="button" onClick={() => dry.reset()}>
                {t("Leave as it is")}
              </button>
              <span className="faint">{t("The previous costs are kept, so you can undo this.")}</span>
            </div>
          ) : null}
        </>
      ) : null}
      {apply.data ? (
        <p className="done" role="status">
          {t("Booked for {n} calls: {difference}.", {
            count: apply.data.written,
            n: count(apply.data.written),
            difference: usdSigned(apply.data.total.difference_usd, 4),
          })}{" "}
          {apply.data.skipped > 0
            ? t("{n} changed meanwhile and were skipped.", { n: count(apply.data.skipped) })
            : ""}
        </p>
      ) : null}
      <History
        undone={() => {
          dry.reset();
          apply.reset();
        }}
      />
    </>
  );
}

/** How an undoing went, when not every call could be given its old figure back. */
function undoneText({ restored, changed_since, gone }: Undone): string {
  const rest = [
    changed_since > 0 ? t("{n} changed since and skipped", { n: count(changed_since) }) : "",
    gone > 0 ? t("{n} no longer stored", { n: count(gone) }) : "",
  ].filter(Boolean);
  const back = t("{n} calls restored to the previous cost", { count: restored, n: count(restored) });
  return [back, ...rest].join(", ");
}

interface Undone {
  restored: number;
  changed_since: number;
  gone: number;
}

function askedText({ asked }: Reprice): string {
  const from = asked.since ? minuteTime(asked.since) : t("the first call");
  const to = asked.until ? minuteTime(asked.until) : t("the last one then");
  return t("Calls from {from} to {to}", { from, to });
}

function History({ undone }: { undone: () => void }) {
  const query = useBooked();
  const undo = useMutation({
    mutationFn: (id: string) => post<Undone>(`/prices/reprices/${encodeURIComponent(id)}/undo`, {}),
    onSuccess: () => {
      undone();
      costsChanged();
    },
  });
  if (!query.data?.length) return query.isError ? <Trouble error={query.error} /> : null;
  return (
    <>
      <h3 className="history-head">{t("Previous recalculations")}</h3>
      {undo.isError ? <Trouble error={undo.error} /> : null}
      {undo.data ? (
        <p className="done" role="status">
          {undoneText(undo.data)}.
        </p>
      ) : null}
      <ul className="history">
        {query.data.map((entry) => (
          <li key={entry.id} className={entry.state === "undone" ? "is-undone" : undefined}>
            <span title={`${askedText(entry)}\n${booksChange(entry)}`}>
              <Time at={entry.at} show={minuteTime} />{" "}
              <span className="muted">
                {[entry.asked.provider, entry.asked.model].filter(Boolean).join(" ") || t("all models")}
              </span>
            </span>
            <span className="figure push">{callsText(entry.total.changed)}</span>
            <span className="figure" title={usdExact(entry.total.difference_usd)}>
              {usdSigned(entry.total.difference_usd, 4)}
            </span>
            {entry.state === "undone" ? (
              <span className="faint">{t("undone")}</span>
            ) : (
              <button
                type="button"
                className="quiet-button"
                disabled={undo.isPending}
                title={entry.state === "unfinished" ? t("It was cut off before its end") : undefined}
                onClick={() => undo.mutate(entry.id)}
              >
                {t(entry.state === "unfinished" ? "Undo, interrupted" : "Undo")}
              </button>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}
