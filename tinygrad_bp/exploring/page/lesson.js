// --- lessons: first the sign, then the number ----------------------------------------------

let lesson = false;
const answered = new Map(); // question: { first: whether the first number was right, sign: the first sign }
const questionsOf = (k) => (isAsked(k) ? steps[k].questions || [] : []);
const allQuestions = steps.flatMap((_, k) => questionsOf(k).map((question) => [k, question]));
const openQuestion = (k) => (lesson ? questionsOf(k).find((each) => !answered.get(each)?.done) : undefined);
const asking = (k) => openQuestion(k) != null;
const near = (x, y, most) => Math.abs(x - y) <= story.tolerance * Math.abs(y) + story.nothing * (most || 1);
const signOf = (x, most) => (Math.abs(x) <= story.nothing * most ? 0 : Math.sign(x));

/** Of the passes of a loop the last one is asked for, to which the way back comes first: the others are alike. */
function isAsked(k) {
  const loop = drawings.flatMap((each) => each.loops).find(({ passOf }) => passOf.has(steps[k].node));
  return !loop || loop.passOf.get(steps[k].node) === loop.length - 1;
}

function askedFor(step, question) {
  const part = step.parts[question.part], lengths = shapeOf(part.to);
  const entry = question.index.reduce((sum, k, axis) => sum + k * stepsOf(lengths)[axis], 0);
  return { part, entry, name: question.whole ? calledOf(part.to) : nameOf(part.to, entry), single: nameOf(part.to, entry) };
}

function questionCard(step, k) {
  const question = openQuestion(k), { part } = askedFor(step, question);
  const about = answered.get(question) || { tries: 0, hints: 0 };
  answered.set(question, about);
  const node = nodes[step.node];
  const needed = [...new Set([...node.operands, step.node])].map((n) => valueOf(n));
  const feedback = el("div", { id: "feedback", role: "status" });
  return card("question",
    el("h3", {}, `Your turn: ${calledOf(part.to)} `, el("span", { class: "tag" }, progress())),
    row(figure(step.upstream, `upstream d_${node.code}`, { name: `gradient of ${calledOf(step.node)}`, role: "upstream", of: step.node }), ...needed),
    el("p", { class: "about" }, taskOf(step, part)),
    about.sign == null ? askSign(step, k, question, about) : askNumber(step, k, question, about),
    feedback);
}

/** What is known, and what has to be found and multiplied. */
function taskOf(step, part) {
  const node = nodes[step.node], result = resultName(), [above, to] = [calledOf(step.node), calledOf(part.to)];
  const isNumber = !shapeOf(step.node).length;
  const known = step.node === seedStepAt.node ? `d_${node.code} is ${short(dataOf(step.upstream)[0])}, for ${above} is the result` : isNumber
    ? `d_${node.code}: ${result} changes ${timesAsMuch(dataOf(step.upstream)[0])} as ${above}`
    : `d_${node.code} says for each entry of ${above} how much ${result} changes with it`;
  return `${known}. How much does ${above} change with ${to}? Multiply the two.`;
}

const progress = () => `question ${allQuestions.findIndex(([, each]) => !answered.get(each)?.done) + 1} of ${allQuestions.length}`;

function askSign(step, k, question, about) {
  const { part, entry, single } = askedFor(step, question);
  const right = signOf(dataOf(part.delta)[entry], question.most);
  const choose = (sign) => {
    about.sign = sign;
    about.signRight = sign === right;
    render(k);
    const words = { 1: "It goes up", 0: "It stays as it is", "-1": "It goes down" };
    tell(`${sign === right ? "Right: it" : "No. It"}${words[right].slice(2)}. Now by how much?`, sign === right ? "good-text" : "bad-text");
    byId("answer").focus();
  };
  const button = (sign, text) => el("button", { type: "button", "data-sign": sign, on: { click: () => choose(sign) } }, text);
  const way = part.old != null || !part.complete ? " along this way" : "";
  const keys = { ArrowUp: 1, ArrowDown: -1, 0: 0 };
  const press = (event) => {
    if (!(event.key in keys)) return;
    event.preventDefault();
    choose(keys[event.key]);
  };
  return el("div", { class: "ask", role: "group", "aria-label": "The sign", on: { keydown: press } },
    el("p", {}, `If ${single} goes up a little, what does ${resultName()} do${way}?`),
    button(1, "It goes up"), button(-1, "It goes down"), button(0, "It stays"), el("span", { class: "about keys" }, "or press ↑ ↓ 0"));
}

