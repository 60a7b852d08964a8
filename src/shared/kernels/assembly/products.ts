// The three matrix products of a dense layer. Each is cut into tiles of 4 rows by 8 columns whose sums stay in
// registers (8 of 16, so that nothing is spilled), fed from panels: copies of an operand in the order the tile reads it.
// Every element of a result is one sum in ascending order, so its bits don't depend on where tiles begin.

import { paddedRows, paddedWidth } from './layout'
import { multiplyAdd } from './mathematics'
import { addInto } from './update'

/** Rows first .. end-1 of the panels of the weights for Z = X.W: for each 8 columns, `inputs` rows of 8. */
export function packWeights(weights: usize, panels: usize, inputs: i32, outputs: i32, first: i32, end: i32): void {
  const stride = (<usize>paddedWidth(outputs)) << 2
  const panelBytes = (<usize>inputs) << 5
  end = min(end, inputs)
  for (let row = first; row < end; row++) {
    const from = weights + (<usize>row) * stride
    let to = panels + ((<usize>row) << 5)
    for (let at: usize = 0; at < stride; at += 32) {
      v128.store(to, v128.load(from + at))
      v128.store(to, v128.load(from + at, 16), 16)
      to += panelBytes
    }
  }
}

/** Inputs first .. end-1, both multiples of 8, of the panels of the transposed weights for E = D.W^T: for each 8 inputs, `outputs` rows of 8. */
export function packTransposedWeights(weights: usize, panels: usize, outputs: i32, first: i32, end: i32): void {
  const stride = (<usize>paddedWidth(outputs)) << 2
  for (let input = first; input < end; input += 8) {
    const block = weights + (<usize>input) * stride
    const panel = panels + (<usize>(input * outputs) << 2)
    for (let output = 0; output < outputs; output += 4) {
      const rows = min(4, outputs - output)
      const from = block + ((<usize>output) << 2)
      const to = panel + ((<usize>output) << 5)
      transpose4x4(from, stride, to, rows)
      transpose4x4(from + 4 * stride, stride, to + 16, rows)
    }
  }
}

/** Writes the first `rows` rows of a transposed 4x4 block, 32 bytes apart. */
// @ts-ignore: decorator
@inline
function transpose4x4(from: usize, stride: usize, to: usize, rows: i32): void {
  const a = v128.load(from)
  const b = v128.load(from + stride)
  const c = v128.load(from + 2 * stride)
  const d = v128.load(from + 3 * stride)
  const lowAB = v128.shuffle<f32>(a, b, 0, 4, 1, 5)
  const highAB = v128.shuffle<f32>(a, b, 2, 6, 3, 7)
  const lowCD = v128.shuffle<f32>(c, d, 0, 4, 1, 5)
  const highCD = v128.shuffle<f32>(c, d, 2, 6, 3, 7)
  v128.store(to, v128.shuffle<f32>(lowAB, lowCD, 0, 1, 4, 5))
  if (rows > 1) v128.store(to, v128.shuffle<f32>(lowAB, lowCD, 2, 3, 6, 7), 32)
  if (rows > 2) v128.store(to, v128.shuffle<f32>(highAB, highCD, 0, 1, 4, 5), 64)
  if (rows > 3) v128.store(to, v128.shuffle<f32>(highAB, highCD, 2, 3, 6, 7), 96)
}

/** result (rows, columns) = left (rows, depth) . right (depth, columns), `right` as panels. */
export function multiplyPanels(left: usize, panels: usize, result: usize, rows: i32, depth: i32, columns: i32): void {
  const leftStride = (<usize>paddedWidth(depth)) << 2
  const resultStride = (<usize>paddedWidth(columns)) << 2
  const tileRows = paddedRows(rows)
  for (let column = 0; column < columns; column += 8) {
    for (let row = 0; row < tileRows; row += 4) {
      tileOfRows(
        left + (<usize>row) * leftStride, leftStride, panels, depth,
        result + (<usize>row) * resultStride + ((<usize>column) << 2), resultStride,
      )
    }
    panels += (<usize>depth) << 5
  }
}

/** One 4x8 tile whose left operand is four rows of a matrix. */
// @ts-ignore: decorator
@inline
function tileOfRows(left: usize, leftStride: usize, panel: usize, depth: i32, result: usize, resultStride: usize): void {
  let a0 = left
  let a1 = a0 + leftStride
  let a2 = a1 + leftStride
  let a3 = a2 + leftStride
  let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00
  for (let k = 0; k < depth; k++) {
    const b0 = v128.load(panel)
    const b1 = v128.load(panel, 16)
    let a = v128.load32_splat(a0)
    c00 = multiplyAdd(a, b0, c00)
    c01 = multiplyAdd(a, b1, c01)
    a = v128.load32_splat(a1)
    c10 = multiplyAdd(a, b0, c10)
    c11 = multiplyAdd(a, b1, c11)
    a = v128.load32_splat(a2)
    c20 = multiplyAdd(a, b0, c20)
    c21 = multiplyAdd(a, b1, c21)
    a = v128.load32_splat(a3)
    c30 = multiplyAdd(a, b0, c30)
    c31 = multiplyAdd(a, b1, c31)
    a0 += 4
    a1 += 4
    a2 += 4
    a3 += 4
    panel += 32
  }
  v128.store(result, c00)
  v128.store(result, c01, 16)
  result += resultStride
  v128.store(result, c10)
  v128.store(result, c11, 16)
  result += resultStride
  v128.store(result, c20)
  v128.store(result, c21, 16)
  result += resultStride
  v128.store(result, c30)
  v128.store(result, c31, 16)
}

