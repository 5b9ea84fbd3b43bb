// --- small maps of colours in the nodes of the diagram --------------------------------------

/** As many cells along each side as the room has been made for, and as many sizes of numbers. */
const MOST_CELLS = 12, LEVELS = 4;

/** Draw an array into the room that a node has for it; null leaves it empty. */
function fillRoom(each, place) {
  const array = place == null ? null : arrays[place];
  if (array === each.holds) return;
  each.holds = array;
  each.map ??= each.room.parentNode.insertBefore(document.createElementNS(svg.namespaceURI, "g"), each.room.nextSibling);
  each.map.setAttribute("class", "map");
  each.map.replaceChildren(...(array ? cellsOf(array, each.room.getBBox()) : []));
}

/** The cells of an array, those of the same colour as one path. */
function cellsOf(array, { x, y, width, height }) {
  const rows = array.rows || array.blocks;
  if (!rows.length || !rows[0].length) return [];
  const down = cuts(rows.length, MOST_CELLS), across = cuts(rows[0].length, MOST_CELLS);
  const mean = (numbers) => numbers.reduce((sum, each) => sum + Number(each) / numbers.length, 0);
  const cells = down.map(([a, b]) => across.map(([c, d]) => mean(rows.slice(a, b).flatMap((row) => row.slice(c, d)))));
  const most = sizeOf(cells), [w, h] = [width / across.length, height / down.length];
  const paths = new Map();
  cells.forEach((row, i) => row.forEach((cell, j) => {
    const look = levelOf(cell, most);
    if (look) paths.set(look, `${paths.get(look) ?? ""}M${x + j * w} ${y + i * h}h${w}v${h}h${-w}z`);
  }));
  return [...paths].map(([look, d]) => {
    const path = document.createElementNS(svg.namespaceURI, "path");
    path.setAttribute("class", look);
    path.setAttribute("d", d);
    return path;
  });
}

function levelOf(x, most) {
  if (Number.isNaN(x)) return "nothing";
  if (!Number.isFinite(x)) return "endless";
  const level = most ? Math.ceil((Math.abs(x) / most) * LEVELS) : 0;
  return level ? `${x < 0 ? "negative" : "positive"} level-${level}` : "";
}
