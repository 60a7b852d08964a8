// Python reads what shardgrad writes, and shardgrad what Python writes. Skipped where there is no
// PyTorch (Debian: apt-get install python3-torch).

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import {
  type ActivationName,
  type Network,
  dense,
  dropout,
  loadModel,
} from '../../../dist/main/index.js'
import { activationNames } from '../../../dist/shared/formulas/activations.js'
import { fileOf, numbers } from '../files/support.js'

const python = ['/usr/bin/python3', 'python3'].find(
  (command) => spawnSync(command, ['-c', 'import torch']).status === 0,
)

const folder = mkdtempSync(join(tmpdir(), 'shardgrad-pytorch-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (name: string): string => join(folder, name)

/** Runs a script of docs/model-files.md, and what follows it. */
const page = readFileSync(new URL('../../../docs/model-files.md', import.meta.url), 'utf8')
const pieces = [...page.matchAll(/```python\n(.*?)```/gs)].map(([, piece]) => piece!)
function run(script: string): string {
  const { status, stdout, stderr } = spawnSync(python!, ['-c', script], {
    cwd: folder,
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  expect(status).toBe(0)
  return stdout
}

const modules: Record<ActivationName, string> = {
  identity: 'Identity',
  sigmoid: 'Sigmoid',
  tanh: 'Tanh',
  relu: 'ReLU',
  leakyRelu: 'LeakyReLU',
  elu: 'ELU',
  softplus: 'Softplus',
  silu: 'SiLU',
  gelu: 'GELU',
  softmax: 'Softmax',
}

it.skipIf(!python)(
  'PyTorch loads the file by what docs/model-files.md says, and its outputs agree to 1e-6',
  async () => {
    const layers = activationNames.map((activation, i) => dense(6 + i, activation))
    const network: Network = {
      inputs: 5,
      layers: [dropout(0.1), ...layers, dense(3, 'softmax', { bias: false })],
    }
    const inputs = numbers(20 * 5, 3)
    writeFileSync(at('model.safetensors'), fileOf(network))
    writeFileSync(at('inputs.f32'), inputs)
    const [read] = pieces
    const activations = [...activationNames, 'softmax' as const].map((name) =>
      name === 'softmax' ? 'nn.Softmax(dim=-1)' : `nn.${modules[name]}()`,
    )
    const outputs = run(`${read!}
import numpy
state = read_safetensors('model.safetensors')
x = torch.from_numpy(numpy.fromfile('inputs.f32', dtype='float32').reshape(20, 5))
f = [${activations.join(', ')}]
for l in range(1, ${layers.length + 2}):
    x = f[l - 1](nn.functional.linear(x, state[f'layers.{l}.weight'], state.get(f'layers.{l}.bias')))
print(' '.join(repr(float(value)) for value in x.flatten()))
`)
    const expected = outputs.trim().split(' ').map(Number)
    const found = (await loadModel(at('model.safetensors'))).predict(inputs)
    expect(found).toHaveLength(expected.length)
    found.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-6))
  },
)

it.skipIf(!python)(
  'the five lines of docs/model-files.md make an nn.Sequential of the digits',
  async () => {
    const network: Network = {
      inputs: 64,
      scale: 1 / 16,
      layers: [dense(128, 'sigmoid'), dense(10, 'softmax')],
    }
    const inputs = Uint8Array.from(numbers(64 * 7, 5), (x) => 8 + 8 * x)
    writeFileSync(at('digits.safetensors'), fileOf(network))
    writeFileSync(at('images.u8'), inputs)
    const [read, five] = pieces
    const outputs = run(`${read!}
import numpy
images = torch.from_numpy(numpy.fromfile('images.u8', dtype='uint8').reshape(7, 64))
${five!}
print(' '.join(repr(float(value)) for value in model(images / 16).flatten()))
`)
    const found = (await loadModel(at('digits.safetensors'))).predict(inputs)
    const expected = outputs.trim().split(' ').map(Number)
    found.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-6))
  },
)

it.skipIf(!python)('what PyTorch has trained and written loads, told the network', async () => {
  const [, , write] = pieces
  const outputs = run(`${write!}
x = torch.linspace(-1, 1, 40).reshape(10, 4)
x.numpy().tofile('x.f32')
print(' '.join(repr(float(value)) for value in model(x).flatten()))
`)
  const network: Network = { inputs: 4, layers: [dense(16, 'relu'), dense(3, 'softmax')] }
  const model = await loadModel(at('from-pytorch.safetensors'), { network })
  const bytes = readFileSync(at('x.f32'))
  const found = model.predict(new Float32Array(Uint8Array.from(bytes).buffer))
  const expected = outputs.trim().split(' ').map(Number)
  expect(found).toHaveLength(30)
  found.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-6))
})
