// --- numbers -----------------------------------------------------------------------------

function short(x, digits = 4) {
  const number = Number(x);
  if (!Number.isFinite(number)) return String(x).replace("Infinity", "Inf").replace("-", "−");
  const size = Math.abs(number);
  if (size !== 0 && (size < 1e-4 || size >= 1e6)) {
    return number.toExponential(digits - 1).replace(/\.?0+e/, "e").replace("e+", "e").replace("-", "−").replace("e-", "e−");
  }
  return String(Number(number.toPrecision(digits))).replace("-", "−");
}

const full = (x) => String(x).replace("-", "−").replace("e-", "e−");
/** A shape as Python has it; none for a number. */
const shapeText = (lengths) => (lengths.length ? `(${lengths.join(", ")}${lengths.length === 1 ? "," : ""})` : "");
const shape = (array) => shapeText(array.shape);

function mix(a, b, t) {
  return a.map((x, k) => Math.round(x + (b[k] - x) * t));
}

/** Blue for negative, orange for positive: told apart in every kind of colour blindness. */
function colours(x, most) {
  const dark = document.documentElement.dataset.theme === "dark";
  const number = Number(x);
  if (!Number.isFinite(number)) return Number.isNaN(number) ? ["", "#000000"] : ["#000000", "#ffffff"];
  const zero = dark ? [40, 45, 50] : [246, 245, 242];
  const end = number < 0 ? (dark ? [96, 165, 240] : [34, 94, 168]) : dark ? [240, 150, 80] : [184, 84, 16];
  const rgb = mix(zero, end, most ? Math.min(Math.abs(number) / most, 1) ** 0.8 : 0);
  const light = rgb.map((c) => (c / 255) ** 2.2);
  const luminance = 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2];
  return [`rgb(${rgb.join()})`, luminance > 0.18 ? "#000000" : "#ffffff"];
}

/** The index of a cell in the array, whose last axis runs along the rows. */
function indexOf(array, row, column) {
  const { shape: lengths } = array;
  if (!lengths.length) return "";
  if (lengths.length === 1) return `[${column}]`;
  const index = [column];
  for (let axis = lengths.length - 2, rest = row; axis >= 0; axis -= 1) {
    index.unshift(rest % lengths[axis]);
    rest = Math.floor(rest / lengths[axis]);
  }
  return `[${index.join(", ")}]`;
}

function number(x, what) {
  return el("span", { class: "num", "data-value": x, title: what ? `${what} = ${x}` : x }, short(x));
}

/** What a node is called in a sentence: a short expression where it has no name. */
const calledOf = (n) => nodes[n].expression || nodes[n].name;

/** What stands before the index of an entry: an expression in parentheses, unless it is a call. */
const arrayNameOf = (n) => (/ /.test(nodes[n].expression) && !/^\w+\(.*\)$/.test(nodes[n].expression) && shapeOf(n).length ? `(${calledOf(n)})` : calledOf(n));

/** The value of a node. */
const valueOf = (n, label = calledOf(n), most) => figure(nodes[n].value, label, { name: arrayNameOf(n), role: "value", of: n, most });

/** An array as a table of coloured cells, a lone number as such.
 *
 * `role` says what it is, `of` which node, and `most` the size that has the full colour. */
function figure(place, label, { name = label, role, of, most }) {
  const made = drawn(place, `${label} ${shape(arrays[place])}`.trim(), name, most);
  made.dataset.role = role;
  made.dataset.of = of;
  if (role === "value" && !lesson && isEditable(of)) makeEditable(made, of);
  return made;
}

function drawn(place, label, name, most) {
  const array = arrays[place];
  const caption = el("figcaption", {}, label);
  if (array.rows && array.shape.every((n) => n === 1) && array.shape.length < 3) {
    const shown = number(array.rows[0][0], name);
    if (most != null) paintCell(shown, array.rows[0][0], most);
    return el("figure", { class: "scalar" }, caption, shown);
  }
  const rows = array.rows || array.blocks;
  if (!rows.length || !rows[0].length) return el("figure", {}, caption, "empty");
  return el("figure", {}, caption, el("div", { class: "scroll" }, heat(array, rows, name, most)), range(array, rows));
}

function range(array, rows) {
  const note = array.blocks ? `${array.summary}; each cell is the mean of a block of entries` : array.summary;
  return isRead(rows) && array.rows ? null : el("p", { class: "range" }, note.replaceAll("-", "−"));
}

