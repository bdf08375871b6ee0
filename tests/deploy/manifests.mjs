// Judges rendered manifests: node manifests.mjs VERSION FILE…
// The TypeScript compiler checks every object against the types of its API version; validate() checks the
// values; what is left are the promises of these manifests.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { parse, parseAllDocuments } from "yaml";

const here = dirname(fileURLToPath(import.meta.url));
const moduleOf = (object) => `kubernetes-models/${object.apiVersion}`;

// What the compiler says about the objects, as literals of their types.
function typeErrors(objects) {
  const text = objects.map((object, i) =>
    `import type { I${object.kind} as T${i} } from "${moduleOf(object)}";\n` +
    `export const o${i}: T${i} = ${JSON.stringify(object, null, 1)};\n`).join("");
  const name = join(here, "rendered.ts");
  const options = {
    strict: true, noEmit: true, skipLibCheck: true, types: [], target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler,
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (file) => file === name || fileExists(file);
  host.getSourceFile = (file, ...rest) =>
    file === name ? ts.createSourceFile(file, text, rest[0]) : getSourceFile(file, ...rest);
  return ts.getPreEmitDiagnostics(ts.createProgram([name], options, host))
    .map((error) => ts.flattenDiagnosticMessageText(error.messageText, " "));
}

async function checkValues(objects) {
  for (const object of objects) {
    const { [object.kind]: Model } = await import(moduleOf(object));
    await new Model(object).validate();
  }
}

const seconds = (text) => {
  const [, count, unit] = /^(\d+)(s|m)$/.exec(text);
  return Number(count) * { s: 1, m: 60 }[unit];
};

function checkContainer(container, pod, version) {
  const ports = container.ports.map((port) => port.name);
  const volumes = pod.volumes.map((volume) => volume.name);
  assert.equal(container.image, `livenessd:${version}`);
  assert.deepEqual(container.securityContext, {
    allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] },
  });
  assert.ok(container.resources.requests.memory && container.resources.limits.memory);
  for (const probe of [container.startupProbe, container.livenessProbe, container.readinessProbe]) {
    assert.ok(!probe || ports.includes(probe.httpGet.port));
  }
  for (const mount of container.volumeMounts ?? []) {
    assert.ok(volumes.includes(mount.name), `no volume ${mount.name}`);
  }
}

const serverOf = (pod) => pod.containers.find((container) => container.name === "livenessd");

// What a container is told by its environment.
const told = (container, name) => container.env.find((variable) => variable.name === name)?.value;

function checkServer(container) {
  const probes = [container.startupProbe, container.livenessProbe, container.readinessProbe];
  assert.deepEqual(probes.map((probe) => [probe.httpGet.path, probe.httpGet.port]),
    [["/livez", "admin"], ["/livez", "admin"], ["/readyz", "admin"]]);
  assert.ok(!container.env.some((variable) => /KEY$/.test(variable.name) && variable.value !== "emulator"));
}

function checkPod(pod, settings, version) {
  const uid = 65532;
  assert.deepEqual(pod.securityContext, {
    runAsNonRoot: true, runAsUser: uid, runAsGroup: uid, fsGroup: uid,
    fsGroupChangePolicy: "OnRootMismatch", seccompProfile: { type: "RuntimeDefault" },
  });
  assert.equal(pod.automountServiceAccountToken, false);
  assert.equal(pod.enableServiceLinks, false);
  const storeTimeout = 10;
  const server = serverOf(pod);
  const accepting = server.lifecycle?.preStop.sleep.seconds ?? 0;
  assert.ok(pod.terminationGracePeriodSeconds > accepting + seconds(settings.drain_timeout) + storeTimeout);
  pod.containers.forEach((container) => checkContainer(container, pod, version));
  pod.volumes.filter((volume) => volume.secret)
    .forEach((volume) => assert.equal(volume.secret.defaultMode, 0o440));
  checkServer(server);
}

// Pods with a store of their own: never two at a time, or a session would be known to one of them only.
function checkAlone({ replicas, strategy }) {
  assert.equal(replicas, 1);
  assert.equal(strategy.type, "Recreate");
}

