import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DOMParser } from '@xmldom/xmldom'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadDataSet } from '../../../dist/main/data/data-sets.js'
import { createTrainer, InputError } from '../../../dist/main/index.js'
import { networkFor } from '../../../dist/main/commands/network-options.js'
import { optimizerFor } from '../../../dist/main/commands/optimizer-options.js'
import { hasFashionMnist } from '../../machine.js'
import { type LabeledImages, idxBytes, writeImages } from './idx-files.js'
import { type Run, shardgrad } from '../support.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shardgrad-'))
})
afterAll(async () => rm(folder, { recursive: true }))

/** Images of 3 rows and 2 columns, in which the bright row is the label. */
function stripes(count: number, classes = 3): LabeledImages {
  const labels = Uint8Array.from({ length: count }, (_, image) => image % classes)
  const pixels = Uint8Array.from({ length: 6 * count }, (_, i) =>
    Math.floor((i % 6) / 2) === labels[Math.floor(i / 6)] ? 200 + (i % 50) : i % 40,
  )
  return { height: 3, width: 2, pixels, labels }
}

describe('a directory of images', () => {
  it('training and test images with their labels, bytes as they are, packed or not', async () => {
    const directory = join(folder, 'stripes')
    const [training, test] = [stripes(60), stripes(12)]
    await writeImages(directory, training, test)
    const data = await loadDataSet(`${directory}/`)
    expect(data).toMatchObject({
      columns: 6,
      scale: 1 / 255,
      outputs: 3,
      image: { width: 2, height: 3 },
    })
    expect(data.classes).toBeUndefined()
    expect([data.inputs, data.targets]).toEqual([training.pixels, training.labels])
    expect(data.test).toEqual({ inputs: test.pixels, targets: test.labels })
  })

  it('without a separator in its name too, unless a built-in data set has that name', async () => {
    await writeImages(join(folder, 'images'), stripes(60), stripes(12))
    await writeImages(join(folder, 'xor'), stripes(60), stripes(12))
    await writeFile(join(folder, 'notes'), 'no directory')
    const load = async (name: string): Promise<Run> =>
      shardgrad(['train', name, '--epochs', '1', '--backend', 'wasm', '--json'], { folder })
    const [images, builtIn, directory, file] = [
      await load('images'),
      await load('xor'),
      await load('./xor'),
      await load('notes'),
    ]
    expect(images.events[0]).toMatchObject({ event: 'start', parameters: 7 * 128 + 129 * 3 })
    expect(builtIn.events[0]).toMatchObject({ event: 'start', parameters: 13 })
    expect(directory.events[0]).toMatchObject({ event: 'start', parameters: 7 * 128 + 129 * 3 })
    expect(file).toMatchObject({ code: 2, out: '' })
    expect(file.err).toMatch(/data: expected one of digits, .*, or a directory of images/)
  })

  it('one without the files: which they are, and which is missing', async () => {
    await mkdir(join(folder, 'empty'))
    const { code, err } = await shardgrad(['train', 'empty'], { folder })
    expect(code).toBe(2)
    expect(err).toMatch(
      /^shardgrad: empty: expected a directory with train-images-idx3-ubyte, .*, got none with train-images-idx3-ubyte$/m,
    )
  })

  it('the command line trains on it and holds out its test images, or a share of the training images if asked', async () => {
    const directory = join(folder, 'trained')
    // Of the test images all are of class 0.
    await writeImages(directory, stripes(60), stripes(12, 1))
    const file = join(folder, 'trained.svg')
    const { code, events } = await shardgrad([
      'train',
      `${directory}/`,
      '--epochs',
      '1',
      '--json',
      '--plot',
      file,
    ])
    expect(code).toBe(0)
    expect(events.map(({ event }) => event)).toEqual(['start', 'epoch', 'end'])
    expect(events[0]).toMatchObject({ parameters: 7 * 128 + 129 * 3 })
    expect(events[1]).toMatchObject({ validationAccuracy: expect.any(Number) })
    expect(await titles(file)).toContain('Confusion matrix, 12 held out')
    expect(
      (
        await shardgrad([
          'train',
          directory,
          '--epochs',
          '1',
          '--validation',
          '0.5',
          '--plot',
          file,
        ])
      ).code,
    ).toBe(0)
    expect(await titles(file)).toContain('Confusion matrix, 30 held out')
    const none = await shardgrad([
      'train',
      directory,
      '--epochs',
      '1',
      '--validation',
      '0',
      '--json',
    ])
    expect(none.events[1]).not.toHaveProperty('validationAccuracy')
  })

  const spoilt: [string, (directory: string) => Promise<void>, RegExp][] = [
    [
      'a file missing',
      (directory) => rm(join(directory, 't10k-labels-idx1-ubyte')),
      /expected a directory with train-images-idx3-ubyte, .*t10k-labels-idx1-ubyte, each with or without \.gz, got none with t10k-labels-idx1-ubyte/,
    ],
    [
      'images for labels',
      (directory) =>
        rename(
          join(directory, 't10k-images-idx3-ubyte'),
          join(directory, 't10k-labels-idx1-ubyte'),
        ).then(() =>
          writeFile(join(directory, 't10k-images-idx3-ubyte'), idxBytes([12], new Uint8Array(12))),
        ),
      /t10k-images-idx3-ubyte: expected images: three dimensions.*, got 12/,
    ],
    [
      'no images',
      (directory) =>
        writeFile(
          join(directory, 't10k-images-idx3-ubyte'),
          idxBytes([0, 3, 2], new Uint8Array(0)),
        ),
      /t10k-images-idx3-ubyte: expected images: three dimensions, .* of at least 1, got 0 x 3 x 2/,
    ],
    [
      'too few labels',
      (directory) =>
        writeFile(join(directory, 'train-labels-idx1-ubyte'), idxBytes([59], new Uint8Array(59))),
      /train-labels-idx1-ubyte: expected 60 labels, one for each image of .*train-images-idx3-ubyte\.gz, got 59/,
    ],
    [
      'test images of another size',
      (directory) =>
        writeFile(
          join(directory, 't10k-images-idx3-ubyte'),
          idxBytes([12, 2, 2], new Uint8Array(48)),
        ),
      /test images: expected the training images' 3 x 2 pixels, got 2 x 2/,
    ],
    [
      'a test label that training has not',
      (directory) =>
        writeFile(
          join(directory, 't10k-labels-idx1-ubyte'),
          idxBytes([12], new Uint8Array(12).fill(3, 7)),
        ),
      /test labels, row 7: expected class labels from 0 to 2, got 3/,
    ],
    [
      'one class only',
      (directory) =>
        writeFile(join(directory, 'train-labels-idx1-ubyte'), idxBytes([60], new Uint8Array(60))),
      /training labels: expected at least two classes, got nothing but 0/,
    ],
    [
      'a file cut off',
      (directory) =>
        writeFile(join(directory, 'train-images-idx3-ubyte.gz'), Uint8Array.of(31, 139)),
      /train-images-idx3-ubyte\.gz: expected an IDX file, packed by gzip/,
    ],
  ]
  spoilt.forEach(([title, spoil, message], number) => {
    it(`${title}: an InputError that names it`, async () => {
      const directory = join(folder, `spoilt-${number}`)
      await writeImages(directory, stripes(60), stripes(12))
      await spoil(directory)
      const error = await loadDataSet(directory).catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(InputError)
      expect((error as InputError).message).toMatch(message)
      expect((error as InputError).message.startsWith(directory)).toBe(true)
    })
  })

  it('a directory that is not there: exit code 2', async () => {
    const { code, err } = await shardgrad(['train', './nowhere/'])
    expect(code).toBe(2)
    expect(err).toMatch(
      /^shardgrad: \.\/nowhere\/: expected a directory with train-images-idx3-ubyte/,
    )
  })
})

