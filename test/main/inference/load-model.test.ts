// `shardgrad/model`: models of bytes and of addresses, without Node.

import { createServer } from 'node:http'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { loadModel } from '../../../dist/main/inference/index.js'
import * as entry from '../../../dist/main/inference/index.js'
import {
  FileError,
  InputError,
  type Network,
  type TrainedModel,
  dense,
  dropout,
  loadModel as loadFile,
} from '../../../dist/main/index.js'
import * as main from '../../../dist/main/index.js'
import { createUniform } from '../../../dist/shared/numerics/random.js'
import {
  type RawTensor,
  bytesOf,
  fileOf,
  numbers,
  parametersFor,
  partsOf,
  pythonFile,
  rawFile,
  stateOf,
} from '../files/support.js'
import { rejection } from '../trainer/support.js'

const network: Network = {
  inputs: 3,
  scale: 0.5,
  preprocessing: [{ name: 'cross', columns: [0, 1] }],
  layers: [dropout(0.1), dense(5, 'silu', { bias: false }), dense(2, 'softmax')],
}
const parameters = parametersFor(network)
const classes = ['no', 'yes']
const file = fileOf(network, parameters, { classes }, { author: 'me' })
const inputs = numbers(30, 1)
const outputs = (await loadModel(file)).predict(inputs)

