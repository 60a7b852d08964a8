// The numbers behind `shardgrad explain`: a few steps of gradient descent with every value on the
// way, as the workers would compute them, on one thread.

import { shardStart } from '../../shared/batches/shards.js'
import type { InProcess, Walk } from './in-process.js'
import type { Parameters } from '../data/parameters.js'

/**
 * One step over all examples. Parameters and gradients lie as in `Parameters`: weights row-major
 * (inputs, units).
 */
export interface ExplainedStep {
  /** From 1. */
  step: number
  /** Before the step. */
  parameters: Parameters
  shards: ExplainedShard[]
  /**
   * The tree over the shards, sums of two from the leaves up; the last one has all examples. None
   * if there is one shard.
   */
  sums: { shards: string; gradient: Parameters }[]
  /** Summed over the examples. */
  loss: number
  /** loss / m + l2 / 2m of the squared weights, before the step. */
  cost: number
  /** The sum of the shards' gradients / m. */
  average: Parameters
  /** The L2 term's gradient, l2 / m of the weights; not there without one. */
  decay?: Parameters
  /** parameters - learningRate * (average + decay) */
  next: Parameters
  /** After the step. */
  nextCost: number
}

export interface ExplainedShard {
  examples: ({ example: number } & Walk)[]
  /** Summed over its examples. */
  loss: number
  gradient: Parameters
}

/**
 * Explains `steps` steps of plain gradient descent over all examples, one after another, from some
 * parameters on: the numbers of `fit` with backend reference and as many shards.
 */
export function* explainSteps(
  inProcess: InProcess,
  start: Parameters,
  {
    steps,
    shards,
    learningRate,
    l2,
  }: { steps: number; shards: number; learningRate: number; l2: number },
): Generator<ExplainedStep, void> {
  let parameters = start
  for (let step = 1; step <= steps; step++) {
    const one = explainStep(inProcess, parameters, shards, learningRate, l2)
    yield { step, ...one }
    parameters = one.next
  }
}

function explainStep(
  inProcess: InProcess,
  parameters: Parameters,
  shardCount: number,
  learningRate: number,
  l2: number,
): Omit<ExplainedStep, 'step'> {
  const { examples } = inProcess
  const shards = Array.from({ length: shardCount }, (_, shard) =>
    explainShard(
      inProcess,
      parameters,
      shardStart(examples, shardCount, shard),
      shardStart(examples, shardCount, shard + 1),
    ),
  )
  const { total, sums } = sumAsTree(shards)
  const average = combine((sum) => sum / examples, total)
  const decay: Parameters | undefined =
    l2 > 0
      ? {
          weights: parameters.weights.map((layer) => layer.map((w) => (l2 / examples) * w)),
          biases: parameters.biases.map((layer) => layer.map(() => 0)),
        }
      : undefined
  const gradient = decay ? combine((a, b) => a + b, average, decay) : average
  const next = combine((w, g) => w - learningRate * g, parameters, gradient)
  return {
    parameters,
    shards,
    sums,
    loss: shards.reduce((sum, { loss }) => sum + loss, 0),
    cost: inProcess.cost(parameters),
    average,
    decay,
    next,
    nextCost: inProcess.cost(next),
  }
}

/** The shard as a worker takes it, all rows at once; and each of its examples alone. */
function explainShard(
  inProcess: InProcess,
  parameters: Parameters,
  first: number,
  end: number,
): ExplainedShard {
  const { loss, gradient } = inProcess.walk(parameters, first, end)
  const examples = Array.from({ length: end - first }, (_, i) => ({
    example: first + i,
    ...inProcess.walk(parameters, first + i, first + i + 1),
  }))
  return { examples, loss, gradient }
}

/** ((0+1)+(2+3))+...: neighbors are added until one sum is left. */
function sumAsTree(shards: ExplainedShard[]): { total: Parameters; sums: ExplainedStep['sums'] } {
  const sums: ExplainedStep['sums'] = []
  let level = shards.map(({ gradient }, shard) => ({ shards: String(shard), gradient }))
  while (level.length > 1) {
    level = Array.from({ length: level.length / 2 }, (_, pair) => {
      const [left, right] = [level[2 * pair]!, level[2 * pair + 1]!]
      return {
        shards: `(${left.shards}+${right.shards})`,
        gradient: combine((a, b) => a + b, left.gradient, right.gradient),
      }
    })
    sums.push(...level)
  }
  return { total: level[0]!.gradient, sums }
}

/** Combines parameters and gradients of one shape entry by entry. */
function combine(
  of: (one: number, other: number) => number,
  one: Parameters,
  other = one,
): Parameters {
  const layers = (kind: keyof Parameters): Float64Array[] =>
    one[kind].map((layer, l) =>
      Float64Array.from(layer, (value, i) => of(value, other[kind][l]![i]!)),
    )
  return { weights: layers('weights'), biases: layers('biases') }
}
