// `shardgrad bench`: time of a training step for some numbers of workers, on one fixed batch. The
// first steps of every number of workers must give the same bits as one worker's before anything is
// timed.

import type { ActivationName } from '../../shared/formulas/activations.js'
import type { BackendName } from '../../shared/backend-names.js'
import { InputError } from '../../shared/errors.js'
import { dense } from '../../shared/model/layers/dense.js'
import { type Network, flopsOf } from '../../shared/model/network.js'
import { sgd } from '../../shared/optimizers/optimizers.js'
import { createUniform } from '../../shared/numerics/random.js'
import { availableCores } from '../runtime/node/cores.js'
import type { Examples } from '../data/arrays.js'
import { type PhaseShares, describePhases, summarizePhases } from '../inspect/phases.js'
import { counted, printJson } from './report.js'
import { createStatusLine, print } from './status-line.js'
import type { Span } from '../../shared/figures/timeline.js'
import type { Trainer } from '../trainer.js'
import { createTrainer } from '../create-trainer.js'

export interface BenchOptions {
  dims: number[]
  activation: ActivationName
  batchSize: number
  workers?: number[]
  backend: BackendName | 'auto'
  phases?: boolean
  json?: boolean
}

interface MeasureOptions extends Omit<BenchOptions, 'json'> {
  /** Ends it after the step under way. */
  signal?: AbortSignal
  /** Hears of every round before it begins, counted from 1; of 0 before what comes before them. */
  onRound?: (round: number) => void
}

/** Figures of one number of workers. */
export interface BenchResult {
  dims: number[]
  batchSize: number
  workers: number
  /** How many of them share a slot. */
  teamSize: number
  backend: string
  microsecondsPerStep: number
  gflops: number
  /** Against the first number of workers. */
  speedup: number
  efficiency: number
  /** Where the time goes, measured in steps of their own, if that was asked for. */
  phases?: PhaseShares
}

/** Best of so many rounds, here, and for everyone in `npm run bench:peers`. */
export const ROUNDS = 10
/** Of one round, about: at least one step. */
export const ROUND_SECONDS = 0.25
const CHECKED_STEPS = 3
/** Steps of a round whose phases are recorded. */
const TIMELINE_STEPS = 500

/** @param signal Ends it after the step under way. */
export async function bench(
  { json, ...options }: BenchOptions,
  signal: AbortSignal,
): Promise<void> {
  const status = json ? undefined : createStatusLine()
  const onRound = (round: number): void =>
    status?.show(round === 0 ? 'starting' : `round ${round} of ${ROUNDS}`)
  const results = await measure({ ...options, signal, onRound }).finally(status?.end)
  for (const result of results) {
    if (json) printJson({ event: 'bench', ...result })
    else {
      print(
        `${result.dims.join('-')}, batch ${result.batchSize}, ${result.backend}, ${counted(result.workers, 'worker')}: ` +
          `${result.microsecondsPerStep.toFixed(1)} us a step, ${result.gflops.toFixed(1)} GFLOP/s, ` +
          `speedup ${result.speedup.toFixed(2)}, efficiency ${(100 * result.efficiency).toFixed(0)} %`,
      )
      if (result.phases) print(describePhases(result.phases))
    }
  }
}

/**
 * Best of several rounds for each number of workers, the rounds in turn so that a noisy moment
 * strikes all alike.
 */
