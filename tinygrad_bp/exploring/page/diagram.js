// --- the diagram -------------------------------------------------------------------------

const failed = new Set((comparison?.parameters || []).filter((each) => each.wrong).map((each) => each.node));
const numbersOf = (text) => (text ? text.split(" ").map(Number) : []);

/** One drawing of the graph: in full, or with the passes of its loops drawn as one. */
function readDrawing(frame) {
  const svg = frame.querySelector("svg"), byPlaces = new Map();
  for (const group of svg.querySelectorAll("[data-node]")) {
    const places = group.dataset.node;
    byPlaces.set(places, [...(byPlaces.get(places) || []), { group, users: group.dataset.use && numbersOf(group.dataset.use), look: "" }]);
  }
  const shown = [...byPlaces].map(([places, pieces]) => {
    pieces.sort((a, b) => (a.users != null) - (b.users != null)); // first the node itself, then what stands in for it at a use
    const [{ group }] = pieces, all = numbersOf(places);
    const part = (name) => group.querySelector(`text.${name}`);
    const rooms = [...group.querySelectorAll(".room")].map((room) => ({ room, kind: room.classList[1], holds: null }));
    return { members: all, loop: group.dataset.loop, pieces, title: part("name"), value: part("value"), grad: part("grad"), rooms, flags: group.querySelectorAll(".flag"), role: nodes[all.at(-1)].role };
  });
  const drawnEdges = [...svg.querySelectorAll("[data-edge]")].map((group) => ({ group, members: numbersOf(group.dataset.edge), active: false }));
  const at = [];
  shown.forEach((each) => each.members.forEach((n) => { at[n] = each; }));
  const flowing = svg.querySelector("#graph").appendChild(document.createElementNS(svg.namespaceURI, "g"));
  flowing.setAttribute("class", "flowing");
  const whole = svg.getAttribute("viewBox").split(/[ ,]+/).map(Number);
  [svg.style.width, svg.style.height] = [`${whole[2]}px`, `${whole[3]}px`];
  const moved = /translate\(([-\d.]+)[ ,]+([-\d.]+)\)/.exec(svg.querySelector("#graph").getAttribute("transform"));
  return { frame, svg, shown, drawnEdges, at, flowing, whole, offset: [Number(moved[1]), Number(moved[2])], loops: loopsOf(svg, shown) };
}

const drawings = [...stage.querySelectorAll('[role="img"]')].map(readDrawing);
let { svg, shown, drawnEdges, at: drawnAt, flowing, whole, offset, loops } = drawings[0];

/** Show a drawing in the place of the others. */
function useDrawing(which) {
  drawings.forEach((each) => each !== which && each.frame.remove());
  stage.prepend(which.frame);
  ({ svg, shown, drawnEdges, at: drawnAt, flowing, whole, offset, loops } = which);
}
useDrawing(drawings[0]);

/** What is drawn of a node near a node that uses it. */
const pieceAt = (n, user) => drawnAt[n].pieces.find((piece) => piece.users?.includes(user)) ?? drawnAt[n].pieces[0];

