import { DOMParser, type Element } from '@xmldom/xmldom'
import { describe, expect, it } from 'vitest'
import { drawBoundary, gridInputs, planeAround } from '../../../dist/main/pictures/boundary.js'
import { confusionMatrix, drawConfusion } from '../../../dist/main/pictures/confusion.js'
import { drawHistory } from '../../../dist/main/pictures/history.js'
import { drawMistakes, worstMistakes } from '../../../dist/main/pictures/mistakes.js'
import { stackPictures } from '../../../dist/main/pictures/stack.js'
import { drawRateFinder, drawRates } from '../../../dist/main/pictures/rates.js'

/** Parses (which throws on what is no XML) and holds every picture to what all have. */
function opened(svg: string): Element {
  const root = new DOMParser().parseFromString(svg, 'image/svg+xml').documentElement!
  expect(root.tagName).toBe('svg')
  expect(svg).not.toMatch(/NaN|Infinity|undefined/)
  for (const part of [
    ...root.getElementsByTagName('circle'),
    ...root.getElementsByTagName('rect'),
  ]) {
    // nothing outside
    const [x, y] = ['x', 'y'].map((axis) =>
      Number(part.getAttribute(axis) ?? part.getAttribute(`c${axis}`) ?? 0),
    )
    expect(x).toBeGreaterThanOrEqual(0)
    expect(y).toBeGreaterThanOrEqual(0)
  }
  return root
}

/** The points of each line drawn, as numbers; one list a piece between gaps. */
function lines(root: Element): [number, number][][] {
  return marks(root, 'line')
    .flatMap((group) => [...group.getElementsByTagName('path')])
    .flatMap((path) =>
      path
        .getAttribute('d')!
        .split('M')
        .slice(1)
        .map((piece) =>
          piece
            .replace('Z', '')
            .split('L')
            .map((point) => point.split(',').map(Number) as [number, number]),
        ),
    )
}

function marks(root: Element, label: string): Element[] {
  return [...root.getElementsByTagName('g')].filter(
    (group) => group.getAttribute('aria-label') === label,
  )
}

function texts(root: Element): string[] {
  return [...root.getElementsByTagName('text')].map(({ textContent }) => textContent ?? '')
}

const epochs = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1)
const history = {
  epoch: epochs(40),
  cost: epochs(40).map((e) => 2 / e),
  accuracy: epochs(40).map((e) => 1 - 0.9 / e),
  validationCost: epochs(40).map((e) => 2.5 / e),
  validationAccuracy: epochs(40).map((e) => 1 - 1 / e),
}
const without = { accuracy: [], validationCost: [], validationAccuracy: [] }

describe('drawHistory', () => {
  it('draws training and validation, cost and accuracy, with a point for every epoch, falling or rising as the figures do', () => {
    const root = opened(drawHistory(history, 'Title <&> "quoted"'))
    const drawn = lines(root)
    expect(drawn.map((points) => points.length)).toEqual([40, 40, 40, 40])
    for (const points of drawn.slice(0, 2))
      // Y runs down.
      for (let i = 1; i < 40; i++) expect(points[i]![1]).toBeGreaterThanOrEqual(points[i - 1]![1])
    for (const points of drawn.slice(2))
      for (let i = 1; i < 40; i++) expect(points[i]![1]).toBeLessThanOrEqual(points[i - 1]![1])
    expect(texts(root)).toEqual(
      expect.arrayContaining([
        'Title <&> "quoted"',
        'Cost',
        'Accuracy',
        '■training■validation',
        'epoch',
        'cost',
        'accuracy',
      ]),
    )
  })

  it('on a logarithmic scale, which it takes for more than two decades, an exponential fall is a straight line', () => {
    const slopes = (cost: number[]): number[] => {
      const points = lines(opened(drawHistory({ ...without, epoch: epochs(11), cost }, 'fall')))[0]!
      return points.slice(1).map(([x, y], i) => (y - points[i]![1]) / (x - points[i]![0]))
    }
    const exponential = slopes(epochs(11).map((e) => 10 ** -e))
    for (const slope of exponential) expect(slope).toBeCloseTo(exponential[0]!, 1)
    const linear = slopes(epochs(11).map((e) => 50 - e))
    for (const slope of linear) expect(slope).toBeCloseTo(linear[0]!, 1)
  })

  it('leaves a gap where a cost is not finite, and draws costs of 0 at the bottom of a logarithmic scale', () => {
    expect(
      lines(
        opened(
          drawHistory({ ...without, epoch: epochs(6), cost: [3, 2, NaN, Infinity, 2, 1] }, 'gap'),
        ),
      ),
    ).toHaveLength(2)
    const [points] = lines(
      opened(drawHistory({ ...without, epoch: epochs(4), cost: [1, 0.001, 0, 0] }, 'zero')),
    )
    expect(new Set(points!.slice(1).map(([, y]) => y)).size).toBe(1)
  })

  it('draws no epoch, one epoch, and costs that are all the same', () => {
    for (const cost of [[], [1], [0], [5, 5, 5], [0, 0], [NaN, NaN]])
      opened(drawHistory({ ...without, epoch: epochs(cost.length), cost }, 'few'))
  })
})

