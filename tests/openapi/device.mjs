// The device's part, played against the emulator: what the SDK would give the frontend.
async function post(emulator, path, token, body) {
  const answer = await fetch(`${emulator.url}/face/v1.2/${path}`, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  return answer.status === 200 ? answer.json() : null;
}

export async function play(emulator, token, kind = "detectLiveness") {
  await post(emulator, "session/start", token, {});
  const result = await post(emulator, `${kind}/singleModal`, token, {});
  await post(emulator, "session/attempt/end", token, {});
  return result;
}