function paint(k) {
  const step = steps[k];
  const sources = new Set(step.phase === "forward" ? nodes[step.node].operands : (step.parts || []).map((part) => part.to));
  const uses = new Set((step.parts || []).map((part) => part.position));
  const secret = asking(k);
  document.body.className = `${step.phase}-phase${leaves === given ? "" : " changed"}${lesson ? " learning" : ""}`;
  shown.forEach((each) => {
    const n = memberAt(each, k), grown = gradientAt(n, k), isKnown = k >= known[n];
    const look = ["node", each.role, !isKnown && "todo", n === step.node && "current",
      grown?.[2] && (beside ? isWrong(n) : failed.has(n)) && "failed", each.members.some((m) => matches.has(m)) && "match"].filter(Boolean).join(" ");
    const used = sources.has(n) && pieceAt(n, step.node);
    for (const piece of each.pieces) {
      const its = `${look}${piece === used ? " source" : ""}${piece.users == null ? "" : " again"}`;
      if (its !== piece.look) piece.group.setAttribute("class", (piece.look = its));
    }
    const hidden = secret && grown?.[0] === k;
    if (each.title) setText(each.title, nodes[n].number ? "" : calledOf(n));
    if (each.value) setText(each.value, isKnown ? arrays[nodes[n].value].summary : "");
    if (each.grad) setText(each.grad, hidden ? "?" : grown ? arrays[grown[1]].summary : "–");
    each.flags.forEach((flag) => flag.classList.toggle("early", /gradient/.test(flag.textContent) && !grown?.[2]));
    const held = { value: isKnown ? nodes[n].value : null, grad: grown && !hidden ? grown[1] : null };
    each.rooms.forEach((room) => fillRoom(room, held[room.kind]));
  });
  for (const each of drawnEdges) {
    each.now = each.members.find((e) => edges[e][1] === step.node && (step.phase === "forward" || uses.has(edges[e][2])));
    const active = each.now != null;
    if (active !== each.active) each.group.setAttribute("class", active ? "edge active" : "edge");
    each.active = active;
  }
  labelEdges(step);
  countPasses(k);
}

// What flows along the edges of a step: values forward, backward what the gradient is multiplied by.
function labelEdges(step) {
  flowing.replaceChildren(...drawnEdges.flatMap(({ group, now: e }) => {
    const text = e != null ? labelOf(step, e) : null, path = group.querySelector("path");
    if (text == null || !path) return [];
    const label = document.createElementNS(svg.namespaceURI, "text"), at = path.getPointAtLength(path.getTotalLength() / 2);
    label.textContent = text;
    label.setAttribute("x", at.x + 5);
    label.setAttribute("y", at.y + 3);
    return [label];
  }));
}

function labelOf(step, e) {
  const [tail, , position] = edges[e];
  if (step.phase === "forward") return shapeOf(tail).length ? null : short(arrays[nodes[tail].value].rows[0][0]);
  const part = (step.parts || []).find((each) => each.position === position);
  const local = part && part.local != null && !asking(now) ? dataOf(part.local) : null;
  return local && local.every((x) => x === local[0]) ? `×${short(local[0])}` : null;
}

function setText(text, content) {
  if (text.textContent !== content) text.textContent = content;
}

let view = { x: 0, y: 0, scale: 1 };
let moving = 0;

function size() {
  return [stage.clientWidth || 1, stage.clientHeight || 1];
}

/** Show the part of the diagram that begins at x and y; a transform, so that nothing is laid out anew. */
function look({ x, y, scale }) {
  view = { x, y, scale };
  svg.style.transform = `scale(${scale}) translate(${whole[0] - x}px, ${whole[1] - y}px)`;
}

function glide(to) {
  cancelAnimationFrame(moving);
  if (still.matches || document.hidden) return look(to);
  const from = view, start = performance.now();
  const frame = (now) => {
    const t = Math.min((now - start) / 260, 1), s = 1 - (1 - t) ** 3;
    look({ x: from.x + (to.x - from.x) * s, y: from.y + (to.y - from.y) * s, scale: from.scale + (to.scale - from.scale) * s });
    if (t < 1) moving = requestAnimationFrame(frame);
  };
  moving = requestAnimationFrame(frame);
}

function fitted() {
  const [width, height] = size();
  const scale = Math.min((width - 16) / whole[2], (height - 16) / whole[3], 2);
  return { scale, x: whole[0] - (width / scale - whole[2]) / 2, y: whole[1] - (height / scale - whole[3]) / 2 };
}

/** The scale to begin with: all of the diagram if its texts can be read then, else what is wide enough. */
function readable() {
  const wide = (size()[0] - 16) / whole[2], smallest = innerWidth > 600 ? 0.9 : 1.1;
  return Math.max(fitted().scale, fitted().scale >= 0.85 && innerWidth > 600 ? 0 : Math.min(1.25, Math.max(wide, smallest)));
}

function boxOf(places) {
  const boxes = places.map((n) => pieceAt(n, places[0]).group.getBBox());
  const [dx, dy] = offset;
  const left = Math.min(...boxes.map((b) => b.x)), top = Math.min(...boxes.map((b) => b.y));
  const right = Math.max(...boxes.map((b) => b.x + b.width)), bottom = Math.max(...boxes.map((b) => b.y + b.height));
  return { x: left + dx, y: top + dy, width: right - left, height: bottom - top };
}

