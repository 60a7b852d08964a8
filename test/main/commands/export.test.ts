// shardgrad export.

import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { dense } from '../../../dist/main/index.js'
import { outputsOf } from '../files/onnx-runtime.js'
import { shardgrad } from '../support.js'
import { folderOfModels } from './model-files.js'

const { folder, write } = folderOfModels()
const network = { inputs: 2, layers: [dense(2, 'relu'), dense(1)] }
const parameters = {
  weights: [Float32Array.of(1, -1, 1, -1), Float32Array.of(1, 10)],
  biases: [Float32Array.of(0, 0), Float32Array.of(0.5)],
}

it('writes a file that onnxruntime takes, in the place of another, and nothing beside it', async () => {
  const model = write('model.safetensors', { network, parameters })
  const file = join(folder, 'model.onnx')
  writeFileSync(file, 'an older one')
  const { code, out, err } = await shardgrad(['export', model, file])
  expect([code, out]).toEqual([0, ''])
  const bytes = readFileSync(file)
  expect(err).toBe(`wrote ${file}: ${bytes.length} bytes\n`)
  expect(Array.from(await outputsOf(bytes, Float32Array.of(1, 2, -3, -4), 2))).toEqual([3.5, 70.5])
  expect(readdirSync(folder).sort()).toEqual(['model.onnx', 'model.safetensors'])
})

it('wrong usage: exit code 2; a file that cannot be used: 1; and nothing is written', async () => {
  const model = write('model.safetensors', { network, parameters })
  const broken = join(folder, 'broken.safetensors')
  writeFileSync(broken, readFileSync(model).subarray(0, -1))
  mkdirSync(join(folder, 'folder.onnx'))
  const files = readdirSync(folder)
  const wrong: [string[], RegExp][] = [
    [[model, join(folder, 'new.onx')], /export: expected a file that ends in .onnx, got /],
    [[model, join(folder, 'none/new.onnx')], /none.new.onnx: its directory does not exist$/m],
    [[model, join(folder, 'folder.onnx')], /folder.onnx: it is a directory$/m],
    [[join(folder, 'none'), join(folder, 'new.onnx')], /none: there is no such file/],
    [[broken, join(folder, 'new.onnx')], /broken.safetensors: /],
    [[model], /missing required argument 'file.onnx'/],
  ]
  for (const [args, message] of wrong) {
    const { code, err } = await shardgrad(['export', ...args])
    expect(err).toMatch(message)
    expect(code).toBe(/expected|missing required/.test(err) ? 2 : 1)
  }
  expect(readdirSync(folder)).toEqual(files)
})
