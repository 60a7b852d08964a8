// SVG without a browser: elements in an XML document, written out as text.

import { DOMImplementation, type Document, type Element, XMLSerializer } from '@xmldom/xmldom'

const SVG = 'http://www.w3.org/2000/svg'

/**
 * An SVG document with nothing in it.
 *
 * @returns What elements are made in.
 */
export function emptyDocument(): Document {
  return new DOMImplementation().createDocument(SVG, 'svg', null)
}

/**
 * Makes an element, which is nowhere in the picture yet.
 *
 * @param document What it is made in.
 * @param name Of the element.
 * @param attributes Of the element.
 * @param children Elements, or text.
 * @returns The element.
 */
export function element(
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

/**
 * Gives a picture what every picture has: its size, type and background.
 *
 * @param document What it was made in.
 * @param svg The picture.
 * @param title What it is called, for readers that don't see it.
 * @param size In pixels.
 * @param front What is drawn over all else.
 * @returns The picture as text.
 */
export function finish(
  document: Document,
  svg: Element,
  title: string,
  size: { width: number; height: number },
  front: Element[],
): string {
  const { width, height } = size
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
