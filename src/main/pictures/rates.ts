// The pictures of learning rates: the cost over the epochs for some of them, and what the finder
// measured.

import { type Markish, dot, frame, line, ruleX, text } from '@observablehq/plot'
import { colorOf, drawPlot } from './plot.js'
import { drawable, logarithmicFloor, powersOfTen } from './scale.js'

/** A training with one learning rate. */
export interface RateTrial {
  /** The learning rate. */
  rate: number
  /** The cost of every epoch (or step), as many as there were before training ended. */
  costs: readonly number[]
  /** The epoch in which training diverged, counted from 1; undefined if it didn't. */
  divergedIn?: number
}

const axis = { labelAnchor: 'center', labelArrow: 'none', labelOffset: 36 } as const

/**
 * Draws the cost over the epochs, a line for each learning rate. The picture ends at ten times the
 * largest first cost: a line that diverges leaves it at the top, with a word there. An axis is
 * logarithmic when it spans more than two decades.
 *
 * @param curves One for each learning rate.
 * @param title What is written above the picture.
 * @returns An SVG document.
 */
export function drawRates(curves: readonly RateTrial[], title: string): string {
  const firsts = curves.map(({ costs }) => costs[0] ?? NaN).filter(Number.isFinite)
  const top = 10 * Math.max(...firsts, Number.MIN_VALUE)
  const shown = curves.map(({ costs }) => costs.filter((cost) => cost <= top))
  const floor = logarithmicFloor([top, ...shown.flat()])
  const last = Math.max(2, ...curves.map(({ costs }) => costs.length))
  return drawPlot({
    title,
    width: 720,
    height: 420,
    marginLeft: 72,
    marginRight: 24,
    marginBottom: 44,
    legend: curves.map((curve, i) => ({ label: labelOf(curve), color: colorOf(i) })),
    x: {
      ...axis,
      label: 'epoch',
      type: last > 100 ? 'log' : 'linear',
      domain: [1, last],
      tickFormat: last > 100 ? powersOfTen : undefined,
    },
    y: {
      ...axis,
      labelOffset: 64,
      label: 'cost',
      grid: true,
      ...(floor === undefined
        ? { domain: [shown.flat().reduce((least, cost) => Math.min(least, cost), 0), top] }
        : { type: 'log', domain: [floor, top], tickFormat: powersOfTen }),
    },
    marks: [
      frame({ stroke: '#999999' }),
      ...curves.flatMap((curve, i) => curveOf(curve, colorOf(i), top, floor)),
    ],
  })
}

function labelOf({ rate, divergedIn }: RateTrial): string {
  return divergedIn === undefined
    ? `rate ${rate}`
    : `rate ${rate} (diverged in epoch ${divergedIn})`
}

/** A line up to the picture's top, a dot if it is a single point, and a word where it leaves. */
function curveOf(
  { costs, divergedIn }: RateTrial,
  color: string,
  top: number,
  floor: number | undefined,
): Markish[] {
  const { points, left } = untilTop(
    costs.map((cost) => (cost <= top ? drawable(cost, floor) : cost)),
    top,
    floor !== undefined,
  )
  const leaving = {
    text: ['↗ diverges'],
    fill: color,
    textAnchor: 'start',
    dx: 8,
    dy: 12,
  } as const
  return [
    line(points, { stroke: color, strokeWidth: 2 }),
    ...(points.length === 1 ? [dot(points, { fill: color, r: 3 })] : []),
    ...(left && divergedIn !== undefined ? [text([points.at(-1)!], leaving)] : []),
  ]
}

/**
 * Draws the cost that a learning-rate finder measured over the rates it tried, with the suggested
 * one marked. Costs that are not finite leave a gap.
 *
 * @param curve As `findLearningRate` gives it.
 * @param title What is written above the picture.
 * @returns An SVG document.
 */
export function drawRateFinder(
  curve: {
    /** The learning rates tried. */
    rates: ArrayLike<number>
    /** The cost at each rate. */
    costs: ArrayLike<number>
    /** The rate to mark. */
    suggested: number
  },
  title = 'Learning-rate finder',
): string {
  const { rates, costs, suggested } = curve
  const floor = logarithmicFloor(Array.from(costs))
  const points = Array.from(rates, (rate, i) => [rate, drawable(costs[i]!, floor)] as const)
  return drawPlot({
    title,
    width: 640,
    height: 380,
    marginLeft: 72,
    marginRight: 24,
    marginBottom: 44,
    legend: [
      { label: 'cost', color: colorOf(0) },
      { label: `suggested: ${Number(suggested.toPrecision(3))}`, color: colorOf(1) },
    ],
    x: { ...axis, label: 'learning rate', type: 'log', tickFormat: powersOfTen },
    y: {
      ...axis,
      labelOffset: 64,
      label: 'cost',
      grid: true,
      nice: true,
      ...(floor !== undefined && { type: 'log', tickFormat: powersOfTen }),
    },
    marks: [
      frame({ stroke: '#999999' }),
      line(points, { stroke: colorOf(0), strokeWidth: 2 }),
      ruleX([suggested], { stroke: colorOf(1), strokeWidth: 2, strokeDasharray: '6 4' }),
    ],
  })
}

/**
 * A line's points up to where it crosses the picture's top, between two epochs, as its scale draws
 * it.
 */
function untilTop(
  costs: readonly number[],
  top: number,
  logarithmic: boolean,
): { points: [epoch: number, cost: number][]; left: boolean } {
  const over = costs.findIndex((cost) => !(cost <= top))
  const points = costs
    .slice(0, over < 0 ? undefined : over)
    .map((cost, i): [number, number] => [i + 1, cost])
  if (over <= 0) return { points, left: over === 0 }
  const [before, after] = [costs[over - 1]!, costs[over]!]
  const height = (cost: number): number => (logarithmic ? Math.log(cost) : cost)
  const share = Number.isFinite(after)
    ? (height(top) - height(before)) / (height(after) - height(before))
    : 1
  return { points: [...points, [over + share, top]], left: true }
}