function askNumber(step, k, question, about) {
  const { name } = askedFor(step, question);
  const input = el("input", { id: "answer", type: "text", autocomplete: "off", "aria-describedby": "feedback" });
  const check = (event) => {
    event.preventDefault();
    const numbers = parse(input.value);
    if (!numbers || numbers.length !== question.answer.length) {
      return tell(question.whole ? `Type ${question.answer.length} numbers, such as [${question.answer.map((_, n) => n + 0.5).join(", ")}].` : "Type a number, such as 0.25, 1/2 or 1 - 0.46**2.");
    }
    about.tries += 1;
    const wrong = numbers.findIndex((x, n) => !near(x, question.answer[n], question.most));
    if (wrong < 0) return settle(step, k, question, about, true);
    input.setAttribute("aria-invalid", "true");
    tell(`Not yet. ${mistakeIn(step, question, numbers, wrong)}`);
  };
  const hint = () => tell(...hintFor(step, question, about));
  const whole = question.whole ? ` (${question.answer.length} numbers)` : "";
  return el("form", { class: "ask", on: { submit: check } },
    el("label", { for: "answer" }, `What does this step add to the gradient of ${name}${whole}? Δ =`), input,
    el("button", { type: "submit", class: "primary" }, "Check"),
    el("button", { type: "button", on: { click: hint } }, "Hint"),
    el("button", { type: "button", on: { click: () => settle(step, k, question, about, false) } }, "Show me"));
}

function tell(...parts) {
  const classes = ["good-text", "bad-text"];
  const look = classes.includes(parts.at(-1)) ? parts.pop() : "";
  byId("feedback").replaceChildren(el("p", { class: look }, ...parts));
}

function mistakeIn(step, question, numbers, wrong) {
  const { entry } = askedFor(step, question);
  const x = question.whole ? numbers[entry] : numbers[0];
  const known = question.mistakes.find(([other]) => near(x, other));
  const isWrong = !question.whole || !near(x, question.answer[entry], question.most);
  if (known && isWrong) return story.hints[known[1]];
  if (!question.whole) return "Multiply the upstream gradient by the local derivative; Hint shows the rule.";
  const right = numbers.filter((y, n) => near(y, question.answer[n], question.most)).length;
  return `${right} of ${numbers.length} are right; look at ${nameOf(askedFor(step, question).part.to, wrong)} again.`;
}

/** Hints lead from the rule to the numbers, and then to the answer. */
function hintFor(step, question, about) {
  const { part, single } = askedFor(step, question);
  about.hints += 1;
  if (about.hints === 1) return [`The pattern: ${PATTERNS[part.pattern]}. The rule: `, el("code", {}, part.lines.at(-1)), nudged(step, part, question)];
  const numbers = withNumbers(step, question);
  if (about.hints === 2 && numbers) return [`With the numbers, for ${single}: `, el("code", {}, numbers)];
  return ["The answer: ", el("code", {}, question.answer.map((x) => short(x)).join(", "))];
}

/** What a function of one number gives for it, and a little further: where its slope comes from. */
function nudged(step, part, question) {
  const { entry, single } = askedFor(step, question), way = onlyWay(step, part, entry);
  if (!state || !way || !["slope", "gates"].includes(part.pattern)) return "";
  const node = nodes[step.node], x = state.values[part.to].data[entry];
  const further = { shape: shapeOf(part.to), data: state.values[part.to].data.map((old, e) => (e === entry ? old + NUDGE : old)) };
  const after = asArray(functions[node.compute](...node.operands.map((n) => (n === part.to ? further : state.values[n])))).data[way.above];
  return `. Nudge ${single}: ${short(x, 6)} gives ${short(state.values[step.node].data[way.above], 6)}, and ${short(x + NUDGE, 6)} gives ${short(after, 6)}.`;
}

