import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chooseBackend, describeBlas } from '../../../dist/main/runtime/node/backend-choice.js'
import { BackendError, createTrainer, dense } from '../../../dist/main/index.js'
import { findBlas } from '../../../dist/shared/node/blas.js'
import { koffiPackage } from '../../../dist/shared/node/koffi.js'
import { automatic, blas, has } from '../../machine.js'
import { shardgrad } from '../support.js'

/** A function of three zeros, multiplied and added in one. */
// prettier-ignore
const RELAXED = Uint8Array.of(
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10,
  19, 1, 17, 0, 65, 0, 253, 15, 65, 0, 253, 15, 65, 0, 253, 15, 253, 133, 2, 11,
)
/** Floating-point operations of an example. */
const [large, small] = [100_000, 60]
const folder = mkdtempSync(join(tmpdir(), 'shardgrad-blas-'))
const textFile = join(folder, 'notes.so')
writeFileSync(textFile, 'This is no library.\n')
afterAll(() => rmSync(folder, { recursive: true }))

/** Files that are no BLAS, and what is said of them. */
const refused: [what: string, file: string, reason: RegExp][] = [
  [
    'a file that is not there',
    '/nonexistent.so',
    /\/nonexistent\.so: .*(cannot open|no such file|not find)/i,
  ],
  [
    'a file that is no library',
    textFile,
    /notes\.so: .*(invalid ELF header|file too short|not a mach-o|not a valid)/i,
  ],
  ...(process.platform === 'linux'
    ? ([['a library without cblas_sgemm', 'libm.so.6', /libm\.so\.6: .*cblas_sgemm/]] satisfies [
        string,
        string,
        RegExp,
      ][])
    : []),
]
const train = ['train', 'digits', '--epochs', '1', '--json']
const withoutLibrary = has('wasm-relaxed') ? 'wasm-relaxed' : 'wasm'