// Pods that share a store: always two or more, none of them with anything that another lacks.
function checkShared({ replicas, strategy, selector, template }, budgets) {
  const pod = template.spec;
  const server = serverOf(pod);
  assert.ok(replicas >= 2);
  assert.equal(strategy.type, "RollingUpdate");
  assert.equal(strategy.rollingUpdate.maxUnavailable, 0);
  assert.ok(server.lifecycle.preStop.sleep.seconds > 0, "a pod that goes refuses who does not know it yet");
  assert.ok(pod.volumes.every((volume) => volume.secret || volume.configMap));
  assert.ok(server.volumeMounts.every((mount) => mount.readOnly));
  const url = told(server, "LIVENESSD_STORE_REDIS_URL_FILE");
  const mount = server.volumeMounts.find(({ mountPath }) => mountPath === dirname(url));
  assert.ok(pod.volumes.find(({ name }) => name === mount.name).secret, "the URL holds a password");
  const spread = pod.topologySpreadConstraints;
  assert.deepEqual(spread.map(({ topologyKey }) => topologyKey),
    ["kubernetes.io/hostname", "topology.kubernetes.io/zone"]);
  spread.forEach(({ labelSelector }) => assert.deepEqual(labelSelector, selector));
  assert.deepEqual(budgets.map(({ spec }) => [spec.selector, spec.maxUnavailable]), [[selector, 1]]);
}

function checkTogether(objects, version) {
  const all = (kind) => objects.filter((object) => object.kind === kind);
  const [config] = all("ConfigMap");
  const [deployment] = all("Deployment");
  const { template, selector } = deployment.spec;
  const shared = told(serverOf(template.spec), "LIVENESSD_STORE_KIND") === "redis";
  assert.deepEqual(selector.matchLabels, template.metadata.labels);
  if (shared) {
    checkShared(deployment.spec, all("PodDisruptionBudget"));
  } else {
    checkAlone(deployment.spec);
  }
  checkPod(template.spec, parse(config.data["livenessd.yaml"]), version);
  const mounted = template.spec.volumes.find((volume) => volume.configMap).configMap.name;
  assert.equal(mounted, config.metadata.name);
  const ports = template.spec.containers.flatMap((container) => container.ports.map((port) => port.name));
  const served = all("Service").flatMap((service) => {
    assert.deepEqual(service.spec.selector, selector.matchLabels);
    return service.spec.ports.map((port) => port.targetPort);
  });
  assert.ok(served.every((port) => ports.includes(port)));
  assert.ok(!served.includes("admin"), "a service leads to the admin listener");
  checkPolicies(all("NetworkPolicy"), selector, ports, shared ? [53, 53, 443, 6379] : [53, 53, 443]);
}

function checkPolicies(policies, selector, ports, out) {
  const rules = policies.flatMap((policy) => {
    assert.deepEqual(policy.spec.podSelector, selector);
    return policy.spec.ingress ?? [];
  });
  const open = {};
  for (const rule of rules) {
    const [{ podSelector }] = rule.from;
    rule.ports.forEach(({ port }) => { open[port] = podSelector.matchLabels["livenessd-access"]; });
  }
  const all = { http: "proxy", admin: "monitoring", emulator: "proxy" };
  assert.deepEqual(open, Object.fromEntries(ports.map((port) => [port, all[port]])));
  const egress = policies.flatMap((policy) => policy.spec.egress ?? []);
  assert.deepEqual(egress.flatMap((rule) => rule.ports.map((port) => port.port)), out);
}

// A checker that finds nothing may be asleep.
function checkTypos(objects) {
  const wrong = structuredClone(objects);
  const { containers } = wrong.find((object) => object.kind === "Deployment").spec.template.spec;
  containers[0].prots = containers[0].ports;
  assert.match(typeErrors(wrong).join("\n"), /prots.* does not exist/);
}

const [version, ...files] = process.argv.slice(2);
const everything = [];
for (const file of files) {
  const objects = parseAllDocuments(readFileSync(file, "utf8")).map((document) => document.toJS());
  everything.push(...objects);
  await checkValues(objects);
  checkTogether(objects, version);
  console.log(`${basename(file)}: ${objects.map((object) => object.kind).join(", ")}`);
}
assert.deepEqual(typeErrors(everything), []);
checkTypos(everything);