describe('drawBoundary', () => {
  it('gridInputs gives the middles of the cells, the first input running fastest', () => {
    expect([...gridInputs([0, 10], [2, 14], 2)]).toEqual([0.5, 11, 1.5, 11, 0.5, 13, 1.5, 13])
  })

  it('the plane has a margin around the examples, also where they all lie on one line', () => {
    expect(planeAround(Float64Array.of(0, 7, 4, 7))).toEqual({ minimum: [-1, 6], maximum: [5, 8] })
  })

  const plane = { minimum: [0, 0], maximum: [1, 1], steps: 20 } as const
  const inputs = gridInputs(plane.minimum, plane.maximum, plane.steps)
  const xs = inputs.filter((_, i) => i % 2 === 0)

  it('the contour of 1/2 lies where the output is 1/2, and every example is a point in the color of its target', () => {
    const examples = {
      inputs: Float64Array.of(0.1, 0.2, 0.9, 0.8, 0.5, 0.5),
      targets: Float64Array.of(0, 1, 1),
    }
    const root = opened(
      drawBoundary({ ...plane, outputs: xs.map((x) => x + 0.2), examples, title: 'slope' }),
    ) // 1/2 at x = 0.3
    const points = [...marks(root, 'dot')[0]!.getElementsByTagName('circle')]
    const fills = points.map((point) => point.getAttribute('fill'))
    expect(fills[1]).toBe(fills[2])
    expect(fills[0]).not.toBe(fills[1])
    const [left, right] = [0, 1].map((i) => Number(points[i]!.getAttribute('cx'))) // at 0.1 and 0.9
    const numbers = marks(root, 'contour')[1]!
      .getElementsByTagName('path')[0]!
      .getAttribute('d')!
      .match(/[\d.]+/g)!
      .map(Number)
    const leftmost = Math.min(...numbers.filter((_, i) => i % 2 === 0))
    expect(leftmost).toBeCloseTo(left! + ((0.3 - 0.1) / 0.8) * (right! - left!), 0)
  })

  it('several outputs: a region for each class that leads somewhere', () => {
    const outputs = Float64Array.from({ length: 1200 }, (_, i) =>
      i % 3 === Math.floor(xs[Math.floor(i / 3)]! * 2.999) ? 1 : 0,
    )
    const root = opened(
      drawBoundary({
        ...plane,
        outputs,
        examples: { inputs: Float64Array.of(0, 0, 1, 1), targets: Uint8Array.of(0, 2) },
        title: 'three',
      }),
    )
    const regions = marks(root, 'contour').flatMap((group) => [
      ...group.getElementsByTagName('path'),
    ])
    expect(regions.filter((path) => (path.getAttribute('d') ?? '') !== '')).toHaveLength(3)
  })

  it('draws outputs that are all the same, or out of 0 to 1', () => {
    const examples = { inputs: Float64Array.of(0, 0, 1, 1), targets: Float64Array.of(0, 1) }
    for (const value of [0, 0.5, 1, -3, 7])
      opened(drawBoundary({ ...plane, outputs: xs.map(() => value), examples, title: 'flat' }))
  })
})

describe('drawConfusion', () => {
  it('counts rows true, columns predicted, and shows every count in its cell', () => {
    const matrix = confusionMatrix([0, 0, 1, 2, 2, 2], [0, 1, 1, 0, 2, 2], 3)
    expect([...matrix]).toEqual([1, 1, 0, 0, 1, 0, 1, 0, 2])
    const root = opened(drawConfusion(matrix, ['ant', 'bee', 'cat']))
    const cells = [...marks(root, 'cell')[0]!.getElementsByTagName('rect')]
    expect(cells).toHaveLength(9)
    expect(texts(marks(root, 'text')[0]!)).toEqual(['1', '1', '0', '0', '1', '0', '1', '0', '2'])
    expect(texts(root)).toEqual(expect.arrayContaining(['predicted', 'true', 'ant', 'bee', 'cat']))
    expect(cells[2]!.getAttribute('fill')).toBe('rgb(255, 255, 255)')
    // Columns run right,.
    expect(Number(cells[1]!.getAttribute('x'))).toBeGreaterThan(Number(cells[0]!.getAttribute('x')))
    // Rows down.
    expect(Number(cells[3]!.getAttribute('y'))).toBeGreaterThan(Number(cells[0]!.getAttribute('y')))
  })

  it('draws a class without examples', () =>
    void opened(drawConfusion([0, 0, 0, 3], ['none', 'some'])))
})

