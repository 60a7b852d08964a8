// The three matrix products of a dense layer. A product is cut into tiles of 2 rows by 16 columns,
// or 4 by 8 where fewer than 16 columns are left. A tile's sums stay in registers: 8 of the 16, so
// that none has to be moved to memory. Tiles read panels: copies of an operand in the order the
// tile reads it, 16 columns at a time (then the last 8), row after row. Every element of a result
// is one sum in ascending order, so its bits don't depend on where tiles begin.

import { paddedRows, paddedWidth } from './layout'
import { multiplyAdd } from './mathematics'
import { addInto } from './update'

/** Rows first .. end-1 of the panels of the weights, for Z = X.W: panels of `inputs` rows. */
export function packWeights(
  weights: usize,
  panels: usize,
  inputs: i32,
  outputs: i32,
  first: i32,
  end: i32,
): void {
  const width = paddedWidth(outputs)
  packRows(
    weights + ((<usize>(first * width)) << 2),
    panels,
    inputs,
    width,
    first,
    min(end, inputs),
  )
}

/** Rows first .. end-1 of panels of `height` rows, from rows of `width` elements. */
function packRows(from: usize, panels: usize, height: i32, width: i32, first: i32, end: i32): void {
  const stride = (<usize>width) << 2
  const bytes = (<usize>(end - first)) << 6
  let to = panels + ((<usize>first) << 6)
  let column = 0
  for (; column + 16 <= width; column += 16) {
    let row = from
    for (const last = to + bytes; to < last; to += 64) {
      const a = v128.load(row)
      const b = v128.load(row, 16)
      const c = v128.load(row, 32)
      const d = v128.load(row, 48)
      v128.store(to, a)
      v128.store(to, b, 16)
      v128.store(to, c, 32)
      v128.store(to, d, 48)
      row += stride
    }
    from += 64
    to += ((<usize>height) << 6) - bytes
  }
  if (column == width) return
  to -= (<usize>first) << 5
  for (const last = to + (bytes >> 1); to < last; to += 32) {
    v128.store(to, v128.load(from))
    v128.store(to, v128.load(from, 16), 16)
    from += stride
  }
}

/**
 * Inputs first .. end-1, both multiples of 8, of the panels of the transposed weights, for E =
 * D.W^T: panels of `outputs` rows.
 */
export function packTransposedWeights(
  weights: usize,
  panels: usize,
  inputs: i32,
  outputs: i32,
  first: i32,
  end: i32,
): void {
  const stride = (<usize>paddedWidth(outputs)) << 2
  const height = paddedWidth(inputs)
  const whole = outputs & ~3
  for (let input = first; input < end; input += 8) {
    const start = input & ~15
    const panelStride: usize = start + 16 <= height ? 64 : 32
    let from = weights + <usize>input * stride
    let to = panels + ((<usize>(start * outputs)) << 2) + ((<usize>(input & 8)) << 2)
    for (const last = from + ((<usize>whole) << 2); from < last; from += 16) {
      transpose4x4(from, stride, to, panelStride, 4)
      transpose4x4(from + 4 * stride, stride, to + 16, panelStride, 4)
      to += 4 * panelStride
    }
    if (whole == outputs) continue
    transpose4x4(from, stride, to, panelStride, outputs - whole)
    transpose4x4(from + 4 * stride, stride, to + 16, panelStride, outputs - whole)
  }
}

/** Writes the first `rows` rows of a transposed 4x4 block. */
// @ts-ignore: decorator
@inline
function transpose4x4(from: usize, fromStride: usize, to: usize, toStride: usize, rows: i32): void {
  const a = v128.load(from)
  const b = v128.load(from + fromStride)
  const c = v128.load(from + 2 * fromStride)
  const d = v128.load(from + 3 * fromStride)
  const lowAB = v128.shuffle<f32>(a, b, 0, 4, 1, 5)
  const highAB = v128.shuffle<f32>(a, b, 2, 6, 3, 7)
  const lowCD = v128.shuffle<f32>(c, d, 0, 4, 1, 5)
  const highCD = v128.shuffle<f32>(c, d, 2, 6, 3, 7)
  v128.store(to, v128.shuffle<f32>(lowAB, lowCD, 0, 1, 4, 5))
  if (rows > 1) v128.store(to + toStride, v128.shuffle<f32>(lowAB, lowCD, 2, 3, 6, 7))
  if (rows > 2) v128.store(to + 2 * toStride, v128.shuffle<f32>(highAB, highCD, 0, 1, 4, 5))
  if (rows > 3) v128.store(to + 3 * toStride, v128.shuffle<f32>(highAB, highCD, 2, 3, 6, 7))
}