/** Inputs packed at a time by `multiplyTransposed`: a cache line of a row. */
const STRIP: i32 = 16

/**
 * gradient (inputs, outputs) = the sum over the parts of activations^T . deltas, and biasGradient (outputs) = that of the column sums of deltas, each
 * a tree over the parts; with `accumulate`, which goes with one part, added to what is there. Part i has partRows[i] rows and begins at row i * partStride.
 * The tree is climbed strip by strip, in the cache. Scratch: parts * partStride * (paddedWidth(outputs) + STRIP) floats, then STRIP * paddedWidth(outputs)
 * for each level of the tree.
 */
export function multiplyTransposed(
  activations: usize, deltas: usize, gradient: usize, biasGradient: usize, scratch: usize,
  partRows: usize, parts: i32, partStride: i32, inputs: i32, outputs: i32, accumulate: bool,
): void {
  const inputStride = (<usize>paddedWidth(inputs)) << 2
  const outputStride = (<usize>paddedWidth(outputs)) << 2
  const partPanels = (<usize>partStride) * outputStride
  const partStrips = (<usize>(partStride * STRIP)) << 2
  const strips = scratch + (<usize>parts) * partPanels
  const waiting = strips + (<usize>parts) * partStrips
  sumColumns(deltas, biasGradient, waiting, partRows, parts, partStride, outputs, accumulate)
  for (let part = 0; part < parts; part++) {
    packDeltas(deltas + (<usize>part) * partPanels, scratch + (<usize>part) * partPanels, rowsOf(partRows, part), outputs)
  }
  for (let input = 0; input < paddedWidth(inputs); input += STRIP) {
    const width = min(STRIP, paddedWidth(inputs) - input)
    for (let part = 0; part < parts; part++) {
      const from = activations + (<usize>(part * partStride)) * inputStride + ((<usize>input) << 2)
      packStrips(from, strips + (<usize>part) * partStrips, rowsOf(partRows, part), width, inputStride)
    }
    stripOfParts(strips, partStrips, scratch, partPanels, partRows, parts, width, outputs, gradient + (<usize>input) * outputStride, waiting, accumulate)
  }
}

// @ts-ignore: decorator
@inline
function rowsOf(partRows: usize, part: i32): i32 {
  return load<i32>(partRows + ((<usize>part) << 2))
}

/** `width` rows of the gradient, summed over the parts in the order of the tree; `strips`, `panels` and `partRows` begin with the first part's. */
function stripOfParts(
  strips: usize, partStrips: usize, panels: usize, partPanels: usize, partRows: usize, parts: i32,
  width: i32, outputs: i32, result: usize, waiting: usize, add: bool,
): void {
  if (parts == 1) return stripOfPart(strips, panels, load<i32>(partRows), width, outputs, result, add)
  const half = parts >> 1
  const rightStrips = strips + (<usize>half) * partStrips
  const rightPanels = panels + (<usize>half) * partPanels
  const rightRows = partRows + ((<usize>half) << 2)
  stripOfParts(strips, partStrips, panels, partPanels, partRows, half, width, outputs, result, waiting, false)
  if (half == 1) return stripOfPart(rightStrips, rightPanels, load<i32>(rightRows), width, outputs, result, true)
  const elements = width * paddedWidth(outputs)
  stripOfParts(rightStrips, partStrips, rightPanels, partPanels, rightRows, half, width, outputs, waiting, waiting + ((<usize>elements) << 2), false)
  addInto(result, waiting, elements)
}

/** `width` rows of one part's gradient, tile by tile. */
function stripOfPart(strips: usize, panels: usize, depth: i32, width: i32, outputs: i32, result: usize, add: bool): void {
  const stride = (<usize>paddedWidth(outputs)) << 2
  for (let output = 0; output < outputs; output += 8) {
    for (let row = 0; row < width; row += 4) {
      tileOfStrip(
        strips + ((<usize>(row * depth)) << 2), panels + ((<usize>(output * depth)) << 2), depth,
        result + (<usize>row) * stride + ((<usize>output) << 2), stride, add,
      )
    }
  }
}