describe.each(refused)('SHARDGRAD_BLAS names %s', (_, file, reason) => {
  const environment = { SHARDGRAD_BLAS: file }

  it('auto takes the next backend, and says why and what to do in `backendReason` and `backendHint` alone', async () => {
    const { code, err, events } = await shardgrad(train, { environment })
    expect(code).toBe(0)
    expect(err).toBe('')
    expect(events[0]).toMatchObject({
      backend: withoutLibrary,
      backendReason: expect.stringMatching(/^SHARDGRAD_BLAS names no BLAS that works/),
      backendHint: expect.stringContaining('SHARDGRAD_BLAS'),
    })
  })

  it('a person is told in lines that fit the terminal', async () => {
    const { err } = await shardgrad(['train', 'digits', '--epochs', '1'], { environment })
    const [, backend, hint] = err.split('\n')
    expect(backend).toMatch(`backend ${withoutLibrary}: SHARDGRAD_BLAS names no BLAS that works`)
    expect(hint).toMatch(/^quicker with a BLAS: /)
    expect(Math.max(...[backend!, hint!].map(({ length }) => length))).toBeLessThanOrEqual(80)
  })

  it('--backend native fails: exit code 1, the file, the reason, and what to do', async () => {
    const { code, out, err } = await shardgrad([...train, '--backend', 'native'], { environment })
    expect(code).toBe(1)
    expect(out).toBe('')
    expect(err).toMatch(
      /^shardgrad: backend native cannot run here: SHARDGRAD_BLAS names no BLAS that works \(/,
    )
    expect(err).toMatch(reason)
    expect(err).toContain('set SHARDGRAD_BLAS to its file, or unset it')
    expect(err.trimEnd().split('\n')).toHaveLength(1)
  })

  it('info says that there is none; with --verbose or --json, what was tried', async () => {
    const [json, plain, verbose] = [
      await shardgrad(['info', '--json'], { environment }),
      await shardgrad(['info'], { environment }),
      await shardgrad(['info', '--verbose'], { environment }),
    ]
    const { blasTried, ...facts } = json.events[0]!
    expect(facts).toMatchObject({
      blas: null,
      installBlas: 'set SHARDGRAD_BLAS to its file, or unset it',
      defaults: { backend: withoutLibrary },
    })
    expect(blasTried).toEqual([{ file, reason: expect.any(String) }])
    expect(
      (facts.backends as { name: string; available: boolean }[]).find(
        ({ name }) => name === 'native',
      )!.available,
    ).toBe(false)
    expect(plain.err).toMatch(/^blas +SHARDGRAD_BLAS names no BLAS that works$/m)
    expect(plain.err).not.toMatch(reason)
    expect(verbose.err).toMatch(reason)
  })
})

describe('without a BLAS', () => {
  process.env.SHARDGRAD_BLAS = '/nonexistent.so' // before this process looks for one

  it('a trainer on native is refused with a BackendError', async () => {
    const native = createTrainer({
      network: { inputs: 2, layers: [dense(1)] },
      loss: 'halfSquaredError',
      backend: 'native',
    })
    await expect(native).rejects.toThrow(BackendError)
    await expect(native).rejects.toMatchObject({
      name: 'BackendError',
      backend: 'native',
      message: expect.stringContaining('/nonexistent.so'),
      tried: [{ file: '/nonexistent.so', reason: expect.any(String) }],
    })
  })

  it('what was asked for is taken; auto never says native', async () => {
    for (const backend of ['wasm', 'reference'] as const)
      expect(await chooseBackend(backend, small)).toEqual({ backend, reason: 'as asked for' })
    const { backend, blas: library } = await chooseBackend('auto', large)
    expect(backend).toBe(withoutLibrary)
    expect(library).toBeUndefined()
  })
})

describe('what was tried, however much it was, stays out of the reason', () => {
  const reason = 'Failed to load shared library: cannot open shared object file'
  const refusals = Array.from({ length: 9 }, (_, i) => ({ file: `libblas.so.${i}`, reason }))
  const findNone = (): ReturnType<typeof findBlas> =>
    Promise.resolve({ library: undefined, refusals })
  const asked = process.env.SHARDGRAD_BLAS
  beforeAll(() => void Reflect.deleteProperty(process.env, 'SHARDGRAD_BLAS'))
  afterAll(() => {
    if (asked !== undefined) process.env.SHARDGRAD_BLAS = asked
  })

  it('auto: a short reason and a hint', async () => {
    const { reason, hint } = await chooseBackend('auto', large, findNone)
    expect(reason).toMatch(/^no BLAS was found(; no relaxed SIMD here)?$/)
    expect(hint).toMatch(/^quicker with a BLAS: /)
    expect(hint!.length).toBeLessThanOrEqual(80)
  })

  it('native: an error that fits two lines, and keeps it', async () => {
    const error: unknown = await chooseBackend('native', large, findNone).catch(
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(BackendError)
    expect(error).toMatchObject({
      message: expect.stringMatching(
        /^backend native cannot run here: no BLAS was found \(.*\)\. To get one: /,
      ),
      tried: refusals,
    })
    expect((error as BackendError).message.length).toBeLessThanOrEqual(160)
  })

  it('a library that has much to say of itself: its name and version', async () => {
    const library = {
      name: 'OpenBLAS',
      file: 'libopenblas.so.0',
      configuration: 'OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH NO_AFFINITY MAX_THREADS=64',
      flopsPerMicrosecond: 50_000,
    }
    const find = (): ReturnType<typeof findBlas> => Promise.resolve({ library, refusals: [] })
    expect(await chooseBackend('auto', large, find)).toEqual({
      backend: 'native',
      reason: 'OpenBLAS 0.3.21 was found',
      blas: library,
      library: 'OpenBLAS 0.3.21, libopenblas.so.0',
    })
  })

  it('a library that says which kernels it has: those too, and why', async () => {
    const library = {
      name: 'OpenBLAS',
      file: 'libopenblas.so.0',
      configuration: 'OpenBLAS 0.3.21 DYNAMIC_ARCH SkylakeX',
      core: 'SkylakeX',
      coreReason: 'asked for: the library chose Haswell, the processor has AVX-512',
      flopsPerMicrosecond: 50_000,
    }
    expect(
      await chooseBackend('auto', large, () => Promise.resolve({ library, refusals: [] })),
    ).toMatchObject({
      library:
        'OpenBLAS 0.3.21, SkylakeX kernels (asked for: the library chose Haswell, the processor has AVX-512), libopenblas.so.0',
    })
  })

  it('without what calls a library: how to get that', async () => {
    const refusals = [{ file: koffiPackage, reason: `Cannot find package '${koffiPackage}'` }]
    const { reason, hint } = await chooseBackend('auto', large, () =>
      Promise.resolve({ library: undefined, refusals }),
    )
    expect(reason).toContain(`${koffiPackage} is not installed`)
    expect(hint).toBe('quicker with a BLAS: npm install --include=optional')
  })
})

describe.skipIf(!has('wasm-relaxed'))('wasm-relaxed', () => {
  it('is taken where the engine has it, or can be made to have it', async () => {
    expect(await chooseBackend('wasm-relaxed', small)).toEqual({
      backend: 'wasm-relaxed',
      reason: 'as asked for',
    })
  })

  it('looking for it, and compiling it, leaves the engine as it was', async () => {
    const script = `
      const { compileKernels, relaxedSimdWorks } = await import(${JSON.stringify(new URL('../../../dist/main/runtime/node/compiled-kernels.js', import.meta.url))})
      const relaxed = Uint8Array.of(${RELAXED.join()})
      const before = WebAssembly.validate(relaxed)
      const seen = [relaxedSimdWorks(), WebAssembly.validate(relaxed) === before, compileKernels('kernels-relaxed') instanceof WebAssembly.Module, WebAssembly.validate(relaxed) === before]
      console.log(JSON.stringify(seen))`
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--input-type=module',
      '--eval',
      script,
    ])
    expect(JSON.parse(stdout)).toEqual([true, true, true, true])
  })
})

