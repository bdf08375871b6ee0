// Small tools for the page. All text goes in as text: nothing here, or anywhere, makes markup of it.

export const $ = (id) => document.getElementById(id);

// el("p", { class: "note", onclick: f, hidden: true }, "text", child)
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

export function show(node, shown = true) {
  node.hidden = !shown;
}

// What screen readers say; the same twice is said twice.
export function say(text) {
  $("voice").textContent = "";
  setTimeout(() => {
    $("voice").textContent = text;
  }, 50);
}

const shapes = {
  yes: "M5 12.500l4.500 4.500L19 7.500",
  no: "M6.500 6.500l11 11M17.500 6.500l-11 11",
  unsure: "M9 9.300a3 3 0 1 1 4.300 2.700c-.9.5-1.300 1-1.300 2M12 17.500v.010",
  wait: "M12 7v5l3.500 2",
  stop: "M8 8h8v8H8z",
  mask: "M5 9.500c4.300-2 9.700-2 14 0v3c0 3.500-3.200 5.500-7 5.500s-7-2-7-5.500zM8.500 12h7M9.500 14.700h5",
};

// An icon in a circle, for eyes only: words say the same.
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const attributes = { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true", focusable: "false" };
  for (const [key, value] of Object.entries(attributes)) svg.setAttribute(key, value);
  const circle = document.createElementNS(space, "circle");
  for (const [key, value] of Object.entries({ cx: 12, cy: 12, r: 11 })) circle.setAttribute(key, value);
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", shapes[name]);
  svg.append(circle, path);
  return svg;
}

export function duration(seconds) {
  const whole = Math.max(0, Math.ceil(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes >= 60) return `${Math.round(minutes / 60)} h`;
  return whole % 60 === 0 ? `${minutes} min` : `${minutes}:${String(whole % 60).padStart(2, "0")} min`;
}

// Calls `tick(secondsLeft)` now and every second, until 0 or until the function it returns is called.
export function countdown(until, tick) {
  let timer = null;
  const step = () => {
    const left = (until - Date.now()) / 1000;
    if (left <= 0) clearInterval(timer);
    tick(Math.max(0, left));
  };
  timer = setInterval(step, 1000);
  step();
  return () => clearInterval(timer);
}

export function copyButton(text, words = "Copy") {
  const button = el("button", { type: "button", class: "quiet small" }, words);
  button.addEventListener("click", async () => {
    const copied = await navigator.clipboard?.writeText(typeof text === "function" ? text() : text).then(
      () => true,
      () => false,
    );
    button.textContent = copied ? "Copied" : "Copy it by hand";
    say(button.textContent);
    setTimeout(() => {
      button.textContent = words;
    }, 2000);
  });
  return button;
}