export async function measure({
  dims,
  activation,
  batchSize,
  backend,
  workers,
  phases = false,
  signal,
  onRound,
}: MeasureOptions): Promise<BenchResult[]> {
  const counts = workers ?? [...new Set([1, availableCores()])]
  if (dims.length < 2)
    throw new InputError('--dims', 'at least two widths, such as 784,128,10', dims.join(','))
  const network: Network = {
    inputs: dims[0]!,
    layers: dims
      .slice(1)
      .map((units, l) => dense(units, l === dims.length - 2 ? 'softmax' : activation)),
  }
  const examples = syntheticExamples(dims[0]!, dims.at(-1)!, batchSize)
  const trainers = await Promise.all(
    counts.map(async (count) =>
      createTrainer({
        network,
        loss: 'categoricalCrossEntropy',
        optimizer: sgd({ learningRate: 0.1 }),
        workers: count,
        backend,
        seed: 1,
      }),
    ),
  )
  try {
    onRound?.(0)
    await requireSameBits(trainers, examples, signal)
    const steps = await stepsPerRound(trainers[0]!, examples, signal)
    const best = trainers.map(() => Infinity)
    for (let round = 0; round < ROUNDS; round++) {
      onRound?.(round + 1)
      for (const [i, trainer] of trainers.entries())
        best[i] = Math.min(best[i]!, await secondsPerStep(trainer, examples, steps, signal))
    }
    const shares: (PhaseShares | undefined)[] = []
    for (const trainer of trainers)
      shares.push(phases ? await phaseShares(trainer, examples, steps, signal) : undefined)
    return trainers.map(({ info }, i) => {
      const speedup = best[0]! / best[i]!
      return {
        dims,
        batchSize,
        workers: info.workers,
        teamSize: info.teamSize,
        backend: info.backend,
        microsecondsPerStep: best[i]! * 1e6,
        gflops: flopsOf(network, batchSize) / best[i]! / 1e9,
        speedup,
        efficiency: (speedup * trainers[0]!.info.workers) / info.workers,
        ...(shares[i] && { phases: shares[i] }),
      }
    })
  } finally {
    await Promise.all(trainers.map(async (trainer) => trainer.close()))
  }
}

async function requireSameBits(
  trainers: Trainer[],
  examples: Examples,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const trainer of trainers) {
    await trainer.fit(examples, { epochs: CHECKED_STEPS, batchSize: 'all', signal })
    if (trainer.parametersHash() !== trainers[0]!.parametersHash()) {
      throw new Error(
        `bench: ${trainer.info.workers} workers gave other bits than ${trainers[0]!.info.workers}; nothing is timed`,
      )
    }
  }
}

/** Of the quickest of several rounds: whatever else the machine does shows as waiting. */
async function phaseShares(
  trainer: Trainer,
  examples: Examples,
  steps: number,
  signal: AbortSignal | undefined,
): Promise<PhaseShares> {
  let best: { seconds: number; spans: Span[] } = { seconds: Infinity, spans: [] }
  for (let round = 0; round < ROUNDS; round++) {
    const spans: Span[] = []
    const { seconds } = await trainer.fit(examples, {
      epochs: Math.min(steps, TIMELINE_STEPS),
      batchSize: 'all',
      onTimeline: (recorded) => spans.push(...recorded),
      signal,
    })
    if (seconds < best.seconds) best = { seconds, spans }
  }
  return summarizePhases(best.spans, Math.min(steps, TIMELINE_STEPS))
}

async function stepsPerRound(
  trainer: Trainer,
  examples: Examples,
  signal: AbortSignal | undefined,
): Promise<number> {
  const once = await secondsPerStep(trainer, examples, CHECKED_STEPS, signal)
  return Math.max(1, Math.min(5000, Math.ceil(ROUND_SECONDS / once)))
}

async function secondsPerStep(
  trainer: Trainer,
  examples: Examples,
  steps: number,
  signal: AbortSignal | undefined,
): Promise<number> {
  const { seconds } = await trainer.fit(examples, { epochs: steps, batchSize: 'all', signal })
  return seconds / steps
}

function syntheticExamples(inputs: number, classes: number, count: number): Examples {
  const uniform = createUniform(1, 0)
  return {
    inputs: Float32Array.from({ length: inputs * count }, uniform),
    targets: Uint32Array.from({ length: count }, () => Math.floor(uniform() * classes)),
  }
}
