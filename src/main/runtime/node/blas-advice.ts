// Why there is no BLAS, and what to do about it, in few words.

import { readFileSync } from 'node:fs'
import { shorten } from '../../../shared/errors.js'
import type { BlasRefusal } from '../../../shared/node/blas.js'
import { koffiPackage } from '../../../shared/node/koffi.js'

/** Why there is no BLAS. */
export interface BlasAdvice {
  why: string
  /** What gives this machine one: mostly a command. */
  remedy: string
}

/** @param refusals What a search that found nothing has tried. */
export function adviseOn(refusals: readonly BlasRefusal[]): BlasAdvice {
  if (refusals[0]?.file === koffiPackage)
    return /^cannot find/i.test(refusals[0].reason)
      ? { why: `${koffiPackage} is not installed`, remedy: 'npm install --include=optional' }
      : { why: `${koffiPackage} can't be loaded`, remedy: 'shardgrad info --verbose says why' }
  if (process.env.SHARDGRAD_BLAS !== undefined)
    return {
      why: 'SHARDGRAD_BLAS names no BLAS that works',
      remedy: 'set SHARDGRAD_BLAS to its file, or unset it',
    }
  return { why: 'no BLAS was found', remedy: installCommand(process.platform, readOsRelease()) }
}

/** A refusal in one line. */
export function describeRefusal({ file, reason }: BlasRefusal): string {
  return `${shorten(file)}: ${shorten(reason.split('\n')[0]!)}`
}

/** By the ID of the system in its os-release; the packages whose libraries `findBlas` tries. */
const linuxCommands = new Map([
  ['debian', 'apt-get install libopenblas0-pthread'],
  ['fedora', 'dnf install openblas-threads'],
  ['alpine', 'apk add openblas'],
  ['arch', 'pacman -S openblas'],
])

/**
 * The one command that gives a system a BLAS.
 *
 * @param platform As in `process.platform`.
 * @param osRelease What a Linux says of itself in /etc/os-release.
 */
export function installCommand(platform: string, osRelease: string): string {
  if (platform === 'darwin') return 'brew install openblas'
  if (platform === 'win32') return "set SHARDGRAD_BLAS to an OpenBLAS's libopenblas.dll"
  const names = [...osRelease.matchAll(/^(?:ID|ID_LIKE)=(.*)$/gm)].flatMap(([, value]) =>
    value!.replaceAll(/["']/g, '').split(' '),
  )
  const known = names.find((name) => linuxCommands.has(name))
  return linuxCommands.get(known ?? '') ?? 'install OpenBLAS (libopenblas.so.0)'
}

function readOsRelease(): string {
  try {
    return readFileSync('/etc/os-release', 'utf8')
  } catch {
    return '' // no Linux, or one without
  }
}