/**
 * sums (outputs) = the column sums of deltas, row after row in a part and a tree over the parts; with `accumulate`, which goes with one part, added to
 * what is there. Scratch: 8 floats for each level of the tree.
 */
export function sumColumns(
  deltas: usize, sums: usize, scratch: usize, partRows: usize, parts: i32, partStride: i32, outputs: i32, accumulate: bool,
): void {
  const stride = (<usize>paddedWidth(outputs)) << 2
  for (let at: usize = 0; at < stride; at += 32) {
    columnsOfParts(deltas + at, stride, partRows, parts, partStride, sums + at, scratch, accumulate)
  }
}

/** Eight column sums, over the parts in the order of the tree. */
function columnsOfParts(
  deltas: usize, stride: usize, partRows: usize, parts: i32, partStride: i32, sums: usize, waiting: usize, add: bool,
): void {
  if (parts == 1) {
    let s0 = f32x4.splat(0)
    let s1 = s0
    for (let end = deltas + (<usize>load<i32>(partRows)) * stride; deltas < end; deltas += stride) {
      s0 = f32x4.add(s0, v128.load(deltas))
      s1 = f32x4.add(s1, v128.load(deltas, 16))
    }
    v128.store(sums, add ? f32x4.add(v128.load(sums), s0) : s0)
    v128.store(sums, add ? f32x4.add(v128.load(sums, 16), s1) : s1, 16)
    return
  }
  const half = parts >> 1
  const right = deltas + (<usize>(half * partStride)) * stride
  columnsOfParts(deltas, stride, partRows, half, partStride, sums, waiting, false)
  columnsOfParts(right, stride, partRows + ((<usize>half) << 2), half, partStride, waiting, waiting + 32, false)
  addInto(sums, waiting, 8)
}

/** Panels of the deltas: for each 8 outputs, `rows` rows of 8. */
function packDeltas(deltas: usize, panels: usize, rows: i32, outputs: i32): void {
  const stride = (<usize>paddedWidth(outputs)) << 2
  const panelBytes = (<usize>rows) << 5
  for (let row = 0; row < rows; row++) {
    let to = panels + ((<usize>row) << 5)
    for (let at: usize = 0; at < stride; at += 32) {
      v128.store(to, v128.load(deltas + at))
      v128.store(to, v128.load(deltas + at, 16), 16)
      to += panelBytes
    }
    deltas += stride
  }
}

/** Strips of the activations: for each 4 inputs, `rows` rows of 4. */
// @ts-ignore: decorator
@inline
function packStrips(activations: usize, strips: usize, rows: i32, width: i32, stride: usize): void {
  const stripBytes = (<usize>rows) << 4
  for (let row = 0; row < rows; row++) {
    let from = activations
    let to = strips
    for (let column = 0; column < width; column += 4) {
      v128.store(to, v128.load(from))
      from += 16
      to += stripBytes
    }
    activations += stride
    strips += 16
  }
}

/** One 4x8 tile whose left operand is a strip; with `add`, its sums are added to what is there. */
// @ts-ignore: decorator
@inline
function tileOfStrip(strip: usize, panel: usize, depth: i32, result: usize, resultStride: usize, add: bool): void {
  const result1 = result + resultStride
  const result2 = result1 + resultStride
  const result3 = result2 + resultStride
  let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00
  for (let k = 0; k < depth; k++) {
    const b0 = v128.load(panel)
    const b1 = v128.load(panel, 16)
    let a = v128.load32_splat(strip)
    c00 = multiplyAdd(a, b0, c00)
    c01 = multiplyAdd(a, b1, c01)
    a = v128.load32_splat(strip, 4)
    c10 = multiplyAdd(a, b0, c10)
    c11 = multiplyAdd(a, b1, c11)
    a = v128.load32_splat(strip, 8)
    c20 = multiplyAdd(a, b0, c20)
    c21 = multiplyAdd(a, b1, c21)
    a = v128.load32_splat(strip, 12)
    c30 = multiplyAdd(a, b0, c30)
    c31 = multiplyAdd(a, b1, c31)
    strip += 16
    panel += 32
  }
  if (add) {
    c00 = f32x4.add(v128.load(result), c00)
    c01 = f32x4.add(v128.load(result, 16), c01)
    c10 = f32x4.add(v128.load(result1), c10)
    c11 = f32x4.add(v128.load(result1, 16), c11)
    c20 = f32x4.add(v128.load(result2), c20)
    c21 = f32x4.add(v128.load(result2, 16), c21)
    c30 = f32x4.add(v128.load(result3), c30)
    c31 = f32x4.add(v128.load(result3, 16), c31)
  }
  v128.store(result, c00)
  v128.store(result, c01, 16)
  v128.store(result1, c10)
  v128.store(result1, c11, 16)
  v128.store(result2, c20)
  v128.store(result2, c21, 16)
  v128.store(result3, c30)
  v128.store(result3, c31, 16)
}
