// Users: people with a name, a password and a role in each project.
import { useState } from "react";
import {
  ROLES,
  type Role,
  type User,
  useAddUser,
  useChangeUser,
  useMe,
  useRemoveUser,
  useUsers,
} from "../../api/access";
import { Answered, Panel } from "../../components/Panel";
import { Trouble } from "../../components/States";
import { t } from "../../lib/i18n";
import { fullTime } from "../../lib/time";
import { Sure } from "./Sure";
import { UserForm } from "./UserForm";

/** Stands for every project in a user's roles. */
const EVERY = "*";

export function Users() {
  const users = useUsers();
  const add = useAddUser();
  const [making, setMaking] = useState(false);
  return (
    <Panel
      title={t("Users")}
      note={
        making ? null : (
          <button type="button" className="quiet-button" onClick={() => setMaking(true)}>
            {t("New user")}
          </button>
        )
      }
    >
      {making ? <UserForm add={add} close={() => setMaking(false)} /> : null}
      <Answered query={users} lines={3}>
        {(list) =>
          list.length > 0 ? (
            <UserTable users={list} />
          ) : (
            <p className="part-empty">{t("No users yet. The first one should be an admin.")}</p>
          )
        }
      </Answered>
    </Panel>
  );
}

function UserTable({ users }: { users: readonly User[] }) {
  const change = useChangeUser();
  const drop = useRemoveUser();
  const error = change.error ?? drop.error;
  return (
    <>
      {error ? <Trouble error={error} /> : null}
      <table className="slip rows access-rows">
        <thead>
          <tr>
            <th scope="col">{t("Name")}</th>
            <th scope="col">{t("Role in every project")}</th>
            <th scope="col">{t("Project roles")}</th>
            <th scope="col">{t("State")}</th>
            <th scope="col">
              <span className="sr-only">{t("Actions")}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {users.map((user) => (
            <UserRow
              key={user.name}
              user={user}
              pending={change.isPending || drop.isPending}
              change={change.mutate}
              drop={drop.mutate}
            />
          ))}
        </tbody>
      </table>
    </>
  );
}

function State({ user }: { user: User }) {
  if (user.disabled) return t("disabled");
  if (user.oidc) return t("by single sign-on");
  const end = user.initial_password_ends_at;
  if (end === null) return t("active");
  const over = Date.parse(end) <= Date.now();
  return (
    <span className="initial-mark" title={t("Until {time}", { time: fullTime(end) })}>
      {over ? t("initial password, expired") : t("initial password")}
    </span>
  );
}

interface RowProps {
  user: User;
  pending: boolean;
  change: ReturnType<typeof useChangeUser>["mutate"];
  drop: (name: string) => void;
}

function UserRow({ user, pending, change, drop }: RowProps) {
  const own = useMe().data?.principal?.id === user.name;
  const { [EVERY]: everywhere, ...single } = user.roles;
  const pick = (role: string) => {
    const roles = role === "" ? single : { ...single, [EVERY]: role as Role };
    change({ name: user.name, change: { roles } });
  };
  return (
    <tr className={user.disabled ? "is-gone" : undefined}>
      <th scope="row">{user.name}</th>
      <td>
        <select
          aria-label={t("Role of {name} in every project", { name: user.name })}
          value={everywhere ?? ""}
          disabled={pending || own}
          onChange={(event) => pick(event.target.value)}
        >
          <option value="">{t("none")}</option>
          {ROLES.map((role) => (
            <option key={role}>{role}</option>
          ))}
        </select>
      </td>
      <td>
        {Object.entries(single)
          .map(([project, role]) => `${project}: ${role}`)
          .join(", ") || "–"}
      </td>
      <td>
        <State user={user} />
      </td>
      <td className="row-action">
        {own ? null : (
          <>
            <button
              type="button"
              className="quiet-button"
              disabled={pending}
              onClick={() => change({ name: user.name, change: { disabled: !user.disabled } })}
            >
              {user.disabled ? t("Enable") : t("Disable")}
            </button>
            <Sure
              ask={t("Remove")}
              confirm={t("Remove permanently")}
              about={user.name}
              pending={pending}
              act={() => drop(user.name)}
            />
          </>
        )}
      </td>
    </tr>
  );
}
