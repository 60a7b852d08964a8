// Puts several pictures into one.

import { DOMParser } from '@xmldom/xmldom'
import { element, emptyDocument, finish } from './svg.js'

/**
 * Puts pictures into one: the pictures of a row beside each other, row under row.
 *
 * @param rows SVG documents, from the top row down and from left to right.
 * @param title What is written above them all.
 * @returns An SVG document.
 */
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
