// The three matrix products of a dense layer. Each is cut into tiles of 4 rows by 8 columns whose sums stay in
// registers (8 of 16, so that nothing is spilled), fed from panels: copies of an operand in the order the tile reads it.
// Every element of a result is one sum in ascending order, so its bits don't depend on where tiles begin.

import { paddedRows, paddedWidth } from './layout'
import { multiplyAdd } from './mathematics'

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
 * gradient (inputs, outputs) = activations^T . deltas over `rows` examples, and biasGradient (outputs) = the column sums of deltas;
 * added to what is there if `accumulate`. Scratch: rows * (paddedWidth(outputs) + STRIP) floats.
 */
export function multiplyTransposed(
  activations: usize, deltas: usize, gradient: usize, biasGradient: usize, scratch: usize,
  rows: i32, inputs: i32, outputs: i32, accumulate: bool,
): void {
  const inputStride = (<usize>paddedWidth(inputs)) << 2
  const outputStride = (<usize>paddedWidth(outputs)) << 2
  const panelBytes = (<usize>rows) << 5
  const strips = scratch + (<usize>rows) * outputStride
  packDeltas(deltas, scratch, biasGradient, rows, outputs, accumulate)
  for (let input = 0; input < paddedWidth(inputs); input += STRIP) {
    const width = min(STRIP, paddedWidth(inputs) - input)
    packStrips(activations + ((<usize>input) << 2), strips, rows, width, inputStride)
    let panel = scratch
    for (let output = 0; output < outputs; output += 8) {
      let strip = strips
      for (let row = input; row < input + width; row += 4) {
        tileOfStrip(strip, panel, rows, gradient + (<usize>row) * outputStride + ((<usize>output) << 2), outputStride, accumulate)
        strip += (<usize>rows) << 4
      }
      panel += panelBytes
    }
  }
}

/** sums (outputs) = the column sums of deltas, row after row; added to what is there if `accumulate`. */
export function sumColumns(deltas: usize, sums: usize, rows: i32, outputs: i32, accumulate: bool): void {
  const stride = (<usize>paddedWidth(outputs)) << 2
  for (let at: usize = 0; at < stride; at += 16) {
    let sum = accumulate ? v128.load(sums + at) : f32x4.splat(0)
    for (let from = deltas + at, end = from + (<usize>rows) * stride; from < end; from += stride) sum = f32x4.add(sum, v128.load(from))
    v128.store(sums + at, sum)
  }
}

/** Panels of the deltas (for each 8 outputs, `rows` rows of 8), and their column sums. */
function packDeltas(deltas: usize, panels: usize, sums: usize, rows: i32, outputs: i32, accumulate: bool): void {
  const width = paddedWidth(outputs)
  const stride = (<usize>width) << 2
  for (let column = 0; column < width; column += 8) {
    let from = deltas + ((<usize>column) << 2)
    const sum = sums + ((<usize>column) << 2)
    let s0 = accumulate ? v128.load(sum) : f32x4.splat(0)
    let s1 = accumulate ? v128.load(sum, 16) : f32x4.splat(0)
    for (let row = 0; row < rows; row++) {
      const d0 = v128.load(from)
      const d1 = v128.load(from, 16)
      s0 = f32x4.add(s0, d0)
      s1 = f32x4.add(s1, d1)
      v128.store(panels, d0)
      v128.store(panels, d1, 16)
      from += stride
      panels += 32
    }
    v128.store(sum, s0)
    v128.store(sum, s1, 16)
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

/** One 4x8 tile whose left operand is a strip. */
// @ts-ignore: decorator
@inline
function tileOfStrip(strip: usize, panel: usize, depth: i32, result: usize, resultStride: usize, accumulate: bool): void {
  const result1 = result + resultStride
  const result2 = result1 + resultStride
  const result3 = result2 + resultStride
  let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00
  if (accumulate) {
    c00 = v128.load(result)
    c01 = v128.load(result, 16)
    c10 = v128.load(result1)
    c11 = v128.load(result1, 16)
    c20 = v128.load(result2)
    c21 = v128.load(result2, 16)
    c30 = v128.load(result3)
    c31 = v128.load(result3, 16)
  }
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
  v128.store(result, c00)
  v128.store(result, c01, 16)
  v128.store(result1, c10)
  v128.store(result1, c11, 16)
  v128.store(result2, c20)
  v128.store(result2, c21, 16)
  v128.store(result3, c30)
  v128.store(result3, c31, 16)
}
