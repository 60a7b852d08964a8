// `shardgrad/model` as a browser loads it: one small file that needs nothing around it.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { runInNewContext } from 'node:vm'
import { rolldown } from 'rolldown'
import { afterAll, expect, it } from 'vitest'
import type * as entry from '../../../dist/main/inference/index.js'
import { dense } from '../../../dist/main/index.js'
import { fileOf, numbers } from '../files/support.js'

const folder = mkdtempSync(join(tmpdir(), 'shardgrad-bundle-'))
afterAll(() => rmSync(folder, { recursive: true }))

const input = fileURLToPath(new URL('../../../dist/main/inference/index.js', import.meta.url))
const bundle = await rolldown({ input, platform: 'browser' })
const { output } = await bundle.generate({ format: 'esm', minify: true })
const [{ code, imports, dynamicImports, moduleIds }] = output

const network = { inputs: 3, layers: [dense(4, 'gelu'), dense(2, 'softmax')] }
const file = fileOf(network, undefined, { classes: ['no', 'yes'] })

it('is one file of less than 30,000 bytes, its kernels included, and imports nothing', () => {
  expect(output).toHaveLength(1)
  expect([...imports, ...dynamicImports]).toEqual([])
  expect(new TextEncoder().encode(code).length).toBeLessThan(30_000)
})

it('has nothing of Node, and of packages nothing', () => {
  const foreign = moduleIds.filter((id) => /node_modules|[/]node[/]|^node:/.test(id))
  expect(foreign).toEqual([])
  expect(code).not.toMatch(/\b(process|require|Buffer|__dirname|SharedArrayBuffer)\b/)
})

it('predicts', async () => {
  const path = join(folder, 'model.mjs')
  writeFileSync(path, code)
  const { loadModel } = (await import(pathToFileURL(path).href)) as typeof entry
  const model = await loadModel(file)
  expect(model.classify(numbers(30, 1))).toHaveLength(10)
})

it('needs no more than what browsers have', async () => {
  const web = {
    Blob,
    DecompressionStream,
    Response,
    TextDecoder,
    TextEncoder,
    URL,
    atob,
    crypto,
    fetch,
  }
  const script = code.replace(/export\{(.*)\};?\s*$/, (_, names: string) => {
    const name = /(\w+) as loadModel/.exec(names)![1]!
    return `result=${name}(file).then((model)=>[...model.predict(inputs)])`
  })
  const sandbox: object = { ...web, file: file.buffer, inputs: numbers(3, 1), result: undefined }
  // Arrays of another context are of other classes: so are those that the script is given.
  const own = `file=new Uint8Array(file).slice();inputs=Float32Array.from(inputs);${script}`
  runInNewContext(own, sandbox)
  const outputs = await (sandbox as { result: Promise<number[]> }).result
  expect(outputs[0]! + outputs[1]!).toBeCloseTo(1, 6)
})
