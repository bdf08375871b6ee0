// The document by itself: it is what its source makes, its examples are what its schemas say, and the linters of
// redocly and spectral find nothing.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import Ajv2020 from "ajv/dist/2020.js";
import { document, file, operations, resolved, strict } from "./document.mjs";

const here = fileURLToPath(new URL("./", import.meta.url));
const path = fileURLToPath(file);

async function run(program, args) {
  const options = { cwd: here, maxBuffer: 16 * 1024 * 1024, env: { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" } };
  return promisify(execFile)(program, args, options).catch((error) => {
    throw new Error(`${error.stdout}\n${error.stderr}`);
  });
}

test("it is what server/web/openapi makes", async () => {
  const { stdout } = await run(process.execPath, [fileURLToPath(new URL("openapi/make.mjs", file)), "--print"]);
  assert.ok(stdout === `${JSON.stringify(document, null, 1)}\n`, "run server/web/openapi/make.mjs");
});

test("redocly finds nothing", () => run("node_modules/.bin/redocly", ["lint", path, "--config", "redocly.yaml", "--max-problems", "50"]));

test("spectral finds nothing", () =>
  run("node_modules/.bin/spectral", ["lint", "--fail-severity", "hint", "--ruleset", "spectral.yaml", path]));

// Every content of the document, with where it stands.
function contents() {
  const found = [];
  const add = (where, content = {}) => {
    for (const [type, media] of Object.entries(content)) found.push({ where: `${where} ${type}`, type, media });
  };
  for (const { path: at, method, operation } of operations()) {
    add(`${method} ${at}`, operation.requestBody?.content);
    for (const [status, answer] of Object.entries(operation.responses)) {
      if (!answer.$ref) add(`${method} ${at} ${status}`, answer.content);
    }
  }
  for (const [name, answer] of Object.entries(document.components.responses)) add(name, answer.content);
  return found;
}

const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
ajv.addSchema({ ...strict(), $id: "strict" });

function validatorOf(schema) {
  return ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"strict#/components')));
}

test("every example is what its schema says, and no more", () => {
  let checked = 0;
  for (const { where, media } of contents()) {
    const validate = validatorOf(media.schema);
    for (const [name, example] of Object.entries(media.examples ?? {})) {
      assert.ok(validate(resolved(example).value), `${where} ${name}: ${ajv.errorsText(validate.errors)}`);
      checked += 1;
    }
  }
  assert.ok(checked > 200, `${checked} examples`);
});

test("every body in JSON and every parameter has an example", () => {
  for (const { where, type, media } of contents()) {
    if (/json/.test(type)) assert.ok(Object.keys(media.examples ?? {}).length > 0, where);
  }
  for (const [name, parameter] of Object.entries(document.components.parameters)) {
    const validate = validatorOf(parameter.schema);
    assert.ok(validate(parameter.example), `${name}: ${ajv.errorsText(validate.errors)}`);
  }
  for (const [name, header] of Object.entries(document.components.headers)) {
    const validate = validatorOf(header.schema);
    assert.ok(validate(header.example), `${name}: ${ajv.errorsText(validate.errors)}`);
  }
});

test("every code of an error is that of an answer with an example", () => {
  const codes = new Set();
  for (const answer of Object.values(document.components.responses)) {
    const { headers, content } = answer;
    headers["x-ms-error-code"].schema.enum.forEach((code) => codes.add(code));
    const shown = Object.values(content["application/json"].examples).map((each) => resolved(each).value.error.code);
    assert.deepEqual(new Set(shown), new Set(headers["x-ms-error-code"].schema.enum));
  }
  assert.deepEqual([...codes].sort(), document.components.schemas.ErrorCode.enum);
});

test("every answer says which headers it has, every operation who may call", () => {
  for (const { path: at, method, operation } of operations()) {
    assert.ok(Array.isArray(operation.security), `${method} ${at}`);
    for (const [status, answer] of Object.entries(operation.responses)) {
      const { headers } = resolved(answer);
      assert.ok(headers["X-Request-Id"], `${method} ${at} ${status}`);
    }
  }
});
