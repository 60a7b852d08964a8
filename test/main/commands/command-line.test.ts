// What every command of shardgrad has in common: how it says that it is used wrongly.

import { describe, expect, it } from 'vitest'
import { shardgrad } from '../support.js'

describe('wrong usage: exit code 2 and what was expected', () => {
  const wrong: [string[], RegExp][] = [
    [[], /Usage: shardgrad/],
    [['train'], /data: expected the name of a data set, got nothing/],
    [['train', 'faces'], /data: expected one of digits, .*, got 'faces'/],
    [['train', 'digits', '--layers', '12,x'], /--layers.*whole number/],
    [
      ['train', 'digits', '--backend', 'gpu'],
      /--backend <name>' argument 'gpu' is invalid: expected one of auto, native, wasm-relaxed, wasm, reference$/m,
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
    [
      ['train', 'digits', '--optimizer', 'sgd', '--nesterov'],
      /optimizer.nesterov: expected a momentum above 0 with it/,
    ],
    [
      ['train', 'digits', '--optimizer', 'newton'],
      /expected one of sgd, rmsprop, adagrad, adadelta, adam, adamw$/m,
    ],
    [['train', 'digits', '--speed', '9'], /unknown option '--speed'/],
    [
      ['train', 'digits', '--metrics', 'f1,beauty'],
      /--metrics.*expected one of accuracy, topKAccuracy/,
    ],
    [
      ['train', 'digits', '--top-k', '3'],
      /fit: topK: expected the metric topKAccuracy with it, got 3/,
    ],
    [
      ['train', 'line', '--metrics', 'f1'],
      /fit: metrics: expected some of meanAbsoluteError, rootMeanSquaredError, r2 for outputs that are numbers/,
    ],
    [
      ['train', 'xor', '--dropout', '1'],
      /layers\[1\].rate: expected a number from 0 to below 1, got 1/,
    ],
    [['rates', 'line', '--find', '--rates', '1'], /'--find' cannot be used with option '--rates/],
    [['bench', '--dims', '8'], /--dims: expected at least two widths/],
    [['train', 'xor', '--batch-size', 'al'], /expected all or a whole number of at least 1$/m],
    [['trian', 'digits'], /^shardgrad: unknown command 'trian'; did you mean 'train'\?$/m],
    [
      ['train', 'digits', '--epoch', '5'],
      /^shardgrad: unknown option '--epoch'; did you mean '--epochs'\?$/m,
    ],
    [
      ['train', 'digits', '--batchsize', '5'],
      /^shardgrad: unknown option '--batchsize'; did you mean '--batch-size'\?$/m,
    ],
    [['train', 'xorr'], /^shardgrad: data: expected .*, got 'xorr'; did you mean 'xor'\?$/m],
    [['explain', 'Hidden'], /^shardgrad: data: expected .*; did you mean 'hidden'\?$/m],
    [
      ['train', 'xor', '--loss', 'hubber'],
      /^shardgrad: option '--loss.*; did you mean 'huber'\?$/m,
    ],
    [['train', 'xor', '--activation', 'ReLU'], /; did you mean 'relu'\?$/m],
    [['train', 'xor', '--init', 'glorot-uniform'], /; did you mean 'glorotUniform'\?$/m],
    [['train', 'xor', '--schedule', 'cosin'], /; did you mean 'cosine'\?$/m],
    [['check', '--backend', 'wsam'], /; did you mean 'wasm'\?$/m],
    [['bench', '--activation', 'Tanh'], /; did you mean 'tanh'\?$/m],
    [['train', 'xor', '--metrics', 'f1,preciscion'], /; did you mean 'precision'\?$/m],
    [['train', 'xor', '--optimizer', 'constructor'], /expected one of sgd/],
    [['train', 'xor', '--__proto__', '1'], /unknown option '--__proto__'$/m],
    [['constructor'], /unknown command 'constructor'$/m],
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
