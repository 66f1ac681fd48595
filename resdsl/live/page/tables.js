import { element } from "./dom.js";

const SIGNS = { "+": "added", "-": "removed", "~": "changed" };

export function table(record) {
  const head = element("tr", {}, ...record.columns.map((column) =>
    element("th", { scope: "col", className: column.numeric ? "number" : "" }, column.title)));
  const made = element("table", {},
    element("caption", {}, record.title),
    element("thead", {}, head),
    element("tbody", {}, ...record.lines.map((line) => row(line, record.columns))));
  return element("div", { className: "table" }, made, notes(record.notes));
}

function row(line, columns) {
  const status = columns.findIndex((column) => column.name === "status");
  const sign = status < 0 ? "" : SIGNS[line.cells[status].text] ?? "";
  const cells = line.cells.map((cell, at) => {
    const properties = { className: columns[at].numeric ? "number" : "", title: cell.exact ?? "" };
    if (at > 0) return element("td", properties, cell.text);
    const name = cell.text || "\u00a0";
    return element("th", { ...properties, scope: "row", className: `level-${Math.min(line.level, 6)}` }, name);
  });
  return element("tr", { className: `${line.kind} ${sign}` }, ...cells);
}

function notes(texts) {
  return texts.length ? element("ul", { className: "notes" }, ...texts.map((text) => element("li", {}, text))) : null;
}

export function checks(records) {
  if (!records.length) return null;
  const marks = { holds: "\u2713", "not checked": "\u2013" };
  return element("ul", { className: "checks", "aria-label": "Expectations" }, ...records.map((check) =>
    element("li", { className: check.verdict === "holds" ? "holds" : "unchecked", title: check.reason ?? "" },
      `${marks[check.verdict] ?? ""} ${check.text}`)));
}
