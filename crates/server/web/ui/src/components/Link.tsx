import type { AnchorHTMLAttributes, MouseEvent } from "react";
import { navigate } from "../state/url";

type Props = AnchorHTMLAttributes<HTMLAnchorElement> & { href: string };

/** An anchor that stays in the page on a plain click and is a real link for every other one. */
export function Link({ href, onClick, ...rest }: Props) {
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (event.defaultPrevented || !plain) return;
    event.preventDefault();
    navigate(href);
  };
  return <a href={href} onClick={follow} {...rest} />;
}
