import { $, element, show } from "./dom.js";
import { setZoom, showFigure, stepZoom } from "./figure.js";
import { goToNextProblem, showProblems } from "./problems.js";
import { checks, table } from "./tables.js";
import { showTexts } from "./text.js";

let soon = 0;

const WORDS = {
  good: "up to date", unmet: "expectations not met", broken: "broken", missing: "the file cannot be read",
};

const SECTIONS = {
  order: showOrder,
  status: showStatus,
  choices: showChoices,
  texts: showTexts,
  problems: showProblems,
  figure: showFigure,
  tables: showCosts,
  difference: showChanges,
};

function showOrder(order) {
  $("file").textContent = order.file;
  document.title = `${order.file} \u2013 resdsl watch`;
  $("view").value = order.view;
  $("fold").checked = order.fold;
  $("pin").setAttribute("aria-pressed", order.pinned);
  $("pin").textContent = order.pinned ? "Unpin" : "Pin this state";
  document.body.classList.toggle("styled", !order.themed);
}

function showStatus(status) {
  clearTimeout(soon);
  // Most builds are over sooner than a reader could read that they have begun.
  if (status.building && !status.progress) soon = setTimeout(() => showWord("building \u2026", ""), 400);
  else if (status.progress) showWord(`point ${digits(status.progress.count)} of ${digits(status.progress.size)}`, "");
  else if (status.lost) showWord(status.lost, "broken");
  else if (status.outcome) showWord(WORDS[status.outcome], status.outcome);
  document.body.classList.toggle("stale", Boolean(status.stale));
  $("stale").hidden = !status.stale;
  if (["broken", "missing"].includes(status.outcome) && !status.stale) showNothing();
}

function showWord(word, kind) {
  $("status").textContent = word;
  $("status").className = kind;
}

function digits(number) {
  return number.toLocaleString("en");
}

function showNothing() {
  for (const place of ["figure", "costs", "changes"]) {
    show($(place), element("p", { className: "quiet" }, "There is no good state yet."));
  }
}

function showChoices(choices) {
  const group = (label, names) => names.length
    ? [element("optgroup", { label }, ...names.map((name) => element("option", { value: name }, name)))] : [];
  $("choice").replaceChildren(...group("Networks", choices.networks), ...group("Sweeps", choices.sweeps));
  $("choice").value = choices.chosen ?? "";
  $("choice").disabled = !$("choice").options.length;
  const isSweep = choices.kind === "sweep";
  $("costs-title").textContent = isSweep ? "Points" : "Costs";
  $("view").disabled = isSweep;
  $("fold").disabled = isSweep;
  document.body.classList.toggle("sweep", isSweep);
}

function showCosts(costs) {
  show($("costs"), ...refused(costs), ...costs.tables.map(table), ...checks(costs.checks));
}

function showChanges(difference) {
  const nothing = difference.tables.length ? [] : [element("p", { className: "quiet" },
    difference.headline || "Nothing to compare with yet: save a change to the network.")];
  const base = difference.pinned && difference.tables.length
    ? [element("p", { className: "quiet" }, "Compared with the pinned state.")] : [];
  show($("changes"), ...refused(difference), ...nothing, ...base, ...difference.tables.map(table));
}

function refused(record) {
  return record.refusal ? [element("p", { className: "refusal" }, record.refusal)] : [];
}

// ------------------------------------------------------------------------------------ from the reader

async function tell(what, record) {
  const answer = await fetch(what, { method: "POST", body: JSON.stringify(record) });
  if (!answer.ok) showWord((await answer.text()).trim(), "broken");
}

function chooseOther(direction) {
  const names = [...$("choice").options].map((option) => option.value);
  const at = names.indexOf($("choice").value);
  if (names.length > 1) tell("choose", { choice: names[(at + direction + names.length) % names.length] });
}

function pin() {
  tell("pin", { pinned: $("pin").getAttribute("aria-pressed") !== "true" });
}

const KEYS = {
  f: () => setZoom("fit"), 0: () => setZoom(1), "+": () => stepZoom(1), "=": () => stepZoom(1), "-": () => stepZoom(-1),
  n: goToNextProblem, p: pin, "[": () => chooseOther(-1), "]": () => chooseOther(1),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("select, input")) return;
  const act = KEYS[event.key.toLowerCase()];
  if (!act) return;
  event.preventDefault();
  act();
});

$("choice").addEventListener("change", (event) => tell("choose", { choice: event.target.value }));
$("view").addEventListener("change", (event) => tell("choose", { view: event.target.value }));
$("fold").addEventListener("change", (event) => tell("choose", { fold: event.target.checked }));
$("fit").addEventListener("click", () => setZoom("fit"));
$("actual").addEventListener("click", () => setZoom(1));
$("in").addEventListener("click", () => stepZoom(1));
$("out").addEventListener("click", () => stepZoom(-1));
$("pin").addEventListener("click", pin);

const stream = new EventSource("events");
stream.addEventListener("message", (event) => {
  const news = JSON.parse(event.data);
  for (const [name, show] of Object.entries(SECTIONS)) if (name in news) show(news[name]);
  document.body.classList.remove("lost");
});
stream.addEventListener("error", () => {
  document.body.classList.add("lost");
  clearTimeout(soon);
  showWord("resdsl watch has ended", "broken");
});