describe('what it takes', () => {
  it('an ArrayBuffer, a Uint8Array, a part of a larger one, a view of shared memory', async () => {
    const larger = new Uint8Array(file.length + 9)
    larger.set(file, 3)
    const shared = new Uint8Array(new SharedArrayBuffer(file.length))
    shared.set(file)
    for (const source of [file, file.buffer, larger.subarray(3, 3 + file.length), shared]) {
      const model = await loadModel(source)
      expect(model.predict(inputs)).toEqual(outputs)
      expect(model.network).toEqual(network)
      expect(model.classes).toEqual(classes)
      expect(model.metadata).toEqual({ author: 'me' })
      expect(model.document).toEqual({ format: 1, writtenBy: 'shardgrad 0.1.0', network, classes })
      expect(model.getParameters()).toEqual(parameters)
    }
  })

  it('the file may be forgotten or overwritten afterwards', async () => {
    const own = file.slice()
    const model = await loadModel(own)
    own.fill(255)
    expect(model.predict(inputs)).toEqual(outputs)
  })

  it('a URL, which it fetches', async () => {
    const server = createServer((request, response) => {
      if (request.url === '/model') response.end(file)
      else response.writeHead(404).end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    try {
      expect((await loadModel(new URL(`${base}/model`))).predict(inputs)).toEqual(outputs)
      expect(await rejection(loadModel(new URL(`${base}/none`)))).toEqual(
        new FileError(`${base}/none`, 'it cannot be fetched: 404 Not Found'),
      )
    } finally {
      server.close()
    }
    const error = await rejection(loadModel(new URL(`${base}/model`)))
    expect(error).toBeInstanceOf(FileError)
    expect((error as FileError).message).toMatch(/model: it cannot be fetched: /)
  })

  it('kernels that are compiled already', async () => {
    const wasm = new URL('../../../dist/shared/kernels/wasm/inference.wasm', import.meta.url)
    const kernels = new WebAssembly.Module(readFileSync(wasm))
    const compile = WebAssembly.compile
    WebAssembly.compile = () => Promise.reject(new Error('compiling is forbidden here'))
    try {
      expect((await loadModel(file, { kernels })).predict(inputs)).toEqual(outputs)
    } finally {
      WebAssembly.compile = compile
    }
  })

  it('nothing else', async () => {
    for (const source of [
      'model.safetensors',
      undefined,
      null,
      3,
      [1, 2],
      new DataView(file.buffer),
    ])
      expect(await rejection(loadModel(source as unknown as Uint8Array))).toBeInstanceOf(InputError)
    for (const [options, where, message] of [
      [{ net: network }, 'loadModel: net', 'expected no such field'],
      [{ kernels: file }, 'loadModel: kernels', 'expected a WebAssembly.Module'],
      [
        { network: {} },
        'loadModel: network.inputs',
        'expected a whole number of at least 1, got nothing',
      ],
      [null, 'loadModel', 'expected an object, got null'],
    ] as const) {
      const error = (await rejection(loadModel(file, options as object))) as InputError
      expect(error).toBeInstanceOf(InputError)
      expect(error.where).toBe(where)
      expect(error.message).toContain(message)
    }
  })

  it('its errors are those of the package', () => {
    expect([entry.FileError, entry.InputError]).toEqual([main.FileError, main.InputError])
  })
})

describe('files without a document', () => {
  const plain = pythonFile(stateOf(network, parameters), { format: 'pt' })

  it('need to be told the network', async () => {
    const model = await loadModel(plain, { network })
    expect(model.predict(inputs)).toEqual(outputs)
    expect([model.classes, model.document, model.metadata]).toEqual([
      undefined,
      undefined,
      { format: 'pt' },
    ])
    expect(await rejection(loadModel(plain))).toEqual(
      new FileError(
        'model',
        'it does not say what its network is, as files of other programs do not; say it: loadModel(file, { network })',
      ),
    )
  })

  it('those with one say it themselves', async () => {
    const error = (await rejection(loadModel(file, { network }))) as InputError
    expect(error).toBeInstanceOf(InputError)
    expect(error.message).toBe(
      'loadModel: network: expected none, since model says its own, got an object with inputs, scale, preprocessing, layers',
    )
  })

  it('in float64: rounded to float32, and no larger than that goes', async () => {
    const doubled = (state: Record<string, RawTensor>, factor: number): Record<string, RawTensor> =>
      Object.fromEntries(
        Object.entries(state).map(([name, { shape, bytes }]) => {
          const values = Float64Array.from(
            new Float32Array(bytes.slice().buffer),
            (x) => factor * x,
          )
          return [name, { dtype: 'F64', shape, bytes: bytesOf(values) }]
        }),
      )
    const state = stateOf(network, parameters)
    expect((await loadModel(pythonFile(doubled(state, 1)), { network })).predict(inputs)).toEqual(
      outputs,
    )
    const error = (await rejection(
      loadModel(pythonFile(doubled(state, 1e39)), { network }),
    )) as FileError
    expect(error).toBeInstanceOf(FileError)
    expect(error.message).toMatch(
      /^model: its tensor 'layers\.\d\.\w+' has a number too large for float32: -?\d\.\d+e\+\d+, at \d+$/,
    )
  })

  it('a model that needs more memory than there is', async () => {
    const wide: Network = { inputs: 1, layers: [dense(1, 'relu'), dense(1)] }
    const Memory = WebAssembly.Memory
    WebAssembly.Memory = function noMemory() {
      throw new RangeError('could not allocate memory')
    } as unknown as typeof Memory
    try {
      expect(await rejection(loadModel(fileOf(wide)))).toEqual(
        new FileError('model', 'its model needs more memory than there is'),
      )
    } finally {
      WebAssembly.Memory = Memory
    }
  })
})

/** Changes to a file, each drawn by numbers between 0 and 1. */
const mutations: ((bytes: Uint8Array, uniform: () => number) => Uint8Array)[] = [
  // cut off, or with more at its end
  (bytes, uniform) => bytes.slice(0, Math.floor(uniform() * bytes.length)),
  (bytes, uniform) => Uint8Array.from([...bytes, ...numbers(1 + Math.floor(uniform() * 20), 1)]),
  // some bits or bytes
  (bytes, uniform) => {
    const changed = bytes.slice()
    for (let i = 0; i < 1 + uniform() * 3; i++)
      changed[Math.floor(uniform() * bytes.length)]! ^= 1 << Math.floor(uniform() * 8)
    return changed
  },
  (bytes, uniform) => {
    const changed = bytes.slice()
    for (let i = 0; i < 1 + uniform() * 5; i++)
      changed[Math.floor(uniform() * bytes.length)] = Math.floor(uniform() * 256)
    return changed
  },
  // the length of the header
  (bytes, uniform) => {
    const changed = bytes.slice()
    changed[Math.floor(uniform() * 8)] = Math.floor(uniform() * 256)
    return changed
  },
  // a stretch is gone, is zero, or stands elsewhere
  (bytes, uniform) => {
    const from = Math.floor(uniform() * bytes.length)
    const to = from + Math.floor(uniform() * 40)
    return Uint8Array.from([...bytes.subarray(0, from), ...bytes.subarray(to)])
  },
  (bytes, uniform) => {
    const from = Math.floor(uniform() * bytes.length)
    return bytes.slice().fill(0, from, from + Math.floor(uniform() * 40))
  },
  (bytes, uniform) => {
    const from = Math.floor(uniform() * bytes.length)
    return bytes
      .slice()
      .copyWithin(Math.floor(uniform() * bytes.length), from, from + 1 + uniform() * 40)
  },
  // a character of the header, by another that JSON knows
  (bytes, uniform) => {
    const changed = bytes.slice()
    const signs = '"{}[]:,0123456789-e.\\ ntf'
    for (let i = 0; i < 1 + uniform() * 2; i++)
      changed[8 + Math.floor(uniform() * headerLength)] = signs.charCodeAt(
        Math.floor(uniform() * signs.length),
      )
    return changed
  },
  // a field of the header, by another value
  (bytes, uniform) => {
    const { header, data } = partsOf(bytes)
    const names = Object.keys(header)
    const name = names[Math.floor(uniform() * names.length)]!
    const fields = header[name] as Record<string, unknown>
    const field = Object.keys(fields)[Math.floor(uniform() * Object.keys(fields).length)]!
    const values = [
      null,
      0,
      -1,
      1.5,
      2 ** 60,
      'F16',
      [],
      [1],
      [0, 4],
      [8, 4],
      [-4, 4],
      [1e300, 2],
      {},
    ]
    const value = values[Math.floor(uniform() * values.length)]
    const what = uniform()
    if (what < 0.2) Reflect.deleteProperty(header, name)
    else if (what < 0.4) Reflect.deleteProperty(fields, field)
    else fields[field] = value
    return rawFile(JSON.stringify(header), data)
  },
]
const headerLength = file.length - partsOf(file).data.length - 8

/** Whether a file still has both digests: without, a change counts as meant. */
const hasDigests = (bytes: Uint8Array): boolean => {
  const said = partsOf(bytes).header.__metadata__ as Record<string, string>
  return 'data-sha256' in said && 'document-sha256' in said
}

describe('10,000 files with something changed', () => {
  const uniform = createUniform(11, 0)
  const mutants = Array.from({ length: 10_000 }, (_, i) =>
    mutations[i % mutations.length]!(file, uniform),
  )

  it('are refused by a FileError, or are the same model', async () => {
    const seen = new Map<string, number>()
    const count = (what: string): unknown => seen.set(what, (seen.get(what) ?? 0) + 1)
    for (const bytes of mutants) {
      const model: unknown = await loadModel(bytes).catch((error: unknown) => error)
      if (model instanceof FileError) {
        count(model.message.replaceAll(/'.*'|[0-9]+/g, ''))
        expect(model.message.length).toBeLessThan(800)
      } else if (!hasDigests(bytes)) {
        count('without digests')
        expect((model as TrainedModel).predict(inputs)).toHaveLength(20)
      } else {
        count('loaded')
        expect((model as TrainedModel).predict(inputs)).toEqual(outputs)
        expect((model as TrainedModel).network).toEqual(network)
        expect((model as TrainedModel).getParameters()).toEqual(parameters)
      }
    }
    expect(seen.get('without digests')).toBeLessThan(500)
    expect(seen.get('loaded')).toBeLessThan(1500)
    expect(seen.size).toBeGreaterThan(15)
  })

  it('and so are those without digests, but for what has become of their numbers', async () => {
    const plain = pythonFile(stateOf(network, parameters))
    for (let i = 0; i < 2000; i++) {
      const change = mutations[i % (mutations.length - 2)]!
      const model: unknown = await loadModel(change(plain, uniform), { network }).catch(
        (error: unknown) => error,
      )
      if (!(model instanceof FileError))
        expect((model as TrainedModel).getParameters().weights.map(({ length }) => length)).toEqual(
          parameters.weights.map(({ length }) => length),
        )
    }
  })
})

it('in Node, `loadModel` of the package itself takes paths alone', async () => {
  const error = await rejection(loadFile(file as unknown as string))
  expect(error).toBeInstanceOf(InputError)
  expect((error as InputError).message).toMatch(
    /^loadModel: file: expected a path, as text or as a URL/,
  )
})
