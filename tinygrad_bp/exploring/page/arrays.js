"use strict";
// Arrays of numbers, as NumPy has them: a shape, and the data row by row. What an op does with
// numbers is written beside the op's row in Python; here is what is done with arrays.

const product = (lengths) => lengths.reduce((a, b) => a * b, 1);
const asArray = (a) => (typeof a === "number" ? { shape: [], data: [a] } : a);

/** The steps in memory along each axis. */
function stepsOf(shape) {
  const steps = [];
  for (let axis = shape.length - 1, step = 1; axis >= 0; axis -= 1) {
    steps[axis] = step;
    step *= shape[axis];
  }
  return steps;
}

/** The places that a start and a step along each axis lead to, row by row. */
function spread(start, steps, shape) {
  let places = [start];
  shape.forEach((length, axis) => {
    const wider = [];
    for (const place of places) for (let k = 0; k < length; k += 1) wider.push(place + k * steps[axis]);
    places = wider;
  });
  return places;
}

/** Where each element of a shape comes from when an array is repeated to it; null if it is that shape. */
function repeated(shape, target) {
  if (shape.length === target.length && shape.every((n, axis) => n === target[axis])) return null;
  const own = stepsOf(shape), first = target.length - shape.length;
  return spread(0, target.map((_, axis) => (axis < first || shape[axis - first] === 1 ? 0 : own[axis - first])), target);
}

function together(shapes) {
  const longest = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: longest }, (_, axis) => {
    const lengths = shapes.map((shape) => shape[axis - longest + shape.length] ?? 1);
    return lengths.find((n) => n !== 1) ?? 1;
  });
}

/** Make of a function of numbers one of arrays, which are repeated where one is smaller. */
function elementwise(f) {
  return (...operands) => {
    const arrays = operands.map(asArray);
    const shape = together(arrays.map((a) => a.shape));
    const places = arrays.map((a) => repeated(a.shape, shape));
    const data = Array.from({ length: product(shape) }, (_, k) => f(...arrays.map((a, n) => a.data[places[n] ? places[n][k] : k])));
    return { shape, data };
  };
}

/** Take elements together along axes; `shape` is that of the result. */
function reduction(f, first) {
  return (operand, axes, shape) => {
    const a = asArray(operand);
    const kept = stepsOf(a.shape.map((n, axis) => (axes.includes(axis) ? 1 : n)));
    const places = spread(0, kept.map((step, axis) => (axes.includes(axis) ? 0 : step)), a.shape);
    const data = Array(product(shape)).fill(first);
    a.data.forEach((x, k) => { data[places[k]] = f(data[places[k]], x); });
    return { shape, data };
  };
}

function accumulate(f, operand, axis) {
  const { shape, data } = asArray(operand);
  const step = stepsOf(shape)[axis], found = Array.from(data);
  for (let k = 0; k < found.length; k += 1) if (Math.floor(k / step) % shape[axis]) found[k] = f(found[k - step], found[k]);
  return { shape, data: found };
}

/** The elements at places; 0 where there is none. */
function take(operand, places, shape) {
  const { data } = asArray(operand);
  return { shape, data: places.map((place) => (place < 0 ? 0 : data[place])) };
}

/** An array of zeros, to which elements of others are added at places. */
function put(shape, ...parts) {
  const data = Array(product(shape)).fill(0);
  for (let n = 0; n < parts.length; n += 2) {
    const from = asArray(parts[n]).data;
    parts[n + 1].forEach((place, k) => { if (place >= 0) data[place] += from[k]; });
  }
  return { shape, data };
}

/** A copy with other elements at places, which have a shape; a smaller element is repeated. */
function assigned(operand, element, places, shape) {
  const { shape: own, data } = asArray(operand), copy = Array.from(data), part = asArray(element);
  const from = repeated(part.shape, shape);
  places.forEach((place, k) => { copy[place] = part.data[from ? from[k] : k]; });
  return { shape: own, data: copy };
}

/** Every product of elements along named axes, added up: "ij,jk->ik". */
function einsum(subscripts, ...operands) {
  const arrays = operands.map(asArray);
  const [inputs, output] = subscripts.split("->");
  const terms = inputs.split(",");
  const lengths = {};
  terms.forEach((term, n) => [...term].forEach((label, axis) => { lengths[label] = Math.max(lengths[label] ?? 0, arrays[n].shape[axis]); }));
  const labels = [...new Set([...output, ...inputs.replaceAll(",", "")])];
  const all = labels.map((label) => lengths[label]);
  const steps = (term, shape) => labels.map((label) => [...term].reduce((sum, other, axis) => sum + (other === label && shape[axis] > 1 ? stepsOf(shape)[axis] : 0), 0));
  const places = terms.map((term, n) => spread(0, steps(term, arrays[n].shape), all));
  const shape = [...output].map((label) => lengths[label]);
  const data = Array(product(shape)).fill(0);
  spread(0, steps(output, shape), all).forEach((place, k) => {
    data[place] += arrays.reduce((total, a, n) => total * a.data[places[n][k]], 1);
  });
  return { shape, data };
}

/** Matrices are the last two axes; a vector is a row on the left, a column on the right. */
function matmul(left, right) {
  const a = asArray(left), b = asArray(right);
  const stack = "ABCDEFGH";
  const first = Math.max(a.shape.length, b.shape.length) - 2;
  const axes = ({ length }, own) => stack.slice(first - Math.max(length - 2, 0), Math.max(first, 0)) + own;
  const rows = a.shape.length > 1 ? "i" : "", columns = b.shape.length > 1 ? "k" : "";
  const output = stack.slice(0, Math.max(first, 0)) + rows + columns;
  return einsum(`${axes(a.shape, `${rows}j`)},${axes(b.shape, `j${columns}`)}->${output}`, a, b);
}

