// Images within messages. Their bytes come with the telemetry and are drawn onto a canvas; nothing is ever fetched, and
// an address somewhere else is shown as the text that it is.
import { useEffect, useRef, useState } from "react";
import { bytes } from "../../lib/format";
import { t } from "../../lib/i18n";

/** Formats that hold nothing but pixels. SVG can hold scripts and references, so it is none of them. */
const PIXELS = new Set(["image/png", "image/jpeg", "image/jpg", "image/gif", "image/webp", "image/bmp"]);
const MOST_BYTES = 24 * 1024 * 1024;
const WIDEST = 520;
const TALLEST = 420;

export interface Media {
  mime: string;
  /** Base64; null when only an address or an id was sent. */
  data: string | null;
  /** What stands in for the bytes. */
  address: string | null;
}

const textOf = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function fromAddress(address: string, mime: string | null): Media {
  const match = /^data:([a-z]+\/[a-z0-9.+-]+)?(?:;[^,;]*)*;base64,/i.exec(address.slice(0, 200));
  if (!match) return { mime: mime ?? "", data: null, address };
  return {
    mime: (match[1] ?? mime ?? "").toLowerCase(),
    data: address.slice(match[0].length),
    address: null,
  };
}

/** The address that an image names, however deep: OpenInference has `image.image.url`. */
function addressIn(value: unknown, depth = 0): string | null {
  if (typeof value === "string") return textOf(value);
  if (depth > 2) return null;
  const { url, image, image_url } = record(value);
  return textOf(url) ?? (image || image_url ? addressIn(image ?? image_url, depth + 1) : null);
}

/**
 * Media of a message's part, in the forms that providers and conventions use: OpenTelemetry's blob, uri and file,
 * OpenAI's image_url and input_image, Anthropic's source, Gemini's inline_data, OpenInference's image. null for any other part.
 */
export function mediaOf(part: Record<string, unknown>): Media | null {
  const source = record(part.source);
  const inline = record(part.inline_data ?? part.inlineData);
  const image = part.image_url ?? part.image ?? part.input_image;
  const mime =
    textOf(part.mime_type) ??
    textOf(part.media_type) ??
    textOf(source.media_type) ??
    textOf(inline.mime_type) ??
    textOf(inline.mimeType);
  const data =
    textOf(source.data) ??
    textOf(inline.data) ??
    (part.type === "blob" ? (textOf(part.content) ?? textOf(part.data)) : textOf(part.data));
  if (data && mime) return data.startsWith("data:") ? fromAddress(data, mime) : { mime, data, address: null };
  const address =
    addressIn(image) ??
    addressIn(
      part["message_content.image"] ?? part["image.image.url"] ?? part["message_content.image.image.url"],
    ) ??
    textOf(part.uri) ??
    textOf(source.url) ??
    (part.type === "uri" ? textOf(part.value) : null);
  if (address) return fromAddress(address, mime);
  const file = textOf(part.file_id);
  return file ? { mime: mime ?? "", data: null, address: file } : null;
}

function decode(data: string): Uint8Array<ArrayBuffer> | null {
  try {
    const text = atob(data.replaceAll("-", "+").replaceAll("_", "/").replace(/\s+/g, ""));
    const result = new Uint8Array(text.length);
    for (let index = 0; index < text.length; index += 1) result[index] = text.charCodeAt(index);
    return result;
  } catch {
    return null;
  }
}

async function draw(canvas: HTMLCanvasElement, blob: Blob): Promise<string> {
  const whole = await createImageBitmap(blob);
  const scale = Math.min(1, WIDEST / whole.width, TALLEST / whole.height);
  canvas.width = Math.max(1, Math.round(whole.width * scale));
  canvas.height = Math.max(1, Math.round(whole.height * scale));
  canvas.getContext("2d")?.drawImage(whole, 0, 0, canvas.width, canvas.height);
  const size = `${whole.width} × ${whole.height}`;
  whole.close();
  return size;
}

export function Picture({ media }: { media: Media }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [state, setState] = useState<{ size: string } | "bad" | null>(null);
  const { data, mime, address } = media;
  const drawable = data !== null && PIXELS.has(mime) && data.length * 0.75 <= MOST_BYTES;
  useEffect(() => {
    const element = canvas.current;
    if (!drawable || !element || data === null) return;
    let gone = false;
    const pixels = decode(data);
    const work = pixels
      ? draw(element, new Blob([pixels], { type: mime }))
      : Promise.reject(new Error("base64"));
    work.then(
      (size) => !gone && setState({ size }),
      () => !gone && setState("bad"),
    );
    return () => {
      gone = true;
    };
  }, [data, mime, drawable]);
  const kind = mime || t("file");
  if (data === null) {
    return (
      <p className="media">
        <span className="kind hue-other">{kind}</span>
        <span className="mono media-address">{address}</span>
        <span className="faint">{t("Not loaded. Only content sent with the trace is shown.")}</span>
      </p>
    );
  }
  const size = bytes(Math.round(data.length * 0.75));
  return (
    <figure className="media">
      {drawable && state !== "bad" ? (
        <canvas ref={canvas} role="img" aria-label={t("Image within the message, {kind}", { kind })} />
      ) : null}
      <figcaption className="faint">
        {kind} · <span className="figure">{size}</span>
        {state !== null && state !== "bad" ? <span className="figure"> · {state.size}</span> : null}
        {state === "bad" ? ` · ${t("cannot be drawn")}` : drawable ? null : ` · ${t("not drawn")}`}
      </figcaption>
    </figure>
  );
}
