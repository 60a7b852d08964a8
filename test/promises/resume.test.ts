// A training that is stopped and goes on from a file, with other workers, has the bits and the
// figures of one that was never interrupted: every recipe, wherever it is stopped.

import { describe, expect, it } from 'vitest'
import type { Examples, FitOptions, History, TrainerOptions } from '../../dist/main/index.js'
import { createTrainerOn, loadTrainerOn } from '../../dist/main/trainer-calls.js'
import { platformOf } from '../main/shared-threads.js'
import { memoryFiles } from '../main/memory-files.js'
import { recipes } from './recipes.js'

const trainings = Object.entries(recipes).map(
  ([name, { options, examples, fits }]) => [name, { options, examples, fit: fits[0]! }] as const,
)

/** Figures without what is measured anew each time. */
const figuresOf = (history: History): History => ({ ...history, seconds: 0 })

/** Trains, and saves the trainer after every step. */
async function trainAndSave(
  options: TrainerOptions,
  examples: Examples,
  fit: FitOptions,
): Promise<{ hash: string; history: History; files: Map<string, Uint8Array>; names: string[] }> {
  const { files, ...calls } = memoryFiles()
  const names: string[] = []
  await using trainer = await createTrainerOn(
    { ...platformOf(), ...calls },
    { ...options, workers: 1, backend: 'wasm' },
  )
  const saves: Promise<void>[] = []
  const history = await trainer.fit(examples, {
    ...fit,
    // So short that the workers come back after every step.
    checkpoint: { file: 'newest', everySeconds: 1e-9 },
    onProgress({ step }) {
      names.push(`after ${step}`)
      saves.push(trainer.save(`after ${step}`))
    },
  })
  await Promise.all(saves)
  return { hash: trainer.parametersHash(), history, files, names }
}

/** Goes on from a file. */
async function goOn(
  files: Map<string, Uint8Array>,
  name: string,
  workers: number,
  examples: Examples,
  fit: FitOptions,
): Promise<{ hash: string; history: History }> {
  const platform = { ...platformOf(), ...memoryFiles(files) }
  await using trainer = await loadTrainerOn(platform, name, { workers })
  const history = await trainer.fit(examples, fit)
  return { hash: trainer.parametersHash(), history }
}

describe('stopped after each step and gone on with, by other workers', () => {
  it.each(trainings)('%s', async (_, { options, examples, fit }) => {
    const { hash, history, files, names } = await trainAndSave(options, examples, fit)
    expect(names).toEqual(names.map((_, i) => `after ${i + 1}`)) // not one step is missing
    expect(names.length).toBeGreaterThan(1)
    for (const [i, name] of names.entries()) {
      const again = await goOn(files, name, 1 + (i % 3), examples, {})
      expect(again.hash, name).toBe(hash)
      expect(figuresOf(again.history), name).toEqual(figuresOf(history))
    }
  })
})