/** Whether there is room for the numbers themselves. */
const isRead = (rows) => rows[0].length <= 8 && rows.length * rows[0].length <= 64;
const sizeOf = (rows) => Math.max(...rows.flat().map((x) => (Number.isFinite(Number(x)) ? Math.abs(x) : 0)));

/** The largest size among arrays, to which their colours can be told together. */
const largestOf = (...places) => Math.max(0, ...places.filter((place) => place != null).map((place) => sizeOf(arrays[place].rows || arrays[place].blocks)));

function paintCell(cell, x, most) {
  const [back, front] = colours(x, most);
  cell.style.background = back;
  cell.style.color = front;
  const kind = Number.isNaN(Number(x)) ? "nan" : Number.isFinite(Number(x)) ? "" : "infinite";
  if (kind) cell.classList.add(kind);
}

function heat(array, rows, name, most = sizeOf(rows)) {
  const look = isRead(rows) ? (rows[0].length > 4 ? "heat wide many" : "heat wide") : rows[0].length > 14 ? "heat tiny" : "heat";
  const said = `${name}, ${array.shape.join(" by ")}: ${array.summary}`;
  const table = el("table", { class: look, tabindex: 0, "aria-label": said });
  const slice = array.rows && array.shape.length > 2 ? array.shape.at(-2) : rows.length;
  rows.forEach((row, i) => {
    if (i % slice === 0) table.append(el("tbody"));
    const line = el("tr");
    row.forEach((x, j) => {
      const cell = el("td", { "data-value": x }, isRead(rows) ? short(x) : el("span", { class: "sr" }, short(x)));
      paintCell(cell, x, most);
      cell.about = `${name}${array.rows ? indexOf(array, i, j) : ` block ${i}, ${j}, mean`} = ${full(x)}`;
      line.append(cell);
    });
    table.lastElementChild.append(line);
  });
  return table;
}

/** Let each cell of a product say of what it is the sum, and light the row and the column that make it. */
function tellProduct(target, left, right) {
  const [rows, columns] = [left, right].map((each) => each.querySelector("table.heat"));
  const numbers = (table) => [...table.rows].map((row) => [...row.cells].map((cell) => cell.dataset.value));
  if (!rows || !columns) return;
  const [a, b] = [numbers(rows), numbers(columns)];
  for (const cell of target.querySelectorAll("td")) {
    const [i, j] = [cell.parentElement.rowIndex, cell.cellIndex];
    if (!a[i] || a[i].length !== b.length || b[0][j] == null) return;
    const products = a[i].map((x, k) => `${short(x)}·${short(b[k][j])}`);
    cell.about += ` = ${products.slice(0, 8).join(" + ")}${products.length > 8 ? " + …" : ""}`;
    cell.makers = [...rows.rows[i].cells, ...[...columns.rows].map((row) => row.cells[j])];
  }
}

// --- reading single cells, by pointer and by keys ----------------------------------------

function read(cell, aloud) {
  panel.querySelectorAll("td.here, td.lit").forEach((each) => each.classList.remove("here", "lit"));
  readout.hidden = !cell;
  if (!cell) return;
  cell.classList.add("here");
  cell.makers?.forEach((each) => each.classList.add("lit"));
  readout.textContent = cell.about;
  if (aloud) live.textContent = cell.about;
  const box = cell.getBoundingClientRect();
  const width = readout.offsetWidth;
  readout.style.left = `${Math.max(4, Math.min(box.left, innerWidth - width - 4))}px`;
  readout.style.top = `${box.top > 40 ? box.top - 32 : box.bottom + 8}px`;
}

panel.addEventListener("pointerover", (event) => read(event.target.closest("table.heat td")));
panel.addEventListener("pointerleave", (event) => event.pointerType !== "touch" && read(null));
panel.addEventListener("click", (event) => read(event.target.closest("table.heat td"), true)); // a tap stays
panel.addEventListener("focusout", () => read(null));
panel.addEventListener("keydown", (event) => {
  const table = event.target.closest("table.heat");
  const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  if (!table || !moves[event.key]) return;
  event.preventDefault();
  event.stopPropagation();
  const here = table.querySelector("td.here");
  const [down, right] = here ? moves[event.key] : [0, 0];
  const row = here ? here.parentElement.rowIndex + down : 0;
  const next = table.rows[row]?.cells[here ? here.cellIndex + right : 0];
  if (next) read(next, true);
});

