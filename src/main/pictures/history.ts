// The picture of a training: cost and accuracy over the epochs.

import { type ScaleOptions, dot, frame, line } from '@observablehq/plot'
import type { History } from '../training/history.js'
import { colorOf, drawPlot } from './plot.js'
import { drawable, logarithmicFloor, powersOfTen } from './scale.js'
import { stackPictures } from './stack.js'

const MOST_POINTS = 1000

/** What is drawn of a history. */
export type DrawnHistory = Pick<
  History,
  'epoch' | 'cost' | 'accuracy' | 'validationCost' | 'validationAccuracy'
>

/**
 * Draws the cost over the epochs and, if the history has it, the accuracy below; training, and
 * validation where there is some. The cost's axis is logarithmic when it spans more than two
 * decades. Costs that are not finite leave a gap.
 *
 * @param history As `fit` gives it.
 * @param title What is written above the picture.
 * @returns An SVG document.
 */
export function drawHistory(history: DrawnHistory, title: string): string {
  return stackPictures(
    historyPanels(history).map((panel) => [panel]),
    title,
  )
}

/**
 * The pictures that `drawHistory` stacks.
 *
 * @param history As `fit` gives it.
 * @returns SVG documents: the cost, and the accuracy if there is one.
 */
export function historyPanels(history: DrawnHistory): string[] {
  const { epoch, cost, accuracy, validationCost, validationAccuracy } = history
  const floor = logarithmicFloor([...cost, ...validationCost])
  return [
    drawCurves('Cost', epoch, [cost, validationCost], floor, {
      label: 'cost',
      ...(floor === undefined ? { zero: true } : { type: 'log', tickFormat: powersOfTen }),
    }),
    ...(accuracy.length > 0
      ? [
          drawCurves('Accuracy', epoch, [accuracy, validationAccuracy], undefined, {
            label: 'accuracy',
            percent: true,
            tickFormat: (share: number) => `${share} %`,
          }),
        ]
      : []),
  ]
}

function drawCurves(
  title: string,
  epoch: number[],
  curves: [training: number[], validation: number[]],
  floor: number | undefined,
  y: ScaleOptions,
): string {
  const drawn = curves.flatMap((values, i) =>
    values.length > 0 ? [{ label: ['training', 'validation'][i]!, color: colorOf(i), values }] : [],
  )
  const first = epoch[0] ?? 1
  const only = epoch.length === 1
  return drawPlot({
    title,
    width: 640,
    height: 280,
    marginLeft: 72,
    marginRight: 24,
    marginBottom: 44,
    legend: drawn,
    x: {
      label: 'epoch',
      labelAnchor: 'center',
      labelArrow: 'none',
      nice: false,
      domain: [first, only ? first + 1 : (epoch.at(-1) ?? first + 1)],
      tickFormat: (tick: number) => (Number.isInteger(tick) ? String(tick) : ''),
    },
    y: {
      labelAnchor: 'center',
      labelArrow: 'none',
      labelOffset: 64,
      grid: true,
      ticks: 5,
      nice: true,
      ...y,
    },
    marks: [
      frame({ stroke: '#999999' }),
      ...drawn.map(({ values, color }) => {
        const points = thinned(
          values.map((value, i) => [epoch[i]!, drawable(value, floor)] as const),
        )
        return only
          ? dot(points, { fill: color, r: 4 })
          : line(points, { stroke: color, strokeWidth: 2 })
      }),
    ],
  })
}

/** Points of a curve, about as many as it has pixels, first and last among them. */
function thinned<Point>(points: Point[]): Point[] {
  const step = Math.ceil(points.length / MOST_POINTS)
  return points.filter((_, i) => i % step === 0 || i === points.length - 1)
}
