// What the README shows, to be run as it stands.
import { readFileSync } from "node:fs";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");

// The one block of the language that holds the word.
export function snippet(language, word) {
  const blocks = readme
    .split(`\`\`\`${language}\n`)
    .slice(1)
    .map((rest) => rest.split("\n```")[0])
    .filter((block) => block.includes(word));
  if (blocks.length !== 1) throw new Error(`the README has ${blocks.length} blocks of ${language} with ${word}`);
  return blocks[0];
}
