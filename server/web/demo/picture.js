// The picture to compare with: chosen, shown, made small enough, or drawn for who has none at hand.
import { Problem } from "./api.js";
import { $, say, show } from "./dom.js";

const LONGEST = 1600; // pixels of a side, when it has to be made smaller

let picture = null;
let address = null;

function take(file, words) {
  picture = file;
  if (address) URL.revokeObjectURL(address);
  address = file ? URL.createObjectURL(file) : null;
  const preview = $("preview");
  show(preview, Boolean(file));
  if (!file) return;
  preview.src = address;
  preview.alt = words;
}

const blobOf = (canvas, type) => new Promise((resolve) => canvas.toBlob(resolve, type, 0.9));

function canvasOf(width, height) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  return canvas;
}

async function smaller(file) {
  const bitmap = await createImageBitmap(file).catch(() => null);
  if (!bitmap) return file; // the server says what is wrong with it
  const scale = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height));
  const canvas = canvasOf(Math.round(bitmap.width * scale), Math.round(bitmap.height * scale));
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return new File([await blobOf(canvas, "image/jpeg")], `${file.name.replace(/\.\w+$/, "")}.jpg`);
}

// A friendly face: the emulator sees one in every picture.
async function draw() {
  const canvas = canvasOf(320, 320);
  const pen = canvas.getContext("2d");
  const shape = (color, path) => {
    pen.fillStyle = color;
    pen.beginPath();
    path();
    pen.fill();
  };
  const sky = pen.createLinearGradient(0, 0, 320, 320);
  sky.addColorStop(0, "#cfe8e4");
  sky.addColorStop(1, "#8fc4c0");
  shape(sky, () => pen.rect(0, 0, 320, 320));
  shape("#24505a", () => pen.ellipse(160, 330, 120, 90, 0, 0, 7));
  shape("#e9b995", () => pen.ellipse(160, 150, 68, 84, 0, 0, 7));
  shape("#4a2f22", () => pen.ellipse(160, 92, 76, 46, 0, 3.1, 6.3));
  for (const x of [135, 185]) shape("#2a211d", () => pen.ellipse(x, 145, 7, 9, 0, 0, 7));
  pen.strokeStyle = "#8a3f35";
  pen.lineWidth = 6;
  pen.lineCap = "round";
  pen.beginPath();
  pen.arc(160, 168, 34, 0.5, 2.6);
  pen.stroke();
  take(new File([await blobOf(canvas, "image/png")], "drawn.png", { type: "image/png" }), "A drawn face");
  $("file").value = "";
  say("A drawn picture is chosen.");
}

// What goes with the create.
export async function pictureFor(mostBytes) {
  if (!picture) {
    $("file").focus();
    const message = "Choose a picture to compare with first.";
    throw new Problem({ code: "NoPicture", message, retryable: false, advice: "fix_request" });
  }
  return picture.size > mostBytes ? smaller(picture) : picture;
}

export function preparePicture() {
  const kinds = document.querySelectorAll("input[name=kind]");
  const follow = () => {
    const chosen = document.querySelector("input[name=kind]:checked").value;
    show($("picture"), chosen === "detectLivenessWithVerify");
  };
  for (const kind of kinds) kind.addEventListener("change", follow);
  $("file").addEventListener("change", ({ target }) => {
    const file = target.files[0] ?? null;
    take(file, file ? `Preview of ${file.name}` : "");
  });
  $("sample").addEventListener("click", draw);
  follow();
}
