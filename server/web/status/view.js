// The page's elements. They are made once and then changed only where they differ, so that neither focus nor a
// screen reader loses its place.
import { Trend } from "./numbers.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 88;
const HEIGHT = 22;
const MARKS = { ok: "●", look: "▲", act: "■" };
const WORDS = { ok: "Fine", look: "Look", act: "Act" };

function make(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/* ---- lights ---- */

// A level and its words: by shape, word and colour.
export class Light {
  #mark = make("span", { className: "mark", ariaHidden: "true" });
  #word = make("strong");
  #words = make("span");

  constructor(element) {
    this.element = element;
    element.append(this.#mark, this.#word, " ", this.#words);
  }

  show({ level, words }) {
    const name = `state ${level}`;
    if (this.element.className !== name) this.element.className = name;
    write(this.#mark, MARKS[level]);
    write(this.#word, WORDS[level]);
    write(this.#words, words);
  }
}

/* ---- trends ---- */

const points = (values, top) =>
  values
    .map((value, i) => {
      const x = 1 + (i * (WIDTH - 2)) / Math.max(1, values.length - 1);
      const y = HEIGHT - 2 - (value * (HEIGHT - 4)) / top;
      return `${x.toFixed(1)},${y.toFixed(1)}`;
    })
    .join(" ");

// A line since the page was opened, from nothing at the bottom to the largest value at the top.
class Spark {
  #line = document.createElementNS(SVG, "polyline");
  #trend = new Trend();

  constructor() {
    this.svg = document.createElementNS(SVG, "svg");
    this.svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    this.svg.setAttribute("width", WIDTH);
    this.svg.setAttribute("height", HEIGHT);
    this.svg.append(this.#line);
    this.restart();
  }

  push(value) {
    if (value !== null) this.#trend.push(value);
    const values = this.#trend.points;
    if (values.length < 2) return;
    const top = Math.max(...values);
    const change = values.at(-1) - values[0];
    this.#line.setAttribute("points", points(values, top || 1));
    this.#name(change === 0 ? "as when the page was opened" : change > 0 ? "higher than then" : "lower than then");
  }

  restart() {
    this.#trend = new Trend();
    this.#line.removeAttribute("points");
    this.#name(null);
  }

  // A line is said in words; none is not said at all.
  #name(words) {
    for (const [name, value] of [["role", words && "img"], ["aria-label", words], ["aria-hidden", words ? null : "true"]]) {
      if (value === null) this.svg.removeAttribute(name);
      else if (this.svg.getAttribute(name) !== value) this.svg.setAttribute(name, value);
    }
  }
}

/* ---- cards ---- */

class Row {
  #text = make("span", { className: "value" });
  #note = make("span", { className: "note" });
  #spark;

  constructor(row) {
    this.row = row;
    this.#spark = row.value ? new Spark() : null;
    this.element = make(
      "tr",
      {},
      make("th", { scope: "row" }, row.label),
      make("td", { colSpan: this.#spark ? 1 : 2 }, this.#text, " ", this.#note),
      ...(this.#spark ? [make("td", { className: "trend" }, this.#spark.svg)] : []),
    );
  }

  show(view) {
    write(this.#text, this.row.text(view));
    write(this.#note, this.row.note?.(view) ?? "");
    this.#spark?.push(this.row.value(view));
  }

  restart() {
    this.#spark?.restart();
  }
}

// A list that is there only while it has entries.
class List {
  #entries = make("dl");
  #shown = "";

  constructor(list) {
    this.list = list;
    this.element = make("div", { className: "list", hidden: true }, make("h3", {}, list.title), this.#entries);
  }

  show(view) {
    const entries = this.list.entries(view).map(([name, value]) => [name, typeof value === "number" ? value.toLocaleString("en") : value]);
    const shown = JSON.stringify(entries);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.element.hidden = entries.length === 0;
    this.#entries.replaceChildren(...entries.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
  }
}

export class Card {
  constructor(card) {
    this.card = card;
    this.rows = card.rows.map((row) => new Row(row));
    this.lists = (card.lists ?? []).map((list) => new List(list));
    this.light = new Light(make("p"));
    const heading = make("h2", { id: card.id }, card.title);
    const head = make("tr", {}, ...["What", "Now", "Since the page was opened"].map((text) => make("th", { scope: "col" }, text)));
    this.element = make(
      "section",
      {},
      heading,
      this.light.element,
      make("table", {}, make("thead", { className: "unseen" }, head), make("tbody", {}, ...this.rows.map((row) => row.element))),
      ...this.lists.map((list) => list.element),
    );
    this.element.setAttribute("aria-labelledby", card.id);
  }

  show(view) {
    const judgement = this.card.judge(view);
    this.light.show(judgement);
    for (const part of [...this.rows, ...this.lists]) part.show(view);
    return judgement;
  }

  restart() {
    for (const row of this.rows) row.restart();
  }
}
