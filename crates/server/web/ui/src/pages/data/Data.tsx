// How long is what kept, what is held back from that, and how is somebody forgotten?
import "./data.css";
import { useMe } from "../../api/access";
import { PageHead } from "../../components/PageTop";
import { Failure, Loading } from "../../components/States";
import { t } from "../../lib/i18n";
import { Forget } from "./Forget";
import { Holds } from "./Holds";
import { Retention } from "./Retention";

export function Data() {
  const me = useMe();
  const body = () => {
    if (me.isError && !me.data) return <Failure error={me.error} retry={() => void me.refetch()} />;
    if (!me.data) return <Loading what={t("Loading …")} />;
    const may = me.data.permissions;
    return (
      <div className="data">
        <Retention admin={may.includes("admin")} />
        <Holds writer={may.includes("write")} />
        <Forget admin={may.includes("admin")} />
      </div>
    );
  };
  return (
    <>
      <PageHead title={t("Data")} />
      <div className="page-body scrolls">{body()}</div>
    </>
  );
}
