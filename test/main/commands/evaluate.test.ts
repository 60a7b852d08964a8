// shardgrad evaluate.

import { beforeAll, describe, expect, it } from 'vitest'
import { type Evaluation, type Network, dense, loadDataSet, sgd } from '../../../dist/main/index.js'
import { createTrainer } from '../shared-threads.js'
import { shardgrad } from '../support.js'
import { folderOfModels, trainedBy } from './model-files.js'

const { folder, write } = folderOfModels()
const network: Network = {
  inputs: 64,
  scale: 1 / 16,
  layers: [dense(12, 'relu'), dense(10, 'softmax')],
}
let digits: string
let line: string
let expected: Evaluation

beforeAll(async () => {
  const data = await loadDataSet('digits')
  const examples = { inputs: data.inputs, targets: data.targets }
  await using trainer = await createTrainer({
    network,
    loss: 'categoricalCrossEntropy',
    optimizer: sgd({ learningRate: 0.5 }),
    backend: 'wasm',
    workers: 1,
  })
  await trainer.fit(examples, { epochs: 2, batchSize: 32 })
  expected = await trainer.evaluate(examples, { metrics: ['f1', 'topKAccuracy'], topK: 3 })
  digits = write('digits.safetensors', {
    network,
    parameters: trainer.getParameters(),
    trainer: trainedBy('categoricalCrossEntropy'),
  })
  line = write('line.safetensors', {
    network: { inputs: 1, layers: [dense(1)] },
    parameters: { weights: [Float32Array.of(3)], biases: [Float32Array.of(1)] },
    trainer: trainedBy('meanSquaredError'),
  })
})

describe('evaluate', () => {
  it('has the figures of trainer.evaluate, on all examples where none are for tests', async () => {
    const args = ['evaluate', digits, 'digits', '--metrics', 'f1,topKAccuracy', '--top-k', '3']
    const { code, events, out } = await shardgrad([...args, '--json'])
    expect([code, out.trimEnd().split('\n').length]).toEqual([0, 1])
    const { cost, accuracy, f1, topKAccuracy } = expected
    expect(events[0]).toEqual({
      event: 'evaluation',
      model: digits,
      data: 'digits',
      loss: 'categoricalCrossEntropy',
      examples: 1797,
      cost: expect.closeTo(cost, 4),
      accuracy: expect.closeTo(accuracy!, 2),
      f1: expect.closeTo(f1!, 2),
      topKAccuracy: expect.closeTo(topKAccuracy!, 2),
    })
    const { out: nothing, err } = await shardgrad(args)
    expect(nothing).toBe('')
    expect(err).toContain(`${digits} on all 1797 examples of digits\n`)
    expect(err).toMatch(/^cost \d\.\d+, accuracy \d\d\.\d %\ntop k accuracy 0\.\d+\nf1 0\.\d+$/m)
  })

  it('numbers have no accuracy', async () => {
    const { code, err } = await shardgrad(['evaluate', line, 'line', '--metrics', 'r2'])
    expect(code).toBe(0)
    expect(err).toMatch(/^cost 1\.0000\nr2 0\.9\d+$/m)
  })

  it('wrong usage: exit code 2, and what is wrong', async () => {
    const parameters = { weights: [new Float32Array(2)], biases: [new Float32Array(1)] }
    const gate = { inputs: 2, layers: [dense(1, 'sigmoid')] }
    const silent = write('silent.safetensors', { network: gate, parameters })
    const wide = write('wide.safetensors', {
      network: { inputs: 2, layers: [dense(3)] },
      parameters: { weights: [new Float32Array(6)], biases: [new Float32Array(3)] },
      trainer: trainedBy('meanSquaredError'),
    })
    const odd = write('odd.safetensors', {
      network: gate,
      parameters,
      trainer: trainedBy('guess'),
    })
    const wrong: [string[], RegExp][] = [
      [
        [digits, 'xor'],
        /xor: expected 64 columns of inputs, as many as .*digits.safetensors takes, got 2$/m,
      ],
      [
        [wide, 'xor'],
        /xor: expected targets for 3 outputs, as many as .*wide.safetensors has, got 1$/m,
      ],
      [[silent, 'xor'], /silent.safetensors: expected a model that says how it was trained/],
      [
        [odd, 'xor'],
        /odd.safetensors: its document: trainer.loss: expected one of .*, got 'guess'/,
      ],
      [[digits, 'digitz'], /data: expected one of .*; did you mean 'digits'\?$/m],
      [[`${folder}/none.safetensors`, 'digits'], /none.safetensors: there is no such file/],
      [[folder, 'digits'], /it is a directory$/m],
      [
        [line, 'line', '--metrics', 'f1'],
        /evaluate: metrics: expected some of .*, r2 for outputs that/,
      ],
      [[digits, 'digits', '--metrics', 'recal'], /did you mean 'recall'\?$/m],
      [[digits], /missing required argument 'data'/],
    ]
    for (const [args, message] of wrong) {
      const { code, out, err } = await shardgrad(['evaluate', ...args])
      expect(err).toMatch(message)
      const ofFile = /its document|no such file|a directory$/m.test(err)
      expect([code, out]).toEqual([ofFile ? 1 : 2, ''])
    }
  })
})
