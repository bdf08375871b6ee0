// Lays out what a pod's main container would see: node pod_files.mjs RENDERED FOLDER
// FOLDER gets args and env, one a line, and for each mount a folder mounts/PATH with the ConfigMap's files.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";

const [rendered, folder] = process.argv.slice(2);
const objects = parseAllDocuments(readFileSync(rendered, "utf8")).map((document) => document.toJS());
const pod = objects.find((object) => object.kind === "Deployment").spec.template.spec;
const container = pod.containers.find(({ name }) => name === "livenessd");
const config = objects.find((object) => object.kind === "ConfigMap");

const lines = (items) => items.map((item) => `${item}\n`).join("");
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, "args"), lines(container.args));
writeFileSync(join(folder, "env"), lines(container.env.map(({ name, value }) => `${name}=${value}`)));
for (const mount of container.volumeMounts) {
  const volume = pod.volumes.find(({ name }) => name === mount.name);
  const target = join(folder, "mounts", mount.mountPath);
  mkdirSync(target, { recursive: true });
  for (const [name, text] of Object.entries(volume.configMap ? config.data : {})) {
    writeFileSync(join(target, name), text);
  }
}
