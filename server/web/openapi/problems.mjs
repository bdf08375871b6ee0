// The server's own tables of what can go wrong (base/problem_table.h and what stands beside it), read as text, so
// that no code is written down twice.
import { readFileSync } from "node:fs";

const read = (name) => readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");

// The arguments of each MACRO(…) of an X-macro table, texts without their quotes.
function rows(text, macro) {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, "");
  const calls = code.matchAll(new RegExp(`^${macro}\\(((?:"(?:[^"\\\\]|\\\\.)*"|[^")])*)\\)`, "gm"));
  return [...calls].map(([, inner]) => arguments_of(inner));
}

function arguments_of(inner) {
  const found = [];
  let current = "";
  for (const [token] of inner.matchAll(/"(?:[^"\\]|\\.)*"|,|[^",\s]+/g)) {
    if (token === ",") {
      found.push(current);
      current = "";
    } else {
      current += token.startsWith('"') ? JSON.parse(token) : token;
    }
  }
  return [...found, current];
}

const adviceWords = new Map(rows(read("base/advice_table.h"), "ADVICE").map(([symbol, word]) => [symbol, word]));
export const reasonWord = rows(read("domain/reason_table.h"), "REASON").map(([, word]) => word);
export const adviceWord = [...adviceWords.values()];

// {symbol: {code, status, advice, message, cause}}
export const problems = Object.fromEntries(
  rows(read("base/problem_table.h"), "PROBLEM").map(([symbol, code, status, advice, message, cause]) => [
    symbol,
    { code, status: Number(status), advice: adviceWords.get(advice), message, cause },
  ]),
);

// What the server itself never answers: the emulator alone does.
export const answered = Object.entries(problems)
  .filter(([, { cause }]) => !cause.startsWith("Only the emulator"))
  .map(([symbol]) => symbol);
