import { expect, it } from 'vitest'
import {
  Phase,
  createTimeline,
  phaseNames,
  readTimeline,
  spansOf,
  timelineBytes,
  timelineIsFull,
} from '../../../dist/shared/figures/timeline.js'

const OFFSET = 64
const room = (blocks: number): Float64Array =>
  new Float64Array((OFFSET + timelineBytes(blocks)) / 8)

it('spans follow each other without a gap: phase, step, and times since the origin', () => {
  const doubles = room(1)
  const origin = performance.timeOrigin
  const timeline = createTimeline(doubles, OFFSET, origin)
  const before = performance.now()
  timeline.start()
  timeline.mark(Phase.prepare)
  timeline.enterStep(41)
  timeline.mark(Phase.gather)
  timeline.mark(Phase.wait)
  const after = performance.now()
  const spans = spansOf(readTimeline(doubles, OFFSET), 3, 0)
  expect(spans.map(({ worker, phase, step }) => [worker, phase, step])).toEqual([
    [3, 'prepare', 0],
    [3, 'gather', 41],
    [3, 'wait', 41],
  ])
  spans.forEach(({ start, milliseconds }, i) => {
    expect(milliseconds).toBeGreaterThanOrEqual(0)
    expect(start).toBeGreaterThanOrEqual(before)
    expect(start + milliseconds).toBeLessThanOrEqual(after + 1e-6)
    if (i > 0) expect(start).toBeCloseTo(spans[i - 1]!.start + spans[i - 1]!.milliseconds, 9)
  })
})

it('the origin is added to the starts, not to how long', () => {
  const records = Float64Array.of(Phase.forward, 5, 1.5, 4)
  expect(spansOf(records, 1, 1000)).toEqual([
    { worker: 1, phase: 'forward', step: 5, start: 1001.5, milliseconds: 2.5 },
  ])
})

it('starting anew forgets the spans of the run before', () => {
  const doubles = room(1)
  const timeline = createTimeline(doubles, OFFSET, 0)
  timeline.start()
  timeline.mark(Phase.sum)
  timeline.start()
  expect(readTimeline(doubles, OFFSET)).toHaveLength(0)
})

it('is full early enough that a last step of so many blocks still fits, and writes nowhere else', () => {
  const blocks = 70
  const doubles = room(blocks)
  const timeline = createTimeline(doubles, OFFSET, 0)
  timeline.start()
  let spans = 0
  while (!timelineIsFull(doubles, OFFSET)) {
    timeline.mark(spans % phaseNames.length)
    spans++
  }
  for (let more = 0; more < 4 * blocks + 16; more++) timeline.mark(Phase.wait)
  expect(readTimeline(doubles, OFFSET)).toHaveLength(4 * (spans + 4 * blocks + 16))
  expect(doubles.subarray(0, OFFSET / 8).every((x) => x === 0)).toBe(true)
})

it('nothing is recorded if nobody asked', () => {
  const doubles = room(4)
  const timeline = createTimeline(doubles, undefined, 0)
  timeline.start()
  timeline.enterStep(1)
  timeline.mark(Phase.sum)
  expect(doubles.every((x) => x === 0)).toBe(true)
})

it('every phase has its name at its number', () => {
  expect(phaseNames.map((name) => Phase[name])).toEqual(phaseNames.map((_, i) => i))
})
