// Who is here, what they may do, and who else may come in.
import { useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query";
import { get, Problem, patch, post, remove } from "./client";
import { queryClient } from "./queries";

export const ROLES = ["viewer", "editor", "admin"] as const;
export type Role = (typeof ROLES)[number];
export const SCOPES = ["ingest", "read", "admin"] as const;
export type Scope = (typeof SCOPES)[number];

export interface Me {
  /** Whether the server asks who comes. */
  access: boolean;
  /** Null as long as nobody has said who they are. */
  principal: { kind: "user" | "key" | "local"; id: string; name: string } | null;
  /** Somebody else chose their password: nothing is let through before they chose another one. */
  password_change_required: boolean;
  /** The role in each project; null for a key that may only send. */
  roles: Record<string, Role | null>;
  /** Whether the whole server is theirs to configure: users, keys of every project, the audit. */
  everywhere: boolean;
  /** In the project that they look at. */
  permissions: ("ingest" | "read" | "write" | "admin")[];
  projects: string[];
  project: string | null;
  /** Whether somebody else can vouch for a user. */
  oidc: boolean;
}

export interface ApiKey {
  id: string;
  name: string;
  /** Null: every project. */
  project: string | null;
  scopes: Scope[];
  created_at: string;
  created_by: string;
  expires_at: string | null;
  revoked_at: string | null;
  /** To the hour. */
  used_at: string | null;
  state: "active" | "expired" | "revoked";
}

export interface User {
  name: string;
  /** By project; "*" is every project. */
  roles: Record<string, Role>;
  disabled: boolean;
  created_at: string;
  seen_at: string | null;
  /** An issuer vouches for them: there is no password. */
  oidc: boolean;
  /** Somebody else chose the password, and they did not change it yet. */
  password_change_required: boolean;
  /** Until when that one lets them in. */
  initial_password_ends_at: string | null;
}

export interface AuditEntry {
  seq: number;
  time: string;
  /** KIND:ID */
  actor: string;
  action: string;
  object: string | null;
  project: string | null;
  outcome: "done" | "denied" | "failed";
  from: string | null;
  detail: Record<string, string>;
}

const MINUTE = 60_000;

const ME = {
  queryKey: ["me"],
  staleTime: MINUTE,
  queryFn: ({ signal }: { signal: AbortSignal }) => get<Me>("/me", {}, signal),
};

/** Asks who is here, before anything is drawn. A failure is told where it is drawn. */
export const askMe = (): Promise<void> => queryClient.prefetchQuery(ME);

export function useMe() {
  // The frame asks too, and is drawn only once this is answered: asked anew by each mount, a failure would
  // never end.
  return useQuery({ ...ME, retryOnMount: false });
}

/** Everything on the screen is somebody else's now. */
function anew(): void {
  if (window.location.pathname === "/login") window.location.assign("/");
  else window.location.reload();
}

export const useLogin = () =>
  useMutation({
    mutationFn: (who: { name: string; password: string }) => post<unknown>("/login", who),
    onSuccess: anew,
  });

export const useLogout = () =>
  useMutation({ mutationFn: () => post<unknown>("/logout", {}), onSuccess: anew });

const changePassword = (change: { old: string; new: string }) => post<unknown>("/me/password", change);

export const usePassword = () => useMutation({ mutationFn: changePassword });

/** In place of one that somebody else chose. Then the page that was asked for is loaded. */
export const useFirstPassword = () => useMutation({ mutationFn: changePassword, onSuccess: anew });

/** Which of the two passwords a refusal is about; `rest` where it is about neither. */
export function passwordErrors(error: unknown): { old?: string; new?: string; rest: unknown } {
  if (error instanceof Problem && error.status === 401) return { old: error.detail, rest: null };
  if (error instanceof Problem && error.status === 400)
    return { new: error.detail.charAt(0).toUpperCase() + error.detail.slice(1), rest: null };
  return { rest: error };
}

/** Looks at another project from now on. */
export function chooseProject(name: string): void {
  const secure = window.location.protocol === "https:" ? "; Secure" : "";
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not there over plain http
  document.cookie = `quipu_project=${encodeURIComponent(name)}; Path=/; SameSite=Strict; Max-Age=31536000${secure}`;
  window.location.assign("/");
}

export const useKeysOf = () =>
  useQuery({
    queryKey: ["keys"],
    queryFn: ({ signal }) => get<{ keys: ApiKey[] }>("/keys", {}, signal),
    select: (answer) => answer.keys,
  });

export const useUsers = () =>
  useQuery({
    queryKey: ["accounts"],
    queryFn: ({ signal }) => get<{ users: User[] }>("/users", {}, signal),
    select: (answer) => answer.users,
  });

const ask = (key: string) => () => void queryClient.invalidateQueries({ queryKey: [key] });

export interface NewKey {
  name: string;
  /** Left out: every project. */
  project?: string;
  all_projects: boolean;
  scopes: Scope[];
  expires_at: string | null;
}

export const useAddKey = () =>
  useMutation({
    mutationFn: (key: NewKey) => post<{ key: ApiKey; secret: string }>("/keys", key),
    onSuccess: ask("keys"),
  });

export const useRevokeKey = () =>
  useMutation({
    mutationFn: (id: string) => remove<unknown>(`/keys/${encodeURIComponent(id)}`),
    onSuccess: ask("keys"),
  });

export const useAddUser = () =>
  useMutation({
    mutationFn: (user: { name: string; password: string; roles: Record<string, Role> }) =>
      post<unknown>("/users", user),
    onSuccess: ask("accounts"),
  });

export interface UserChange {
  roles?: Record<string, Role>;
  disabled?: boolean;
  password?: string;
}

export const useChangeUser = () =>
  useMutation({
    mutationFn: ({ name, change }: { name: string; change: UserChange }) =>
      patch<unknown>(`/users/${encodeURIComponent(name)}`, change),
    onSuccess: ask("accounts"),
  });

export const useRemoveUser = () =>
  useMutation({
    mutationFn: (name: string) => remove<unknown>(`/users/${encodeURIComponent(name)}`),
    onSuccess: ask("accounts"),
  });

export const useAudit = (filters: { actor: string; action: string }) =>
  useInfiniteQuery({
    queryKey: ["audit", filters],
    initialPageParam: null as number | null,
    queryFn: ({ pageParam, signal }) =>
      get<{ entries: AuditEntry[]; next: number | null }>(
        "/audit",
        { ...filters, limit: 100, before: pageParam },
        signal,
      ),
    getNextPageParam: (last) => last.next,
  });

export interface Verdict {
  holds: boolean;
  entries: number;
  faults: string[];
  /** SEQ:HASH of the last entry: what to keep elsewhere. */
  head: string;
}

export const useVerdict = () => useMutation({ mutationFn: () => get<Verdict>("/audit/verify") });
