// Who may come in, and to what? Keys are for programs, users for people.
import "./access.css";
import { useMe } from "../../api/access";
import { PageHead } from "../../components/PageTop";
import { Failure, Loading } from "../../components/States";
import { t } from "../../lib/i18n";
import { Keys } from "./Keys";
import { OwnPassword } from "./OwnPassword";
import { Users } from "./Users";

export function Access() {
  const me = useMe();
  const body = () => {
    if (me.isError && !me.data) return <Failure error={me.error} retry={() => void me.refetch()} />;
    if (!me.data) return <Loading what={t("Loading …")} />;
    return (
      <div className="access">
        {me.data.access ? null : <Open />}
        {me.data.principal?.kind === "user" ? <OwnPassword /> : null}
        {me.data.permissions.includes("admin") ? (
          <>
            <Keys projects={me.data.projects} everywhere={me.data.everywhere} />
            {me.data.everywhere ? <Users /> : null}
          </>
        ) : (
          <p className="part-empty">{t("Only admins can see and change keys and users.")}</p>
        )}
      </div>
    );
  };
  return (
    <>
      <PageHead title={t("Access")} />
      <div className="page-body scrolls">{body()}</div>
    </>
  );
}

function Open() {
  return (
    <p className="access-open" role="note">
      {t(
        "This server needs no login, because only programs on its own machine reach it. After you create the first user, the next start requires a login. Make that user an admin, and create a key for each agent. Without users, keys are checked only if the server listens beyond this machine.",
      )}
    </p>
  );
}
