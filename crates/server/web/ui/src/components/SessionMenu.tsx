// The current user, the choice of a project, and the logout.
import { chooseProject, useLogout, useMe } from "../api/access";
import { t } from "../lib/i18n";

export function SessionMenu() {
  const me = useMe().data;
  const logout = useLogout();
  if (!me) return null;
  return (
    <>
      {me.projects.length > 1 ? (
        <select
          className="project-choice"
          aria-label={t("Project")}
          value={me.project ?? ""}
          onChange={(event) => chooseProject(event.target.value)}
        >
          {me.projects.map((project) => (
            <option key={project}>{project}</option>
          ))}
        </select>
      ) : null}
      {me.access && me.principal ? (
        <span className="session-line">
          <span className="cut" title={me.principal.name}>
            {me.principal.name}
          </span>
          <button
            type="button"
            className="quiet-button"
            disabled={logout.isPending}
            onClick={() => logout.mutate()}
          >
            {t("Log out")}
          </button>
        </span>
      ) : null}
    </>
  );
}
