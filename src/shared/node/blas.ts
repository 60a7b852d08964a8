// The system's BLAS: which library there is, and its single-precision matrix product (cblas_sgemm)
// over an arena. Node only.

import { messageOf } from '../errors.js'
import { NOWHERE, advance } from '../arena/offsets.js'
import type { BlasLibrary } from '../kernels/native/blas-library.js'
import type { MatrixMultiply, MatrixProduct } from '../kernels/native/native.js'
import { type Koffi, type Library, importKoffi, koffiPackage } from './koffi.js'
import { type CoreChoice, askingFor, chooseCore } from './openblas-core.js'

/** Why a library was not used. */
export interface BlasRefusal {
  file: string
  reason: string
}

interface Implementation {
  name: string
  files: Partial<Record<string, string[]>>
  /** Prototype of the function that describes the build. */
  describe?: string
  /** Prototype of the function that sets how many threads a call may use. */
  setThreads?: string
  /** Asks the library which kernels it has taken. */
  core?: (library: Library) => unknown
}

/**
 * In the order they are tried; the first files are those of the systems' own packages: of Linux
 * Debian's and Arch's, Fedora's, Alpine's.
 */
const implementations: Implementation[] = [
  {
    name: 'OpenBLAS',
    files: {
      linux: ['libopenblas.so.0', 'libopenblasp.so.0', 'libopenblas.so.3', 'libopenblas.so'],
      darwin: [
        'libopenblas.dylib',
        '/opt/homebrew/opt/openblas/lib/libopenblas.dylib',
        '/usr/local/opt/openblas/lib/libopenblas.dylib',
      ],
      win32: ['libopenblas.dll', 'openblas.dll'],
    },
    describe: 'const char *openblas_get_config()',
    setThreads: 'void openblas_set_num_threads(int)',
    core: (library) => library.func('const char *openblas_get_corename()')(),
  },
  {
    name: 'BLIS',
    files: {
      linux: ['libblis.so.4', 'libblis.so.3', 'libblis.so'],
      darwin: ['libblis.dylib'],
      win32: ['libblis.dll'],
    },
    describe: 'const char *bli_info_get_version_str()',
    setThreads: 'void bli_thread_set_num_threads(int64_t)',
    core: (library) =>
      library.func('const char *bli_arch_string(int)')(
        library.func('int bli_arch_query_id()')() as number,
      ),
  },
  {
    name: 'MKL',
    files: {
      linux: ['libmkl_rt.so.2', 'libmkl_rt.so'],
      darwin: ['libmkl_rt.2.dylib'],
      win32: ['mkl_rt.2.dll'],
    },
    setThreads: 'void MKL_Set_Num_Threads(int)',
  },
  {
    name: 'Accelerate',
    files: { darwin: ['/System/Library/Frameworks/Accelerate.framework/Accelerate'] },
  },
]

/** What libraries read, when they are loaded, to know how many threads to start. */
const THREAD_VARIABLES = [
  'OPENBLAS_NUM_THREADS',
  'OMP_NUM_THREADS',
  'BLIS_NUM_THREADS',
  'MKL_NUM_THREADS',
  'VECLIB_MAXIMUM_THREADS',
]

const SGEMM =
  'void cblas_sgemm(int, int, int, int, int, int, float, uintptr_t, int, uintptr_t, int, float, uintptr_t, int)'
const [ROW_MAJOR, AS_IT_IS, TRANSPOSED] = [101, 111, 112]

/**
 * Looks for a BLAS: in the file named by the environment's SHARDGRAD_BLAS if it is set, otherwise
 * OpenBLAS, BLIS, MKL and Accelerate where systems keep them. Leaves the library with one thread a
 * call, and OpenBLAS with the kernels that suit the processor. Never throws.
 * @param choose Decides which kernels OpenBLAS is asked for.
 */
export async function findBlas(choose = chooseCore): Promise<{
  library: BlasLibrary | undefined
  refusals: BlasRefusal[]
}> {
  const refusals: BlasRefusal[] = []
  let koffi: Koffi
  try {
    koffi = await importKoffi()
  } catch (error) {
    return { library: undefined, refusals: [{ file: koffiPackage, reason: messageOf(error) }] }
  }
  for (const [implementation, file] of candidates()) {
    try {
      const choice = implementation.name === 'OpenBLAS' ? await choose(koffi, file) : undefined
      const load = (): BlasLibrary => open(koffi, implementation, file, choice)
      return { library: singleThreaded(() => askingFor(koffi, choice?.ask, load)), refusals }
    } catch (error) {
      refusals.push({ file, reason: messageOf(error) })
    }
  }
  return { library: undefined, refusals }
}

/**
 * Loads a library that `findBlas` found in this process.
 * @returns What binds its product to an arena.
 * @throws {Error} if it has other kernels than it had when it was found: the bits would be others.
 */
export async function loadBlas({
  file,
  name,
  core,
}: BlasLibrary): Promise<(memory: WebAssembly.Memory) => MatrixMultiply> {
  const koffi = await importKoffi()
  const library = koffi.load(file)
  const implementation = implementations.find((one) => one.name === name)
  limitThreads(library, implementation)
  const coreHere = implementation && readCore(library, implementation)
  if (coreHere !== core)
    throw new Error(`${file} was found with ${core} kernels and now has ${coreHere} kernels`)
  return (memory) => bindMultiply(koffi, library, memory)
}

