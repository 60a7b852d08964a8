// Observable Plot without a browser: its SVG elements are made in an XML document, then written
// out.

import { type PlotOptions, plot } from '@observablehq/plot'
import {
  DOMImplementation,
  DOMParser,
  type Document,
  type Element,
  XMLSerializer,
} from '@xmldom/xmldom'

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

/** The color of the nth line or class; there are ten, then they come again. */
export function colorOf(index: number): string {
  return colors[index % colors.length]!
}

export interface PictureOptions extends Omit<PlotOptions, 'title' | 'document'> {
  title: string
  width: number
  height: number
  legend?: { label: string; color: string }[]
}

const SVG = 'http://www.w3.org/2000/svg'
/** What a title takes of a picture's height. */
export const TITLE_HEIGHT = 34
const LEGEND_HEIGHT = 28

/**
 * One plot as an SVG document: white, with a title and, under it, a legend. The margin at the top
 * is room for both.
 */
export function drawPlot({ title, legend = [], ...options }: PictureOptions): string {
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

/** Puts pictures into one: the pictures of a row beside each other, row under row. */
export function stackPictures(rows: string[][], title: string): string {
  const document = emptyDocument()
  const svg = element(document, 'svg', {})
  let [width, top] = [0, 44]
  for (const row of rows) {
    let [left, height] = [0, 0]
    for (const picture of row) {
      const panel = document.importNode(
        new DOMParser().parseFromString(picture, 'image/svg+xml').documentElement!,
        true,
      )
      panel.setAttribute('x', String(left))
      panel.setAttribute('y', String(top))
      svg.appendChild(panel)
      left += Number(panel.getAttribute('width'))
      height = Math.max(height, Number(panel.getAttribute('height')))
    }
    width = Math.max(width, left)
    top += height
  }
  const heading = element(
    document,
    'text',
    { x: 16, y: 30, 'font-size': 19, 'font-weight': 'bold' },
    [title],
  )
  return finish(document, svg, title, { width, height: top }, [heading])
}

function emptyDocument(): Document {
  return new DOMImplementation().createDocument(SVG, 'svg', null)
}

function element(
  document: Document,
  name: string,
  attributes: Record<string, string | number>,
  children: (Element | string)[] = [],
): Element {
  const made = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value))
  for (const child of children)
    made.appendChild(typeof child === 'string' ? document.createTextNode(child) : child)
  return made
}

/** Size, type and background, which every picture has, then the picture as text. */
function finish(
  document: Document,
  svg: Element,
  title: string,
  { width, height }: { width: number; height: number },
  front: Element[],
): string {
  const attributes = {
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    fill: 'currentColor',
    color: '#222222',
    'font-family': 'sans-serif',
    'font-size': 12,
    role: 'img',
    'aria-label': title,
  }
  for (const [key, value] of Object.entries(attributes)) svg.setAttribute(key, String(value))
  svg.insertBefore(element(document, 'rect', { width, height, fill: '#ffffff' }), svg.firstChild)
  for (const part of front) svg.appendChild(part)
  roundCoordinates(svg)
  return new XMLSerializer().serializeToString(svg)
}

/**
 * Tenths of a pixel: a third of the bytes, and the same on engines whose logarithms differ in the
 * last bits.
 */
function roundCoordinates(svg: Element): void {
  for (const part of svg.getElementsByTagName('*')) {
    for (const name of [
      'd',
      'transform',
      'x',
      'y',
      'width',
      'height',
      'cx',
      'cy',
      'x1',
      'x2',
      'y1',
      'y2',
    ]) {
      const value = part.getAttribute(name)
      if (value)
        part.setAttribute(
          name,
          value.replace(/-?\d+\.\d+(e-?\d+)?/g, (number) =>
            String(Math.round(10 * Number(number)) / 10),
          ),
        )
    }
  }
}
