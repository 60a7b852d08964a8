// The picture of a network's worst mistakes: the examples, as images.

import { rect, text } from '@observablehq/plot'
import type { NumberArray } from '../data/arrays.js'
import { TITLE_HEIGHT, drawPlot } from './plot.js'

/** An example that a network took for another class. */
export interface Mistake {
  /** Its pixels' darkness (height, width), row-major from the top, at least 0. */
  pixels: NumberArray
  /** The name of its true class. */
  truth: string
  /** The name of the class that it was taken for. */
  predicted: string
  /** What the network gave to the class that it predicted, from 0 to 1. */
  probability: number
}

const COLUMNS = 6
const TILE = { width: 124, height: 156, image: 92 }

/**
 * The mistakes whose true class got the smallest probability (the largest loss, -ln p).
 *
 * @param outputs (m, classes), row-major.
 * @param truth The true classes, from 0 (m).
 * @param predicted The classes that they were taken for, from 0 (m).
 * @param count At most so many; 12 if left out.
 * @returns The numbers of their rows, the worst first.
 */
export function worstMistakes(
  outputs: NumberArray,
  truth: readonly number[],
  predicted: readonly number[],
  count = 12,
): number[] {
  const classes = outputs.length / truth.length
  const given = (row: number): number => outputs[row * classes + truth[row]!]!
  return [...truth.keys()]
    .filter((row) => truth[row] !== predicted[row])
    .sort((a, b) => given(a) - given(b) || a - b)
    .slice(0, count)
}

/**
 * Draws mistakes as small images, the largest value of all black and 0 white, each with its true
 * and (after an arrow) its predicted class and the latter's probability.
 *
 * @param mistakes In the order they are drawn, row by row.
 * @param image The size of each.
 * @param title What is written above the picture.
 * @returns An SVG document.
 */
export function drawMistakes(
  mistakes: readonly Mistake[],
  image: {
    /** Pixels of a row. */
    width: number
    /** Rows. */
    height: number
  },
  title = 'Worst mistakes: true → predicted',
): string {
  const rowCount = Math.ceil(mistakes.length / COLUMNS)
  const box = { x1: 'x1', x2: 'x2', y1: 'y1', y2: 'y2' }
  const brightest = brightestOf(mistakes)
  return drawPlot({
    title,
    width: 24 + COLUMNS * TILE.width,
    height: TITLE_HEIGHT + 8 + Math.max(rowCount * TILE.height, 30),
    margin: 0,
    axis: null,
    x: { type: 'identity' },
    y: { type: 'identity', transform: (y: number) => y + TITLE_HEIGHT },
    marks: [
      rect(shadedBoxes(mistakes, image), {
        ...box,
        fill: ({ value }: { value: number }) => gray(value / brightest),
        shapeRendering: 'crispEdges',
      }),
      rect(frames(mistakes, image), { ...box, fill: 'none', stroke: '#999999' }),
      text(mistakes, {
        x: (_: Mistake, i: number) => cornerOf(i)[0],
        y: (_: Mistake, i: number) => cornerOf(i)[1] + TILE.image + 6,
        text: ({ truth, predicted, probability }: Mistake) =>
          `${truth}\n→ ${predicted}\n${Math.round(100 * probability)} %`,
        textAnchor: 'start',
        lineAnchor: 'top',
        lineHeight: 1.25,
      }),
      ...(mistakes.length === 0 ? [text(['none'], { x: 16, y: 14, textAnchor: 'start' })] : []),
    ],
  })
}

interface ImageSize {
  width: number
  height: number
}

/** A rectangle of the picture. */
interface Box {
  x1: number
  x2: number
  y1: number
  y2: number
}

/** The largest value of all, or 1 where all are 0. */
function brightestOf(mistakes: readonly Mistake[]): number {
  const most = mistakes.reduce(
    (largest, { pixels }) => (pixels as Float64Array).reduce((a, b) => Math.max(a, b), largest),
    0,
  )
  return most || 1
}

/** Where a mistake's image begins. */
function cornerOf(index: number): [left: number, top: number] {
  return [16 + (index % COLUMNS) * TILE.width, Math.floor(index / COLUMNS) * TILE.height]
}

/** The side of a pixel in the picture. */
function pixelSide({ width, height }: ImageSize): number {
  return TILE.image / Math.max(width, height)
}

/** All that is not white, image by image. */
function shadedBoxes(mistakes: readonly Mistake[], image: ImageSize): (Box & { value: number })[] {
  const pixel = pixelSide(image)
  return mistakes.flatMap(({ pixels }, index) => {
    const [left, top] = cornerOf(index)
    return runsOf(pixels, image.width).map(({ row, from, until, value }) => ({
      x1: left + from * pixel,
      x2: left + until * pixel,
      y1: top + row * pixel,
      y2: top + (row + 1) * pixel,
      value,
    }))
  })
}

function frames(mistakes: readonly Mistake[], image: ImageSize): Box[] {
  const pixel = pixelSide(image)
  return mistakes.map((_, index) => {
    const [x1, y1] = cornerOf(index)
    return { x1, y1, x2: x1 + image.width * pixel, y2: y1 + image.height * pixel }
  })
}

/** Neighbors of one value in a row of pixels are one rectangle; white ones are none. */
function runsOf(
  pixels: NumberArray,
  width: number,
): { row: number; from: number; until: number; value: number }[] {
  const runs = []
  for (let i = 0; i < pixels.length;) {
    const row = Math.floor(i / width)
    const from = i
    while (i < (row + 1) * width && pixels[i] === pixels[from]) i++
    if (pixels[from]! > 0)
      runs.push({ row, from: from - row * width, until: i - row * width, value: pixels[from]! })
  }
  return runs
}

function gray(darkness: number): string {
  const channel = Math.round(255 * (1 - darkness))
  return `rgb(${channel}, ${channel}, ${channel})`
}
