// A frontend as somebody writes it who has nothing but the document: types of openapi-typescript, requests of
// openapi-fetch. It has to compile, to be refused where it is marked, and to work.
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

export type Verdict = components["schemas"]["Verdict"];
type Play = (authToken: string) => Promise<{ digest: string; resultId: string }>;

// What to tell the user; the compiler sees that no word of `retry` is forgotten.
export function advice(verdict: Verdict): string {
  if (verdict.accepted) return "welcome";
  switch (verdict.retry) {
    case "same_session":
      return "look into the camera once more";
    case "new_session":
      return "begin again";
    case "stop":
      return "call us";
  }
}

export async function check(baseUrl: string, play: Play): Promise<{ verdict: Verdict; again: Verdict; gone: string }> {
  const client = createClient<paths, "application/json">({ baseUrl });
  const created = await client.POST("/api/detectLiveness-sessions", {
    body: { livenessOperationMode: "Passive", transactionId: "order-4711" },
  });
  if (created.error) throw new Error(`${created.error.error.code}: ${created.error.error.message}`);
  const headers = { "X-Device-Token": created.response.headers.get("X-Device-Token") ?? "" };
  const { sessionId, authToken } = created.data;
  const { digest, resultId } = await play(authToken);
  const completed = await client.POST("/api/detectLiveness-sessions/{sessionId}/completion", {
    params: { path: { sessionId }, query: { wait: 10 } },
    body: { digest, resultId, platform: "web" },
    headers,
  });
  if (!completed.data) throw new Error(completed.error.error.advice);
  const params = { path: { sessionId } };
  const read = await client.GET("/api/detectLiveness-sessions/{sessionId}", { params, headers });
  await client.DELETE("/api/detectLiveness-sessions/{sessionId}", { params, headers });
  const after = await client.GET("/api/detectLiveness-sessions/{sessionId}", { params, headers });
  if (!read.data || !after.error) throw new Error("it was there, and is gone");
  const code: components["schemas"]["ErrorCode"] = after.error.error.code;
  return { verdict: completed.data.verdict, again: read.data.verdict, gone: code };
}

// With a reference image: a form, so the body is made by hand.
export async function checkFace(baseUrl: string, image: Blob): Promise<string> {
  const client = createClient<paths, "application/json">({ baseUrl });
  const { data, error } = await client.POST("/api/detectLivenessWithVerify-sessions", {
    body: { livenessOperationMode: "PassiveActive", verifyImage: "" },
    bodySerializer(body) {
      const form = new FormData();
      form.append("livenessOperationMode", body?.livenessOperationMode ?? "Passive");
      form.append("verifyImage", image, "face.jpg");
      return form;
    },
  });
  if (error) throw new Error(error.error.message);
  return data.sessionId;
}

// Never called: what the compiler has to refuse.
export async function mistakes(baseUrl: string): Promise<void> {
  const client = createClient<paths, "application/json">({ baseUrl });
  // @ts-expect-error there is no such address
  await client.GET("/api/sessions", {});
  // @ts-expect-error there is no such mode
  await client.POST("/api/detectLiveness-sessions", { body: { livenessOperationMode: "Active" } });
  const params = { path: { sessionId: "x" } };
  const { data } = await client.GET("/api/detectLiveness-sessions/{sessionId}", { params });
  // @ts-expect-error a session that is read has no token
  data?.authToken;
  // @ts-expect-error there is no such decision
  if (data?.verdict.decision === "real") throw new Error("real");
}