describe('drawMistakes', () => {
  it('the worst are the wrong ones whose true class got least', () => {
    const outputs = Float64Array.of(0.4, 0.6, 0.9, 0.1, 0.2, 0.8, 0.05, 0.95)
    expect(worstMistakes(outputs, [0, 0, 0, 1], [1, 0, 1, 1])).toEqual([2, 0])
    expect(worstMistakes(outputs, [0, 0, 0, 1], [1, 0, 1, 1], 1)).toEqual([2])
  })

  it('each has a frame, a label, and the ink of its pixels: as much as their sum', () => {
    const pixels = Uint8Array.of(0, 16, 16, 8, 0, 0)
    const mistake = { pixels, truth: '3', predicted: '8', probability: 0.876 }
    const root = opened(
      drawMistakes(
        Array.from({ length: 7 }, () => mistake),
        { width: 3, height: 2 },
      ),
    )
    const [runs, frames] = marks(root, 'rect').map((group) => [
      ...group.getElementsByTagName('rect'),
    ])
    expect(frames).toHaveLength(7)
    const area = (part: Element): number =>
      Number(part.getAttribute('width')) * Number(part.getAttribute('height'))
    const ink = (part: Element): number =>
      area(part) * (1 - Number(/\d+/.exec(part.getAttribute('fill')!)![0]) / 255)
    const shareOfInk =
      runs!.reduce((sum, run) => sum + ink(run), 0) /
      frames!.reduce((sum, frame) => sum + area(frame), 0)
    expect(shareOfInk).toBeCloseTo(40 / (6 * 16), 1)
    expect(texts(marks(root, 'text')[0]!)).toEqual(Array.from({ length: 7 }, () => '3→ 888 %'))
  })

  it('says so when there are none', () =>
    expect(texts(opened(drawMistakes([], { width: 8, height: 8 })))).toContain('none'))
})

describe('learning rates', () => {
  it('a line for each; one that diverges leaves at the top, with a word', () => {
    const root = opened(
      drawRates(
        [
          { rate: 0.1, costs: epochs(50).map((e) => 90 / e) },
          { rate: 1, costs: epochs(10).map((e) => 90 * 100 ** (e - 1)), divergedIn: 11 },
        ],
        'rates',
      ),
    )
    const [falling, diverging] = lines(root)
    const frame = [...root.getElementsByTagName('rect')].find(
      (part) => part.getAttribute('aria-label') === 'frame',
    )!
    expect(falling).toHaveLength(50)
    expect(diverging!.at(-1)![1]).toBeCloseTo(Number(frame.getAttribute('y')), 0)
    // Before the second epoch, whose cost is out of the picture.
    expect(diverging!.at(-1)![0]).toBeLessThan(falling![1]![0])
    expect(texts(root)).toEqual(
      expect.arrayContaining(['■rate 0.1■rate 1 (diverged in epoch 11)', '↗ diverges']),
    )
  })

  it('draws rates that diverge at once, and costs that reach 0', () => {
    opened(drawRates([{ rate: 1, costs: [], divergedIn: 1 }], 'at once'))
    opened(
      drawRates(
        [
          { rate: 1, costs: [5, Infinity, NaN], divergedIn: 4 },
          { rate: 0.1, costs: [5, 1e-9, 0] },
        ],
        'to 0',
      ),
    )
    opened(drawRates([{ rate: 1, costs: [0, 0] }], 'all 0'))
  })

  it('drawRateFinder marks the suggested rate where it is on a logarithmic axis', () => {
    const rates = epochs(9).map((e) => 10 ** (e - 7))
    const root = opened(
      drawRateFinder({ rates, costs: [3, 3, 3, 2, 1, 0.5, 0.6, NaN, Infinity], suggested: 0.01 }),
    )
    const mark = marks(root, 'rule')[0]!.getElementsByTagName('line')[0]!
    expect(Number(mark.getAttribute('x1'))).toBeCloseTo(lines(root)[0]![4]![0], 0)
    expect(texts(root)).toContain('■cost■suggested: 0.01')
  })
})

it('stackPictures puts rows under each other and their pictures beside each other, without overlap', () => {
  const one = drawConfusion([1, 0, 0, 1], ['a', 'b'])
  const root = opened(stackPictures([[one, one], [one]], 'three'))
  const [a, b, c] = [...root.getElementsByTagName('svg')].map((panel) =>
    Object.fromEntries(
      ['x', 'y', 'width', 'height'].map((name) => [name, Number(panel.getAttribute(name))]),
    ),
  )
  expect(b!.x).toBeGreaterThanOrEqual(a!.x! + a!.width!)
  expect(b!.y).toBe(a!.y)
  expect(c!.y).toBeGreaterThanOrEqual(a!.y! + a!.height!)
  expect(Number(root.getAttribute('width'))).toBe(b!.x! + b!.width!)
  expect(Number(root.getAttribute('height'))).toBe(c!.y! + c!.height!)
})

it('the same input gives the same picture, whatever was drawn between', () => {
  const draw = (): string =>
    drawHistory(history, 'again') + drawRates([{ rate: 1, costs: [1, 2, 1e9] }], 'again')
  expect(draw()).toBe(draw())
})
