// --- numbers as people write them --------------------------------------------------------

const FUNCTIONS = { exp: Math.exp, log: Math.log, ln: Math.log, sqrt: Math.sqrt, tanh: Math.tanh, sin: Math.sin, cos: Math.cos, abs: Math.abs, sigmoid: (x) => 1 / (1 + Math.exp(-x)) };

/** The numbers in a text, row by row: 1/2, 1 - 0.46**2, [1, 2] or rows of numbers; null if it is none. */
function parse(text) {
  const plain = text.trim().replaceAll("−", "-").replaceAll("·", "*").replaceAll("×", "*").replaceAll("^", "**");
  const isArray = /[[\];\n]/.test(plain) || /[^,\s],\s+[^,\s]/.test(plain) || (plain.match(/,/g) || []).length > 1;
  const alone = isArray ? null : evaluateOne(plain.replace(",", "."));
  if (alone || !(isArray || /\s/.test(plain))) return alone;
  const parts = plain.replace(/[[\]]/g, " ").split(/[,;\n]|(?<=[\d)])\s+(?=[-\d(.])/).map((each) => each.trim()).filter(Boolean);
  const found = parts.map(evaluateOne);
  return found.length && found.every(Boolean) ? found.flat() : null;
}

function evaluateOne(text) {
  const tokens = text.match(/\d+\.?\d*(?:e[-+]?\d+)?|\.\d+(?:e[-+]?\d+)?|\*\*|[-+*/()]|[a-z]+|\S/gi) || [];
  let at = 0;
  const take = (token) => tokens[at] === token && Boolean((at += 1));
  function sum() {
    let x = term();
    for (;;) {
      if (take("+")) x += term();
      else if (take("-")) x -= term();
      else return x;
    }
  }
  function term() {
    let x = signedPower();
    for (;;) {
      if (take("*")) x *= signedPower();
      else if (take("/")) x /= signedPower();
      else return x;
    }
  }
  function signedPower() {
    if (take("-")) return -signedPower();
    if (take("+")) return signedPower();
    const x = atom();
    return take("**") ? x ** signedPower() : x;
  }
  function atom() {
    const token = tokens[at];
    at += 1;
    if (token === "(") {
      const x = sum();
      return take(")") ? x : NaN;
    }
    if (Object.hasOwn(FUNCTIONS, token ?? "") && take("(")) {
      const x = FUNCTIONS[token](sum());
      return take(")") ? x : NaN;
    }
    return token && /^[\d.]/.test(token) ? Number(token) : NaN;
  }
  const x = sum();
  return at === tokens.length && !Number.isNaN(x) ? [x] : null;
}
