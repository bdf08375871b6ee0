#!/usr/bin/env node
// Judges what a tap saw (tap.mjs): no violation, and no operation of the document that nobody tried. Says so as tests do.
//   report.mjs REPORT
import { readFileSync } from "node:fs";
import { operations } from "./document.mjs";

const { exchanges, violations, seen } = JSON.parse(readFileSync(process.argv[2], "utf8"));

function say(number, name, problems) {
  console.log(`${problems.length > 0 ? "not ok" : "ok"} ${number} - ${name}`);
  if (problems.length === 0) return;
  console.log("  ---\n  error: |-");
  problems.forEach((problem) => console.log(`    ${problem}`));
  console.log("  ...");
  process.exitCode = 1;
}

const names = operations().map(({ method, path }) => `${method.toUpperCase()} ${path}`);
say(
  1,
  `${exchanges} exchanges without a violation`,
  Object.entries(violations).map(([violation, times]) => `${times} times ${violation}`),
);
say(
  2,
  "all operations were tried, and went well once",
  names.filter((name) => !seen[name]?.some((status) => status < 400)),
);
