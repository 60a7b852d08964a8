// The picture of a confusion matrix: which classes are taken for which.

import { axisX, axisY, cell, text } from '@observablehq/plot'
import { TITLE_HEIGHT, drawPlot } from './plot.js'

/**
 * Counts how many examples of each true class were taken for each class.
 *
 * @param truth The true classes, from 0 (m).
 * @param predicted The classes that they were taken for, from 0 (m); -1 for none.
 * @param classes How many there are.
 * @returns (classes, classes), row-major: a row for each true class.
 */
export function confusionMatrix(
  truth: readonly number[],
  predicted: readonly number[],
  classes: number,
): Uint32Array {
  const matrix = new Uint32Array(classes * classes)
  truth.forEach((label, i) => {
    if (predicted[i]! >= 0) matrix[label * classes + predicted[i]!]!++
  })
  return matrix
}

/**
 * Draws a confusion matrix as a table of counts, rows true, columns predicted. A cell is shaded by
 * its share of the row, right answers in blue and mistakes in orange; the shade grows with the
 * square root, so that a single mistake shows.
 *
 * @param matrix (classes, classes), row-major: a row for each true class.
 * @param classes Their names.
 * @param title What is written above the picture.
 * @returns An SVG document.
 */
export function drawConfusion(
  matrix: ArrayLike<number>,
  classes: readonly string[],
  title = 'Confusion matrix',
): string {
  const cells = cellsOf(matrix, classes.length)
  const { table, left, right, above, slanted } = measuresOf(classes)
  const band = { type: 'band', domain: [...classes.keys()], padding: 0.04 } as const
  const axis = {
    labelAnchor: 'center',
    labelArrow: 'none',
    tickSize: 0,
    tickFormat: (index: number) => classes[index]!,
  } as const
  return drawPlot({
    title,
    width: Math.max(left + table + right, 360),
    height: TITLE_HEIGHT + above + table + 20,
    marginLeft: left,
    marginTop: above,
    marginRight: Math.max(right, 360 - left - table),
    marginBottom: 20,
    x: band,
    y: band,
    marks: [
      axisX({
        ...axis,
        anchor: 'top',
        label: 'predicted',
        labelOffset: above - 6,
        ...(slanted && { tickRotate: -45 }),
      }),
      axisY({ ...axis, label: 'true', labelOffset: left - 8 }),
      cell(cells, {
        x: 'column',
        y: 'row',
        fill: ({ row, column, depth }: Cell) =>
          shade(row === column ? [0, 90, 150] : [200, 80, 0], depth),
        stroke: '#dddddd',
      }),
      text(cells, {
        x: 'column',
        y: 'row',
        text: ({ count }: Cell) => String(count),
        fill: ({ count, depth }: Cell) =>
          count === 0 ? '#aaaaaa' : depth > 0.7 ? '#ffffff' : '#222222',
      }),
    ],
  })
}

interface Cell {
  row: number
  column: number
  count: number
  /** How dark it is, from 0 to 1. */
  depth: number
}

function cellsOf(matrix: ArrayLike<number>, side: number): Cell[] {
  const rows = Array.from({ length: side }, (_, row) =>
    Array.from({ length: side }, (_, column) => matrix[row * side + column]!),
  )
  return rows.flatMap((counts, row) => {
    const total = counts.reduce((sum, count) => sum + count, 0)
    return counts.map((count, column) => ({
      row,
      column,
      count,
      depth: total === 0 ? 0 : Math.sqrt(count / total),
    }))
  })
}

/** The table's side and the room around it, for names of their length. */
function measuresOf(classes: readonly string[]): {
  table: number
  left: number
  right: number
  above: number
  slanted: boolean
} {
  const longest = Math.max(...classes.map((name) => name.length))
  const slanted = longest > 4 // names wider than a cell
  return {
    table: 40 * classes.length,
    left: Math.max(64, 36 + 8 * longest),
    right: slanted ? 24 + 5 * longest : 24,
    above: slanted ? 40 + 6 * longest : 44,
    slanted,
  }
}

function shade(color: readonly number[], depth: number): string {
  return `rgb(${color.map((channel) => Math.round(255 - (255 - channel) * depth)).join(', ')})`
}
