// Buttons that need a permission: without it they are there, disabled, and say why before anything is filled in.
import type { ButtonHTMLAttributes } from "react";
import { useMe } from "../api/access";
import { t } from "../lib/i18n";

type Permission = "write" | "admin";

/** Why the reader may not do what needs the permission; null where they may. */
export function useForbidden(permission: Permission): string | null {
  const me = useMe().data;
  if (!me || me.permissions.includes(permission)) return null;
  return permission === "admin"
    ? t("This needs the role admin in the project")
    : t("This needs the role editor or admin in the project");
}

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  needs: Permission;
}

export function AllowedButton({ needs, disabled, title, ...rest }: Props) {
  const forbidden = useForbidden(needs);
  return (
    <button type="button" {...rest} disabled={disabled || forbidden !== null} title={forbidden ?? title} />
  );
}
