// What a trainer asks of wherever it runs. Node's answers are in node/; tests have a stand-in.

import type { ErrorData } from '../../shared/error-transfer.js'
import type { BackendName } from '../../shared/backend-names.js'
import type { BlasLibrary } from '../../shared/kernels/native/blas-library.js'
import type { Hash } from '../data/digest.js'
import type { Arena, GradientWorkerData, Run, RunResult } from '../../shared/protocol.js'

export interface Platform {
  /** Cores that this process may use. */
  cores: () => number
  /**
   * Chooses who computes.
   * @param flops Floating-point operations of one example, forward and backward.
   * @throws {BackendError} if the backend asked for can't run here; it says what was tried.
   */
  chooseBackend: (requested: BackendName | 'auto', flops: number) => Promise<BackendChoice>
  /** The compiled wasm kernels that a backend builds on. */
  compileKernels: (backend: BackendName) => WebAssembly.Module
  /** Those of a model that only predicts. */
  compileInference: () => WebAssembly.Module
  /** Starts the coordinator, on a thread of its own where there are threads. */
  startCoordinator: () => Coordinator
  /** Works out a sha256 of some bytes, one after the other. */
  createHash: () => Hash
  /** Reads a file. */
  readFile: (file: string) => Promise<Uint8Array>
  /**
   * Puts a file in the place of another, if there is one, at one stroke: whoever reads it finds the
   * old one or the new one, whole, also after a crash of the machine.
   * @param keep Where the old one is then found.
   * @throws {FileError} if it can't be written; the old one is then still there.
   */
  replaceFile: (file: string, pieces: Iterable<FilePiece>, keep?: string) => Promise<void>
  /** @throws {FileError} if a file can't be written there. */
  requireWritable: (file: string) => Promise<void>
  /** Tells the user of something that went wrong and ends nothing. */
  warn: (message: string) => void
  /** Lets the event loop turn. */
  rest: () => Promise<void>
  /** What tells whether code runs because of a callback. */
  createCallbackScope: () => CallbackScope
}

/** A piece of a file. */
export interface FilePiece {
  /** Where it belongs. */
  at: number
  /** Good until the piece after the next one is asked for. */
  bytes: Uint8Array<ArrayBuffer>
}

export interface BackendChoice {
  backend: BackendName
  /** Why this one, in words. */
  reason: string
  /** What would make it quicker here, in words, if something would. */
  hint?: string
  /** What multiplies, in words, beside what the backend says of itself. */
  library?: string
  /** The library, for `native`. */
  blas?: BlasLibrary
}

/** The caller's side of the coordinator. */
export interface Coordinator {
  /** Says what the workers are started with; before the first run. */
  equip: (data: GradientWorkerData) => void
  /** Resolves with how the run ended; a coordinator that throws or dies counts as failed. */
  run: (run: Run, arena: Arena) => Promise<RunResult | CoordinatorDeath>
  close: () => Promise<void>
}

export interface CoordinatorDeath {
  kind: 'coordinatorFailed'
  error: ErrorData
}

/** Runs callbacks, and knows its own. */
export interface CallbackScope {
  run: (callback: () => unknown) => Promise<void>
  /** Whether the code under way was called by a callback that is not over yet. */
  isInside: () => boolean
}
