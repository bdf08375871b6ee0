// Numbers out of the Prometheus text, kept over time, and written for people.

const LINE = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)/;
const LABEL = /([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"/g;
const ESCAPES = { n: "\n" };

function readNumber(text) {
  if (text === "+Inf") return Infinity;
  return text === "-Inf" ? -Infinity : Number(text);
}

function readLabels(text = "") {
  const labels = {};
  for (const [, name, value] of text.matchAll(LABEL)) {
    labels[name] = value.replace(/\\(.)/g, (_, c) => ESCAPES[c] ?? c);
  }
  return labels;
}

const fits = (labels, where) =>
  Object.entries(where).every(([name, wanted]) =>
    Array.isArray(wanted) ? wanted.includes(labels[name]) : labels[name] === wanted,
  );

// What /metrics said at one moment.
export class Numbers {
  #families = new Map();

  constructor(text) {
    for (const line of text.split("\n")) {
      const found = LINE.exec(line);
      if (!found) continue;
      const [, name, labels, value] = found;
      if (!this.#families.has(name)) this.#families.set(name, []);
      this.#families.get(name).push({ labels: readLabels(labels), value: readNumber(value) });
    }
  }

  // The series of a family whose labels are those wanted; a list wants one of its values.
  series(name, where = {}) {
    return (this.#families.get(name) ?? []).filter(({ labels }) => fits(labels, where));
  }

  sum(name, where) {
    return this.series(name, where).reduce((sum, { value }) => sum + value, 0);
  }

  // The values of a label, each with its sum.
  by(name, label, where) {
    const sums = new Map();
    for (const { labels, value } of this.series(name, where)) {
      sums.set(labels[label], (sums.get(labels[label]) ?? 0) + value);
    }
    return sums;
  }
}

// Since the page was opened, in so many points at most: when there are more, every second one goes.
const POINTS = 120;

export class Trend {
  points = [];
  #every = 1;
  #count = 0;

  push(value) {
    if (this.#count++ % this.#every !== 0) return;
    this.points.push(value);
    if (this.points.length > POINTS) {
      this.points = this.points.filter((_, i) => i % 2 === 0);
      this.#every *= 2;
    }
  }
}

/* ---- for people ---- */

export const count = (value) => Math.round(value).toLocaleString("en");

export function rate(perMinute) {
  if (perMinute === 0) return "0/min";
  return perMinute >= 600 ? `${count(perMinute / 60)}/s` : `${perMinute < 10 ? perMinute.toFixed(1) : count(perMinute)}/min`;
}

export function duration(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
}

export function latency(seconds) {
  if (seconds >= 1) return `${seconds.toFixed(1)} s`;
  const ms = seconds * 1000;
  return `${ms >= 10 ? Math.round(ms) : ms.toFixed(1)} ms`;
}

export const megabytes = (bytes) => `${count(bytes / 1048576)} MB`;

export const percent = (part, whole) => (whole > 0 ? `${Math.round((100 * part) / whole)} %` : "");
