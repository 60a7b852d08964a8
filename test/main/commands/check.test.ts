// `shardgrad check`

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { shardgrad } from '../support.js'

const folder = mkdtempSync(join(tmpdir(), 'shardgrad-check-'))
afterAll(() => rmSync(folder, { recursive: true }))

function fileWith(content: string): string {
  const file = join(folder, `${Math.random()}.json`)
  writeFileSync(file, content)
  return file
}

describe('check', () => {
  it('every built-in data set passes, with --json as one object', async () => {
    for (const data of ['digits', 'or', 'xor', 'xor-cross', 'line', 'hidden']) {
      const { code, events, out } = await shardgrad(['check', data, '--json'])
      expect([code, events.length, out.trimEnd().split('\n').length]).toEqual([0, 1, 1])
      expect(events[0]).toMatchObject({
        event: 'check',
        data,
        passed: true,
        sharding: { backend: 'reference', sameBits: true },
      })
    }
  })

  it("says for a person how large each layer's error is, which parameter is worst, and that it passed", async () => {
    const { code, out, err } = await shardgrad([
      'check',
      'digits',
      '--layers',
      '5,4',
      '--activation',
      'tanh',
      '--examples',
      '3',
      '--l2',
      '0.1',
    ])
    expect([code, out]).toEqual([0, ''])
    expect(err).toContain(
      'digits, 3 examples: 64 - 5 tanh - 4 tanh - 10 softmax, categoricalCrossEntropy; 399 parameters',
    )
    expect(err.match(/^ {2}layer \d +weights \d\.\de-\d+ +biases \d\.\de-\d+$/gm)).toHaveLength(3)
    expect(err).toMatch(/worst +(weights\[[012]\]\[\d+\]\[\d\]|biases\[[012]\]\[\d\]): -?\d/)
    expect(err).toMatch(/^passed/m)
  })

  it('takes a network description from a file', async () => {
    const layers = [
      { kind: 'dense', units: 6, activation: 'relu', initializer: 'he' },
      { kind: 'dense', units: 1, activation: 'sigmoid', initializer: 'plain' },
    ]
    const file = fileWith(JSON.stringify({ inputs: 2, layers }))
    const { code, events } = await shardgrad([
      'check',
      'xor',
      '--network',
      file,
      '--loss',
      'binaryCrossEntropy',
      '--json',
    ])
    expect(code).toBe(0)
    expect(events[0]).toMatchObject({
      network: { inputs: 2, layers },
      parameters: 25,
      loss: 'binaryCrossEntropy',
    })
  })

  it('exits with 1 where something is off: a cost that float32 cannot hold', async () => {
    const file = fileWith(
      '{"inputs":1,"scale":1e30,"layers":[{"kind":"dense","units":1,"activation":"identity","initializer":"xavier"}]}',
    )
    const { code, err } = await shardgrad(['check', 'line', '--network', file, '--backend', 'wasm'])
    expect(code).toBe(1)
    expect(err).toMatch(/^off: the shards/m)
  })

  it("a description that is wrong, or doesn't fit the data, is wrong usage: exit code 2", async () => {
    const layer = { kind: 'dense', units: 1, activation: 'sigmoid', initializer: 'xavier' }
    const wrong: [string, RegExp][] = [
      ['{', /JSON/],
      ['null', /a network description/],
      ['{"inputs":3,"layers":[]}', /inputs: expected 2, the columns of xor/],
      ['{"inputs":2,"layers":[]}', /at least one layer/],
      [
        JSON.stringify({ inputs: 2, layers: [{ ...layer, units: 2 }] }),
        /expected 1, the outputs of xor/,
      ],
      [
        JSON.stringify({ inputs: 2, layers: [{ ...layer, activation: 'swish' }] }),
        /layers\[0\]\.activation: expected one of/,
      ],
      [JSON.stringify({ inputs: 2, layers: [layer], bias: false }), /no such option/],
    ]
    for (const [content, message] of wrong) {
      const { code, err } = await shardgrad(['check', 'xor', '--network', fileWith(content)])
      expect(code).toBe(2)
      expect(err).toMatch(message)
    }
    for (const args of [
      ['xor', '--network', 'nowhere.json'],
      ['xor', '--examples', '5'],
      ['nothing'],
      ['xor', '--network', 'x', '--layers', '2'],
    ]) {
      expect((await shardgrad(['check', ...args])).code).toBe(2)
    }
  })
})
