// Azure's JavaScript client against the server: endpoint and key are another's, nothing else changes.
import { test } from "node:test";
import * as azure from "./azure_client.mjs";
import { ServerFace, startPair, tokens } from "./server.mjs";

const server = await startPair();
const face = new ServerFace(server, "v1.2");
const play = (session, sight) => face.play(session, sight);
const key = { key: tokens.app };
const stable = { client: azure.stableOf(server.url, key), play };
const operated = { client: azure.stableOf(server.url, { key: tokens.operator }), play };
const preview = { client: azure.previewOf(server.url, key), play };

test("beta.3: create, get, delete", () => azure.livenessOfStable(stable));
test("beta.3: an endpoint that ends with a slash", () =>
  azure.livenessOfStable({ ...stable, client: azure.stableOf(`${server.url}/`, key) }));
test("beta.3: verify with image", () => azure.verifyOfStable({ ...stable }));
test("beta.3: session image and detect, for an operator", () => azure.imageOfStable(operated));
test("beta.1: create, get, delete", () => azure.livenessOfPreview(preview));
test("beta.1: verify with image", () => azure.verifyOfPreview(preview));
test("beta.1: list and audit, for an operator", () =>
  azure.listsOfPreview({ client: azure.previewOf(server.url, { key: tokens.operator }), play }));
