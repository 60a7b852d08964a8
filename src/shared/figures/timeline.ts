// What each worker did when: spans of time, one phase each, written by the worker into its own part
// of the arena and read when the run has ended.
//
//   count | (phase, step, start, end) ...        times in milliseconds since the run was ordered

/** What a worker can do in a span, in the order of a step. */
export const phaseNames = [
  'prepare',
  'gather',
  'forward',
  'backward',
  'gradient',
  'sum',
  'wait',
] as const
/**
 * What a worker does in a span: `prepare` brings the weights into the order that products read,
 * `gather` fetches examples, `forward` and `backward` take them through the network and back, and
 * to their gradient; `gradient` computes that apart, where workers share a slot; `sum` adds up
 * gradients and updates the parameters, `wait` is at the barrier, with the serial work that belongs
 * there.
 */
export type PhaseName = (typeof phaseNames)[number]

export const Phase = {
  prepare: 0,
  gather: 1,
  forward: 2,
  backward: 3,
  gradient: 4,
  sum: 5,
  wait: 6,
} as const satisfies Record<PhaseName, number>

const SPAN_FIELDS = 4
/** Spans that a run may leave before it should come back to have them read. */
const SPANS_WANTED = 16_384

/**
 * What each worker's part takes: room for the step that goes beyond what is wanted, too.
 * @param blocks Blocks that a step takes through the network, validation included, and its batches.
 */
export function timelineBytes(blocks: number): number {
  return (1 + (SPANS_WANTED + 4 * blocks + 16) * SPAN_FIELDS) * 8
}

export interface Timeline {
  /** Begins with no spans: all workers have arrived. */
  start: () => void
  /** Ends the span under way: it was `phase`. */
  mark: (phase: number) => void
  /** The step that spans belong to from here on. */
  enterStep: (step: number) => void
}

const nothing: Timeline = {
  start: () => undefined,
  mark: () => undefined,
  enterStep: () => undefined,
}

/**
 * @param offset Byte offset of the worker's part, or undefined if nobody asked.
 * @param origin Of the times, in milliseconds since 1970: threads' own clocks begin when they do.
 */
export function createTimeline(
  doubles: Float64Array,
  offset: number | undefined,
  origin: number,
): Timeline {
  if (offset === undefined) return nothing
  const base = offset / 8
  const shift = performance.timeOrigin - origin
  let [last, step] = [0, 0]
  return {
    start() {
      doubles[base] = 0
      last = performance.now() + shift
    },
    mark(phase) {
      const now = performance.now() + shift
      const at = base + 1 + doubles[base]! * SPAN_FIELDS
      doubles[at] = phase
      doubles[at + 1] = step
      doubles[at + 2] = last
      doubles[at + 3] = now
      doubles[base]!++
      last = now
    },
    enterStep(current) {
      step = current
    },
  }
}

/** Whether a worker has left so many spans that the run should end. */
export function timelineIsFull(doubles: Float64Array, offset: number): boolean {
  return doubles[offset / 8]! >= SPANS_WANTED
}

/** The spans of one worker, four numbers each, copied. */
export function readTimeline(doubles: Float64Array, offset: number): Float64Array {
  const base = offset / 8
  return doubles.slice(base + 1, base + 1 + doubles[base]! * SPAN_FIELDS)
}

/** One worker busy with one thing for a while. */
export interface Span {
  /** Which worker, counted from 0. */
  worker: number
  /** What it was doing. */
  phase: PhaseName
  /** The step it belongs to, counted from 0 at the start of epoch 1. */
  step: number
  /** When it began, in milliseconds since 1970 as `Date.now()` has them, with fractions. */
  start: number
  /** How long it took, in milliseconds. */
  milliseconds: number
}

/** @param origin Of the records' times. */
export function spansOf(records: Float64Array, worker: number, origin: number): Span[] {
  return Array.from({ length: records.length / SPAN_FIELDS }, (_, i) => {
    const [phase, step, start, end] = records.subarray(i * SPAN_FIELDS) as unknown as [
      number,
      number,
      number,
      number,
    ]
    return {
      worker,
      phase: phaseNames[phase]!,
      step,
      start: origin + start,
      milliseconds: end - start,
    }
  })
}
