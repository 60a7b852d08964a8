// shardgrad predict.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Network, dense, loadDataSet, oneHot } from '../../../dist/main/index.js'
import { createTrainer } from '../shared-threads.js'
import { script, shardgrad } from '../support.js'
import { folderOfModels } from './model-files.js'

const { write } = folderOfModels()
const digitsNetwork: Network = { inputs: 64, scale: 1 / 16, layers: [dense(10, 'softmax')] }
const one = Float32Array.of(1)
const lines = (text: string): string[] => text.trimEnd().split('\n')

let digits: string
let gate: string
let numbers: string
let outputs: ArrayLike<number>

beforeAll(async () => {
  const { inputs, targets } = await loadDataSet('digits')
  await using trainer = await createTrainer({
    network: digitsNetwork,
    loss: 'categoricalCrossEntropy',
    backend: 'wasm',
    workers: 1,
  })
  await trainer.fit({ inputs, targets }, { epochs: 1, batchSize: 32 })
  outputs = await trainer.predict(inputs)
  digits = write('digits.safetensors', {
    network: digitsNetwork,
    parameters: trainer.getParameters(),
  })
  gate = write('gate.safetensors', {
    network: { inputs: 1, layers: [dense(1, 'sigmoid')] },
    parameters: { weights: [one], biases: [new Float32Array(1)] },
    classes: ['no, never', 'said "yes"'],
  })
  const step = oneHot([1, 2], 1, 0)
  numbers = write('numbers.safetensors', {
    network: { inputs: 1, preprocessing: [step], layers: [dense(2, 'identity')] },
    parameters: { weights: [Float32Array.of(1, 2, 3, 4)], biases: [Float32Array.of(0.1, 0)] },
  })
})

describe('predict', () => {
  it("a data set's rows as comma-separated values: the class, and every probability", async () => {
    const { code, out, err } = await shardgrad(['predict', digits, 'digits'])
    expect([code, err]).toEqual([0, ''])
    const [header, ...rows] = lines(out)
    expect(header).toBe('class,0,1,2,3,4,5,6,7,8,9')
    expect(rows).toHaveLength(1797)
    rows.forEach((row, i) => {
      const [name, ...probabilities] = row.split(',').map(Number)
      const expected = Array.from({ length: 10 }, (_, j) => outputs[10 * i + j]!)
      // Nine digits at most say which number of float32 it is.
      expect(probabilities.map(Math.fround)).toEqual(expected)
      expect(name).toBe(expected.indexOf(Math.max(...expected)))
    })
  })

  it('as one JSON object a line', async () => {
    const { code, events } = await shardgrad(['predict', digits, 'digits', '--format', 'jsonl'])
    expect([code, events.length]).toEqual([0, 1797])
    expect(Object.keys(events[0]!)).toEqual(['class', 'probabilities'])
    const shares = events[0]!.probabilities as Record<string, number>
    expect(Object.keys(shares).join()).toBe('0,1,2,3,4,5,6,7,8,9')
    expect(shares[events[0]!.class as string]).toBe(Math.max(...Object.values(shares)))
  })

  it('rows on standard input; one sigmoid output tells two classes apart', async () => {
    const input = '[0]\n\n  [-2]\r\n[1000]'
    const { code, out } = await shardgrad(['predict', gate, '-'], { input })
    expect([code, lines(out)]).toEqual([
      0,
      [
        'class,"no, never","said ""yes"""',
        '"said ""yes""",0.5,0.5',
        '"no, never",0.8807971,0.11920292',
        '"said ""yes""",0,1',
      ],
    ])
    const json = await shardgrad(['predict', gate, '-', '--format', 'jsonl'], { input: '[0]\n' })
    expect(json.out).toBe(
      '{"class":"said \\"yes\\"","probabilities":{"no, never":0.5,"said \\"yes\\"":0.5}}\n',
    )
  })

  it('outputs that say no class are numbers', async () => {
    const { out } = await shardgrad(['predict', numbers, '-'], { input: '[1]\n[2]\n' })
    expect(lines(out)).toEqual(['output 0,output 1', '1.1,2', '3.1,4'])
    const json = await shardgrad(['predict', numbers, '-', '--format', 'jsonl'], { input: '[2]' })
    expect(json.events).toEqual([{ outputs: { 'output 0': 3.1, 'output 1': 4 } }])
  })

  it('answers each row as it comes, and ends with its input', async () => {
    const child = spawn(process.execPath, [script, 'predict', gate, '-'])
    const said = async (): Promise<string> => String((await once(child.stdout, 'data'))[0])
    expect(await said()).toMatch(/^class/)
    for (const value of [-5, 5]) {
      child.stdin.write(`[${value}]\n`)
      expect(await said()).toMatch(value < 0 ? /^"no/ : /^"said/)
    }
    child.stdin.end()
    expect(await once(child, 'close')).toEqual([0, null])
  })

  it('ends at Ctrl-C while it waits for rows, with 130', async () => {
    const child = spawn(process.execPath, [script, 'predict', gate, '-'])
    await once(child.stdout, 'data')
    child.kill('SIGINT')
    expect(await once(child, 'close')).toEqual([130, null])
  })

  it('a row that does not fit: exit code 2, naming the line; those before it are answered', async () => {
    const wrong: [string, RegExp][] = [
      ['[1,2]', /standard input, line 3: expected 1 number, as many as the model takes, got 2$/m],
      ['[]', /line 3: expected 1 number, as many as the model takes, got 0$/m],
      ['1', /line 3: expected a JSON array of 1 number, got '1'$/m],
      ['["1"]', /line 3: expected a JSON array of 1 number, got '\["1"\]'$/m],
      ['[1', /line 3: expected a JSON array of 1 number, got '\[1'$/m],
      ['[3]', /line 3: expected a row that the model takes, got .*categories of column 0, got 3$/m],
    ]
    for (const [line, message] of wrong) {
      const { code, out, err } = await shardgrad(['predict', numbers, '-'], {
        input: `[1]\n\n${line}\n[2]\n`,
      })
      expect(err).toMatch(message)
      expect([code, lines(out).length]).toEqual([2, 2])
    }
  })

  it('wrong usage: exit code 2; no such file: 1; and nothing on standard output', async () => {
    const wrong: [string[], RegExp][] = [
      [[digits, 'line'], /line: expected 64 columns of inputs, as many as .* takes, got 1$/m],
      [
        [digits, 'digits', '--format', 'json'],
        /expected one of csv, jsonl; did you mean 'jsonl'\?$/m,
      ],
      [['nowhere.safetensors', '-'], /^shardgrad: nowhere.safetensors: there is no such file/],
      [[digits], /missing required argument 'data'/],
    ]
    for (const [args, message] of wrong) {
      const { code, out, err } = await shardgrad(['predict', ...args])
      expect(err).toMatch(message)
      expect([code, out]).toEqual([err.includes('nowhere') ? 1 : 2, ''])
    }
  })
})
