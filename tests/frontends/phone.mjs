// A phone with one of the samples on it: its settings are an endpoint and a key.
import { Wire } from "./wire.mjs";

export class Phone {
  #wire;
  #withVerify;

  // `base` is what the endpoint has behind its host: "" or "/".
  constructor(app, backend, camera, { key = "an-app-token", base = "" } = {}) {
    Object.assign(this, { app, camera });
    this.settings = { key, base, host: new URL(backend.url).host };
    this.#wire = new Wire(backend.url);
  }

  // A check from its beginning: what the app shows then.
  async start(mode = "PassiveActive", image = null) {
    this.#withVerify = image !== null;
    this.created = await this.#wire.send(...this.app.create({ ...this.settings, mode, image }));
    if (!this.app.succeeded(this.created)) return { error: this.app.error(this.created) };
    const { token, id } = this.app.created(this.created);
    this.token = token;
    this.session = { id, withVerify: this.#withVerify };
    return this.retry();
  }

  // Once more with the token that it has.
  async retry() {
    try {
      await this.camera.start(this.token);
    } catch ({ livenessError }) {
      if (!this.app.failure) return { livenessError };
      return { livenessError: this.app.failure(await this.ask()) };
    }
    this.shown = await this.ask();
    if (!this.app.succeeded(this.shown)) return { error: this.app.error(this.shown) };
    return this.app.verdict(this.shown, this.#withVerify);
  }

  ask() {
    return this.#wire.send(...this.app.result({ ...this.settings, session: this.session }));
  }

  // As an app that is closed.
  off() {
    this.#wire.kill();
  }
}
