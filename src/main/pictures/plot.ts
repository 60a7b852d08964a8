// Observable Plot without a browser: it draws into an XML document, which is then written as text.

import { type PlotOptions, plot } from '@observablehq/plot'
import type { Element } from '@xmldom/xmldom'
import { element, emptyDocument, finish } from './svg.js'

/** Colors that stay apart for color-blind eyes (Okabe and Ito, "Color Universal Design", 2008). */
export const colors = [
  '#0072b2',
  '#d55e00',
  '#009e73',
  '#cc79a7',
  '#e69f00',
  '#56b4e9',
  '#000000',
  '#8c6d31',
  '#7f7f7f',
  '#5e3c99',
] as const

/**
 * The color of a line or class; there are ten, then they come again.
 *
 * @param index Of the line or class, from 0.
 * @returns Such as #0072b2.
 */
export function colorOf(index: number): string {
  return colors[index % colors.length]!
}

/** A plot, with what every picture has. */
export interface PictureOptions extends Omit<PlotOptions, 'title' | 'document'> {
  /** What is written above the picture. */
  title: string
  /** Of the whole picture, in pixels. */
  width: number
  /** Of the whole picture, title and legend included, in pixels. */
  height: number
  /**
   * What the colors mean, in the order they are written.
   * @default none
   */
  legend?: { label: string; color: string }[]
}

/** What a title takes of a picture's height. */
export const TITLE_HEIGHT = 34
const LEGEND_HEIGHT = 28

/**
 * One plot as an SVG document: white, with a title and, under it, a legend. The margin at the top
 * is room for both.
 *
 * @param picture What to plot.
 * @returns An SVG document.
 */
export function drawPlot(picture: PictureOptions): string {
  const { title, legend = [], ...options } = picture
  const document = emptyDocument()
  const head = TITLE_HEIGHT + (legend.length > 0 ? LEGEND_HEIGHT : 0)
  const svg = plot({
    ...options,
    marginTop: head + (options.marginTop ?? 0),
    document: document as never,
  }) as unknown as Element
  svg
    .getElementsByTagName('style')
    .item(0)
    // For pages; it would stretch panels.
    ?.parentNode?.removeChild(svg.getElementsByTagName('style').item(0)!)
  svg.removeAttribute('class')
  const middle = { y: TITLE_HEIGHT - 13, x: 16, 'text-anchor': 'start' }
  const entries = legend.flatMap(({ label, color }, i) => [
    element(document, 'tspan', { fill: color, 'font-size': 15, ...(i > 0 && { dx: 18 }) }, ['■']),
    element(document, 'tspan', { dx: 5 }, [label]),
  ])
  return finish(document, svg, title, options, [
    element(document, 'text', { ...middle, 'font-size': 15, 'font-weight': 'bold' }, [title]),
    ...(legend.length > 0 ? [element(document, 'text', { ...middle, y: head - 17 }, entries)] : []),
  ])
}