describe.skipIf(!hasFashionMnist)('fashion-mnist', () => {
  it('60,000 images to train on, 10,000 to test, as many of each class', async () => {
    const { inputs, targets, test, columns, outputs, image, classes } =
      await loadDataSet('fashion-mnist')
    expect([columns, outputs, image, classes?.length]).toEqual([
      784,
      10,
      { width: 28, height: 28 },
      10,
    ])
    expect([inputs.length, test?.inputs.length]).toEqual([60_000 * 784, 10_000 * 784])
    for (const [labels, each] of [
      [targets, 6000],
      [test!.targets, 1000],
    ] as const) {
      const counts = new Array<number>(10).fill(0)
      for (const label of labels) counts[label]!++
      expect(counts).toEqual(new Array(10).fill(each))
    }
  })

  it('its recipe gets more than 75 % of the test images right after an epoch, and more than 88 % when it ends', async () => {
    const data = await loadDataSet('fashion-mnist')
    const { loss, batchSize, epochs } = data.recipe
    expect(epochs).toBeLessThanOrEqual(15)
    await using trainer = await createTrainer({
      network: networkFor(data, {}),
      loss,
      optimizer: optimizerFor(data.recipe, {}, epochs),
      seed: 1,
    })
    const { validationAccuracy } = await trainer.fit(data, {
      epochs,
      batchSize,
      validation: data.test!,
    })
    expect(validationAccuracy[0]).toBeGreaterThan(0.75)
    expect(validationAccuracy.at(-1)).toBeGreaterThan(0.88)
  }, 300_000)

  it('the picture names the classes', async () => {
    const file = join(folder, 'fashion.svg')
    const { code } = await shardgrad(['train', 'fashion-mnist', '--epochs', '1', '--plot', file])
    expect(code).toBe(0)
    expect(await titles(file)).toContain('Confusion matrix, 10000 held out')
    const svg = await readFile(file, 'utf8')
    for (const name of ['T-shirt/top', 'Ankle boot']) expect(svg).toContain(`>${name}</text>`)
    expect(svg).toMatch(/>→ [A-Z]/)
  })
})

it('the other data sets: sigmoid, Xavier; plain gradient descent, but Adam for the digits', async () => {
  const optimizers = {
    xor: { name: 'sgd', learningRate: 1 },
    digits: {
      name: 'adam',
      learningRate: { name: 'cosine', learningRate: 0.03, epochs: 7, minimum: 0 },
    },
  }
  for (const [name, optimizer] of Object.entries(optimizers)) {
    const data = await loadDataSet(name)
    const { layers } = networkFor(data, {})
    expect(layers[0]).toMatchObject({ activation: 'sigmoid', initializer: 'xavier' })
    expect(optimizerFor(data.recipe, {}, 7)).toMatchObject(optimizer)
  }
})

/** The titles of a picture's panels. */
async function titles(file: string): Promise<(string | null)[]> {
  const root = new DOMParser().parseFromString(
    await readFile(file, 'utf8'),
    'image/svg+xml',
  ).documentElement!
  return [...root.getElementsByTagName('svg')].map((panel) => panel.getAttribute('aria-label'))
}
