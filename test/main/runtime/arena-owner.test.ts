// What lasts from call to call in a trainer's arena.

import { describe, expect, it } from 'vitest'
import { type TrainerOptions, dense, sgd } from '../../../dist/main/index.js'
import { checkTrainerOptions } from '../../../dist/main/options/trainer-options.js'
import { type ArenaOwner } from '../../../dist/main/runtime/arena-owner.js'
import { createNodePlatform } from '../../../dist/main/runtime/node/platform.js'
import { createRunner } from '../../../dist/main/runtime/runner.js'
import { commitVersion, revertVersion } from '../../../dist/shared/arena/control.js'

const options: TrainerOptions = {
  network: { inputs: 1, layers: [dense(1)] },
  loss: 'meanSquaredError',
  optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }),
}

/** A trainer's state, and the control words it has in its arena. */
function stateOf(): { state: ArenaOwner; words: Int32Array } {
  const { state } = createRunner(
    createNodePlatform(),
    checkTrainerOptions(options),
    { backend: 'reference', reason: '', library: undefined, blas: undefined },
    {
      equip: () => undefined,
      run: () => Promise.reject(new Error('not here')),
      close: () => Promise.resolve(),
    },
  )
  return { state, words: new Int32Array(state.arena.memory.buffer) }
}

const parametersOf = (weight: number): Parameters<ArenaOwner['setParameters']>[0] => ({
  weights: [Float64Array.of(weight)],
  biases: [Float64Array.of(0)],
})

describe('nothing returns to the version before, once', () => {
  it.each<[string, (state: ArenaOwner) => void]>([
    ['training goes on with other examples', ({ enterStep }) => enterStep(3)],
    ['parameters were set', ({ setParameters }) => setParameters(parametersOf(5))],
    ['a snapshot was restored', ({ restore, snapshot }) => restore(snapshot())],
  ])('%s', (_, change) => {
    const { state, words } = stateOf()
    state.setParameters(parametersOf(1))
    commitVersion(words)
    state.setParameters(parametersOf(2))
    commitVersion(words) // as a step does: the version before is whole
    commitVersion(words)
    change(state)
    const kept = state.parameters()
    revertVersion(words) // as a step does that finds its cost infinite
    expect(state.parameters()).toEqual(kept)
  })
})
