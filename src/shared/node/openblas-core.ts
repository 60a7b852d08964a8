// Which of its kernels OpenBLAS takes. It chooses when it is loaded, by the processors it was
// written for: on one that is newer than itself it may take kernels for an old one, half as fast.
// It takes others if OPENBLAS_CORETYPE says so, and calls each set a core, by the first processor
// that had it.

import { type ExecFileException, execFile } from 'node:child_process'
import { open } from 'node:fs/promises'
import { promisify } from 'node:util'
import type { Koffi } from './koffi.js'

const VARIABLE = 'OPENBLAS_CORETYPE'

export interface CoreChoice {
  /** What OPENBLAS_CORETYPE must be when the library is loaded; undefined: as it is. */
  ask?: string
  /** Why, in words. */
  reason: string
}

/** What the choice depends on: nothing that differs from run to run. */
export interface CoreFacts {
  /** OPENBLAS_CORETYPE, if somebody has set it. */
  wanted: string | undefined
  /** Of the processor, by Linux's names. */
  features: ReadonlySet<string>
  /** The core that the library takes, by itself or when asked; undefined if it can't be known. */
  coreOf: (file: string, asked?: string) => Promise<string | undefined>
}

const beforeAvx2 =
  'Katmai Coppermine Northwood Prescott Banias Atom Core2 Penryn Dunnington Nehalem Athlon Opteron Opteron_SSE3 Barcelona Nano Sandybridge Bobcat Bulldozer Piledriver Steamroller'.split(
    ' ',
  )

/** What to ask for on processors with some features, instead of older cores; the newest first. */
const wishes = [
  {
    core: 'SkylakeX',
    name: 'AVX-512',
    features: ['avx512f', 'avx512cd', 'avx512bw', 'avx512dq', 'avx512vl', 'avx2', 'fma'],
    older: [...beforeAvx2, 'Excavator', 'Haswell', 'Zen'],
  },
  { core: 'Haswell', name: 'AVX2', features: ['avx2', 'fma'], older: beforeAvx2 },
]

/** Decides by a fixed rule on the processor's features, never by a timing: bits depend on it. */
export async function decideCore(
  file: string,
  { wanted, features, coreOf }: CoreFacts,
): Promise<CoreChoice> {
  if (wanted !== undefined) return { reason: `${VARIABLE}=${wanted}` }
  const wish = wishes.find((one) => one.features.every((feature) => features.has(feature)))
  if (!wish) return { reason: "the library's own choice" }
  const own = await coreOf(file)
  if (own === undefined)
    return { reason: "the library's own choice, which could not be known before it was loaded" }
  if (!wish.older.includes(own)) return { reason: "the library's own choice" }
  if ((await coreOf(file, wish.core)) !== wish.core)
    return {
      reason: `the library's own choice: the processor has ${wish.name}, but the library has no ${wish.core} kernels`,
    }
  return {
    ask: wish.core,
    reason: `asked for: the library chose ${own}, the processor has ${wish.name}`,
  }
}

/** Of an OpenBLAS on this machine; undefined where it is left to the library: not on Linux. */
export async function chooseCore(koffi: Koffi, file: string): Promise<CoreChoice | undefined> {
  if (process.platform !== 'linux') return undefined
  const wanted = koffi.load(null).func('const char *getenv(const char *)')(VARIABLE)
  return decideCore(file, {
    wanted: (wanted as string | null) ?? undefined,
    features: await readFeatures(),
    coreOf,
  })
}

/**
 * Runs `load` while OPENBLAS_CORETYPE asks for a core. It is set where C reads it: in a worker
 * thread `process.env` is a copy.
 */
export function askingFor<Result>(
  koffi: Koffi,
  core: string | undefined,
  load: () => Result,
): Result {
  if (core === undefined) return load()
  const c = koffi.load(null)
  c.func('int setenv(const char *, const char *, int)')(VARIABLE, core, 1)
  try {
    return load()
  } finally {
    c.func('int unsetenv(const char *)')(VARIABLE)
  }
}

/** None on a processor or a system that says it otherwise. */
async function readFeatures(): Promise<Set<string>> {
  const text = Buffer.alloc(8192) // the first core's are there
  try {
    const file = await open('/proc/cpuinfo')
    await file.read(text).finally(() => file.close())
  } catch {
    // a system without that file
  }
  return new Set(/^flags\s*:(.*)$/m.exec(text.toString('latin1'))?.[1]?.trim().split(' '))
}

/** A library that hangs while it is loaded holds nobody up. */
const MOST_MILLISECONDS = 5000

/** Why a child process can't start here, at any time. */
const NO_CHILD = ['ENOENT', 'EACCES', 'EPERM', 'ERR_ACCESS_DENIED']

/**
 * Loads the library in a child process that does nothing else. Here it can't be tried: a library
 * that is loaded keeps its core, and other threads may load it at the same time.
 * @throws {Error} if no child process can be started now, but could be at another time.
 */
export async function coreOf(file: string, asked?: string): Promise<string | undefined> {
  try {
    const { stderr } = await promisify(execFile)('/bin/true', {
      timeout: MOST_MILLISECONDS,
      env: {
        ...process.env,
        LD_PRELOAD: file,
        [VARIABLE]: asked,
        OPENBLAS_VERBOSE: '2',
        OPENBLAS_NUM_THREADS: '1',
        OMP_NUM_THREADS: '1',
      },
    })
    return /^Core: (\S+)$/m.exec(stderr)?.[1]
  } catch (error) {
    const { code } = error as ExecFileException & { code?: string | number | null }
    if (typeof code === 'string' && !NO_CHILD.includes(code)) throw error
    return undefined
  }
}
