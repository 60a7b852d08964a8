import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { type CoreFacts, coreOf, decideCore } from '../../../dist/shared/node/openblas-core.js'
import { blas } from '../../machine.js'

const AVX2 = ['sse4_2', 'avx', 'avx2', 'fma']
const AVX512 = [...AVX2, 'avx512f', 'avx512cd', 'avx512bw', 'avx512dq', 'avx512vl']
const NOT_ALL_OF_AVX512 = [...AVX2, 'avx512f', 'avx512cd', 'avx512er', 'avx512pf'] // Knights Landing
const OWN = "the library's own choice"

/** A library that takes `own` by itself, and has these kernels too. */
const library =
  (own: string | undefined, kernels: string[] = ['Haswell', 'SkylakeX']): CoreFacts['coreOf'] =>
  (_, asked) =>
    Promise.resolve(asked !== undefined && kernels.includes(asked) ? asked : own)

const decide = (
  features: string[],
  own: string | undefined,
  { wanted, kernels }: { wanted?: string; kernels?: string[] } = {},
): ReturnType<typeof decideCore> =>
  decideCore('libopenblas.so.0', {
    wanted,
    features: new Set(features),
    coreOf: library(own, kernels),
  })

describe('the kernels to ask for', () => {
  it.each(['Haswell', 'Zen', 'Excavator', 'Sandybridge', 'Barcelona', 'Prescott'])(
    'SkylakeX on a processor with AVX-512, where the library chose %s',
    async (own) =>
      expect(await decide(AVX512, own)).toEqual({
        ask: 'SkylakeX',
        reason: `asked for: the library chose ${own}, the processor has AVX-512`,
      }),
  )

  it.each([
    ['AVX2', AVX2],
    ['only a part of AVX-512', NOT_ALL_OF_AVX512],
  ])('Haswell on a processor with %s, where the library chose older ones', async (_, features) => {
    for (const own of ['Sandybridge', 'Steamroller', 'Nehalem', 'Prescott'])
      expect(await decide(features, own)).toEqual({
        ask: 'Haswell',
        reason: `asked for: the library chose ${own}, the processor has AVX2`,
      })
  })

  it.each([
    ['what suits AVX-512', AVX512, ['SkylakeX', 'Cooperlake', 'SapphireRapids']],
    ['what suits AVX2', AVX2, ['Haswell', 'Zen', 'Excavator']],
    ['what is newer than this package', AVX512, ['Zen7', 'DiamondRapids']],
    ['anything where AVX2 or FMA is missing', ['avx', 'avx2'], ['Sandybridge']],
    ['anything where the features are unknown', [], ['Sandybridge', 'neoversen1']],
  ])('none, where the library chose %s', async (_, features, cores) => {
    for (const own of cores) expect(await decide(features, own)).toEqual({ reason: OWN })
  })

  it('none, where the user has set the variable', async () =>
    expect(await decide(AVX512, 'Zen', { wanted: 'Zen' })).toEqual({
      reason: 'OPENBLAS_CORETYPE=Zen',
    }))

  it('none, where the library was built without them', async () =>
    expect(await decide(AVX512, 'Haswell', { kernels: ['Haswell'] })).toEqual({
      reason: `${OWN}: the processor has AVX-512, but the library has no SkylakeX kernels`,
    }))

  it('none, where the library does not say what it would choose', async () =>
    expect(await decide(AVX512, undefined)).toEqual({
      reason: `${OWN}, which could not be known before it was loaded`,
    }))

  it('no child process where nothing could be asked for', async () => {
    const never = (): never => {
      throw new Error('asked')
    }
    const facts = { wanted: undefined, features: new Set(['avx']), coreOf: never }
    expect(await decideCore('libopenblas.so.0', facts)).toEqual({ reason: OWN })
    expect(
      await decideCore('', { ...facts, wanted: 'Zen', features: new Set(AVX512) }),
    ).toHaveProperty('reason')
  })
})

it('what a file takes that is no OpenBLAS can not be known', async () => {
  expect(await coreOf('/nonexistent.so')).toBeUndefined()
  expect(await coreOf('libm.so.6', 'Haswell')).toBeUndefined()
})

/** Kernels that every x86 processor can run, and hardly any library would choose by itself. */
const OLD = 'Prescott'
const canBeAsked =
  process.platform === 'linux' &&
  blas?.name === 'OpenBLAS' &&
  blas.core !== OLD &&
  (await coreOf(blas.file, OLD)) === OLD