function candidates(): [Implementation, string][] {
  const asked = process.env.SHARDGRAD_BLAS
  if (asked !== undefined)
    return [
      [
        implementations.find(({ name }) => asked.toLowerCase().includes(name.toLowerCase())) ?? {
          name: 'BLAS',
          files: {},
        },
        asked,
      ],
    ]
  return implementations.flatMap((implementation) =>
    (implementation.files[process.platform] ?? []).map((file): [Implementation, string] => [
      implementation,
      file,
    ]),
  )
}

/**
 * Runs `load` while the environment says that one thread is enough, so that the library starts no
 * others; then the environment is as it was.
 */
function singleThreaded<Result>(load: () => Result): Result {
  const before = THREAD_VARIABLES.map((name) => [name, process.env[name]] as const)
  for (const [name] of before) process.env[name] = '1'
  try {
    return load()
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) Reflect.deleteProperty(process.env, name)
      else process.env[name] = value
    }
  }
}

/**
 * What was found. Once collected it would be unloaded, and a thread that loads it later would get
 * it afresh.
 */
const kept: Library[] = []

/** @throws {Error} if the file can't be loaded, has no CBLAS, or multiplies wrongly. */
function open(
  koffi: Koffi,
  implementation: Implementation,
  file: string,
  choice: CoreChoice | undefined,
): BlasLibrary {
  const library = koffi.load(file)
  limitThreads(library, implementation)
  const multiply = bindMultiply(koffi, library, trialMemory)
  requireRightProduct(multiply, trialMemory)
  kept.push(library)
  const core = readCore(library, implementation)
  return {
    name: implementation.name,
    file,
    configuration: describe(library, implementation),
    ...(core !== undefined && { core }),
    ...(core !== undefined && choice && { coreReason: reasonFor(core, choice) }),
    flopsPerMicrosecond: measureSpeed(multiply),
  }
}

/** Times a product of the size of a small layer's, some 20 us where it is quick, ten times. */
function measureSpeed(multiply: MatrixMultiply): number {
  const [m, n, k] = [64, 128, 128]
  const [b, c] = [advance(NOWHERE, 4 * m * k), advance(NOWHERE, 4 * (m * k + k * n))]
  const sizes = { m, n, k, strideA: k, strideB: n, strideC: n }
  const plain = { transposeA: false, transposeB: false, beta: 0 } as const
  const product: MatrixProduct = { ...sizes, ...plain, a: NOWHERE, b, c }
  let best = Infinity
  for (let round = 0; round < 10; round++) {
    const began = performance.now()
    multiply(product)
    best = Math.min(best, performance.now() - began)
  }
  return (2 * m * n * k) / (1000 * best)
}

function reasonFor(core: string, { ask, reason }: CoreChoice): string {
  return ask === undefined || ask === core
    ? reason
    : `something else in this process had loaded the library before ${ask} could be asked for`
}

function readCore(library: Library, { core }: Implementation): string | undefined {
  try {
    return core && String(core(library))
  } catch {
    return undefined // an older version without that function
  }
}

function describe(library: Library, { describe: prototype }: Implementation): string {
  try {
    return prototype === undefined ? '' : String(library.func(prototype)()).trim()
  } catch {
    return '' // an older version without that function
  }
}

function limitThreads(library: Library, implementation: Implementation | undefined): void {
  try {
    if (implementation?.setThreads !== undefined) library.func(implementation.setThreads)(1)
  } catch {
    // a build without threads has no such function
  }
}

function bindMultiply(koffi: Koffi, library: Library, memory: WebAssembly.Memory): MatrixMultiply {
  const sgemm = library.func(SGEMM)
  const start = Number(koffi.address(new Uint8Array(memory.buffer))) // a shared memory never moves
  return ({ transposeA, transposeB, m, n, k, a, strideA, b, strideB, beta, c, strideC }) => {
    sgemm(
      ROW_MAJOR,
      transposeA ? TRANSPOSED : AS_IT_IS,
      transposeB ? TRANSPOSED : AS_IT_IS,
      m,
      n,
      k,
      1,
      start + a,
      strideA,
      start + b,
      strideB,
      beta,
      start + c,
      strideC,
    )
  }
}

const trialMemory = new WebAssembly.Memory({ initial: 2, maximum: 2, shared: true })

/**
 * (1 2 3 / 4 5 6) . (1 2 3 / 4 5 6)^T = (14 32 / 32 77): a library with 64-bit sizes, for one,
 * would not say so.
 */
function requireRightProduct(multiply: MatrixMultiply, memory: WebAssembly.Memory): void {
  const values = new Float32Array(memory.buffer)
  values.set([1, 2, 3, 4, 5, 6])
  multiply({
    transposeA: false,
    transposeB: true,
    m: 2,
    n: 2,
    k: 3,
    a: NOWHERE,
    strideA: 3,
    b: NOWHERE,
    strideB: 3,
    beta: 0,
    c: advance(NOWHERE, 4 * 16),
    strideC: 2,
  })
  const product = [...values.subarray(16, 20)].join()
  if (product !== '14,32,32,77')
    throw new Error(`multiplies wrongly: (${product}) instead of (14,32,32,77)`)
}
