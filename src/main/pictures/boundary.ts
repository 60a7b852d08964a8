// The picture of a decision boundary: what a network with two inputs gives over the plane.

import { type Markish, contour, dot, frame } from '@observablehq/plot'
import type { LabelArray, NumberArray } from '../data/arrays.js'
import { classesOf } from './classes.js'
import { colorOf, drawPlot } from './plot.js'

/** What a network with two inputs says over a part of the plane, and the examples in it. */
export interface Boundary {
  /** The smallest value of each of the two inputs. */
  minimum: readonly [number, number]
  /** The largest value of each of the two inputs. */
  maximum: readonly [number, number]
  /** Cells of the grid on each side. */
  steps: number
  /** Outputs (steps * steps, n_L) at the inputs that `gridInputs` gives. */
  outputs: NumberArray
  /** What is drawn as points. */
  examples: {
    /** (m, 2), row-major. */
    inputs: NumberArray
    /** (m, n_L), row-major, or class labels (m). */
    targets: NumberArray | LabelArray
  }
  /** What is written above the picture. */
  title: string
}

/**
 * The inputs at the middles of a grid's cells.
 *
 * @param minimum The smallest value of each of the two inputs.
 * @param maximum The largest value of each of the two inputs.
 * @param steps Cells of the grid on each side.
 * @returns (steps * steps, 2), row by row of the grid, from the minimum.
 */
export function gridInputs(
  minimum: readonly [number, number],
  maximum: readonly [number, number],
  steps: number,
): Float64Array {
  const inputs = new Float64Array(2 * steps * steps)
  for (let row = 0; row < steps; row++) {
    for (let column = 0; column < steps; column++) {
      inputs[2 * (row * steps + column)] =
        minimum[0] + ((column + 0.5) / steps) * (maximum[0] - minimum[0])
      inputs[2 * (row * steps + column) + 1] =
        minimum[1] + ((row + 0.5) / steps) * (maximum[1] - minimum[1])
    }
  }
  return inputs
}

/**
 * A rectangle around all examples, with a margin of a quarter of their range on each side.
 *
 * @param inputs (m, 2), row-major.
 * @returns Its corners.
 */
export function planeAround(inputs: NumberArray): {
  /** The smallest value of each of the two inputs. */
  minimum: [number, number]
  /** The largest value of each of the two inputs. */
  maximum: [number, number]
} {
  const ranges = [0, 1].map((column) => {
    let [least, most] = [Infinity, -Infinity]
    for (let i = column; i < inputs.length; i += 2)
      [least, most] = [Math.min(least, inputs[i]!), Math.max(most, inputs[i]!)]
    const margin = (most - least) / 4 || 1
    return [least - margin, most + margin] as const
  })
  return { minimum: [ranges[0]![0], ranges[1]![0]], maximum: [ranges[0]![1], ranges[1]![1]] }
}

/**
 * Draws the decision boundary over the plane of the two inputs, with the examples as points in the
 * color of their target. One output: shaded from 0 to 1, with the contour of 1/2 as a line.
 * Several: each class has its region.
 *
 * @param boundary The network's outputs over the plane, and the examples.
 * @returns An SVG document.
 */
export function drawBoundary(boundary: Boundary): string {
  const { minimum, maximum, steps, outputs, title } = boundary
  const outputCount = outputs.length / (steps * steps)
  const isOne = outputCount === 1
  const names = Array.from({ length: isOne ? 2 : outputCount }, (_, index) => index)
  const axis = { labelAnchor: 'center', labelArrow: 'none', ticks: 7 } as const
  return drawPlot({
    title,
    width: 460,
    height: 476,
    marginLeft: 56,
    marginRight: 24,
    marginBottom: 44,
    legend: names.map((name) => ({
      label: isOne ? `target ${name}` : `class ${name}`,
      color: colorOf(name),
    })),
    x: { ...axis, label: 'input 1', domain: [minimum[0], maximum[0]] },
    y: { ...axis, labelOffset: 48, label: 'input 2', domain: [minimum[1], maximum[1]] },
    color: {
      type: 'linear',
      domain: [0, 0.5, 1],
      range: ['#7db8dc', '#ffffff', '#f0a878'],
      clamp: true,
      interpolate: 'rgb',
    },
    marks: [
      ...(isOne ? shadesOf(boundary) : names.map((name) => regionOf(boundary, outputCount, name))),
      pointsOf(boundary.examples, isOne),
      // Over the ends of the contours, which run along it.
      frame({ stroke: '#999999', strokeWidth: 3 }),
    ],
  })
}

/** Where in the plane the grid of outputs lies. */
function placeOf({ minimum, maximum, steps }: Boundary): {
  width: number
  height: number
  x1: number
  x2: number
  y1: number
  y2: number
} {
  return {
    width: steps,
    height: steps,
    x1: minimum[0],
    x2: maximum[0],
    y1: minimum[1],
    y2: maximum[1],
  }
}

/** One output as shades, with the line of 1/2. */
function shadesOf(boundary: Boundary): Markish[] {
  const place = placeOf(boundary)
  return [
    contour(boundary.outputs, {
      ...place,
      value: (output: number) => Math.min(Math.max(output, 0), 1),
      fill: 'value',
      thresholds: shades,
    }),
    contour(boundary.outputs, {
      ...place,
      value: (output: number) => output,
      stroke: '#222222',
      strokeWidth: 2,
      thresholds: [0.5],
    }),
  ]
}

/** Where one of several classes leads. */
function regionOf(boundary: Boundary, outputCount: number, name: number): Markish {
  return contour(leadOf(boundary.outputs, outputCount, name), {
    ...placeOf(boundary),
    value: (lead: number) => lead,
    fill: colorOf(name),
    fillOpacity: 0.35,
    stroke: '#222222',
    thresholds: [0],
  })
}

function pointsOf({ inputs, targets }: Boundary['examples'], isOne: boolean): Markish {
  const count = inputs.length / 2
  return dot(classesOf(targets, count), {
    x: (_: number, i: number) => inputs[2 * i]!,
    y: (_: number, i: number) => inputs[2 * i + 1]!,
    fill: (target: number) => colorOf(isOne ? Number(target > 0.5) : target),
    stroke: '#ffffff',
    r: count > 300 ? 3 : 6,
  })
}

const shades = Array.from({ length: 20 }, (_, band) => band / 20)

/** By how much one class's output leads the others', at every point. */
function leadOf(outputs: NumberArray, count: number, of: number): Float64Array {
  return Float64Array.from({ length: outputs.length / count }, (_, point) => {
    let others = -Infinity
    for (let other = 0; other < count; other++)
      if (other !== of) others = Math.max(others, outputs[point * count + other]!)
    return outputs[point * count + of]! - others
  })
}
