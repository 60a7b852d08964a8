// The picture of a decision boundary: what a network with two inputs gives over the plane.

import { contour, dot, frame } from '@observablehq/plot'
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
  const { minimum, maximum, steps, outputs, examples, title } = boundary
  const outputCount = outputs.length / (steps * steps)
  const count = examples.inputs.length / 2
  const classes = classesOf(examples.targets, count)
  const names =
    outputCount === 1 ? [0, 1] : Array.from({ length: outputCount }, (_, index) => index)
  const place = {
    width: steps,
    height: steps,
    x1: minimum[0],
    x2: maximum[0],
    y1: minimum[1],
    y2: maximum[1],
  }
  const axis = { labelAnchor: 'center', labelArrow: 'none', ticks: 7 } as const
  return drawPlot({
    title,
    width: 460,
    height: 476,
    marginLeft: 56,
    marginRight: 24,
    marginBottom: 44,
    legend: names.map((name) => ({
      label: outputCount === 1 ? `target ${name}` : `class ${name}`,
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
      ...(outputCount === 1
        ? [
            contour(outputs, {
              ...place,
              value: (output: number) => Math.min(Math.max(output, 0), 1),
              fill: 'value',
              thresholds: shades,
            }),
            contour(outputs, {
              ...place,
              value: (output: number) => output,
              stroke: '#222222',
              strokeWidth: 2,
              thresholds: [0.5],
            }),
          ]
        : names.map((name) =>
            contour(leadOf(outputs, outputCount, name), {
              ...place,
              value: (lead: number) => lead,
              fill: colorOf(name),
              fillOpacity: 0.35,
              stroke: '#222222',
              thresholds: [0],
            }),
          )),
      dot(classes, {
        x: (_: number, i: number) => examples.inputs[2 * i]!,
        y: (_: number, i: number) => examples.inputs[2 * i + 1]!,
        fill: (target: number) => colorOf(outputCount === 1 ? Number(target > 0.5) : target),
        stroke: '#ffffff',
        r: count > 300 ? 3 : 6,
      }),
      // Over the ends of the contours, which run along it.
      frame({ stroke: '#999999', strokeWidth: 3 }),
    ],
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