/** result (rows, columns) = left (rows, depth) . right (depth, columns), `right` as panels. */
export function multiplyPanels(
  left: usize,
  panels: usize,
  result: usize,
  rows: i32,
  depth: i32,
  columns: i32,
): void {
  const width = paddedWidth(columns)
  const leftStride = (<usize>paddedWidth(depth)) << 2
  const stride = (<usize>width) << 2
  let column = 0
  for (; column + 16 <= width; column += 16) {
    for (let row = 0; row < rows; row += 2)
      tile2x16(
        left + <usize>row * leftStride,
        leftStride,
        4,
        panels,
        depth,
        result + <usize>row * stride,
        stride,
        false,
      )
    panels += (<usize>depth) << 6
    result += 64
  }
  if (column == width) return
  for (let row = 0; row < rows; row += 4)
    tile4x8(
      left + <usize>row * leftStride,
      leftStride,
      4,
      panels,
      depth,
      result + <usize>row * stride,
      stride,
      false,
    )
}

/**
 * One 2x16 tile. The left operand's element for row r and term k is at left + r * rowStep + k *
 * termStep; with `add`, the sums are added to what is there.
 */
// @ts-ignore: decorator
@inline
function tile2x16(
  left: usize,
  rowStep: usize,
  termStep: usize,
  panel: usize,
  depth: i32,
  result: usize,
  stride: usize,
  add: bool,
): void {
  const result1 = result + stride
  let a0 = left
  let a1 = left + rowStep
  let c00 = f32x4.splat(0),
    c01 = c00,
    c02 = c00,
    c03 = c00,
    c10 = c00,
    c11 = c00,
    c12 = c00,
    c13 = c00
  for (const end = panel + ((<usize>depth) << 6); panel < end; panel += 64) {
    const b0 = v128.load(panel)
    const b1 = v128.load(panel, 16)
    const b2 = v128.load(panel, 32)
    const b3 = v128.load(panel, 48)
    let a = v128.load32_splat(a0)
    c00 = multiplyAdd(a, b0, c00)
    c01 = multiplyAdd(a, b1, c01)
    c02 = multiplyAdd(a, b2, c02)
    c03 = multiplyAdd(a, b3, c03)
    a = v128.load32_splat(a1)
    c10 = multiplyAdd(a, b0, c10)
    c11 = multiplyAdd(a, b1, c11)
    c12 = multiplyAdd(a, b2, c12)
    c13 = multiplyAdd(a, b3, c13)
    a0 += termStep
    a1 += termStep
  }
  storeFour(result, c00, c01, c02, c03, add)
  storeFour(result1, c10, c11, c12, c13, add)
}

// @ts-ignore: decorator
@inline
function storeFour(to: usize, a: v128, b: v128, c: v128, d: v128, add: bool): void {
  storeTwo(to, a, b, add)
  storeTwo(to + 32, c, d, add)
}

// @ts-ignore: decorator
@inline
function storeTwo(to: usize, a: v128, b: v128, add: bool): void {
  v128.store(to, add ? f32x4.add(v128.load(to), a) : a)
  v128.store(to, add ? f32x4.add(v128.load(to, 16), b) : b, 16)
}

