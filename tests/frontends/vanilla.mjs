// What the plain JavaScript sample does: the Face API's shapes under /api, no look at any status, and a Retry that
// has forgotten what kind of session it had.

export class VanillaSample {
  #token;
  #id;

  constructor(page, camera) {
    Object.assign(this, { page, camera });
  }

  // Its buttons: "Passive" or "PassiveActive", with the picture that was chosen, if any. `ids` are those of the
  // device and its user. What the page shows then.
  async start(mode, { image, ids = {} } = {}) {
    const kind = image ? "detectLivenessWithVerify" : "detectLiveness";
    const headers = image ? {} : { "Content-Type": "application/json" };
    const body = image ? this.#form(mode, image, ids) : this.#json(mode, ids);
    const answer = await this.page.fetch(`/api/${kind}-sessions`, { method: "POST", headers, body });
    this.created = await answer.json();
    this.#token = this.created.authToken;
    this.#id = this.created.sessionId;
    return this.#detect(kind, headers);
  }

  // The same session again, whatever kind it was.
  retry() {
    return this.#detect("detectLiveness", { "Content-Type": "application/json" });
  }

  #json(mode, { device, user }) {
    return JSON.stringify({
      livenessOperationMode: mode,
      deviceCorrelationId: device,
      userCorrelationId: user,
      enableSessionImage: true,
    });
  }

  #form(mode, image, { device, user }) {
    const form = new FormData();
    form.append("verifyImage", image, image.name);
    form.append("livenessOperationMode", mode);
    form.append("deviceCorrelationId", device);
    form.append("userCorrelationId", user);
    form.append("enableSessionImage", true);
    return form;
  }

  async #detect(kind, headers) {
    const withVerify = kind === "detectLivenessWithVerify";
    try {
      await this.camera.start(this.#token);
    } catch ({ livenessError, recognitionError }) {
      return withVerify ? { livenessError, recognitionError } : { livenessError };
    }
    const answer = await this.page.fetch(`/api/${kind}-sessions/${this.#id}`, { headers });
    this.shown = await answer.json();
    return this.#show(this.shown, withVerify);
  }

  #show(body, withVerify) {
    const v12 = body?.results?.attempts?.[0]?.result;
    const preview = body?.result?.response?.body;
    const live = (v12?.livenessDecision ?? preview?.livenessDecision) == "realface";
    if (live && v12?.abuseMonitoringResult?.isAbuseDetected) return { live, abuse: true };
    if (!withVerify) return { live };
    return { live, same: (v12?.verifyResult?.isIdentical ?? preview?.verifyResult?.isIdentical) === true };
  }
}
