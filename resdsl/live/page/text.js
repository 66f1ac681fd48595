import { $, element, show } from "./dom.js";

let records = [];
let current = 0;

export function showTexts(next) {
  const name = records[current]?.name;
  records = next;
  current = Math.max(0, records.findIndex((record) => record.name === name));
  draw();
}

export function goTo(place) {
  const wanted = records.findIndex((record) => record.name === place.file);
  if (wanted < 0) return;
  if (wanted !== current) {
    current = wanted;
    draw();
  }
  const line = $("text").querySelector(`li:nth-child(${place.line})`);
  line?.scrollIntoView({ block: "center" });
  line?.classList.add("gone-to");
  setTimeout(() => line?.classList.remove("gone-to"), 1200);
}

function draw() {
  const tabs = records.length < 2 ? [] : records.map((record, at) => element("button", {
    type: "button", role: "tab", "aria-selected": at === current, onclick: () => { current = at; draw(); },
  }, record.name));
  $("files").replaceChildren(...tabs);
  const record = records[current];
  if (!record) return;
  show($("text"), record.lines ? lines(record.lines)
    : element("p", { className: "refusal" }, "This text is too long to be shown."));
}

function lines(all) {
  return element("ol", { className: "lines" }, ...all.map((pieces) => {
    const marked = pieces.some((piece) => piece[2] === "error") ? "has-error" : "";
    return element("li", { className: marked }, element("code", {}, ...pieces.map(span)));
  }));
}

function span([text, kind, mark]) {
  if (!kind && !mark) return text;
  const names = [kind && `is-${kind}`, mark, text ? "" : "empty"].filter(Boolean);
  return element(mark ? "mark" : "span", { className: names.join(" ") }, text);
}