/** One 4x8 tile, in the same way. */
// @ts-ignore: decorator
@inline
function tile4x8(
  left: usize,
  rowStep: usize,
  termStep: usize,
  panel: usize,
  depth: i32,
  result: usize,
  stride: usize,
  add: bool,
): void {
  let a0 = left
  let a1 = a0 + rowStep
  let a2 = a1 + rowStep
  let a3 = a2 + rowStep
  let c00 = f32x4.splat(0),
    c01 = c00,
    c10 = c00,
    c11 = c00,
    c20 = c00,
    c21 = c00,
    c30 = c00,
    c31 = c00
  for (const end = panel + ((<usize>depth) << 5); panel < end; panel += 32) {
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
    a0 += termStep
    a1 += termStep
    a2 += termStep
    a3 += termStep
  }
  storeTwo(result, c00, c01, add)
  storeTwo(result + stride, c10, c11, add)
  storeTwo(result + 2 * stride, c20, c21, add)
  storeTwo(result + 3 * stride, c30, c31, add)
}

/** Where the rows of each part stand: part i has so many, and begins at row i * partStride. */
let partRows: usize = 0
let parts: i32 = 0
let partStride: i32 = 0

/** Whose rows `multiplyTransposed` and `sumColumns` sum over next. */
export function setParts(rowsAt: usize, count: i32, stride: i32): void {
  partRows = rowsAt
  parts = count
  partStride = stride
}

/** Inputs packed at a time by `multiplyTransposed`: a cache line of a row. */
const STRIP: i32 = 16

/**
 * The first `rows` rows, a multiple of 8, of gradient (inputs, outputs) = the sum over the parts of
 * activations^T . deltas, a tree over the parts; with `accumulate`, which goes with one part, added
 * to what is there. The tree is climbed strip by strip, in the cache. Scratch: parts * partStride *
 * (paddedWidth(outputs) + STRIP) floats, then STRIP * paddedWidth(outputs) for each level of the
 * tree.
 */
export function multiplyTransposed(
  activations: usize,
  deltas: usize,
  gradient: usize,
  scratch: usize,
  inputs: i32,
  outputs: i32,
  rows: i32,
  accumulate: bool,
): void {
  const count = parts
  const inputStride = (<usize>paddedWidth(inputs)) << 2
  const outputStride = (<usize>paddedWidth(outputs)) << 2
  const stride = partStride
  const rowsAt = partRows
  const panelBytes = <usize>stride * outputStride
  const stripBytes = (<usize>(stride * STRIP)) << 2
  partPanels = panelBytes
  partStrips = stripBytes
  const strips = scratch + <usize>count * panelBytes
  const waiting = strips + <usize>count * stripBytes
  for (let part = 0; part < count; part++) {
    const depth = rowsOf(rowsAt, part)
    packRows(
      deltas + <usize>part * panelBytes,
      scratch + <usize>part * panelBytes,
      depth,
      paddedWidth(outputs),
      0,
      depth,
    )
  }
  for (let input = 0; input < rows; input += STRIP) {
    const width = min(STRIP, rows - input)
    for (let part = 0; part < count; part++) {
      const from = activations + <usize>(part * stride) * inputStride + ((<usize>input) << 2)
      packStrips(from, strips + <usize>part * stripBytes, rowsOf(rowsAt, part), width, inputStride)
    }
    const result = gradient + <usize>input * outputStride
    stripOfParts(strips, scratch, rowsAt, count, width, outputs, result, waiting, accumulate)
  }
}

// @ts-ignore: decorator
@inline
function rowsOf(partRows: usize, part: i32): i32 {
  return load<i32>(partRows + ((<usize>part) << 2))
}

/** Bytes of one part's panels and strips. */
let partPanels: usize = 0
let partStrips: usize = 0

/**
 * A strip's rows of the gradient, summed over `count` parts in the order of the tree; `strips`,
 * `panels` and `rows` begin with the first part's.
 */
