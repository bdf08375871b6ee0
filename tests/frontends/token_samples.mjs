// What the Next, Angular and Vue samples do: a form with Action and parameters for a token, one GET for the result.
// They differ in where they look for it. Nothing they read do they look for before, so what is missing is thrown.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

const kindOf = (image) => (image ? "detectLivenessWithVerify" : "detectLiveness");

class TokenSample {
  constructor(page, camera) {
    Object.assign(this, { page, camera });
  }

  // The page that asks for a token. What it has then: a session, or an error to show.
  async open(mode, { image, ids = { device: randomUUID(), user: randomUUID() } } = {}) {
    this.action = kindOf(image);
    const form = new FormData();
    form.append("Action", this.action);
    form.append(
      "parameters",
      JSON.stringify({
        livenessOperationMode: mode,
        deviceCorrelationId: ids.device,
        userCorrelationId: ids.user,
      }),
    );
    if (image) form.append("verifyImage", image, image.name);
    const answer = await this.page.fetch("/api/generateAccessToken", { method: "POST", body: form });
    this.status = answer.status;
    this.created = await answer.json();
    this.session = answer.ok ? this.created.sessionData : undefined;
    if (!answer.ok) return { error: this.created.error.message };
    const { authToken, sessionId } = this.session;
    assert.equal(typeof authToken, "string");
    assert.equal(typeof sessionId, "string");
    return {};
  }

  // The page that shows the camera, and what it shows at the end; again with the same token when asked to.
  async detect() {
    const withVerify = this.action === "detectLivenessWithVerify";
    try {
      await this.camera.start(this.session.authToken);
      const { results } = await this.result(this.action, this.session.sessionId);
      const { livenessDecision, verifyResult } = results.attempts[0].result;
      const live = livenessDecision == "realface";
      return withVerify ? { live, same: verifyResult.isIdentical } : { live };
    } catch ({ livenessError, recognitionError }) {
      return withVerify ? { livenessError, recognitionError } : { livenessError };
    }
  }

  // As it is put together there: neither of them is made fit for a query.
  async result(action, id) {
    const answer = await this.page.fetch(`/api/getSessionResult?action=${action}&sessionId=${id}`, {
      headers: { "Content-Type": "application/json" },
    });
    this.answer = { status: answer.status, body: await answer.json() };
    return this.pick(this.answer.body);
  }

  // From the first page to the last.
  async run(mode, options) {
    const { error } = await this.open(mode, options);
    return error === undefined ? this.detect() : { error };
  }
}

export class NextSample extends TokenSample {
  pick(body) {
    return body;
  }
}

export class AngularSample extends TokenSample {
  pick({ sessionResult }) {
    return sessionResult;
  }
}

// It is written like Angular's, but for its page, which keeps the message in place of a callback.
export class VueSample extends AngularSample {}

export const tokenSamples = { Next: NextSample, Angular: AngularSample, Vue: VueSample };
