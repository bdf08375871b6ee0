#!/usr/bin/env node
// Stands between tests and servers, and has every exchange judged: passes bytes on as they are, both ways and at
// once, and reads along. Who connects to its own port and says "ADDRESS\n" of a server is told "ADDRESS\n" of a tap
// before it. On SIGTERM it writes what it saw to REPORT and ends.
//   tap.mjs REPORT       says "ready 127.0.0.1:PORT" once it can be asked
import { writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { reader } from "./exchanges.mjs";
import { Validator } from "./validator.mjs";

const [report] = process.argv.slice(2);
const validator = await Validator.create();
const found = new Map(); // violation: how often
let exchanges = 0;
let judging = Promise.resolve();

function judge(exchange) {
  judging = judging.then(async () => {
    exchanges += 1;
    const problems = await validator.check(exchange).catch((error) => [`judging failed: ${error.stack}`]);
    for (const problem of problems) found.set(problem, (found.get(problem) ?? 0) + 1);
  });
}

// What one side can no longer take is read all the same: the other direction may still have something to say.
function pass(from, to, direction) {
  from.on("data", (bytes) => {
    direction.take(bytes);
    if (to.writable && !to.write(bytes)) from.pause();
  });
  to.on("drain", () => from.resume());
  to.on("close", () => from.resume());
  from.on("end", () => {
    direction.close();
    to.end();
  });
}

function tap(host, port) {
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ host, port, localAddress: client.remoteAddress, allowHalfOpen: true });
    const { requests, answers } = reader(judge);
    pass(client, upstream, requests);
    pass(upstream, client, answers);
    client.on("error", () => upstream.resetAndDestroy());
    upstream.on("error", () => client.end());
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server.address().port)));
}

const control = createServer({ allowHalfOpen: true }, (asker) => {
  asker.on("error", () => {});
  asker.once("data", async (line) => {
    const [, host, port] = /^([\d.]+):(\d+)\n/.exec(line.toString()) ?? [];
    asker.end(host ? `127.0.0.1:${await tap(host, Number(port))}\n` : "");
  });
});
control.listen(0, "127.0.0.1", () => console.log(`ready 127.0.0.1:${control.address().port}`));

process.on("SIGTERM", async () => {
  await judging;
  const seen = Object.fromEntries([...validator.seen].map(([name, statuses]) => [name, [...statuses].sort()]));
  writeFileSync(report, JSON.stringify({ exchanges, violations: Object.fromEntries(found), seen }, null, 1));
  process.exit(0);
});