function stripOfParts(
  strips: usize,
  panels: usize,
  rows: usize,
  count: i32,
  width: i32,
  outputs: i32,
  result: usize,
  waiting: usize,
  add: bool,
): void {
  if (count == 1) return stripOfPart(strips, panels, load<i32>(rows), width, outputs, result, add)
  const half = count >> 1
  const rightStrips = strips + <usize>half * partStrips
  const rightPanels = panels + <usize>half * partPanels
  const rightRows = rows + ((<usize>half) << 2)
  stripOfParts(strips, panels, rows, half, width, outputs, result, waiting, false)
  if (half == 1)
    return stripOfPart(rightStrips, rightPanels, load<i32>(rightRows), width, outputs, result, true)
  const elements = width * paddedWidth(outputs)
  const later = waiting + ((<usize>elements) << 2)
  stripOfParts(rightStrips, rightPanels, rightRows, half, width, outputs, waiting, later, false)
  addInto(result, waiting, elements)
}

/** A strip's rows of one part's gradient, tile by tile. */
function stripOfPart(
  strips: usize,
  panels: usize,
  depth: i32,
  width: i32,
  outputs: i32,
  result: usize,
  add: bool,
): void {
  const columns = paddedWidth(outputs)
  const stride = (<usize>columns) << 2
  let column = 0
  for (; column + 16 <= columns; column += 16) {
    for (let row = 0; row < width; row += 2) {
      const strip = strips + ((<usize>((row & ~3) * depth + (row & 2))) << 2)
      tile2x16(strip, 4, 16, panels, depth, result + <usize>row * stride, stride, add)
    }
    panels += (<usize>depth) << 6
    result += 64
  }
  if (column == columns) return
  for (let row = 0; row < width; row += 4)
    tile4x8(
      strips + ((<usize>(row * depth)) << 2),
      4,
      16,
      panels,
      depth,
      result + <usize>row * stride,
      stride,
      add,
    )
}

/**
 * Elements first .. end - 1, multiples of 8, of sums (outputs) = the column sums of deltas, row
 * after row in a part and a tree over the parts; with `accumulate`, which goes with one part, added
 * to what is there. Scratch: 8 floats for each level of the tree.
 */
export function sumColumns(
  deltas: usize,
  sums: usize,
  scratch: usize,
  outputs: i32,
  first: i32,
  end: i32,
  accumulate: bool,
): void {
  const stride = (<usize>paddedWidth(outputs)) << 2
  const partBytes = <usize>partStride * stride
  for (let at: usize = (<usize>first) << 2, last = (<usize>end) << 2; at < last; at += 32) {
    columnsOfParts(deltas + at, stride, partBytes, partRows, parts, sums + at, scratch, accumulate)
  }
}

/** Eight column sums, over the parts in the order of the tree. */
function columnsOfParts(
  deltas: usize,
  stride: usize,
  partBytes: usize,
  rows: usize,
  count: i32,
  sums: usize,
  waiting: usize,
  add: bool,
): void {
  if (count == 1) {
    let s0 = f32x4.splat(0)
    let s1 = s0
    for (let end = deltas + <usize>load<i32>(rows) * stride; deltas < end; deltas += stride) {
      s0 = f32x4.add(s0, v128.load(deltas))
      s1 = f32x4.add(s1, v128.load(deltas, 16))
    }
    v128.store(sums, add ? f32x4.add(v128.load(sums), s0) : s0)
    v128.store(sums, add ? f32x4.add(v128.load(sums, 16), s1) : s1, 16)
    return
  }
  const half = count >> 1
  const right = deltas + <usize>half * partBytes
  const rightRows = rows + ((<usize>half) << 2)
  columnsOfParts(deltas, stride, partBytes, rows, half, sums, waiting, false)
  columnsOfParts(right, stride, partBytes, rightRows, half, waiting, waiting + 32, false)
  addInto(sums, waiting, 8)
}

/** Strips of the activations: for each 4 inputs, `rows` rows of 4; two strips at a time. */
function packStrips(activations: usize, strips: usize, rows: i32, width: i32, stride: usize): void {
  const stripBytes = (<usize>rows) << 4
  for (let column = 0; column < width; column += 8) {
    let from = activations + ((<usize>column) << 2)
    let to = strips + <usize>column * ((<usize>rows) << 2)
    for (const end = to + stripBytes; to < end; to += 16) {
      v128.store(to, v128.load(from))
      v128.store(to + stripBytes, v128.load(from, 16))
      from += stride
    }
  }
}
