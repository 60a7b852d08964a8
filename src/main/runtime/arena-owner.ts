// The owner of a trainer's one arena. It keeps what the last committed step has left there:
// parameters, optimizer state. When a job needs a larger arena, it moves them over.

import {
  Header,
  type RecordsLayout,
  type VersionLayout,
  createArena,
} from '../../shared/arena/arena.js'
import { Control, currentVersion } from '../../shared/arena/control.js'
import type { DType } from '../../shared/arena/element-types.js'
import type { ByteOffset } from '../../shared/arena/offsets.js'
import type { ParameterLayout } from '../../shared/arena/parameter-layout.js'
import type { Arena } from '../../shared/protocol.js'
import type { FloatArray, Parameters } from '../data/parameters.js'
import { readParameters, writeParameters } from './stored-parameters.js'

export interface ArenaOwner {
  readonly arena: Arena
  /** How the versions lie. */
  readonly layout: LastingLayout
  /** Moves what the versions hold to a larger arena, if this one is smaller than that. */
  grow: (bytes: number) => void
  /** Before training goes on at a step: where it stands, and that nothing asks it to stop. */
  enterStep: (step: number) => void
  /** Asks the workers to stop after the step under way. */
  stop: () => void
  parameters: () => Parameters
  setParameters: (parameters: Parameters) => void
  /** The gradient that a run has left. */
  gradient: () => Parameters
  /** Numbers that a run has left, copied. */
  numbers: (offset: ByteOffset, count: number) => FloatArray
  /** Sums over the examples of the epoch under way, as a plan of a job has placed them. */
  epochSums: (places: RecordsLayout['sums'], fields: number) => Float64Array
  setEpochSums: (places: RecordsLayout['sums'], sums: readonly number[]) => void
  /**
   * All that the last committed step left, optimizer state included.
   * @param into A snapshot that nobody needs any more, to be written over.
   */
  snapshot: (into?: Uint8Array) => Uint8Array
  restore: (snapshot: Uint8Array) => void
}

/** What lies at the same place for every job. */
export interface LastingLayout {
  dtype: DType
  parameters: ParameterLayout
  versions: [VersionLayout, VersionLayout]
  bytes: number
}

/** Arenas are numbered so that a worker knows whether it has this one open. */
let nextArenaNumber = 0

/**
 * The parameters are all zero at first.
 * @param layout Of an arena with no job.
 */
export function createArenaOwner(layout: LastingLayout): ArenaOwner {
  const { dtype, parameters: parameterLayout, versions } = layout
  const headerBytes = versions[0].parameters - versions[0].header
  const versionBytes = versions[1].header - versions[0].header
  const lastingBytes = versions[1].header + versionBytes
  let arena = openArena(layout.bytes)
  let words = new Int32Array(arena.memory.buffer)

  const version = (): VersionLayout => versions[currentVersion(words)]
  const bytesOf = ({ header }: VersionLayout): Uint8Array =>
    new Uint8Array(arena.memory.buffer, header, versionBytes)
  const read = (place: ByteOffset): Parameters =>
    readParameters(arena.memory, place, parameterLayout, dtype)
  const write = (place: ByteOffset, parameters: Parameters): void =>
    writeParameters(arena.memory, place, parameterLayout, dtype, parameters)
  const header = (): Float64Array =>
    new Float64Array(arena.memory.buffer, version().header, headerBytes / 8)
  const enterStep = (step: number): void => {
    header()[Header.steps] = step
    header()[Header.cost] = NaN // none yet
    Atomics.store(words, Control.previousWhole, 0)
    Atomics.store(words, Control.stop, 0)
  }
  const sumsAt = (places: RecordsLayout['sums'], fields: number): Float64Array =>
    new Float64Array(arena.memory.buffer, places[currentVersion(words)], fields)

  return {
    get arena() {
      return arena
    },
    layout,

    grow(bytes) {
      if (bytes <= arena.memory.buffer.byteLength) return
      const larger = openArena(bytes)
      const lasting = new Uint8Array(arena.memory.buffer, 0, lastingBytes)
      new Uint8Array(larger.memory.buffer).set(lasting)
      arena = larger
      words = new Int32Array(arena.memory.buffer)
    },

    enterStep,

    stop: () => void Atomics.store(words, Control.stop, 1),

    parameters() {
      for (;;) {
        // A step may commit while we copy, and the next one write what we read: then copy again.
        const commits = Atomics.load(words, Control.commits)
        const parameters = read(version().parameters)
        if (Atomics.load(words, Control.commits) === commits) return parameters
      }
    },

    setParameters(parameters) {
      const step = header()[Header.steps]! // between two epochs, training goes on from there
      bytesOf(version()).fill(0)
      write(version().parameters, parameters)
      enterStep(step)
    },

    gradient: () => read(versions[1 - currentVersion(words)]!.parameters),

    numbers(offset, count) {
      const array = dtype === 'float32' ? Float32Array : Float64Array
      return new array(arena.memory.buffer, offset, count).slice()
    },

    epochSums: (places, fields) => sumsAt(places, fields).slice(),
    setEpochSums: (places, sums) => sumsAt(places, sums.length).set(sums),

    snapshot(into) {
      const bytes = bytesOf(version())
      if (!into) return bytes.slice()
      into.set(bytes)
      return into
    },

    restore(snapshot) {
      bytesOf(version()).set(snapshot)
      Atomics.store(words, Control.previousWhole, 0)
    },
  }
}

function openArena(bytes: number): Arena {
  return { number: nextArenaNumber++, memory: createArena(bytes) }
}
