// What every command of shardgrad has in common: how it says that it is used wrongly.

import { describe, expect, it } from 'vitest'
import { shardgrad } from '../support.js'

describe('wrong usage: exit code 2 and what was expected', () => {
  const wrong: [string[], RegExp][] = [
    [[], /Usage: shardgrad/],
    [['train'], /missing required argument 'data'/],
    [['train', 'faces'], /data: expected one of digits, .*, got 'faces'/],
    [['train', 'digits', '--layers', '12,x'], /--layers.*whole number/],
    [
      ['train', 'digits', '--backend', 'gpu'],
      /Allowed choices are auto, native, wasm-relaxed, wasm, reference/,
    ],
    [['train', 'digits', '--shards', '3'], /shards: expected 'auto' or a power of two/],
    [['train', 'digits', '--validation', '1'], /--validation: expected a share/],
    [
      ['train', 'digits', '--output', 'relu'],
      /activation: expected softmax, which the loss categoricalCrossEntropy is defined with, got 'relu'/,
    ],
    [
      ['train', 'digits', '--learning-rate', '-1'],
      /learningRate: expected a number above 0, got -1/,
    ],
    [
      ['train', 'digits', '--optimizer', 'adam', '--momentum', '0.9'],
      /optimizer.momentum: expected no such option here \(it belongs to sgd\), got 0.9/,
    ],
    [['train', 'digits', '--nesterov'], /optimizer.nesterov: expected a momentum above 0 with it/],
    [
      ['train', 'digits', '--optimizer', 'newton'],
      /Allowed choices are sgd, rmsprop, adagrad, adadelta, adam, adamw/,
    ],
    [['train', 'digits', '--speed', '9'], /unknown option '--speed'/],
    [
      ['train', 'digits', '--metrics', 'f1,beauty'],
      /--metrics.*expected some of accuracy, topKAccuracy/,
    ],
    [
      ['train', 'digits', '--top-k', '3'],
      /fit: topK: expected the metric topKAccuracy with it, got 3/,
    ],
    [
      ['train', 'line', '--metrics', 'f1'],
      /fit: metrics: expected only meanAbsoluteError with identity outputs/,
    ],
    [
      ['train', 'xor', '--dropout', '1'],
      /layers\[1\].rate: expected a number of at least 0 and below 1, got 1/,
    ],
    [['rates', 'line', '--find', '--rates', '1'], /'--find' cannot be used with option '--rates/],
    [['bench', '--dims', '8'], /--dims: expected at least two widths/],
  ]
  for (const [args, message] of wrong) {
    it(`shardgrad ${args.join(' ')}`, async () => {
      const { code, err, out } = await shardgrad(args)
      expect(code).toBe(2)
      expect(err).toMatch(message)
      expect(out).toBe('')
    })
  }
})