/** Move the view, as little as need be, so that the nodes of a step are in it. */
function follow(k, at = view) {
  const step = steps[k];
  if (step.node == null) return at === view ? null : glide(at);
  const near = step.phase === "forward" ? nodes[step.node].operands : (step.parts || []).map((part) => part.to);
  const [width, height] = size().map((length) => length / at.scale);
  let box = boxOf([step.node, ...near]);
  if (box.width > width || box.height > height) box = boxOf([step.node]);
  const margin = Math.min(30, (width - box.width) / 2, (height - box.height) / 2);
  const x = Math.min(Math.max(at.x, box.x + box.width + margin - width), box.x - margin);
  const y = Math.min(Math.max(at.y, box.y + box.height + margin - height), box.y - margin);
  if (x !== at.x || y !== at.y || at !== view) glide({ x, y, scale: at.scale });
}

function zoom(factor, px = size()[0] / 2, py = size()[1] / 2) {
  cancelAnimationFrame(moving);
  const scale = Math.min(Math.max(view.scale * factor, fitted().scale / 2), 6);
  look({ scale, x: view.x + px / view.scale - px / scale, y: view.y + py / view.scale - py / scale });
}

const pan = (dx, dy) => look({ ...view, x: view.x - dx / view.scale, y: view.y - dy / view.scale });

byId("closer").addEventListener("click", () => zoom(1.3));
byId("further").addEventListener("click", () => zoom(1 / 1.3));
byId("fit").addEventListener("click", () => glide(fitted()));
stage.addEventListener("wheel", (event) => {
  event.preventDefault();
  const box = stage.getBoundingClientRect();
  zoom(Math.exp(-event.deltaY / 400), event.clientX - box.left, event.clientY - box.top);
}, { passive: false });

const fingers = new Map();
let dragged = 0;
stage.addEventListener("pointerdown", (event) => {
  fingers.set(event.pointerId, event);
  if (fingers.size === 1) dragged = 0;
});
stage.addEventListener("pointermove", (event) => {
  const before = fingers.get(event.pointerId);
  if (!before) return;
  cancelAnimationFrame(moving);
  const dx = event.clientX - before.clientX, dy = event.clientY - before.clientY;
  dragged += Math.abs(dx) + Math.abs(dy);
  if (dragged > 5 && !stage.hasPointerCapture(event.pointerId)) stage.setPointerCapture(event.pointerId);
  if (fingers.size === 2) {
    const [other] = [...fingers.values()].filter((each) => each.pointerId !== event.pointerId);
    const apart = (a) => Math.hypot(a.clientX - other.clientX, a.clientY - other.clientY) || 1;
    const box = stage.getBoundingClientRect();
    zoom(apart(event) / apart(before), (event.clientX + other.clientX) / 2 - box.left, (event.clientY + other.clientY) / 2 - box.top);
    pan(dx / 2, dy / 2);
  } else pan(dx, dy);
  fingers.set(event.pointerId, event);
  stage.classList.add("dragging");
});
for (const end of ["pointerup", "pointercancel", "pointerleave"]) {
  stage.addEventListener(end, (event) => {
    fingers.delete(event.pointerId);
    stage.classList.remove("dragging");
  });
}
stage.addEventListener("click", (event) => {
  const group = event.target.closest("[data-node]");
  if (dragged > 5) return;
  if (group) goToNode(memberAt(drawnAt[numbersOf(group.dataset.node)[0]], now));
  else if (event.target.closest(".cluster.loop")) unfold();
});
stage.addEventListener("keydown", (event) => {
  const moves = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "+" || event.key === "=") zoom(1.3);
  else if (event.key === "-") zoom(1 / 1.3);
  else if (event.key === "0") glide(fitted());
  else if (event.shiftKey && moves[event.key]) pan(...moves[event.key]);
  else return;
  event.preventDefault();
  event.stopPropagation();
});

