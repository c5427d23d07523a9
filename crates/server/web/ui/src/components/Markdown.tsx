// Markdown of messages as elements of text only: no address is opened, no picture is fetched, no HTML is read.
import { Fragment, type ReactNode, useMemo } from "react";
import { t } from "../lib/i18n";
import { type Block, type Inline, markdown } from "../lib/markdown";
import { Copy } from "./Copy";
import { Marked } from "./Marked";

function Line({ parts }: { parts: readonly Inline[] }): ReactNode {
  return parts.map((part, index) => (
    <Fragment key={index}>
      <One part={part} />
    </Fragment>
  ));
}

function One({ part }: { part: Inline }): ReactNode {
  switch (part.type) {
    case "text":
      return <Marked text={part.text} />;
    case "code":
      return (
        <code>
          <Marked text={part.text} />
        </code>
      );
    case "strong":
      return (
        <strong>
          <Line parts={part.parts} />
        </strong>
      );
    case "em":
      return (
        <em>
          <Line parts={part.parts} />
        </em>
      );
    case "strike":
      return (
        <s>
          <Line parts={part.parts} />
        </s>
      );
    case "link":
      return (
        <span className="md-link" title={part.address}>
          <Line parts={part.parts} /> <span className="faint">({part.address})</span>
        </span>
      );
  }
}

function Table({ head, rows }: { head: readonly Inline[][]; rows: readonly Inline[][][] }) {
  return (
    <div className="md-table" role="region" tabIndex={0} aria-label={t("Table in the message")}>
      <table>
        <thead>
          <tr>
            {head.map((cell, index) => (
              <th key={index} scope="col">
                <Line parts={cell} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, at) => (
            <tr key={at}>
              {row.map((cell, index) => (
                <td key={index}>
                  <Line parts={cell} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Piece({ block }: { block: Block }): ReactNode {
  switch (block.type) {
    case "paragraph":
      return (
        <p>
          <Line parts={block.parts} />
        </p>
      );
    case "heading":
      return (
        <p className={`md-heading md-heading-${Math.min(block.level, 3)}`}>
          <Line parts={block.parts} />
        </p>
      );
    case "rule":
      return <hr />;
    case "code":
      return (
        <div className="md-code">
          <pre>
            <Marked text={block.text} />
          </pre>
          <Copy text={block.text} what={t("Copy the code")} />
        </div>
      );
    case "quote":
      return (
        <blockquote>
          <Pieces blocks={block.blocks} />
        </blockquote>
      );
    case "table":
      return <Table head={block.head} rows={block.rows} />;
    case "list": {
      const items = block.items.map((item, index) => (
        <li key={index}>
          <Pieces blocks={item} />
        </li>
      ));
      return block.ordered ? <ol start={block.start}>{items}</ol> : <ul>{items}</ul>;
    }
  }
}

function Pieces({ blocks }: { blocks: readonly Block[] }): ReactNode {
  return blocks.map((block, index) => (
    <Fragment key={index}>
      <Piece block={block} />
    </Fragment>
  ));
}

export function Markdown({ text }: { text: string }) {
  const blocks = useMemo(() => markdown(text), [text]);
  return (
    <div className="text md" dir="auto">
      <Pieces blocks={blocks} />
    </div>
  );
}
