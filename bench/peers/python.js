// The contestants written in Python: which Python has their packages, and with which settings of
// the environment each takes part, so that the best of them counts.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ROUNDS, ROUND_SECONDS } from '../../dist/main/commands/bench.js'

export const PYTHON_PACKAGES = ['numpy', 'torch', 'sklearn']
const INSTALL = 'apt-get install python3-torch python3-sklearn libopenblas0-pthread'
const SCRIPT = fileURLToPath(new URL('python_peers.py', import.meta.url))

const AS_IT_COMES = { suffix: '', env: {} }
/** Waiting threads sleep: better where OpenMP's threads and OpenBLAS's share the cores. */
const PASSIVE = { suffix: '-passive', env: { OMP_WAIT_POLICY: 'PASSIVE' } }
const AVX512 = { suffix: '-avx512', env: { OPENBLAS_CORETYPE: 'SkylakeX' } }

/**
 * @param {string[]} chosen Names of families.
 * @param {number[]} threadCounts
 * @returns What findContestants returns.
 */
export function pythonContestants(chosen, threadCounts) {
  const packages = PYTHON_PACKAGES.filter((name) => chosen.includes(name))
  if (packages.length === 0) return { contestants: [], absent: [], versions: {} }
  const { command, versions, core, torchLibrary } = findPython()
  const kernels = rightKernels(processorFlags(), core)
  const usesOpenBlas = (name) => name !== 'torch' || torchLibrary === 'OpenBLAS'
  const peers = packages
    .filter((name) => versions[name])
    .flatMap((name) => (name === 'numpy' ? ['numpy', 'numpy-in-place'] : [name]))
  return {
    contestants: peers.flatMap((peer) =>
      threadCounts.flatMap((threads) =>
        settingsOf(peer, threads, kernels.hint && usesOpenBlas(peer)).map(({ suffix, env }) => ({
          name: `${peer}${suffix}-${threads}`,
          command,
          args: [SCRIPT, peer, threads, ROUNDS, ROUND_SECONDS].map(String),
          env,
        })),
      ),
    ),
    absent: [
      ...packages
        .filter((name) => !versions[name])
        .map((name) => `${name}: no Python has it; ${INSTALL}`),
      ...(kernels.hint
        ? packages
            .filter((name) => versions[name] && !usesOpenBlas(name))
            .map(
              (name) =>
                `${name} with AVX-512 kernels asked for: ${torchLibrary} has no such switch`,
            )
        : [`Python with AVX-512 kernels asked for: ${kernels.reason}`]),
    ],
    versions: described(versions, core, torchLibrary),
  }
}

function settingsOf(peer, threads, hint) {
  const waits = peer === 'torch' && threads > 1 ? [AS_IT_COMES, PASSIVE] : [AS_IT_COMES]
  return [AS_IT_COMES, ...(hint ? [AVX512] : [])].flatMap((kernels) =>
    waits.map((wait) => ({
      suffix: wait.suffix + kernels.suffix,
      env: { ...wait.env, ...kernels.env },
    })),
  )
}

/**
 * Whether OpenBLAS is to be asked for its AVX-512 kernels: where the processor has what they need
 * and the library, older than the processor, takes others.
 *
 * @param {string[] | undefined} flags The processor's features, as Linux names them.
 * @param {string | undefined} core The kernels that the library takes by itself.
 * @returns {{ hint: boolean, reason: string }}
 */
export function rightKernels(flags, core) {
  if (!flags) return { hint: false, reason: "this system does not list its processor's features" }
  if (!core) return { hint: false, reason: 'which kernels OpenBLAS takes could not be read' }
  if (!['f', 'cd', 'bw', 'dq', 'vl'].every((part) => flags.includes(`avx512${part}`)))
    return { hint: false, reason: 'the processor has no AVX-512' }
  const hint = !/^(SkylakeX|Cooperlake|SapphireRapids)$/i.test(core)
  return { hint, reason: `OpenBLAS takes its kernels for ${core} by itself` }
}

function processorFlags() {
  try {
    return /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1].trim().split(/\s+/)
  } catch {
    return undefined
  }
}

/**
 * The Python that has most of the packages, and of several the one with the newest PyTorch: the one
 * PYTHON names, else the first in the path or the system's.
 */
function findPython() {
  const commands = process.env.PYTHON ? [process.env.PYTHON] : ['python3', '/usr/bin/python3']
  return bestPython(commands.map((command) => ({ command, ...probePython(command) })))
}

/** @param {{ versions: Record<string, string> }[]} probes The first of equals is taken. */
export function bestPython(probes) {
  const count = ({ versions }) => PYTHON_PACKAGES.filter((name) => versions[name]).length
  const newer = (a, b) =>
    (a.versions.torch ?? '').localeCompare(b.versions.torch ?? '', 'en', { numeric: true }) > 0
  return probes.reduce((best, probe) =>
    count(probe) > count(best) || (count(probe) === count(best) && newer(probe, best))
      ? probe
      : best,
  )
}

function probePython(command) {
  const script = `
import ctypes, importlib, json, platform
versions, core, library = {"python": platform.python_version()}, None, None
def loaded(): # OpenBLAS, by the names that its builds give their functions
    for path in {line.split()[-1] for line in open("/proc/self/maps") if "openblas" in line}:
        for prefix in ("", "scipy_"):
            for suffix in ("", "64_"):
                try:
                    functions = [getattr(ctypes.CDLL(path), f"{prefix}openblas_get_{name}{suffix}") for name in ("corename", "config")]
                except AttributeError: continue
                for function in functions: function.restype = ctypes.c_char_p
                yield functions[0]().decode(), functions[1]().decode().split()[1]
for name in ${JSON.stringify(PYTHON_PACKAGES)}:
    try:
        module = importlib.import_module(name)
        versions[name] = module.__version__
        if name == "torch": library = "MKL" if "BLAS_INFO=mkl" in module.__config__.show() else "OpenBLAS"
        if name == "numpy": core, versions["openblas"] = next(loaded())
    except (StopIteration, OSError): pass # another BLAS, or another system
    except Exception: pass # missing, or broken
print(json.dumps(dict(versions=versions, core=core, torchLibrary=library)))`
  const { status, stdout } = spawnSync(command, ['-c', script], { encoding: 'utf8' })
  return status === 0 ? JSON.parse(stdout) : { versions: {} }
}

/** With the libraries that multiply. */
function described(versions, core, torchLibrary) {
  return {
    ...versions,
    ...(versions.openblas && { openblas: `${versions.openblas} (${core})` }),
    ...(versions.torch && { torch: `${versions.torch} (${torchLibrary})` }),
  }
}
