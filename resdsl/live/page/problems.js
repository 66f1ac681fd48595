import { $, element } from "./dom.js";
import { goTo } from "./text.js";

const LONGEST_WAY = 4;

let places = [];
let next = 0;

export function showProblems(problems) {
  places = problems.listed.map((problem) => problem.place).filter(Boolean);
  next = 0;
  const errors = problems.listed.some((problem) => problem.severity === "error");
  const noun = errors ? "problem" : "warning";
  const more = problems.count - problems.listed.length;
  $("problems").hidden = problems.count === 0;
  $("problems").className = errors ? "errors" : "warnings";
  $("problem-count").textContent = `${problems.count} ${noun}${problems.count === 1 ? "" : "s"}`;
  $("problem-list").replaceChildren(...problems.listed.map(item));
  if (more > 0) $("problem-list").append(element("li", { className: "quiet" }, `and ${more} more`));
}

export function goToNextProblem() {
  if (places.length) goTo(places[next++ % places.length]);
}

function item(problem) {
  const lines = [["found", problem.found], ["expected", problem.expected], ["help", problem.hint]];
  return element("li", { className: problem.severity },
    element("p", { className: "headline" },
      problem.code ? element("span", { className: "code" }, problem.code) : null,
      element("span", { className: "message" }, problem.message),
      problem.place ? placeButton(problem.place) : null),
    ...lines.filter(([, text]) => text).map(([word, text]) => line(element("b", {}, word), ` ${text}`)),
    ...way(problem.chain));
}

function placeButton(place) {
  const text = `${place.file}:${place.line}:${place.column}`;
  return element("button", { type: "button", className: "place", onclick: () => goTo(place) }, text);
}

function way(chain) {
  const steps = chain.slice(0, LONGEST_WAY).map((step) =>
    line(`in ${step.in}, used at ${step.place.file}:${step.place.line}`));
  return chain.length > LONGEST_WAY ? [...steps, line(`... ${chain.length - LONGEST_WAY} more ...`)] : steps;
}

function line(...children) {
  return element("p", { className: "further" }, ...children);
}