describe.skipIf(!canBeAsked)('a real OpenBLAS, in a process of its own', () => {
  const dist = new URL('../../../dist/', import.meta.url).href
  const run = async (body: string): Promise<unknown> => {
    const script = `
      import { Worker } from 'node:worker_threads'
      import { createTrainer, dense } from '${dist}main/index.js'
      import { findBlas, loadBlas } from '${dist}shared/node/blas.js'
      import { importKoffi } from '${dist}shared/node/koffi.js'
      const askForOld = async () => ({ ask: '${OLD}', reason: 'asked for' })
      const inThread = (body) => new Promise((resolve, reject) => {
        const code = "import { parentPort } from 'node:worker_threads'; import { findBlas, loadBlas } from '${dist}shared/node/blas.js'; parentPort.postMessage(await (" + body + ")())"
        const url = new URL('data:text/javascript,' + encodeURIComponent(code))
        new Worker(url).on('message', resolve).on('error', reject)
      })
      console.log(JSON.stringify(await (${body})()))`
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '--eval', script],
      { env: { ...process.env, OPENBLAS_CORETYPE: undefined, SHARDGRAD_BLAS: blas!.file } },
    )
    return JSON.parse(stdout)
  }

  it('says before it is loaded which kernels it will take', async () => {
    const wanted = process.env.OPENBLAS_CORETYPE
    expect(await coreOf(blas!.file, blas!.core)).toBe(blas!.core)
    if (wanted === undefined && !blas!.coreReason!.startsWith('asked for'))
      expect(await coreOf(blas!.file)).toBe(blas!.core)
  })

  it('takes the kernels it is asked for, keeps them for every later trainer and thread, and the environment stays as it was', async () =>
    expect(
      await run(`async () => {
        const { library } = await findBlas(askForOld)
        const again = (await findBlas()).library.core
        const kernels = []
        for (const workers of [1, 2]) {
          const trainer = await createTrainer({
            network: { inputs: 2, layers: [dense(2, 'softmax')] },
            loss: 'categoricalCrossEntropy',
            seed: 1,
            backend: 'native',
            shards: 2,
            workers,
          })
          await trainer.fit({ inputs: Float32Array.of(0, 1, 2, 3), targets: Uint8Array.of(0, 1) }, { epochs: 2, batchSize: 2 })
          kernels.push(trainer.info.kernels)
          await trainer.close()
        }
        const thread = await inThread(\`async () => typeof await loadBlas(\${JSON.stringify(library)})\`)
        return [library.core, library.coreReason, again, kernels, thread, process.env.OPENBLAS_CORETYPE ?? 'not set']
      }`),
    ).toEqual([
      OLD,
      'asked for',
      OLD,
      [expect.stringContaining(`${OLD} kernels`), expect.stringContaining(`${OLD} kernels`)],
      'function',
      'not set',
    ]))

  it('is asked in a worker thread too, whose process.env is a copy', async () =>
    expect(
      await run(`async () => [await inThread(\`async () =>
        (await findBlas(async () => ({ ask: '${OLD}', reason: '' }))).library.core\`), process.env.OPENBLAS_CORETYPE ?? 'not set']`),
    ).toEqual([OLD, 'not set']))

  it('that something else had loaded stays as it is, and that is said', async () =>
    expect(
      await run(`async () => {
        globalThis.held = (await importKoffi()).load(process.env.SHARDGRAD_BLAS)
        const { library } = await findBlas(askForOld)
        return [library.core === '${OLD}', library.coreReason]
      }`),
    ).toEqual([
      false,
      `something else in this process had loaded the library before ${OLD} could be asked for`,
    ]))

  it('does what the user says', async () =>
    expect(
      await run(`async () => {
        process.env.OPENBLAS_CORETYPE = '${OLD}'
        const { library } = await findBlas()
        return [library.core, library.coreReason, process.env.OPENBLAS_CORETYPE]
      }`),
    ).toEqual([OLD, `OPENBLAS_CORETYPE=${OLD}`, OLD]))

  it('is refused by a thread that gets other kernels than were found', async () =>
    expect(
      await run(`async () => {
        const { library } = await findBlas()
        return loadBlas({ ...library, core: '${OLD}' }).catch(({ message }) => message)
      }`),
    ).toMatch(`was found with ${OLD} kernels and now has`))

  it('is refused if what it would choose can be known at another time only', async () =>
    expect(
      await run(`() => findBlas(async () => { throw new Error('spawn /bin/true EAGAIN') })`),
    ).toEqual({ refusals: [{ file: blas!.file, reason: 'spawn /bin/true EAGAIN' }] }))
})