/** Every overlap of two sequences, one of them turned around. */
function convolve(a, v) {
  const data = Array(a.data.length + v.data.length - 1).fill(0);
  a.data.forEach((x, i) => v.data.forEach((y, j) => { data[i + j] += x * y; }));
  return { shape: [data.length], data };
}

/** Solve a @ x = b by elimination, with the largest pivots; `a` and `b` are rows, and `b` becomes x. Return the determinant. */
function eliminate(a, b) {
  let determinant = 1;
  for (let k = 0; k < a.length; k += 1) {
    let pivot = k;
    for (let i = k + 1; i < a.length; i += 1) if (Math.abs(a[i][k]) > Math.abs(a[pivot][k])) pivot = i;
    if (pivot !== k) {
      [a[k], a[pivot], b[k], b[pivot]] = [a[pivot], a[k], b[pivot], b[k]];
      determinant = -determinant;
    }
    determinant *= a[k][k];
    for (let i = k + 1; i < a.length; i += 1) {
      const factor = a[i][k] / a[k][k];
      a[i] = a[i].map((x, j) => x - factor * a[k][j]);
      b[i] = b[i].map((x, j) => x - factor * b[k][j]);
    }
  }
  for (let k = a.length - 1; k >= 0; k -= 1) {
    b[k] = b[k].map((x, j) => {
      let rest = x;
      for (let i = k + 1; i < a.length; i += 1) rest -= a[k][i] * b[i][j];
      return rest / a[k][k];
    });
  }
  return determinant;
}

/** The same elements in another shape. */
const reshaped = (operand, shape) => ({ shape, data: asArray(operand).data });

/** The elements along an axis, line by line: the places of each line. */
function linesAlong({ shape }, axis) {
  const steps = stepsOf(shape), length = shape[axis];
  const starts = spread(0, steps, shape.map((n, k) => (k === axis ? 1 : n)));
  return starts.map((start) => Array.from({ length }, (_, k) => start + k * steps[axis]));
}

/** The places along an axis that would sort it; equals stay in their order, NaN comes last. */
function sorted(operand, axis) {
  const a = asArray(operand), data = Array(a.data.length);
  const after = (x, y) => (x !== x ? (y !== y ? 0 : 1) : y !== y ? -1 : x - y || 0);
  for (const line of linesAlong(a, axis)) {
    const order = line.map((_, k) => k).sort((i, j) => after(a.data[line[i]], a.data[line[j]]) || i - j);
    line.forEach((place, k) => { data[place] = order[k]; });
  }
  return { shape: a.shape, data };
}

/** The place along an axis of what is beyond all others, the first of them; of the first NaN if there is one. */
function extreme(isBeyond, operand, axis) {
  const a = asArray(operand);
  const data = linesAlong(a, axis).map((line) => line.reduce((best, place, k) => {
    const x = a.data[place], most = a.data[line[best]];
    return most === most && (x !== x || isBeyond(x, most)) ? k : best;
  }, 0));
  return { shape: a.shape.filter((_, k) => k !== axis), data };
}

/** Places that depend on others: each operand adds its own along an axis; see `_leads` in Python. */
function led(first, ...operands) {
  return operands.reduce((places, [operand, which, step, length]) => {
    const { data } = asArray(operand);
    return places.map((place, k) => place + step * ((data[which[k]] + length) % length));
  }, first);
}

/** The lower triangle whose product with its transpose is a matrix. */
function cholesky(operand) {
  const found = matricesOf(operand).map((a) => {
    const l = a.map((row) => row.map(() => 0));
    a.forEach((row, i) => {
      for (let j = 0; j <= i; j += 1) {
        const rest = row[j] - l[i].slice(0, j).reduce((sum, x, k) => sum + x * l[j][k], 0);
        l[i][j] = i === j ? Math.sqrt(rest) : rest / l[j][j];
      }
    });
    return l;
  });
  return { shape: operand.shape, data: found.flat(2) };
}

/** The matrices of a stack, as rows. */
function matricesOf({ shape, data }) {
  const [height, width] = shape.slice(-2);
  const rows = Array.from({ length: product(shape.slice(0, -1)) }, (_, k) => Array.from(data.slice(k * width, (k + 1) * width)));
  return Array.from({ length: product(shape.slice(0, -2)) }, (_, k) => rows.slice(k * height, (k + 1) * height));
}

function solve(left, right) {
  const b = matricesOf(right);
  matricesOf(left).forEach((a, k) => eliminate(a, b[k]));
  return { shape: right.shape, data: b.flat(2) };
}

function inverse(a) {
  const identity = { shape: a.shape, data: a.data.map((_, k) => { const [i, j] = [Math.floor(k / a.shape.at(-1)) % a.shape.at(-1), k % a.shape.at(-1)]; return Number(i === j); }) };
  return solve(a, identity);
}

const determinant = (a) => ({ shape: a.shape.slice(0, -2), data: matricesOf(a).map((rows) => eliminate(rows, rows.map(() => []))) });

/** Undo a repetition: add up along the axes that a shape does not have, or has with length 1. */
function addedUp(operand, shape) {
  const a = asArray(operand);
  const places = repeated(shape, a.shape);
  return places ? put(shape, a, places) : a;
}
