// Markdown tables, and the places in a document where they go.
import { readFileSync, writeFileSync } from "node:fs";

/** The first `left` columns are aligned to the left, the others to the right. */
export function table(head, rows, left) {
  const rule = head.map((_, column) => (column < left ? "---" : "--:"));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** Replaces what is between `<!-- name -->` and `<!-- end of name -->`. */
export function replaceTable(document, name, text) {
  const [start, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
  const before = readFileSync(document, "utf8");
  const [from, to] = [before.indexOf(start), before.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${document} has no place for the table '${name}'`);
  writeFileSync(document, `${before.slice(0, from + start.length)}\n\n${text}\n\n${before.slice(to)}`);
}

export const formatted = (number) => number.toLocaleString("en-US");
