// The Web Worker that jax-js looks for, which Node does not have: with it jax-js computes on more
// than one thread. Only what jax-js uses.
import { resolveObjectURL } from 'node:buffer'
import { Worker } from 'node:worker_threads'

const WORKER_GLOBALS = `
const { parentPort } = require('node:worker_threads')
globalThis.self = globalThis
globalThis.postMessage = (data) => parentPort.postMessage(data)
parentPort.on('message', (data) => self.onmessage({ data }))
`

export class WebWorker {
  onmessage
  onerror
  #thread

  /** @param {string} url A `blob:` address of the source. */
  constructor(url) {
    this.#thread = resolveObjectURL(url)
      .text()
      .then((source) => {
        const thread = new Worker(WORKER_GLOBALS + source, { eval: true })
        thread.on('message', (data) => this.onmessage?.({ data }))
        thread.on('error', (error) => this.onerror?.(error))
        return thread
      })
  }

  postMessage(data) {
    void this.#thread.then((thread) => thread.postMessage(data))
  }
}
