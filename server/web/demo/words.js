// What codes mean, in plain words.

export const kinds = {
  detectLiveness: "A living person",
  detectLivenessWithVerify: "A certain person",
};

const decisions = {
  pending: { title: "No verdict yet", icon: "wait", tone: "wait", text: "The session is not settled." },
  live: { title: "Accepted", icon: "yes", tone: "yes", text: "A living person was in front of the camera." },
  spoof: { title: "Not accepted", icon: "no", tone: "no", text: "What the camera saw was not a living person." },
  uncertain: { title: "Not accepted", icon: "unsure", tone: "unsure", text: "The camera could not tell." },
  error: { title: "Not accepted", icon: "no", tone: "no", text: "The check ended with an error." },
  expired: {
    title: "Not accepted",
    icon: "wait",
    tone: "unsure",
    text: "Time ran out before anything was decided.",
  },
  cancelled: { title: "Not accepted", icon: "stop", tone: "unsure", text: "The check was called off." },
  compromised: {
    title: "Not accepted",
    icon: "no",
    tone: "no",
    text: "What the device saw is not what the face service decided. Do not trust this check.",
  },
};

export function verdictWords(verdict, kind) {
  const words = decisions[verdict.decision] ?? decisions.error;
  const verify = kind === "detectLivenessWithVerify" || verdict.verify;
  if (verdict.decision !== "live") return words;
  if (verdict.accepted && verify) return { ...words, text: "A living person, and the one in the picture." };
  if (verdict.accepted) return words;
  const other = verdict.reasons.includes("not_identical");
  const text = other ? "A living person, but not the one in the picture." : "A living person, and yet no yes.";
  return { title: "Not accepted", icon: "no", tone: "no", text };
}

const reasons = {
  spoof: "The face service took it for a photo, a screen or a mask.",
  uncertain: "The face service could not decide.",
  not_identical: "The face is not the one in the picture.",
  verify_missing: "The face service compared nothing.",
  digest_missing: "The device’s digest is missing.",
  digest_mismatch: "The device’s digest is not the face service’s.",
  abuse_detected: "Abuse monitoring flagged the device.",
  attempt_error: "The last attempt ended with an error.",
  client_error: "The device reported an error.",
  token_expired: "The token expired before the check was done.",
  session_gone: "The face service no longer knows the session.",
  cancelled: "The user or the service called it off.",
  unknown_answer: "The face service said something this server does not know.",
  verify_image_mismatch: "Another picture was compared than the one sent.",
  client_address_mismatch: "The device was in another network than this page.",
};

export const reasonWords = (word) => reasons[word] ?? word;

export function nextWords(verdict) {
  if (verdict.accepted) return "Hand the receipt to your backend, which checks it and goes on.";
  if (verdict.retry === "new_session") return "A new session may be tried.";
  if (verdict.retry === "same_session") return "The same session may be tried again, with the same token.";
  return "Stop here: do not ask again, offer the user another way.";
}

const attempts = {
  FaceWithMaskDetected: "The face is covered by a mask.",
  TimedOut: "Nobody was seen in time.",
  CameraPermissionDenied: "The camera was not allowed.",
  CameraStartupFailure: "The camera did not start.",
  UserCanceledSession: "You left the check.",
  EnvironmentNotSupported: "This browser cannot run the camera check.",
};

export const attemptWords = (code, message) => attempts[code] ?? message ?? `The camera says ${code}.`;

const advice = {
  same_session: "Go on with this session.",
  new_session: "Begin again with a new session.",
  stop: "Stop here and offer another way.",
  retry: "The same request may work in a moment.",
  fix_request: "The same request will be refused again: change something first.",
  authenticate: "Show a credential first.",
};

export function adviceWords({ advice: word, retryable, retryAfterSeconds }) {
  if (retryAfterSeconds) return "Nothing is lost: the same request works then.";
  return advice[word] ?? (retryable ? advice.retry : advice.fix_request);
}

const limits = {
  "create-device": "New sessions, this device",
  "create-principal": "New sessions, this user",
  "create-address": "New sessions, this address",
  "create-total": "New sessions, everybody",
  read: "Other requests",
  "failed-auth": "Wrong credentials",
};

export const limitWords = (name) => limits[name] ?? name;

const states = {
  NotStarted: "Waiting for the camera",
  Running: "The camera is running",
  Succeeded: "The face service has decided",
  Failed: "The face service gave up",
  Canceled: "Called off",
  Settled: "The session is settled",
};

export const statusWords = (status) => states[status] ?? status;
