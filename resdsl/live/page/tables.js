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

// What holds is one line, which opens; what was not checked says why.
export function checks(records) {
  const holding = records.filter((check) => check.verdict === "holds");
  const others = records.filter((check) => check.verdict === "not checked");
  const item = (check) => element("li", {}, check.reason ? `${check.text}: ${check.reason}` : check.text);
  const parts = [];
  if (holding.length) {
    const count = holding.length === 1 ? "1 expectation holds" : `${holding.length} expectations hold`;
    parts.push(element("details", { className: "checks" },
      element("summary", {}, `\u2713 ${count}`), element("ul", {}, ...holding.map(item))));
  }
  if (others.length) {
    const list = element("ul", { className: "notes" }, ...others.map(item));
    parts.push(element("p", { className: "quiet" }, "Not checked:"), list);
  }
  return parts;
}