/** The rule for one entry with the numbers put in; null where it is not a sum of products. */
function withNumbers(step, question) {
  const { part, entry } = askedFor(step, question), upstream = dataOf(step.upstream);
  const above = shapeOf(step.node), own = shapeOf(part.to);
  const into = (places) => places.flatMap((place, k) => (place === entry ? [k] : []));
  if (part.product) {
    const pair = [arrays[step.upstream].rows, arrays[part.product.transposed].rows];
    const [left, right] = part.product.first ? pair.reverse() : pair;
    const [i, j] = unravel(entry, own);
    return left[i].map((x, n) => `${short(x)} · ${short(right[n][j])}`).join(" + ");
  }
  if (part.local == null) return null;
  const raw = part.raw == null ? own : arrays[part.raw].shape;
  const copies = into(repeated(own, raw) || Array.from({ length: product(own) }, (_, n) => n));
  const [fromAbove, fromLocal] = [repeated(above, raw), repeated(arrays[part.local].shape, raw)];
  const local = dataOf(part.local);
  return copies.map((n) => `${short(upstream[fromAbove ? fromAbove[n] : n])} · ${short(local[fromLocal ? fromLocal[n] : n])}`).join(" + ");
}

/** A question is over: say what was right, and let Enter go on. */
function settle(step, k, question, about, found) {
  about.done = true;
  about.first = found && about.tries === 1 && about.hints === 0 && about.signRight;
  const { part, name } = askedFor(step, question);
  render(k);
  const text = `${found ? "Right: " : ""}Δ for ${name} is ${question.answer.map((x) => short(x)).join(", ")}. ${score()}`;
  const goOn = el("button", { type: "button", id: "onward", class: "primary", on: { click: onward } }, allQuestions.some(([, each]) => !answered.get(each)?.done) ? "Next question" : "Summary");
  panel.querySelector("h2").after(el("div", { class: "card settled", id: "score" },
    el("p", { class: found ? "good-text" : "about" }, text), reasonCard(step, part), goOn));
  goOn.focus();
  live.textContent = text;
}

function score() {
  const done = [...answered.values()].filter((each) => each.done);
  return `${done.filter((each) => each.first).length} of ${done.length} right at the first try.`;
}

/** Go to the next open question, or to the summary. */
function onward() {
  const open = allQuestions.filter(([, each]) => !answered.get(each)?.done).map(([k]) => k);
  const next = open.find((k) => k >= now) ?? open[0];
  if (next == null) return showSummary();
  go(next);
  panel.querySelector(".question button, .question input")?.focus();
}

function showSummary() {
  const missed = new Map();
  for (const [k, each] of allQuestions) {
    if (answered.get(each)?.first) continue;
    const kind = PATTERNS[askedFor(steps[k], each).part.pattern];
    missed.set(kind, [...(missed.get(kind) || []), [k, each]]);
  }
  const again = () => { answered.clear(); go(allQuestions[0][0]); };
  const rows = [...missed].map(([kind, all]) => el("li", {}, `${kind}: `, ...all.flatMap(([k, each], n) => [n ? ", " : "", el("button", { type: "button", class: "link", on: { click: () => go(k) } }, askedFor(steps[k], each).name)])));
  panel.replaceChildren(el("p", { class: "phase" }, "Lesson"), el("h2", { tabindex: -1, id: "summary" }, "All questions are answered"),
    card("", el("p", {}, score()), rows.length > 0 && el("p", {}, "Look at these again:"), rows.length > 0 && el("ul", {}, ...rows),
      el("button", { type: "button", on: { click: again } }, "Once more")));
  byId("summary").focus();
  live.textContent = score();
}

function startLesson(on) {
  lesson = on;
  byId("lesson").setAttribute("aria-pressed", lesson);
  answered.clear();
  closeEditor();
  if (state && leaves !== given) change(given);
  if (lesson && allQuestions.length && !asking(now)) go(allQuestions[0][0]);
  else render(now);
}
byId("lesson").addEventListener("click", () => startLesson(!lesson));
