// Bad input is an InputError, and changes nothing.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { InputError, createTrainer, dense } from '../../../dist/main/index.js'
import type { Trainer, TrainerOptions } from '../../../dist/main/index.js'
import { create, examplesOf, options, rejection } from './support.js'

describe('bad input', () => {
  const { inputs, targets } = examplesOf(10)
  const withValue = (values: Float32Array, at: number, value: number): Float32Array =>
    values.with(at, value)
  const cases: [string, (trainer: Trainer) => Promise<unknown>, RegExp][] = [
    [
      'inputs that are no whole number of rows',
      (t) => t.fit({ inputs: new Float32Array(10), targets }),
      /fit: inputs: expected .*rows of 3, got Float32Array\(10\)/,
    ],
    [
      'no inputs',
      (t) => t.predict(new Float32Array(0)),
      /predict: inputs: expected one or more rows of 3/,
    ],
    [
      'plain arrays',
      (t) => t.predict([1, 2, 3] as never),
      /expected a Uint8Array, .*, got an array of 3/,
    ],
    [
      'targets of the wrong length',
      (t) => t.fit({ inputs, targets: new Uint8Array(9) }),
      /fit: targets: expected .*10 rows of 4.*10 class labels.*, got Uint8Array\(9\)/,
    ],
    [
      'a label out of range',
      (t) => t.evaluate({ inputs, targets: Uint8Array.of(0, 1, 2, 3, 4, 0, 0, 0, 0, 0) }),
      /evaluate: targets, row 4: expected class labels from 0 to 3, got 4/,
    ],
    [
      'a negative label',
      (t) => t.evaluate({ inputs, targets: Int32Array.of(0, 1, 2, -3, 0, 0, 0, 0, 0, 0) }),
      /row 3: .* got -3/,
    ],
    [
      'a NaN in the inputs',
      (t) => t.fit({ inputs: withValue(inputs as Float32Array, 20, NaN), targets }),
      /fit: inputs, row 6: expected finite numbers, got NaN/,
    ],
    [
      'an infinity in the validation targets',
      (t) =>
        t.fit(
          { inputs, targets },
          { validation: { inputs, targets: new Float32Array(40).fill(1 / 0) } },
        ),
      /fit: validation: targets, row 0: .* Infinity/,
    ],
    [
      'an unknown option',
      (t) => t.fit({ inputs, targets }, { epoch: 3 } as never),
      /fit: epoch: expected no such option, got 3/,
    ],
    [
      'half an epoch',
      (t) => t.fit({ inputs, targets }, { epochs: 1.5 }),
      /fit: epochs: expected a whole number of at least 1, got 1.5/,
    ],
    [
      'a batch of none',
      (t) => t.fit({ inputs, targets }, { batchSize: 0 }),
      /fit: batchSize: expected 'all' or a whole number/,
    ],
    [
      'a share of everything',
      (t) => t.fit({ inputs, targets }, { validation: 0.99 }),
      /fit: validation: expected a share that leaves some/,
    ],
    [
      'a NaN in the inputs of a gradient',
      (t) => t.gradient(withValue(inputs as Float32Array, 29, NaN), targets),
      /gradient: inputs, row 9: expected finite numbers, got NaN/,
    ],
    [
      'an infinity to predict from',
      (t) => t.predict(Float64Array.of(0, 0, 0, 0, -Infinity, 0)),
      /predict: inputs, row 1: expected finite numbers, got -Infinity/,
    ],
    [
      'a number that float32 cannot hold',
      (t) => t.predict(Float64Array.of(0, 0, 0, 0, 0, 1e39)),
      /predict: inputs, row 1: expected finite numbers, got 1e\+39/,
    ],
    [
      'no targets',
      (t) => t.evaluate({ inputs } as never),
      /evaluate: targets: expected .*, got nothing/,
    ],
    [
      'labels as floats',
      (t) => t.evaluate({ inputs, targets: Float32Array.from(targets) }),
      /evaluate: targets: expected .*10 class labels in an integer array, got Float32Array\(10\)/,
    ],
    [
      '64-bit integers',
      (t) => t.evaluate({ inputs, targets: new BigInt64Array(10) as never }),
      /evaluate: targets: .*, got BigInt64Array\(10\)/,
    ],
    [
      'a label too large for int32',
      (t) => t.evaluate({ inputs, targets: new Uint32Array(10).fill(2 ** 32 - 1) }),
      /row 0: expected class labels from 0 to 3, got 4294967295/,
    ],
    [
      'validation of another width',
      (t) => t.fit({ inputs, targets }, { validation: { inputs: new Float32Array(4), targets } }),
      /fit: validation: inputs: expected .*rows of 3, got Float32Array\(4\)/,
    ],
    [
      'a share of 1',
      (t) => t.fit({ inputs, targets }, { validation: 1 }),
      /fit: validation: expected .*between 0 and 1, got 1/,
    ],
    [
      'a shuffle in words',
      (t) => t.fit({ inputs, targets }, { shuffle: 'yes' as never }),
      /fit: shuffle: expected true or false, got 'yes'/,
    ],
    [
      'a callback that is none',
      (t) => t.fit({ inputs, targets }, { onEpoch: 3 as never }),
      /fit: onEpoch: expected a function, got 3/,
    ],
    [
      'a progress callback that is none',
      (t) => t.fit({ inputs, targets }, { onProgress: {} as never }),
      /fit: onProgress: expected a function, got an object with no fields/,
    ],
    [
      'a signal that is none',
      (t) => t.fit({ inputs, targets }, { signal: { aborted: true } as never }),
      /fit: signal: expected an AbortSignal, got an object with aborted/,
    ],
    [
      'options that are none',
      (t) => t.fit({ inputs, targets }, 10 as never),
      /fit: expected an object, got 10/,
    ],
    [
      'no examples at all',
      (t) => t.fit(undefined as never),
      /fit: expected \{ inputs, targets \}, got nothing/,
    ],
  ]
  describe('the error says where, what was expected and what came; no parameter changes and the next call works:', () => {
    let trainer: Trainer
    beforeAll(async () => void (trainer = await create()))
    afterAll(() => trainer.close())
    for (const [what, call, message] of cases) {
      it(what, async () => {
        const hash = trainer.parametersHash()
        const error = await rejection(call(trainer))
        expect(error).toBeInstanceOf(InputError)
        expect((error as Error).message).toMatch(message)
        expect(trainer.parametersHash()).toBe(hash)
        expect((await trainer.evaluate({ inputs, targets })).examples).toBe(10)
      })
    }
  })

  it('options of createTrainer: it rejects with an InputError, which is a TypeError, and does not throw', async () => {
    const wrong: [unknown, RegExp][] = [
      [undefined, /createTrainer: expected an object, got nothing/],
      [
        { ...options, learningRate: 0.1 },
        /createTrainer: learningRate: expected no such option here \(it belongs to the optimizer\), got 0\.1/,
      ],
      [
        { ...options, seed: '7' },
        /createTrainer: seed: expected a whole number no larger than .*, got '7'/,
      ],
      [{ ...options, workers: 1.5 }, /createTrainer: workers: expected .*, got 1\.5/],
      [
        { ...options, network: { inputs: 3, layers: [dense(4)] } },
        /layers\[0\]\.activation: expected softmax, .*, got 'identity'/,
      ],
    ]
    for (const [given, message] of wrong) {
      const creating = createTrainer(given as TrainerOptions)
      const error = await rejection(creating)
      expect(error).toBeInstanceOf(InputError)
      expect(error).toBeInstanceOf(TypeError)
      expect((error as Error).message).toMatch(message)
    }
  })
})