describe.skipIf(!blas)('with a BLAS', () => {
  it('auto takes it for networks that pay for calls into a library, and says which', async () => {
    const environment = { SHARDGRAD_BLAS: blas!.file }
    const [digits, xor] = [
      await shardgrad(train, { environment }),
      await shardgrad(['train', 'xor', '--epochs', '1', '--json'], { environment }),
    ]
    expect(digits.events[0]).toMatchObject({
      backend: 'native',
      backendReason: expect.stringMatching(new RegExp(`^${blas!.name}( [\\d.]+)? was found$`)),
      kernels: expect.stringContaining(blas!.file),
    })
    expect(xor.events[0]).toMatchObject({
      backend: automatic.small,
      backendReason: expect.stringMatching(/too small a network/),
    })
  })

  it('info names the library, its file and its build', async () => {
    const { events } = await shardgrad(['info', '--json'], {
      environment: { SHARDGRAD_BLAS: blas!.file },
    })
    const { core, file, name } = blas!
    expect(events[0]).toMatchObject({ blas: { core, file, name }, defaults: { backend: 'native' } })
    expect(events[0]).not.toHaveProperty('blasTried')
    const { err } = await shardgrad(['info'], { environment: { SHARDGRAD_BLAS: blas!.file } })
    expect(err).toContain(`blas       ${describeBlas(blas!)}\n`)
  })

  it('looking for it leaves the environment as it was', async () => {
    process.env.SHARDGRAD_BLAS = blas!.file
    const before = { ...process.env }
    const { library } = await findBlas()
    expect(library).toEqual({ ...blas, flopsPerMicrosecond: expect.any(Number) as number })
    expect({ ...process.env }).toEqual(before)
  })
})
