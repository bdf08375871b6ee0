// Holds answers against the JSON schemas in schemas/, one document a version, one definition an answer.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import Ajv2020 from "ajv/dist/2020.js";

const folder = new URL("schemas/", import.meta.url);
const ajv = new Ajv2020({ allErrors: true, strict: true, strictRequired: false, strictTypes: false });
for (const name of readdirSync(folder)) {
  ajv.addSchema(JSON.parse(readFileSync(new URL(name, folder), "utf8")));
}

// The definition `name` of the version's document: "create", "getVerify", "error"…
export function assertShape(version, name, value) {
  const validate = ajv.getSchema(`${version}.json#/$defs/${name}`);
  assert.ok(validate, `no schema ${version} ${name}`);
  if (validate(value)) return;
  assert.fail(
    `not a ${name} of ${version}:\n${ajv.errorsText(validate.errors, { separator: "\n" })}\n` +
      JSON.stringify(value, null, 1),
  );
}
