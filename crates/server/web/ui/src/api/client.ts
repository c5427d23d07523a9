// One way to ask the server. Every failure becomes a Problem that says what, where and what to do.
import { t } from "../lib/i18n";
import { noteMissing } from "../state/partial";

export class Problem extends Error {
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** The route that failed, without its query. */
  readonly route: string;
  /** The character of the filter that could not be read, from 0. */
  readonly position: number | null;
  /** Which kind of problem, as the server's guide calls it; "" where the server did not say. */
  readonly kind: string;

  constructor(
    title: string,
    status: number,
    detail: string,
    route: string,
    position: number | null = null,
    kind = "",
  ) {
    super(title);
    this.title = title;
    this.status = status;
    this.detail = detail;
    this.route = route;
    this.position = position;
    this.kind = kind;
  }
}

/** What the server expected in a filter, without where: that is underlined in the filter bar. */
export function filterTrouble(problem: Problem): string {
  return problem.detail.replace(/^parameter "filter", after \d+ characters?: /, "");
}

/** A list gives its parameter once for each value. */
export type Params = Record<string, string | number | readonly string[] | null | undefined>;

export function withParams(path: string, params: Params = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (Array.isArray(value)) for (const one of value) query.append(name, one);
    else if (value !== null && value !== undefined && value !== "") query.set(name, String(value));
  }
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

async function problemOf(response: Response, route: string): Promise<Problem> {
  const fallback = response.statusText || t("The server could not answer");
  try {
    const body: unknown = await response.json();
    if (typeof body === "object" && body !== null) {
      const { title, detail, position, type } = body as Record<string, unknown>;
      return new Problem(
        typeof title === "string" ? title : fallback,
        response.status,
        typeof detail === "string" ? detail : "",
        route,
        typeof position === "number" ? position : null,
        typeof type === "string" ? type.slice(type.lastIndexOf("#") + 1) : "",
      );
    }
  } catch {
    // Not JSON: a proxy in between, most likely.
  }
  return new Problem(fallback, response.status, "", route);
}

async function ask<T>(route: string, address: string, init: RequestInit, signal?: AbortSignal): Promise<T> {
  let response: Response;
  try {
    response = await fetch(address, { ...init, ...(signal ? { signal } : {}) });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new Problem(
      "The server cannot be reached",
      0,
      "Is quipu serve running? This page asks again by itself.",
      route,
    );
  }
  if (!response.ok) throw await problemOf(response, route);
  noteMissing(response.headers.get("quipu-partial"));
  const text = await response.text();
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

/** GET, answered as JSON. Throws a Problem. Paths are those of /api/v1, but for the few older routes under /api. */
export function get<T>(path: string, params: Params = {}, signal?: AbortSignal): Promise<T> {
  const route = path.startsWith("/api/") ? path : `/api/v1${path}`;
  return ask<T>(route, withParams(route, params), { headers: { accept: "application/json" } }, signal);
}

/** Sends JSON and reads JSON; an answer without a body is undefined. Throws a Problem. */
function send<T>(method: string, path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  const route = `/api/v1${path}`;
  const headers = { accept: "application/json", "content-type": "application/json" };
  const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  return ask<T>(route, route, init, signal);
}

export const post = <T>(path: string, body: unknown, signal?: AbortSignal) =>
  send<T>("POST", path, body, signal);
export const put = <T>(path: string, body: unknown) => send<T>("PUT", path, body);
export const patch = <T>(path: string, body: unknown) => send<T>("PATCH", path, body);
export const remove = <T>(path: string) => send<T>("DELETE", path, undefined);
