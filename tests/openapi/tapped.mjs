// The tap before a server, when there is one (tap.mjs): its address in place of the server's.
import { connect } from "node:net";

export function tapped(url, tap = process.env.LIVENESSD_TEST_PROXY) {
  if (!tap) return Promise.resolve(url);
  const [host, port] = tap.split(":");
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), host, () => socket.end(`${new URL(url).host}\n`));
    let answer = "";
    socket.on("data", (text) => {
      answer += text;
    });
    socket.on("error", reject);
    socket.on("close", () => (answer ? resolve(`http://${answer.trim()}`) : reject(new Error("no tap"))));
  });
}
