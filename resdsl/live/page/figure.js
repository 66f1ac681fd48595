import { $, element, show } from "./dom.js";

const dark = window.matchMedia("(prefers-color-scheme: dark)");
const STEPS = [0.1, 0.15, 0.25, 0.35, 0.5, 0.7, 0.85, 1, 1.25, 1.5, 2, 3, 4];
const POINT = 96 / 72;

let record = null;
let zoom = "fit";
let drawn = "";

export function showFigure(next) {
  record = next;
  draw();
}

export function setZoom(wanted) {
  zoom = wanted;
  scale();
}

export function stepZoom(direction) {
  const now = factor();
  const further = direction > 0 ? STEPS.find((step) => step > now + 0.01) : STEPS.findLast((step) => step < now - 0.01);
  setZoom(further ?? now);
}

function draw() {
  if (!record) return;
  const text = record.refusal ?? (dark.matches ? record.dark : record.light);
  if (text === drawn) return;
  drawn = text;
  document.body.classList.remove("wide");
  show($("figure"), record.refusal ? element("p", { className: "refusal" }, text) : picture(text));
  widen();
  scale();
}

// A figure that is much wider than high gets the whole width.
function widen() {
  const svg = $("figure").querySelector("svg");
  if (!svg) return;
  const [width, height] = size(svg);
  document.body.classList.toggle("wide", width > 1.8 * height);
}

function picture(text) {
  const root = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  for (const unwanted of root.querySelectorAll("script, foreignObject, style")) unwanted.remove();
  return document.importNode(root, true);
}

function size(svg) {
  const box = svg.viewBox.baseVal;
  return [(svg.dataset.width ??= box.width) * POINT, (svg.dataset.height ??= box.height) * POINT];
}

function factor() {
  const svg = $("figure").querySelector("svg");
  if (!svg || zoom !== "fit") return zoom === "fit" ? 1 : zoom;
  const [width, height] = size(svg);
  const pane = $("figure");
  return Math.min((pane.clientWidth - 32) / width, (pane.clientHeight - 32) / height, 2);
}

function scale() {
  const svg = $("figure").querySelector("svg");
  if (!svg) return;
  const [width, height] = size(svg);
  const by = Math.max(factor(), 0.02);
  svg.setAttribute("width", `${width * by}px`);
  svg.setAttribute("height", `${height * by}px`);
  $("zoom").textContent = `${Math.round(by * 100)} %`;
  $("fit").setAttribute("aria-pressed", zoom === "fit");
  $("actual").setAttribute("aria-pressed", zoom === 1);
}

dark.addEventListener("change", draw);
new ResizeObserver(() => zoom === "fit" && scale()).observe($("figure"));
