// shardgrad info <model>.

import { describe, expect, it } from 'vitest'
import { cosineDecay, cross, dense, dropout } from '../../../dist/main/index.js'
import type { TrainerDocument } from '../../../dist/main/files/document.js'
import type { TrainingPosition } from '../../../dist/main/training/position.js'
import { shardgrad } from '../support.js'
import { folderOfModels, trainedBy } from './model-files.js'

const { folder, write } = folderOfModels()
const network = {
  inputs: 2,
  scale: 0.5,
  preprocessing: [cross(0, 1)],
  layers: [dense(4, 'tanh'), dropout(0.1), dense(2, 'softmax', { bias: false })],
}
const parameters = {
  weights: [new Float32Array(12), new Float32Array(8)],
  biases: [new Float32Array(4), new Float32Array(0)],
}
const training: TrainingPosition = {
  options: {
    epochs: 5,
    initialEpoch: 0,
    batchSize: 2,
    accumulationSteps: 1,
    shuffle: true,
    earlyStopping: { patience: 3 },
  },
  examples: { count: 4, sha256: '0'.repeat(64) },
  validation: { count: 1, sha256: '1'.repeat(64) },
  step: 5,
  sums: [1, 2],
  seconds: 0.1,
  stopping: { best: 0.3, waited: 1, epoch: 1 },
  ended: false,
  history: {
    epoch: [1, 2],
    cost: [0.5, 0.25],
    loss: [0.5, 0.125],
    accuracy: [0.5, 0.75],
    validationCost: [0.3, 0.4],
    validationAccuracy: [1, 0],
    learningRate: [0.1, 0.1],
    f1: [0.5, 0.6],
    seconds: 1,
  },
}
const trainer = {
  ...trainedBy('categoricalCrossEntropy'),
  optimizer: {
    name: 'sgd',
    learningRate: cosineDecay({ learningRate: 0.1, epochs: 5 }),
    momentum: 0.9,
    nesterov: false,
  },
  l2: 0.01,
  training,
} as TrainerDocument
const whole = { network, parameters, classes: ['no', 'yes'], trainer, metadata: { author: 'Zoë' } }

describe('info <model>', () => {
  it('says for a person what it is, how it was trained, and where training stands', async () => {
    const file = write('whole.safetensors', whole)
    const { code, out, err } = await shardgrad(['info', file])
    expect([code, out]).toEqual([0, ''])
    expect(err).toBe(`${file}: 3 - 4 tanh - dropout 0.1 - 2 softmax without bias; 24 parameters
  layer                          inputs  outputs  parameters
      0  4 tanh                       3        4          16
      1  dropout 0.1                  4        4           0
      2  2 softmax without bias       4        2           8
inputs      2 columns, times 0.5
            then cross: the product of the columns 0, 1
classes     no, yes
loss        categoricalCrossEntropy, l2 0.01
optimizer   sgd (learningRate cosine (learningRate 0.1, epochs 5, minimum 0), momentum 0.9, nesterov false)
recipe      seed 1, shards auto
backend     wasm: SIMD of 128 bits
updates     7
examples    4, in batches of 2, and 1 held out
training    stands after epoch 2 of 5, at step 5; the best so far is epoch 1
epoch 2     cost 0.25000 (0.12500 without the L2 term), accuracy 75.0 %
            held-out cost 0.40000, accuracy 0.0 %
            f1 0.60000
written by  shardgrad 0.1.0
metadata    author: Zoë
`)
  })

  it('of a training that has ended: the figures of the epoch that the parameters are of', async () => {
    const ended = { ...training, ended: true, history: { ...training.history, bestEpoch: 1 } }
    const file = write('ended.safetensors', {
      ...whole,
      trainer: { ...trainer, training: ended },
    })
    const { err } = await shardgrad(['info', file])
    expect(err).toContain(
      'training    ended after epoch 2 of 5, with the parameters of epoch 1, the best\n',
    )
    expect(err).toMatch(/^epoch 1 {5}cost 0\.50000, accuracy 50\.0 %$/m)
  })

  it('--json: all that the file says, and the layers', async () => {
    const file = write('whole.safetensors', whole)
    const { code, events, out } = await shardgrad(['info', file, '--json'])
    expect([code, out.trimEnd().split('\n').length]).toEqual([0, 1])
    expect(events[0]).toEqual({
      event: 'model',
      file,
      format: 1,
      writtenBy: 'shardgrad 0.1.0',
      network,
      classes: ['no', 'yes'],
      metadata: { author: 'Zoë' },
      trainer,
      layers: [
        { layer: 0, what: '4 tanh', inputs: 3, outputs: 4, parameters: 16 },
        { layer: 1, what: 'dropout 0.1', inputs: 4, outputs: 4, parameters: 0 },
        { layer: 2, what: '2 softmax without bias', inputs: 4, outputs: 2, parameters: 8 },
      ],
      parameters: 24,
      figures: {
        epoch: 2,
        cost: 0.25,
        loss: 0.125,
        accuracy: 0.75,
        validationCost: 0.4,
        validationAccuracy: 0,
        f1: 0.6,
      },
    })
  })

  it('texts of the file are shown in a line each, without what a terminal would obey', async () => {
    const metadata = { note: `\u001b[31mred\nline${'.'.repeat(1000)}` }
    const file = write('notes.safetensors', { network, parameters, metadata })
    const { err } = await shardgrad(['info', file])
    expect(err).toMatch(/^metadata {4}note: {2}\[31mred line\.+….*\(1019 characters\)$/m)
  })

  it('of a file that says nothing of training, and of training before its first epoch', async () => {
    const bare = write('bare.safetensors', { network, parameters })
    expect((await shardgrad(['info', bare])).err).toMatch(/product of.*\nwritten by .*\n$/)
    const history = Object.fromEntries(
      Object.keys(training.history).map((name) => [name, name === 'seconds' ? 0 : []]),
    ) as unknown as TrainingPosition['history']
    const first = { ...trainer, training: { ...training, step: 1, stopping: undefined, history } }
    const file = write('first.safetensors', { ...whole, trainer: first })
    const { code, err } = await shardgrad(['info', file])
    expect(code).toBe(0)
    expect(err).toMatch(/^training {4}stands after epoch 0 of 5, at step 1\nwritten by/m)
  })

  it('wrong usage: exit code 2; a file that cannot be used: 1', async () => {
    const file = write('whole.safetensors', whole)
    const odd = write('odd.safetensors', {
      ...whole,
      trainer: { ...trainer, training: {} } as TrainerDocument,
    })
    const wrong: [string[], RegExp, number][] = [
      [['digits'], /^shardgrad: digits: there is no such file/, 1],
      [[folder], /it is a directory$/m, 1],
      [[odd], /odd.safetensors: its document: trainer.training.options: expected/, 1],
      [[file, '--verbose'], /--verbose: expected no model with it/, 2],
    ]
    for (const [args, message, exitCode] of wrong) {
      const { code, out, err } = await shardgrad(['info', ...args])
      expect(err).toMatch(message)
      expect([code, out]).toEqual([exitCode, ''])
    }
  })
})
